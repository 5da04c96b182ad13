#!/usr/bin/env bash
# Takes a release back to the revision that it had before a bad deployment; watch-run.py then tells how that one runs.
#   scripts/cicd/rollback.sh --release my-job --namespace NS [--to REVISION]
#
#   --release NAME    Helm's release
#   --namespace NS    default: kubectl's own
#   --to REVISION     default: the one before the present one
#   --timeout TIME    for Helm (5m)
# Exit codes: 0 rolled back, 1 Helm failed, 2 not understood, 4 there is nothing to go back to, 127 no helm.
set -euo pipefail

usage() { sed -n '2,/^set -eu/{/^set -eu/!s/^# \{0,1\}//p;}' "$0"; }
bad() { echo "${0##*/}: $*; see --help" >&2; exit 2; }

release='' revision='' timeout=5m where=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --release | --namespace | --to | --timeout) [ $# -gt 1 ] || bad "$1 needs a value" ;;
    *) bad "\"$1\" is no option" ;;
  esac
  case $1 in
    --release) release=$2 ;;
    --namespace) where=(--namespace "$2") ;;
    --to) revision=$2 ;;
    --timeout) timeout=$2 ;;
  esac
  shift 2
done
[ -n "$release" ] || bad "no --release"
case $revision in *[!0-9]*) bad "--to \"$revision\" is no revision's number" ;; esac
command -v helm >/dev/null || { echo "${0##*/}: no helm on the PATH" >&2; exit 127; }

history=$(helm history "$release" "${where[@]+"${where[@]}"}" --output json)
read -r present before < <(printf '%s' "$history" | python3 -c '
import json, sys
numbers = sorted(one["revision"] for one in json.load(sys.stdin))
print(numbers[-1], numbers[-2] if len(numbers) > 1 else 0)')
revision=${revision:-$before}
if [ "$revision" = 0 ] || [ "$revision" = "$present" ]; then
  echo "${0##*/}: $release has nothing to go back to from revision $present; helm uninstall takes it away" >&2
  exit 4
fi
echo "taking $release from revision $present back to $revision"
helm rollback "$release" "$revision" "${where[@]+"${where[@]}"}" --timeout "$timeout"
