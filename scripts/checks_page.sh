#!/usr/bin/env bash
# Prints what tests that compare (tests/e2e/compare.py) said, for a page of docs/proof/: of each its verdicts, and the
# lines that match PATTERN. Exit code 1, with nothing printed, unless each of them passed or was skipped.
#   scripts/checks_page.sh PATTERN LOG...
set -euo pipefail
pattern=$1; shift
for log in "$@"; do
  grep -qE '^(passed in|skipped:)' "$log" || exit 1
done
for log in "$@"; do
  name=${log##*/}
  printf '## %s\n\n```\n' "${name%.log}"
  grep -E "^(passed in|skipped:)|: all [0-9]+ agree$|$pattern" "$log" | sed -E 's/[[:space:]]{2,}/  /g' | cut -c1-400
  printf '```\n\n'
done
