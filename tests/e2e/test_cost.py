"""Real runs' cost against the event log, up to Spark's last answer: in total within 1 %, by use and by group within 3 %
(or, where one is small, a quarter of a percent of the whole for a use, 0.75 % for a group: on a loaded machine the way to
an executor and back, which tasks do not tell of, takes as long as a short task).
    test_cost.py VERSION [--table FILE] [SCENARIO...]    of healthy, fail_lost, gc, waste, dynamic, restarted, late"""
import argparse
import json
import os
import sys
import tempfile
import time

import compare
import cost_truth
import lab

DYNAMIC = {"spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.shuffleTracking.enabled": "true",
           "spark.dynamicAllocation.minExecutors": "1", "spark.dynamicAllocation.initialExecutors": "1",
           "spark.dynamicAllocation.maxExecutors": "2", "spark.dynamicAllocation.executorIdleTimeout": "4s",
           "spark.dynamicAllocation.cachedExecutorIdleTimeout": "4s"}
SCENARIOS = {  # name: workload, its points, settings of Spark's
    "healthy": ("healthy", ("started", "files", "finished"), {}),
    "fail_lost": ("fail_lost", ("started", "failed", "killed", "finished"), {}),
    "gc": ("gc", ("started", "running", "rest"), {}),
    "waste": ("waste", ("started", "finished"), {}),
    "dynamic": ("waste", ("started", "finished"), DYNAMIC),
    "restarted": ("fail_lost", ("started", "failed", "killed", "finished"), {}),
    "late": ("healthy", ("started", "files", "finished"), {}),
}
GIB = 1  # spark.*.memory by default; memoryOverhead is a pod's


def settled(state, exporter):
    """The saved ledger, once Spark has told all there is of what ended: two rounds of polls that change no use but those
    that grow by the clock."""
    def ledger():
        try:
            with open(state + ".cost", encoding="utf-8") as file:
                return json.loads(json.load(file)["ledger"])
        except (OSError, ValueError, KeyError):
            return None

    def work(saved):
        return [money for use, money in zip(cost_truth.USES, saved["used"]) if use not in ("idle", "driver", "starting")]
    exporter.at_rest()
    seen, since = None, time.monotonic()

    def ask():
        nonlocal seen, since
        saved = ledger()
        if saved is None:
            return None
        if seen is None or work(saved) != seen:
            seen, since = work(saved), time.monotonic()
            return None
        # Late rows of Spark's count for twelve seconds.
        return saved if time.monotonic() - since > 14 else None
    return lab.wait_until("the ledger at rest", ask, 120)


def run(version, name):
    workload, points, conf = SCENARIOS[name]
    with tempfile.TemporaryDirectory() as folder:
        prices, state = os.path.join(folder, "prices.yml"), os.path.join(folder, "state")
        with open(prices, "w", encoding="utf-8") as out:
            out.write(f"currency: EUR\nprices:\n  - core: {cost_truth.CORE}\n    memory_gib: {cost_truth.GIB}\n")
        cluster = "local-cluster[3,2,1024]" if workload == "gc" else lab.CLUSTER
        with lab.Spark(version, workload, cluster, conf=conf) as spark:
            def exporter():
                return lab.Exporter(spark.url, f"--cost.prices={prices}", f"--state.file={state}", "--kubernetes=off")
            spark.reach(points[0], 480)
            if name == "late":
                spark.go()
                spark.reach(points[1])
                points = points[1:]
            ours = exporter()
            ours.__enter__()
            try:
                for number, point in enumerate(points[1:]):
                    spark.go()
                    spark.reach(point, 480)
                    if name == "restarted" and number == 0:
                        ours.at_rest()
                        ours.kill()
                        ours.__exit__(None, None, None)
                        ours = exporter()
                        ours.__enter__()
                ledger = settled(state, ours)
                scrape = ours.scrape()
                truth = cost_truth.Truth(spark.event_log, ledger["now"], GIB, GIB)
                judge(version, name, ledger, truth, scrape)
                spark.finish()
                ended = ours.until("the end", lambda s: s.total("spark_job_cost_unsettled") == 0 and
                                   s.total("spark_exporter_source_up", source="spark") == 0)
                end(name, ended)
            finally:
                ours.__exit__(*sys.exc_info())


