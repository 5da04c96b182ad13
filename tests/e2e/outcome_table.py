"""What each cell of the outcome matrix must show, written down before anything runs.

A cell is "state reason alert": the state and reason that the run's series end with ("-" is none), and whether the
contract's SparkJobFailed fires or stays silent on every Prometheus. "words" for the alert: silent, since the series
cannot live long enough, and the outcome is in the last words that the sidecar leaves behind. "warns": silent, but
for 60 s scrapes, which may be lucky, and the sidecar's log has said so beforehand. "goes-on": the alert fires without a
gap though the observer was killed meanwhile. "resolves": it fired before and no longer does. "nothing" is a pod in which
no sidecar ever ran.

What a lone sidecar cannot know stands here as such: that another attempt follows, that a newer version of the job has
started, what became of a node with the sidecar on it, that a later run was good.
"""
import collections

from kube_pods import ALONE, BOTH, LONE, MODES, NATIVE

Expect = collections.namedtuple("Expect", "state reason alert")
Row = collections.namedtuple("Row", "name title driver cells")

REAL, STAND_IN, NONE = "Spark", "stand-in", "none runs"


def expect(text):
    return Expect(*text.split())


def everywhere(text, **others):
    return {mode: expect(others.get(mode, text)) for mode in MODES}


def with_lone(lone, others):
    return {mode: expect(lone if mode in LONE else others) for mode in MODES}


ROWS = [Row(*row) for row in (
    ("exit_0", "exit 0", REAL, everywhere("succeeded - silent")),
    ("exit_1", "exit 1", REAL, everywhere("failed UserError fires")),
    ("exit_3", "`sys.exit(3)`", REAL, everywhere("failed UserError fires")),
    ("exception", "uncaught exception", REAL, everywhere("failed UserError fires")),
    ("sigterm", "SIGTERM", REAL, everywhere("failed Killed fires")),
    ("sigkill", "SIGKILL", REAL, everywhere("failed Killed fires")),
    ("oom_kill", "driver OOM kill by the kernel", REAL, everywhere("failed DriverOOMKilled fires")),
    ("heap_oom", "driver heap OOM", REAL, everywhere("failed DriverJavaHeapOOM fires")),
    # Only Spark's REST API says so, which only a sidecar reads, if it has a poll left before the driver is gone (the
    # workload tidies up for 5 s); the container's own message is the end of its log.
    ("executor_oom", "executor OOM leading to failure", REAL,
     everywhere("failed ExecutorOOM fires", observer="failed UserError fires")),
    ("evicted", "eviction with 2 s grace", STAND_IN, with_lone("failed Evicted words", "failed Evicted fires")),
    ("node_lost", "node lost with the sidecar", STAND_IN, with_lone("running - silent", "failed NodeLost fires")),
    ("image_pull", "image pull error", NONE, everywhere("pending - silent")),
    ("unschedulable", "unschedulable", NONE, with_lone("nothing - silent", "pending - silent")),
    # A lone sidecar leaves with its pod as soon as its words are written, scraped or not.
    ("deleted", "deleted by a user", STAND_IN, with_lone("cancelled - words", "cancelled - silent")),
    ("replaced", "streaming job replaced by its next version", STAND_IN,
     with_lone("failed Killed fires", "cancelled - silent")),
    ("retry_success", "operator retry, then success", STAND_IN,
     with_lone("failed UserError fires", "succeeded - silent")),
    ("retries_exhausted", "operator retries exhausted", STAND_IN, everywhere("failed UserError fires")),
    ("crash_loop", "crash loop of an always restarting application", STAND_IN, everywhere("failed UserError fires")),
    ("failing_again", "a job failing again and again", STAND_IN, everywhere("failed UserError fires")),
    ("good_after", "a good run after that", STAND_IN, everywhere("succeeded - resolves")),
    ("short_grace", "native sidecar, 30 s grace, no observer: warns", STAND_IN,
     {NATIVE: expect("failed UserError warns")}),
    ("restarted", "observer killed and started while the alert fires", STAND_IN,
     {ALONE: expect("failed UserError goes-on"), BOTH: expect("failed UserError goes-on")}),
)]
BY_NAME = {row.name: row for row in ROWS}

# What a pod that never ran waits for, in spark_job_pods_waiting.
WAITING = {"image_pull": "ImagePull", "unschedulable": "Unschedulable"}

CELLS = [(row.name, mode) for row in ROWS for mode in row.cells]
