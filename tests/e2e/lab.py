"""Starts the real parts of an end-to-end test on loopback: a Spark application (spark-submit, client mode, as in a
driver pod) and the exporter beside it. The workload and the test meet at named points over a Unix socket."""
import ctypes
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from exposition import Scrape

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PRICES = os.path.join(ROOT, "examples", "prices", "on-premises.yaml")
CLUSTER = "local-cluster[2,2,1024]"
LOCAL = "local[2]"
SKIPPED = 77


class Skip(Exception):
    """The machine lacks what the test needs; the message says what."""


class Died(AssertionError):
    """A process ended that should not have."""


def python_with_spark(version):
    """The path of a Python that has this PySpark; Skip where it cannot be had."""
    given = os.environ.get("PYSPARK_PYTHON_" + version.replace(".", "_"))
    if given:
        return given
    made = subprocess.run([os.path.join(ROOT, "scripts", "venv.sh"), version], stdout=subprocess.PIPE, text=True)
    path = made.stdout.strip().splitlines()[-1:] or [""]
    if made.returncode != 0 or not os.access(path[0], os.X_OK):
        raise Skip(f"no PySpark {version}: scripts/venv.sh {version} ended with {made.returncode}")
    return path[0]


def python_with(package, version):
    """The same of another package of PyPI."""
    made = subprocess.run([os.path.join(ROOT, "scripts", "venv.sh"), package, version], stdout=subprocess.PIPE, text=True)
    path = made.stdout.strip().splitlines()[-1:] or [""]
    if made.returncode != 0 or not os.access(path[0], os.X_OK):
        raise Skip(f"no {package} {version}: scripts/venv.sh ended with {made.returncode}")
    return path[0]


def need_java():
    if not shutil.which("java"):
        raise Skip("no java on the PATH")


def free_port():
    """A port that nothing has now, outside the range from which the kernel hands out ports by itself, with free
    neighbours: a second UI moves on to the next one."""
    for _ in range(200):
        port = random.randrange(20000, 29900)
        try:
            for neighbour in range(port, port + 3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", neighbour))
            return port
        except OSError:
            continue
    raise Skip("no free port")


def wait_until(what, question, seconds=60.0, every=0.2):
    """Asks until the answer is true and returns it. Fails with the name of what did not come."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s in vain for: {what}")
        time.sleep(every)


def end_session(process):
    """Ends a process started with start_new_session and everything that it left in its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _session(pid) == process.pid]
        for pid in left:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue


