"""What dashboards show over many runs: by job (namespace_app) and by team (namespace_team, the team of the job's newest
run). Batch jobs apart from endless ones: a stream of thirty days is no average duration, and being replaced no failure."""
from .promql import JOB, RUN
from .rule import Group, Recording, fill

TEAM = "cluster, namespace, team"
SUCCESS = (("1d", 0), ("7d", 0), ("30d", 0))


def by_team(job_level):
    """Adds the team to a series by job."""
    return (f"{job_level}\n"
            f"* on ({JOB}) group_left (team) namespace_app:spark_job_info:team")


def group_fast(table):
    record = lambda name, text, **parts: Recording(name, fill(text, table, **parts))  # noqa: E731
    rules = [
        # One series for each job, always 1; the newest run tells the team. A job without one is there without the label.
        record("namespace_app:spark_job_info:team", """
            0 * topk by (@JOB) (1, max by (@JOB, team) (
              max by (@RUN, team) (spark_job_info)
              * on (@RUN) group_left () (
                max by (@RUN) (spark_job_start_timestamp_seconds)
                or max by (@RUN) (spark_job_submission_timestamp_seconds)
                or 0 * max by (@RUN) (spark_job_info)
              )
            )) + 1
            """),
        record("namespace_app:spark_job_kind:batch", """
            max by (@JOB) (spark_job_info{kind="batch"})
            unless on (@JOB) max by (@JOB) (spark_job_info{kind!="batch"})
            """),
        record("namespace_app:spark_job_status:failed", "max by (@JOB) (spark_job_status == bool 2)"),
        record("namespace_app:spark_app_task_time_seconds:rate5m", """
            sum by (@JOB) (max by (@RUN) (rate(spark_app_task_time_seconds_total[5m])))
            """),
        record("namespace_app:spark_executor_task_slots:sum", """
            sum by (@JOB) (max by (@RUN, executor_id) (spark_executor_task_slots{executor_id!="driver"}))
            """),
        record("namespace_app:spark_executor_utilisation:ratio_rate5m", """
            namespace_app:spark_app_task_time_seconds:rate5m
            / on (@JOB) (namespace_app:spark_executor_task_slots:sum > 0)
            """),
        record("namespace_team:spark_executor_utilisation:ratio_rate5m", """
            sum by (@TEAM) (@time)
            / on (@TEAM)
            (sum by (@TEAM) (@slots) > 0)
            """, TEAM=TEAM, time=by_team("namespace_app:spark_app_task_time_seconds:rate5m"),
               slots=by_team("namespace_app:spark_executor_task_slots:sum")),
        record("namespace_app:spark_job_cost_per_hour:sum", """
            sum by (@JOB, currency) (max by (@RUN, currency) (spark_job_cost_per_hour))
            """),
        record("namespace_team:spark_job_cost_per_hour:sum", """
            sum by (@TEAM, currency) (@cost)
            """, TEAM=TEAM, cost=by_team("namespace_app:spark_job_cost_per_hour:sum")),
        record("namespace_app:data_quality_score:min", "min by (@JOB) (data_quality_score)"),
        record("namespace_team:data_quality_score:avg", """
            avg by (@TEAM) (@score)
            """, TEAM=TEAM, score=by_team("namespace_app:data_quality_score:min")),
    ]
    return Group("spark-recording-now", rules)


