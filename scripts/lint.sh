#!/usr/bin/env bash
# Format by clang-format, names and common mistakes by clang-tidy. With file names: only those.
#   scripts/lint.sh [FILE.cpp...]
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t formatted < <(git ls-files '*.cpp' '*.hpp')
echo "clang-format: ${#formatted[@]} files"
clang-format-14 --dry-run -Werror "${formatted[@]}"

cmake --preset dev >/dev/null
sources=("$@")
[ ${#sources[@]} -gt 0 ] || mapfile -t sources < <(git ls-files 'exporter/*.cpp')
echo "clang-tidy: ${#sources[@]} files"
printf '%s\n' "${sources[@]}" |
  xargs -P "$(nproc)" -n 1 clang-tidy-14 --quiet -p build/dev --extra-arg=-Wno-unknown-warning-option \
    --warnings-as-errors='*' 2> >(grep -v ' warnings\? generated' >&2)
