"""How each row of the outcome matrix comes about: what is created, ended, deleted or lost in a cell."""
import os
import threading
import time
import uuid

import kube_lab
from kube_pods import JVM, LONE
from outcome_table import BY_NAME, REAL, WAITING

SPARK_AT_ONCE = threading.BoundedSemaphore(2)  # a JVM that starts takes a core for some seconds
START, END = 240, 180                          # seconds for a container to start and to end, on a loaded machine
REPEAT, PAUSE = 4, 60                          # runs of the job that fails again and again, seconds between them


class Cell:
    """One row in one mode. After run() `subject` is the pod in question, as it was made."""

    def __init__(self, row, mode, maker, spark):
        self.row, self.mode, self.maker = BY_NAME[row], mode, maker
        self.expect = self.row.cells[mode]
        self.cluster, self.namespace = maker.cluster, maker.namespace
        self.job = {"good_after": "failing-again"}.get(row, row.replace("_", "-"))
        self.python, self.version = spark
        self.subject = self.timed = self.before = None  # `timed`: the pod whose end starts the clock
        self.made_at = self.error = self.node_lost_at = None
        self.settled = threading.Event()  # nothing more happens to its pods by our hand

    def __str__(self):
        return f"{self.row.name}/{self.mode}"

    def run(self):
        try:
            scenario = SCENARIOS.get(self.row.name, run_spark if self.row.driver == REAL else None)
            scenario(self)
        except Exception as error:  # the table shows it, the other cells go on
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self.settled.set()

    def take(self, pod):
        self.subject, self.made_at = pod, time.time()
        if self.timed is None or self.row.name not in ("failing_again", "crash_loop"):
            self.timed = pod
        return pod

    def wait_running(self, pod):
        self.cluster.pods.wait(pod, "a running driver", lambda seen, gone: kube_lab.is_running(seen), START)

    def wait_ended(self, pod, seconds=END):
        return self.cluster.pods.wait(pod, "the driver's end", lambda seen, gone: kube_lab.ended(seen), seconds)

    def wait_gone(self, pod, seconds=START):
        self.cluster.pods.wait(pod, "the pod to be gone", lambda seen, gone: gone, seconds)

    def ended_at(self):
        """Epoch seconds of the container's end; the node's for one that was lost with it."""
        if self.node_lost_at:
            return self.node_lost_at
        return kube_lab.epoch(kube_lab.ended(self.cluster.pods.last(self.timed)).get("finishedAt"))

    @property
    def app_id(self):
        return self.subject["metadata"]["labels"]["spark-app-selector"]


# --- real drivers --------------------------------------------------------------------------------

def run_spark(cell):
    options = {"oom_kill": {"limit": "900Mi"},
               "heap_oom": {"conf": {"spark.driver.extraJavaOptions": JVM + " -XX:+ExitOnOutOfMemoryError"}},
               "executor_oom": {"master": "local-cluster[1,1,512]", "conf": {
                   "spark.executor.memory": "512m", "spark.executor.cores": "1", "spark.task.maxFailures": "1"}}}
    with SPARK_AT_ONCE:
        pod = cell.take(cell.maker.spark(cell.job, cell.row.name, cell.python, cell.version,
                                         **options.get(cell.row.name, {})))
        cell.wait_running(pod)
        cell.wait_ended(pod)


# --- the pod and its node ------------------------------------------------------------------------

def run_evicted(cell):
    pod = cell.take(cell.maker.stand_in(cell.job, "exec sleep 900"))
    cell.wait_running(pod)
    cell.cluster.evict_pod(cell.namespace, pod["metadata"]["name"], 2)
    cell.wait_gone(pod)


def run_node_lost(cell):
    pod = cell.take(cell.maker.stand_in(cell.job, "exec sleep 900", node="proc-1"))
    cell.wait_running(pod)
    cell.wait_shown()  # what the table says of a lone sidecar is what it had shown until then
    cell.lose_node()
    cell.node_lost_at = time.time()


def run_waiting(cell):
    options = {"image_pull": {"image": "missing/none:1"}, "unschedulable": {"requests": {"cpu": "500"}}}
    pod = cell.take(cell.maker.stand_in(cell.job, "exit 0", **options[cell.row.name]))
    if cell.row.name == "image_pull":
        def in_back_off(seen, gone):
            waiting = kube_lab.container_status(seen, kube_lab.DRIVER).get("state", {}).get("waiting") or {}
            return waiting.get("reason") in ("ErrImagePull", "ImagePullBackOff")
        cell.cluster.pods.wait(pod, "the image error", in_back_off, START)
        return

    def refused(seen, gone):
        conditions = seen.get("status", {}).get("conditions") or []
        return any(one.get("reason") == "Unschedulable" for one in conditions)
    cell.cluster.pods.wait(pod, "the scheduler's word", refused, START)


def run_deleted(cell):
    pod = cell.take(cell.maker.stand_in(cell.job, "exec sleep 900"))
    cell.wait_running(pod)
    cell.cluster.delete_pod(cell.namespace, pod["metadata"]["name"])
    cell.wait_ended(pod)