def judge(version, name, ledger, truth, scrape):
    check = compare.Check(f"cost of {name}, Spark {version}, EUR")
    table = TABLE.setdefault(name, [])
    paid = sum(map(sum, ledger["paid"]))
    used = dict(zip(cost_truth.USES, ledger["used"]))
    check.close("total", truth.paid, paid, 0.01)
    table.append(("total", truth.paid, paid, truth.paid))
    small = 0.0025 * truth.paid
    for use in cost_truth.USES:
        true, got = truth.used[use], used[use]
        if true or got:
            check.line(f"use {use}", round(true, 7), round(got, 7), abs(got - true) <= max(0.03 * true, small))
            table.append((f"use {use}", true, got, truth.paid))
    groups = {labels: money for labels, money in scrape.by("spark_job_cost_group_total", "group").items()}
    # The scrape is a little younger than the ledger: idling goes on, and is nobody's.
    for group, true in truth.groups.items():
        if group not in (None, "unattributed") and true > 0:
            got = groups.get(group, 0)
            check.line(f"group {group}", round(true, 7), round(got, 7), abs(got - true) <= max(0.03 * true, 3 * small))
            table.append((f"group {group}", true, got, truth.paid))
    by_use, by_group = sum(scrape.by("spark_job_cost_use_total", "use").values()), sum(groups.values())
    total, unsettled = scrape.total("spark_job_cost_total"), scrape.total("spark_job_cost_unsettled")
    check.close("by resource = by use + unsettled", total, by_use + unsettled, 1e-9)
    check.close("by use = by group", by_use, by_group, 1e-9)
    if check.wrong:
        explain(ledger, truth)
    check.done()


def explain(ledger, truth):
    """Slot time in ms of each executor by its tasks and by the ledger, for whoever must find what differs."""
    for account in ledger["accounts"]:
        tasks = truth.tasks.get(account["id"], [])
        print(f"executor {account['id']}: {sum(task[1] for task in tasks)} ms in {len(tasks)} tasks; ledger: {account}")
        for task in tasks:
            print(f"    {task}")


def end(name, scrape):
    check = compare.Check(f"cost of {name} at the end")
    total = scrape.total("spark_job_cost_total")
    check.close("by resource = by use", total, sum(scrape.by("spark_job_cost_use_total", "use").values()), 1e-9)
    unobserved = scrape.total("spark_job_cost_use_total", use="unobserved") or 0
    print(f"unobserved: {100 * unobserved / total:.2f} % of {total:.6f} EUR")
    TABLE[name].append(("unobserved at the end", None, unobserved, total))
    check.done()


def markdown(version):
    """Every figure that was compared."""
    lines = [f"### Spark {version}", "", "| scenario | what | event log | exporter | off by | of the whole |",
             "|---|---|--:|--:|--:|--:|"]
    for name, rows in TABLE.items():
        for what, true, got, whole in rows:
            off = f"{100 * (got - true) / true:+.2f} %" if true else ""
            log = "" if true is None else f"{true:.6f}"
            lines.append(f"| {name} | {what} | {log} | {got:.6f} | {off} | {100 * got / whole:.2f} % |")
    return "\n".join(lines) + "\n"


TABLE = {}


def test(version):
    parser = argparse.ArgumentParser()
    parser.add_argument("version")
    parser.add_argument("--table")
    parser.add_argument("scenarios", nargs="*")
    options = parser.parse_intermixed_args()
    try:
        for name in options.scenarios or SCENARIOS:
            run(version, name)
    finally:
        if options.table and TABLE:
            with open(options.table, "w", encoding="utf-8") as out:
                out.write(markdown(version))


lab.main(test)
