"""A day of a fleet that never was: twenty jobs with their runs, seven of them in trouble, each in its own way, as
Prometheus would hold it had the exporter been beside them. A real day cannot be had in a test, and the exporter's clock
is the machine's; so the families and labels are held against docs/metrics.md by a test, and the same boards are asked
with real exporters behind them too (scene.py).

What is made here: the plan. fleet_series.py makes series of it, fleet_data.py those of data, backups and exporters."""
import dataclasses
import random

CURRENCY = "EUR"
SCRAPE = 120    # seconds
TEAMS = {"sales": "revenue", "risk": "risk", "platform": "platform", "logistics": "logistics"}
# What the money of a run bought, healthy: shares of it.
HEALTHY = {"task_ok": 0.70, "gc": 0.03, "task_failed": 0.0, "stage_retry": 0.0, "speculation": 0.01, "killed": 0.0,
           "idle": 0.12, "starting": 0.05, "driver": 0.07, "lingering": 0.02, "unobserved": 0.0}


@dataclasses.dataclass
class Run:
    app_id: str
    start: int
    end: int                    # beyond the day's end: it runs
    outcome: str = "succeeded"
    failure: tuple = ()         # (reason, exit code, exception)
    attempt: int = 1

    def alive(self, at):
        return self.start <= at < self.end


@dataclasses.dataclass
class Job:
    namespace: str
    app: str
    every: int                  # minutes between starts; 0: endless
    minutes: float              # duration of a healthy run
    executors: int
    per_hour: float             # money while it runs
    kind: str = "batch"
    gc: float = 0.02            # share of time in collections
    skew: float = 1.6
    spill: float = 0.0          # bytes spilled for each one read
    memory: float = 0.7         # peak of the limit
    busy: float = 0.85          # of the slots
    failing_tasks: float = 0.0
    uses: dict = dataclasses.field(default_factory=lambda: dict(HEALTHY))
    budget: float = 0.0
    saving: float = 0.1
    ends: dict = dataclasses.field(default_factory=dict)   # {runs from the last: (outcome, failure)}
    last_runs_for: float = 0.0  # of the last run: it still runs, and has for so many minutes
    waits: str = ""             # the newest run is pending for this reason
    missed: int = 0             # minutes since it was due and nothing began
    retrying: bool = False
    runs: list = dataclasses.field(default_factory=list)

    @property
    def labels(self):
        return {"namespace": self.namespace, "app": self.app}


def wasteful(**more):
    uses = {**HEALTHY, **more}
    uses["task_ok"] = max(0.0, 1 - sum(value for name, value in uses.items() if name != "task_ok"))
    return uses


STAGE = ("failed", ("StageAborted", "1", "org.apache.spark.SparkException"))
USER = ("failed", ("UserError", "1", "java.io.FileNotFoundException"))
MEMORY = ("failed", ("ExecutorOOM", "1", "org.apache.spark.SparkException"))
KILLED = ("failed", ("DriverOOMKilled", "137", ""))


def jobs():
    return [
        Job("sales", "orders-enrich", 60, 22, 8, 3.1, failing_tasks=0.11, ends={1: STAGE, 2: STAGE, 3: STAGE},
            uses=wasteful(task_failed=0.31, stage_retry=0.22)),
        Job("risk", "payments-settle", 120, 35, 6, 2.6, memory=0.97, ends={1: MEMORY, 4: MEMORY},
            uses=wasteful(task_failed=0.2)),
        Job("sales", "customer-360", 180, 40, 12, 6.2, skew=11.5, busy=0.32, last_runs_for=96, saving=0.42,
            uses=wasteful(idle=0.55)),
        Job("risk", "fraud-features", 90, 45, 8, 4.4, gc=0.34, last_runs_for=38, uses=wasteful(gc=0.33), memory=0.93),
        Job("logistics", "deliveries-nightly", 240, 30, 6, 2.2, waits="Unschedulable"),
        Job("logistics", "inventory-sync", 120, 15, 4, 1.2, missed=95),
        Job("platform", "embeddings-train", 360, 150, 12, 18.5, last_runs_for=130, budget=25, saving=0.3,
            uses=wasteful(idle=0.25)),
        Job("sales", "returns-forecast", 120, 25, 6, 1.9, retrying=True),
        Job("sales", "clickstream-sessions", 0, 0, 6, 2.1, kind="streaming", busy=0.6),
        Job("risk", "transactions-stream", 0, 0, 4, 1.6, kind="streaming", busy=0.7),
        Job("platform", "logs-compaction", 60, 28, 8, 2.9, spill=0.8, last_runs_for=17),
        Job("sales", "sales-mart", 120, 33, 8, 3.3, ends={5: USER}),
        Job("sales", "marketing-attribution", 180, 50, 6, 2.0, last_runs_for=31, budget=4),
        Job("risk", "ledger-export", 60, 9, 4, 1.1, ends={7: KILLED}),
        Job("risk", "credit-scores", 240, 55, 6, 2.4),
        Job("logistics", "routes-optimise", 90, 24, 6, 2.7, last_runs_for=12, budget=3),
        Job("logistics", "supplier-feed", 120, 12, 4, 0.9),
        Job("platform", "usage-metering", 60, 11, 4, 1.0, last_runs_for=6),
        Job("platform", "catalog-snapshot", 240, 20, 4, 1.3, ends={2: ("cancelled", ())}),
        Job("platform", "tables-vacuum", 360, 26, 4, 0.8, ends={1: ("unknown", ())}),
    ]


def plan(start, end, seed=7):
    """The jobs with their runs between two times (epoch seconds)."""
    random.seed(seed)
    made = jobs()
    for job in made:
        if not job.every:
            job.runs = [Run(_app_id(), start - 7200, end + 86400, "running")]
            continue
        last = end - int((job.last_runs_for or job.missed or 8) * 60)
        begin, starts = last - (job.missed and 60 * job.every), []
        if not job.last_runs_for and not job.missed:
            begin = last - int(job.minutes * 60) - random.randrange(60, 1200)
        while begin > start - job.every * 60:
            starts.append(begin)
            begin -= job.every * 60 + random.randrange(-90, 90)
        for number, begin in enumerate(starts):     # the newest first
            length = int(job.minutes * 60 * random.uniform(0.85, 1.2))
            running = job.last_runs_for and number == 0
            outcome, failure = job.ends.get(number + (0 if running else 1), ("succeeded", ()))
            if outcome == "failed":
                length = int(length * 0.6)
            job.runs.append(Run(_app_id(), begin, end + 86400 if running else begin + length, outcome, failure))
        job.runs.reverse()
        if job.retrying:
            job.runs.append(Run(_app_id(), end - 1500, end - 600, "retrying", attempt=2))
    return made


def _app_id():
    return f"spark-{random.getrandbits(128):032x}"
