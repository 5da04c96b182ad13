"""Which job is in trouble, and why: all jobs at a glance."""
from common import (LIMITS, JOB, KEY, OF_TEAM, RUN_KEY, TROUBLE_CELL, cost_per_run, job_columns, job_variables,
                    over_key,
                    runbook,
                    runbooks_variable, runs, runs_cost, success_rate, trouble, wasted_share)
from helpers import STATE_COLORS, Board, column, colored, graph, link, now, query, stat, steps, table

BATCH = f'on ({RUN_KEY}) (last_over_time(spark_job_info{{{JOB}, kind="batch"}}[$__range]))'
DURATIONS = f"max by ({RUN_KEY}) (last_over_time(spark_job_duration_seconds{{{JOB}}}[$__range])) and {BATCH}"
# Of a failed run the reason, of one that cannot start what its pods wait for.
WHY = (f"topk by ({KEY}) (1, max by ({KEY}, reason) (spark_job_failure_info{{{JOB}}})) or on ({KEY}) "
       f"topk by ({KEY}) (1, max by ({KEY}, reason) (spark_job_pods_waiting{{{JOB}}} > 0))")
BUSY = f"spark_executor_tasks_active{{{JOB}}}"
SLOTS = f"spark_executor_task_slots{{{JOB}}}"


def stats():
    yield stat("Failed jobs", "Jobs whose last ended run failed for good (spark_job_status is 2). 0 is good. The table "
               "below says which; SparkJobFailed fires for each.",
               now(over_key(f"count(max by ({KEY}) (spark_job_status{{{JOB}}} == 2))")), "short",
               thresholds=steps((1, "red")), links=runbook("job-failure"))
    yield stat("Cannot start", "Jobs with pods that are wanted and do not run: unschedulable, image, configuration, "
               "quota (spark_job_pods_waiting). For a minute or two that is normal.",
               now(over_key(f"count(sum by ({KEY}) (spark_job_pods_waiting{{{JOB}}}) > 0)")), "short",
               links=runbook("job-pending"))
    yield stat("Success rate", "Of the runs that ended in the time range, the share that succeeded; cancelled and "
               "unknown ones are not counted (spark_job_runs_total).",
               now(f'sum({runs(KEY, "succeeded")}) / (sum({runs(KEY, "succeeded|failed")}) > 0)'), "percentunit",
               minimum=0, maximum=1, decimals=1, no_value="no runs")
    yield stat("Avg duration", "Mean duration of the batch runs that ended in the time range "
               "(spark_job_duration_seconds). Streams and servers are not in it.", now(f"avg({DURATIONS})"), "s",
               decimals=0, no_value="no runs")
    yield stat("Slots in use", "Share of the executors' task slots that had a task, mean over the time range "
               "(spark_executor_tasks_active / spark_executor_task_slots). Low: paid for and idle.",
               query(f"sum({BUSY}) / sum({SLOTS})"), "percentunit", calc="mean", minimum=0, maximum=1, decimals=0,
               no_value="no runs")
    yield stat("$currency per run", "What a run cost on average, of those that ended in the time range "
               "(spark_job_runs_cost_total). Without prices there is none.",
               now(f'sum({runs_cost(KEY)}) / (sum({runs(KEY, "succeeded|failed|cancelled")}) > 0)'), "none", decimals=2,
               no_value="none yet")
    yield stat("Wasted", "Share of the ended runs' money that bought nothing: collections, failed, retried, killed and "
               "outrun tasks, idle slots, pods held after the work (spark_job_run_cost).",
               now(wasted_share("currency")), "percentunit", minimum=0, maximum=1, decimals=0, no_value="none yet")
    yield stat("Data quality", "Mean score of all data sets: checks passed / checks evaluated (data_quality_score).",
               now(f"avg(data_quality_score{{{JOB}}})"), "percentunit", minimum=0, maximum=1, decimals=1,
               no_value="no checks")


