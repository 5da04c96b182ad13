"""Side by side on one driver: Spark's own Prometheus endpoints, the JMX exporter's agent, and this exporter."""
import os
import shutil
import subprocess
import time

from driver import HERE, Exporter, Unavailable, free_port, note
from process import CpuMeter
from sidecar import time_scrapes, wait_for

JMX_AGENT = "io.prometheus.jmx:jmx_prometheus_javaagent:1.0.1"
WARM_UP = 8  # times as many scrapes as are measured: as warm as the exporter's questions are by then
SERVLETS = ("/metrics/prometheus/", "/metrics/executors/prometheus")


def jmx_agent_jar():
    """Fetched once, by Maven."""
    _, name, version = JMX_AGENT.split(":")
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "spark_exporter")
    jar = os.path.join(cache, f"{name}-{version}.jar")
    if not os.path.exists(jar):
        if not shutil.which("mvn"):
            raise Unavailable("no mvn to fetch the JMX exporter's agent (Debian: maven)")
        fetched = subprocess.run(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={JMX_AGENT}",
                                  f"-DoutputDirectory={cache}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True)
        if fetched.returncode != 0 or not os.path.exists(jar):
            raise Unavailable("mvn could not fetch the JMX exporter's agent: " + fetched.stdout.strip()[-200:])
    return jar


def _settled_memory(driver):
    """What the driver keeps once that no longer falls: Spark's cleaner and references that die late take a while."""
    last = driver.memory()
    for _ in range(12):
        time.sleep(1)
        now = driver.memory()
        if abs(now["heap"] - last["heap"]) < 100_000:
            return now
        last = now
    return last


class _MemoryLog:
    """What the driver keeps more than before, step by step."""

    def __init__(self, driver):
        self._driver = driver
        self._last = _settled_memory(driver)

    def added(self):
        now = _settled_memory(self._driver)
        grown = {area: now[area] - self._last[area] for area in now}
        self._last = now
        return grown


def memory_added(driver, binary, rounds):
    """Heap and non-heap that each leaves in a driver that nobody has asked anything yet. What Spark loads once for its
    REST API (Jersey) goes to the first that asks; it is listed apart."""
    log = _MemoryLog(driver)
    added = {}
    time_scrapes(driver.port, SERVLETS[0], rounds, True)
    added["servlet"] = log.added()
    time_scrapes(driver.port, driver.api + "/executors", rounds, True)
    added["rest"] = log.added()
    time_scrapes(driver.port, SERVLETS[1], rounds, True)
    added["executors_servlet"] = log.added()
    with Exporter(binary, driver.port, "--spark.interval=1s") as exporter:
        wait_for(exporter.port, 'spark_exporter_source_up{source="spark"} 1')
        time.sleep(rounds / 4)
    added["exporter"] = log.added()
    return added


def _scrape_cost(driver, port, target, scrapes, warm_up):
    """time_scrapes(), and what a scrape costs the driver."""
    time_scrapes(port, target, 1, True, warm_up)
    with CpuMeter(driver.pid) as meter:
        result = time_scrapes(port, target, scrapes - 1, True, 1)
    result["driver_cpu"] = meter.cpu / scrapes
    return result


def servlets(driver, scrapes):
    return {target: _scrape_cost(driver, driver.port, target, scrapes, WARM_UP * scrapes) for target in SERVLETS}


def jmx(driver, scrapes):
    """The agent is loaded into the running driver: the same code as with -javaagent."""
    jar = jmx_agent_jar()
    port = free_port()
    log = _MemoryLog(driver)
    driver.attach(jar, f"127.0.0.1:{port}:{os.path.join(HERE, 'jmx_rules.yaml')}")
    time_scrapes(port, "/metrics", 40, True)
    added = log.added()
    return {"agent": JMX_AGENT, "added": added, **_scrape_cost(driver, port, "/metrics", scrapes, 2 * scrapes)}


def exporter(driver, binary, scrapes):
    with Exporter(binary, driver.port) as running:
        wait_for(running.port, 'spark_exporter_source_up{source="spark"} 1')
        return time_scrapes(running.port, "/metrics", scrapes, True)


def measure(driver, binary, scrapes):
    note("peers: Spark's own endpoints")
    result = {"servlets": servlets(driver, scrapes), "exporter": exporter(driver, binary, scrapes)}
    note("peers: JMX exporter's agent")
    try:
        result["jmx"] = jmx(driver, scrapes)
    except Unavailable as reason:
        result["jmx_skipped"] = str(reason)
    return result
