#!/usr/bin/env python3
"""Runs the benchmarks and prints one table; raw figures go to bench/results/. See bench/README.md.

Exit code: 0, 1 where a bar is missed, 3 where nothing could be measured."""
import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
import traceback

import decode
import exposition
import floors
import growth
import logs
import metering
import observer
import peers
import polling
import report
import sidecar
import size as sizes
import table
from driver import HERE, ROOT, Driver, Unavailable, note

FULL = {"jobs": 1100, "warm_up": 100, "cheap_warm_up": 1500, "seconds": 45, "rounds": 4, "our_polls": 5,
        "full_polls": 3, "idle_seconds": 12, "minutes": 30, "starts": 100, "scrapes": 2000,
        "polls": 30, "peer_scrapes": 200, "memory_rounds": 40, "rounds_served": 15,
        "observer_seconds": 30, "growth_polls": 8}
QUICK = {"jobs": 200, "warm_up": 5, "cheap_warm_up": 20, "seconds": 15, "rounds": 2, "our_polls": 2, "full_polls": 2,
         "idle_seconds": 8, "minutes": 3, "starts": 10, "scrapes": 200,
         "polls": 5, "peer_scrapes": 30, "memory_rounds": 10, "rounds_served": 3,
         "observer_seconds": 15, "growth_polls": 3}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"), metavar="DIR",
                        help="where spark_exporter and bench/decode_bench are")
    parser.add_argument("--quick", action="store_true",
                        help="short windows, few jobs: to see that it works; no verdict")
    parser.add_argument("--write", metavar="FILE", help="also write the table as Markdown")
    return parser.parse_args()


