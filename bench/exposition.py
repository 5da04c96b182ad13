"""A scrape of 2,000, 10,000 and 100,000 series: the exporter, prometheus-cpp's serialiser and the Go client library
(prometheus-pushgateway of Debian, which was pushed the same series), each asked in turn.

  python3 bench/exposition.py [--build DIR] [--quick]    prints the table alone

The exporter's share has the change of the series in it, and all that follows from it; the peers' is the scrape alone."""
import argparse
import os
import re
import subprocess
import time
import urllib.request

from asking import Connection, series
from driver import ROOT, Unavailable, free_port
from process import Child, CpuMeter, memory_bytes

RUNS = {2_000: 40, 10_000: 200, 100_000: 2_000}
PERCENT = (1, 10, 100)


class Server(Child):
    """bench/exposition_server, in one of its two kinds."""

    def __init__(self, build, who, runs):
        program = os.path.join(build, "bench", "exposition_server")
        if not os.access(program, os.X_OK):
            raise Unavailable(f"{program} is not built (make bench)")
        super().__init__(program, who, str(runs), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def change(self, percent):
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/change?{percent}", b""), timeout=60)


class Gateway:
    """prometheus-pushgateway with the series of a text."""

    def __init__(self, text):
        self.port = free_port()
        try:
            self._process = subprocess.Popen(["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{self.port}",
                                              "--persistence.file="],  # Debian's default is the machine's own
                                             stderr=subprocess.DEVNULL)
        except OSError as error:
            raise Unavailable(f"prometheus-pushgateway: {error}") from None
        self.pid = self._process.pid
        self._await()
        # Of process_* it has its own.
        pushed = "".join(re.split(r"(?m)^(?=# HELP process_)", text)[:1])
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/metrics/job/bench", pushed.encode(),
                                                      method="PUT"), timeout=120)

    def _await(self):
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=1)
                return
            except OSError:
                time.sleep(0.05)
        raise Unavailable("prometheus-pushgateway does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def change(self, percent):
        """Its series stay as they are, at no cost."""


def changed_share(server, percent):
    """Of the lines with a value, those that a change of so many percent makes others."""
    with Connection(server.port, True, accept="text/plain") as connection:
        server.change(percent)
        before = connection.get("/metrics").text().splitlines()
        server.change(percent)
        after = connection.get("/metrics").text().splitlines()
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if not a.startswith("#")]
    return sum(a != b for a, b in pairs) / len(pairs)


def scrapes(server, rounds, use_gzip, percent=None):
    """CPU and time of a scrape, the least of `rounds`: what else the machine does makes it no faster."""
    cpu, wall = [], []
    with Connection(server.port, use_gzip, accept="text/plain") as connection:
        for number in range(rounds + 2):
            with CpuMeter(server.pid) as meter:
                if percent is not None:
                    server.change(percent)
                answer = connection.get("/metrics")
            if number >= 2:
                cpu.append(meter.cpu)
                wall.append(answer.seconds)
    text = answer.text()
    return {"cpu": min(cpu), "wall": min(wall), "wire_bytes": len(answer.body), "bytes": len(text),
            "series": series(text), "resident": memory_bytes(server.pid)[0]}


def measure(build, rounds):
    results = {}
    for size, runs in RUNS.items():
        with Server(build, "ours", runs) as ours, Server(build, "cpp", runs) as cpp:
            with Connection(ours.port, False) as connection:
                text = connection.get("/metrics").text()
            with Gateway(text) as go:
                row = {"ours": {}, "cpp": {}, "go": {}}
                # The form that is not kept is asked for last: its memory is no part of the other's.
                row["changed"] = {percent: changed_share(ours, percent) for percent in PERCENT}
                for percent in PERCENT:
                    row["ours"][f"gzip, {percent} % changed"] = scrapes(ours, rounds, True, percent)
                row["ours"]["gzip, none changed"] = scrapes(ours, rounds, True)
                row["ours"]["plain, 10 % changed"] = scrapes(ours, rounds, False, 10)
                for who, server in (("cpp", cpp), ("go", go)):
                    row[who]["gzip"] = scrapes(server, rounds, True)
                    row[who]["plain"] = scrapes(server, rounds, False)
                results[size] = row
    return results


def as_text(results):
    lines = [f"{'series':>8} {'':22} {'ours, CPU ms':>13} {'prometheus-cpp':>15} {'ratio':>7} {'Go client':>10} {'ratio':>7}"]
    for row in results.values():
        for name, ours in row["ours"].items():
            form = name.partition(",")[0]
            cpp, go = row["cpp"][form], row["go"][form]
            lines.append(f"{ours['series']:>8} {name:22} {1e3 * ours['cpu']:13.2f} {1e3 * cpp['cpu']:15.2f} "
                         f"{ours['cpu'] / cpp['cpu']:7.3f} {1e3 * go['cpu']:10.2f} {ours['cpu'] / go['cpu']:7.3f}")
        gzipped = row["ours"]["gzip, none changed"]
        go = row["go"]["gzip"]
        lines.append(f"{gzipped['series']:>8} {'resident, MB':22} {gzipped['resident'] / 1e6:13.1f} "
                     f"{row['cpp']['gzip']['resident'] / 1e6:15.1f} "
                     f"{gzipped['resident'] / row['cpp']['gzip']['resident']:7.3f} {go['resident'] / 1e6:10.1f} "
                     f"{gzipped['resident'] / go['resident']:7.3f}")
        of_all = ", ".join(f"{percent} %: {100 * share:.1f} %" for percent, share in row["changed"].items())
        lines.append(f"{'':8} a scrape's bytes with gzip, kB: ours, level 1, {gzipped['wire_bytes'] / 1e3:.0f}; "
                     f"prometheus-cpp, level 6, {row['cpp']['gzip']['wire_bytes'] / 1e3:.0f}; Go client, default, "
                     f"{go['wire_bytes'] / 1e3:.0f}. Lines that changed, {of_all}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--quick", action="store_true", help="few rounds")
    options = parser.parse_args()
    print(as_text(measure(options.build, 3 if options.quick else 15)))


if __name__ == "__main__":
    main()
