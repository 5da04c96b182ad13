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
from generator import promql, rule  # noqa: E402
from thresholds import LIMITS, MINUTE, WINDOWS, Table  # noqa: E402

PAGE = """
# Alerts

What is in `rules/*.yaml`, plain files for Prometheus 2.42 and newer. Written by `rules/generate.py`, as they are; a test
compares. Each alert has a runbook, unit tests in which it fires and in which it stays silent, and thresholds that a change
cannot move without turning a test red ([how](#tests)).

*critical*: somebody must get up. *warning*: in working hours. *info*: when the job's owner has time for it.

Descriptions are complete sentences for the first minute. They ask Prometheus for what the alert's own labels do not say:
team and owner (labels `team` and `owner` of `spark_job_info`, where `job.labels` of the configuration lists them), the
reason, exit code, exception and node of a failure, how often in a row, whether a retry or a next run comes, what it has cost,
and where its log is. What is not known is left out, or said to be not known.

Expressions aggregate before they join, by `cluster` (where a server holds more than one), `namespace`, `app` and `app_id`:
a second scrape of the same exporter, a missing label, or two shown runs of one job make no match ambiguous. What can be lost
between two scrapes, because the driver or its pod ended, is looked for in a window (`last_over_time`, counters that were
first seen above 0) or by its time stamp. Streams and servers are left out of what only makes sense for batch jobs.

## Loading them

```yaml
rule_files:
  - rules/contract.yaml       # or contract-keep-firing.yaml, never both
  - rules/alerts-*.yaml
  - rules/recording.yaml
```

Links point to `https://runbooks.example.com` and `https://grafana.example.com`. Put in your own: the exporter serves the
runbooks itself, filled in with the run's values.

```sh
rules/generate.py --output /etc/prometheus/rules --runbooks http://spark-exporter.monitoring:9817/runbooks \\
  --dashboards https://grafana.your.domain
```

## Tests

`promtool test rules rules/tests/*.yaml` runs them by themselves; `rules/tests/cases` is what they are written from.
`rules/tests/mutate.py` moves each threshold, each window and each `for` across its boundary and expects a red test each
time. What they did beside real Spark, Kubernetes, Prometheus and Alertmanager: [proof/alerts.md](proof/alerts.md).
"""

RECORDED = """
For dashboards over many runs; `namespace_app` is one job, `namespace_team` all jobs of a team (by the label of the job's
newest run). Batch jobs apart from streams and servers: those have no duration and no success rate.
"""

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


def page():
    """docs/alerts.md"""
    lines = [PAGE.strip(), ""]
    for name, (head, groups) in files().items():
        shown = [one for group in groups for one in group.rules if isinstance(one, rule.Alert)]
        if not shown or name == "contract-keep-firing.yaml":
            continue
        lines += [f"## {name}", "", head.split(" Load ")[0], "", "| alert | severity | for | fires when |",
                  "| --- | --- | --- | --- |"]
        for one in shown:
            lines.append(f"| [{one.name}](operations/runbooks/{one.page}.md) | {one.severity} | "
                         f"{promql.span(one.hold) if one.hold else 'at once'} | {one.summary} |")
        lines += ["", "<details><summary>Expressions</summary>", ""]
        for one in shown:
            lines += [f"{one.name}, {one.severity}:", "", "```promql", one.expr, "```", ""]
        lines += ["</details>", ""]
    lines += ["## Thresholds", "", "Of [rules/thresholds.py](../rules/thresholds.py); durations in seconds.", "",
              "| name | value | what it is |", "| --- | --- | --- |"]
    for table in (LIMITS, WINDOWS):
        lines += [f"| `{name}` | {value} | {meaning} |" for name, (value, meaning) in table.items()]
    lines += ["", "## Recording rules", "", RECORDED.strip(), ""]
    for _, groups in files().values():
        lines += [f"- `{one.name}`" for group in groups for one in group.rules if isinstance(one, rule.Recording)]
    return "\n".join(lines) + "\n"


def everything():
    """{path below the repository: text}"""
    sys.path.insert(0, os.path.join(HERE, "tests"))
    import promtool  # noqa: E402  It imports this file in turn.
    return {**{os.path.join("rules", name): text for name, text in rule_files().items()},
            **{os.path.join("rules", "tests", name): text for name, text in promtool.documents().items()},
            os.path.join("docs", "alerts.md"): page()}


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
