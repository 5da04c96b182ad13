"""One run: what it does, where its time and money go, and why it failed."""
from common import LIMITS, currency_variable, runbook, runbooks_variable
from helpers import (CELL, STATE_COLORS, USE_COLORS, Board, bars, by_name, by_regexp, column, colored,
                     datasource_variable, fixed, graph, link, logs, now, query, stat, steps, table, variable)

JOB = 'cluster=~"$cluster", namespace="$namespace", app="$app"'
RUN = JOB + ', app_id="$app_id"'
MONEY = RUN + ', currency="$currency"'
AGE = f"(max(spark_job_duration_seconds{{{RUN}}}) or (time() - max(spark_job_start_timestamp_seconds{{{RUN}}})))"
UNWANTED = "idle|decommissioned|stopped"     # executors that Spark let go by itself
GB = {"unit": "bytes", "decimals": 1}


def last(metric, more=""):
    """The run's value, also after its end: the last one in the time range."""
    return f"last_over_time({metric}{{{RUN}{more}}}[$__range])"


def rate(metric, more=""):
    return f"rate({metric}{{{RUN}{more}}}[$__rate_interval])"


def variables():
    # The newest run first, so that a link without a run opens that one.
    begun = "last_over_time(spark_job_{}_timestamp_seconds{{{}}}[$__range])"
    newest = " or ".join(begun.format(what, JOB) for what in ("start", "submission"))
    return [datasource_variable(),
            variable("cluster", "Cluster", "label_values(spark_job_state, cluster)"),
            variable("namespace", "Namespace", 'label_values(spark_job_state{cluster=~"$cluster"}, namespace)',
                     every=False),
            variable("app", "Job", 'label_values(spark_job_state{cluster=~"$cluster", namespace="$namespace"}, app)',
                     every=False),
            variable("app_id", "Run", f"query_result(sort_desc(max by (app_id) ({newest})))", every=False, sort=0,
                     regex='/app_id="([^"]+)"/'),
            variable("driver_pod", "Driver pod", f"label_values(spark_job_info{{{RUN}}}, driver_pod)", every=False,
                     hide=2),
            currency_variable(), datasource_variable("loki", "loki", "Logs"), runbooks_variable()]


def stats():
    yield stat("State", "What became of the run (spark_job_state), by the driver container's end.",
               now(f"max by (state) ({last('spark_job_state')} == 1)", "{{state}}"), "short", names=True,
               overrides=colored(STATE_COLORS), no_value="not known", links=runbook("job-failure"))
    yield stat("Runs for", "Since its driver started, to its end if it has ended (spark_job_start_timestamp_seconds).",
               now(AGE), "dtdurations", no_value="not started")
    yield stat("Of its usual", "Its duration in medians of the job's last good runs. Orange is where "
               "SparkJobSlowerThanUsual fires.",
               now(f"{AGE} / max(spark_job_baseline_duration_seconds{{{JOB}}})"), "percentunit", decimals=0,
               thresholds=steps((LIMITS.slower_ratio, "orange")), no_value="no history",
               links=runbook("slower-than-usual"))
    yield stat("GC, worst JVM", "Stop-the-world collection of the worst JVM in the time range's last minutes "
               "(jvm_gc_time_seconds). Orange is where HighGCTime fires.",
               query(f"max({rate('jvm_gc_time_seconds')}) * 100"), "percent", decimals=1,
               thresholds=steps((LIMITS.gc_percent, "orange")), graph=True, no_value="none",
               links=runbook("high-gc-time"))
    failed = last("spark_app_tasks_total", ', status="failed"')
    yield stat("Failed tasks", "Failed task attempts, as a share of all that ended (spark_app_tasks_total). Orange is "
               "where SparkTaskFailures fires.",
               now(f"sum({failed}) / (sum({last('spark_app_tasks_total')}) > 0)"), "percentunit", decimals=1,
               thresholds=steps((LIMITS.failed_share, "orange")), no_value="no tasks",
               links=runbook("task-failures"))
    yield stat("Worst skew", "Slowest task / median of the worst heavy stage in the time range "
               "(spark_app_stage_task_skew_ratio). Orange is where SparkStageSkew fires; /report says which stage.",
               now(f"max(max_over_time(spark_app_stage_task_skew_ratio{{{RUN}}}[$__range]))"), "short", decimals=1,
               thresholds=steps((LIMITS.skew_ratio, "orange")), no_value="none", links=runbook("stage-skew"))
    yield stat("Spill of input", "Bytes spilled to disk, as a share of what was read from storage and shuffles "
               "(spark_app_disk_spilled_bytes_total).",
               now(f"sum({last('spark_app_disk_spilled_bytes_total')}) / ((sum({last('spark_app_input_bytes_total')}) "
                   f"+ "
                   f"sum({last('spark_app_shuffle_read_bytes_total')})) > 0)"), "percentunit", decimals=0,
               no_value="none", links=runbook("spill"))
    yield stat("$currency so far", "What it has cost up to now, or in the end (spark_job_cost_total, "
                                   "spark_job_run_cost).",
               now(f"sum({last('spark_job_run_cost', MONEY_ONLY)}) or sum({last('spark_job_cost_total', MONEY_ONLY)})"),
               "none", decimals=2, no_value="no prices")


