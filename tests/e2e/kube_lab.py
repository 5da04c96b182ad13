"""What the tests of outcomes run on: a cluster of processes (kube/README.md) with its pods watched all the time, and the
exporter as an observer beside it."""
import calendar
import concurrent.futures
import ctypes
import http.client
import json
import os
import signal
import subprocess
import threading
import time
import urllib.parse

import control_plane
import kube_client
import lab
from exposition import Scrape

DRIVER = "spark-kubernetes-driver"
SIDECAR = "spark-exporter"
SPARK_GROUP = "/apis/sparkoperator.k8s.io/v1beta2"
STRATEGIC = "application/strategic-merge-patch+json"

# What README and chart give: the sidecar its own namespace's pods, the observer the operator's objects and the check of
# a sender's token beside them.
SIDECAR_RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}]
OBSERVER_RULES = SIDECAR_RULES + [
    {"apiGroups": ["sparkoperator.k8s.io"], "resources": ["sparkapplications", "scheduledsparkapplications"],
     "verbs": ["list", "watch"]},
    {"apiGroups": ["batch"], "resources": ["cronjobs", "jobs"], "verbs": ["list", "watch"]}]
TOKEN_REVIEWS = [{"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}]


class Cluster(control_plane.ControlPlane):
    """Control plane, scheduler, controllers and `nodes` kubelets over processes. A context manager."""

    def __init__(self, nodes=1, node_grace="20s"):
        super().__init__("kcm scheduler process-kubelet")
        self.nodes, self.node_grace = nodes, node_grace
        self.local = threading.local()
        self.pods = None

    def _kube_up(self, *words):
        self.environment.update(KUBELAB_PROC_NODES=str(self.nodes), KUBELAB_NODE_GRACE=self.node_grace)
        return super()._kube_up(*words)

    def __enter__(self):
        super().__enter__()
        try:
            self._install()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        if self.pods:
            self.pods.stop()
        super().__exit__(kind, error, trace)

    def _install(self):
        with open(os.path.join(lab.HERE, "kube", "sparkoperator-crds.json"), encoding="utf-8") as source:
            for crd in json.load(source)["items"]:
                self.api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        served = lambda: self.api.call("GET", SPARK_GROUP + "/sparkapplications")[0] == 200  # noqa: E731
        lab.wait_until("the operator's resources", served, 30)
        self.pods = Watched(self, "/api/v1/pods")

    @property
    def api(self):
        """The administrator's client of this thread."""
        if not hasattr(self.local, "client"):
            self.local.client = self.client()
        return self.local.client

    def namespace(self, name):
        self.api.create("/api/v1/namespaces", {"metadata": {"name": name}}, allow=(409,))
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        lab.wait_until(f"{name}'s account", lambda: self.api.call("GET", account)[0] == 200, 30)

    def account(self, namespace, name, rules, cluster_rules=()):
        """A service account with these rights in the namespace."""
        kube_client.service_account(self.api, namespace, name)
        kube_client.role(self.api, namespace, name, rules)
        if cluster_rules:
            base, full = "/apis/rbac.authorization.k8s.io/v1", f"{namespace}-{name}"
            self.api.create(base + "/clusterroles", {"metadata": {"name": full}, "rules": list(cluster_rules)})
            self.api.create(base + "/clusterrolebindings", {
                "metadata": {"name": full},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": full}})

    def token_file(self, namespace, name):
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 14400}}
        made = self.api.create(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", asked)
        path = os.path.join(self.state, f"{namespace}-{name}.token")
        with open(path, "w", encoding="utf-8") as out:
            out.write(made["status"]["token"])
        return path

    # --- pods and applications ------------------------------------------------------------------

    def create_pod(self, pod):
        return self.api.create(f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods", pod)

    def delete_pod(self, namespace, name, grace=None):
        options = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        return self.api.do("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}", options, allow=(404,))

    def evict_pod(self, namespace, name, grace):
        """Through the eviction API, as a drain does."""
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace},
                "deleteOptions": {"gracePeriodSeconds": grace}}
        return self.api.create(f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", body)

    def pod_status(self, namespace, name, status):
        return self.api.do("PATCH", f"/api/v1/namespaces/{namespace}/pods/{name}/status", {"status": status}, STRATEGIC)

    def application(self, namespace, name, spec):
        body = {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "metadata": {"name": name},
                "spec": spec}
        return self.api.create(f"{SPARK_GROUP}/namespaces/{namespace}/sparkapplications", body)

    def application_status(self, namespace, name, status):
        """As the operator writes it: members that are None are taken away."""
        path = f"{SPARK_GROUP}/namespaces/{namespace}/sparkapplications/{name}/status"
        return self.api.patch(path, {"status": status})

    def log_of(self, pod, container):
        """What a container of proc-N wrote so far, from its log files."""
        meta, lines = pod["metadata"], []
        for number in range(self.nodes):
            folder = os.path.join(self.state, f"proc-{number}", "pod-logs",
                                  f"{meta['namespace']}_{meta['name']}_{meta['uid']}", container)
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as log:
                    lines += [line.split(" ", 3)[-1].rstrip("\n") for line in log]
        return lines

    def lose_node(self, number):
        """SIGKILL to the node's kubelet, with which all its containers go, and nobody tells the API server."""
        part = "process-kubelet" if number == 0 else f"process-kubelet@{number}"
        self.kill(part)


class Watched:
    """A collection of objects, kept up to date by a watch; keeps the last state of those that are gone."""

    def __init__(self, cluster, path):
        self.cluster, self.path = cluster, path
        self.changed = threading.Condition()
        self.objects = {}  # uid -> the object as last seen
        self.gone = {}     # uid -> when it went
        self.stopping = False
        self.connection = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping = True
        with self.changed:
            self.changed.notify_all()
        connection = self.connection
        if connection and connection.sock:
            try:
                connection.sock.close()
            except OSError:
                pass

    def _run(self):
        version = None
        while not self.stopping:
            try:
                if version is None:
                    version = self._list()
                version = self._watch(version)
            except (OSError, http.client.HTTPException, ValueError, kube_client.Refused):
                time.sleep(0.5)  # the API server is away: nothing to wait on

    def _list(self):
        items, version = self.cluster.client().list(self.path)
        with self.changed:
            there = {item["metadata"]["uid"] for item in items}
            for uid in set(self.objects) - there - set(self.gone):
                self.gone[uid] = time.time()
            self.objects.update({item["metadata"]["uid"]: item for item in items})
            self.changed.notify_all()
        return version

    def _watch(self, version):
        client = self.cluster.client()
        address = urllib.parse.urlsplit(self.cluster.url)
        self.connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=400, context=client.tls)
        try:
            self.connection.request("GET", f"{self.path}?watch=1&allowWatchBookmarks=true&resourceVersion={version}")
            for line in self.connection.getresponse():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return None
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    self._take(event)
        finally:
            self.connection.close()
        return version

    def _take(self, event):
        uid = event["object"]["metadata"]["uid"]
        with self.changed:
            self.objects[uid] = event["object"]
            if event["type"] == "DELETED":
                self.gone[uid] = time.time()
            self.changed.notify_all()

    def wait(self, made, what, question, seconds):
        """Until question(object, is gone) is true of the object that create() has returned; that answer."""
        uid, end = made["metadata"]["uid"], time.monotonic() + seconds
        with self.changed:
            while True:
                seen = self.objects.get(uid)
                answer = seen is not None and question(seen, uid in self.gone)
                if answer:
                    return answer
                left = end - time.monotonic()
                if left <= 0:
                    status = seen and seen.get("status")
                    raise AssertionError(f"{made['metadata']['name']}: waited {seconds:.0f} s in vain for {what}: "
                                         f"{json.dumps(status)[:1500]}")
                self.changed.wait(left)

    def last(self, made):
        with self.changed:
            return self.objects.get(made["metadata"]["uid"], made)


def container_status(pod, name):
    status = pod.get("status", {})
    for entry in (status.get("containerStatuses") or []) + (status.get("initContainerStatuses") or []):
        if entry["name"] == name:
            return entry
    return {}


def ended(pod, name=DRIVER):
    """The container's end, {} while it has none."""
    return container_status(pod, name).get("state", {}).get("terminated") or {}


def is_running(pod, name=DRIVER):
    return "running" in container_status(pod, name).get("state", {})


def epoch(text):
    """Kubernetes' time as seconds, None for none."""
    if not text:
        return None
    return float(calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")))


# PR_SET_PDEATHSIG is about the thread that forks, so one that stays does it for all.
FORKER = concurrent.futures.ThreadPoolExecutor(1)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Process:
    """A part beside the cluster, with its log in a file. A context manager."""

    def __init__(self, log):
        self.log_path, self.process = log, None

    def command(self):
        raise NotImplementedError

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = FORKER.submit(
                subprocess.Popen, self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent).result()

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(30)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as source:
            return source.read().splitlines()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Observer(Process):
    """The exporter in observer mode for one namespace, as a process of its own, with a token of the cluster."""

    def __init__(self, cluster, namespace, api_url=None, flags=(), listen=None):
        super().__init__(os.path.join(cluster.state, f"observer-{namespace}.log"))
        self.cluster, self.namespace = cluster, namespace
        self.api_url, self.flags = api_url or cluster.url, list(flags)
        self.port = listen or lab.free_port()
        self.state_file = os.path.join(cluster.state, f"observer-{namespace}.state")
        cluster.account(namespace, "observer", OBSERVER_RULES, TOKEN_REVIEWS)
        self.token = cluster.token_file(namespace, "observer")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def command(self):
        return [lab.binary(), "--mode=observer", f"--web.listen-address=127.0.0.1:{self.port}",
                f"--kubernetes.api-server={self.api_url}", f"--kubernetes.token-file={self.token}",
                f"--kubernetes.ca-file={self.cluster.pki}/ca.crt", f"--kubernetes.namespace={self.namespace}",
                f"--state.file={self.state_file}", *self.flags]

    def ask(self, path="/metrics"):
        """(status, body); (0, reason) where it does not listen."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8")
        except (OSError, http.client.HTTPException) as error:
            return 0, repr(error)
        finally:
            connection.close()

    def scrape(self):
        status, body = self.ask()
        return Scrape(body) if status == 200 else None

    def wait_ready(self, seconds=60):
        def ready():
            if self.process.poll() is not None:
                raise lab.Died(f"the observer ended with {self.process.returncode}: {self.log()[-5:]}")
            return self.ask("/-/ready")[0] == 200
        lab.wait_until("the observer's first lists", ready, seconds, every=0.1)
