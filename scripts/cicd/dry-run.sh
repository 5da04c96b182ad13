#!/usr/bin/env bash
# Says what a deployment would do, and changes nothing: the chart is checked and rendered with the values, and where a
# cluster can be asked, its API server judges each object as it would store it: unknown fields, wrong quantities,
# admission.
#   scripts/cicd/dry-run.sh --release my-job --chart charts/spark-job --values values/prod.yaml [--namespace NS]
#
#   --release NAME    Helm's release
#   --chart DIR       default charts/spark-job
#   --values FILE     may be given several times
#   --namespace NS    default: kubectl's own; it has to be there
#   --set KEY=VALUE   as Helm's; may be given several times
#   --offline         do not ask a cluster
#   --output FILE     the rendered objects
# Exit codes: 0 good, 1 refused, 2 not understood, 127 no helm, or no kubectl.
set -euo pipefail

usage() { sed -n '2,/^set -eu/{/^set -eu/!s/^# \{0,1\}//p;}' "$0"; }
bad() { echo "${0##*/}: $*; see --help" >&2; exit 2; }

release='' chart=charts/spark-job namespace='' output='' offline=no values=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --offline) offline=yes; shift; continue ;;
    --release | --chart | --values | --namespace | --set | --output) [ $# -gt 1 ] || bad "$1 needs a value" ;;
    *) bad "\"$1\" is no option" ;;
  esac
  case $1 in
    --release) release=$2 ;;
    --chart) chart=$2 ;;
    --values) [ -f "$2" ] || bad "no file $2"; values+=(--values "$2") ;;
    --set) values+=(--set "$2") ;;
    --namespace) namespace=$2 ;;
    --output) output=$2 ;;
  esac
  shift 2
done
[ -n "$release" ] || bad "no --release"
[ -f "$chart/Chart.yaml" ] || bad "no chart in $chart"
for tool in helm kubectl; do
  [ "$offline$tool" != yeskubectl ] || continue
  command -v "$tool" >/dev/null || { echo "${0##*/}: no $tool on the PATH" >&2; exit 127; }
done
where=()
[ -z "$namespace" ] || where=(--namespace "$namespace")

rendered=${output:-$(mktemp)}
[ -n "$output" ] || trap 'rm -f "$rendered"' EXIT
helm lint --strict "$chart" "${where[@]+"${where[@]}"}" "${values[@]+"${values[@]}"}"
helm template "$release" "$chart" "${where[@]+"${where[@]}"}" "${values[@]+"${values[@]}"}" >"$rendered"
kinds=$(sed -n 's/^kind: //p' "$rendered" | sort | uniq -c | awk '{ printf "%s%d %s", s, $1, $2; s = ", " }')
echo "rendered: $kinds"
if [ "$offline" = yes ]; then
  echo "the API server was not asked (--offline)"
  exit 0
fi
kubectl "${where[@]+"${where[@]}"}" apply --dry-run=server --validate=strict -f "$rendered"
