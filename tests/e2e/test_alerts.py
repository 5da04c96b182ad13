"""Planted troubles, each of which must lead to exactly the alert that is meant, on a real Kubernetes with Debian's Prometheus
and Alertmanager and all our rules; a healthy job beside them, which must lead to none.

  test_alerts.py [--all] [--rows a,b] [--spark 4.3.0] [--markdown FILE]

The contract's two alerts run as written; of the others the `for` is a tenth of what is written. Without --all those that
take longer than five minutes are left out."""
import argparse
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

import alert_lab
import kube_lab
import kube_prometheus
import lab
from kube_pods import BOTH, Maker

NAMESPACE, FACTOR = "etl", 10
# More than its pod's limit, touched.
BALLAST = "import time; time.sleep(5); held = b'x' * (200 << 20); time.sleep(600)"


class Row:
    """One trouble: `plant(lab)` makes it and returns the time of its cause; `alert` is to come within `seconds`."""

    def __init__(self, name, title, alert, seconds, plant, is_real=True, is_long=False):
        self.is_real = is_real
        self.name, self.title, self.alert, self.seconds, self.plant = name, title, alert, seconds, plant
        self.is_long, self.cause, self.told, self.error = is_long, None, None, None
        self.job = name.replace("_", "-")


class Scene:
    def __init__(self, cluster, observer, python, version):
        self.cluster, self.observer, self.python, self.version = cluster, observer, python, version
        self.maker = Maker(cluster, BOTH, NAMESPACE, observer, sidecar_flags=[f"--cost.prices={lab.PRICES}"])

    def spark(self, job, scenario, **options):
        return self.maker.spark(job, scenario, self.python, self.version, **options)

    def clear(self, job):
        """Deletes the job's drivers: what has been told needs to go on no longer."""
        with self.cluster.pods.changed:
            pods = [pod["metadata"] for uid, pod in self.cluster.pods.objects.items() if uid not in self.cluster.pods.gone]
        for meta in pods:
            if meta["namespace"] == NAMESPACE and meta["labels"].get("spark-app-name") == job:
                self.cluster.delete_pod(NAMESPACE, meta["name"], grace=1)

    def started(self, pod, seconds=120):
        self.cluster.pods.wait(pod, "the driver", lambda seen, gone: kube_lab.is_running(seen), seconds)
        return kube_lab.epoch(kube_lab.container_status(self.cluster.pods.last(pod), kube_lab.DRIVER)
                              ["state"]["running"]["startedAt"])

    def ended(self, pod, name=kube_lab.DRIVER, seconds=300):
        """When the container ended."""
        self.cluster.pods.wait(pod, f"the end of {name}", lambda seen, gone: kube_lab.ended(seen, name), seconds)
        return kube_lab.epoch(kube_lab.ended(self.cluster.pods.last(pod), name)["finishedAt"])

    def planted(self, pod, seconds):
        """The time at which the driver says that the trouble is there."""
        def said():
            found = [re.match(r"planted at ([0-9.]+)", line) for line in self.cluster.log_of(pod, kube_lab.DRIVER)]
            return next((float(one.group(1)) for one in found if one), None)
        return lab.wait_until("the driver's word", said, seconds, every=1)


def failed(scene):
    return scene.ended(scene.spark("failed", "exit_1"))


def gc_bound(scene):
    """An executor whose tasks ask for one full collection after the other."""
    return scene.started(scene.spark("gc-bound", "gc_bound", master="local-cluster[1,1,512]",
                                     conf={"spark.executor.memory": "512m"}))


def oom_killed(scene):
    """The kernel kills an executor's process at its pod's limit, while the driver lives."""
    driver = scene.maker.pod("oom-killed", ["/bin/sh", "-c", "exec sleep 3600"])
    app_id = driver["metadata"]["labels"]["spark-app-selector"]
    scene.started(scene.cluster.create_pod(driver))
    pod = scene.maker.pod("oom-killed", ["/usr/bin/python3", "-c", BALLAST], app_id=app_id, name="oom-killed-exec-1", limit="64Mi")
    pod["metadata"]["labels"].update({"spark-role": "executor", "spark-exec-id": "1"})
    container = "spark-kubernetes-executor"
    pod["spec"].pop("initContainers")
    pod["spec"]["containers"][0]["name"] = container
    return scene.ended(scene.cluster.create_pod(pod), container, 120)


