#!/usr/bin/env python3
"""Hours of a busy driver and of a busy API server, compressed: what the exporter uses stays as it is, and it counts
right all the time.

  test_soak.py [--hours 1] [--factor 20] [--seed 1] [--role spark|observer] [--table FILE]"""
import argparse
import asyncio
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "faults"))
import clock  # noqa: E402
import judge  # noqa: E402
import roles  # noqa: E402
import steady  # noqa: E402
import subject  # noqa: E402

KIB = 1024
subject.SMALL_DISK = 64 << 20  # it is not to be full here


async def run_all(given, folder):
    shim = clock.build_shim(folder)
    lag = judge.Lag()
    lagging = asyncio.ensure_future(lag.run())
    roles.Soak.HOURS, roles.Soak.FACTOR = given.hours, given.factor
    wanted = [role for name, role in roles.ROLES.items() if given.role in (None, name)]
    soaks = [role(given.seed + at, at, subject.binary(), shim, os.path.join(folder, str(at)), lag)
             for at, role in enumerate(wanted)]
    try:
        await asyncio.gather(*(each.run() for each in soaks))
    finally:
        lagging.cancel()
    return soaks


def told(each):
    samples, lines = each.samples, [f"{each.NAME}, seed {each.seed}: {each.did()}"]
    if samples.rows:
        least, most = samples.spread("resident")
        lines.append(f"   memory {least // KIB} to {most // KIB} KiB, slope {samples.a_hour('resident') / KIB:.0f} KiB an "
                     f"hour; series {samples.levels('series')}, descriptors {samples.levels('descriptors')}, threads "
                     f"{samples.levels('threads')}")
    for kind, words in each.judge.wrong.items():
        lines.append(f"   {kind} x{len(words)}: " + "; ".join(words[:3]))
    if each.judge.wrong:
        lines.append("   log: " + "\n        ".join(each.subject.lines[-12:]))
    return "\n".join(lines)


ROWS = (
    ("what happened", lambda e: e.did()),
    ("scrapes", lambda e: e.judge.scrapes),
    ("wrong counters, all compared at each scrape", lambda e: len(e.judge.wrong.get("wrong", ()))),
    ("counters that fell", lambda e: len(e.judge.wrong.get("fell", ()))),
    ("scrapes unanswered", lambda e: len(e.judge.wrong.get("unanswered", ()))),
    ("resident memory in the second half, KiB", lambda e: "{} to {}".format(
        *(value // KIB for value in e.samples.spread("resident")))),
    (f"its slope, KiB an hour (at most {steady.RESIDENT_A_HOUR // KIB})", lambda e: f"{e.samples.a_hour('resident') / KIB:.0f}"),
    ("series in the second half", lambda e: "{} to {}".format(*e.samples.spread("series"))),
    ("descriptors, third quarter and last", lambda e: "{}, {}".format(*e.samples.levels("descriptors"))),
    ("threads, third quarter and last", lambda e: "{}, {}".format(*e.samples.levels("threads"))))


def table(soaks):
    lines = ["| | " + " | ".join(each.NAME for each in soaks) + " |", "| --- |" + " ---: |" * len(soaks),
             "| hours | " + " | ".join(f"{each.HOURS:g}" for each in soaks) + " |",
             "| times faster | " + " | ".join(str(each.FACTOR) for each in soaks) + " |"]
    lines += [f"| {title} | " + " | ".join(str(value(each)) for each in soaks) + " |" for title, value in ROWS]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=1)
    parser.add_argument("--factor", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", choices=roles.ROLES)
    parser.add_argument("--table")
    given = parser.parse_args()
    soaks = subject.with_folder("soak-", lambda folder: run_all(given, folder))
    print("\n".join(map(told, soaks)))
    if any(each.judge.wrong for each in soaks):
        return 1
    if given.table:
        with open(given.table, "w") as file:
            file.write(table(soaks))
    return 0


sys.exit(main())
