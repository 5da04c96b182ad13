"""Debian's Prometheus with all our rules, and its Alertmanager, beside a cluster; and what is told there, when."""
import json
import os
import shutil
import subprocess
import sys
import threading
import time

import kube_lab
import kube_prometheus
import lab

sys.path.insert(0, os.path.join(lab.ROOT, "rules"))
import generate  # noqa: E402
import thresholds  # noqa: E402
from generator import rule  # noqa: E402

BINARIES = ("prometheus-alertmanager", "alertmanager")  # Debian's name, everybody else's
# As written: the contract's two, the one that must come after HighGCTime, and those about the exporter, which are no trouble
# that is planted here.
AS_WRITTEN = ("SparkJobFailed", "HighGCTime", "SparkShortExecutorsGCTime", "SparkExporterDown", "SparkExporterSourceDown")


def write_rules(folder, factor):
    """The rule files with each other `for` divided by the factor; the contract's file is the committed one."""
    shorter = {name: max(seconds // factor, 1) for name, seconds in thresholds.FOR.items() if name not in AS_WRITTEN}
    os.makedirs(folder)
    for name, (head, groups) in generate.files(thresholds.Table(**shorter)).items():
        if name == "contract-keep-firing.yaml":
            continue
        path = os.path.join(folder, name)
        if name == "contract.yaml":
            shutil.copy(os.path.join(lab.ROOT, "rules", name), path)
        else:
            with open(path, "w", encoding="utf-8") as out:
                out.write(rule.document(head, groups))
    subprocess.run(["promtool", "check", "rules", *sorted(os.listdir(folder))], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    return folder


class Prometheus(kube_prometheus.Prometheus):
    """Scrapes and evaluates every two seconds."""

    def __init__(self, cluster, targets, observers, rules, alertmanager):
        self.rules, self.alertmanager = rules, alertmanager
        super().__init__(cluster, 2, targets, observers)

    def _configuration(self, targets, observers):
        made = super()._configuration(targets, observers)
        made["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"}
        made["rule_files"] = [os.path.join(self.rules, "*.yaml")]
        made["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.alertmanager.port}"]}]}]}
        return made


class Alertmanager(kube_lab.Process):
    def __init__(self, cluster):
        self.binary = next(filter(shutil.which, BINARIES), None)
        if not self.binary:
            raise lab.Skip("no Alertmanager (Debian: prometheus-alertmanager)")
        self.folder = os.path.join(cluster.state, "alertmanager")
        os.makedirs(self.folder)
        super().__init__(os.path.join(self.folder, "log"))
        self.port = lab.free_port()
        with open(os.path.join(self.folder, "alertmanager.yml"), "w", encoding="utf-8") as out:
            json.dump({"route": {"receiver": "nobody", "group_wait": "1s"}, "receivers": [{"name": "nobody"}]}, out)

    def command(self):
        return [self.binary, f"--config.file={self.folder}/alertmanager.yml", f"--storage.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]

    def alerts(self):
        """What it holds now; nothing while it does not answer."""
        return json.loads(kube_prometheus.fetch(f"http://127.0.0.1:{self.port}/api/v2/alerts") or b"[]")


class Told:
    """Looks at Alertmanager each second and keeps every alert with the time when it was first there. A context manager."""

    def __init__(self, alertmanager):
        self.alertmanager, self.stop = alertmanager, threading.Event()
        self.first = {}  # (app or "", alert name) -> (time, the alert)
        self.changed = threading.Condition()

    def __enter__(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.stop.set()
        self.thread.join(10)

    def _run(self):
        while not self.stop.wait(1):
            now = time.time()
            for alert in self.alertmanager.alerts():
                labels = alert["labels"]
                key = labels.get("app", ""), labels["alertname"]
                if key not in self.first:
                    with self.changed:
                        self.first[key] = now, alert
                        self.changed.notify_all()

    def wait(self, app, name, seconds):
        """(time, the alert), or None where it does not come."""
        end = time.monotonic() + seconds
        with self.changed:
            while (app, name) not in self.first and time.monotonic() < end:
                self.changed.wait(end - time.monotonic())
            return self.first.get((app, name))

    def names(self, app):
        return sorted(name for found, name in self.first if found == app)
