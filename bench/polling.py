"""What it costs a driver to be polled: the exporter against full lists (/jobs, /stages, /executors) at the same
interval, on a driver that retains 1,000 jobs and 1,000 stages and runs nothing.

Measured twice. Live: windows of nothing, of the exporter's polls as they are and of full lists take turns, several
times; from each the idle driver's CPU beside it is taken off, and the median of the rounds is shown with what each
round said. Replayed: the questions of the exporter's windows and those of the full lists one after the other without
pauses, in turn, many minutes' worth: little noise, but a JVM whose caches are warmer than they are live."""
import signal
import statistics
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
CALM = 20  # of the exporter, not measured: the last of the warm-up
EDGE = 2   # a window ends so much before a poll would be due


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


def ours(driver, exporter, relay, polls):
    """The exporter goes on after SIGSTOP, with a poll at once, which also asks what is asked once a minute."""
    mark = relay.mark()
    scraper = _Scraper(exporter.port)
    with CpuMeter(driver.pid) as meter, CpuMeter(exporter.pid) as own:
        exporter.signal(signal.SIGCONT)
        time.sleep(polls * INTERVAL - EDGE)
    exchanges = relay.since(mark)
    scraper.stop()
    resident, peak = memory_bytes(exporter.pid)
    exporter.signal(signal.SIGSTOP)
    done = sum(exchange.target == driver.api + "/executors" for exchange in exchanges)
    return {**_spent(meter), "polls": done, "exporter_cpu": own.cpu, "exporter_resident": resident,
            "exporter_peak": peak, **_traffic(exchanges)}


def full(driver, relay, polls):
    with Connection(relay.port, accept=JSON) as connection:
        mark = relay.mark()
        with CpuMeter(driver.pid) as meter:
            begin = time.monotonic()
            for number in range(polls):
                time.sleep(max(0.0, begin + number * INTERVAL - time.monotonic()))
                _ask(connection, full_lists(driver))
            time.sleep(max(0.0, begin + polls * INTERVAL - EDGE - time.monotonic()))
        return {**_spent(meter), "polls": polls, **_traffic(relay.since(mark))}


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


def _above_idle(window, before, after, key):
    """Seconds of CPU for a minute's polls, without what the idle driver used in the windows around."""
    idle_rate = (before[key] + after[key]) / (before["seconds"] + after["seconds"])
    return (window[key] - idle_rate * window["seconds"]) / window["polls"] * 60 / INTERVAL


def _per_minute(windows, key):
    """Of what is counted, for a minute's polls."""
    return sum(w[key] for w in windows) / sum(w["polls"] for w in windows) * 60 / INTERVAL


def measure(driver, binary, size):
    """size: polls of a window of each, seconds of an idle one, how many rounds, minutes' worth that are replayed."""
    relay = Relay(driver.port)
    idles, windows = [], {"ours": [], "full": []}
    with Exporter(binary, relay.port) as exporter:
        mark = relay.mark()
        time.sleep(SETTLE)
        joining = _traffic(relay.since(mark))
        time.sleep(CALM)
        exporter.signal(signal.SIGSTOP)
        for number in range(size["rounds"]):
            note(f"polling: round {number + 1} of {size['rounds']}")
            idles.append(idle(driver, size["idle_seconds"]))
            windows["ours"].append(ours(driver, exporter, relay, size["our_polls"]))
            windows["full"].append(full(driver, relay, size["full_polls"]))
        idles.append(idle(driver, size["idle_seconds"]))
        exporter.signal(signal.SIGCONT)
        log = list(exporter.log)
    note("polling: replay")
    mix = [exchange["target"] for exchange in windows["ours"][-1]["exchanges"]]
    replayed = replay(driver, mix, size["minutes"])
    relay.close()

    result = {"interval_seconds": INTERVAL, "idle": idles, **windows, "joining": joining, "replay": replayed,
              "log": log, "per_minute": {}}
    for who, own in windows.items():
        mixes = 60 / INTERVAL / own[-1]["polls"] if who == "ours" else 1
        rounds = {key: [_above_idle(window, before, after, key)
                        for window, before, after in zip(own, idles, idles[1:])] for key in ("cpu", "compiler_cpu")}
        result["per_minute"][who] = {
            "cpu": statistics.median(rounds["cpu"]), "cpu_rounds": rounds["cpu"],
            "cpu_without_compiler": statistics.median(
                all_of_it - compiler for all_of_it, compiler in zip(rounds["cpu"], rounds["compiler_cpu"])),
            "replay_cpu": replayed["cpu"][who] / size["minutes"] * mixes,
            "body_bytes": _per_minute(own, "body_bytes"), "head_bytes": _per_minute(own, "head_bytes"),
            "questions": _per_minute(own, "questions")}
    result["ratios"] = [a / b for a, b in zip(result["per_minute"]["ours"]["cpu_rounds"],
                                              result["per_minute"]["full"]["cpu_rounds"])]
    return result
