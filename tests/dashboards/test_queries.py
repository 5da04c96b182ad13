#!/usr/bin/env python3
"""Every variable and every query of every board against a real Prometheus, twice: over a day of a made-up fleet in
which all there is to see is there, and over real exporters.

  test_queries.py [--hours 6] [--table FILE] [--keep]

No query may fail. No panel may be empty but for those listed below, each with its reason."""
import argparse
import collections
import os
import shutil
import sys
import tempfile
import time

import boards
import fleet
import make_fleet
import prove
import scene as scenes
from prometheus import Prometheus, Skip

LIVE_SCRAPES = 10   # before the live boards are asked

# Runs of the fleet that the run board is asked for; what one of them cannot have, another has.
FLEET_RUNS = [{"namespace": "sales", "app": "orders-enrich"}, {"namespace": "sales", "app": "customer-360"},
              {"namespace": "platform", "app": "embeddings-train"},
              {"namespace": "sales", "app": "clickstream-sessions"},
              {"namespace": "logistics", "app": "deliveries-nightly"}]
LIVE_RUNS = [{"namespace": "demo", "app": job} for job in (scenes.HEALTHY, scenes.STREAM, scenes.FAILS,
                                                             scenes.ENDS, "returns")]

LOKI = "logs are asked from Loki, which is no Debian package"
# (board, panel): why it is empty there.
EMPTY_IN_FLEET = {("spark-job-run", "Driver's log"): LOKI, ("spark-job-run", "Executors' warnings"): LOKI}
RSS = "the recorded drivers ran without spark.executor.processTreeMetrics.enabled"
BARS = "one bar for each half hour, and the scene is a minute old"
EMPTY_LIVE = {
    **EMPTY_IN_FLEET,
    ("spark-job-run", "Peak of the limit"): RSS, ("spark-jobs", "Memory peak of limit"): RSS,
    ("spark-job-run", "Skew"): "a played recording has no running stage's task summary",
    ("spark-job-run", "Worst skew"): "a played recording has no running stage's task summary",
    ("spark-job-run", "What it waits for"): "no pod of the scene waits",
    ("spark-jobs", "Alerts that fire"): "the least an alert takes is a minute",
    ("spark-jobs", "Runs that ended"): BARS, ("spark-cost", "Cost of ended runs"): BARS,
    ("spark-exporter", "Series left out"): "nothing is left out",
}


def fleet_chosen(uid):
    if uid == "spark-job-run":
        return [{"cluster": "fleet", **run} for run in FLEET_RUNS]
    return [{"cluster": "fleet"}]


def live_chosen(uid):
    if uid == "spark-job-run":
        return [{"cluster": "live", **run} for run in LIVE_RUNS]
    return [{"cluster": "live"}]


def ask_all(prometheus, start, end, scrape, chosen_of):
    answers = []
    for uid, model in boards.load_all().items():
        for chosen in chosen_of(uid):
            answers += prove.ask(model, prometheus, start, end, scrape, chosen)[1]
    return answers


def judge(name, answers, allowed):
    """Prints what is wrong; {board: Counter of "panels", "data", "listed", "wrong"}."""
    verdicts = {key: verdict for key, verdict in prove.panel_verdicts(answers).items()
                if not key[1].startswith(("annotation", "variables")) or verdict == "error"}
    for model in boards.load_all().values():
        for panel in boards.panels_of(model):
            verdicts.setdefault((model["uid"], panel["title"]), "empty")
    counts = {uid: collections.Counter() for uid in boards.load_all()}
    for key, verdict in sorted(verdicts.items()):
        count, listed = counts[key[0]], key in allowed
        count["panels"] += 1
        if verdict == "data" and not listed:
            count["data"] += 1
        elif verdict in ("empty", "nan") and listed:
            count["listed"] += 1
        else:
            count["wrong"] += 1
            details = [one.detail for one in answers if (one.board, one.panel) == key and one.verdict == verdict]
            print(f"{name}: {key[0]}: {key[1]}: {verdict}{', and is listed as empty' if listed else ''}: {details[:1]}")
    total = sum(counts.values(), collections.Counter())
    print(f"{name}: {total['panels']} panels, {total['data']} with data, {total['listed']} empty as listed, "
          f"{total['wrong']} wrong; {len(answers)} questions", flush=True)
    return counts