def unschedulable(scene):
    """More cores than any node has."""
    scene.maker.create("unschedulable", ["/bin/sh", "-c", "exec sleep 60"], requests={"cpu": "1000"})
    return time.time()


def skewed(scene):
    return scene.planted(scene.spark("skewed", "skew", master="local[2]"), 420)


def spilling(scene):
    pod = scene.spark("spilling", "spill", master="local[2]", conf={
        "spark.sql.shuffle.partitions": "4", "spark.memory.fraction": "0.3"})
    return scene.planted(pod, 900)


def over_budget(scene):
    """A run that may cost next to nothing."""
    return scene.started(scene.spark("over-budget", "works", annotations={"spark-exporter.io/budget": "0.0001"}))


def stale(scene):
    """A dataset whose newest row is thirty hours old, told to the sidecar by whoever checked it."""
    pod = scene.maker.create("stale", ["/bin/sh", "-c", "exec sleep 3600"])
    scene.started(pod)
    address = scene.cluster.pods.last(pod)["status"]["podIP"]
    newest = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 30 * 3600))
    told = {"dataset": "orders", "suite": "nightly", "checks": [{"name": "rows", "outcome": "passed"}], "rows": 1200,
            "latest_data_time": newest, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}

    def post():
        request = urllib.request.Request(f"http://{address}:9817/api/v1/quality", json.dumps(told).encode())
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            raise
        except OSError:  # it does not listen yet
            return False
    lab.wait_until("the sidecar to take the result", post, 60, every=1)
    return time.time()


def bad_data(scene):
    """A check fails in a real job; its pod is deleted as soon as the sidecar has passed the result on, and is gone before
    anything fires: the observer alone has it. The cause is the pod's end."""
    pod = scene.spark("bad-data", "bad_data")
    scene.planted(pod, 300)

    def shown():
        scrape = scene.observer.scrape()
        return scrape and scrape.total("data_quality_last_validation_success", app="bad-data", dataset="lake.orders",
                                       suite="nightly") == 0
    lab.wait_until("the observer to have the result", shown, 30)
    scene.clear("bad-data")
    scene.cluster.pods.wait(pod, "the pod's end", lambda seen, gone: gone, 60)
    assert shown(), "the observer forgot the result with the pod"
    return time.time()


# Those that take longest first.
ROWS = [
    Row("gc_bound", "an executor collects garbage most of the time", "HighGCTime", 1200, gc_bound, is_long=True),
    Row("spilling", "a sort of more than a gibibyte begins in a small heap", "SparkSpill", 900, spilling, is_long=True),
    Row("skewed", "one task takes two and a half minutes, the others three seconds", "SparkStageSkew", 60, skewed),
    Row("over_budget", "a run costs more than its budget", "SparkJobBudgetBurnFast", 180, over_budget),
    Row("bad_data", "a check of a dataset fails, and the pod is deleted before anything fires", "DataQualityFailed", 60,
        bad_data),
    Row("failed", "a job fails (exit code 1)", "SparkJobFailed", 150, failed),
    Row("oom_killed", "the kernel kills an executor at its pod's limit", "SparkExecutorOOMKilled", 60, oom_killed, is_real=False),
    Row("unschedulable", "a driver wants more cores than any node has", "SparkJobPending", 180, unschedulable,
        is_real=False),
    Row("stale", "a dataset's newest row is thirty hours old", "DataQualityStale", 120, stale, is_real=False),
]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--rows")
    parser.add_argument("--spark", default="4.3.0", help="before 4.1 no application id can be given")
    parser.add_argument("--markdown", help="file to write the table to")
    return parser.parse_args()


