"""What becomes of jobs and their runs."""
from .promql import endless, server
from .rule import Group, Maker, fill
from .sentences import ask

# Deadlines of jobs that have had no success since they were last due.
UNFINISHED = """
    max by (@JOB) (spark_job_deadline_timestamp_seconds)
    unless on (@JOB) (
      max by (@JOB) (spark_job_last_success_timestamp_seconds)
      >= max by (@JOB) (spark_job_last_due_timestamp_seconds)
    )"""

USUAL = """
    (
      max by (@JOB) (spark_job_baseline_duration_seconds)
      and on (@JOB) max by (@JOB) (spark_job_baseline_runs) >= @baseline_runs
    )"""

# Which pods wait for what, and what of it does not heal by itself.
WAITING = (
    '{{ with query (printf "max by (component, reason) (spark_job_pods_waiting{%s}) > 0" $run) }} Waiting now:'
    '{{ range $at, $one := sortByLabel "component" . }}{{ if $at }},{{ end }} {{ $one | value }} '
    '{{ label "component" $one }}{{ if gt ($one | value) 1.0 }}s{{ end }} ({{ label "reason" $one }}){{ end }}.'
    '{{ range . }}{{ if match "^(ImagePull|ConfigError|CrashLoop)$" (label "reason" .) }} {{ label "reason" . }} '
    "does not heal by itself.{{ end }}{{ end }}{{ else }} Kubernetes gives no reason; perhaps its pod was never "
    "created.{{ end }}")


