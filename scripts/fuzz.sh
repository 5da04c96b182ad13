#!/usr/bin/env bash
# Runs every fuzz target of build/fuzz for FUZZ_SECONDS (20), from its seeds in tests/fuzz/corpus/.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-20}
found=0
while IFS= read -r -d '' target; do
  found=$((found + 1))
  name=$(basename "$target")
  seeds=tests/fuzz/corpus/${name%_fuzz}
  # What is found goes to the build folder; the seeds in the tree are only read.
  new=build/fuzz/corpus/$name
  mkdir -p "$new"
  corpus=("$new")
  [ ! -d "$seeds" ] || corpus+=("$seeds")
  echo "== $name: $seconds s"
  "$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/" "${corpus[@]}" >"build/fuzz/$name.log" 2>&1 || {
    grep -vE '^#[0-9]+' "build/fuzz/$name.log" | tail -n 40 >&2
    echo "$name failed" >&2
    exit 1
  }
  grep -E 'number_of_executed_units|peak_rss_mb' "build/fuzz/$name.log"
done < <(find build/fuzz -name '*_fuzz' -type f -executable -print0)
[ "$found" -gt 0 ] || { echo "$0: no fuzz target in build/fuzz" >&2; exit 1; }
echo "$found fuzz targets, no crash"
