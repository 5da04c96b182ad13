"""Real Prometheus servers side by side, each with its own scrape interval and the contract's rule word for word; and what
their alerts did over time. Debian's Prometheus is built without Kubernetes' service discovery, so a watch of the pods
writes for file_sd what the shipped monitors select: a sidecar's port while the pod's phase is neither Succeeded nor
Failed."""
import collections
import json
import os
import shutil
import threading
import urllib.error
import urllib.parse
import urllib.request

import kube_lab
import lab

RULES = os.path.join(lab.ROOT, "rules", "contract.yaml")
STEP = 5  # seconds between the points at which a server is asked what it held
INTERVALS = (5, 15, 60)
ALERT = 'ALERTS{alertname="SparkJobFailed"}'

# When a series was there: its first and last point, and the pauses between points as (from, to).
Span = collections.namedtuple("Span", "first last gaps")


class Prometheus(kube_lab.Process):
    """One server. Evaluates every 5 s, or every 15 s where it scrapes more seldom."""

    def __init__(self, cluster, interval, targets, observers):
        if not shutil.which("prometheus"):
            raise lab.Skip("no prometheus (Debian: prometheus)")
        self.folder = os.path.join(cluster.state, f"prometheus-{interval}s")
        os.makedirs(self.folder)
        super().__init__(os.path.join(self.folder, "log"))
        self.interval, self.port = interval, lab.free_port()
        self.config = os.path.join(self.folder, "prometheus.yml")
        with open(self.config, "w", encoding="utf-8") as out:
            json.dump(self._configuration(targets, observers), out)  # JSON is YAML

    def _configuration(self, targets, observers):
        return {
            "global": {"scrape_interval": f"{self.interval}s", "scrape_timeout": "5s",
                       "evaluation_interval": f"{min(self.interval, 15)}s"},
            "rule_files": [RULES],
            "scrape_configs": [
                {"job_name": "sidecars", "honor_labels": True, "file_sd_configs": [{"files": [targets]}]},
                {"job_name": "observers", "honor_labels": True,
                 "static_configs": [{"targets": [f"127.0.0.1:{observer.port}" for observer in observers]}],
                 "metric_relabel_configs": [{"regex": "instance|pod", "action": "labeldrop"}]}]}

    def command(self):
        return ["prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--storage.tsdb.retention.time=1d"]

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise lab.Died(f"Prometheus {self.interval} s ended: {self.log()[-3:]}")
            return self._ask("/-/ready") is not None
        lab.wait_until(f"Prometheus {self.interval} s", ready, 60, every=0.1)

    def _ask(self, path):
        return fetch(f"http://127.0.0.1:{self.port}{path}")

    def _api(self, path, **query):
        raw = self._ask(f"/api/v1/{path}?{urllib.parse.urlencode(query)}")
        if raw is None:
            raise lab.Died(f"Prometheus {self.interval} s does not answer: {self.log()[-5:]}")
        return json.loads(raw)["data"]

    def firing(self):
        """The labels of the alerts that fire now."""
        return [one["labels"] for one in self._api("alerts")["alerts"] if one["state"] == "firing"]

    def history(self, query, start, end):
        """[(labels, {time: value})] at every STEP from start to end; start is a multiple of STEP."""
        answer = self._api("query_range", query=query, start=start, end=end, step=STEP)
        return [(one["metric"], {float(at): float(value) for at, value in one["values"]}) for one in answer["result"]]

    def spans(self, query, start, end, by=("namespace", "app")):
        """{values of the labels `by`: Span} of the series together."""
        points = collections.defaultdict(set)
        for labels, values in self.history(query, start, end):
            points[tuple(labels.get(name, "") for name in by)].update(values)
        return {key: span_of(sorted(times)) for key, times in points.items()}


def fetch(url):
    """The answer's body, or None."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read()
    except (urllib.error.URLError, OSError):
        return None


def span_of(times):
    gaps = [(before, after) for before, after in zip(times, times[1:]) if after - before > STEP + 0.5]
    return Span(times[0], times[-1], gaps)


class Targets:
    """Keeps the file of the sidecars' ports in step with the pods."""

    def __init__(self, cluster):
        self.pods, self.path = cluster.pods, os.path.join(cluster.state, "targets.json")
        self.written = None
        self.write()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            with self.pods.changed:
                self.pods.changed.wait()
            if self.pods.stopping:
                return
            self.write()

    def write(self):
        with self.pods.changed:
            pods = [pod for uid, pod in self.pods.objects.items() if uid not in self.pods.gone]
        groups = [{"targets": [f"{pod['status']['podIP']}:9817"],
                   "labels": {"namespace": pod["metadata"]["namespace"], "pod": pod["metadata"]["name"]}}
                  for pod in pods if _is_scraped(pod)]
        if groups != self.written:
            with open(self.path + ".new", "w", encoding="utf-8") as out:
                json.dump(groups, out)
            os.replace(self.path + ".new", self.path)
            self.written = groups


def _is_scraped(pod):
    spec, status = pod["spec"], pod.get("status", {})
    names = [one["name"] for one in spec["containers"] + spec.get("initContainers", [])]
    return kube_lab.SIDECAR in names and status.get("podIP") and status.get("phase") not in ("Succeeded", "Failed")


class Trio:
    """Three servers: 5 s, 15 s and 60 s. A context manager."""

    def __init__(self, cluster, observers=(), intervals=INTERVALS):
        targets = Targets(cluster)
        self.servers = [Prometheus(cluster, interval, targets.path, observers) for interval in intervals]

    def __enter__(self):
        started = []
        try:
            for server in self.servers:
                server.start()
                started.append(server)
            for server in started:
                server.wait_ready()
        except BaseException:
            for server in started:
                server.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        for server in self.servers:
            server.__exit__(kind, error, trace)
