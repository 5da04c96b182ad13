#!/usr/bin/env bash
# Checks the Python code of a folder with ruff: mistakes and format. ruff reads the nearest pyproject.toml or ruff.toml.
#   scripts/cicd/lint-python.sh --dir jobs/my-job [--dir tests] [--fix]
#
#   --dir DIR   what to check; may be given several times
#   --fix       repair what ruff can repair, and format
# Exit codes: 0 nothing found, 1 something found, 2 not understood, 127 no ruff (pip install ruff).
set -euo pipefail

usage() { sed -n '2,/^set -eu/{/^set -eu/!s/^# \{0,1\}//p;}' "$0"; }
bad() { echo "${0##*/}: $*; see --help" >&2; exit 2; }

folders=() fix=no
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --fix) fix=yes; shift ;;
    --dir) [ $# -gt 1 ] || bad "--dir needs a value"; folders+=("$2"); shift 2 ;;
    *) bad "\"$1\" is no option" ;;
  esac
done
[ ${#folders[@]} -gt 0 ] || bad "no --dir"
for folder in "${folders[@]}"; do
  [ -d "$folder" ] || bad "no folder $folder"
  # ruff takes a folder without code for a clean one.
  [ -n "$(find -L "$folder" -name '*.py' -print -quit)" ] || bad "no Python file in $folder"
done
command -v ruff >/dev/null || { echo "${0##*/}: no ruff on the PATH: pip install ruff" >&2; exit 127; }

if [ "$fix" = yes ]; then
  result=0
  ruff check --fix "${folders[@]}" || result=1
  ruff format "${folders[@]}" || result=1
  exit "$result"
fi
result=0
ruff check "${folders[@]}" || result=1
ruff format --check --diff "${folders[@]}" || result=1
exit "$result"
