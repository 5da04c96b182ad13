"""Spark runs of a namespace that never were: their pods and SparkApplications come, change and go as a seed has it, so
that at each moment it is known what an API server would say of them (api_server.py), and what is true."""
import datetime
import random

from workload import Series

NAMESPACE = "etl"
FIRST = 1000  # version before the first event
PODS, APPLICATIONS = "pods", "sparkapplications"
ENDS = (("succeeded", 0), ("succeeded", 0), ("succeeded", 0), ("failed", 1), ("failed", 137), ("gone", None))
JOBS = 6


class Event:
    """Of a watch: what became of one object."""
    __slots__ = ("at", "version", "plural", "kind", "object")

    def __init__(self, at, plural, kind, item):
        self.at, self.plural, self.kind, self.object, self.version = at, plural, kind, item, 0


class Told:
    """Events of which each is numbered as it comes: what an ApiServer needs."""

    def __init__(self, clock):
        self.clock, self.events, self.times = clock, [], []

    def number(self):
        """Those that were told since."""
        for event in self.events[len(self.times):]:
            event.version = FIRST + 1 + len(self.times)
            event.object["metadata"]["resourceVersion"] = str(event.version)
            self.times.append(event.at)

    def time(self, ms):
        moment = datetime.datetime.fromtimestamp(self.clock.epoch_ms(ms) / 1000, datetime.timezone.utc)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class Fleet(Told):
    """Milliseconds of clock.Clock. Runs are submitted from `begin` until `end`, and end by themselves (`rest`)."""

    def __init__(self, seed, clock, begin, end, pause=1500):
        super().__init__(clock)
        self.random = random.Random(seed)
        counted, self.states = {}, {}
        self.deleted = []  # (asked, gone) of the runs that were deleted while they ran
        now, number = begin, 0
        while now < end:
            self._run(number, now, counted)
            number += 1
            now += 1 + int(self.random.expovariate(1) * pause)
        self.events.sort(key=lambda event: event.at)
        self.number()
        self.rest = max(self.times) + 100
        self.truth = {key: Series(events) for key, events in counted.items()}

    # --- drawing --------------------------------------------------------------------------------

    def _run(self, number, submitted, counted):
        draw = self.random
        app, app_id = f"job-{draw.randrange(JOBS)}", f"spark-{number:06d}"
        state, code = draw.choice(ENDS)
        by_operator = draw.random() < 0.4
        started = submitted + draw.randrange(200, 2000)
        ended = started + draw.randrange(500, 9000)
        name = f"run-{number}"
        labels = {"spark-role": "driver", "spark-app-selector": app_id, "spark-exporter.io/job": app}
        owners = []
        if by_operator:
            labels["sparkoperator.k8s.io/submission-id"] = f"submission-{number}"
            owners = [{"kind": "SparkApplication", "name": name, "uid": f"app-uid-{number}", "controller": True}]
            self._application(name, number, app, app_id, submitted, started, ended, state)
        pod = Pod(self, f"{name}-driver", f"pod-uid-{number}", labels, owners, submitted, "spark-kubernetes-driver")
        pod.tell(submitted, "ADDED")
        pod.run(started)
        self._executors(number, app_id, started, ended)
        if code is None:  # deleted while it ran, and gone a moment later
            pod.delete(ended, ended + draw.randrange(100, 1500))
            self.deleted.append((submitted, pod.last))
        else:
            pod.end(ended, code)
            self.states[app_id] = state
            labels = (("namespace", NAMESPACE), ("app", app), ("outcome", state))
            counted.setdefault(("spark_job_runs_total", labels), []).append((ended, 1))

    def _executors(self, number, app_id, started, ended):
        for index in range(self.random.randrange(3)):
            at = started + self.random.randrange(50, 400)
            labels = {"spark-role": "executor", "spark-app-selector": app_id, "spark-exec-id": str(index + 1)}
            pod = Pod(self, f"run-{number}-exec-{index + 1}", f"exec-uid-{number}-{index}", labels, [], at,
                      "spark-kubernetes-executor")
            pod.tell(at, "ADDED")
            if at + 200 < ended:
                pod.run(at + 100)
            pod.delete(max(at + 300, ended - 50), max(at + 400, ended + 50))

    def _application(self, name, number, app, app_id, submitted, started, ended, state):
        metadata = {"name": name, "namespace": NAMESPACE, "uid": f"app-uid-{number}",
                    "creationTimestamp": self.time(submitted), "labels": {"spark-exporter.io/job": app}}

        def tell(at, kind, state):
            status = {"applicationState": {"state": state}, "sparkApplicationId": app_id, "executionAttempts": 1,
                      "submissionAttempts": 1, "submissionID": f"submission-{number}",
                      "lastSubmissionAttemptTime": self.time(submitted), "driverInfo": {"podName": f"{name}-driver"}}
            item = {"metadata": dict(metadata), "spec": {"restartPolicy": {"type": "Never"}, "sparkVersion": "3.5.9"}}
            if state:
                item["status"] = status
            self.events.append(Event(at, APPLICATIONS, kind, item))
        tell(submitted - 100, "ADDED", "")
        tell(submitted - 50, "MODIFIED", "SUBMITTED")
        tell(started + 100, "MODIFIED", "RUNNING")
        if state == "gone":
            tell(ended + 20, "DELETED", "RUNNING")  # with its pod
            return
        tell(ended + 50, "MODIFIED", {"succeeded": "SUCCEEDING", "failed": "FAILING"}[state])
        tell(ended + 100, "MODIFIED", {"succeeded": "COMPLETED", "failed": "FAILED"}[state])


class Pod:
    """Its events, as the kubelet and who deletes it make them."""

    def __init__(self, fleet, name, uid, labels, owners, created, container, namespace=NAMESPACE):
        self.fleet, self.container, self.last, self.created = fleet, container, created, created
        self.metadata = {"name": name, "namespace": namespace, "uid": uid, "labels": labels, "ownerReferences": owners,
                         "creationTimestamp": fleet.time(created)}
        self.phase, self.state = "Pending", {"waiting": {"reason": "ContainerCreating"}}
        self.started = self.finished = None  # milliseconds
        self.grace, self.sidecars = 30, []

    def tell(self, at, kind="MODIFIED"):
        self.last = at
        status = {"phase": self.phase, "containerStatuses": [{"name": self.container, "restartCount": 0,
                                                               "state": self.state}]}
        self.fleet.events.append(Event(at, PODS, kind, {
            "metadata": dict(self.metadata), "status": status,
            "spec": {"nodeName": "node-1", "restartPolicy": "Never", "terminationGracePeriodSeconds": self.grace,
                     "initContainers": self.sidecars,
                     "containers": [{"name": self.container, "image": "spark:3.5.9"}]}}))

    def run(self, at):
        self.phase, self.started = "Running", at
        self.state = {"running": {"startedAt": self.fleet.time(at)}}
        self.tell(at)

    def end(self, at, code):
        self.phase, self.finished = "Failed" if code else "Succeeded", at
        self.state = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed",
                                     "startedAt": self.fleet.time(self.started), "finishedAt": self.fleet.time(at)}}
        self.tell(at)

    def delete(self, asked, gone):
        """`gone`: None, not yet."""
        self.metadata = {**self.metadata, "deletionTimestamp": self.fleet.time(asked + self.grace * 1000),
                         "deletionGracePeriodSeconds": self.grace}
        self.tell(asked)
        if gone is not None:
            self.tell(gone, "DELETED")
