#!/usr/bin/env bash
# Prints docs/proof/cost.md from the tables of test_cost.py and test_waste.py.
#   scripts/cost_page.sh FOLDER    with cost-VERSION.md and waste-VERSION.md in it, and what cost_bench printed in cost-bench.log
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
cat <<TEXT
# What runs cost, against their event logs

Written by \`make prove\` (\`scripts/prove.sh\`) at commit \`${PROOF_COMMIT:-$(git describe --always --dirty)}\`, $(date -u '+%-d %B %Y'), on
$(nproc) cores with a load average of $(cut -d' ' -f1 /proc/loadavg) at the end.

## By resource, use and group

\`tests/e2e/test_cost.py\` runs real applications (\`local-cluster\`, PySpark) and reckons from the event log alone, tasks' own
times and two prices, what each would have cost up to Spark's last answer. Bars: 1 % of the total, 3 % of each use and
group, or, where one is small, a quarter of a percent of the whole for a use and 0.75 % for a group. "Unobserved" is what was paid between Spark's last
answer and the end, seen at the very end.

*healthy*: SQL, joins, a cache. *fail_lost*: failing tasks, a cancelled job, an executor killed in mid-job. *gc*: garbage. *waste*:
four job groups, half the slots idle, tasks that fail twice, a cached join. *dynamic*: the same with one to two executors
that come and go. *restarted*: fail_lost, with the exporter killed and started again. *late*: an exporter that comes when
half of the run is over.

$(cat "$out"/cost-*.md)
TEXT
[ -n "$(ls "$out"/waste-*.md 2>/dev/null)" ] || exit 0
cat <<TEXT

## Planted waste, and advice that was followed

\`tests/e2e/test_waste.py\`: what \`/report\` named of the waste that was planted; then a run of which half the executors have
nothing to do, and the same after its own advice. The saving must be what was said, give or take a fifth.

$(cat "$out"/waste-*.md)
TEXT
[ -s "$out/cost-bench.log" ] || exit 0
cat <<TEXT

## What metering costs

\`bench/cost_bench.cpp\`: 1,000 executors that all told new figures since the last poll, 10,000 finished stages of 5,000 jobs
in 20 groups, lost tasks of each executor. Bars: 1 ms a poll, 2 MB in all.

\`\`\`
$(cat "$out/cost-bench.log")
\`\`\`
TEXT
