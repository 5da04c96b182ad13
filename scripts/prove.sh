#!/usr/bin/env bash
# The long proofs on real Kubernetes and real Spark, each with its table in build/proof/. Goes on after a failure and ends with the
# worst exit code; a part that lacks something (Go, Java) says so and counts as skipped.
#   scripts/prove.sh                                    everything
#   PARTS='@(charts|pipeline)*' scripts/prove.sh        the parts whose names are like that; other pages stay as they are
set -uo pipefail
cd "$(dirname "$0")/.."
out=build/proof
mkdir -p "$out"
export SPARK_EXPORTER=${SPARK_EXPORTER:-$PWD/build/release/spark_exporter}
export WATCH_PROBE=${WATCH_PROBE:-$PWD/build/release/tests/e2e/watch_probe}
# Asked once: the pages that are written change the tree.
PROOF_COMMIT=$(git describe --always --dirty)
export PROOF_COMMIT
worst=0

part() {  # part NAME COMMAND...
  local name=$1 code; shift
  # shellcheck disable=SC2053  # a pattern
  [[ $name == ${PARTS:-*} ]] || return 0
  echo "=== $name"
  "$@"; code=$?
  case $code in
    0) echo "=== $name: passed" ;;
    77) echo "=== $name: skipped" ;;
    *) echo "=== $name: failed ($code)"; [ "$code" -gt "$worst" ] && worst=$code ;;
  esac
}

logged() {  # logged NAME COMMAND...: what it prints, for the page
  local name=$1 code; shift
  "$@" >"$out/$name.log" 2>&1; code=$?
  cat "$out/$name.log"
  return "$code"
}

rm -f "$out"/cost-bench.log "$out"/{watch,scale,rights,backups,matrix,outcomes,dashboards,alerts,mutation}.md
rm -f "$out"/{cost,waste}-*.md
rm -f "$out"/{faults,soak}.md
part faults python3 tests/faults/test_faults.py --schedules 200 --side-by-side 8 --seed 100 --table "$out/faults.md"
part soak python3 tests/soak/test_soak.py --hours 2 --table "$out/soak.md"
part watch python3 tests/e2e/test_watch.py --table "$out/watch.md"
rights() {
  logged rights python3 tests/e2e/test_rights.py || return
  { echo '```'; grep -E '^(observer|sidecar|last words|baseline),' "$out/rights.log"; echo '```'; } >"$out/rights.md"
}
part rights rights
backups() {
  logged backups python3 tests/e2e/test_backups.py || return
  { echo '```'; grep -vE '^(KUBE|kube-up|passed)' "$out/backups.log"; echo '```'; } >"$out/backups.md"
}
part backups backups
part scale python3 tests/e2e/test_scale.py --drivers 200 2000 --table "$out/scale.md"
part matrix python3 tests/e2e/test_outcome_matrix.py --markdown "$out/matrix.md"
part outcomes python3 tests/e2e/prove_outcomes.py --runs 300 --seed "${SEED:-4}" --markdown "$out/outcomes.md"
for spark in 3.5.9 4.3.0; do
  part "cost, Spark $spark" python3 tests/e2e/test_cost.py "$spark" --table "$out/cost-$spark.md"
  part "waste, Spark $spark" python3 tests/e2e/test_waste.py "$spark" --table "$out/waste-$spark.md"
done
bench=build/release/bench/cost_bench
[ -x "$bench" ] && part "cost of the cost" logged cost-bench "$bench"
[ -s "$out/cost-3.5.9.md" ] && [ -s "$out/cost-4.3.0.md" ] && scripts/cost_page.sh "$out" >docs/proof/cost.md
if [ -s "$out/matrix.md" ] && [ -s "$out/outcomes.md" ]; then
  scripts/outcomes_page.sh "$out/matrix.md" "$out/outcomes.md" >docs/proof/outcomes.md
fi
rm -f "$out"/{charts,pipeline}*
part charts_helm logged charts-helm python3 tests/charts/test_helm.py
part charts_install logged charts-install python3 tests/charts/test_install.py --all --table "$out/charts-install.md"
part charts_rights logged charts-rights python3 tests/charts/test_chart_rights.py
part charts_submit logged charts-submit python3 tests/charts/test_submit.py 3.5.9 --all
part charts_submit4 logged charts-submit4 python3 tests/charts/test_submit.py 4.3.0 --all
page() {  # page NAME TITLE TEXT [WHAT_OF_KUBERNETES]
  [ -s "$out/$1.md" ] || return
  { printf '%s\n\n' "$3"; cat "$out/$1.md"; } | scripts/proof_page.sh "$2" "${4:-etcd and API server.}" >"docs/proof/$1.md"
}
rm -f "$out"/{quality,logs}*
for version in 3.5.9 4.3.0; do
  part "quality_$version" logged "quality-$version" python3 tests/e2e/test_quality.py "$version" --spark-data
  part "logs_$version" logged "logs-$version" python3 tests/e2e/test_logs.py "$version"
done
part logs_json logged logs-json python3 tests/e2e/test_logs.py 4.3.0 json
part logs_pods logged logs-pods python3 tests/e2e/test_pod_logs.py 3.5.9
if [ -s "$out/quality-4.3.0.log" ]; then
  scripts/checks_page.sh "^(0\.18\.22|1\.9\.0).*: |^alerts fire|^DataQualityFailed names|^(a write|no other write|rows where|nulls that|rows below)" \
    "$out"/quality-*.log >"$out/quality.md" || rm -f "$out/quality.md"
fi
if [ -s "$out/logs-pods.log" ]; then
  scripts/checks_page.sh "^(healthy|failing), Spark|^messages |^signatures|^connections|^without the right" "$out"/logs-*.log \
    >"$out/logs-live.md" || rm -f "$out/logs-live.md"