# --- versions, attempts, runs --------------------------------------------------------------------

def run_replaced(cell):
    """Whoever deploys it stops the old version by a signal as soon as the new one runs; the pod is not deleted."""
    stop = os.path.join(cell.cluster.state, f"stop-{uuid.uuid4().hex}")
    streaming = {"spark-exporter.io/kind": "streaming"}
    # The kubelet turns $$ into $, so this is the shell's own process id.
    script = f'while [ ! -e {stop} ]; do sleep 0.2; done; kill -TERM $$$$; sleep 60'
    old = cell.take(cell.maker.stand_in(cell.job, script, annotations=streaming))
    cell.wait_running(old)
    cell.wait_running(cell.maker.stand_in(cell.job, "exec sleep 1800", annotations=streaming))
    with open(stop, "w", encoding="utf-8"):
        pass
    cell.wait_ended(old)


def operate(cell, codes, policy):
    """What the spark-operator does with an application whose drivers end with these codes."""
    spec = {"type": "Python", "mode": "cluster", "sparkVersion": "3.5.9", "restartPolicy": policy,
            "executor": {"instances": 1}}
    cell.cluster.application(cell.namespace, cell.job, spec)
    for attempt, code in enumerate(codes, 1):
        submission = str(uuid.uuid4())
        labels = {"sparkoperator.k8s.io/app-name": cell.job, "sparkoperator.k8s.io/submission-id": submission,
                  "sparkoperator.k8s.io/launched-by-spark-operator": "true"}
        pod = cell.maker.stand_in(cell.job, f"sleep 8; exit {code}", name=f"{cell.job}-driver", labels=labels)
        if attempt == 1 or cell.mode not in LONE:
            cell.take(pod)
        app_id = pod["metadata"]["labels"]["spark-app-selector"]

        def tell(state, **more):
            error = more.pop("error", None)
            cell.cluster.application_status(cell.namespace, cell.job, {
                "applicationState": {"state": state, "errorMessage": error}, "executionAttempts": attempt,
                "submissionAttempts": 1, "submissionID": submission, "sparkApplicationId": app_id,
                "lastSubmissionAttemptTime": pod["metadata"]["creationTimestamp"], "terminationTime": None,
                "driverInfo": {"podName": pod["metadata"]["name"]}, **more})
        tell("SUBMITTED")
        cell.wait_running(pod)
        tell("RUNNING")
        finished = cell.wait_ended(pod)["finishedAt"]
        if code == 0:
            tell("SUCCEEDING", terminationTime=finished)
            tell("COMPLETED", terminationTime=finished)
            return
        error = f"driver container failed with ExitCode: {code}, Reason: Error"
        tell("FAILING", terminationTime=finished, error=error)
        if attempt < len(codes) or policy["type"] == "Always":
            cell.cluster.delete_pod(cell.namespace, pod["metadata"]["name"])
            cell.wait_gone(pod, START + 220)  # a lone owner stays in it until its alert has fired
            tell("PENDING_RERUN", sparkApplicationId=None)
        else:
            tell("FAILED", terminationTime=finished, error=error)


def run_retry_success(cell):
    operate(cell, [1, 0], {"type": "OnFailure", "onFailureRetries": 2, "onFailureRetryInterval": 5})


def run_retries_exhausted(cell):
    operate(cell, [1, 1], {"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 5})


def run_crash_loop(cell):
    operate(cell, [1, 1] if cell.mode in LONE else [1, 1, 1], {"type": "Always"})


def run_failing_again(cell):
    begin = time.monotonic()
    for number in range(REPEAT):
        # The schedule of the job, not a wait for something.
        time.sleep(max(0.0, begin + number * PAUSE - time.monotonic()))
        pod = cell.take(cell.maker.stand_in(cell.job, "sleep 3; exit 1"))
        cell.wait_ended(pod, START)


def run_good_after(cell):
    """After those of the cell `before`."""
    cell.before.settled.wait()
    if cell.before.error:
        raise AssertionError(f"before it: {cell.before.error}")
    cell.all_fired(cell.before)
    pod = cell.take(cell.maker.stand_in(cell.job, "sleep 3; exit 0"))
    cell.wait_ended(pod, START)


def run_failing(cell):
    pod = cell.take(cell.maker.stand_in(cell.job, "sleep 5; exit 1",
                                        grace=30 if cell.row.name == "short_grace" else None))
    cell.wait_ended(pod, START)


SCENARIOS = {"evicted": run_evicted, "node_lost": run_node_lost, "image_pull": run_waiting,
             "unschedulable": run_waiting, "deleted": run_deleted, "replaced": run_replaced,
             "retry_success": run_retry_success, "retries_exhausted": run_retries_exhausted,
             "crash_loop": run_crash_loop, "failing_again": run_failing_again, "good_after": run_good_after,
             "short_grace": run_failing, "restarted": run_failing}
assert set(WAITING) <= set(SCENARIOS)
