#!/usr/bin/env bash
# Prints docs/proof/outcomes.md from what the outcome tests have written.
#   scripts/outcomes_page.sh MATRIX.md RUNS.md
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/proof_page.sh "Every outcome reaches Prometheus" "real API server,
controllers, scheduler and kubelet code, the containers are local processes ([how](../../tests/e2e/kube/README.md)).
PySpark 4.3.0 and Prometheus 2.42 from Debian, with the contract's rule word for word." <<TEXT
## The matrix

What each cell must show stands beforehand in [outcome_table.py](../../tests/e2e/outcome_table.py), with what a lone
sidecar cannot know expected as such. Real are: the drivers of the rows marked Spark, exit codes and signals, the OOM kill
(a memory cgroup's), the eviction (by the eviction API, 2 s grace), the lost node (its kubelet and all its containers are
killed; the node controller does the rest). The operator is played: its objects are created and their status is written
as its controller does.

$(cat "$1")

## Runs at random

$(cat "$2")
TEXT
