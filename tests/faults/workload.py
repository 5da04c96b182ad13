"""A Spark application that never ran: its jobs, stages, tasks, executors and queries are drawn by a seed, so that at each
moment it is known what a driver's REST API would say of it (spark_rest.py), and what is true."""
import bisect
import itertools
import random

SUMS = ("executorRunTime", "executorDeserializeTime", "resultSerializationTime", "executorCpuTime", "jvmGcTime",
        "memoryBytesSpilled", "diskBytesSpilled", "inputBytes", "inputRecords", "outputBytes", "outputRecords",
        "shuffleReadBytes", "shuffleReadRecords", "shuffleWriteBytes", "shuffleWriteRecords")
COUNTERS = {  # of StageTotals: what a task adds to it
    "spark_app_input_bytes_total": "inputBytes", "spark_app_input_records_total": "inputRecords",
    "spark_app_output_bytes_total": "outputBytes", "spark_app_output_records_total": "outputRecords",
    "spark_app_shuffle_read_bytes_total": "shuffleReadBytes",
    "spark_app_shuffle_read_records_total": "shuffleReadRecords",
    "spark_app_shuffle_write_bytes_total": "shuffleWriteBytes",
    "spark_app_shuffle_write_records_total": "shuffleWriteRecords",
    "spark_app_memory_spilled_bytes_total": "memoryBytesSpilled",
    "spark_app_disk_spilled_bytes_total": "diskBytesSpilled"}
SUCCESS, FAILED, KILLED = "SUCCESS", "FAILED", "KILLED"
CORES = 2
QUERY_ID, RUN_ID = "5bc0c787-8448-456e-8232-2854c8bcd3e9", "3743bcaf-e2b9-4dd8-8cfe-25e947597643"
STREAM = "clicks"


class Task:
    __slots__ = ("id", "executor", "start", "end", "status", "sums")


class Attempt:
    """Of a stage: its tasks, and what they have added up to at any time."""

    def __init__(self, stage, number, tasks, start, end, status):
        self.stage, self.number, self.start, self.end, self.status = stage, number, start, end, status
        self.tasks = sorted(tasks, key=lambda task: task.end)
        self.starts = sorted(task.start for task in tasks)
        self.ends = [task.end for task in self.tasks]
        zero = (0,) * (3 + len(SUMS))
        adds = ((task.status == SUCCESS, task.status == FAILED, task.status == KILLED, *task.sums)
                for task in self.tasks)
        self.sums = list(itertools.accumulate(adds, lambda a, b: tuple(x + y for x, y in zip(a, b)), initial=zero))

    def at(self, ms):
        """(completed, failed, killed, *SUMS), tasks that run now"""
        ended = bisect.bisect_right(self.ends, ms)
        return self.sums[ended], bisect.bisect_right(self.starts, ms) - ended


class Stage:
    """`attempts`: none of a stage that was skipped."""

    def __init__(self, number, job):
        self.id, self.job, self.attempts, self.tasks = number, job, [], 0


class Job:
    def __init__(self, number, start):
        self.id, self.start, self.end, self.failed, self.stages = number, start, 0, False, []
        self.description = self.group = self.sql = None


class Query:
    """A SQL execution around one job."""

    def __init__(self, number, job):
        self.id, self.job, self.start, self.end = number, job, job.start - 5, job.end + 20


class Executor:
    def __init__(self, number, added):
        self.id, self.added, self.removed = number, added, None
        self.tasks = []

    def close(self):
        self.tasks.sort(key=lambda task: task.end)
        self.ends = [task.end for task in self.tasks]
        self.starts = sorted(task.start for task in self.tasks)
        # completed, failed, duration, input, shuffle read, shuffle write
        adds = ((task.status == SUCCESS, task.status == FAILED, task.end - task.start, task.sums[7], task.sums[11],
                 task.sums[13]) for task in self.tasks)
        self.sums = list(itertools.accumulate(adds, lambda a, b: tuple(x + y for x, y in zip(a, b)), initial=(0,) * 6))

    def at(self, ms):
        ended = bisect.bisect_right(self.ends, ms)
        return self.sums[ended], bisect.bisect_right(self.starts, ms) - ended


class Series:
    """A counter over time."""

    def __init__(self, events):
        events = sorted(events)
        self.times = [time for time, _ in events]
        self.values = list(itertools.accumulate((amount for _, amount in events), initial=0))

    def at(self, ms):
        return self.values[bisect.bisect_right(self.times, ms)]


