"""Real exporters to ask: an observer over a stand-in for the API server with drivers in every state, and sidecars
beside recorded drivers: a healthy run that is played, others that stand still."""
import copy
import gzip
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

import boards
from prometheus import Skip

sys.path.append(os.path.join(boards.ROOT, "scripts"))
import demo_cluster  # noqa: E402
import demo_replay  # noqa: E402

FIXTURES = os.path.join(boards.ROOT, "tests", "fixtures", "spark-3.5.9")
CONFIG = """job:
  labels: [team]
cost:
  currency: EUR
  prices:
    - core: 0.05
      memory_gib: 0.006
  budgets:
    - {job: '*', amount: 0.5}
"""
# What becomes of the drivers that have no sidecar: exit code and the container's last words.
DRIVERS = {"ledger": (0, ""), "returns": (1, "java.io.FileNotFoundException: /data/today"), "scores": (137, ""),
           "feed": None}
HEALTHY, STREAM, FAILS, ENDS = "nightly-sales", "clickstream", "enrich", "sales-mart"
STARTED_BEFORE = 600    # seconds: the drivers, before the scene begins


def wait(what, found, seconds=20):
    """What `found` returns once that is true."""
    end = time.monotonic() + seconds
    while True:
        result = found()
        if result:
            return result
        if time.monotonic() > end:
            raise RuntimeError(f"no {what} after {seconds} s")
        time.sleep(0.05)


