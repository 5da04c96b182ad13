#!/usr/bin/env bash
# Runs every fuzz target of build/fuzz for FUZZ_SECONDS (20), from its corpus in tests/fuzz/corpus/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-20}
found=0
while IFS= read -r -d '' target; do
  found=$((found + 1))
  name=$(basename "$target")
  # What is found goes to the build folder; the corpus in the tree is only read.
  new=build/fuzz/corpus/$name
  mkdir -p "$new"
  corpus=("$new")
  [ ! -d "tests/fuzz/corpus/$name" ] || corpus+=("tests/fuzz/corpus/$name")
  echo "== $name: $seconds s"
  "$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/" "${corpus[@]}" 2>&1 | grep -E 'ERROR|SUMMARY|stat::|Test unit' || true
  [ "${PIPESTATUS[0]}" -eq 0 ] || { echo "$name failed" >&2; exit 1; }
done < <(find build/fuzz -name '*_fuzz' -type f -executable -print0)
[ "$found" -gt 0 ] || { echo "$0: no fuzz target in build/fuzz" >&2; exit 1; }
echo "$found fuzz targets, no crash"