MONEY_ONLY = ', currency="$currency"'


def why():
    yield table(
        "Why it failed", "The reason is one of a closed list; its section of the runbook says what to do "
        "(spark_job_failure_info). Empty while nothing has failed.",
        [("Reason", "reason", {"custom__cellOptions": CELL, "custom__width": 150, "thresholds": steps(base="red"),
                               "links": [link("What to do", "${runbooks}/job-failure.md", True)]}),
         ("Exit code", "exit_code", {"custom__width": 85}), ("Exception", "exception", {"custom__minWidth": 230}),
         ("failure", column(f"max by (reason, exit_code, exception) ({last('spark_job_failure_info')})"), {})],
        size=(8, 4), hide=["failure"], filters=False, no_value="it has not failed", links=runbook("job-failure"))
    yield table(
        "What it waits for", "Pods that are wanted and do not run, now (spark_job_pods_waiting). Empty is good.",
        [("Pods of", "component", {}), ("Reason", "reason", {"links": [
            link("What to do", "${runbooks}/job-pending.md", True)]}),
         ("Pods", column(f"sum by (component, reason) (spark_job_pods_waiting{{{RUN}}}) > 0"), {"custom__width": 70})],
        size=(5, 4), filters=False, no_value="nothing waits", links=runbook("job-pending"))
    yield table(
        "What it is", "The run as Kubernetes and Spark know it (spark_job_info).",
        [("Kind", "kind", {"custom__width": 80}), ("Spark", "spark_version", {"custom__width": 75}),
         ("Driver pod", "driver_pod", {}), ("Node", "node", {"custom__width": 120}),
         ("Attempt", "attempt", {"custom__width": 80}),
         ("info", column(f"max by (kind, spark_version, driver_pod, node, attempt) ({last('spark_job_info')})"), {})],
        size=(11, 4), hide=["info"], filters=False)


