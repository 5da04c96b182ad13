"""What really happened in an application, from its event log (spark.eventLog.*, one JSON object a line): a source of
truth that shares nothing with the REST answers that the exporter reads."""
import json
import os
from collections import Counter, defaultdict

SQL = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecution"
STREAMING = "org.apache.spark.sql.streaming.StreamingQueryListener$"

# SparkListenerTaskEnd's reasons that Spark counts as killed; all but Success are failures otherwise.
KILLED = ("TaskKilled", "TaskCommitDenied")

# Ends at which a task still tells its metrics. One that died with its executor does not, though heartbeats may have
# told Spark's live store what it had read by then: so the log says at least how much, and the same task's next run how
# much at most.
TELLING = ("Success", "ExceptionFailure", "TaskKilled")


class Truth:
    """Totals of one event log. Counts are as of the end of the log."""

    def __init__(self):
        self.app_id = self.app_name = None
        self.start_ms = self.end_ms = None
        self.jobs = Counter()            # succeeded, failed
        self.stages = Counter()          # complete, failed, skipped
        self.tasks = Counter()           # completed, failed, killed
        self.stage_retries = 0           # attempts beyond a stage's first
        self.sums = Counter()            # input_bytes, input_records, ... disk_spilled_bytes
        self.untold = Counter()          # at most so much more, by tasks that could not tell
        self.run_time_ms = 0             # tasks' executorRunTime
        self.duration_ms = 0             # tasks' finish - launch, what /executors calls totalDuration
        self.executors = {}              # id -> Counter of completed, failed, duration_ms, input_bytes, ...
        self.removed = {}                # executor id -> reason
        self.sql = {}                    # execution id -> [error message or None while running, failed jobs]
        self.batches = defaultdict(set)  # query name -> batch ids that ran
        self.rows = Counter()            # query name -> input rows
        self.query_failures = Counter()  # query name -> terminations with an exception

    @property
    def sql_completed(self):
        return sum(1 for end, failed in self.sql.values() if end == "" and not failed)

    @property
    def sql_failed(self):
        return sum(1 for end, failed in self.sql.values() if end or (end == "" and failed))

    @property
    def active_executors(self):
        return set(self.executors) - set(self.removed)