def group_slow(table):
    record = lambda name, text, **parts: Recording(name, fill(text, table, **parts))  # noqa: E731
    rules = []
    for window in ("1d", "7d", "30d"):
        for outcome in ("succeeded", "failed"):
            rules.append(record(f"namespace_app:spark_job_runs_{outcome}:increase{window}", f"""
                round(max by (@JOB) (increase(spark_job_runs_total{{outcome="{outcome}"}}[{window}])))
                and on (@JOB) namespace_app:spark_job_kind:batch
                """))
        ended = (f"namespace_app:spark_job_runs_succeeded:increase{window}\n"
                 f"+ on ({JOB}) namespace_app:spark_job_runs_failed:increase{window}")
        rules.append(record(f"namespace_app:spark_job_success:ratio_increase{window}", f"""
            namespace_app:spark_job_runs_succeeded:increase{window}
            / on (@JOB) ((
              @ended
            ) > 0)
            """, ended=ended))
        rules.append(record(f"namespace_team:spark_job_success:ratio_increase{window}", f"""
            sum by (@TEAM) (@good)
            / on (@TEAM)
            (sum by (@TEAM) (@ended) > 0)
            """, TEAM=TEAM, good=by_team(f"namespace_app:spark_job_runs_succeeded:increase{window}"),
                            ended=by_team(f"(\n{ended}\n)")))
        rules.append(record(f"namespace_app:spark_job_runs_cost:increase{window}", f"""
            sum by (@JOB, currency) (max by (@JOB, outcome, currency) (increase(spark_job_runs_cost_total[{window}])))
            """))
        rules.append(record(f"namespace_team:spark_job_runs_cost:increase{window}", """
            sum by (@TEAM, currency) (@cost)
            """, TEAM=TEAM, cost=by_team(f"namespace_app:spark_job_runs_cost:increase{window}")))
    # A run's series is there until later ones end; its last value counts once, however long it was shown.
    run_cost = ("sum by (@RUN, currency) (max by (@RUN, currency, use) (last_over_time(spark_job_run_cost[7d])))"
                .replace("@RUN", RUN))
    wasted = run_cost.replace("spark_job_run_cost[", 'spark_job_run_cost{use!~"task_ok|starting|driver|unobserved"}[')
    duration = ("max by (@RUN) (last_over_time(spark_job_duration_seconds[7d]))\n"
                'and on (@RUN) max by (@RUN) (last_over_time(spark_job_info{kind="batch"}[7d]))\n'
                'unless on (@RUN) max by (@RUN) (last_over_time(spark_job_info{kind!="batch"}[7d]))').replace("@RUN", RUN)
    rules += [
        record("namespace_app:spark_job_duration_seconds:avg7d", """
            avg by (@JOB) (
              @duration
            )
            """, duration=duration),
        record("namespace_app:spark_job_duration_seconds:p95_7d", """
            quantile by (@JOB) (0.95,
              @duration
            )
            """, duration=duration),
        record("namespace_team:spark_job_duration_seconds:avg7d", """
            avg by (@TEAM) (
              (
                @duration
              )
              * on (@JOB) group_left (team) namespace_app:spark_job_info:team
            )
            """, TEAM=TEAM, duration=duration),
        record("namespace_app:spark_job_uptime_seconds:max_endless", """
            max by (@JOB) (
              time() - max by (@RUN) (spark_job_start_timestamp_seconds)
              and on (@RUN) max by (@RUN) (spark_job_state{state="running"}) == 1
            )
            unless on (@JOB) namespace_app:spark_job_kind:batch
            """),
        record("namespace_app:spark_job_run_cost:avg7d", """
            avg by (@JOB, currency) (
              @run_cost
            )
            """, run_cost=run_cost),
        record("namespace_team:spark_job_run_cost:avg7d", """
            avg by (@TEAM, currency) (
              (
                @run_cost
              )
              * on (@JOB) group_left (team) namespace_app:spark_job_info:team
            )
            """, TEAM=TEAM, run_cost=run_cost),
        record("namespace_app:spark_job_run_cost_wasted:ratio7d", """
            sum by (@JOB, currency) (
              @wasted
            )
            / on (@JOB, currency)
            (sum by (@JOB, currency) (
              @run_cost
            ) > 0)
            """, run_cost=run_cost, wasted=wasted),
    ]
    return Group("spark-recording-history", rules, interval=300)


def groups(table):
    return [group_fast(table), group_slow(table)]
