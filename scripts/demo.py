#!/usr/bin/env python3
"""make demo: a real PySpark application with the exporter beside it, and what /metrics says about it meanwhile; a second
one that fails, an observer that says why, and Prometheus and Alertmanager, in which SparkJobFailed fires. Without PyPI or
Java it plays a recording of a real run instead, and says so. Leaves nothing running; with HOLD=1 it all stays up until
Ctrl-C."""
import argparse
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import demo_alerts
import demo_cluster
import demo_dashboards
import demo_replay
from demo_view import Metrics, View, summary

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PYSPARK = "3.5.9"
JOB = "nightly-sales"
MASTER = "local-cluster[2,2,1024]"


class CannotRun(Exception):
    """Why there can be no real Spark here."""


def start(command, **more):
    """A process of its own session that the kernel ends with us, however we end."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True,
                            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL), **more)


def stop(process):
    """Ends the process and what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            try:
                if os.getsid(pid) == process.pid:
                    os.kill(pid, number)
            except OSError:
                continue
        try:
            process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            continue


class Exporter:
    """One exporter; `beside`, another one whose outcomes of our job are shown as well."""

    def __init__(self, binary, name, scratch, flags, beside=None):
        self.log, self.beside = os.path.join(scratch, name + ".log"), beside
        with open(self.log, "wb") as log:
            self.process = start([binary, "--web.listen-address=127.0.0.1:0", *flags], stdout=log, stderr=log)
        self.address = self._address()
        self.url = "http://" + self.address

    def _address(self):
        end = time.monotonic() + 15
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.log, errors="replace") as log:
                found = re.search(r"\blistening\b.*?(127\.0\.0\.1:\d+)", log.read())
            if found:
                return found.group(1)
            time.sleep(0.05)
        with open(self.log, errors="replace") as log:
            sys.exit(f"the exporter does not start:\n{log.read()}")

    def exposition(self):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode("utf-8")
        finally:
            connection.close()

    def metrics(self):
        text = self.exposition()
        if self.beside:
            text += "\n".join(line for line in self.beside.exposition().splitlines()
                              if line.startswith("spark_job_") and f'app="{JOB}"' in line)
        return Metrics(text)

    def after_polls(self, count):
        """The metrics after so many more full rounds of questions, or as they are after ten seconds."""
        end, seen = time.monotonic() + 10, set()
        while True:
            metrics = self.metrics()
            seen.add(metrics.sum("spark_exporter_source_last_success_timestamp_seconds"))
            if len(seen) > count or time.monotonic() > end:
                return metrics
            time.sleep(0.1)


