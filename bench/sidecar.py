"""The exporter as a sidecar: how soon it answers, how fast a scrape is."""
import os
import socket
import subprocess
import sys
import time

from asking import Connection, series
from driver import HERE, Exporter, Unavailable, free_port
from process import memory_bytes, percentile

EXECUTORS = 126  # some 2,000 series
WARM_UP_SCRAPES = 20


def _first_answer(binary, spark_port):
    """Seconds from exec to the last byte of the first answer to GET /metrics."""
    port = free_port()
    request = f"GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    start = time.perf_counter()
    process = subprocess.Popen(
        [binary, f"--spark.url=http://127.0.0.1:{spark_port}", f"--web.listen-address=127.0.0.1:{port}"],
        stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                    client.sendall(request)
                    answer = b""
                    while part := client.recv(65536):
                        answer += part
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise Unavailable(f"first answer: {answer[:60]!r}")
                return time.perf_counter() - start
            except ConnectionRefusedError:
                if process.poll() is not None:
                    raise Unavailable(f"the exporter ended with {process.returncode}") from None
    finally:
        process.terminate()
        process.wait()


def start_up(binary, spark_port, starts):
    times = [_first_answer(binary, spark_port) for _ in range(starts)]
    return {"starts": starts, "p50": percentile(times, 0.5), "p99": percentile(times, 0.99), "max": max(times)}


class FakeDriver:
    def __init__(self, executors):
        self._process = subprocess.Popen([sys.executable, os.path.join(HERE, "fake_driver.py"), str(executors)],
                                         stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


def time_scrapes(port, target, scrapes, use_gzip, warm_up=WARM_UP_SCRAPES):
    with Connection(port, use_gzip) as connection:
        for _ in range(warm_up):
            answer = connection.get(target)
        if answer.status != 200:
            raise Unavailable(f"{target}: {answer.status}")
        times = [connection.get(target).seconds for _ in range(scrapes)]
    text = answer.text()
    return {"scrapes": scrapes, "p50": percentile(times, 0.5), "p99": percentile(times, 0.99), "max": max(times),
            "wire_bytes": len(answer.body), "plain_bytes": len(text), "series": series(text)}


def wait_for(port, text, seconds=60):
    """Until /metrics contains `text`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with Connection(port, use_gzip=False) as connection:
                if text in connection.get("/metrics").text():
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise Unavailable(f"no {text} on /metrics after {seconds} s")


def fresh_scrapes(port, scrapes):
    """One scrape after each poll (interval 1 s): each is the first that asks for gzip of what it gets."""
    times = []
    with Connection(port) as connection:
        for _ in range(scrapes):
            time.sleep(1.05)
            times.append(connection.get("/metrics").seconds)
    return {"scrapes": scrapes, "p50": percentile(times, 0.5), "max": max(times)}


def many_series(binary, scrapes, polls):
    with FakeDriver(EXECUTORS) as fake, Exporter(binary, fake.port, "--spark.interval=1s") as exporter:
        wait_for(exporter.port, f'executor_id="{EXECUTORS - 1}"')
        result = {"plain": time_scrapes(exporter.port, "/metrics", scrapes, False),
                  "gzip": time_scrapes(exporter.port, "/metrics", scrapes, True),
                  "fresh": fresh_scrapes(exporter.port, polls)}
        result["resident"], result["peak"] = memory_bytes(exporter.pid)
        return result
