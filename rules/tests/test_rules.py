#!/usr/bin/env python3
"""Holds the rule files: they are what the generator writes, promtool takes them, each alert fires and stays silent where its
unit tests say so, the contract's alerts are there word for word, alerts and runbooks know each other, and every metric and
label that a rule names is in docs/metrics.md."""
import os
import re
import sys

import named
import promtool
from generator import rule

ROOT = os.path.dirname(os.path.dirname(promtool.HERE))
RUNBOOKS = os.path.join(ROOT, "docs", "operations", "runbooks")
SKIPPED = 77

FAILED = """
  - alert: SparkJobFailed
    expr: spark_job_status == 2
    for: 1m
    labels:
      severity: critical
"""
COLLECTS = """
  - alert: HighGCTime
    expr: rate(jvm_gc_time_seconds[5m]) * 100 > 20
    for: 10m
    labels:
      severity: warning
"""
RUNBOOK = '      runbook: "docs/operations/runbooks/job-failure.md"\n'

FOREIGN = {"team", "owner"}  # of job.labels

problems = []


def check(what, holds):
    if not holds:
        problems.append(what)
        print(f"FAILED: {what}")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as source:
        return source.read()


def contract():
    text = read("rules", "contract.yaml")
    check("SparkJobFailed, word for word", FAILED in text)
    check("its runbook, word for word", RUNBOOK in text)
    check("HighGCTime, word for word", COLLECTS in text)
    check("nothing else is in the contract", text.count("- alert:") == 2)
    keeping = read("rules", "contract-keep-firing.yaml")
    body = keeping[keeping.index("groups:"):]
    check("contract-keep-firing.yaml is the same but for keep_firing_for: 5m, twice",
          body.replace("    keep_firing_for: 5m\n", "") == text[text.index("groups:"):]
          and body.count("    keep_firing_for: 5m\n") == 2)


def reference():
    """({family: labels}, all of docs/metrics.md)"""
    page = read("docs", "metrics.md")
    found = {}
    for line in page.split("\n"):
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        name = re.fullmatch(r"`([a-z_]+)`", cells[0])
        if name and len(cells) >= 3:
            found[name.group(1)] = set(re.findall(r"`([a-z_]+)`", cells[2]))
    return found, page


def names():
    """Metrics and labels of all rules are documented; returns the metrics."""
    known, _ = reference()
    check("the reference was read", len(known) > 80)
    recorded = {one.name for _, one in named.rules() if isinstance(one, rule.Recording)}
    all_labels = set().union(*known.values()) | named.TARGET | FOREIGN
    used = set()
    for file, one in named.rules():
        where = f"{file}: {one.name}"
        for metric, selector in named.metrics(*named.texts(one)):
            used.add(metric)
            if ":" in metric:
                check(f"{where}: {metric} is recorded", metric in recorded)
            else:
                check(f"{where}: {metric} is in docs/metrics.md", metric in known)
                labels = set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", selector))
                check(f"{where}: {metric} has the labels {sorted(labels)}",
                      labels <= known.get(metric, set()) | named.TARGET)
        grouped = {label for text in named.texts(one)
                   for inner in re.findall(r"\b(?:by|on|group_left|group_right) \(([^)]*)\)", text)
                   for label in re.findall(r"[a-z_]+", inner)}
        check(f"{where}: labels {sorted(grouped - all_labels)} that no metric has", grouped <= all_labels)
    return used


def runbooks():
    index = read("docs", "operations", "runbooks", "README.md")
    listed = dict(re.findall(r"^\| `(\w+)` \| \[([\w-]+)\]\(\2\.md\) \|", index, re.M))
    shipped = {name: known[0].page for name, known in promtool.rules_of().items()}
    check(f"alerts without a line in the index of runbooks: {sorted(set(shipped) - set(listed))}", set(shipped) <= set(listed))
    check(f"lines of the index without an alert: {sorted(set(listed) - set(shipped))}", set(listed) <= set(shipped))
    for name, page in shipped.items():
        check(f"{name} leads to {listed.get(name)}.md", listed.get(name) == page)
    pages = {name[:-3] for name in os.listdir(RUNBOOKS) if name.endswith(".md")} - {"README"}
    check(f"runbooks without an alert: {sorted(pages - set(shipped.values()))}", pages == set(shipped.values()))
    headings = set(re.findall(r"^### (\w+)$", read("docs", "operations", "runbooks", "job-failure.md"), re.M))
    closed = re.search(r"`reason` of a failure: (.*?)\. Of a waiting pod", reference()[1], re.S).group(1)
    reasons = set(re.findall(r"`(\w+)`", closed))
    check(f"reasons without a section to link to: {sorted(reasons - headings)}", reasons <= headings)


def annotations():
    for name, known in promtool.rules_of().items():
        for one in known:
            check(f"{name}: summary is a sentence", re.fullmatch(r"[A-Z][^{}]*\.", one.summary) is not None)
            check(f"{name}: severity", one.severity in ("critical", "warning", "info"))
            check(f"{name}: links", set(one.annotations()) >= {"summary", "description", "runbook_url", "dashboard_url"})


def cases():
    """Runs all unit tests; (fire tests, silent tests)"""
    every = [case for _, case in promtool.all_cases()]
    shipped = promtool.rules_of()
    for name, known in shipped.items():
        own = [case for case in every if case.alert == name]
        check(f"{name} has a test in which it stays silent from its beginning to its end",
              any(not case.fires and case.silent for case in own))
        for one in known:
            check(f"{name} ({one.severity}) has a test in which it fires",
                  any(promtool.expected(case, fires)[0]["severity"] == one.severity for case in own for fires in case.fires))
    folder = os.path.join(ROOT, "rules", "tests")
    code, output = promtool.run([*sorted(promtool.documents()), "recording.yaml"], folder)
    recorded = {re.sub(r"\d+d$", "", one.name) for _, one in named.rules() if isinstance(one, rule.Recording)}
    tested = read("rules", "tests", "recording.yaml") + "".join(promtool.documents().values()) + "".join(
        one.expr for _, one in named.rules())
    check(f"recorded and neither tested nor used: {[name for name in recorded if name not in tested]}",
          all(name in tested for name in recorded))
    check("the unit tests pass" if code == 0 else output, code == 0)
    return sum(len(case.fires) for case in every), sum(len(case.silent) for case in every)


def main():
    if not promtool.is_there():
        print("skipped: no promtool (Debian: prometheus)")
        return SKIPPED
    check(f"rules/generate.py would write {promtool.generate.differing()} otherwise", not promtool.generate.differing())
    files = sorted(name for name in os.listdir(os.path.join(ROOT, "rules")) if name.endswith(".yaml"))
    check("all files of rules/ are generated", files == sorted(promtool.generate.files()))
    code, output = promtool.check(files, os.path.join(ROOT, "rules"))
    check(f"promtool takes the files: {output if code else ''}", code == 0)
    contract()
    used = names()
    runbooks()
    annotations()
    fired, silent = cases()
    shipped = promtool.rules_of()
    print(f"{len(shipped)} alerts in {sum(map(len, shipped.values()))} rules name {len(used)} metrics; "
          f"they fire {fired} times and stay silent {silent} times as expected")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
