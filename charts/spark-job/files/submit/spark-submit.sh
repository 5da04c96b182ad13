#!/bin/sh
# Runs spark-submit in cluster mode with the arguments given, waits for the driver, and ends with the driver's own exit
# code, which spark-submit keeps to itself (it only logs it, at level INFO). The driver pod belongs to this pod: who
# deletes the Job stops the run.
set -u
work=${TMPDIR:-/tmp}
template=${DRIVER_TEMPLATE:?}
sed -e "s|@SUBMIT_POD_NAME@|${POD_NAME:?}|" -e "s|@SUBMIT_POD_UID@|${POD_UID:?}|" "$template" >"$work/driver.yaml" ||
  exit 1
fifo=$work/log.fifo
mkfifo "$fifo" || exit 1
# The last "exit code" below the driver container's name, in the statuses that spark-submit logs when the pod has ended.
awk -v found="$work/exit-code" '
  { print; fflush() }
  /container name:/ { driver = /spark-kubernetes-driver/ }
  driver && /exit code:/ { sub(/.*exit code: */, ""); print $1 > found; close(found) }
' <"$fifo" &
reader=$!
"${SPARK_HOME:?}/bin/spark-submit" --conf "spark.kubernetes.driver.podTemplateFile=$work/driver.yaml" "$@" \
  >"$fifo" 2>&1 &
submit=$!
trap 'kill -TERM "$submit" 2>/dev/null' TERM INT
wait "$submit"; code=$?
wait "$reader"
[ "$code" -eq 0 ] || exit "$code"
case " $* " in *" spark.kubernetes.submission.waitAppCompletion=false "*) exit 0 ;; esac
if [ ! -s "$work/exit-code" ]; then
  echo "spark-submit.sh: the driver's exit code was not told; spark-submit must log at level INFO" >&2
  exit 1
fi
exit "$(cat "$work/exit-code")"