def group(table):
    make = Maker(table).alert
    job = {"keys": ("namespace", "app")}
    parts = {"unfinished": fill(UNFINISHED, table), "usual": fill(USUAL, table), "endless": endless(table),
             "server": server(table)}
    return Group("spark-jobs", [
        make("SparkJobPending", "critical", """
            label_replace(
              max by (@RUN) (spark_job_state{state="pending"}) == 1,
              "component", "driver", "", ""
            )
            or
            label_replace(@no_executors, "component", "executor", "", "")
            """,
             "A Spark job waits for its pods.", """
            @set_run @set_job @who does no work: {{ if eq $labels.component "driver" }}its driver does not run{{ else }}no
            executor of it runs{{ end }}.@waiting@submitted@deadline@cost_so_far@log
            """, "job-pending", "spark-job-run", parts, {"waiting": WAITING}),

        make("SparkJobNoProgress", "warning", """
            time() - (
              max by (@RUN) (spark_job_last_progress_timestamp_seconds)
              or max by (@RUN) (spark_job_start_timestamp_seconds)
            ) > @no_progress
            and on (@RUN) max by (@RUN) (spark_app_jobs_active) > 0
            unless on (@RUN) @no_executors
            unless on (@RUN) @server
            """,
             "A Spark job is running and nothing of it ends.", """
            @set_run @set_job @who has work open, and no task, stage or job of it has ended for
            @since.@tasks@deadline@runs_since@cost_so_far@per_hour@log
            """, "no-progress", "spark-job-run", parts,
             {"tasks": ask("max(spark_app_tasks_active{%s})", " Tasks running now: {{ . | value }}")
              + ask("max(spark_app_tasks_pending{%s})", ", waiting: {{ . | value }}.")}),

        make("SparkZombieDriver", "warning", """
            time() - max by (@RUN) (spark_job_last_progress_timestamp_seconds) > @zombie
            and on (@RUN) max by (@RUN) (spark_app_jobs_active) == 0
            unless on (@RUN) @endless
            """,
             "A Spark driver stays although its work is done.", """
            @set_run @set_job @who ended its last Spark job @since ago, and its driver does not
            end.@runs_since@cost_so_far@per_hour@next_if_known@log
            """, "zombie-driver", "spark-job-run", parts),

        make("SparkJobOutcomeUnknown", "warning", """
            max by (@RUN) (spark_job_state{state="unknown"}) == 1
            and on (@RUN) max by (@RUN) (spark_job_info{driver_pod!=""})
            unless on (@RUN) max by (@RUN) (spark_app_jobs_active)
            """,
             "A Spark job ended and nobody can tell how.", """
            @set_run @set_job @who has a run that is over, and neither Kubernetes nor its exporter can tell how it ended.
            SparkJobFailed cannot fire for it: take it for failed until you have seen its
            output.@last_good@next_run@cost@log
            """, "outcome-unknown", "spark-job-run", parts),

        make("SparkJobRunMissed", "critical", """
            time() - max by (@JOB) (spark_job_last_due_timestamp_seconds) > @late_start
            unless on (@JOB) (
              max by (@JOB) (spark_job_last_success_timestamp_seconds)
              > max by (@JOB) (spark_job_last_due_timestamp_seconds) - @early_start
            )
            unless on (@JOB) (
              max by (@JOB) (spark_job_last_failure_timestamp_seconds)
              > max by (@JOB) (spark_job_last_due_timestamp_seconds) - @early_start
            )
            unless on (@JOB) (
              max by (@JOB) (
                (
                  max by (@RUN) (spark_job_submission_timestamp_seconds)
                  or max by (@RUN) (spark_job_start_timestamp_seconds)
                )
                and on (@RUN) @live
              )
              > max by (@JOB) (spark_job_last_due_timestamp_seconds) - @early_start
            )
            """,
             "A scheduled Spark job did not run.", """
            @set_job @job was due @since ago; no run of it has succeeded or failed since, nor is one under
            way.@earlier@last_good@next_run@deadline What did not begin has no log: look at its schedule first.
            """, "run-missed", "spark-jobs", parts,
             {"earlier": ask("max by (state) (spark_job_state{%s,state=~'pending|running|retrying'}) == 1",
                             ' An earlier run is still {{ label "state" . }} and may keep it away.', scope="$job")}, **job),

        # When it began, or now where nothing runs, and what it usually takes.
        make("SparkJobDeadlineAtRisk", "warning", """
            (
              @unfinished
            ) - time() > 0
            and on (@JOB) (
              (
                max by (@JOB) (max by (@RUN) (spark_job_start_timestamp_seconds) and on (@RUN) @live)
                or 0 * max by (@JOB) (spark_job_last_due_timestamp_seconds) + time()
              )
              + on (@JOB) @usual
              > on (@JOB) max by (@JOB) (spark_job_deadline_timestamp_seconds)
              or
              max by (@JOB) (spark_job_deadline_timestamp_seconds) - time()
              < on (@JOB) @deadline_share * @usual
            )
            """,
             "A Spark job will probably miss its deadline.", """
            @set_job @job must be done in @since, and by what it usually takes it will not
            be.@usually_takes@present@last_good@newest_log
            """, "deadline-at-risk", "spark-jobs", parts,
             {"present": ask("time() - max(spark_job_start_timestamp_seconds{%s} and on (namespace, app, app_id) "
                             "(spark_job_state{%s,state=~'running|retrying'} == 1))",
                             " The present run began {{ . | value | humanizeDuration }} ago.", " No run of it has begun.",
                             "$job")}, **job),

        make("SparkJobDeadlineMissed", "critical", """
            time() - (
              @unfinished
            ) > 0
            """,
             "A Spark job missed its deadline.", """
            @set_job @job should have been done @since ago, and no run of it has ended well since it was
            due.@state@in_a_row@last_good@next_run@newest_log
            """, "deadline-missed", "spark-jobs", parts, **job),

        make("SparkJobSlowerThanUsual", "warning", """
            (
              time() - max by (@RUN) (spark_job_start_timestamp_seconds)
              and on (@RUN) max by (@RUN) (spark_job_state{state="running"}) == 1
              or
              max by (@RUN) (spark_job_duration_seconds)
              and on (@RUN) time() - max by (@RUN) (spark_job_end_timestamp_seconds) < @ended_window
            )
            > on (@JOB) group_left () @slower_ratio * @usual
            > on (@JOB) group_left () @slower_seconds + @usual
            unless on (@RUN) @endless
            """,
             "A Spark job takes much longer than it usually does.", """
            @set_run @set_job @who has taken @since.@usually_takes@read@usually_reads@deadline@cost_so_far@log
            """, "slower-than-usual", "spark-job-run", parts,
             {"read": ask("max(spark_app_input_bytes_total{%s})", " It has read {{ . | value | humanize1024 }}B."),
              "usually_reads": ask("max(spark_job_baseline_input_bytes{%s})",
                                   " It usually reads {{ . | value | humanize1024 }}B.", scope="$job")}),
    ])
