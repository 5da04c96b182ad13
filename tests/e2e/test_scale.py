"""What the observer costs on a real API server that holds many pods: first a tenth of them, then all, so that the slope
shows. Pods are objects only.

  test_scale.py [--drivers 200 2000] [--executors 10] [--idle SECONDS] [--table FILE]

Every run must be shown in its state, and the last row must meet the two aims."""
import argparse
import http.client
import os
import re
import subprocess
import sys
import time

import control_plane
import kube_client
import lab
import spark_pods

AIM_RESIDENT_MIB = 60.0     # for 22,000 pods
AIM_CPU_MS = 25.0           # a scrape of 100,000 series, with all that is done for it
SCRAPES = 20                # one after the other
SCRAPE_INTERVAL_S = 5.0
CHANGES_A_SECOND = 10


class Observer:
    """The exporter in observer mode for the whole cluster, as a process of its own. A context manager."""

    def __init__(self, plane, token_file):
        self.port = lab.free_port()
        self.command = [lab.binary(), "--mode=observer", f"--web.listen-address=127.0.0.1:{self.port}",
                        f"--kubernetes.api-server={plane.url}", f"--kubernetes.ca-file={plane.pki}/ca.crt",
                        f"--kubernetes.token-file={token_file}"]
        self.log = os.path.join(plane.state, "observer.log")

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.began = time.monotonic()
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def __exit__(self, kind, error, trace):
        self.process.terminate()
        self.process.wait(30)
        if kind:
            with open(self.log, errors="replace") as log:
                print("--- end of the observer's log\n" + "".join(log.readlines()[-30:]) + "---", flush=True)

    def until_ready(self, seconds=300.0):
        def ready():
            if self.process.poll() is not None:
                raise lab.Died(f"the observer ended with {self.process.returncode}")
            try:
                return self.get("/metrics")[0] == 200
            except OSError:
                return False
        lab.wait_until("the observer's first lists", ready, seconds, every=0.02)
        return time.monotonic() - self.began

    def get(self, path, compressed=False, connection=None):
        """(status, body as sent, seconds)"""
        own = connection is None
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            begin = time.monotonic()
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"} if compressed else {})
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, body, time.monotonic() - begin
        finally:
            if own:
                connection.close()

    def cpu_seconds(self):
        return time.clock_gettime(((~self.process.pid) << 3) | 2)  # clock_getcpuclockid(3), to the nanosecond

    def memory_mib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            told = dict(re.findall(r"^(Vm\w+):\s+(\d+) kB$", status.read(), re.M))
        return int(told["VmRSS"]) / 1024, int(told["VmHWM"]) / 1024


def series_of(text):
    return sum(1 for line in text.splitlines() if line and not line.startswith("#"))


