#!/usr/bin/env bash
# Starts one run of a job that otherwise waits for its schedule, so that a deployment is tried now and not at night. A
# job without a schedule was started by its deployment: nothing is done.
#   scripts/cicd/run-now.sh --release my-job [--namespace NS]
#
#   --release NAME    Helm's release
#   --job NAME        the job's stable name, if it is not the release's
#   --namespace NS    default: kubectl's own
# The run is an object of its own, JOB-now-TIME; watch-run.py finds it by its label.
# Exit codes: 0 good, 1 refused, 2 not understood, 127 no kubectl.
set -euo pipefail

usage() { sed -n '2,/^set -eu/{/^set -eu/!s/^# \{0,1\}//p;}' "$0"; }
bad() { echo "${0##*/}: $*; see --help" >&2; exit 2; }

release='' job='' where=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --release | --job | --namespace) [ $# -gt 1 ] || bad "$1 needs a value" ;;
    *) bad "\"$1\" is no option" ;;
  esac
  case $1 in
    --release) release=$2 ;;
    --job) job=$2 ;;
    --namespace) where=(--namespace "$2") ;;
  esac
  shift 2
done
[ -n "$release" ] || bad "no --release"
job=${job:-$release}
command -v kubectl >/dev/null || { echo "${0##*/}: no kubectl on the PATH" >&2; exit 127; }
kube() { kubectl "${where[@]+"${where[@]}"}" "$@"; }

name=$job-now-$(date -u +%Y%m%d%H%M%S)
mine=app.kubernetes.io/instance=$release,spark-exporter.io/job=$job,\!app.kubernetes.io/component
if [ -n "$(kube get cronjobs -l "$mine" -o name)" ]; then
  kube create job "$name" --from="cronjob/$job" --dry-run=client -o json |
    kube label --local -f - "spark-exporter.io/job=$job" "app.kubernetes.io/instance=$release" --overwrite -o json |
    kube create -f -
  exit 0
fi
scheduled=scheduledsparkapplications.sparkoperator.k8s.io
if kube api-resources --api-group=sparkoperator.k8s.io -o name | grep -qx "$scheduled" &&
  [ -n "$(kube get "$scheduled" -l "$mine" -o name)" ]; then
  kube get "$scheduled" "$job" -o json | python3 -c '
import json, sys
of = json.load(sys.stdin)
metadata = {"name": sys.argv[1], "labels": of["metadata"].get("labels", {}), "annotations": {
    key: value for key, value in of["metadata"].get("annotations", {}).items() if key.startswith("spark-exporter.io/")}}
json.dump({"apiVersion": of["apiVersion"], "kind": "SparkApplication", "metadata": metadata,
           "spec": of["spec"]["template"]}, sys.stdout)' "$name" | kube create -f -
  exit 0
fi
echo "$job has no schedule: its deployment has started it"