fi
for helm in helm3 helm4; do
  part "pipeline, $helm" logged "pipeline-$helm" python3 tests/cicd/test_pipeline.py 3.5.9 $helm
done
part pipeline_newcomer logged pipeline-newcomer python3 tests/cicd/test_newcomer.py 3.5.9
part pipeline_recovery logged pipeline-recovery python3 tests/cicd/test_recovery.py cluster
part rules python3 rules/tests/test_rules.py
part mutation python3 rules/tests/mutate.py --markdown "$out/mutation.md"
for version in 3.5.9 4.3.0; do part "healthy_hour_$version" python3 tests/e2e/test_healthy_hour.py "$version"; done
part alerts python3 tests/e2e/test_alerts.py --all --markdown "$out/alerts.md"
part dashboards python3 -B tests/dashboards/test_queries.py --hours 12 --table "$out/dashboards.md"
part fuzz scripts/prove_fuzz.sh
page faults "Faults" \
  "\`tests/faults/test_faults.py\`: minutes of faults, drawn by seeds, time compressed sixfold, the exporter in 32 MiB (cgroup)
where the machine allows it. *spark*: a sidecar whose driver breaks, an interval is that of its polls (2 to 4 s, or as long
as the last good one took); *observer*: its API server breaks; *delivery*: Debian's Pushgateway and Alertmanager break while
drivers end; an interval of these two is the longest pause between two tries, 15 s. [How](../../tests/faults/README.md)." \
  "none here: the API server is made up."
page soak "Soak" \
  "\`tests/soak/test_soak.py\`: hours beside a driver that is never idle (jobs, stages, queries and executors that Spark forgets)
and a namespace in which a run begins every one and a half seconds, compressed. [How](../../tests/soak/README.md)." \
  "none here: the API server is made up."
page watch "A watch that misses nothing" \
  "What \`tests/e2e/test_watch.py\` did to one watch while pods came and went, and how long it took until it agreed with
the API's final state. No event may be missed, memory may grow by 1 MB, and at most ten requests a minute may go to a server
that refuses them."
page scale "The observer beside 22,000 pods" \
  "\`tests/e2e/test_scale.py\`: driver and executor pods as objects on a real API server, no kubelet; the release build."
page rights "What is served with which rights" \
  "\`tests/e2e/test_rights.py\` gives the service account no rights, pods only, and all, pastes what the log names as missing
into a role, and looks at \`/metrics\`, \`/-/ready\` and the answers to last words."
page backups "Backups and restore drills" \
  "\`tests/e2e/test_backups.py\` on a whole control plane with a kubelet whose pods are processes: what became of each
backup, drill and report, and what the alerts make of the series over days."
page quality "Data quality: results, gates, empty writes" \
  "\`tests/e2e/test_quality.py\`: Great Expectations of PyPI on pandas and on Spark data with planted faults, beside what its
results say; the gates in a real job; writes of 0 rows; the shipped rules in Debian's Prometheus. On the left what is true, on the
right what was exposed." "not in these."
page logs-live "Logs of live runs" \
  "\`tests/e2e/test_logs.py\`: a driver's log read while it is written, beside a count line by line.
\`tests/e2e/test_pod_logs.py\`: the same through \`pods/log\` of a kubelet whose connections are broken again and again."
if [ -s "$out/alerts.md" ] && [ -s "$out/mutation.md" ]; then
  printf '\n## Moved numbers\n\n' | cat - "$out/mutation.md" >>"$out/alerts.md"
fi
page alerts "Troubles, and the alerts they lead to" \
  "\`tests/e2e/test_alerts.py --all\`: real Spark on a real API server and a kubelet over processes, Debian's Prometheus and
Alertmanager, all rules of \`rules/\`. The contract's two alerts run as written; the \`for\` of the others is a tenth of what is
written. A healthy job beside them led to none, nor did an hour of healthy runs (\`test_healthy_hour.py\`, both Spark versions).
Below: each threshold, window and \`for\` of each rule was moved across its boundary (\`rules/tests/mutate.py\`)."
if [ -s "$out/dashboards.md" ]; then
  cat - "$out/dashboards.md" >docs/proof/dashboards.md <<TEXT
# Every panel of the dashboards, asked

Written by \`make prove\` (\`scripts/prove.sh\`) at commit \`$PROOF_COMMIT\`, $(date -u '+%-d %B %Y').

\`tests/dashboards/test_queries.py\` asks $(prometheus --version 2>&1 | sed -n 's/^prometheus, version \([^ ]*\).*/Prometheus \1/p') each query
as Grafana would: over half a day of a fleet of twenty made-up jobs, whose families and labels are those of
[metrics.md](../metrics.md), and over an observer and four sidecars beside recorded drivers.

TEXT
fi
whole="etcd, API server and controllers; where pods run, the scheduler and a kubelet over processes, too."
if [ -s "$out/pipeline-helm3.log" ] && [ -s "$out/pipeline-newcomer.log" ]; then
  scripts/pipeline_page.sh "$out" >"$out/pipeline.md"
  page pipeline "From push to watched job, and back" \
    "\`tests/cicd\`: a copy of \`examples/spark-job-repo\`, its pipeline and scripts, on a real API server with a kubelet
over processes; Spark 3.5.9. The spark-operator and images are stand-ins." "$whole"
fi
if [ -s "$out/charts-install.md" ]; then
  scripts/charts_page.sh "$out" >"$out/charts.md"
  page charts "The charts on a real cluster" \
    "Helm 3 and Helm 4, built from their Go modules, with the charts on a real API server that has the real custom resources of
prometheus-operator, external-secrets and Velero; \`tests/charts\`." "$whole"
fi
exit "$worst"
