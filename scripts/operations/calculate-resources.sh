#!/usr/bin/env bash
# Sizes a Spark job before its first run, by the size of its data: the arguments of `spark_exporter size`.
#   scripts/operations/calculate-resources.sh --data-size 1TB --output resource-config.yaml
# The binary is SPARK_EXPORTER's, that of the PATH, or build/release/spark_exporter.
set -euo pipefail

own=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/release/spark_exporter
if [ -n "${SPARK_EXPORTER:-}" ]; then
  binary=$SPARK_EXPORTER
elif ! binary=$(command -v spark_exporter); then
  binary=$own
fi
if [ ! -x "$binary" ] || [ -d "$binary" ]; then
  echo "$0: no spark_exporter at $binary: set SPARK_EXPORTER, or run make build" >&2
  exit 127
fi
exec "$binary" size "$@"
