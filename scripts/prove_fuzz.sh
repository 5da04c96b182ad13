#!/usr/bin/env bash
# The part of `make prove` about the parsers: each fuzz target for at least 5 CPU minutes and all for 120, what their
# seeds reach, and bugs that they find. Writes docs/proof/fuzz.md from the three tables in build/proof/.
#   scripts/prove_fuzz.sh         all of it
#   scripts/prove_fuzz.sh page    the page only, from tables that are there
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
out=build/proof
mkdir -p "$out"
jobs=${JOBS:-$(nproc)}

all() {
  local worst=0
  rm -f "$out"/fuzz{,-planted,-coverage}.md
  scripts/install-deps.sh build fuzz || return 1
  cmake --preset fuzz && cmake --build --preset fuzz --target fuzz -j "$jobs" || return 1
  cmake --preset coverage && cmake --build --preset coverage --target fuzz_replay -j "$jobs" || return 1
  python3 scripts/fuzz_planted.py --table "$out/fuzz-planted.md" || worst=1
  python3 scripts/fuzz_coverage.py --table "$out/fuzz-coverage.md" || worst=1
  python3 scripts/fuzz.py --minutes 5 --in-all 120 --jobs "$jobs" --table "$out/fuzz.md" || worst=1
  return "$worst"
}

page() {
  [ -s "$out/fuzz.md" ] && [ -s "$out/fuzz-planted.md" ] && [ -s "$out/fuzz-coverage.md" ] || return 1
  cat >docs/proof/fuzz.md <<TEXT
# Parsers under fuzzing

Written by \`make prove\` (\`scripts/prove_fuzz.sh\`) at commit \`${PROOF_COMMIT:-$(git describe --always --dirty)}\`, $(date -u '+%-d %B %Y'), on
$(nproc) cores.

Everything that comes from outside has a target in \`tests/fuzz\`: answers, watches, requests, files, command lines, logs, and
state files, which may be damaged. Each was built with AddressSanitizer and UndefinedBehaviorSanitizer and checks what must
hold of what the parser lets through. \`make fuzz MINUTES=n\` runs them, \`make test\` replays their seeds.

$(cat "$out/fuzz.md")

## Planted bugs

One bug at a time was put into a copy of a parser's source (\`tests/fuzz/planted\`); its target had a minute to find it.

$(cat "$out/fuzz-planted.md")

## What the seeds reach

Lines of each decoder that the seeds of \`tests/fuzz/corpus\` reach, by llvm-cov (\`scripts/fuzz_coverage.py\`).

$(cat "$out/fuzz-coverage.md")
TEXT
}

worst=0
[ "${1:-}" = page ] || { all; worst=$?; }
page || worst=1
exit "$worst"