def write_table(path, results, questions):
    """Markdown: what each board has, over the fleet and over real exporters, and what is empty why."""
    (_, of_fleet, _), (_, live, empty) = results
    lines = ["| board | panels | with data, fleet | empty, listed | with data, real exporters | empty, listed |",
             "| --- | --: | --: | --: | --: | --: |"]
    for uid in of_fleet:
        lines.append(f"| `{uid}` | {of_fleet[uid]['panels']} | {of_fleet[uid]['data']} | {of_fleet[uid]['listed']} | "
                     f"{live[uid]['data']} | {live[uid]['listed']} |")
    sums = [sum(counts[uid][what] for uid in counts) for counts, what in (
        (of_fleet, "panels"), (of_fleet, "data"), (of_fleet, "listed"), (live, "data"), (live, "listed"))]
    lines += ["| all | " + " | ".join(map(str, sums)) + " |", "",
              f"{questions} questions to Prometheus, none of them refused: variables, annotations, and each panel's "
              f"queries, the "
              "run board's for several runs.", "", "Empty beside real exporters:", "",
              "| panel | because |", "| --- | --- |"]
    lines += [f"| {uid}: {panel} | {why} |" for (uid, panel), why in sorted(empty.items())]
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def check_families(used):
    """The made-up families and labels are those of docs/metrics.md."""
    known = {**boards.families(), **boards.FOREIGN}
    wrong = 0
    for family, labels in used.items():
        own = known.get(family)
        extra = labels - (own or set()) - boards.RUN_LABELS - boards.TARGET_LABELS - {"team"}
        if own is None or extra:
            print(f"the fleet has {family} with {sorted(extra)}, docs/metrics.md has not")
            wrong += 1
    return wrong


def run(options, folder):
    began = time.monotonic()
    history = os.path.join(folder, "fleet.om")
    day = make_fleet.make(history, options.hours, int(time.time()) - 5)
    wrong = check_families(day.used)
    with scenes.Scene(folder) as scene:
        scene.validate(0)
        scene.back_up()
        with Prometheus(folder, scene.scrape_configs(), history) as prometheus:
            print(f"a fleet of {options.hours} hours and a live scene after {time.monotonic() - began:.1f} s")
            answers = ask_all(prometheus, day.start, day.end, fleet.SCRAPE, fleet_chosen)
            results = [("fleet", judge("fleet", answers, EMPTY_IN_FLEET), EMPTY_IN_FLEET)]
            scenes.wait("scrapes", lambda: prometheus.query(
                f'min(count_over_time(up{{cluster="live"}}[2m])) >= {LIVE_SCRAPES}', time.time()), 60)
            scene.write_log()
            scene.end_runs()
            scene.validate(1)
            scenes.wait("costs of the ended runs", lambda: prometheus.query(
                'count(count_over_time(spark_job_runs_cost_total{cluster="live", outcome="failed"}[1m]) >= 2) == 2',
                time.time()), 60)
            now = time.time()
            more = ask_all(prometheus, now - 60, now, 1, live_chosen)
            results.append(("live", judge("live", more, EMPTY_LIVE), EMPTY_LIVE))
            if options.table:
                write_table(options.table, results, len(answers) + len(more))
            if options.keep:
                print(f"{prometheus.url} is up until Ctrl-C; fleet: {day.start} to {day.end}")
                while True:
                    time.sleep(3600)
    wrong += sum(count["wrong"] for _, counts, _ in results for count in counts.values())
    print(f"{time.monotonic() - began:.1f} s in all")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=6)
    parser.add_argument("--table", help="a file for the figures, in Markdown")
    parser.add_argument("--keep", action="store_true", help="leave Prometheus running for a look")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="spark-exporter-boards-")
    try:
        return run(options, folder)
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
