"""How a sidecar's time and memory grow when its driver's work grows tenfold, twice: executors that all tell new figures
at each poll, and stages that are over.

  python3 bench/growth.py [PROGRAM]    prints it alone"""
import math
import os
import sys
import time

from asking import Connection
from driver import ROOT, Exporter, Unavailable
from process import cpu_seconds, memory_bytes
from sidecar import FakeDriver, wait_for

EXECUTORS = (10, 100, 1_000)
STAGES = (100, 1_000, 10_000)  # Spark keeps 1,000 unless told otherwise
BESIDE = 10                    # executors beside those stages
READY = 'spark_exporter_source_up{source="spark"} 1'


def slope(sizes, values):
    """Of the straight line through the logarithms: 0 is flat, 1 is linear."""
    x, y = [math.log(size) for size in sizes], [math.log(max(value, 1e-9)) for value in values]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return (sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x))


def _polls(port):
    with Connection(port) as connection:
        return int(connection.get("/bench/polls").body)


def _one(binary, size, polls, *driver):
    with FakeDriver(*driver) as fake, Exporter(binary, fake.port, "--spark.interval=1s") as exporter:
        wait_for(exporter.port, READY)
        joined = cpu_seconds(exporter.pid)
        begin = _polls(fake.port)
        while _polls(fake.port) < begin + 3:  # the first ones ask for more
            time.sleep(0.2)
        begin, before, until = _polls(fake.port), cpu_seconds(exporter.pid), time.monotonic() + 20 * polls
        while (done := _polls(fake.port) - begin) < polls:
            if time.monotonic() > until:
                raise Unavailable(f"the exporter polled {done} times in {20 * polls} s, beside {driver}")
            time.sleep(0.1)
        cpu = (cpu_seconds(exporter.pid) - before) / done
        resident, peak = memory_bytes(exporter.pid)
        return {"size": size, "polls": done, "cpu": cpu, "joining_cpu": joined, "resident": resident, "peak": peak}


def measure(binary, polls):
    return {"executors": [_one(binary, size, polls, size, "busy") for size in EXECUTORS],
            "stages": [_one(binary, size, polls, BESIDE, "busy", str(size)) for size in STAGES]}


if __name__ == "__main__":
    for kind, rows in measure(sys.argv[1] if len(sys.argv) > 1 else
                              os.path.join(ROOT, "build", "release", "spark_exporter"), 10).items():
        for row in rows:
            print(kind, row)
        for key in ("cpu", "resident", "peak", "joining_cpu"):
            print(kind, key, f"slope {slope([row['size'] for row in rows], [row[key] for row in rows]):.2f}")