def git(*words):
    done = subprocess.run(["git", "-C", ROOT, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip()


def cpu_model():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        for line in info:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def measure_driver(binary, size, results):
    note(f"driver: starting, {size['jobs']} jobs of two stages")
    with Driver(size["jobs"]) as driver:
        results["versions"] = {"spark": driver.spark, "java": driver.java}
        note("memory that each adds to a fresh driver")
        results["memory"] = peers.memory_added(driver, binary, size["memory_rounds"])
        note(f"warm-up: {size['warm_up']} rounds of each kind of question, {size['cheap_warm_up']} of the cheap ones")
        polling.warm_up(driver, size["warm_up"], size["cheap_warm_up"])
        results["polling"] = polling.measure(driver, binary, size)
        note(f"sidecar: {size['starts']} starts")
        results["start_up"] = sidecar.start_up(binary, driver.port, size["starts"])
        results["peers"] = peers.measure(driver, binary, size["peer_scrapes"])
    note("sidecar: scrapes of many series")
    results["scrapes"] = sidecar.many_series(binary, size["scrapes"], size["polls"])


def measure_many_executors(binary, size, results):
    note("sidecar: many busy executors")
    results["by_executors"] = sidecar.by_executors(binary, size["seconds"])


def measure(options, size):
    binary = os.path.join(options.build, "spark_exporter")
    if not os.access(binary, os.X_OK):
        raise Unavailable(f"{binary} is not built (make build)")
    results, skipped = {"jobs": size["jobs"]}, []
    parts = (("driver and sidecar", lambda: measure_driver(binary, size, results)),
             ("many executors", lambda: measure_many_executors(binary, size, results)),
             ("decoding", lambda: results.update(
                 decode=decode.measure(os.path.join(options.build, "bench", "decode_bench")))),
             ("logs", lambda: results.update(logs=logs.measure(os.path.join(options.build, "bench", "log_bench")))),
             ("metering cost", lambda: results.update(
                 metering=metering.measure(os.path.join(options.build, "bench", "cost_bench")))),
             ("observer", lambda: results.update(observer=observer.measure(binary, size["observer_seconds"]))),
             ("growth", lambda: results.update(growth=growth.measure(binary, size["growth_polls"]))),
             ("floors", lambda: results.update(floors=floors.measure(binary))),
             ("size", lambda: results.update(size=sizes.measure(binary))),
             ("exposition", lambda: results.update(
                 exposition=exposition.measure(options.build, size["rounds_served"]))))
    for name, part in parts:
        note(name)
        try:
            part()
        except Unavailable as reason:
            skipped.append(f"{name}: {reason}")
        except Exception as failure:  # the other parts' figures are not lost for it
            traceback.print_exc()
            skipped.append(f"{name}: {type(failure).__name__}: {failure}")
    if reason := results.get("peers", {}).get("jmx_skipped"):
        skipped.append(f"JMX exporter's agent: {reason}")
    return results, skipped


def about(options, results, load, took):
    changed = " and changes that are not committed" if git("status", "--porcelain", "--", "exporter", "bench") else ""
    versions = results.get("versions", {})
    lines = {
        "commit": (git("rev-parse", "--short=12", "HEAD") or "unknown") + changed,
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": f"{cpu_model()}, {os.cpu_count()} cores, Linux {platform.release()}",
        "load average before and after": f"{load[0]:.2f}, {os.getloadavg()[0]:.2f}",
        "took": f"{took / 60:.1f} minutes",
    }
    if versions:
        lines["driver"] = f"Spark {versions['spark']}, local[2], Java {versions['java']}, G1, 1 GB heap"
    if options.quick:
        lines["quick run"] = "figures show that it works and no more"
    return lines


def notes(results, skipped):
    lines = ["Driver CPU is that of the whole JVM, by the kernel's clock of the process: compiler and collector "
             "included.",
             "Live, windows of nothing, of the exporter and of full lists take turns; what the idle driver used right "
             "before and after is taken off. The ratio is that of the medians, the rounds' own stand beside it: "
             "HotSpot compiles Spark's REST code at times of its own, so that one round alone says little.",
             "A scrape of the exporter costs the driver nothing; per poll, its CPU is that of the replayed questions."]
    if "polling" in results:
        measured = results["polling"]
        for who, name in (("idle", "the idle driver"), ("ours", "the exporter"), ("full", "full lists")):
            windows = ", ".join(f"{60e3 * w['cpu'] / w['seconds']:.0f}" for w in measured[who])
            lines.append(f"The windows of {name}: {windows} ms/min of the driver's CPU" +
                         ("." if who == "idle" else ", the idle driver's included."))
        for who, name in (("ours", "the exporter's"), ("full", "full lists'")):
            rounds = ", ".join(f"{1e3 * cpu:.0f}" for cpu in measured["per_minute"][who]["cpu_rounds"])
            lines.append(f"Of these, {name} polls: {rounds} ms for a minute's.")
        rest = results["memory"]["rest"]
        lines.append(f"Of the heap and non-heap added, {rest['heap'] / 1e6:.1f} and {rest['non_heap'] / 1e6:.1f} MB "
                     "are Spark's REST API itself, loaded once by the first question of whomever: it is in ours and in "
                     "that of Spark's own, not in the agent's.")
    if "exposition" in results:
        largest = list(results["exposition"].values())[-1]
        shares = ", ".join(f"{share:.1%} with {percent} %" for percent, share in largest["changed"].items())
        packed = ", ".join(f"{name} {largest[who]['gzip' + more]['wire_bytes'] / 1e3:.0f} kB"
                           for who, name, more in (("ours", "ours (ISA-L's level 1)", ", none changed"),
                                                   ("cpp", "prometheus-cpp's (level 6)", ""),
                                                   ("go", "the Go client's (default level)", "")))
        lines.append(f"Exposition: lines that differ after a change, of the largest: {shares}. A scrape with gzip: {packed}.")
    if "decode" in results:
        lines.append("Decoding: how far the limit is, is simdjson's row: it reads 32 bytes at a time and needs the "
                     "whole answer in memory, where ours reads a stream byte by byte and holds one stage.")
    if "observer" in results:
        lines.append("The observer's API server is made up (bench/fake_cluster.py): lists in pages and a watch, no "
                     "etcd. Beside a real one: docs/proof/scale.md.")
        lines.append("kube-state-metrics 2.20.0 was NOT measured in this run. On another day, on the same kind of "
                     "machine when it was quiet, it needed 27.5 ms of CPU for a plain scrape of its 36,708 series of "
                     "1,000 pods, which is 75 ms for 100,000 series, and 81 MB. A third of that would be 25 ms for "
                     "100,000 series; compare the exposition's figures of ours above with care.")
    return lines + [f"Not measured: {reason}" for reason in skipped]


def save(path, results, lines):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"about": lines, **results}, file, indent=1)
        file.write("\n")


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leaves nothing running
    size = QUICK if options.quick else FULL
    start, load = time.monotonic(), os.getloadavg()
    if load[0] > 1:
        note(f"load average {load[0]:.1f}: this machine is not quiet, times will be too long")
    try:
        results, skipped = measure(options, size)
    except Unavailable as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 3
    rows = report.all_rows(results)
    lines = about(options, results, load, time.monotonic() - start)
    explained, missed = notes(results, skipped), report.missed(rows, results.get("floors"))
    print("\n".join(f"{key}: {value}" for key, value in lines.items()) + "\n")
    print(table.as_text(rows, not options.quick))
    if not options.quick and missed:
        print("\nmissed:\n" + "\n".join("- " + text for text in missed))
    print("\n" + "\n".join("- " + text for text in explained))
    raw = os.path.join(HERE, "results", "quick.json" if options.quick else "latest.json")
    save(raw, results, lines)
    print(f"\nraw figures: {os.path.relpath(raw, ROOT)}")
    if options.write:
        with open(options.write, "w", encoding="utf-8") as file:
            file.write(table.as_markdown(rows, lines, missed, explained, not options.quick))
    if not rows:
        return 3
    return 1 if not options.quick and any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