class _Reader:
    def __init__(self):
        self.truth = Truth()
        self.job_stages, self.job_sql = {}, {}
        self.submitted = set()
        self.names = {}  # run id -> query name
        self.mute = []   # (stage, task index) of tasks that ended without telling
        self.told = {}   # (stage, task index) -> what a good run of it did

    def read(self, event):
        kind = event["Event"]
        short = kind.replace("SparkListener", "", 1) if kind.startswith("SparkListener") else ""
        handler = getattr(self, "on_" + short, None) if short else None
        if handler:
            handler(event)
        elif kind.startswith(SQL):
            self.on_sql(kind[len(SQL):], event)
        elif kind.startswith(STREAMING):
            self.on_streaming(kind[len(STREAMING):], event)

    def on_ApplicationStart(self, event):
        self.truth.app_id, self.truth.app_name = event["App ID"], event["App Name"]
        self.truth.start_ms = event["Timestamp"]

    def on_ApplicationEnd(self, event):
        self.truth.end_ms = event["Timestamp"]

    def on_JobStart(self, event):
        self.job_stages[event["Job ID"]] = event["Stage IDs"]
        execution = (event.get("Properties") or {}).get("spark.sql.execution.id")
        if execution is not None:
            self.job_sql[event["Job ID"]] = int(execution)

    def on_JobEnd(self, event):
        good = event["Job Result"]["Result"] == "JobSucceeded"
        self.truth.jobs["succeeded" if good else "failed"] += 1
        for stage in self.job_stages.get(event["Job ID"], ()):
            if stage not in self.submitted:
                self.truth.stages["skipped"] += 1
        execution = self.job_sql.get(event["Job ID"])
        if not good and execution in self.truth.sql:
            self.truth.sql[execution][1] += 1

    def on_StageSubmitted(self, event):
        info = event["Stage Info"]
        self.submitted.add(info["Stage ID"])
        if info["Stage Attempt ID"] > 0:
            self.truth.stage_retries += 1

    def on_StageCompleted(self, event):
        self.truth.stages["failed" if event["Stage Info"].get("Failure Reason") else "complete"] += 1

    def on_TaskEnd(self, event):
        reason = event["Task End Reason"]["Reason"]
        outcome = "completed" if reason == "Success" else "killed" if reason in KILLED else "failed"
        info, truth = event["Task Info"], self.truth
        executor = truth.executors.setdefault(info["Executor ID"], Counter())
        truth.tasks[outcome] += 1
        executor[outcome] += 1
        duration = info["Finish Time"] - info["Launch Time"]
        truth.duration_ms += duration
        executor["duration_ms"] += duration
        metrics = event.get("Task Metrics") or {}
        truth.run_time_ms += metrics.get("Executor Run Time", 0)
        sums = task_sums(metrics)
        for name, value in sums.items():
            truth.sums[name] += value
            executor[name] += value
        task = event["Stage ID"], info["Index"]
        if reason == "Success":
            self.told[task] = sums
        elif reason not in TELLING:
            self.mute.append(task)

    def on_ExecutorAdded(self, event):
        self.truth.executors.setdefault(event["Executor ID"], Counter())

    def on_ExecutorRemoved(self, event):
        self.truth.removed[event["Executor ID"]] = event["Removed Reason"]

    def on_sql(self, kind, event):
        if kind == "Start":
            self.truth.sql[event["executionId"]] = [None, 0]
        elif kind == "End" and event["executionId"] in self.truth.sql:
            self.truth.sql[event["executionId"]][0] = event.get("errorMessage") or ""

    def on_streaming(self, kind, event):
        if kind == "QueryStartedEvent":
            self.names[event["runId"]] = event["name"]
        elif kind == "QueryTerminatedEvent" and event.get("exception"):
            self.truth.query_failures[self.names[event["runId"]]] += 1
        elif kind == "QueryProgressEvent":
            progress = event["progress"]
            if isinstance(progress, str):
                progress = json.loads(progress)
            if "addBatch" in progress.get("durationMs", {}):
                self.truth.batches[progress["name"]].add(progress["batchId"])
                self.truth.rows[progress["name"]] += sum(s["numInputRows"] for s in progress["sources"])


def task_sums(metrics):
    read, write = metrics.get("Shuffle Read Metrics") or {}, metrics.get("Shuffle Write Metrics") or {}
    came, went = metrics.get("Input Metrics") or {}, metrics.get("Output Metrics") or {}
    return {
        "input_bytes": came.get("Bytes Read", 0), "input_records": came.get("Records Read", 0),
        "output_bytes": went.get("Bytes Written", 0), "output_records": went.get("Records Written", 0),
        "shuffle_read_bytes": read.get("Remote Bytes Read", 0) + read.get("Local Bytes Read", 0),
        "shuffle_read_records": read.get("Total Records Read", 0),
        "shuffle_write_bytes": write.get("Shuffle Bytes Written", 0),
        "shuffle_write_records": write.get("Shuffle Records Written", 0),
        "memory_spilled_bytes": metrics.get("Memory Bytes Spilled", 0),
        "disk_spilled_bytes": metrics.get("Disk Bytes Spilled", 0),
    }


def read_log(path):
    reader = _Reader()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            reader.read(json.loads(line))
    for task in reader.mute:
        reader.truth.untold.update(reader.told.get(task, {}))
    return reader.truth


def read_folder(folder):
    """The applications of a driver in the order of their starts; one for each SparkContext."""
    return sorted((read_log(os.path.join(folder, name)) for name in os.listdir(folder) if not name.startswith(".")),
                  key=lambda truth: truth.start_ms)