def worst_first():
    share = {"unit": "percentunit", "decimals": 0, "custom__width": 95, "custom__align": "right"}
    number = {"custom__align": "right", "custom__width": 80}
    return table(
        "Jobs, worst first",
        "One line for each job: what is true of its newest run and of the last that ended, failures first. A job's "
        "name opens its newest run. Success, duration, cost and waste are of the runs that ended in the time range.",
        [("State", column(trouble()), TROUBLE_CELL), *job_columns(),
         ("Why", "reason", {"custom__width": 140, "links": [link("What to do", "${runbooks}/job-failure.md", True)]}),
         ("In a row", column(f"max by ({KEY}) (spark_job_consecutive_failures{{{JOB}}} > 0)"),
          {**number, "custom__width": 75}),
         ("failure", column(WHY), {}),
         ("Alerts", column(f'count by ({KEY}) (ALERTS{{{JOB}, alertstate="firing"}})'),
          {**number, "custom__width": 70}),
         ("Success", column(success_rate(KEY)), share),
         ("Last good end", column(f"max by ({KEY}) (spark_job_last_success_timestamp_seconds{{{JOB}}}) * 1000"),
          {"unit": "dateTimeFromNow", "custom__width": 125}),
         ("Duration", column(f"avg by ({KEY}) ({DURATIONS})"), {**number, "unit": "s", "decimals": 0,
                                                                "custom__width": 90}),
         ("Of usual", column(f"max by ({KEY}) (spark_job_duration_seconds{{{JOB}}}) / "
                             f"max by ({KEY}) (spark_job_baseline_duration_seconds{{{JOB}}})"),
          {**share, "thresholds": steps((LIMITS.slower_ratio, "orange"), base="text"), "custom__cellOptions":
           {"type": "color-text"}}),
         ("Cost per run", column(cost_per_run(KEY)), {**number, "unit": "none", "decimals": 2, "custom__width": 105}),
         ("Wasted", column(wasted_share(KEY)),
          {**share, "thresholds": steps((LIMITS.waste_share, "orange"), base="text"),
           "custom__cellOptions": {"type": "color-text"}, "custom__width": 80}),
         ("Quality", column(f"min by ({KEY}) (data_quality_score{{{JOB}}})"),
          {**share, "custom__width": 80})],
        size=(24, 10), sort=[("State", True), ("In a row", True)], hide=["failure"],
        links=runbook("README", "Runbooks"))


def graphs():
    outcomes = [name for name in STATE_COLORS if name in ("succeeded", "failed", "cancelled", "unknown")]
    yield graph("Runs that ended", "Runs by how they ended, in each interval (spark_job_runs_total). Red is to be "
                                   "short.",
                query(f"sum by (outcome) (increase(spark_job_runs_total{{{JOB}}}[$__interval]))", "{{outcome}}"),
                "short", size=(6, 7), bars=True, stack=True, decimals=0, minimum=0, interval="30m",
                overrides=colored({name: STATE_COLORS[name] for name in outcomes}))
    yield graph("Running and in trouble", "Runs by state, without those that ended well or were cancelled "
                "(spark_job_state). Of each job the newest run and the last that ended are seen.",
                query(f'sum by (state) (spark_job_state{{{JOB}, state!~"succeeded|cancelled"}}) > 0', "{{state}}"),
                "short",
                size=(6, 7), fill=60, stack=True, step=True, decimals=0, minimum=0, overrides=colored(STATE_COLORS))
    yield graph("Of the usual duration", "How long the run has taken, in medians of the job's last good runs: the five "
                "largest (spark_job_baseline_duration_seconds). The line is where SparkJobSlowerThanUsual fires.",
                query(f"topk(5, max by (app) (spark_job_duration_seconds{{{JOB}}} or "
                      f"(time() - spark_job_start_timestamp_seconds{{{JOB}}})) / max by (app) "
                      f"(spark_job_baseline_duration_seconds{{{JOB}}}))", "{{app}}"),
                "percentunit", size=(6, 7), minimum=0, thresholds=steps((LIMITS.slower_ratio, "orange"),
                                                                        base="transparent"))
    yield graph("$currency per hour", "What is held now costs this much, by namespace (spark_job_cost_per_hour).",
                query(f'sum by (namespace) (spark_job_cost_per_hour{{{JOB}, currency="$currency"}})', "{{namespace}}"),
                "none", size=(6, 7), decimals=2, minimum=0, stack=True, fill=40)


TIME = {"unit": "dateTimeAsIso", "custom__width": 155}


def of_failed(metric, more="", times="1000", what="max"):
    """The value of each run that failed and was seen in the time range."""
    return (f"{what} by ({RUN_KEY}) (last_over_time({metric}{{{JOB}{more}}}[$__range])) * {times} "
            f"and on ({RUN_KEY}) last_over_time(spark_job_failure_info{{{JOB}}}[$__range])")