def text_of(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class Still(demo_replay.Recording):
    """One recorded instant, its times moved so that it is now."""

    def __init__(self, folder):
        self.folder, self.begin = folder, time.time()
        attempt = self._read("", "applications.json")[0]["attempts"][0]
        self.recorded_start = attempt["startTimeEpoch"] / 1000 + attempt["duration"] / 1000

    def _load(self, name):
        found = self._read("", name)
        if found is None and name == "applications-APP-environment.json":   # recorded once only: what pods cost
            found = self._read(os.path.join(FIXTURES, "healthy", "finished"), name)
        return found


class Driver:
    """Serves a recording on a loopback port."""

    def __init__(self, recording):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                found = recording.answer(self.path)
                body = (found or "not in the recording").encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json" if found else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:     # the exporter was ended meanwhile
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None      # an exporter that was ended resets its connections
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.app_id = recording._load("applications.json")[0]["id"]


class Scene:
    def __init__(self, folder):
        self.binary = os.environ.get("SPARK_EXPORTER") or os.path.join(boards.ROOT, "build", "release",
                                                                       "spark_exporter")
        if not os.access(self.binary, os.X_OK):
            raise Skip(f"no exporter at {self.binary}")
        self.folder, self.processes, self.addresses = folder, [], {}
        self.cluster = demo_cluster.Cluster()
        self.cluster.server.handle_error = lambda *_: None
        self.log = os.path.join(folder, "driver.log")
        with open(self.log, "w"):
            pass
        self.config = os.path.join(folder, "exporter.yml")
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(CONFIG)

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()      # they would wait for their drivers' end
        for process in self.processes:
            process.wait(20)
        self.cluster.close()

    def _start(self):
        flags = ["--kubernetes=auto", f"--kubernetes.api-server={self.cluster.url}", f"--config.file={self.config}",
                 f"--kubernetes.namespace={demo_cluster.NAMESPACE}"]
        self._exporter("observer", ["--mode=observer", *flags])
        for job, recording in ((HEALTHY, demo_replay.Recording(os.path.join(FIXTURES, "healthy"))),
                               (STREAM, Still(os.path.join(FIXTURES, "stream", "running"))),
                               (FAILS, Still(os.path.join(FIXTURES, "fail", "retried"))),
                               (ENDS, Still(os.path.join(FIXTURES, "gc", "finished")))):
            driver = Driver(recording)
            pod = self._driver(job, driver.app_id, "sales")
            words = self._words(job)
            with open(words, "w"):
                pass
            more = [f"--logs.file={self.log}"] if job == FAILS else []
            self._exporter(job, [*flags, *more, f"--spark.url={driver.url}", "--spark.interval=1s",
                                 "--outcome.owner=observer",
                                 f"--outcome.termination-log={words}", f"--job.name={job}", f"--kubernetes.pod={pod}"])
        for number, (job, end) in enumerate(DRIVERS.items()):
            pod = self._driver(job, f"spark-{number:032x}", "risk")
            if end:
                self.cluster.end_driver(pod, *end)

    def _driver(self, job, app_id, team):
        """A driver pod that has been there for a while."""
        name = self.cluster.start_driver(job, app_id, "3.5.9", {"team": team})
        pod = copy.deepcopy(self.cluster.pods[name])
        before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - STARTED_BEFORE))
        pod["metadata"]["creationTimestamp"] = pod["status"]["startTime"] = before
        pod["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": before}}
        self.cluster._tell("MODIFIED", pod)
        return name

    def _words(self, job):
        return os.path.join(self.folder, job + ".words")

    def end_runs(self):
        """Two drivers end; their sidecars leave their last words, and the kubelet that we are passes them on."""
        ends = {FAILS: 1, ENDS: 0}
        for job, code in ends.items():
            self.cluster.end_driver(f"{job}-driver", code)
        for job in ends:
            wait(f"last words of {job}", lambda job=job: os.path.getsize(self._words(job)))
            pod = copy.deepcopy(self.cluster.pods[f"{job}-driver"])
            with open(self._words(job), encoding="utf-8") as words:
                state = {"terminated": {"exitCode": 0, "reason": "Completed", "message": words.read(),
                                        "startedAt": demo_cluster.now(), "finishedAt": demo_cluster.now()}}
            pod["status"]["containerStatuses"].append({"name": "spark-exporter", "ready": False, "state": state})
            self.cluster._tell("MODIFIED", pod)
        wait("costs of the ended runs", lambda: 'use="driver"' in self.ask("observer"))
        for job in ends:    # the observer sums up with the next news, or a quarter of a minute later
            self.cluster._tell("MODIFIED", copy.deepcopy(self.cluster.pods[f"{job}-driver"]))

    def write_log(self):
        """What the failing driver wrote when it was recorded."""
        recorded = os.path.join(boards.ROOT, "tests", "fixtures", "logs", "3.5.9-failing.log.gz")
        with gzip.open(recorded) as text, open(self.log, "ab") as out:
            shutil.copyfileobj(text, out)

    def validate(self, number):
        """A quality gate tells the observer of its validation `number`."""
        now, failed = time.time(), number + 1
        checks = [{"name": f"check-{one}", "outcome": "failed" if one < failed else "passed"} for one in range(10)]
        self._tell("quality", {
            "id": f"validation-{number}", "dataset": "orders", "suite": "gates", "time": text_of(now - 60 + number),
            "checks": checks, "rows": 1000, "quarantined_rows": 7 * failed, "latest_data_time": text_of(now - 3600),
            "null_ratios": {"customer_id": 0.02}})

    def back_up(self):
        """A backup and a restore drill tell the observer of their ends."""
        now = time.time()
        for kind, more in (("backup", {"size_bytes": 1 << 30, "data_timestamp": text_of(now - 900)}),
                           ("restore", {"restore_seconds": 240})):
            self._tell("backups", {
                "backup": "warehouse", "kind": kind, "success": True, "started": text_of(now - 400),
                "ended": text_of(now - 100), "rpo_seconds": 3600, "rto_seconds": 600, **more})

    def _tell(self, what, document):
        request = urllib.request.Request(
            f"http://{self.addresses['observer']}/api/v1/{what}", data=json.dumps(document).encode(), method="POST",
            headers={"Authorization": f"Bearer pod.{HEALTHY}-driver", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def ask(self, name):
        with urllib.request.urlopen(f"http://{self.addresses[name]}/metrics", timeout=10) as answer:
            return answer.read().decode("utf-8")

    def _exporter(self, name, flags):
        log = os.path.join(self.folder, name + ".log")
        with open(log, "wb") as out:
            process = subprocess.Popen([self.binary, "--web.listen-address=127.0.0.1:0", *flags],
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.processes.append(process)

        def listening():
            with open(log, errors="replace") as text:
                said = text.read()
            if process.poll() is not None:
                raise RuntimeError(f"the exporter {name} has ended:\n{said}")
            return re.search(r"\blistening\b.*?(127\.0\.0\.1:\d+)", said)
        self.addresses[name] = wait(f"the exporter {name}", listening).group(1)

    def scrape_configs(self):
        sidecars = [address for name, address in self.addresses.items() if name != "observer"]
        cluster = {"cluster": "live"}
        return [{"job_name": "spark-observer", "honor_labels": True,
                 "metric_relabel_configs": [{"regex": "instance|pod", "action": "labeldrop"}],
                 "static_configs": [{"targets": [self.addresses["observer"]], "labels": cluster}]},
                {"job_name": "spark-sidecars", "honor_labels": True,
                 "static_configs": [{"targets": sidecars, "labels": cluster}]}]