def scrape(observer, compressed):
    """(CPU seconds of a scrape, seconds at the median, of the slowest, bytes) over SCRAPES of them."""
    connection = http.client.HTTPConnection("127.0.0.1", observer.port, timeout=60)
    observer.get("/metrics", compressed, connection)
    before, times, size = observer.cpu_seconds(), [], 0
    for _ in range(SCRAPES):
        status, body, took = observer.get("/metrics", compressed, connection)
        if status != 200:
            raise AssertionError(f"/metrics: HTTP {status}")
        times.append(took)
        size = len(body)
    cost = (observer.cpu_seconds() - before) / SCRAPES
    connection.close()
    return cost, sorted(times)[len(times) // 2], max(times), size


def measure(plane, token_file, drivers, executors, idle):
    """One row of the table."""
    with Observer(plane, token_file) as observer:
        row = {"drivers": drivers, "executors": drivers * executors, "ready_s": observer.until_ready()}
        row["start_cpu_s"] = observer.cpu_seconds()
        text = observer.get("/metrics")[1].decode()
        shown = set(re.findall(r'^spark_job_state\{[^}]*app="(nightly-load-\d+)"[^}]*state="(\w+)"\} 1$', text, re.M))
        if len(shown) != drivers:
            raise AssertionError(f"{len(shown)} runs are shown, there are {drivers}")
        ends = {"failed": drivers // 10, "succeeded": drivers // 10, "running": drivers - 2 * (drivers // 10)}
        for state, count in ends.items():
            if sum(1 for _, told in shown if told == state) != count:
                raise AssertionError(f"not {count} runs are {state}")
        row["series"] = series_of(text)
        row["idle_ms_per_minute"] = idle_cost(observer, idle)
        for name, compressed in (("plain", False), ("gzip", True)):
            cost, median, worst, size = scrape(observer, compressed)
            row.update({f"{name}_cpu_ms": cost * 1e3, f"{name}_median_ms": median * 1e3,
                        f"{name}_worst_ms": worst * 1e3, f"{name}_bytes": size})
        cost, row["changes"] = cost_under_change(plane, observer, drivers, idle)
        row["busy_cpu_ms"] = cost * 1e3
        row["cpu_ms_per_100k"] = row["busy_cpu_ms"] * 100_000 / row["series"]
        row["rss_mib"], row["peak_mib"] = observer.memory_mib()
        return row


class Changes(lab.Background):
    """Changes drivers' statuses all the time, as kubelets do: some a second, until it is left."""
    patience = 60

    def __init__(self, plane, drivers, a_second):
        self.client, self.drivers, self.pause = plane.client(), drivers, 1 / a_second
        self.done, self.failure = 0, None

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        if self.failure and not kind:
            raise self.failure

    def _run(self):
        try:
            while not self.stop.wait(self.pause):
                pod, status = spark_pods.driver(self.done * 7 % self.drivers)
                place = pod["metadata"]
                path = f"/api/v1/namespaces/{place['namespace']}/pods/{place['name']}/status"
                self.client.patch(path, {"status": {"message": f"change {self.done}", "phase": status["phase"]}})
                self.done += 1
        except Exception as failure:  # told by the caller's thread
            self.failure = failure


def cost_under_change(plane, observer, drivers, seconds):
    """(CPU seconds of all that the observer does, for each of its scrapes, changes a second) with a scrape every five
    seconds and CHANGES_A_SECOND: watching, deciding, rendering, compressing and sending."""
    with Changes(plane, drivers, CHANGES_A_SECOND) as changes:
        lab.wait_until("changes", lambda: changes.done or changes.failure)
        before, begin, already = observer.cpu_seconds(), time.monotonic(), changes.done
        scrapes = max(2, round(seconds / SCRAPE_INTERVAL_S))
        for number in range(1, scrapes + 1):
            time.sleep(max(0.0, begin + number * SCRAPE_INTERVAL_S - time.monotonic()))
            observer.get("/metrics", compressed=True)
        cost = (observer.cpu_seconds() - before) / scrapes
        return cost, (changes.done - already) / (time.monotonic() - begin)


def idle_cost(observer, seconds):
    """Milliseconds of CPU a minute while nobody asks."""
    before, begin = observer.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    return (observer.cpu_seconds() - before) * 1e3 * 60 / (time.monotonic() - begin)


LINES = (("driver pods", "drivers", "{:,}"), ("executor pods", "executors", "{:,}"),
         ("start to ready", "ready_s", "{:.2f} s"), ("CPU until then", "start_cpu_s", "{:.2f} s"),
         ("resident memory", "rss_mib", "{:.1f} MiB"), ("highest", "peak_mib", "{:.1f} MiB"),
         ("series", "series", "{:,}"),
         ("size, plain", "plain_bytes", "{:,} B"), ("size, gzip", "gzip_bytes", "{:,} B"),
         ("CPU of a scrape when nothing changed, plain", "plain_cpu_ms", "{:.1f} ms"),
         ("CPU of a scrape when nothing changed, gzip", "gzip_cpu_ms", "{:.1f} ms"),
         ("all CPU for each scrape, one every 5 s while pods change", "busy_cpu_ms", "{:.1f} ms"),
         ("pods changed a second then", "changes", "{:.1f}"),
         ("the same CPU for 100,000 series", "cpu_ms_per_100k", "{:.1f} ms"),
         ("scrape, plain: median", "plain_median_ms", "{:.1f} ms"), ("slowest", "plain_worst_ms", "{:.1f} ms"),
         ("scrape, gzip: median", "gzip_median_ms", "{:.1f} ms"), ("slowest", "gzip_worst_ms", "{:.1f} ms"),
         ("CPU while nobody asks, a minute", "idle_ms_per_minute", "{:.0f} ms"))


def table(rows):
    lines = ["| | " + " | ".join(f"{row['drivers'] + row['executors']:,} pods" for row in rows) + " |",
             "|---|" + "--:|" * len(rows)]
    for title, key, form in LINES:
        lines.append(f"| {title} | " + " | ".join(form.format(row[key]) for row in rows) + " |")
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        more = (last["drivers"] + last["executors"] - first["drivers"] - first["executors"]) / 1000
        lines += ["", f"Each 1,000 pods more: {(last['rss_mib'] - first['rss_mib']) / more:.2f} MiB resident, "
                      f"{(last['series'] - first['series']) / more:,.0f} series, "
                      f"{(last['busy_cpu_ms'] - first['busy_cpu_ms']) / more:.2f} ms CPU a scrape while pods "
                      "change."]
    return "\n".join(lines) + "\n"


def prepare(plane):
    """Namespaces, their accounts, and one for the observer with what its ClusterRole gives."""
    admin = plane.client()
    for number in range(10):
        kube_client.service_account(admin, f"team-{number}", "default")
    kube_client.service_account(admin, "monitoring", "observer")
    base = "/apis/rbac.authorization.k8s.io/v1"
    rules = [{"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]},
             {"apiGroups": ["batch"], "resources": ["jobs", "cronjobs"], "verbs": ["get", "list", "watch"]},
             {"apiGroups": ["sparkoperator.k8s.io"], "resources": ["sparkapplications", "scheduledsparkapplications"],
              "verbs": ["get", "list", "watch"]}]
    admin.create(f"{base}/clusterroles", {"metadata": {"name": "observer"}, "rules": rules})
    admin.create(f"{base}/clusterrolebindings", {
        "metadata": {"name": "observer"},
        "subjects": [{"kind": "ServiceAccount", "name": "observer", "namespace": "monitoring"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "observer"}})
    path = os.path.join(plane.state, "observer-token")
    with open(path, "w") as out:
        out.write(kube_client.token_bound_to(admin, "monitoring", "observer", "observer-token"))
    return path


def test(options):
    rows = []
    with control_plane.ControlPlane() as plane:
        token_file = prepare(plane)
        done = 0
        for drivers in options.drivers:
            begin = time.monotonic()
            numbers = range(done, drivers)
            pods = [pair for number in numbers for pair in
                    [spark_pods.driver(number)] + [spark_pods.executor(number, index + 1)
                                                   for index in range(options.executors)]]
            spark_pods.create_all(plane, pods)
            done = drivers
            print(f"{len(pods):,} pods more in {time.monotonic() - begin:.0f} s", flush=True)
            rows.append(measure(plane, token_file, drivers, options.executors, options.idle))
            print(table(rows), flush=True)
    if options.table:
        with open(options.table, "w") as out:
            out.write(table(rows))
    last = rows[-1]
    # The aim for memory was set for 22,000 pods: fewer may not take more.
    missed = [f"{name} {last[key]:.1f}, aimed at {aim}" for name, key, aim in (
        ("resident MiB", "rss_mib", AIM_RESIDENT_MIB), ("CPU ms for 100,000 series", "cpu_ms_per_100k", AIM_CPU_MS))
              if last[key] > aim and (key == "rss_mib" or last["series"] >= 20_000)]
    if missed:
        print("missed: " + "; ".join(missed))
    return not missed


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--drivers", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--executors", type=int, default=10)
    parser.add_argument("--idle", type=float, default=60.0)
    parser.add_argument("--table")
    try:
        sys.exit(0 if test(parser.parse_args()) else 1)
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