def overview():
    yield graph("Time line", "The run's state over time (spark_job_state).",
                query(f"max by (state) (spark_job_state{{{RUN}}} == 1)", "{{state}}"), "short", size=(24, 4), bars=True,
                fill=100, width=0, bar_width=1, minimum=0, maximum=1, legend="list", legend_at="right",
                hidden_axis=True,
                overrides=colored(STATE_COLORS))
    yield graph("Tasks", "Task attempts that run, that wait in running stages, and that the slots could run at once.",
                [query(f"sum(spark_app_tasks_active{{{RUN}}})", "running"),
                 query(f"sum(spark_executor_task_slots{{{RUN}}})", "slots"),
                 query(f"sum(spark_app_tasks_pending{{{RUN}}})", "waiting")], "short", size=(8, 9), minimum=0,
                decimals=0,
                overrides=[by_name("running", color=fixed("blue"), custom__fillOpacity=30),
                           by_name("slots", color=fixed("green"), custom__fillOpacity=0),
                           by_name("waiting", color=fixed("#8e8e8e"), custom__fillOpacity=0,
                                   custom__axisPlacement="right")])
    yield graph("Executors", "Executors that live, and those that were lost: by the reason, those that Spark let go "
                "not counted (spark_executors, spark_executor_removals_total).",
                [query(f'sum by (state) (spark_executors{{{RUN}, state!="dead"}})', "{{state}}"),
                 query(f'sum by (reason) (increase(spark_executor_removals_total{{{RUN}, reason!~"{UNWANTED}"}}'
                       f"[$__rate_interval])) > 0", "lost: {{reason}}")], "short", size=(8, 9), minimum=0, decimals=0,
                overrides=[by_name("active", color=fixed("blue")), by_name("excluded", color=fixed("orange")),
                           by_regexp("lost: .*", custom__drawStyle="bars", custom__fillOpacity=80,
                                     color={"mode": "continuous-YlRd"})], links=runbook("executor-loss"))
    yield graph("GC time by JVM", "Share of time in stop-the-world collection: the ten worst JVMs "
                "(jvm_gc_time_seconds). The line is where HighGCTime fires.",
                query(f"topk(10, {rate('jvm_gc_time_seconds')} * 100)", "{{executor_id}}"), "percent", size=(8, 9),
                minimum=0, soft_max=LIMITS.gc_percent * 1.25,
                thresholds=steps((LIMITS.gc_percent, "orange"), base="transparent"), links=runbook("high-gc-time"))


def work():
    def bytes_of(metric):
        return query(f"sum({rate(metric)})", metric.removeprefix("spark_app_").removesuffix("_bytes_total"))
    yield graph("Data, bytes per second", "Read from and written to storage and shuffles (spark_app_*_bytes_total); "
                "sums over stages, running ones included.",
                [bytes_of(f"spark_app_{what}_bytes_total")
                 for what in ("input", "output", "shuffle_read", "shuffle_write")], "Bps", size=(8, 9), minimum=0)
    yield graph("Spill, bytes per second", "What did not fit into memory (spark_app_*_spilled_bytes_total): on disk, "
                "and its size in memory.",
                [bytes_of(f"spark_app_{what}_spilled_bytes_total") for what in ("disk", "memory")], "Bps", size=(8, 9),
                minimum=0, links=runbook("spill"))
    yield graph("Skew", "Slowest task / median in the worst heavy stage (spark_app_stage_task_skew_ratio). The line is "
                "where SparkStageSkew fires.", query(f"max(spark_app_stage_task_skew_ratio{{{RUN}}})",
                                                     "slowest / median"),
                "short", size=(8, 9), minimum=0, decimals=1, points=True,
                thresholds=steps((LIMITS.skew_ratio, "orange"), base="transparent"), links=runbook("stage-skew"))
    yield graph("Tasks that end", "Task attempts per second by how they end (spark_app_tasks_total).",
                query(f"sum by (status) ({rate('spark_app_tasks_total')})", "{{status}}"), "ops", size=(8, 9),
                minimum=0,
                stack=True, fill=40, overrides=colored({"completed": "green", "failed": "red", "killed": "purple"}),
                links=runbook("task-failures"))
    yield graph("Stages that end", "Stage attempts in each interval by how they end, and second attempts "
                "(spark_app_stages_total, spark_app_stage_retries_total).",
                [query(f"sum by (status) (increase(spark_app_stages_total{{{RUN}}}[$__rate_interval]))", "{{status}}"),
                 query(f"sum(increase(spark_app_stage_retries_total{{{RUN}}}[$__rate_interval]))", "retried")], "short",
                size=(8, 9), minimum=0, overrides=colored({"complete": "green", "failed": "red", "skipped": "#8e8e8e",
                                                            "retried": "orange"}))
    yield graph("Spark jobs", "Spark's own jobs and stages that run (spark_app_jobs_active, spark_app_stages_active).",
                [query(f"sum(spark_app_jobs_active{{{RUN}}})", "jobs"),
                 query(f"sum(spark_app_stages_active{{{RUN}}})", "stages")], "short", size=(8, 9), minimum=0,
                decimals=0)