def _end_with_parent():
    """In the child: SIGKILL as soon as the test is gone, however that came (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _session(pid):
    try:
        return os.getsid(pid)
    except OSError:
        return -1


class Spark:
    """One driver with its event log. Use as a context manager: nothing of it is left afterwards."""

    def __init__(self, version, scenario, master=CLUSTER, conf=None, arguments=(), script="workloads.py"):
        need_java()
        self.python = python_with_spark(version)
        self.version, self.scenario, self.master = version, scenario, master
        self.conf, self.arguments, self.script = conf or {}, arguments, script
        self.scratch = tempfile.mkdtemp(prefix="spark-e2e-")
        self.event_log = os.path.join(self.scratch, "events")
        self.log = os.path.join(self.scratch, "driver.log")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = self.talk = None

    def __enter__(self):
        for folder in ("events", "tmp", "work", "out"):
            os.mkdir(os.path.join(self.scratch, folder))
        address = os.path.join(self.scratch, "sync")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(address)
        self.listener.listen(1)
        self.listener.settimeout(0.5)
        where = "import os, pyspark; print(os.path.dirname(pyspark.__file__))"
        home = subprocess.check_output([self.python, "-c", where], text=True).strip()
        tmp = os.path.join(self.scratch, "tmp")
        conf = {"spark.ui.port": self.port, "spark.ui.showConsoleProgress": "false", "spark.local.dir": tmp,
                "spark.eventLog.enabled": "true", "spark.eventLog.dir": "file://" + self.event_log,
                "spark.eventLog.rolling.enabled": "false", "spark.eventLog.compress": "false",
                "spark.sql.warehouse.dir": os.path.join(self.scratch, "warehouse"), **self.conf}
        command = [os.path.join(home, "bin", "spark-submit"), "--master", self.master, "--name", "e2e-" + self.scenario]
        for key, value in conf.items():
            command += ["--conf", f"{key}={value}"]
        command += [os.path.join(HERE, self.script), self.scenario, *map(str, self.arguments)]
        env = {**os.environ, "SPARK_HOME": home, "PYSPARK_PYTHON": self.python, "PYSPARK_DRIVER_PYTHON": self.python,
               "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "127.0.0.1", "SPARK_USER": "spark",
               "SPARK_WORKER_DIR": os.path.join(self.scratch, "work"), "TMPDIR": tmp,
               "E2E_SYNC": address, "E2E_OUT": os.path.join(self.scratch, "out"), "PYTHONDONTWRITEBYTECODE": "1"}
        for name in ("SPARK_CONF_DIR", "PYTHONPATH"):
            env.pop(name, None)
        self.started = time.time()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                                            cwd=tmp, start_new_session=True, preexec_fn=_end_with_parent)
        return self

    def __exit__(self, kind, error, trace):
        if kind and not issubclass(kind, Skip):
            self.print_tail()
        for part in (self.talk, self.listener):
            if part:
                part.close()
        end_session(self.process)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def print_tail(self, lines=60):
        with open(self.log, errors="replace") as log:
            print(f"--- end of the driver's log\n{''.join(log.readlines()[-lines:])}---", flush=True)

    def _connect(self, end):
        while not self.talk:
            try:
                connection, _ = self.listener.accept()
                connection.settimeout(None)
                self.talk = connection.makefile("rw", encoding="utf-8")
            except socket.timeout:
                if self.process.poll() is not None:
                    raise Died(f"the driver ended with {self.process.returncode} before its first point")
                if time.monotonic() > end:
                    raise AssertionError("the driver did not come to its first point")

    def reach(self, point, seconds=240.0):
        """Waits until the workload is at this point, where it stays until go(); returns what it told there."""
        self._connect(time.monotonic() + seconds)
        guard = threading.Timer(seconds, lambda: os.kill(self.process.pid, signal.SIGKILL))
        guard.start()
        try:
            line = self.talk.readline()
        finally:
            guard.cancel()
        if not line:
            raise Died(f"the driver ended or hung before the point {point}")
        told = json.loads(line)
        if told["point"] != point:
            raise AssertionError(f"the workload is at {told}, not at {point}")
        print(f"[{time.time() - self.started:6.1f} s] workload at {told}", flush=True)
        return told

    def go(self):
        self.talk.write("go\n")
        self.talk.flush()

    def finish(self, seconds=90.0):
        """Lets it go on from its last point; returns the driver's exit code."""
        self.go()
        return self.wait(seconds)

    def wait(self, seconds=90.0):
        code = self.process.wait(timeout=seconds)
        print(f"[{time.time() - self.started:6.1f} s] driver ended with {code}", flush=True)
        return code

    def rest(self, path):
        """One of Spark's own answers: for figures that a test prints beside ours, never for what it asserts."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def binary():
    return os.environ.get("SPARK_EXPORTER") or os.path.join(ROOT, "build", "release", "spark_exporter")


class Exporter:
    """The exporter under test, polling one driver each second."""

    def __init__(self, spark_url, *flags, interval="1s"):
        self.command = [binary(), "--web.listen-address=127.0.0.1:0", f"--spark.url={spark_url}",
                        f"--spark.interval={interval}", *flags]
        self.lines, self.address = [], None
        self.listening = threading.Event()

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
                                        preexec_fn=_end_with_parent)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if not self.listening.wait(20) or not self.address:
            self.kill()
            raise Died(f"the exporter does not listen: {self.lines[-5:]}")
        return self

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            found = re.search(r"\blistening\b.*?127\.0\.0\.1:(\d+)", line)
            if found and not self.address:
                self.address = ("127.0.0.1", int(found.group(1)))
                self.listening.set()
        self.listening.set()

    def __exit__(self, kind, error, trace):
        if kind and not issubclass(kind, Skip):
            print("--- end of the exporter's log\n" + "\n".join(self.lines[-40:]) + "\n---", flush=True)
        end_session(self.process)
        self.reader.join(5)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def alive(self):
        return self.process.poll() is None

    def get(self, path="/metrics"):
        """(status, content type, body)"""
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read().decode("utf-8")
        except OSError:
            if not self.alive():
                raise Died(f"the exporter ended with {self.process.returncode}: {self.lines[-10:]}")
            raise
        finally:
            connection.close()

    def post(self, path, body, **headers):
        """(status, body)"""
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8")
        finally:
            connection.close()

    def scrape(self):
        status, kind, body = self.get("/metrics")
        if status != 200 or not kind.startswith("text/plain; version=0.0.4"):
            raise AssertionError(f"/metrics: {status}, {kind}")
        return Scrape(body)

    def until(self, what, predicate, seconds=60.0):
        """The first fresh scrape for which the predicate is true."""
        def ask():
            scrape = self.scrape()
            return scrape if predicate(scrape) else None
        return wait_until(what, ask, seconds)

    def at_rest(self, polls=4, seconds=90.0):
        """A scrape after this many more answers of Spark during which no work was left and no count of work moved:
        what is shown then is what the exporter knows for good."""
        seen, same = None, 0
        stamp = None

        def ask():
            nonlocal seen, same, stamp
            scrape = self.scrape()
            now = scrape.total("spark_exporter_source_last_success_timestamp_seconds", source="spark")
            if now is None or now == stamp:
                return None
            stamp = now
            counts = {name: scrape.samples[name] for name in scrape.samples
                      if name.startswith(("spark_app_", "spark_sql_", "spark_streaming_")) and "uptime" not in name
                      and "_gc_" not in name and "_per_second" not in name}
            active = scrape.total("spark_app_jobs_active"), scrape.total("spark_app_tasks_active")
            same = same + 1 if counts == seen and active == (0, 0) else 0
            seen = counts
            return scrape if same >= polls else None
        return wait_until("the exporter's counts at rest", ask, seconds)


class Background:
    """Does _run() in a thread of its own as long as it is entered; `stop` says when that is to end, and `patience` how
    many seconds that may take."""
    patience = 30

    def __enter__(self):
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.stop.set()
        self.thread.join(self.patience)


class Watch(Background):
    """Scrapes all the time from its own thread and keeps what it sees: counters that fall, answers that are refused.
    on_scrape(scrape, epoch seconds) may look at each."""

    def __init__(self, exporter, on_scrape=None, every=0.3):
        self.exporter, self.on_scrape, self.every = exporter, on_scrape, every
        self.fallen, self.errors, self.scrapes = [], [], 0
        self.last = {}

    def _run(self):
        while not self.stop.wait(self.every):
            try:
                scrape = self.exporter.scrape()
                self._hold(scrape)
                if self.on_scrape:
                    self.on_scrape(scrape, time.time())
            except Exception as error:  # the test's thread says what it was
                self.errors.append(repr(error))

    def _hold(self, scrape):
        self.scrapes += 1
        for family, kind in scrape.types.items():
            if kind not in ("counter", "histogram"):
                continue
            for suffix in ("", "_bucket", "_count", "_sum"):
                for labels, value in scrape.samples.get(family + suffix, ()):
                    key = (family + suffix, tuple(sorted(labels.items())))
                    if value < self.last.get(key, 0):
                        self.fallen.append(f"{key}: {self.last[key]} -> {value}")
                    self.last[key] = value


def keep(name, *scrapes):
    """Leaves expositions for the contract test, which reads those of all runs."""
    folder = os.environ.get("E2E_EXPOSITIONS")
    if folder:
        os.makedirs(folder, exist_ok=True)
        for number, scrape in enumerate(scrapes):
            with open(os.path.join(folder, f"{name}.{number}.prom"), "w", encoding="utf-8") as out:
                out.write(scrape.text)


def main(test):
    """Runs test(version) for the version on the command line; the exit code is ctest's."""
    version = sys.argv[1] if len(sys.argv) > 1 else "3.5.9"
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception: what was started is ended
    try:
        test(version)
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    print(f"passed in {time.monotonic() - begin:.0f} s")
