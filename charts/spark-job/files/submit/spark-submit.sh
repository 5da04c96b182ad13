#!/bin/sh
# Runs spark-submit in cluster mode with the arguments given, waits for the driver, and ends with the driver's own exit
# code, which spark-submit keeps to itself. The driver pod belongs to this pod: who deletes the Job stops the run.
set -u
work=${TMPDIR:-/tmp}
template=${DRIVER_TEMPLATE:?}
sed -e "s|@SUBMIT_POD_NAME@|${POD_NAME:?}|" -e "s|@SUBMIT_POD_UID@|${POD_UID:?}|" "$template" >"$work/driver.yaml" || exit 1
fifo=$work/log.fifo
mkfifo "$fifo" || exit 1
# The last "exit code" below the driver container's name, in the statuses that spark-submit prints when the pod has ended.
awk -v found="$work/exit-code" '
  { print; fflush() }
  /container name:/ { driver = /spark-kubernetes-driver/ }
  driver && /exit code:/ { sub(/.*exit code: */, ""); print $1 > found; close(found) }
' <"$fifo" &
reader=$!
"${SPARK_HOME:?}/bin/spark-submit" --conf "spark.kubernetes.driver.podTemplateFile=$work/driver.yaml" "$@" >"$fifo" 2>&1 &
submit=$!
trap 'kill -TERM "$submit" 2>/dev/null' TERM INT
wait "$submit"; code=$?
wait "$reader"
if [ "$code" -eq 0 ] && [ -s "$work/exit-code" ]; then code=$(cat "$work/exit-code"); fi
exit "$code"
