#!/usr/bin/env python3
"""Draws every board over a made-up day with Grafana's own panel library in headless Chromium, and looks for what is cut
off, empty or failed. Before that the types: each board as a literal of @grafana/schema's types, through tsc.

  test_pictures.py [--hours 12] [--save FOLDER]

77: no npm, no Node, no Chromium, or the packages are not to be had."""
import argparse
import os
import shutil
import sys
import tempfile
import time

import board_types
import boards
import fleet
import make_fleet
import pictures
from pictures import Picture
from prometheus import Prometheus, Skip

FLEET = {"cluster": "fleet"}
STREAM = "spark-job-run-stream"     # drawn and looked at, not kept
BATCH_ONLY = ("Stages, tasks and data", "Memory", "Executors", "Cost and size", "SQL", "Logs")
PICTURES = (
    Picture("spark-jobs", "spark-jobs", FLEET, ()),
    Picture("spark-job-run", "spark-job-run", {**FLEET, "namespace": "sales", "app": "orders-enrich"},
            ("Streaming",)),
    Picture(STREAM, "spark-job-run", {**FLEET, "namespace": "sales", "app": "clickstream-sessions"}, BATCH_ONLY),
    Picture("spark-cost", "spark-cost", FLEET, ()), Picture("spark-data", "spark-data", FLEET, ()),
    Picture("spark-exporter", "spark-exporter", FLEET, ()))
# (picture, panel): why it is empty there.
LOKI = "logs come from Loki, and the panel library cannot draw them"
EMPTY = {("spark-job-run", "Driver's log"): LOKI, ("spark-job-run", "Executors' warnings"): LOKI,
         ("spark-job-run", "What it waits for"): "this run does not wait",
         ("spark-job-run-stream", "What it waits for"): "nor does this one",
         ("spark-job-run-stream", "Why it failed"): "it has not failed"}


def prepare(folder, prometheus, day):
    """{picture: how many panels it has}"""
    counts = {}
    for picture in PICTURES:
        start, end = day.start, day.end
        if picture.uid == "spark-job-run":  # the time of the run, as the links from the other boards give it
            run = next(job.runs[-1] for job in day.jobs if job.app == picture.chosen["app"])
            start, end = max(run.start - 300, day.start), min(run.end + 300, day.end)
        counts[picture.name] = pictures.prepare(folder, picture, prometheus, start, end, fleet.SCRAPE)
    return counts


def judge(findings, counts):
    wrong = 0
    for drawn in findings:
        if drawn["panels"] != counts[drawn["name"]]:
            print(f"{drawn['name']}: {drawn['panels']} panels are drawn, {counts[drawn['name']]} are there")
            wrong += 1
        for one in drawn["found"]:
            if one["what"].startswith("empty") and (drawn["name"], one["panel"]) in EMPTY:
                continue
            print(f"{drawn['name']}: {one['panel']}: {one['what']}")
            wrong += 1
    return wrong


def run(options, folder):
    pictures.chromium()
    packages = pictures.packages()
    complaints = board_types.check(packages, boards.load_all())
    print(f"types of {len(boards.load_all())} boards: {len(complaints)} faults", flush=True)
    for one in complaints:
        print(one)
    history = os.path.join(folder, "fleet.om")
    day = make_fleet.make(history, options.hours, int(time.time()))
    drawn = os.path.join(folder, "pictures")
    os.makedirs(drawn)
    with Prometheus(folder, history=history) as prometheus:
        counts = prepare(drawn, prometheus, day)
    findings = pictures.draw(packages, drawn)
    wrong = judge(findings, counts) + len(complaints)
    if options.save:
        os.makedirs(options.save, exist_ok=True)
        for name in counts:
            if name != STREAM:
                shutil.copy(os.path.join(drawn, name + ".png"), os.path.join(options.save, f"dashboard-{name}.png"))
    print(f"{sum(counts.values())} panels in {len(findings)} pictures, {wrong} faults")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=12)
    parser.add_argument("--save", help="where to keep the pictures, such as docs/images")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="spark-exporter-pictures-")
    try:
        return run(options, folder)
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
