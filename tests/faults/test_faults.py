#!/usr/bin/env python3
"""Seeded minutes of faults between the exporter and what it depends on, in compressed time.

  test_faults.py [--schedules 12] [--seed 1] [--side-by-side 3] [--role NAME] [--only FAULT] [--table FILE]"""
import argparse
import asyncio
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import clock  # noqa: E402
import judge  # noqa: E402
import receivers  # noqa: E402
import subject  # noqa: E402
from role_delivery import DeliveryRole  # noqa: E402
from role_observer import ObserverRole  # noqa: E402
from role_spark import SparkRole  # noqa: E402

ROLES = (SparkRole, ObserverRole, DeliveryRole)
TURNS = (SparkRole, ObserverRole, SparkRole, DeliveryRole, SparkRole)  # by seed


def role_of(seed, given):
    return next((role for role in ROLES if role.NAME == given.role), TURNS[seed % len(TURNS)])


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
            role = role_of(seed, given)
            if role is DeliveryRole and receivers.missing():
                return
            each = role(seed, number, subject.binary(), shim, os.path.join(folder, str(number)), lag, given.only)
            await each.run()
            done.append(each)
            state = "good" if not each.judge.wrong else "WRONG"
            print(f"{state}: {each}; {each.peak / (1 << 20):.1f} MiB", flush=True)
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


ROWS = (  # of the table: title, of one schedule, how they come together
    ("schedules", lambda e: 1, sum),
    ("faults", lambda e: len(suffered(e)), sum),
    ("scrapes", lambda e: e.judge.scrapes, sum),
    ("ended and begun again", lambda e: e.restarts, sum),
    ("crashes", lambda e: blamed(e, "crash"), sum),
    ("scrapes unanswered (hangs)", lambda e: blamed(e, "unanswered"), sum),
    ("scrapes that this machine was too late for", lambda e: e.judge.stalled, sum),
    ("answers malformed", lambda e: blamed(e, "malformed"), sum),
    ("counters that fell", lambda e: blamed(e, "fell"), sum),
    ("wrong counters", lambda e: blamed(e, "wrong"), sum),
    ("outcomes lost or told twice differently", lambda e: blamed(e, "lost"), sum),
    ("recovered", lambda e: e.recoveries, sum),
    ("later than two intervals", lambda e: blamed(e, "late"), sum),
    ("slowest recovery, in intervals", lambda e: e.slowest, max),
    ("descriptors or threads left over", lambda e: blamed(e, "growth"), sum),
    ("ends by SIGTERM gone wrong", lambda e: blamed(e, "term"), sum),
    ("most resident memory, MiB", lambda e: e.peak / (1 << 20), max))


def suffered(each):
    return [episode for episode in each.episodes if episode.fault not in each.skipped]


def blamed(each, kind):
    return len(each.judge.wrong.get(kind, ()))


def shown(value):
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def of_fault(done, fault):
    """How often, and the slowest recovery."""
    those = [episode for each in done for episode in suffered(each) if episode.fault == fault]
    slowest = max((episode.recovered or 0 for episode in those), default=0)
    return f"{len(those)} ({slowest:.2f})" if those else ""


def table(done):
    by_role = [(role, [each for each in done if isinstance(each, role)]) for role in ROLES]
    by_role = [(role, those) for role, those in by_role if those]
    head = "| | " + " | ".join(role.NAME for role, _ in by_role) + " |"
    line = "| --- |" + " ---: |" * len(by_role)
    lines = [head.replace(" |", " | all |", 1), line + " ---: |"]
    for title, value, together in ROWS:
        cells = [shown(together(value(each) for each in those)) for those in [done] + [those for _, those in by_role]]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    lines += ["", "Times that each fault was drawn, and in brackets the slowest recovery from it, in intervals:", "", head, line]
    for fault in sorted({episode.fault for each in done for episode in suffered(each)}):
        lines.append(f"| `{fault}` | " + " | ".join(of_fault(those, fault) for _, those in by_role) + " |")
    skipped = sorted(set().union(*(each.skipped for each in done))) + ["prometheus-" + n for n in receivers.missing()]
    lines += ["", "Not possible on this machine: " + (", ".join(skipped) or "none") + "."]
    return "\n".join(lines) + "\n", sum(len(words) for each in done for words in each.judge.wrong.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedules", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side-by-side", type=int, default=3)
    parser.add_argument("--role", choices=[role.NAME for role in ROLES])
    parser.add_argument("--only")
    parser.add_argument("--table")
    given = parser.parse_args()
    done = subject.with_folder("faults-", lambda folder: run_all(given, folder))
    text, wrong = table(done)
    print(text)
    if given.table and not wrong:
        with open(given.table, "w") as file:
            file.write(text)
    return 1 if wrong else 0


sys.exit(main())
