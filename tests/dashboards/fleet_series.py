"""Series of the fleet's jobs and runs: {family: [(labels, time, value)]}, added to a Samples."""
import collections
import math

import fleet

STATES = ("pending", "running", "retrying", "succeeded", "failed", "cancelled", "unknown")
ENDS = ("succeeded", "failed", "cancelled", "unknown")
REMOVALS = ("oom_killed", "java_heap_oom", "killed", "evicted", "node_lost", "decommissioned", "idle",
            "heartbeat_timeout", "disconnected", "stopped", "error", "unknown")
BUCKETS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 10800)
GIB = 1 << 30
SLOTS = 4


class Samples:
    """Lines of OpenMetrics text, by family as the format wants them."""

    def __init__(self):
        self.families = collections.defaultdict(list)
        self.used = collections.defaultdict(set)    # {family: its label names}

    def add(self, family, labels, at, value):
        self.used[family].update(labels)
        text = ",".join(f'{name}="{one}"' for name, one in labels.items())
        self.families[family].append(f'{family}{{{text},cluster="fleet"}} {value:.6g} {at}'
                                     if value < 1e6 else f'{family}{{{text},cluster="fleet"}} {value:.0f} {at}')

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            for lines in self.families.values():
                out.write("\n".join(lines) + "\n")
            out.write("# EOF\n")


def add_jobs(samples, jobs, start, end):
    for job in jobs:
        for at in range(start, end + 1, fleet.SCRAPE):
            _add_job(samples, job, at)
            for run in job.runs:
                if run.alive(at):
                    _add_live(samples, job, run, at)


def cost_of(job, run, at):
    return job.per_hour * max(0, min(run.end, at) - run.start) / 3600


def _state(run, at):
    return "running" if run.alive(at) else run.outcome


def _add_job(samples, job, at):
    """The observer's families: of the newest run, of the last ended one, and of the job across its runs."""
    begun = [run for run in job.runs if run.start <= at]
    if not begun:
        return
    ended = [run for run in begun if run.end <= at]
    newest = begun[-1]
    shown = [newest] + [run for run in ended[-1:] if run is not newest]
    for run in shown:
        _add_outcome(samples, job, run, at)
    waiting = {} if not job.waits or at < job.runs[-1].end + 300 else {"driver": job.waits}
    if waiting:
        _add_pending(samples, job, at)
    counts = collections.Counter(run.outcome for run in ended)
    money = collections.Counter()
    for run in ended:
        money[run.outcome] += cost_of(job, run, at)
    for outcome in ENDS:
        samples.add("spark_job_runs_total", {**job.labels, "outcome": outcome}, at, counts[outcome])
        samples.add("spark_job_runs_cost_total", {**job.labels, "outcome": outcome, "currency": fleet.CURRENCY}, at,
                    money[outcome])
    in_a_row = 0
    for run in reversed(ended):
        if run.outcome != "failed":
            break
        in_a_row += 1
    samples.add("spark_job_consecutive_failures", job.labels, at, in_a_row)
    for name, outcome in (("success", "succeeded"), ("failure", "failed")):
        times = [run.end for run in ended if run.outcome == outcome]
        if times:
            samples.add(f"spark_job_last_{name}_timestamp_seconds", job.labels, at, times[-1])
    if job.every:
        due = job.runs[-1].start + 60 * job.every if job.missed else newest.start
        samples.add("spark_job_last_due_timestamp_seconds", job.labels, at, due if due <= at else newest.start)
        samples.add("spark_job_baseline_duration_seconds", job.labels, at, job.minutes * 60)
        samples.add("spark_job_baseline_cost", job.labels, at, job.minutes / 60 * job.per_hour)


def _add_outcome(samples, job, run, at):
    labels = {**job.labels, "app_id": run.app_id}
    state = _state(run, at)
    for name in STATES:
        samples.add("spark_job_state", {**labels, "state": name}, at, name == state)
    if state not in ("cancelled", "unknown"):
        samples.add("spark_job_status", labels, at, {"succeeded": 1, "failed": 2}.get(state, 0))
    pod = f"{job.app}-{run.app_id[6:14]}-driver"
    node = f"node-{int(run.app_id[6:8], 16) % 9 + 1}"
    samples.add("spark_job_info", {**labels, "kind": job.kind, "spark_version": "3.5.9", "driver_pod": pod,
                                   "node": node,
                                   "submitter": "airflow", "attempt": run.attempt, "max_attempts": 3,
                                   "app_from": "label", "team": fleet.TEAMS[job.namespace]}, at, 1)
    samples.add("spark_job_start_timestamp_seconds", labels, at, run.start)
    samples.add("spark_job_submission_timestamp_seconds", labels, at, run.start - 20)
    if run.alive(at):
        samples.add("spark_job_pods", {**labels, "component": "executor", "phase": "running"}, at, job.executors)
        return
    samples.add("spark_job_end_timestamp_seconds", labels, at, run.end)
    samples.add("spark_job_duration_seconds", labels, at, run.end - run.start)
    for use, share in job.uses.items():
        samples.add("spark_job_run_cost", {**labels, "use": use, "currency": fleet.CURRENCY}, at,
                    share * cost_of(job, run, at))
    if run.failure:
        reason, code, exception = run.failure
        samples.add("spark_job_failure_info", {**labels, "reason": reason, "exit_code": code, "exception": exception,
                                               "driver_pod": pod, "node": node}, at, 1)


