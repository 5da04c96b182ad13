"""Alerts about executors, their memory, and tasks."""
from case import Case, Fires

INFO = """
    spark_job_info{@run,kind="batch",driver_pod="sales-driver",node="n1",team="finance",owner="ann"} 1x400
    spark_job_start_timestamp_seconds{@run} 0x400
    spark_executors{@run,state="active"} 8x400
"""
KERNEL, HEAP = {"reason": "OOMKilled"}, {"reason": "JavaHeapOOM"}
POD = 'spark_job_pod_terminations_total{@run,component="executor",'
GONE = "spark_executor_removals_total{@run,"

CASES = [
    # --- garbage collection of those that live short --------------------------------------------------------------
    Case("SparkShortExecutorsGCTime", "executors of four minutes at 60 % each, of which none fires HighGCTime", INFO + """
        spark_app_jvm_gc_seconds_total{@run} 0+36x200
        spark_app_jvm_uptime_seconds_total{@run} 0+120x200
        jvm_gc_time_seconds{@run,executor_id="1"} 0+36x4 stale
        jvm_gc_time_seconds{@run,executor_id="2"} _x5 0+36x4 stale
        jvm_gc_time_seconds{@run,executor_id="3"} _x10 0+36x4 stale
        jvm_gc_time_seconds{@run,executor_id="4"} _x15 0+36x4 stale
        spark_executor_removals_total{@run,reason="killed"} 0x4 1x4 2x4 3x4 4x200
        """,
         [Fires("16m", says=
                "The JVMs of job etl/sales of team finance (owner ann) together have spent 30% of the last 10 "
                "minutes on garbage collection, and none of them lives long enough for HighGCTime. In the last hour "
                "3 executors went. It has been running for 16m 0s. Its log: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("14m", "15m")),
    Case("SparkShortExecutorsGCTime", "just above a fifth it fires", INFO + """
        spark_app_jvm_gc_seconds_total{@run} 0+24.24x200
        spark_app_jvm_uptime_seconds_total{@run} 0+120x200
        """,
         [Fires("16m", says=
                "The JVMs of job etl/sales of team finance (owner ann) together have spent 20.2% of the last 10 "
                "minutes on garbage collection, and none of them lives long enough for HighGCTime. It has been "
                "running for 16m 0s. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("15m",)),
    Case("SparkShortExecutorsGCTime", "not where HighGCTime says it of an executor; nor at a fifth", """
        spark_app_jvm_gc_seconds_total{@run} 0+36x200
        spark_app_jvm_uptime_seconds_total{@run} 0+60x200
        jvm_gc_time_seconds{@run,executor_id="1"} 0+36x200
        spark_app_jvm_gc_seconds_total{namespace="etl",app="fair",app_id="f"} 0+24x200
        spark_app_jvm_uptime_seconds_total{namespace="etl",app="fair",app_id="f"} 0+120x200
        """,
         silent=("10m", "15m", "16m", "20m", "60m")),
    Case("SparkShortExecutorsGCTime", "it looks at ten minutes: a storm that is over is over", """
        spark_app_jvm_gc_seconds_total{@run} 0+36x9 324x200
        spark_app_jvm_uptime_seconds_total{@run} 0+60x400
        """,
         silent=("15m", "16m", "22m", "40m")),

    Case("SparkShortExecutorsGCTime", "it looks at ten minutes: storms of four with calm in between are one trouble", """
        spark_app_jvm_gc_seconds_total{@run} 0+36x4 144x5 180+36x3 288x5 324+36x3 432x5 468+36x3 576x5
        spark_app_jvm_uptime_seconds_total{@run} 0+60x60
        """,
         [Fires("32m", says=
                "The JVMs of job etl/sales together have spent 24% of the last 10 minutes on garbage collection, and"
                " none of them lives long enough for HighGCTime. Which pod its driver is in is not known; the "
                "dashboard leads to its log.")]),

    # --- killed for memory -----------------------------------------------------------------------------------------
    Case("SparkExecutorOOMKilled", "the kernel kills two", INFO + POD + """reason="OOMKilled"} 0x10 2x200
        """ + POD + """reason="Error"} 0x10 3x200
        spark_job_cost_total{@run,component="executor",resource="cpu",currency="USD"} 0+0.1x300
        """,
         [Fires("12m", labels=KERNEL, says=
                "2 executors of job etl/sales of team finance (owner ann) ended for lack of memory in the last 30 "
                "minutes: killed by the kernel at the pod's limit (OOMKilled), so the memory overhead is short. The "
                "tasks that ran there run again, and what was shuffled is made again. It has 8 executors left. It "
                "has been running for 12m 0s. It has cost 1.20 USD so far. Its log: kubectl -n etl logs sales-driver"
                " -c spark-kubernetes-driver."), Fires("39m", labels=KERNEL, says=
                "2 executors of job etl/sales of team finance (owner ann) ended for lack of memory in the last 30 "
                "minutes: killed by the kernel at the pod's limit (OOMKilled), so the memory overhead is short. The "
                "tasks that ran there run again, and what was shuffled is made again. It has 8 executors left. It "
                "has been running for 39m 0s. It has cost 3.90 USD so far. Its log: kubectl -n etl logs sales-driver"
                " -c spark-kubernetes-driver.")], ("10m", "41m")),
    Case("SparkExecutorOOMKilled", "one is full, and was when we first saw it; the run has failed and its series end", """
        spark_job_info{@run,kind="batch",driver_pod="sales-driver"} 1x200
        spark_job_state{@run,state="failed"} _x2 1x200
        """ + POD + """reason="JavaHeapOOM"} _x5 1x1 stale
        """,
         [Fires("6m", labels=HEAP, says=
                "1 executor of job etl/sales ended for lack of memory in the last 30 minutes: the Java heap was full"
                " (JavaHeapOOM), so spark.executor.memory is short. The tasks that ran there run again, and what was"
                " shuffled is made again. Meanwhile it has failed. Its log: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver."), Fires("30m", labels=HEAP, says=
                "1 executor of job etl/sales ended for lack of memory in the last 30 minutes: the Java heap was full"
                " (JavaHeapOOM), so spark.executor.memory is short. The tasks that ran there run again, and what was"
                " shuffled is made again. Meanwhile it has failed. Its log: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("4m", "37m")),
    Case("SparkExecutorOOMKilled", "without Kubernetes Spark itself says it; where both do it is told once", """
        spark_executor_removals_total{namespace="etl",app="plain",app_id="p",reason="oom_killed"} 0x10 1x200
        """ + POD + """reason="OOMKilled"} 0x10 1x200
        """ + GONE + """reason="oom_killed"} 0x11 1x200
        """,
         [Fires("12m", labels={"app": "plain", "app_id": "p", "reason": "oom_killed"}, says=
                "1 executor of job etl/plain ended for lack of memory in the last 30 minutes: killed by the kernel "
                "at the pod's limit (OOMKilled), so the memory overhead is short. The tasks that ran there run "
                "again, and what was shuffled is made again. Which pod its driver is in is not known; the dashboard "
                "leads to its log."),
          Fires("12m", labels=KERNEL, says=
                "1 executor of job etl/sales ended for lack of memory in the last 30 minutes: killed by the kernel "
                "at the pod's limit (OOMKilled), so the memory overhead is short. The tasks that ran there run "
                "again, and what was shuffled is made again. Which pod its driver is in is not known; the dashboard "
                "leads to its log.")]),
    Case("SparkExecutorOOMKilled", "killed before our time; others end otherwise; a driver is SparkJobFailed's", POD
         + """reason="OOMKilled"} 5x200
        """ + POD + """reason="Error"} 0x10 1x200
        """ + POD + """reason="Evicted"} 0x10 1x200
        """ + GONE + """reason="idle"} 0x10 4x200
        spark_job_pod_terminations_total{@run,component="driver",reason="OOMKilled"} 0x10 1x200
        """,
         silent=("31m", "60m")),

    # --- lost ------------------------------------------------------------------------------------------------------
    Case("SparkExecutorLoss", "three in half an hour, of eleven", INFO + GONE + """reason="node_lost"} 0x10 2x300
        """ + GONE + """reason="heartbeat_timeout"} 0x10 1x300
        """ + GONE + """reason="idle"} 0x10 9x300
        spark_app_stage_retries_total{@run} 0x10 4x300
        """,
         [Fires("12m", says=
                "Job etl/sales of team finance (owner ann) has lost 3 executors in the last 30 minutes that it "
                "wanted to keep: 1 heartbeat_timeout, 2 node_lost. It has 8 left. Because of that 4 stages ran "
                "again. It has been running for 12m 0s. Its log: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("10m", "11m", "42m")),
    Case("SparkExecutorLoss", "two are chance; those it let go are none; memory is another alert's", INFO + GONE
         + """reason="node_lost"} 0x10 2x300
        """ + GONE + """reason="idle"} 0x10 20x300
        """ + GONE + """reason="decommissioned"} 0x10 5x300
        """ + GONE + """reason="stopped"} 0x10 5x300
        """ + GONE + """reason="oom_killed"} 0x10 5x300
        """ + GONE + """reason="java_heap_oom"} 0x10 5x300
        """,
         silent=("12m", "20m", "40m")),
    Case("SparkExecutorLoss", "one each ten minutes", INFO + GONE + """reason="node_lost"} 0x4 1x9 2x9 3x100
        """,
         [Fires("27m", says=
                "Job etl/sales of team finance (owner ann) has lost 3 executors in the last 30 minutes that it "
                "wanted to keep: 3 node_lost. It has 8 left. It has been running for 27m 0s. Its log: kubectl -n etl"
                " logs sales-driver -c spark-kubernetes-driver.")], ("24m", "37m")),
    Case("SparkExecutorLoss", "a tenth exactly", """
        spark_executors{@run,state="active"} 450x400
        """ + GONE + """reason="node_lost"} 0x10 50x300
        """,
         silent=("12m", "20m", "40m")),
    Case("SparkExecutorLoss", "a bit more than a tenth", """
        spark_executors{@run,state="active"} 455x400
        """ + GONE + """reason="node_lost"} 0x10 51x300
        """,
         [Fires("13m", says=
                "Job etl/sales has lost 51 executors in the last 30 minutes that it wanted to keep: 51 node_lost. It"
                " has 455 left. Which pod its driver is in is not known; the dashboard leads to its log.")]),

    # --- near the limit --------------------------------------------------------------------------------------------
    Case("SparkExecutorMemoryNearLimit", "96 % of its pod's limit for five minutes", INFO + """
        spark_executor_memory_peak_bytes{@run,executor_id="3",area="process"} 1024x3 2061584302x100
        spark_executor_memory_peak_bytes{@run,executor_id="3",area="heap"} 1073741824x103
        spark_executor_memory_limit_bytes{@run,executor_id="3"} 2147483648x103
        spark_executor_memory_peak_bytes{@run,executor_id="4",area="process"} 1073741824x103
        spark_executor_memory_limit_bytes{@run,executor_id="4"} 2147483648x103
        spark_job_recommended_executor_memory_overhead_bytes{@run} 805306368x103
        """,
         [Fires("9m", labels={"executor_id": "3"}, says=
                "Executor 3 of job etl/sales of team finance (owner ann) has used 96% of its pod's memory limit, "
                "which is 2GiB. Beyond it the kernel kills it, and its work is done again. The largest heap of its "
                "executors was 1GiB. By its peaks spark.executor.memoryOverhead should be 768MiB. It has been "
                "running for 9m 0s. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("8m",)),
    Case("SparkExecutorMemoryNearLimit", "a bit above, of an executor that is scraped twice", """
        spark_executor_memory_peak_bytes{@run,executor_id="3",area="process",pod="a"} 955x100
        spark_executor_memory_peak_bytes{@run,executor_id="3",area="process",pod="b"} 955x100
        spark_executor_memory_limit_bytes{@run,executor_id="3",pod="a"} 1000x100
        spark_executor_memory_limit_bytes{@run,executor_id="3",pod="b"} 1000x100
        """,
         [Fires("6m", labels={"executor_id": "3"}, says=
                "Executor 3 of job etl/sales has used 95.5% of its pod's memory limit, which is 1000B. Beyond it the"
                " kernel kills it, and its work is done again. Which pod its driver is in is not known; the "
                "dashboard leads to its log.")]),
    Case("SparkExecutorMemoryNearLimit", "95 % exactly; a full heap is no trouble; no limit is known", """
        spark_executor_memory_peak_bytes{@run,executor_id="3",area="process"} 950x100
        spark_executor_memory_limit_bytes{@run,executor_id="3"} 1000x100
        spark_executor_memory_peak_bytes{@run,executor_id="4",area="heap"} 999x100
        spark_executor_memory_limit_bytes{@run,executor_id="4"} 1000x100
        spark_executor_memory_peak_bytes{@run,executor_id="5",area="process"} 999x100
        """,
         silent=("6m", "30m")),

    # --- tasks -----------------------------------------------------------------------------------------------------
    Case("SparkTaskFailures", "ten fail at once, of a hundred and sixty", INFO + """
        spark_app_tasks_total{@run,status="failed"} 0x10 10x100
        spark_app_tasks_total{@run,status="completed"} 0x10 150x100
        spark_app_tasks_total{@run,status="killed"} 0x10 900x100
        spark_executor_removals_total{@run,reason="disconnected"} 0x10 1x100
        """,
         [Fires("16m", says=
                "10 tasks of job etl/sales of team finance (owner ann) have failed in the last 15 minutes, more than"
                " 5 % of those that ended. The fourth failure of one and the same task ends the job. Executors lost "
                "meanwhile: 1. It has been running for 16m 0s. Its log: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("10m", "15m", "31m")),
    Case("SparkTaskFailures", "a bit more than one in twenty; nothing else ended", """
        spark_app_tasks_total{@run,status="failed"} 0x10 101x100
        spark_app_tasks_total{@run,status="completed"} 0x10 1899x100
        spark_app_tasks_total{namespace="etl",app="none",app_id="n",status="failed"} 0x10 10x100
        """,
         [Fires("17m", says=
                "101 tasks of job etl/sales have failed in the last 15 minutes, more than 5 % of those that ended. "
                "The fourth failure of one and the same task ends the job. No executor was lost meanwhile. Which pod"
                " its driver is in is not known; the dashboard leads to its log."), Fires("17m", labels={"app": "none", "app_id": "n"}, says=
                "10 tasks of job etl/none have failed in the last 15 minutes, more than 5 % of those that ended. The"
                " fourth failure of one and the same task ends the job. No executor was lost meanwhile. Which pod "
                "its driver is in is not known; the dashboard leads to its log.")]),
    Case("SparkTaskFailures", "five, and five more eight minutes later", """
        spark_app_tasks_total{@run,status="failed"} 0x2 5x7 10x100
        spark_app_tasks_total{@run,status="completed"} 0x2 10x109
        """,
         [Fires("16m", says=
                "10 tasks of job etl/sales have failed in the last 15 minutes, more than 5 % of those that ended. "
                "The fourth failure of one and the same task ends the job. No executor was lost meanwhile. Which pod"
                " its driver is in is not known; the dashboard leads to its log.")], ("13m",)),
    Case("SparkTaskFailures", "nine; one in twenty exactly; long ago", """
        spark_app_tasks_total{@run,status="failed"} 0x10 9x100
        spark_app_tasks_total{@run,status="completed"} 0x10 20x100
        spark_app_tasks_total{namespace="etl",app="large",app_id="l",status="failed"} 0x10 100x100
        spark_app_tasks_total{namespace="etl",app="large",app_id="l",status="completed"} 0x10 1900x100
        spark_app_tasks_total{namespace="etl",app="past",app_id="p",status="failed"} 50x100
        spark_app_tasks_total{namespace="etl",app="past",app_id="p",status="completed"} 60+1x100
        """,
         silent=("17m", "25m", "60m")),

    # --- skew and spill --------------------------------------------------------------------------------------------
    Case("SparkStageSkew", "shown for two minutes, spoken of for fifteen", INFO + """
        spark_app_stage_task_skew_ratio{@run} 1.2x10 14x1 1.1x100
        spark_app_stage_task_skew_seconds{@run} 2x10 780x1 2x100
        spark_job_deadline_timestamp_seconds{@job} 7200x200
        """,
         [Fires("11m", says=
                "In a stage of job etl/sales of team finance (owner ann) the slowest task took 14 times as long as "
                "the median, 13m 0s longer; everything else waited for it and was paid. One key, file or partition "
                "is much larger than the others, or one executor is slow: /report and the dashboard say which stage."
                " Its deadline is in 1h 49m 0s. It has been running for 11m 0s. Its log: kubectl -n etl logs "
                "sales-driver -c spark-kubernetes-driver."), Fires("27m", says=
                "In a stage of job etl/sales of team finance (owner ann) the slowest task took 14 times as long as "
                "the median, 13m 0s longer; everything else waited for it and was paid. One key, file or partition "
                "is much larger than the others, or one executor is slow: /report and the dashboard say which stage."
                " Its deadline is in 1h 33m 0s. It has been running for 27m 0s. Its log: kubectl -n etl logs "
                "sales-driver -c spark-kubernetes-driver.")], ("10m", "28m")),
    Case("SparkStageSkew", "a bit more than five times, two minutes and a second", """
        spark_app_stage_task_skew_ratio{@run} 5.05x10
        spark_app_stage_task_skew_seconds{@run} 121x10
        """,
         [Fires("5m", says=
                "In a stage of job etl/sales the slowest task took 5 times as long as the median, 2m 1s longer; "
                "everything else waited for it and was paid. One key, file or partition is much larger than the "
                "others, or one executor is slow: /report and the dashboard say which stage. Which pod its driver is"
                " in is not known; the dashboard leads to its log.")]),
    Case("SparkStageSkew", "five times exactly; two minutes exactly", """
        spark_app_stage_task_skew_ratio{@run} 5x10
        spark_app_stage_task_skew_seconds{@run} 3000x10
        spark_app_stage_task_skew_ratio{namespace="etl",app="short",app_id="s"} 50x10
        spark_app_stage_task_skew_seconds{namespace="etl",app="short",app_id="s"} 120x10
        """,
         silent=("0m", "5m", "10m")),
    Case("SparkSpill", "more than a gibibyte, and more than half of what it read", INFO + """
        spark_app_disk_spilled_bytes_total{@run} 0x10 4294967296x200
        spark_app_input_bytes_total{@run} 0x10 2147483648x200
        spark_app_shuffle_read_bytes_total{@run} 0x10 1073741824x200
        spark_job_recommended_executor_memory_bytes{@run} 6442450944x200
        """,
         [Fires("12m", says=
                "Job etl/sales of team finance (owner ann) has spilled 4GiB to disk in the last 30 minutes, more "
                "than 50 % of what it read. By its peaks spark.executor.memory should be 6GiB. It has been running "
                "for 12m 0s. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("10m", "42m")),
    Case("SparkSpill", "a bit more than a gibibyte, and than half; nothing was read", """
        spark_app_disk_spilled_bytes_total{@run} _x5 1084479243x200
        spark_app_input_bytes_total{@run} _x5 1073741824x200
        spark_app_shuffle_read_bytes_total{@run} _x5 1073741824x200
        spark_app_disk_spilled_bytes_total{namespace="etl",app="made",app_id="m"} _x5 2147483648x200
        """,
         [Fires("10m", says=
                "Job etl/sales has spilled 1.01GiB to disk in the last 30 minutes, more than 50 % of what it read. "
                "Which pod its driver is in is not known; the dashboard leads to its log."), Fires("10m", labels={"app": "made", "app_id": "m"}, says=
                "Job etl/made has spilled 2GiB to disk in the last 30 minutes, more than 50 % of what it read. Which"
                " pod its driver is in is not known; the dashboard leads to its log.")]),
    Case("SparkSpill", "little by little", """
        spark_app_disk_spilled_bytes_total{@run} 0x4 644245094x19 1288490188x100
        """,
         [Fires("26m", says=
                "Job etl/sales has spilled 1.2GiB to disk in the last 30 minutes, more than 50 % of what it read. "
                "Which pod its driver is in is not known; the dashboard leads to its log.")], ("20m", "36m")),
    Case("SparkSpill", "a gibibyte exactly; half exactly; long ago", """
        spark_app_disk_spilled_bytes_total{@run} _x5 1073741824x200
        spark_app_input_bytes_total{@run} _x5 1024x200
        spark_app_disk_spilled_bytes_total{namespace="etl",app="half",app_id="h"} _x5 4294967296x200
        spark_app_input_bytes_total{namespace="etl",app="half",app_id="h"} _x5 4294967296x200
        spark_app_shuffle_read_bytes_total{namespace="etl",app="half",app_id="h"} _x5 4294967296x200
        """,
         silent=("10m", "20m", "40m")),
    Case("SparkSpill", "long ago", """
        spark_app_disk_spilled_bytes_total{@run} 9294967296x200
        """,
         silent=("31m", "60m")),
]
