#!/bin/sh
# The script that the job chart ships and its CronJobs run; disaster-recovery.sh --help says more.
exec "$(dirname "$0")/../../charts/spark-job/files/disaster-recovery.sh" "$@"