def why_failed():
    return table(
        "Why runs failed",
        "Each failed run that was seen in the time range: the reason (one of a closed list), the exit code and the "
        "exception (spark_job_failure_info). The reason's section of the runbook says what to do.",
        [("Ended", column(of_failed("spark_job_end_timestamp_seconds")), TIME), *job_columns(with_run=True),
         ("Reason", "reason", {"custom__width": 140, "links": [
             link("What to do", "${runbooks}/job-failure.md", True)]}),
         ("Exit code", "exit_code", {"custom__width": 80}), ("Exception", "exception", {"custom__width": 240}),
         ("Driver pod", "driver_pod", {"custom__width": 190}), ("Node", "node", {"custom__width": 80}),
         ("failure", column(f"max by ({RUN_KEY}, reason, exit_code, exception, driver_pod, node) "
                            f"(last_over_time(spark_job_failure_info{{{JOB}}}[$__range]))"), {}),
         ("Started", column(of_failed("spark_job_start_timestamp_seconds")), TIME),
         ("Cost", column(of_failed("spark_job_run_cost", ', currency="$currency"', "1", "sum")),
          {"unit": "none", "decimals": 2, "custom__width": 70})],
        size=(24, 8), sort=[("Ended", True)], hide=["failure"], links=runbook("job-failure"))


def alerts():
    return table(
        "Alerts that fire",
        "What the rules say now (ALERTS; empty without the rules of this project). Each has a runbook of its own.",
        [("Alert", "alertname", {"custom__minWidth": 200}), ("Severity", "severity", {"custom__width": 110}),
         *job_columns(),
         ("Instances", column(f'count by (alertname, severity, {KEY}) (ALERTS{{{JOB}, alertstate="firing"}})'),
          {"custom__width": 110})],
        size=(24, 7), sort=[("Severity", False)], no_value="nothing fires", links=runbook("README", "Runbooks"))


def resources():
    top = "topk(5, {})"
    yield graph("Slots in use by job", "Share of the executors' task slots that have a task: the five largest.",
                query(top.format(f"sum by (app) ({BUSY}) / sum by (app) ({SLOTS})"), "{{app}}"), "percentunit",
                size=(8, 9), minimum=0, maximum=1)
    yield graph("Memory peak of limit", "Resident memory of the worst executor at its peak, as a share of its pod's "
                "limit. Needs spark.executor.processTreeMetrics.enabled. The line is where "
                "SparkExecutorMemoryNearLimit fires.",
                query(top.format(
                    f'max by (app) (spark_executor_memory_peak_bytes{{{JOB}, area="process"}} / ignoring (area) '
                    f"spark_executor_memory_limit_bytes{{{JOB}}})"), "{{app}}"), "percentunit", size=(8, 9), minimum=0,
                thresholds=steps((LIMITS.memory_share, "orange"), base="transparent"),
                links=runbook("executor-memory-near-limit"))
    yield graph("GC time, worst JVM", "Time in stop-the-world collection of the worst JVM of each job "
                "(jvm_gc_time_seconds). The line is where HighGCTime fires.",
                query(top.format(f"max by (app) (rate(jvm_gc_time_seconds{{{JOB}}}[$__rate_interval])) * 100"),
                      "{{app}}"),
                "percent", size=(8, 9), minimum=0, thresholds=steps((LIMITS.gc_percent, "orange"), base="transparent"),
                links=runbook("high-gc-time"))


def teams():
    """By the pods' label `team`, where the configuration lets it through (job.labels)."""
    def of_team(expr):
        return f"sum by (team) ({expr} {OF_TEAM})"
    ended, good = of_team(runs(KEY, "succeeded|failed")), of_team(runs(KEY, "succeeded"))
    right = {"custom__align": "right"}
    return table(
        "By team", "Jobs, runs and money by the label team of spark_job_info; it is there if job.labels lets it "
                   "through.",
        [("Team", "team", {}),
         ("Jobs", column(f'count by (team) (max by ({KEY}, team) (spark_job_info{{{JOB}, team!=""}}))'), right),
         ("Failed jobs", column(of_team(f"max by ({KEY}) (spark_job_status{{{JOB}}} == bool 2)")), right),
         ("Runs", column(ended), {**right, "decimals": 0}),
         ("Success", column(f"{good} / ({ended} > 0)"), {**right, "unit": "percentunit", "decimals": 0}),
         ("Cost", column(of_team(runs_cost(KEY))), {**right, "unit": "none", "decimals": 2})],
        size=(24, 7), sort=[("Failed jobs", True)], no_value="no label team")


def build():
    board = Board("spark-jobs", "Spark jobs", "Which job is in trouble, and why: all jobs of a cluster.",
                  [*job_variables(), runbooks_variable()])
    board.annotate("Run failed", f"changes(spark_job_last_failure_timestamp_seconds{{{JOB}}}[$__interval]) > 0", "red",
                   "{{namespace}}/{{app}}", on=False)
    board.add(*stats())
    board.add(worst_first())
    board.add(*graphs())
    board.row("Why runs failed", folded=False)
    board.add(why_failed())
    board.row("Alerts that fire")
    board.add(alerts())
    board.row("Resources by job")
    board.add(*resources())
    board.row("By team")
    board.add(teams())
    return board
