#!/usr/bin/env bash
# Prints the body of docs/proof/charts.md from what the tests of the charts have left in a folder.
#   scripts/charts_page.sh FOLDER
set -euo pipefail
said() {  # said NAME: the lines of a test, as they are
  echo '```'
  grep -E '^(Helm|observer|sidecar|good|bad|classic|dynamic|claims|without|each of)' "$1" || echo "(did not run)"
  echo '```'
}
cat <<TEXT
## Rendered

$(said "$1/charts-helm.log")

## Rights

Each right of the chart's Role and ClusterRole was taken away by itself; what then failed:

$(said "$1/charts-rights.log")

## spark-submit, driver, exporter

The Job of \`charts/spark-job\` runs spark-submit in cluster mode; a kubelet over processes runs what it makes, with
executors. Spark 3.5.9, then 4.3.0:

$(said "$1/charts-submit.log")

$(said "$1/charts-submit4.log")

## Installed, upgraded, rolled back, removed

$(grep 'restricted:' "$1/charts-install.log" | sed 's/^/- /')

$(cat "$1/charts-install.md")
TEXT