def _add_pending(samples, job, at):
    """A run whose driver does not start."""
    labels = {**job.labels, "app_id": "spark-" + "f" * 31 + "1"}
    for name in STATES:
        samples.add("spark_job_state", {**labels, "state": name}, at, name == "pending")
    samples.add("spark_job_status", labels, at, 0)
    samples.add("spark_job_submission_timestamp_seconds", labels, at, job.runs[-1].end + 240)
    samples.add("spark_job_pods_waiting", {**labels, "component": "driver", "reason": job.waits}, at, 1)


def _add_live(samples, job, run, at):
    """The sidecar's families of a run that lives."""
    labels = {**job.labels, "app_id": run.app_id}
    age, wave = at - run.start, 0.5 + 0.5 * math.sin(at / 700 + len(job.app))
    length = job.minutes * 60 or 86400
    done = min(age / length, 0.97)

    def add(family, value, **more):
        samples.add(family, {**labels, **more}, at, value)

    slots = job.executors * SLOTS
    busy = round(slots * job.busy * (0.8 + 0.2 * wave))
    tasks = slots * age / 20 * job.busy
    add("spark_app_tasks_active", busy)
    add("spark_app_tasks_pending", round(slots * 3 * (1 - done) * wave))
    add("spark_app_tasks_total", tasks * (1 - job.failing_tasks), status="completed")
    add("spark_app_tasks_total", tasks * job.failing_tasks, status="failed")
    add("spark_app_tasks_total", tasks * 0.002, status="killed")
    add("spark_app_task_time_seconds_total", tasks * 18)
    for status, share in (("complete", 1), ("failed", job.failing_tasks), ("skipped", 0.3)):
        add("spark_app_stages_total", math.floor(age / 90 * share), status=status)
    add("spark_app_stage_retries_total", math.floor(age / 90 * job.failing_tasks))
    add("spark_app_jobs_active", 1 + (wave > 0.6))
    add("spark_app_stages_active", 1 + (wave > 0.3) + (wave > 0.8))
    read = age * job.executors * 9e6
    for name, share in (("input", 1), ("output", 0.3), ("shuffle_read", 0.6), ("shuffle_write", 0.6)):
        add(f"spark_app_{name}_bytes_total", read * share)
    add("spark_app_disk_spilled_bytes_total", read * job.spill)
    add("spark_app_memory_spilled_bytes_total", read * job.spill * 3.1)
    add("spark_app_stage_task_skew_ratio", job.skew * (0.9 + 0.1 * wave) if age > 240 else 1.2)
    for number in range(1, job.executors + 1):
        _add_executor(samples, job, {**labels, "executor_id": number}, at, age, number, busy / slots)
    add("jvm_gc_time_seconds", age * 0.01, executor_id="driver")
    add("spark_executors", job.executors, state="active")
    add("spark_executors", 0, state="excluded")
    add("spark_executors", 2 if job.failing_tasks else 0, state="dead")
    for reason in REMOVALS:
        lost = math.floor(age / 600) if job.failing_tasks and reason == "oom_killed" else 0
        add("spark_executor_removals_total", lost, reason=reason)
    if job.kind == "batch":
        _add_sql(add, age)
        add("spark_job_recommended_saving_ratio", job.saving)
        add("spark_job_recommended_executor_memory_bytes", 6 * GIB * (1 - job.saving / 2))
        add("spark_job_recommended_executor_memory_overhead_bytes", GIB)
        add("spark_job_recommended_executor_cores", SLOTS)
        add("spark_job_recommended_executor_instances", max(1, round(job.executors * (1 - job.saving))))
    else:
        _add_streaming(add, at, age, wave)
    _add_cost(add, job, run, at, done)
    for component, share in (("driver", 1), ("executor", 3)):
        troubled = share * job.failing_tasks * age / 60
        for level, count in (("info", age / 2), ("warn", age / 90 + troubled), ("error", troubled), ("fatal", 0)):
            add("spark_log_messages_total", math.floor(count), component=component, level=level)
        for signature, count in (("container_oom", troubled), ("executor_lost", troubled * 2), ("fetch_failed", 0)):
            add("spark_log_signatures_total", math.floor(count), component=component, signature=signature)


