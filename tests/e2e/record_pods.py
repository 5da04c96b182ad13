#!/usr/bin/env python3
"""Records tests/fixtures/kubernetes/pods/ anew: pods on the process kubelet, each written down in the state it is named
after. By hand, when the Kubernetes version changes: python3 tests/e2e/record_pods.py [--into FOLDER] [NAME...]"""
import argparse
import http.client
import json
import os
import sys
import time

import kube_client
import lab
from control_plane import ControlPlane

NAMESPACE = "spark"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
DRIVER, EXECUTOR, SIDECAR = "spark-kubernetes-driver", "spark-kubernetes-executor", "exporter"
UNTIL_TERM = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"
MESSAGE = ('Exception in thread "main" org.apache.spark.SparkException: Job aborted due to stage failure: '
           "Task 3 in stage 7.0 failed 4 times")


def container(name, script, **more):
    image = "docker.io/apache/spark:3.5.7" if name != SIDECAR else "registry.example/spark-exporter:1.0.0"
    # In `command` the kubelet makes one of two dollars.
    return {"name": name, "image": image, "command": ["/bin/sh", "-c", script.replace("$", "$$")],
            "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}, **more}


def pod(name, containers, init=(), role="driver", grace=30):
    labels = {"spark-role": role, "spark-app-selector": "spark-b394a87cb606d2ef386a3bb7228d743e",
              "spark-app-name": "nightly-etl", "spark-version": "3.5.7"}
    if role == "executor":
        labels.update({"spark-exec-id": name.rsplit("-", 1)[1], "spark-exec-resourceprofile-id": "0"})
    return {"metadata": {"name": name, "labels": labels},
            "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": grace, "containers": list(containers),
                     "initContainers": list(init), "nodeSelector": {"type": "process"}}}


def native(script):
    return [container(SIDECAR, script, restartPolicy="Always")]


def states(found):
    told = found.get("status", {})
    return {status["name"]: (*status.get("state", {"waiting": {}}).items(),)[0]
            for key in ("containerStatuses", "initContainerStatuses") for status in told.get(key, [])}


def phase(wanted):
    return lambda found: found["status"].get("phase") == wanted


def waiting(name, reason):
    def check(found):
        kind, state = states(found).get(name, ("", {}))
        return kind == "waiting" and state.get("reason") == reason
    return check


def running(*names):
    return lambda found: found["status"].get("phase") == "Running" and all(
        states(found).get(name, ("",))[0] == "running" for name in names)


def ended_beside(name, beside):
    return lambda found: states(found).get(name, ("",))[0] == "terminated" and (
        states(found).get(beside, ("",))[0] == "running")


def restarted(name, times):
    def check(found):
        return any(status["name"] == name and status["restartCount"] >= times and "waiting" in status["state"]
                   for status in found["status"].get("initContainerStatuses", []))
    return check