class RealSpark:
    """The workload on PySpark from PyPI."""

    def __init__(self, scratch):
        if not shutil.which("java"):
            raise CannotRun("no Java on the PATH")
        made = subprocess.run([os.path.join(HERE, "venv.sh"), PYSPARK], stdout=subprocess.PIPE, text=True)
        if made.returncode != 0:
            raise CannotRun(f"no PySpark {PYSPARK} from PyPI")
        python = made.stdout.strip().splitlines()[-1]
        home = subprocess.check_output([python, "-c", "import os,pyspark;print(os.path.dirname(pyspark.__file__))"],
                                       text=True).strip()
        self.scratch, port = scratch, free_port()
        self.url, self.log = f"http://127.0.0.1:{port}", os.path.join(scratch, "spark.log")
        env = {**os.environ, "SPARK_HOME": home, "PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python,
               "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "127.0.0.1", "TMPDIR": scratch,
               "SPARK_WORKER_DIR": os.path.join(scratch, "work"), "PYTHONDONTWRITEBYTECODE": "1",
               "DEMO_PATIENCE": "86400"}
        for name in ("SPARK_CONF_DIR", "PYTHONPATH"):
            env.pop(name, None)
        conf = {"spark.ui.port": port, "spark.ui.showConsoleProgress": "false", "spark.local.dir": scratch,
                "spark.sql.shuffle.partitions": 8, "spark.executor.memory": "700m", "spark.memory.fraction": 0.3,
                "spark.shuffle.spill.numElementsForceSpillThreshold": 200000,
                "spark.executor.heartbeatInterval": "3s", "spark.sql.warehouse.dir": os.path.join(scratch, "warehouse")}
        self.submit = [os.path.join(home, "bin", "spark-submit")], env
        command = [*self.submit[0], "--master", MASTER]
        for key, value in conf.items():
            command += ["--conf", f"{key}={value}"]
        with open(self.log, "wb") as log:
            self.process = start(command + [os.path.join(HERE, "demo_workload.py"), scratch], stdout=log, stderr=log,
                                 env=env, cwd=scratch)
        self.title = f"PySpark {PYSPARK} on {MASTER}, the exporter beside it"

    def submit_failing(self):
        """The command for the job that fails, but for its program; and its environment."""
        command, env = self.submit
        return [*command, "--master", "local[1]", "--driver-memory", "600m", "--conf", "spark.ui.enabled=false"], env

    def progress(self, metrics):
        try:
            with open(os.path.join(self.scratch, "plan")) as plan:
                planned = int(plan.read() or 0)
        except OSError:
            planned = 0
        return metrics.sum("spark_sql_executions_total"), planned, "queries"

    def over(self):
        return os.path.exists(os.path.join(self.scratch, "done")) or self.process.poll() is not None

    def failed(self):
        return self.process.poll() not in (None, 0)

    def leave(self):
        """Lets the driver end; returns its exit code."""
        open(os.path.join(self.scratch, "go"), "w").close()
        return self.process.wait(timeout=60)

    def close(self):
        stop(self.process)


class Replay:
    """The bundled recording."""

    def __init__(self):
        self.driver = demo_replay.Driver(os.path.join(ROOT, "tests", "fixtures", "spark-3.5.9", "healthy"))
        self.url, self.title = self.driver.url, f"A recording of PySpark {PYSPARK}, the exporter beside it"
        self.end = time.monotonic() + self.driver.seconds

    def submit_failing(self):
        return None

    def progress(self, metrics):
        return metrics.sum("spark_app_jobs_total"), 14, "Spark jobs"

    def over(self):
        return time.monotonic() > self.end

    def failed(self):
        return False

    def leave(self):
        return None

    def close(self):
        self.driver.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def choose(scratch, replay):
    if replay:
        return Replay()
    try:
        return RealSpark(scratch)
    except CannotRun as reason:
        print(f"{reason}: playing a recording of a real run instead.\n", flush=True)
        return Replay()


def application_id(source):
    """Spark's, as soon as its driver answers."""
    end = time.monotonic() + 90
    while time.monotonic() < end and not source.failed():
        try:
            with urllib.request.urlopen(source.url + "/api/v1/applications", timeout=5) as answer:
                return json.load(answer)[0]["id"]
        except (OSError, ValueError, LookupError):
            time.sleep(0.2)
    return None


def watch(source, exporter, each_second):
    view = View(source.title, exporter.url, source.progress)
    if not view.live:
        print(f"{source.title}\n{exporter.url}/metrics   {exporter.url}/report", flush=True)
    while not source.over():
        each_second()
        view.show(exporter.metrics())
        time.sleep(1)
    last = exporter.after_polls(3)
    view.last_plain = -10
    view.show(last)
    return last


