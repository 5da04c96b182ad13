#!/usr/bin/env python3
"""Seeded minutes of faults between the exporter and what it depends on, in compressed time.

  test_faults.py [--schedules 12] [--seed 1] [--side-by-side 3] [--role NAME] [--only FAULT] [--table FILE]"""
import argparse
import asyncio
import collections
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import clock  # noqa: E402
import judge  # noqa: E402
import receivers  # noqa: E402
import subject  # noqa: E402
from role_delivery import DeliveryRole  # noqa: E402
from role_observer import ObserverRole  # noqa: E402
from role_spark import SparkRole  # noqa: E402

KINDS = ("crash", "unanswered", "malformed", "fell", "wrong", "late", "growth", "term", "lost")
ROLES = (SparkRole, ObserverRole, DeliveryRole)
TURNS = (SparkRole, ObserverRole, SparkRole, DeliveryRole, SparkRole)  # by seed


def role_of(seed, given):
    return next((role for role in ROLES if role.NAME == given.role), TURNS[seed % len(TURNS)])


def binary():
    return os.environ.get("SPARK_EXPORTER") or os.path.join(HERE, "..", "..", "build", "release", "spark_exporter")


async def run_all(given, folder):
    shim = clock.build_shim(folder)
    DeliveryRole.receivers = receivers.Receivers()
    if not receivers.missing():
        await DeliveryRole.receivers.start(folder)
    lag = judge.Lag()
    lagging = asyncio.ensure_future(lag.run())
    seats = asyncio.Semaphore(given.side_by_side)
    done = []

    async def one(number):
        async with seats:
            seed = given.seed + number
            each = role_of(seed, given)(seed, number, os.path.abspath(binary()), shim,
                                        os.path.join(folder, str(number)), lag, given.only)
            await each.run()
            done.append(each)
            state = "good" if not each.judge.wrong else "WRONG"
            print(f"{state}: {each}", flush=True)
            for kind, words in each.judge.wrong.items():
                print(f"   {kind} x{len(words)}: " + "; ".join(words[:3]), flush=True)
            if each.judge.wrong:
                print("   log: " + "\n        ".join(each.subject.lines[-12:]), flush=True)
    try:
        await asyncio.gather(*(one(number) for number in range(given.schedules)))
    finally:
        lagging.cancel()
        DeliveryRole.receivers.stop()
    return done


def table(done):
    total = {kind: sum(len(each.judge.wrong.get(kind, ())) for each in done) for kind in KINDS}
    faults = collections.Counter(e.fault for each in done for e in each.episodes if e.fault not in each.skipped)
    skipped = sorted(set().union(*(each.skipped for each in done)))
    rows = [("schedules", len(done)), ("faults", sum(faults.values())), ("scrapes", sum(e.judge.scrapes for e in done)),
            ("restarts", sum(e.restarts for e in done)),
            ("crashes", total["crash"]), ("scrapes unanswered (hangs)", total["unanswered"]),
            ("answers malformed", total["malformed"]), ("counters that fell", total["fell"]),
            ("wrong counters", total["wrong"]),
            ("recovered", sum(e.recoveries for e in done)), ("later than two intervals", total["late"]),
            ("slowest recovery, in intervals", f"{max((e.slowest for e in done), default=0):.2f}"),
            ("descriptors or threads left over", total["growth"]), ("ends by SIGTERM gone wrong", total["term"]),
            ("most resident memory, MiB", f"{max((e.peak for e in done), default=0) / (1 << 20):.1f}")]
    lines = ["| | |", "| --- | ---: |"] + [f"| {name} | {value} |" for name, value in rows]
    lines += ["", "| fault | times |", "| --- | ---: |"]
    lines += [f"| `{name}` | {count} |" for name, count in sorted(faults.items())]
    lines += ["", "Scrapes are not asked for while no descriptor is left; a list of 200,000 elements is not among the floods; "
              "cost is not compared where the driver refused connections."]
    lines += ["", "Not possible on this machine: " + (", ".join(skipped) or "none") + "."]
    return "\n".join(lines) + "\n", sum(total.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedules", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side-by-side", type=int, default=3)
    parser.add_argument("--role", choices=[role.NAME for role in ROLES])
    parser.add_argument("--only")
    parser.add_argument("--table")
    given = parser.parse_args()
    if not shutil.which("cc"):
        print("skipped: no cc on the PATH")
        return 77
    subject.own_mounts()
    folder = tempfile.mkdtemp(prefix="faults-")
    try:
        done = asyncio.run(run_all(given, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text, wrong = table(done)
    print(text)
    if given.table and not wrong:
        with open(given.table, "w") as file:
            file.write(text)
    return 1 if wrong else 0


sys.exit(main())