class Workload:
    """Milliseconds of clock.Clock. Work is submitted from `begin` until `end` and then ends by itself (`rest`)."""

    def __init__(self, seed, begin, end, pause=800, executors=3):
        self.random = random.Random(seed)
        self.app_id = f"spark-{seed:08x}"
        self.begin, self.pause = begin, pause
        self.started = begin - 20_000
        self.jobs, self.stages, self.queries = [], [], []
        self.task_ids = itertools.count()
        self.batches, self.stream_until = itertools.count(), begin - 1
        self.executors = [Executor(number + 1, begin - 15_000) for number in range(executors)]
        self._exchange_executors(end)
        now = begin
        while now < end:
            self._submit(now)
            now += 1 + int(self.random.expovariate(1) * pause)
        for executor in self.executors:
            executor.close()
        self.job_starts = [job.start for job in self.jobs]
        self.query_starts = [query.start for query in self.queries]
        self.rest = max((job.end for job in self.jobs), default=end) + 100
        self.truth = self._add_up()

    # --- drawing --------------------------------------------------------------------------------

    def _exchange_executors(self, end):
        """One goes and another comes, now and then."""
        now = self.begin
        while True:
            now += self.random.randrange(8_000, 25_000)
            if now >= end:
                return
            going = self.random.choice([one for one in self.executors if one.removed is None])
            going.removed = now
            self.executors.append(Executor(len(self.executors) + 1, now + 200))

    def _submit(self, now):
        job = Job(len(self.jobs), now)
        self.jobs.append(job)
        kind = self.random.random()
        stages = [Stage(len(self.stages) + at, job) for at in range(self.random.randint(1, 3))]
        self.stages += stages
        job.stages = stages
        at = now + 5
        for number, stage in enumerate(stages):
            stage.tasks = self.random.randint(1, 6)
            if number == 0 and len(stages) > 1 and self.random.random() < 0.15:
                continue  # skipped: its output is there
            at = self._run(stage, at, job) + 10
            if job.failed:
                break
        job.end = at + 10
        if kind < 0.2 and now > self.stream_until:  # a query's batches come one after the other
            self.stream_until = job.end
            batch = next(self.batches)
            job.group = RUN_ID
            job.description = f"{STREAM}\nid = {QUERY_ID}\nrunId = {RUN_ID}\nbatch = {batch}"
        elif kind < 0.6:
            job.sql = Query(len(self.queries), job)
            job.description = f"query {job.sql.id % 7}"
            self.queries.append(job.sql)
        elif kind < 0.8:
            job.group = f"group {job.id % 5}"

    def _run(self, stage, at, job):
        """Its attempts, one after the other; when the last one ended."""
        while True:
            number = len(stage.attempts)
            chance = self.random.random()
            fails = chance < 0.06 and not self._is_streaming_turn(job)
            retried = number == 0 and 0.06 <= chance < 0.12
            tasks = []
            for _ in range(stage.tasks):
                task = self._task(at)
                tasks.append(task)
                if self.random.random() < 0.08:
                    task.status = FAILED
                    tasks.append(self._task(task.end + 1))
            if self.random.random() < 0.08:
                lost = self._task(at)
                lost.status = KILLED
                tasks.append(lost)
            if fails or retried:
                tasks[-1].status = FAILED
            end = max(task.end for task in tasks) + 3
            stage.attempts.append(Attempt(stage, number, tasks, at, end, "FAILED" if fails or retried else "COMPLETE"))
            at = end + 5
            if retried:
                continue
            job.failed = fails
            return end

    @staticmethod
    def _is_streaming_turn(job):
        """Whether a job is a batch is drawn after its stages: none of its stages may fail for good, so as to keep the
        query alive. Every fifth job may fail."""
        return job.id % 5 != 0

    def _task(self, at):
        draw = self.random
        task = Task()
        task.id, task.status, task.start = next(self.task_ids), SUCCESS, at + draw.randrange(1, 20)
        task.end = task.start + draw.randrange(50, max(60, self.pause * 2))
        run = task.end - task.start - 10
        alive = [one for one in self.executors if one.added <= task.start and (one.removed or 1 << 62) > task.end]
        task.executor = draw.choice(alive or self.executors[-1:])
        task.sums = (run, 6, 1, run * 700_000, run // 20, draw.randrange(0, 2) * 4096, draw.randrange(0, 2) * 1024,
                     draw.randrange(1, 1 << 20), draw.randrange(1, 5000), draw.randrange(0, 1 << 16),
                     draw.randrange(0, 500), draw.randrange(0, 1 << 18), draw.randrange(0, 900),
                     draw.randrange(0, 1 << 18), draw.randrange(0, 900))
        task.executor.tasks.append(task)
        return task

    # --- what is true ---------------------------------------------------------------------------

    def _add_up(self):
        """{(family, label value): Series}: from when on each may be counted, at the earliest."""
        events = {}

        def add(at, family, value="", amount=1):
            events.setdefault((family, value), []).append((at, amount))
        for job in self.jobs:
            add(job.end, "spark_app_jobs_total", "failed" if job.failed else "succeeded")
            if job.group == RUN_ID and not job.failed:
                add(job.end, "spark_streaming_batches_total", STREAM)
            if job.sql:
                add(job.sql.end, "spark_sql_executions_total", "failed" if job.failed else "completed")
                add(job.sql.end, "spark_sql_execution_duration_seconds_sum", "",
                    (job.sql.end - job.sql.start) / 1000)
            for stage in job.stages:
                if not stage.attempts:
                    add(job.end, "spark_app_stages_total", "skipped")
                for attempt in stage.attempts:
                    self._add_attempt(add, attempt)
        return {key: Series(each) for key, each in events.items()}

    @staticmethod
    def _add_attempt(add, attempt):
        add(attempt.end, "spark_app_stages_total", attempt.status.lower())
        if attempt.number > 0:
            add(attempt.start, "spark_app_stage_retries_total")
        for task in attempt.tasks:
            status = {SUCCESS: "completed", FAILED: "failed", KILLED: "killed"}[task.status]
            add(task.end, "spark_app_tasks_total", status)
            add(task.end, "spark_app_task_time_seconds_total", "", task.sums[0] / 1000)
            for family, field in COUNTERS.items():
                add(task.end, family, "", task.sums[SUMS.index(field)])

    def core_seconds(self, ms):
        """What was held until then: executors' cores, and one of the driver."""
        held = ms - self.started
        for executor in self.executors:
            held += CORES * max(0, min(ms, executor.removed or ms) - executor.added)
        return held / 1000