def _add_executor(samples, job, labels, at, age, number, busy):
    def add(family, value, **more):
        samples.add(family, {**labels, **more}, at, value)
    odd = 1 + (number % 3) * 0.12
    add("jvm_gc_time_seconds", age * job.gc * odd * 0.85)
    add("spark_executor_task_slots", SLOTS)
    add("spark_executor_tasks_active", round(SLOTS * busy))
    add("spark_executor_tasks_total", math.floor(age / 5 * busy), outcome="completed")
    add("spark_executor_tasks_total", math.floor(age / 5 * job.failing_tasks * odd), outcome="failed")
    add("spark_executor_task_time_seconds_total", age * SLOTS * busy)
    add("spark_executor_input_bytes_total", age * 9e6 * odd)
    add("spark_executor_shuffle_read_bytes_total", age * 5e6)
    add("spark_executor_shuffle_write_bytes_total", age * 5e6)
    add("spark_executor_memory_limit_bytes", 8 * GIB)
    add("spark_executor_storage_memory_max_bytes", 3 * GIB)
    add("spark_executor_storage_memory_used_bytes", GIB * min(2.2, age / 900))
    risen = min(1, 0.6 + age / 1800)
    for area, share in (("heap", 0.6), ("process", 1), ("execution", 0.3), ("storage", 0.2), ("off_heap", 0.05)):
        add("spark_executor_memory_peak_bytes", 8 * GIB * job.memory * share * risen * (1 - number * 0.01), area=area)


def _add_sql(add, age):
    count = math.floor(age / 45)
    add("spark_sql_executions_total", count, status="completed")
    add("spark_sql_executions_total", 0, status="failed")
    add("spark_sql_executions_active", 1)
    for number, bound in enumerate(BUCKETS):
        add("spark_sql_execution_duration_seconds_bucket", math.floor(count * min(1, (number + 1) / 8)), le=bound)
    add("spark_sql_execution_duration_seconds_bucket", count, le="+Inf")
    add("spark_sql_execution_duration_seconds_count", count)
    add("spark_sql_execution_duration_seconds_sum", count * 21)


def _add_streaming(add, at, age, wave):
    for query, rate in (("sessions", 4200), ("alerts", 900)):
        behind = query == "sessions" and wave > 0.8
        for family, value in (
                ("input_rows_per_second", rate * (0.8 + 0.4 * wave)), ("processing_rows_per_second", rate * 1.15),
                ("batch_duration_seconds", 11 if behind else 6 + 3 * wave), ("trigger_interval_seconds", 10),
                ("last_batch_timestamp_seconds", at - 4 - 6 * wave),
                ("watermark_timestamp_seconds", at - 90 - 60 * wave),
                ("state_rows", 2e5 * (1 + wave)), ("state_memory_bytes", 3e8 * (1 + wave)),
                ("batches_total", math.floor(age / 10)), ("failures_total", 0)):
            add(f"spark_streaming_{family}", value, query=query)


def _add_cost(add, job, run, at, done):
    paid = cost_of(job, run, at)
    for component, resource, share in (("executor", "cpu", 0.55), ("executor", "memory", 0.36), ("driver", "cpu", 0.06),
                                       ("driver", "memory", 0.03)):
        add("spark_job_cost_total", paid * share, component=component, resource=resource, currency=fleet.CURRENCY)
    for use, share in job.uses.items():
        add("spark_job_cost_use_total", paid * 0.96 * share, use=use, currency=fleet.CURRENCY)
    for group, share in (("load orders", 0.46), ("join customers", 0.31), ("write mart", 0.14), ("unattributed", 0.09)):
        add("spark_job_cost_group_total", paid * share, group=group, currency=fleet.CURRENCY)
    add("spark_job_cost_per_hour", job.per_hour, currency=fleet.CURRENCY)
    if job.kind == "batch" and done > 0.1:
        add("spark_job_cost_projected", max(paid / done, paid), currency=fleet.CURRENCY)
    if job.budget:
        add("spark_job_cost_budget", job.budget, currency=fleet.CURRENCY)
    for resource, price in (("cpu", 0.0316), ("memory", 0.0042)):
        add("spark_price_per_hour", price, resource=resource, instance_type="m6i.4xlarge", capacity="on-demand",
            currency=fleet.CURRENCY)
