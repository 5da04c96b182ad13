"""Executors, their memory, and the tasks on them."""
from .promql import RUN, added, endless
from .rule import Group, Maker
from .sentences import ask

MEMORY = 'reason=~"OOMKilled|JavaHeapOOM"'
# Lost for memory is SparkExecutorOOMKilled's; the others here were let go.
LOST = 'spark_executor_removals_total{reason!~"idle|decommissioned|stopped|oom_killed|java_heap_oom"}'


def group(table):
    make = Maker(table).alert
    parts = {
        "killed": added(RUN + ", reason", 'spark_job_pod_terminations_total{component="executor",' + MEMORY + "}",
                        table.oom_window),
        "removed": added(RUN + ", reason", 'spark_executor_removals_total{reason=~"oom_killed|java_heap_oom"}',
                         table.oom_window),
        "lost": added(RUN, LOST, table.lost_window),
        "failed": added(RUN, 'spark_app_tasks_total{status="failed"}', table.tasks_window),
        "completed": added(RUN, 'spark_app_tasks_total{status="completed"}', table.tasks_window),
        "spilled": added(RUN, "spark_app_disk_spilled_bytes_total", table.spill_window),
        "input": added(RUN, "spark_app_input_bytes_total", table.spill_window),
        "shuffled": added(RUN, "spark_app_shuffle_read_bytes_total", table.spill_window),
        "endless": endless(table),
    }
    return Group("spark-executors", [
        # HighGCTime is about one JVM that lives for more than its ten minutes; this is about those that do not.
        make("SparkShortExecutorsGCTime", "warning", """
            max by (@RUN) (rate(spark_app_jvm_gc_seconds_total[@gc_window.span]))
            / on (@RUN) max by (@RUN) (rate(spark_app_jvm_uptime_seconds_total[@gc_window.span]))
            > @gc_share
            unless on (@RUN) ALERTS{alertname="HighGCTime",alertstate="firing"}
            """,
             "The short-lived executors of a Spark job spend their time on garbage collection.", """
            @set_run @set_job The JVMs of job @name@owner together have spent {{ $value | humanizePercentage }} of the last
            @gc_window.words on garbage collection, and none of them lives long enough for
            HighGCTime.@removed@deadline@runs_since@cost_so_far@per_hour@log
            """, "short-executors-gc-time", "spark-job-run",
             said={"removed": ask("round(sum(increase(spark_executor_removals_total{%s}[1h]))) > 0",
                                  " In the last hour {{ . | value }} executors went.")}),

        make("SparkExecutorOOMKilled", "warning", """
            @killed > 0
            or on (@RUN)
            @removed > 0
            """,
             "Executors of a Spark job were killed for lack of memory.", """
            @set_run @set_job {{ $value }} executor{{ if gt $value 1.0 }}s{{ end }} of job @name@owner ended for lack of
            memory in the last @oom_window.words: {{ if match "(?i)^java" $labels.reason }}the Java heap was full
            (JavaHeapOOM), so spark.executor.memory is short{{ else }}killed by the kernel at the pod's limit (OOMKilled), so
            the memory overhead is short{{ end }}. The tasks that ran there run again, and what was shuffled is made
            again.@left@ended@runs_since@cost_so_far@log
            """, "executor-oom-killed", "spark-job-run", parts,
             {"left": ask("max(spark_executors{%s,state='active'})", " It has {{ . | value }} executors left."),
              "ended": ask("max by (state) (spark_job_state{%s,state=~'succeeded|failed|cancelled'}) == 1",
                           ' Meanwhile it has {{ label "state" . }}.')}),

        make("SparkExecutorLoss", "warning", """
            @lost >= @lost_executors
            and on (@RUN)
            @lost
            > on (@RUN) @lost_share * (
              @lost
              + on (@RUN) max by (@RUN) (spark_executors{state="active"})
            )
            """,
             "A Spark job loses its executors.", """
            @set_run @set_job @who has lost {{ $value }} executors in the last @lost_window.words that it wanted to
            keep:@reasons.@left@retries@deadline@runs_since@cost_so_far@log
            """, "executor-loss", "spark-job-run", parts,
             {"reasons": "{{ with query (printf \"round(sum by (reason) (increase(spark_executor_removals_total{%s,"
                         "reason!~'idle|decommissioned|stopped'}[1h]))) > 0\" $run) }}{{ range $at, $one := sortByLabel "
                         "\"reason\" . }}{{ if $at }},{{ end }} {{ $one | value }} {{ label \"reason\" $one }}{{ end }}"
                         "{{ else }} nobody says why{{ end }}",
              "left": ask("max(spark_executors{%s,state='active'})", " It has {{ . | value }} left."),
              "retries": ask("round(max(increase(spark_app_stage_retries_total{%s}[1h]))) > 0",
                             " Because of that {{ . | value }} stages ran again.")}),

        make("SparkExecutorMemoryNearLimit", "warning", """
            max by (@RUN, executor_id) (spark_executor_memory_peak_bytes{area="process"})
            / on (@RUN, executor_id) max by (@RUN, executor_id) (spark_executor_memory_limit_bytes)
            > @memory_share
            """,
             "An executor is close to its pod's memory limit.", """
            @set_run @set_job Executor {{ $labels.executor_id }} of job @name@owner has used
            {{ $value | humanizePercentage }} of its pod's memory limit@limit. Beyond it the kernel kills it, and its work is
            done again.@heap@advice@runs_since@cost_so_far@log
            """, "executor-memory-near-limit", "spark-job-run",
             keys=("namespace", "app", "app_id", "executor_id"),
             said={"limit": ask("max(spark_executor_memory_limit_bytes{%s})", ", which is {{ . | value | humanize1024 }}B"),
                   "heap": ask("max(spark_executor_memory_peak_bytes{%s,area='heap'})",
                               " The largest heap of its executors was {{ . | value | humanize1024 }}B."),
                   "advice": ask("max(spark_job_recommended_executor_memory_overhead_bytes{%s})",
                                 " By its peaks spark.executor.memoryOverhead should be "
                                 "{{ . | value | humanize1024 }}B.")}),

        make("SparkTaskFailures", "warning", """
            @failed >= @failed_tasks
            and on (@RUN)
            @failed
            > on (@RUN) @failed_share * (
              @failed
              + on (@RUN) (@completed or 0 * @failed)
            )
            """,
             "Many tasks of a Spark job fail.", """
            @set_run @set_job {{ $value }} tasks of job @name@owner have failed in the last @tasks_window.words, more than
            @percent of those that ended. The fourth failure of one and the same task ends the
            job.@losses@deadline@runs_since@cost_so_far@log
            """, "task-failures", "spark-job-run", parts,
             {"percent": f"{table.failed_share * 100:g} %",
              "losses": ask("round(sum(increase(spark_executor_removals_total{%s,reason!~'idle|decommissioned|stopped'}"
                            "[30m]))) > 0", " Executors lost meanwhile: {{ . | value }}.",
                            " No executor was lost meanwhile.")}),

        # Known when the slow task has ended, and shown for two minutes from then on.
        make("SparkStageSkew", "info", """
            max by (@RUN) (max_over_time(spark_app_stage_task_skew_ratio[@skew_window.span])) > @skew_ratio
            and on (@RUN) max by (@RUN) (max_over_time(spark_app_stage_task_skew_seconds[@skew_window.span]))
              > @skew_seconds
            """,
             "A stage of a Spark job waited for its slowest task.", """
            @set_run @set_job In a stage of job @name@owner the slowest task took {{ $value | printf "%.0f" }} times as long
            as the median@longer; everything else waited for it and was paid. One key, file or partition is much larger than
            the others, or one executor is slow: /report and the dashboard say which
            stage.@deadline@runs_since@cost_so_far@log
            """, "stage-skew", "spark-job-run",
             said={"longer": ask("max(max_over_time(spark_app_stage_task_skew_seconds{%s}[15m]))",
                                 ", {{ . | value | humanizeDuration }} longer")}),

        make("SparkSpill", "info", """
            @spilled > @spill_bytes
            and on (@RUN)
            @spilled
            > on (@RUN) @spill_share * (
              (@input or 0 * @spilled)
              + on (@RUN) (@shuffled or 0 * @spilled)
            )
            """,
             "A Spark job works from disk because its memory is short.", """
            @set_run @set_job @who has spilled {{ $value | humanize1024 }}B to disk in the last @spill_window.words, more than
            @percent of what it read.@advice@deadline@runs_since@cost_so_far@log
            """, "spill", "spark-job-run", parts,
             {"percent": f"{table.spill_share * 100:g} %",
              "advice": ask("max(spark_job_recommended_executor_memory_bytes{%s})",
                            " By its peaks spark.executor.memory should be {{ . | value | humanize1024 }}B.")}),
    ])
