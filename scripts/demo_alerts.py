"""The demo's second half: a job that fails, an observer that says why, Prometheus with our rules, and Alertmanager, until
SparkJobFailed fires there."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.parse
import urllib.request

import demo_cluster
from demo_view import Metrics

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
FAILING = "nightly-deliveries"
FIRES_IN = 200  # seconds: the rule's minute, and what a busy machine may take
ALERTMANAGERS = ("prometheus-alertmanager", "alertmanager")  # Debian's name, everybody else's


def fetch(url, accept="*/*"):
    """The answer's text, or None."""
    try:
        request = urllib.request.Request(url, headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode("utf-8")
    except (OSError, urllib.error.URLError):
        return None


def missing():
    """What Debian lacks here for this half, or None."""
    if not shutil.which("prometheus"):
        return "no prometheus on the PATH"
    return None if any(map(shutil.which, ALERTMANAGERS)) else "no Alertmanager on the PATH"


class Monitoring:
    """Prometheus, which scrapes `targets` (the observer first), and Alertmanager. `start(command, **popen)` starts a process."""

    def __init__(self, scratch, targets, start, ports):
        self.processes = []
        self.prometheus, self.alertmanager = (f"http://127.0.0.1:{port}" for port in ports)
        self.folder = os.path.join(scratch, "monitoring")
        os.makedirs(self.folder)
        receivers = {"route": {"receiver": "nobody", "group_wait": "1s"}, "receivers": [{"name": "nobody"}]}
        scrape = {"job_name": "spark", "honor_labels": True,
                  "metric_relabel_configs": [{"regex": "instance|pod", "action": "labeldrop"}],
                  "static_configs": [{"targets": targets}]}
        config = {"global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"},
                  "rule_files": self._rules(f"http://{targets[0]}/runbooks"),
                  "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports[1]}"]}]}]},
                  "scrape_configs": [scrape]}
        binary = next(filter(shutil.which, ALERTMANAGERS))
        self._start(start, [binary, f"--config.file={self._write('alertmanager.yml', receivers)}",
                            f"--storage.path={self.folder}/alerts", f"--web.listen-address=127.0.0.1:{ports[1]}",
                            "--cluster.listen-address="])
        self._start(start, ["prometheus", f"--config.file={self._write('prometheus.yml', config)}",
                            f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{ports[0]}"])

    def _rules(self, runbooks):
        """All rule files, with links to the runbooks that the observer serves."""
        folder = os.path.join(self.folder, "rules")
        subprocess.run([sys.executable, os.path.join(ROOT, "rules", "generate.py"), "--output", folder,
                        "--runbooks", runbooks], check=True)
        return [path for path in sorted(glob.glob(os.path.join(folder, "*.yaml"))) if "keep-firing" not in path]

    def _write(self, name, config):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            json.dump(config, out)  # JSON is YAML
        return path

    def _start(self, start, command):
        with open(os.path.join(self.folder, os.path.basename(command[0]) + ".log"), "wb") as log:
            self.processes.append(start(command, stdout=log, stderr=log))

    def trouble(self):
        """The end of the log of what has ended, or None."""
        for process in self.processes:
            if process.poll() is not None:
                with open(os.path.join(self.folder, os.path.basename(process.args[0]) + ".log"), errors="replace") as log:
                    return process.args[0] + " has ended:\n" + "".join(log.readlines()[-5:])
        return None

    def firing(self, app):
        """The job's SparkJobFailed as Alertmanager has it, or None."""
        filters = urllib.parse.urlencode([("filter", 'alertname="SparkJobFailed"'), ("filter", f'app="{app}"')])
        answer = fetch(f"{self.alertmanager}/api/v2/alerts?{filters}")
        return next(iter(json.loads(answer)), None) if answer else None


class FailingJob:
    """nightly-deliveries: on Spark where `submit` (a spark-submit command and its environment) is given, else a Python
    program that fails alike. watch() tells the cluster of its end."""

    def __init__(self, cluster, scratch, start, submit):
        self.cluster, self.log, self.ended = cluster, os.path.join(scratch, FAILING + ".log"), None
        self.real = submit is not None
        program = f"raise FileNotFoundError('{scratch}/deliveries/today')"
        command, env = submit or (["python3", "-c", program], None)
        if self.real:
            command = command + [os.path.join(HERE, "demo_failing.py"), scratch]
        with open(self.log, "wb") as log:
            self.process = start(command, stdout=log, stderr=log, env=env, cwd=scratch)
        self.pod = cluster.start_driver(FAILING, f"spark-{os.getpid():032x}", "", {"team": "logistics"})

    def watch(self):
        code = self.process.poll()
        if code is None or self.ended:
            return
        self.cluster.end_driver(self.pod, code if code >= 0 else 128 - code, demo_cluster.end_of_log(self.log))
        self.ended = time.monotonic()


def wait_for_alert(job, monitoring, say):
    """The alert, or None where it does not come."""
    end = time.monotonic() + FIRES_IN
    told = 0.0
    while time.monotonic() < end:
        job.watch()
        alert = monitoring.firing(FAILING)
        if alert:
            return alert
        if monitoring.trouble():
            say(monitoring.trouble())
            return None
        if job.ended and time.monotonic() > told + 15:
            told = time.monotonic()
            say(f"{FAILING} has failed {told - job.ended:.0f} s ago; the alert fires when that has lasted a minute ...")
        time.sleep(0.5)
    return None


def first_section(markdown):
    """What a runbook says is to be done now."""
    found = re.search(r"^## Do this now\n(.*?)^## ", markdown or "", re.M | re.S)
    lines = found.group(1).strip().splitlines() if found else []
    return "\n".join(line for line in lines if not line.startswith("```"))


def show(alert, job, observer, say):
    labels, notes = alert["labels"], alert["annotations"]
    say(f"\nSparkJobFailed fires in Alertmanager, {time.monotonic() - job.ended:.0f} s after the driver's end:")
    say("  " + ", ".join(f'{key}="{labels[key]}"' for key in sorted(labels) if key != "alertname"))
    for name in ("summary", "description", "runbook", "runbook_url", "dashboard_url"):
        if notes.get(name):
            say(textwrap.fill(notes[name], 110, initial_indent=f"  {name + ':':<14} ", subsequent_indent=" " * 17,
                              break_long_words=False, break_on_hyphens=False))
    why = Metrics(fetch(observer + "/metrics") or "")
    say("  why:           " + ", ".join(f'{name}="{why.label("spark_job_failure_info", name)}"'
                                        for name in ("reason", "exit_code", "exception")))
    query = urllib.parse.urlencode({"namespace": labels.get("namespace", ""), "app": labels.get("app", "")})
    url = f"{observer}/runbooks/SparkJobFailed?{query}"
    section = first_section(fetch(url))
    say(f"\nIts runbook, filled in by the exporter ({url}):")
    say(textwrap.indent(section, "  "))
    return bool(section)
