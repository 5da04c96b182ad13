"""Pods as Spark on Kubernetes makes them, as objects: created with a node's name, then given the status that a kubelet
would have written. Many at a time."""
import queue
import random
import threading
import time

DRIVER, EXECUTOR = "spark-kubernetes-driver", "spark-kubernetes-executor"


def _ago(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


# An hour ago: what ended longer ago than --outcome.retention is not shown.
MADE, STARTED, ENDED = _ago(3600), _ago(3596), _ago(749)


def job(number):
    """(namespace, name, application id) of the number-th run, which is the only one of its job."""
    return f"team-{number % 10}", f"nightly-load-{number:05d}", f"spark-{random.Random(number).getrandbits(128):032x}"


def driver(number):
    namespace, name, app_id = job(number)
    pod = _pod(namespace, f"{name}-{app_id[-8:]}-driver", "driver", name, app_id, number)
    pod["metadata"]["labels"]["team"] = namespace
    _container(pod, DRIVER, "2", "1408Mi", [
        "driver", "--properties-file", "/opt/spark/conf/spark.properties", "--class", "com.example.etl.NightlyLoad",
        "local:///opt/spark/jars/etl.jar"])
    pod["spec"]["containers"][0]["ports"] = [{"containerPort": 7078, "name": "driver-rpc-port"},
                                             {"containerPort": 7079, "name": "blockmanager"},
                                             {"containerPort": 4040, "name": "spark-ui"}]
    end = {0: (1, "Error"), 1: (0, "Completed")}.get(number % 10)
    return pod, _status(DRIVER, number, end)


def executor(number, index):
    namespace, name, app_id = job(number)
    pod = _pod(namespace, f"{name}-{app_id[-8:]}-exec-{index}", "executor", name, app_id, number * 10 + index)
    pod["metadata"]["labels"].update({"spark-exec-id": str(index), "spark-exec-resourceprofile-id": "0"})
    pod["spec"]["restartPolicy"] = "Never"
    _container(pod, EXECUTOR, "4", "9011Mi", ["executor"])
    kind = (number * 10 + index) % 50
    if kind == 7:
        del pod["spec"]["nodeName"]
        return pod, {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": MADE,
             "message": "0/40 nodes are available: 40 Insufficient memory. preemption: 0/40 nodes are available."}]}
    return pod, _status(EXECUTOR, number, (137, "OOMKilled") if kind == 8 else None)


def _pod(namespace, name, role, app, app_id, seed):
    labels = {"spark-role": role, "spark-app-name": app, "spark-app-selector": app_id, "spark-version": "3.5.7"}
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"automountServiceAccountToken": False, "nodeName": f"node-{seed % 400}", "restartPolicy": "Never",
                     "terminationGracePeriodSeconds": 30, "containers": []}}


def _container(pod, name, cores, memory, arguments):
    variables = {"SPARK_USER": "spark", "SPARK_APPLICATION_ID": pod["metadata"]["labels"]["spark-app-selector"],
                 "SPARK_CONF_DIR": "/opt/spark/conf", "SPARK_LOCAL_DIRS": "/var/data/spark-1", "SPARK_CORES": cores}
    pod["spec"]["volumes"] = [{"name": "spark-local-dir-1", "emptyDir": {}}]
    pod["spec"]["containers"].append({
        "name": name, "image": "registry.example/spark:3.5.7", "args": arguments,
        "env": [{"name": key, "value": value} for key, value in variables.items()] +
               [{"name": "SPARK_DRIVER_BIND_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "resources": {"requests": {"cpu": cores, "memory": memory}, "limits": {"memory": memory}},
        "volumeMounts": [{"name": "spark-local-dir-1", "mountPath": "/var/data/spark-1"}]})


def _status(container, number, end):
    """Running, or ended with (exit code, reason)."""
    state = {"running": {"startedAt": STARTED}}
    phase, ready = "Running", "True"
    if end:
        code, reason = end
        state = {"terminated": {"exitCode": code, "reason": reason, "startedAt": STARTED, "finishedAt": ENDED}}
        phase, ready = "Succeeded" if code == 0 else "Failed", "False"
    address = f"10.{number % 200}.{number // 200 % 200}.{number % 250 + 1}"
    return {"phase": phase, "startTime": MADE, "podIP": address, "podIPs": [{"ip": address}], "hostIP": "10.0.0.1",
            "conditions": [{"type": kind, "status": status, "lastTransitionTime": STARTED} for kind, status in (
                ("PodReadyToStartContainers", "True"), ("Initialized", "True"), ("Ready", ready),
                ("ContainersReady", ready), ("PodScheduled", "True"))],
            "containerStatuses": [{
                "name": container, "image": "registry.example/spark:3.5.7", "ready": ready == "True",
                "imageID": "registry.example/spark@sha256:" + "3f" * 32, "restartCount": 0, "state": state,
                "containerID": "containerd://" + "a7" * 32}]}


def create_all(plane, pods, workers=8):
    """Creates each (pod, status), by `workers` connections at a time."""
    waiting = queue.Queue()
    for pair in pods:
        waiting.put(pair)
    failures = []

    def work():
        client = plane.client()
        while not failures:
            try:
                pod, status = waiting.get_nowait()
            except queue.Empty:
                return
            path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods"
            try:
                client.create(path, pod, allow=(409,))
                client.patch(f"{path}/{pod['metadata']['name']}/status", {"status": status})
            except Exception as failure:  # told by the caller's thread
                failures.append(failure)
    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