def memory():
    peak = f'spark_executor_memory_peak_bytes{{{RUN}, area="process"}}'
    yield graph("Peak of the limit", "Resident memory of each executor at its peak, as a share of its pod's limit: the "
                "ten fullest. Needs spark.executor.processTreeMetrics.enabled. The line is where "
                "SparkExecutorMemoryNearLimit fires.",
                query(f"topk(10, {peak} / ignoring (area) spark_executor_memory_limit_bytes{{{RUN}}})",
                                "{{executor_id}}"), "percentunit", size=(8, 9), minimum=0, soft_max=1,
                thresholds=steps((LIMITS.memory_share, "orange"), base="transparent"),
                links=runbook("executor-memory-near-limit"))
    yield graph("Peaks by area", "The fullest executor's peak of each area (spark_executor_memory_peak_bytes), and the "
                "pod's limit.", [query(f"max by (area) (spark_executor_memory_peak_bytes{{{RUN}}})", "{{area}}"),
                                 query(f"max(spark_executor_memory_limit_bytes{{{RUN}}})", "limit")], "bytes",
                size=(8, 9), minimum=0, overrides=[by_name("limit", color=fixed("red"), custom__fillOpacity=0,
                                                           custom__lineStyle={"fill": "dash", "dash": [10, 10]})])
    yield graph("Storage memory", "What caches hold of what they may (spark_executor_storage_memory_*_bytes), all "
                "executors.", [query(f"sum(spark_executor_storage_memory_used_bytes{{{RUN}}})", "used"),
                               query(f"sum(spark_executor_storage_memory_max_bytes{{{RUN}}})", "may be used")], "bytes",
                size=(8, 9), minimum=0)


def executors():
    key, right = "executor_id", {"custom__align": "right", "custom__minWidth": 100}

    def of(metric, more=""):
        return column(f"max by ({key}) ({last('spark_executor_' + metric, more)})")
    return table(
        "Executors", "Each executor of the run that was seen in the time range, with its last values, the one with "
        "most failed tasks first. A single slow or failing one points to its node.",
        [("Executor", key, {"custom__width": 100}), ("Slots", of("task_slots"), right),
         ("Busy", of("tasks_active"), right), ("Done", of("tasks_total", ', outcome="completed"'),
                                               {**right, "decimals": 0}),
         ("Failed", of("tasks_total", ', outcome="failed"'), {**right, "decimals": 0}),
         ("Task time", of("task_time_seconds_total"), {**right, "unit": "s", "decimals": 0}),
         ("GC time", column(f"max by ({key}) ({last('jvm_gc_time_seconds')})"), {**right, "unit": "s", "decimals": 1}),
         ("Read", of("input_bytes_total"), {**right, **GB}),
         ("Shuffle read", of("shuffle_read_bytes_total"), {**right, **GB}),
         ("Shuffle written", of("shuffle_write_bytes_total"), {**right, **GB}),
         ("Heap peak", of("memory_peak_bytes", ', area="heap"'), {**right, **GB}),
         ("Limit", of("memory_limit_bytes"), {**right, **GB})],
        size=(24, 8), sort=[("Failed", True)], no_value="no executors")


def sql():
    def quantile(share):
        return f"histogram_quantile({share}, sum by (le) ({rate('spark_sql_execution_duration_seconds_bucket')}))"
    yield graph("SQL executions", "Per interval by how they end, and those that run (spark_sql_executions_*).",
                [query(f"sum by (status) (increase(spark_sql_executions_total{{{RUN}}}[$__rate_interval]))",
                       "{{status}}"),
                 query(f"sum(spark_sql_executions_active{{{RUN}}})", "running")], "short", size=(12, 7), minimum=0,
                overrides=colored({"completed": "green", "failed": "red", "running": "blue"}))
    yield graph("SQL duration", "Median and 95th percentile of the executions that ended "
                "(spark_sql_execution_duration_seconds).", [query(quantile(0.5), "median"),
                                                            query(quantile(0.95), "p95")],
                "s", size=(12, 7), minimum=0)


