"""Holds the exporter's families against the truth, one line for each comparison, and fails at the end with all that
differ: one run shows every difference."""
import math

# family -> the event log's sum (oracle.task_sums)
WORK = {f"spark_app_{name}_total": name for name in (
    "input_bytes", "input_records", "output_bytes", "output_records", "shuffle_read_bytes", "shuffle_read_records",
    "shuffle_write_bytes", "shuffle_write_records", "memory_spilled_bytes", "disk_spilled_bytes")}


class Check:
    def __init__(self, title):
        self.title, self.wrong, self.count, self.rows = title, [], 0, []
        print(f"\n{title}\n{'what':<78} {'truth':>16} {'exposed':>16}")

    def line(self, what, truth, exposed, good):
        self.count += 1
        self.rows.append((what, truth, exposed, good))
        mark = "" if good else "  <-- differs"
        print(f"{what:<78} {show(truth):>16} {show(exposed):>16}{mark}")
        if not good:
            self.wrong.append(f"{what}: truth {show(truth)}, exposed {show(exposed)}")
        return good

    def equal(self, what, truth, exposed):
        return self.line(what, truth, exposed, truth == exposed)

    def close(self, what, truth, exposed, relative):
        good = exposed is not None and math.isclose(truth, exposed, rel_tol=relative, abs_tol=1e-9)
        return self.line(f"{what} (within {relative:.1%})", truth, exposed, good)

    def at_most(self, what, bound, exposed):
        return self.line(f"{what} (at most)", bound, exposed, exposed is not None and exposed <= bound)

    def at_least(self, what, bound, exposed):
        return self.line(f"{what} (at least)", bound, exposed, exposed is not None and exposed >= bound)

    def true(self, what, good, exposed=""):
        return self.line(what, "true", exposed if exposed != "" else bool(good), bool(good))

    def done(self):
        if self.wrong:
            raise AssertionError("\n  ".join([f"{self.title}: {len(self.wrong)} of {self.count} differ:", *self.wrong]))
        print(f"{self.title}: all {self.count} agree", flush=True)


def show(value):
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def known(check, scrape, name, truth, **labels):
    """A counter must be there even where it is 0: known-and-none is not absent."""
    what = name + ("{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}" if labels else "")
    check.equal(what, truth, scrape.total(name, **labels))


def counts(check, scrape, truth, app_id=None):
    """Jobs, stages, tasks, retries, SQL."""
    run = {"app_id": app_id or truth.app_id}
    for status in ("succeeded", "failed"):
        known(check, scrape, "spark_app_jobs_total", truth.jobs[status], status=status, **run)
    for status in ("complete", "failed", "skipped"):
        known(check, scrape, "spark_app_stages_total", truth.stages[status], status=status, **run)
    for status in ("completed", "failed", "killed"):
        known(check, scrape, "spark_app_tasks_total", truth.tasks[status], status=status, **run)
    known(check, scrape, "spark_app_stage_retries_total", truth.stage_retries, **run)
    known(check, scrape, "spark_sql_executions_total", truth.sql_completed, status="completed", **run)
    known(check, scrape, "spark_sql_executions_total", truth.sql_failed, status="failed", **run)
    known(check, scrape, "spark_sql_execution_duration_seconds_count", truth.sql_completed + truth.sql_failed, **run)


def at_rest(check, scrape, app_id):
    for name in ("spark_app_jobs_active", "spark_app_stages_active", "spark_app_tasks_active",
                 "spark_app_tasks_pending", "spark_sql_executions_active"):
        known(check, scrape, name, 0, app_id=app_id)


def work(check, scrape, truth):
    """Bytes, records, spill: to the byte, but for what tasks did that died with their executor."""
    for family, name in WORK.items():
        if truth.untold[name]:
            # Compressed blocks that are made again may differ by a few bytes.
            slack = 1.1 if name.endswith("bytes") else 1
            exposed, most = scrape.total(family, app_id=truth.app_id), truth.sums[name] + slack * truth.untold[name]
            check.line(f"{family} (at most {truth.untold[name]} more: dead tasks)", truth.sums[name], exposed,
                       exposed is not None and truth.sums[name] <= exposed <= most)
        else:
            known(check, scrape, family, truth.sums[name], app_id=truth.app_id)


def executors(check, scrape, truth, ids):
    """Each executor's own counters, to the byte and the millisecond."""
    for executor in sorted(ids):
        mine, labels = truth.executors[executor], {"executor_id": executor, "app_id": truth.app_id}
        for outcome in ("completed", "failed"):
            known(check, scrape, "spark_executor_tasks_total", mine[outcome], outcome=outcome, **labels)
        check.close(f"spark_executor_task_time_seconds_total {executor}", mine["duration_ms"] / 1000,
                    scrape.total("spark_executor_task_time_seconds_total", **labels), 1e-6)
        for name in ("input_bytes", "shuffle_read_bytes", "shuffle_write_bytes"):
            known(check, scrape, f"spark_executor_{name}_total", mine[name], **labels)


def life(check, scrape, truth, state="running"):
    """What is said about the run itself while it lives."""
    run = {"app_id": truth.app_id}
    states = {labels["state"]: value for labels, value in scrape.series("spark_job_state", **run)}
    check.equal("spark_job_state: the one that is 1", [state], [name for name, on in states.items() if on == 1])
    check.equal("spark_job_state: the others are 0", len(states) - 1, sum(1 for on in states.values() if on == 0))
    if state == "running":
        known(check, scrape, "spark_job_status", 0, **run)
    info = scrape.series("spark_job_info", **run)
    check.equal("spark_job_info: series", 1, len(info))
    check.close("spark_job_start_timestamp_seconds", truth.start_ms / 1000,
                scrape.total("spark_job_start_timestamp_seconds", **run), 1e-8)


def healthy_self(check, scrape):
    """The exporter about itself after a quiet run."""
    known(check, scrape, "spark_exporter_source_up", 1, source="spark")
    dropped = scrape.total("spark_exporter_series_dropped_total")
    check.equal("spark_exporter_series_dropped_total (sum)", 0, dropped or 0)
    events = scrape.total("spark_exporter_listener_events_dropped_total")
    check.equal("spark_exporter_listener_events_dropped_total (sum)", 0, events or 0)
    check.true("spark_exporter_build_info", scrape.total("spark_exporter_build_info") == 1)


def watched(check, watch):
    check.true("scrapes while it ran, all answered and well-formed", watch.scrapes > 5 and not watch.errors,
               watch.errors[:2] or watch.scrapes)
    check.equal("counters that fell", [], watch.fallen[:5])


def counters_stay(check, before, after):
    """After the driver's end: no counter falls, and none of the work's grows."""
    lost = []
    for family, kind in before.families().items():
        if kind == "counter" and family.startswith(("spark_app_", "spark_sql_", "spark_streaming_")):
            if before.samples[family] != after.samples.get(family) and "uptime" not in family:
                lost.append(family)
    check.equal("counters that are not what they were at the end", [], lost)


def after_the_end(check, before, after, app_id):
    """A driver that is gone: counters stay, gauges end, and how it ended nobody has told."""
    counters_stay(check, before, after)
    known(check, after, "spark_exporter_source_up", 0, source="spark")
    for name in ("spark_app_jobs_active", "spark_executors", "spark_executor_task_slots"):
        check.equal(f"{name}: a gauge that has ended", None, after.total(name, app_id=app_id))
    known(check, after, "spark_job_state", 1, state="unknown", app_id=app_id)
    check.equal("spark_job_status: absent, not a guess", None, after.total("spark_job_status", app_id=app_id))
