"""The observer beside a made-up API server (fake_cluster.py): what it takes to start, to hold, to hear and to tell.

  python3 bench/observer.py [PROGRAM]    prints it alone"""
import os
import re
import subprocess
import sys
import time
import urllib.request

from asking import Connection, series
from driver import HERE, ROOT, Exporter, Unavailable, free_port
from process import Child, CpuMeter, cpu_seconds, memory_bytes

SIZES = (20, 200, 2_000)
EVENTS = 200             # changed at once, of how many runs there ever are
A_SECOND = 10            # pods that change while it is scraped
SCRAPE_EVERY = 15
CALM = 2                 # seconds without an event until what follows from the last one is done
SHOWN = re.compile(r'^spark_job_state\{[^}]*app="(nightly-load-\d+)"[^}]*\} 1$', re.M)


class FakeCluster(Child):
    def __init__(self, runs):
        super().__init__(sys.executable, os.path.join(HERE, "fake_cluster.py"), str(runs))

    def change(self, pods):
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/change?pods={pods}",
                                                      method="POST"), timeout=120).read()


class Observer(Exporter):
    """As a process of its own, asked at once and again until it answers."""

    def __init__(self, binary, api_port):
        self.port = free_port()
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            [binary, "--mode=observer", f"--kubernetes.api-server=http://127.0.0.1:{api_port}",
             f"--web.listen-address=127.0.0.1:{self.port}"], stderr=subprocess.DEVNULL)
        self.pid = self._process.pid

    def until_all_are_shown(self, runs, seconds=120):
        """Seconds and CPU until an answer has all runs, and that answer."""
        while time.monotonic() < self.began + seconds:
            try:
                with Connection(self.port) as connection:
                    answer = connection.get("/metrics")
                if answer.status == 200:
                    took, cpu, text = time.monotonic() - self.began, cpu_seconds(self.pid), answer.text()
                    if len(set(SHOWN.findall(text))) == runs:
                        return took, cpu, text
            except OSError:
                if self._process.poll() is not None:
                    raise Unavailable(f"the observer ended with {self._process.returncode}") from None
            time.sleep(0.02)
        raise Unavailable(f"the observer did not show all {runs} runs within {seconds} s")


def _burst(cluster, observer, events):
    """CPU for each of `events` that are told at once, the publication and the scrape that show them included."""
    time.sleep(CALM)
    before = cpu_seconds(observer.pid)
    cluster.change(events)
    time.sleep(CALM)
    with Connection(observer.port) as connection:
        connection.get("/metrics")
    return (cpu_seconds(observer.pid) - before) / events


def _while_pods_change(cluster, observer, seconds):
    with CpuMeter(observer.pid) as meter, Connection(observer.port) as connection:
        end, scrape, changed = time.monotonic() + seconds, time.monotonic() + SCRAPE_EVERY, 0
        while time.monotonic() < end:
            time.sleep(1)
            cluster.change(A_SECOND)
            changed += A_SECOND
            if time.monotonic() >= scrape:
                connection.get("/metrics")
                scrape += SCRAPE_EVERY
    return {"seconds": meter.wall, "cpu": meter.cpu, "changed": changed}


def _quiet(observer, seconds):
    with CpuMeter(observer.pid) as meter:
        time.sleep(seconds)
    return {"seconds": meter.wall, "cpu": meter.cpu}


def measure(binary, seconds, sizes=SIZES):
    rows = []
    for runs in sizes:
        with FakeCluster(runs) as cluster, Observer(binary, cluster.port) as observer:
            ready, cpu, text = observer.until_all_are_shown(runs)
            row = {"runs": runs, "pods": runs * 11, "ready": ready, "start_cpu": cpu, "series": series(text),
                   "plain_bytes": len(text), "resident_at_start": memory_bytes(observer.pid)[0]}
            bursts = sorted(_burst(cluster, observer, EVENTS) for _ in range(3))
            row["event_cpu"], row["event_cpus"] = bursts[1], bursts
            if runs == sizes[-1]:
                row["all_at_once"] = {"events": runs, "cpu": _burst(cluster, observer, runs)}
                row["changing"] = _while_pods_change(cluster, observer, seconds)
                row["quiet"] = _quiet(observer, seconds / 2)
            row["resident"], row["peak"] = memory_bytes(observer.pid)
            rows.append(row)
    return rows


if __name__ == "__main__":
    for measured in measure(sys.argv[1] if len(sys.argv) > 1 else
                            os.path.join(ROOT, "build", "release", "spark_exporter"), 30):
        print(measured)