def streaming():
    def of(metric):
        return f"max by (query) (spark_streaming_{metric}{{{RUN}}})"
    yield graph("Rows per second", "What comes in and what could be done (spark_streaming_*_rows_per_second).",
                [query(of("input_rows_per_second"), "{{query}} in"),
                 query(of("processing_rows_per_second"), "{{query}} done")], "ops", size=(8, 9), minimum=0)
    yield graph("Falls behind", "Rows that come in / rows that could be done; the line is where SparkStreamingBehind "
                "fires. And the last batch / its trigger interval.",
                [query(f"{of('input_rows_per_second')} / {of('processing_rows_per_second')}", "{{query}} rows"),
                 query(f"{of('batch_duration_seconds')} / {of('trigger_interval_seconds')}", "{{query}} batch")],
                "percentunit", size=(8, 9), minimum=0, thresholds=steps((LIMITS.behind_ratio, "orange"),
                                                                        base="transparent"),
                links=runbook("streaming-behind"))
    yield graph("Age of the last batch", "Since the last good batch ended, and how far the watermark is behind.",
                [query(f"time() - {of('last_batch_timestamp_seconds')}", "{{query}} batch"),
                 query(f"time() - {of('watermark_timestamp_seconds')}", "{{query}} watermark")], "s", size=(8, 9),
                minimum=0)
    yield graph("State", "Rows and bytes of the state stores (spark_streaming_state_*).",
                [query(of("state_rows"), "{{query}} rows"), query(of("state_memory_bytes"), "{{query}} bytes")],
                "short",
                size=(12, 7), minimum=0, overrides=[by_regexp(".* bytes", unit="bytes", custom__axisPlacement="right")])
    yield graph("Batches and failures", "Micro-batches that ended well, and runs of the query that failed, per "
                                        "interval.",
                [query(f"sum by (query) (increase(spark_streaming_batches_total{{{RUN}}}[$__rate_interval]))",
                       "{{query}} batches"),
                 query(f"sum by (query) (increase(spark_streaming_failures_total{{{RUN}}}[$__rate_interval]))",
                       "{{query}} failed")], "short", size=(12, 7), minimum=0,
                overrides=[by_regexp(".* failed", color=fixed("red"))], links=runbook("streaming-query-failed"))


LOUD = ', level=~"warn|error|fatal"'


