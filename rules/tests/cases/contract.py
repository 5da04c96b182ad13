"""The contract's two alerts, as design and runbooks promise that they behave."""
from case import Case, Fires

RUNNING = """
    spark_job_info{@run,kind="batch",driver_pod="sales-driver",node="n1",team="finance",owner="ann",attempt="2",max_attempts="2"} 1x200
    spark_job_start_timestamp_seconds{@run} -3600x200
"""
GC = {"executor_id": "7"}

CASES = [
    Case("SparkJobFailed", "fires after a minute of failure, and says why, how often, what comes and what it cost", """
        spark_job_status{@run} 0x4 2x20
        spark_job_info{@run,kind="batch",driver_pod="sales-driver",team="finance",owner="ann",attempt="3",max_attempts="3"} 1x30
        spark_job_failure_info{@run,reason="DriverOOMKilled",exit_code="137",exception="java.lang.OutOfMemoryError",driver_pod="sales-driver",node="node-3"} _x4 1x20
        spark_job_consecutive_failures{@job} 2x4 3x20
        spark_job_last_success_timestamp_seconds{@job} -90000x30
        spark_job_next_run_timestamp_seconds{@job} 18000x30
        spark_job_duration_seconds{@run} _x4 2590x20
        spark_job_run_cost{@run,use="task_ok",currency="EUR"} _x4 2.5x20
        spark_job_run_cost{@run,use="idle",currency="EUR"} _x4 0.71x20
        """,
         [Fires("6m", anchor="#driveroomkilled", says=
                "Job etl/sales of team finance (owner ann) failed for good: DriverOOMKilled, exit code 137, "
                "java.lang.OutOfMemoryError, on node node-3. This was attempt 3 of 3: no retry follows. It has failed"
                " 3 times in a row. The last good run ended 1d 1h 6m 0s ago. The next run is due in 4h 54m 0s. It ran"
                " for 43m 10s. It cost 3.21 EUR. Its log: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("5m",)),
    Case("SparkJobFailed", "knows nothing but the failure", """
        spark_job_status{@run} 2x20
        """,
         [Fires("1m", says=
                "Job etl/sales failed for good. No finite retry is left. No good run of it is known. When it runs "
                "next is not known. Which pod its driver is in is not known; the dashboard leads to its log.")], ("0m",)),
    Case("SparkJobFailed", "an application that is restarted for ever counts each failure; its labels are odd", """
        spark_job_status{namespace="etl",app="a\\"b c",app_id="spark-1",cluster="east"} 2x20
        spark_job_status{namespace="etl",app="other",app_id="spark-2",cluster="east"} 1x20
        spark_job_failure_info{namespace="etl",app="a\\"b c",app_id="spark-1",cluster="east",reason="UserError",exit_code="1"} 1x20
        spark_job_failure_info{namespace="etl",app="a\\"b c",app_id="spark-1",cluster="west",reason="Killed"} 1x20
        spark_job_consecutive_failures{namespace="etl",app="a\\"b c",cluster="east"} 12x20
        """,
         [Fires("1m", labels={"app": 'a"b c', "cluster": "east"}, anchor="#usererror", says=
                'Job etl/a"b c failed for good: UserError, exit code 1. No finite retry is left. It has failed 12 '
                "times in a row. No good run of it is known. When it runs next is not known. Which pod its driver is "
                "in is not known; the dashboard leads to its log.")]),
    Case("SparkJobFailed", "resolves when a later run of the job is good", """
        spark_job_status{@old} 2x6 stale
        spark_job_status{@run} 0x5 1x20
        """,
         [Fires("5m", labels={"app_id": "spark-0"}, says=
                "Job etl/sales failed for good. No finite retry is left. No good run of it is known. When it runs "
                "next is not known. Which pod its driver is in is not known; the dashboard leads to its log.")], ("8m",)),
    Case("SparkJobFailed", "pending, running, retrying, succeeded, cancelled: nobody is woken", """
        spark_job_status{@run} 0x5 1x20
        spark_job_status{namespace="etl",app="retried",app_id="spark-2"} 0x20
        spark_job_state{namespace="etl",app="retried",app_id="spark-2",state="retrying"} 1x20
        spark_job_state{namespace="etl",app="gone",app_id="spark-3",state="cancelled"} 1x20
        """,
         silent=("1m", "5m", "10m", "20m")),

    Case("HighGCTime", "60 % fires after some twelve minutes", RUNNING + """
        jvm_gc_time_seconds{@run,executor_id="7"} 0+18x100
        jvm_gc_time_seconds{@run,executor_id="8"} 0+0.3x100
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 1+0.01x100
        spark_job_cost_total{@run,component="executor",resource="cpu",currency="EUR"} 2+0.02x100
        spark_job_cost_per_hour{@run,currency="EUR"} 7.2x100
        spark_job_deadline_timestamp_seconds{@job} 7200x100
        """,
         [Fires("12m", labels=GC, says=
                "The JVM of executor 7 of job etl/sales of team finance (owner ann) has stood still for garbage "
                "collection for 60 % of the last five minutes. It is the only one of its JVMs. Its deadline is in 1h "
                "48m 0s. It has been running for 1h 12m 0s. It has cost 3.72 EUR so far. It costs 7.20 EUR an hour. "
                "Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("11m",), step="30s"),
    Case("HighGCTime", "25 % fires after some fourteen and a half minutes", """
        jvm_gc_time_seconds{@run,executor_id="7"} 0+7.5x100
        jvm_gc_time_seconds{@run,executor_id="driver"} 0+7.5x100
        """,
         [Fires("14m30s", labels=GC, says=
                "The JVM of executor 7 of job etl/sales has stood still for garbage collection for 25 % of the last "
                "five minutes. So have others of its JVMs, 2 in all. Which pod its driver is in is not known; the "
                "dashboard leads to its log."),
          Fires("14m30s", labels={"executor_id": "driver"}, says=
                "The JVM of the driver of job etl/sales has stood still for garbage collection for 25 % of the last "
                "five minutes. So have others of its JVMs, 2 in all. Which pod its driver is in is not known; the "
                "dashboard leads to its log.")], ("13m30s",), step="30s"),
    Case("HighGCTime", "just above 20 % it fires in the end", """
        jvm_gc_time_seconds{@run,executor_id="7"} 0+6.06x100
        """,
         [Fires("16m", labels=GC, says=
                "The JVM of executor 7 of job etl/sales has stood still for garbage collection for 20 % of the last "
                "five minutes. It is the only one of its JVMs. Which pod its driver is in is not known; the dashboard"
                " leads to its log.")], ("14m",), step="30s"),
    Case("HighGCTime", "never at exactly 20 %, nor at 19 %", """
        jvm_gc_time_seconds{@run,executor_id="7"} 0+6x200
        jvm_gc_time_seconds{@run,executor_id="8"} 0+5.7x200
        """,
         silent=("12m", "15m", "20m", "60m", "100m"), step="30s"),
    Case("HighGCTime", "lost executors, a driver that stands still and a short burst do not fire it", """
        jvm_gc_time_seconds{@run,executor_id="1"} 0+18x12 stale
        jvm_gc_time_seconds{@run,executor_id="2"} 0+18x10 180x80
        jvm_gc_time_seconds{@run,executor_id="3"} 100x40 0+0.1x60
        """,
         silent=("5m", "10m", "15m", "20m", "30m", "45m"), step="30s"),
    Case("HighGCTime", "holds for ten minutes, no more and no less", """
        jvm_gc_time_seconds{@run,executor_id="7"} 0x20 0+30x100
        """,
         [Fires("22m", labels=GC, says=
                "The JVM of executor 7 of job etl/sales has stood still for garbage collection for 100 % of the last"
                " five minutes. It is the only one of its JVMs. Which pod its driver is in is not known; the "
                "dashboard leads to its log.")], ("21m30s",), step="30s"),
]