def chosen(wanted):
    if wanted.rows:
        return [row for row in ROWS if row.name in wanted.rows.split(",")]
    return [row for row in ROWS if wanted.all or not row.is_long]


def play(rows, scene, told):
    """All rows at once, but for three real drivers at a time."""
    places = threading.Semaphore(3)

    def one(row):
        try:
            with places if row.is_real else contextlib.nullcontext():
                row.cause = row.plant(scene)
                row.told = told.wait(row.job, row.alert, row.seconds)
                if row.name != "failed":  # a run that somebody deletes has not failed
                    scene.clear(row.job)
            print(f"{row.name}: {row.alert} "
                  + (f"{row.told[0] - row.cause:.0f} s after its cause" if row.told else "did not come"), flush=True)
        except Exception as error:  # told at the end, with the others' results
            row.error = repr(error)
            print(f"{row.name}: {row.error}", flush=True)

    healthy = scene.spark("healthy", "exit_0")
    with concurrent.futures.ThreadPoolExecutor(len(rows)) as pool:
        list(pool.map(one, rows))
    scene.ended(healthy)


def judge(row, told):
    """What is wrong, in words."""
    faults = [row.error] if row.error else []
    names = told.names(row.job)
    if names != [row.alert]:
        faults.append(f"told: {', '.join(names) or 'nothing'}")
    if row.told:
        notes = row.told[1]["annotations"]
        faults += [f"no {name}" for name in ("summary", "description", "runbook_url", "dashboard_url") if not notes.get(name)]
        if "error" in notes["description"].lower() and "template" in notes["description"].lower():
            faults.append(notes["description"])
    return faults


def table(rows, told, faults):
    lines = ["| trouble | alert | seconds from cause to Alertmanager | alone | |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        after = f"{row.told[0] - row.cause:.0f}" if row.told else "never"
        alone = "yes" if told.names(row.job) == [row.alert] else "**no**"
        bad = "; ".join(faults[row.name]).replace("|", "/")
        lines.append(f"| {row.title} | `{row.alert}` | {after} | {alone} | {'ok' if not bad else '**' + bad + '**'} |")
    return "\n".join(lines)


def run(wanted):
    rows = chosen(wanted)
    lab.need_java()
    python = lab.python_with_spark(wanted.spark)
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(kube_lab.Cluster())
        cluster.namespace(NAMESPACE)
        observer = stack.enter_context(kube_lab.Observer(cluster, NAMESPACE))
        observer.wait_ready()
        scene = Scene(cluster, observer, python, wanted.spark)
        alertmanager = stack.enter_context(alert_lab.Alertmanager(cluster))
        rules = alert_lab.write_rules(os.path.join(cluster.state, "rules"), FACTOR)
        targets = kube_prometheus.Targets(cluster)
        prometheus = stack.enter_context(alert_lab.Prometheus(cluster, targets.path, [observer], rules, alertmanager))
        prometheus.wait_ready()
        told = stack.enter_context(alert_lab.Told(alertmanager))
        begin = time.time()
        play(rows, scene, told)
        others = {key: alert for key, (_, alert) in told.first.items()
                  if key[0] not in [row.job for row in rows]}
        faults = {row.name: judge(row, told) for row in rows}
        trouble = [f"{app or 'no job'}: {name}: {alert['annotations'].get('description')}"
                   for (app, name), alert in others.items()]
        for row in rows:
            if row.told:
                print(f"{row.name}: {row.told[1]['annotations']['description']}")
        print(f"in {time.time() - begin:.0f} s; alerts that nobody planted: {len(trouble)}", *trouble, sep="\n")
        return rows, faults, trouble, table(rows, told, faults)


def main():
    wanted = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception: what was started is ended
    try:
        rows, faults, trouble, text = run(wanted)
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
    print(text)
    if wanted.markdown:
        with open(wanted.markdown, "w", encoding="utf-8") as out:
            out.write(text + "\n")
    sys.exit(1 if trouble or any(faults.values()) else 0)


if __name__ == "__main__":
    main()
