#!/usr/bin/env python3
"""make demo: a real PySpark application with the exporter beside it, and what /metrics says about it meanwhile.
Without PyPI or Java it plays a recording of a real run instead, and says so. Leaves nothing running."""
import argparse
import ctypes
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import demo_replay
from demo_view import Metrics, View, summary

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PYSPARK = "3.5.9"
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
    def __init__(self, binary, spark_url, scratch):
        self.log = os.path.join(scratch, "exporter.log")
        with open(self.log, "wb") as log:
            self.process = start([binary, "--web.listen-address=127.0.0.1:0", f"--spark.url={spark_url}",
                                  "--spark.interval=1s"], stdout=log, stderr=log)
        self.address = self._address()

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

    def metrics(self):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request("GET", "/metrics")
            return Metrics(connection.getresponse().read().decode("utf-8"))
        finally:
            connection.close()

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
               "SPARK_WORKER_DIR": os.path.join(scratch, "work"), "PYTHONDONTWRITEBYTECODE": "1"}
        for name in ("SPARK_CONF_DIR", "PYTHONPATH"):
            env.pop(name, None)
        conf = {"spark.ui.port": port, "spark.ui.showConsoleProgress": "false", "spark.local.dir": scratch,
                "spark.sql.shuffle.partitions": 8, "spark.executor.memory": "700m", "spark.memory.fraction": 0.3,
                "spark.shuffle.spill.numElementsForceSpillThreshold": 200000,
                "spark.executor.heartbeatInterval": "3s", "spark.sql.warehouse.dir": os.path.join(scratch, "warehouse")}
        command = [os.path.join(home, "bin", "spark-submit"), "--master", MASTER]
        for key, value in conf.items():
            command += ["--conf", f"{key}={value}"]
        with open(self.log, "wb") as log:
            self.process = start(command + [os.path.join(HERE, "demo_workload.py"), scratch], stdout=log, stderr=log,
                                 env=env, cwd=scratch)
        self.title = f"PySpark {PYSPARK} on {MASTER}, the exporter beside it"

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
        self.url, self.title = self.driver.url, "A recording of PySpark 3.5.9, the exporter beside it"
        self.end = time.monotonic() + self.driver.seconds

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


def watch(source, exporter):
    view = View(source.title, "http://" + exporter.address, source.progress)
    if not view.live:
        print(f"{source.title}\nhttp://{exporter.address}/metrics   http://{exporter.address}/report", flush=True)
    while not source.over():
        view.show(exporter.metrics())
        time.sleep(1)
    last = exporter.after_polls(3)
    view.last_plain = -10
    view.show(last)
    return last


def run(options, scratch):
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"no exporter at {options.binary}: make build")
    source = choose(scratch, options.replay)
    exporter = None
    try:
        exporter = Exporter(options.binary, source.url, scratch)
        last = watch(source, exporter)
        if source.failed():
            with open(source.log, errors="replace") as log:
                print("The workload failed; the end of its log:\n" + "".join(log.readlines()[-25:]))
            return 1
        print(summary(last, f"What {exporter.address}/metrics said in the end"), flush=True)
        code = source.leave()
        ended = "The recording is over" if code is None else f"The driver has ended with exit code {code}"
        print(f"\n{ended}; nothing is left running.\n"
              f"To keep it: build/release/spark_exporter --spark.url=http://localhost:4040, then "
              f"http://localhost:9817/metrics and /report.")
        return 0
    finally:
        if exporter:
            stop(exporter.process)
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
