#!/usr/bin/env python3
"""Writes the rule files from rules/generator and rules/thresholds.py; docs/alerts.md, the table of all alerts; and the unit
tests for promtool from rules/tests/cases. All are committed, and a test compares.

    rules/generate.py                     writes them
    rules/generate.py --check             says which of them differ
    rules/generate.py --output DIR --runbooks URL --dashboards URL
                                          writes the rule files only, with where runbooks and dashboards really are
"""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, HERE)

from generator import backup, contract, cost, executors, exporter, jobs, quality, recording, streaming  # noqa: E402
from generator import rule  # noqa: E402
from thresholds import MINUTE, Table  # noqa: E402

HEAD = """{}
Written by rules/generate.py; thresholds are in rules/thresholds.py. Replace the strings {} and
{} by where your runbooks and your Grafana are (README.md, "Alerts")."""


def files(table=None):
    """{file name: (what it says of itself, [Group])}"""
    table = table or Table()
    return {
        "contract.yaml": ("The two alerts of the contract, word for word. Load this file or contract-keep-firing.yaml.",
                          [contract.group(table)]),
        "contract-keep-firing.yaml": ("The same with keep_firing_for, against lost scrapes: for Prometheus 2.42 and newer, "
                                      "in place of contract.yaml.", [contract.group(table, keep=5 * MINUTE)]),
        "alerts-jobs.yaml": ("What becomes of jobs and runs.", [jobs.group(table)]),
        "alerts-executors.yaml": ("Executors, their memory, and tasks.", [executors.group(table)]),
        "alerts-cost.yaml": ("Money.", [cost.group(table)]),
        "alerts-streaming.yaml": ("Streaming queries.", [streaming.group(table)]),
        "alerts-quality.yaml": ("Data quality.", [quality.group(table)]),
        "alerts-backup.yaml": ("Backup and recovery.", [backup.group(table)]),
        "alerts-exporter.yaml": ("The exporter itself.", [exporter.group(table)]),
        "recording.yaml": ("What dashboards show over many runs.", recording.groups(table)),
    }


def alerts(table=None):
    """[Alert] of all files, each once."""
    return [one for name, (_, groups) in files(table).items() if name != "contract-keep-firing.yaml"
            for group in groups for one in group.rules if isinstance(one, rule.Alert)]


def rule_files(table=None):
    """{file name: text}"""
    return {name: rule.document(HEAD.format(head, rule.RUNBOOKS, rule.DASHBOARDS), groups)
            for name, (head, groups) in files(table).items()}


def everything():
    """{path below the repository: text}"""
    return {os.path.join("rules", name): text for name, text in rule_files().items()}


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def differing():
    """Paths whose content is not what would be written."""
    wrong = []
    for path, text in everything().items():
        try:
            with open(os.path.join(ROOT, path), encoding="utf-8") as source:
                if source.read() == text:
                    continue
        except OSError:
            pass
        wrong.append(path)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--output")
    parser.add_argument("--runbooks", default=rule.RUNBOOKS)
    parser.add_argument("--dashboards", default=rule.DASHBOARDS)
    args = parser.parse_args()
    if args.check:
        wrong = differing()
        for path in wrong:
            print(f"{path} is not what rules/generate.py writes")
        sys.exit(1 if wrong else 0)
    if args.output:
        os.makedirs(args.output, exist_ok=True)
        for name, text in rule_files().items():
            write(os.path.join(args.output, name),
                  text.replace(rule.RUNBOOKS, args.runbooks).replace(rule.DASHBOARDS, args.dashboards))
        return
    for path, text in everything().items():
        write(os.path.join(ROOT, path), text)


if __name__ == "__main__":
    main()
