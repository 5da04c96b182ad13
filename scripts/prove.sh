#!/usr/bin/env bash
# The long proofs on real Kubernetes, each with its table in build/proof/. Goes on after a failure and ends with the
# worst exit code; a part that lacks something (Go, Java) says so and counts as skipped.
set -uo pipefail
cd "$(dirname "$0")/.."
out=build/proof
mkdir -p "$out"
export SPARK_EXPORTER=${SPARK_EXPORTER:-$PWD/build/release/spark_exporter}
export WATCH_PROBE=${WATCH_PROBE:-$PWD/build/release/tests/e2e/watch_probe}
worst=0

part() {  # part NAME COMMAND...
  local name=$1 code; shift
  echo "=== $name"
  "$@"; code=$?
  case $code in
    0) echo "=== $name: passed" ;;
    77) echo "=== $name: skipped" ;;
    *) echo "=== $name: failed ($code)"; [ "$code" -gt "$worst" ] && worst=$code ;;
  esac
}

part watch python3 tests/e2e/test_watch.py --table "$out/watch.md"
part scale python3 tests/e2e/test_scale.py --drivers 200 2000 --table "$out/scale.md"
rm -f "$out"/{matrix,outcomes}.md
part matrix python3 tests/e2e/test_outcome_matrix.py --markdown "$out/matrix.md"
part outcomes python3 tests/e2e/prove_outcomes.py --runs 300 --seed "${SEED:-4}" --markdown "$out/outcomes.md"
if [ -s "$out/matrix.md" ] && [ -s "$out/outcomes.md" ]; then
  scripts/outcomes_page.sh "$out/matrix.md" "$out/outcomes.md" >docs/proof/outcomes.md
fi
exit "$worst"
