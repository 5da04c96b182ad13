"""What it costs a driver to be polled: the exporter against full lists (/jobs, /stages, /executors) at the same
interval, on a driver that retains 1,000 jobs and 1,000 stages and runs nothing.

Measured twice. Live: minutes of polls as they are, in turn with minutes of nothing, which are taken off. Replayed: the
questions of the exporter's minutes and those of the full lists one after the other without pauses, in turn, many
minutes' worth: little noise, but a JVM whose caches are warmer than they are live."""
import signal
import threading
import time

from asking import Connection
from driver import Exporter, note
from process import CpuMeter, memory_bytes
from relay import Relay

INTERVAL = 10
SETTLE = 15  # after the exporter goes on: one poll, which also asks what it asks once a minute
JSON = "application/json"
SCRAPE_EVERY = 15
COMPILER = "C# CompilerThre"  # C1 and C2
CALM = 60  # a minute of the exporter that is not measured: the last of the warm-up


def full_lists(driver):
    return [driver.api + "/jobs", driver.api + "/stages", driver.api + "/executors"]


def cheap(driver):
    """Questions with short answers: the exporter's, every minute's and those while jobs run."""
    api = driver.api
    return [api + "/executors", api + "/allexecutors", api + "/jobs/0", api + "/jobs/1000000", api + "/jobs/1099",
            api + "/jobs?status=running", api + "/stages?status=active", "/metrics/json/",
            api + "/sql?details=false&planDescription=false&offset=0&length=1000", api + "/streaming/statistics",
            api + "/storage/rdd", "/api/v1/applications"]


def warm_up(driver, rounds, cheap_rounds):
    """`rounds` of every kind of question that anybody asks here, then more of the cheap ones. HotSpot compiles a
    method for good when it was called some 5,000 times: with only a few thousand requests before, that falls into the
    minutes that are measured, and costs as much as the exporter's questions do."""
    with Connection(driver.port) as connection:
        for _ in range(rounds):
            _ask(connection, ["/metrics/prometheus/", "/metrics/executors/prometheus"])
    with Connection(driver.port, accept=JSON) as connection:
        for _ in range(rounds):
            _ask(connection, full_lists(driver) + cheap(driver) + [driver.api + "/environment"])
        for _ in range(cheap_rounds):
            _ask(connection, cheap(driver))


def idle(driver, seconds):
    with CpuMeter(driver.pid) as meter:
        time.sleep(seconds)
    return _spent(meter)


def _spent(meter):
    return {"seconds": meter.wall, "cpu": meter.cpu, "threads": meter.threads,
            "compiler_cpu": meter.threads.get(COMPILER, 0.0)}


def _traffic(exchanges):
    return {"questions": len(exchanges), "body_bytes": sum(e.body_bytes for e in exchanges),
            "head_bytes": sum(e.head_bytes for e in exchanges),
            "request_bytes": sum(e.request_bytes for e in exchanges),
            "exchanges": [e.as_dict() for e in exchanges]}


class _Scraper:
    """Prometheus beside the exporter."""

    def __init__(self, port):
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(SCRAPE_EVERY):
            with Connection(self._port) as connection:
                connection.get("/metrics")

    def stop(self):
        self._stop.set()
        self._thread.join()


def ours(driver, exporter, relay, seconds):
    """The exporter goes on after SIGSTOP; the window begins between two polls."""
    exporter.signal(signal.SIGCONT)
    time.sleep(SETTLE)
    mark = relay.mark()
    scraper = _Scraper(exporter.port)
    with CpuMeter(driver.pid) as meter, CpuMeter(exporter.pid) as own:
        time.sleep(seconds)
    exchanges = relay.since(mark)
    scraper.stop()
    resident, peak = memory_bytes(exporter.pid)
    exporter.signal(signal.SIGSTOP)
    return {**_spent(meter), "exporter_cpu": own.cpu, "exporter_resident": resident,
            "exporter_peak": peak, **_traffic(exchanges)}


def full(driver, relay, seconds):
    with Connection(relay.port, accept=JSON) as connection:
        _ask(connection, full_lists(driver))
        time.sleep(INTERVAL / 2)
        mark = relay.mark()
        with CpuMeter(driver.pid) as meter:
            end = time.monotonic() + seconds
            due = time.monotonic() + INTERVAL / 2
            while due < end:
                time.sleep(max(0.0, due - time.monotonic()))
                _ask(connection, full_lists(driver))
                due += INTERVAL
            time.sleep(max(0.0, end - time.monotonic()))
        return {**_spent(meter), **_traffic(relay.since(mark))}


def _ask(connection, targets):
    for target in targets:
        connection.get(target)


def replay(driver, minute_of_ours, minutes):
    """CPU for `minutes` minutes' worth of each, in turn."""
    minute_of_full = full_lists(driver) * (60 // INTERVAL)
    spent = {"ours": 0.0, "full": 0.0}
    wall = {"ours": 0.0, "full": 0.0}
    with Connection(driver.port, accept=JSON) as connection:
        for _ in range(minutes):
            for who, targets in (("ours", minute_of_ours), ("full", minute_of_full)):
                with CpuMeter(driver.pid) as meter:
                    _ask(connection, targets)
                spent[who] += meter.cpu
                wall[who] += meter.wall
    return {"minutes": minutes, "cpu": spent, "wall": wall}


def _per_minute(windows, key):
    return 60 * sum(w[key] for w in windows) / sum(w["seconds"] for w in windows)


def measure(driver, binary, seconds, rounds, minutes):
    """`rounds` times ours and full lists for `seconds` each, with idle time before, between and after."""
    relay = Relay(driver.port)
    idles, ours_windows, full_windows = [], [], []
    with Exporter(binary, relay.port) as exporter:
        mark = relay.mark()
        time.sleep(SETTLE)
        joining = _traffic(relay.since(mark))
        time.sleep(CALM)
        exporter.signal(signal.SIGSTOP)
        for number in range(rounds):
            note(f"polling: round {number + 1} of {rounds}: idle, ours and full lists {seconds} s each")
            idles.append(idle(driver, seconds))
            ours_windows.append(ours(driver, exporter, relay, seconds))
            full_windows.append(full(driver, relay, seconds))
        idles.append(idle(driver, seconds))
        exporter.signal(signal.SIGCONT)
        log = list(exporter.log)
    note("polling: replay")
    mix = [exchange["target"] for exchange in ours_windows[-1]["exchanges"]]
    replayed = replay(driver, mix, minutes)
    relay.close()

    idle_cpu = _per_minute(idles, "cpu")
    idle_compiler = _per_minute(idles, "compiler_cpu")
    result = {"interval_seconds": INTERVAL, "idle": idles, "ours": ours_windows, "full": full_windows,
              "joining": joining, "replay": replayed, "log": log, "per_minute": {"idle_cpu": idle_cpu}}
    for who, windows in (("ours", ours_windows), ("full", full_windows)):
        mix_per_minute = 60 / seconds if who == "ours" else 1
        result["per_minute"][who] = {
            "cpu": _per_minute(windows, "cpu") - idle_cpu,
            "compiler_cpu": _per_minute(windows, "compiler_cpu") - idle_compiler,
            "replay_cpu": replayed["cpu"][who] / minutes * mix_per_minute,
            "body_bytes": _per_minute(windows, "body_bytes"), "head_bytes": _per_minute(windows, "head_bytes"),
            "questions": _per_minute(windows, "questions")}
    return result
