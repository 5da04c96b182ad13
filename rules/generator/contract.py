"""The two alerts of the contract, word for word; what they say is ours."""
from .rule import Group, Maker
from .sentences import ask

REASON = ('{{ with printf "spark_job_failure_info{cluster=%q,namespace=%q,app=%q,app_id=%q}" $labels.cluster '
          "$labels.namespace $labels.app $labels.app_id | query }}#{{ first . | label \"reason\" | toLower }}{{ end }}")


def group(table, keep=0):
    make = Maker(table).alert
    return Group("spark-contract", [
        make("SparkJobFailed", "critical", "spark_job_status == 2",
             "A Spark job failed and will not be retried.", """
            @set_run @set_job @who failed for good@why.@retry@in_a_row@last_good@next_run@took@cost@log
            """, "job-failure", "spark-job-run", anchor=REASON, keep=keep,
             runbook="docs/operations/runbooks/job-failure.md"),

        make("HighGCTime", "warning", "rate(jvm_gc_time_seconds[5m]) * 100 > @gc_percent",
             "A JVM of a Spark job spends its time on garbage collection.", """
            @set_run @set_job The JVM of {{ if eq $labels.executor_id "driver" }}the driver{{ else }}executor
            {{ $labels.executor_id }}{{ end }} of job @name@owner has stood still for garbage collection for
            {{ $value | printf "%.0f" }} % of the last five minutes.@others@deadline@runs_since@cost_so_far@per_hour@log
            """, "high-gc-time", "spark-job-run", keep=keep, runbook="docs/operations/runbooks/high-gc-time.md",
             keys=("namespace", "app", "app_id", "executor_id"),
             said={"others": ask("count(max by (executor_id) (rate(jvm_gc_time_seconds{%s}[5m])) * 100 > "
                                 f"{table.gc_percent}) > 1",
                                 " So have others of its JVMs, {{ . | value }} in all.", " It is the only one of its JVMs.")}),
    ])