class Scene:
    """All that runs beside the healthy driver. A context manager: nothing of it is left."""

    def __init__(self, options, scratch, source):
        self.processes, self.failing, self.monitoring = [], None, None
        self.cluster = demo_cluster.Cluster()
        flags = ["--kubernetes=auto", f"--kubernetes.api-server={self.cluster.url}",
                 f"--kubernetes.namespace={demo_cluster.NAMESPACE}"]
        try:
            self.observer = self._add(Exporter(options.binary, "observer", scratch, ["--mode=observer", *flags]))
            self.sidecar = self._add(Exporter(options.binary, "exporter", scratch, [
                *flags, f"--spark.url={source.url}", "--spark.interval=1s", "--outcome.owner=observer",
                f"--cost.prices={os.path.join(ROOT, 'examples', 'prices', 'list-prices.yaml')}",
                f"--job.name={JOB}", f"--kubernetes.pod={JOB}-driver"], beside=self.observer))
            self.lacking = demo_alerts.missing()
            if not self.lacking:
                targets = [self.observer.address, self.sidecar.address]
                self.monitoring = demo_alerts.Monitoring(scratch, targets, start, (free_port(), free_port()))
                self.processes += self.monitoring.processes
                self.failing = demo_alerts.FailingJob(self.cluster, scratch, start, source.submit_failing())
                self.processes.append(self.failing.process)
            self.pod = self.cluster.start_driver(JOB, application_id(source) or "unknown", PYSPARK, {"team": "sales"})
        except BaseException:
            self.__exit__()
            raise

    def _add(self, exporter):
        self.processes.append(exporter.process)
        return exporter

    def each_second(self):
        if self.failing:
            self.failing.watch()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            stop(process)
        self.cluster.close()


def say(text):
    print(text, flush=True)


def show_alert(scene):
    """Whether it fired and its runbook was there."""
    if scene.lacking:
        say(f"\n{scene.lacking}: no alert is shown. Debian's packages: prometheus, prometheus-alertmanager.")
        return True
    what = "A second Spark job" if scene.failing.real else "A second driver, here a plain Python program,"
    say(f"\n{what} ran meanwhile and failed: {demo_alerts.FAILING}. The driver pods are told to the exporter by a "
        "stand-in for\nthe API server (make prove has a real one); Prometheus and Alertmanager are real.")
    alert = demo_alerts.wait_for_alert(scene.failing, scene.monitoring, say)
    if not alert:
        say("SparkJobFailed did not fire.")
        return False
    return demo_alerts.show(alert, scene.failing, scene.observer.url, say)


def hold(scene):
    say("\nAll of it is up until Ctrl-C:")
    places = [("sidecar", scene.sidecar.url + "/report"), ("observer", scene.observer.url),
              ("runbooks", scene.observer.url + "/runbooks/")]
    if scene.monitoring:
        places += [("Prometheus", scene.monitoring.prometheus),
                   ("Alertmanager", scene.monitoring.alertmanager)]
    for name, url in places:
        say(f"  {name:<13} {url}")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        say("")


def run(options, scratch):
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"no exporter at {options.binary}: make build")
    dashboards = demo_dashboards.Dashboards()
    source = choose(scratch, options.replay)
    try:
        with Scene(options, scratch, source) as scene:
            last = watch(source, scene.sidecar, scene.each_second)
            if source.failed():
                with open(source.log, errors="replace") as log:
                    print("The workload failed; the end of its log:\n" + "".join(log.readlines()[-25:]))
                return 1
            say(summary(last, f"What {scene.sidecar.address}/metrics said in the end"))
            shown = show_alert(scene)
            if scene.monitoring:
                dashboards.draw(scene.monitoring.prometheus, demo_cluster.NAMESPACE, JOB, say)
            if os.environ.get("HOLD", "0") not in ("", "0"):
                hold(scene)
            code = source.leave()
            scene.cluster.end_driver(scene.pod, code or 0)
        ended = "The recording is over" if code is None else f"The driver has ended with exit code {code}"
        say(f"\n{ended}; nothing is left running. HOLD=1 make demo keeps all of it up for a look.\n"
            f"Beside a driver of your own: build/release/spark_exporter --spark.url=http://localhost:4040, then "
            f"http://localhost:9817/metrics and /report.")
        return 0 if shown else 1
    finally:
        source.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=os.environ.get("SPARK_EXPORTER")
                        or os.path.join(ROOT, "build", "release", "spark_exporter"))
    parser.add_argument("--replay", action="store_true", help="play the recording even if Spark is there")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = tempfile.mkdtemp(prefix="spark-exporter-demo-")
    try:
        return run(options, scratch)
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
