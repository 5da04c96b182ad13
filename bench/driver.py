"""Starts spark_app.py and talks to it; starts the exporter."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SPARK = "3.5.9"


class Unavailable(Exception):
    """Why something cannot be measured here."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def python_with_spark():
    given = os.environ.get("BENCH_PYTHON")
    if given:
        return given
    made = subprocess.run([os.path.join(ROOT, "scripts", "venv.sh"), SPARK], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        raise Unavailable(f"no PySpark {SPARK} (scripts/venv.sh ended with {made.returncode})")
    return made.stdout.strip().splitlines()[-1]


class Driver:
    """One Spark application with its jobs done."""

    def __init__(self, jobs):
        if not shutil.which("java"):
            raise Unavailable("no java")
        self.port = free_port()
        environment = dict(os.environ, SPARK_LOCAL_IP="127.0.0.1", SPARK_LOCAL_HOSTNAME="localhost",
                           PYTHONUNBUFFERED="1")
        self._process = subprocess.Popen(
            [python_with_spark(), os.path.join(HERE, "spark_app.py"), str(jobs), str(self.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
            start_new_session=True)
        self._errors = []
        threading.Thread(target=lambda: self._errors.extend(self._process.stderr), daemon=True).start()
        ready = self._answer()
        self.pid = ready["pid"]
        self.app_id = ready["app_id"]
        self.spark, self.java = ready["spark"], ready["java"]
        self.api = f"/api/v1/applications/{self.app_id}"
        if not ready["url"].endswith(f":{self.port}"):
            raise Unavailable(f"the driver's UI is at {ready['url']}, not at the port that was asked for")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._process.stdin.write('{"do": "stop"}\n')
            self._process.stdin.close()
            self._process.wait(timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
            os.kill(self.pid, 9)

    def _answer(self):
        while line := self._process.stdout.readline():
            if line.startswith("{"):
                return json.loads(line)
        raise Unavailable("the driver ended: " + "".join(self._errors[-5:]).strip())

    def _order(self, **order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def memory(self):
        """Bytes that stay after full collections: heap and non-heap."""
        return self._order(do="memory")

    def attach(self, jar, options):
        self._order(do="attach", jar=jar, options=options)


class Exporter:
    def __init__(self, binary, spark_port, *arguments):
        self.port = free_port()
        self.log = []
        self._process = subprocess.Popen(
            [binary, f"--spark.url=http://127.0.0.1:{spark_port}", f"--web.listen-address=127.0.0.1:{self.port}",
             *arguments], stderr=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        threading.Thread(target=lambda: self.log.extend(self._process.stderr), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)  # it may be held by SIGSTOP
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def signal(self, number):
        self._process.send_signal(number)


def note(text):
    """Progress, apart from the results."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