def recordings():
    """name: (pod, what the state is told by)"""
    driver = lambda script, **more: container(DRIVER, script, **more)  # noqa: E731
    missing = driver("true")
    missing["image"] = "missing/spark:3.5.7"
    no_secret = driver("true", env=[{"name": "PASSWORD", "valueFrom": {
        "secretKeyRef": {"name": "warehouse", "key": "password"}}}])
    no_command = driver("true")
    no_command["command"] = ["/opt/entrypoint.sh"]
    eat = "exec python3 -c 'import time; time.sleep(1); b = bytearray(200 << 20); time.sleep(60)'"
    say = f"printf '%s' '{MESSAGE}' > \"$TERMINATION_LOG\"; exit 1"
    self_kill = "sleep 1; kill -{} $$"
    return {
        "create-container-config-error": (pod("create-container-config-error", [no_secret]),
                                          waiting(DRIVER, "CreateContainerConfigError")),
        "driver-done-classic-sidecar-running": (
            pod("driver-done-sidecar-running", [container(SIDECAR, UNTIL_TERM), driver("sleep 1")]),
            ended_beside(DRIVER, SIDECAR)),
        "driver-failed-classic-sidecar-running": (
            pod("driver-failed-sidecar-running", [container(SIDECAR, UNTIL_TERM), driver("sleep 1; exit 1")]),
            ended_beside(DRIVER, SIDECAR)),
        "err-image-pull": (pod("err-image-pull", [missing]), waiting(DRIVER, "ErrImagePull")),
        "executor-exit-52-jvm-oom": (pod("pi-exec-8", [container(EXECUTOR, "sleep 1; exit 52")], role="executor"),
                                     phase("Failed")),
        "executor-oom-killed": (pod("pi-exec-7", [container(EXECUTOR, eat)], role="executor"), phase("Failed")),
        "failed-exit-1": (pod("failed-exit-1", [driver("sleep 1; exit 1")]), phase("Failed")),
        "failed-exit-1-termination-message": (pod("failed-exit-1-message", [driver(say)]), phase("Failed")),
        "image-pull-backoff": (pod("image-pull-backoff", [missing]), waiting(DRIVER, "ImagePullBackOff")),
        "native-sidecar-crashloop-driver-waiting": (
            pod("native-sidecar-crashloop", [driver("sleep 5")], [container(
                SIDECAR, "exit 1", restartPolicy="Always",
                startupProbe={"exec": {"command": ["true"]}, "periodSeconds": 1})]), restarted(SIDECAR, 2)),
        "native-sidecar-driver-done-pod-succeeded": (
            pod("native-sidecar-done", [driver("sleep 2")], native(UNTIL_TERM)), phase("Succeeded")),
        "native-sidecar-running": (
            pod("native-sidecar-running", [driver("sleep 60")], native(UNTIL_TERM), grace=1), running(DRIVER, SIDECAR)),
        "native-sidecar-terminated-143-pod-succeeded": (
            pod("native-sidecar-143", [driver("sleep 2")], native("exec sleep 100")), phase("Succeeded")),
        "oom-killed-137": (pod("oom-killed", [driver(eat)]), phase("Failed")),
        "running": (pod("running", [driver("sleep 60")], grace=1), running(DRIVER)),
        "running-with-sidecar": (
            pod("running-with-sidecar", [container(SIDECAR, UNTIL_TERM), driver("sleep 60")], grace=1),
            running(DRIVER, SIDECAR)),
        "sigkill-137-not-oom": (pod("sigkill-not-oom", [driver(self_kill.format("KILL"))]), phase("Failed")),
        "sigterm-143": (pod("sigterm-143", [driver(self_kill.format("TERM"))]), phase("Failed")),
        "start-error-128": (pod("start-error", [no_command]), phase("Failed")),
        "succeeded": (pod("succeeded", [driver("sleep 2")]), phase("Succeeded")),
    }


def record(plane, wanted, into, seconds=180.0):
    client = plane.client()
    kube_client.service_account(client, NAMESPACE, "default")
    _, version = client.list(PODS)
    left = {spec["metadata"]["name"]: (file, check) for file, (spec, check) in wanted.items()}
    watcher = plane.client()
    connection = http.client.HTTPSConnection(watcher.host, watcher.port, timeout=seconds, context=watcher.tls)
    connection.request("GET", f"{PODS}?watch=1&resourceVersion={version}&timeoutSeconds={int(seconds)}",
                       headers={"Accept": "application/json", "User-Agent": "record_pods"})
    answer = connection.getresponse()
    for spec, _ in wanted.values():
        client.create(PODS, spec)
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        line = answer.readline()
        if not line:
            break
        found = json.loads(line)["object"]
        file, check = left.get(found["metadata"]["name"], (None, None))
        if file is None or not check(found):
            continue
        del left[found["metadata"]["name"]]
        with open(os.path.join(into, file + ".json"), "w") as out:
            json.dump(found, out, indent=2, ensure_ascii=False)
            out.write("\n")
        print("recorded", file)
        client.delete(f"{PODS}/{found['metadata']['name']}")
    connection.close()
    if left:
        raise AssertionError("never seen: " + ", ".join(sorted(file for file, _ in left.values())))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--into", default=os.path.join(lab.ROOT, "tests", "fixtures", "kubernetes", "pods"))
    asked = parser.parse_args()
    every = recordings()
    wanted = {name: every[name] for name in asked.names or every}
    with ControlPlane("kcm scheduler process-kubelet") as plane:
        record(plane, wanted, asked.into)


if __name__ == "__main__":
    sys.exit(main())