def money():
    used = f"sum by (use) ({last('spark_job_cost_use_total', MONEY_ONLY)})"
    final = f"sum by (use) ({last('spark_job_run_cost', MONEY_ONLY)})"
    yield bars("What the money bought", "The run's cost by use, in $currency (spark_job_run_cost once it has ended, "
               "else spark_job_cost_use_total). Useful is green.",
               now(f"sort_desc(({final} or {used}) > 0)", "{{use}}"),
               "none", size=(8, 9), decimals=3, minimum=0, overrides=colored(USE_COLORS), no_value="no prices",
               links=runbook("waste"))
    paid = f"sum({last('spark_job_cost_total', MONEY_ONLY)})"
    yield graph("Cost, projection, budget", "Paid so far, expected at the end, and what it may cost, in $currency "
                "(spark_job_cost_total, _projected, _budget).",
                [query(f"sum(spark_job_cost_total{{{MONEY}}})", "paid"),
                 query(f"sum(spark_job_cost_projected{{{MONEY}}})", "expected at the end"),
                 query(f"max(spark_job_cost_budget{{{MONEY}}})", "budget")], "none", size=(8, 9), decimals=2, minimum=0,
                overrides=colored({"paid": "blue", "expected at the end": "orange", "budget": "red"}),
                links=runbook("budget-burn"))
    yield table("Cost by query", "By job group, streaming query or SQL description, the dearest first "
                "(spark_job_cost_group_total).",
                [("Query", "group", {}),
                 ("Cost", column(f"sum by (group) ({last('spark_job_cost_group_total', MONEY_ONLY)})"),
                  {"unit": "none", "decimals": 3, "custom__width": 90}),
                 ("Share", column(f"sum by (group) ({last('spark_job_cost_group_total', MONEY_ONLY)}) / on () "
                                  f"group_left () "
                                  f"({paid} > 0)"),
                  {"unit": "percentunit", "decimals": 0, "custom__width": 80})],
                size=(8, 9), sort=[("Cost", True)], no_value="no prices")
    right = {"custom__align": "right"}
    yield table("The size it should have asked for", "By this run's own peaks and slot use (spark_job_recommended_*); "
                "Saves is the share of the executors' money, below 0 it costs more. The evidence is in /report.",
                [(name, column(f"max({last('spark_job_recommended_' + metric)})"),
                  {**right, "unit": unit, "decimals": digits})
                 for name, metric, unit, digits in (
                     ("Executor memory", "executor_memory_bytes", "bytes", 1),
                     ("Memory overhead", "executor_memory_overhead_bytes", "bytes", 1),
                     ("Executor cores", "executor_cores", "short", 0), ("Executors", "executor_instances", "short", 0),
                     ("Saves", "saving_ratio", "percentunit", 0))],
                size=(24, 3), filters=False, no_value="no advice yet")


def run_logs():
    yield graph("Log messages", "Warnings and worse per minute, of the driver and of executors "
                "(spark_log_messages_total); where the exporter reads the logs.",
                query(f'sum by (component, level) ({rate("spark_log_messages_total", LOUD)}) * 60',
                      "{{component}} {{level}}"), "short", size=(12, 8), minimum=0, bars=True, stack=True,
                overrides=[by_regexp(".* warn", color=fixed("yellow")), by_regexp(".* error", color=fixed("red")),
                           by_regexp(".* fatal", color=fixed("dark-red"))], no_value="no logs are read")
    yield bars("Known troubles", "Messages of the run that tell of a known trouble, each once "
               "(spark_log_signatures_total). docs/logs.md says what each means.",
               now(f"sort_desc(sum by (component, signature) ({last('spark_log_signatures_total')}) > 0)",
                   "{{component}} {{signature}}"), "short", size=(12, 8), decimals=0, minimum=0, no_value="none")
    yield logs("Driver's log", "The driver pod's log, from Loki; empty without one. Expects the labels namespace and "
               "pod, as Promtail and Alloy set them.", '{namespace="$namespace", pod="$driver_pod"}', size=(12, 10))
    yield logs("Executors' warnings", "Warnings and errors of the job's executors, from Loki; empty without one.",
               '{namespace="$namespace", pod=~"$app.*-exec-.*"} |~ "WARN|ERROR|FATAL|Exception"', size=(12, 10))


def build():
    board = Board("spark-job-run", "Spark job run", "One run of a job: what it does, where its time and money go, why "
                  "it failed.", variables())
    board.annotate("Stage retried", f"increase(spark_app_stage_retries_total{{{RUN}}}[$__interval]) > 0", "orange",
                   "a stage was tried again")
    board.annotate("Executors lost", f'sum by (reason) (increase(spark_executor_removals_total{{{RUN}, '
                                     f'reason!~"{UNWANTED}"'
                   "}[$__interval])) > 0", "red", "{{reason}}")
    board.add(*stats())
    board.add(*why())
    board.add(*overview())
    for title, made in (("Stages, tasks and data", work()), ("Memory", memory()), ("Executors", [executors()]),
                        ("Cost and size", money()), ("SQL", sql()), ("Streaming", streaming()),
                        ("Logs", run_logs())):
        board.row(title)
        board.add(*made)
    return board
