"""The exporter as a sidecar: how soon it answers, how fast a scrape is, what it costs with many executors.

  python3 bench/sidecar.py [PROGRAM]    prints the last alone, as Markdown"""
import contextlib
import os
import socket
import subprocess
import sys
import time

from asking import Connection, series
from driver import HERE, ROOT, Exporter, Unavailable, free_port
from process import Child, CpuMeter, memory_bytes, percentile

EXECUTORS = 126  # some 2,000 series
WARM_UP_SCRAPES = 20
SIZES = ((10, 0), (200, 0), (1_000, 0), (1_000, 1_000))  # executors, and jobs and stages that the driver retains
AFTER_JOBS = 45  # seconds; in some 30 of them a driver whose jobs are over may end soon, and is asked each second


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


class FakeDriver(Child):
    def __init__(self, executors, *mode):
        super().__init__(sys.executable, os.path.join(HERE, "fake_driver.py"), str(executors), *mode)


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


def by_executors(binary, seconds, sizes=SIZES):
    """CPU and memory of a sidecar at its default interval, scraped each 15 s with gzip, beside drivers all of whose
    executors told new figures whenever they were asked for; all sizes at the same time."""
    with contextlib.ExitStack() as open_now:
        sidecars = []
        for executors, jobs in sizes:
            fake = open_now.enter_context(FakeDriver(executors, "busy", str(jobs)))
            exporter = open_now.enter_context(Exporter(binary, fake.port))
            wait_for(exporter.port, f'executor_id="{executors - 1}"')
            sidecars.append((exporter, open_now.enter_context(Connection(exporter.port))))
        if any(jobs for _, jobs in sizes):
            time.sleep(AFTER_JOBS)
        meters = [CpuMeter(exporter.pid) for exporter, _ in sidecars]
        for meter in meters:
            meter.__enter__()
        for _ in range(max(1, seconds // 15)):
            time.sleep(15)
            answers = [connection.get("/metrics") for _, connection in sidecars]
        rows = []
        for (executors, jobs), meter, (exporter, _), answer in zip(sizes, meters, sidecars, answers):
            meter.__exit__(None, None, None)
            resident, peak = memory_bytes(exporter.pid)
            rows.append({"executors": executors, "jobs": jobs, "series": series(answer.text()), "cpu": meter.cpu,
                         "seconds": meter.wall, "resident": resident, "peak": peak})
        return rows


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release", "spark_exporter")
    print("| executors | jobs retained | series | CPU of one core, % | resident, MB | highest, MB |")
    print("|--:|--:|--:|--:|--:|--:|")
    for row in by_executors(binary, 60):
        print(f"| {row['executors']:,} | {row['jobs']:,} | {row['series']:,} | "
              f"{100 * row['cpu'] / row['seconds']:.3f} | "
              f"{row['resident'] / 1e6:.1f} | {row['peak'] / 1e6:.1f} |")


if __name__ == "__main__":
    main()
