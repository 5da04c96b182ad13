"""Makes files for `promtool test rules` of the cases, and runs them."""
import importlib
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.dirname(HERE))

import cases  # noqa: E402
import generate  # noqa: E402
from generator import rule  # noqa: E402


def all_cases():
    """[(module name, Case)]"""
    return [(found.name, case) for found in pkgutil.iter_modules(cases.__path__)
            for case in importlib.import_module("cases." + found.name).CASES]


def rules_of(table=None):
    """{alert: [Alert]}, of each severity one."""
    found = {}
    for one in generate.alerts(table):
        found.setdefault(one.name, []).append(one)
    return found


def file_of(alert):
    """The rule files that a test of the alert needs: its own, and those whose results it looks at."""
    names = [name for name, (_, groups) in generate.files().items() if name != "contract-keep-firing.yaml"
             for group in groups for one in group.rules if getattr(one, "name", None) == alert]
    return sorted(set(names) | ({"contract.yaml"} if alert == "SparkShortExecutorsGCTime" else set()))


def expected(case, fires):
    """(labels, annotations)"""
    known = rules_of()[case.alert]
    wanted = next(one for one in known if fires.severity in ("", one.severity)
                  and one.labels.items() <= {**one.labels, **fires.labels}.items())
    labels = {**case.about, **fires.labels, **wanted.labels, "severity": wanted.severity}
    passed = [(key, labels.get(key, "")) for key in wanted.keys]
    quote = urllib.parse.quote_plus
    query = "&".join(f"{key}={quote(value)}" for key, value in passed)
    variables = "&".join(f"var-{key}={quote(value)}" for key, value in passed)
    notes = {"summary": wanted.summary, "description": fires.says,
             **({"runbook": wanted.runbook} if wanted.runbook else {}),
             "runbook_url": f"{rule.RUNBOOKS}/{wanted.page}.md" + (f"?{query}" if query else "") + fires.anchor,
             "dashboard_url": f"{rule.DASHBOARDS}/d/{wanted.dashboard}" + (f"?{variables}" if variables else "")}
    return labels, notes


def mapping(values, indentation):
    return [f"{' ' * indentation}{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]


def test_lines(case):
    yield f"- name: {json.dumps(case.alert + ': ' + case.title)}"
    yield f"  interval: {case.step}"
    yield "  input_series:"
    for series, values in case.lines():
        yield f"  - series: {json.dumps(series)}"
        yield f"    values: {json.dumps(values)}"
    yield "  alert_rule_test:"
    times = sorted({*case.silent, *(fires.at for fires in case.fires)}, key=seconds)
    for at in times:
        yield f"  - eval_time: {at}"
        yield f"    alertname: {case.alert}"
        wanted = [fires for fires in case.fires if fires.at == at]
        if not wanted:
            yield "    exp_alerts: []"
            continue
        yield "    exp_alerts:"
        for fires in wanted:
            labels, notes = expected(case, fires)
            yield "    - exp_labels:"
            yield from mapping(labels, 8)
            yield "      exp_annotations:"
            yield from mapping(notes, 8)


def seconds(span):
    parts = re.findall(r"(\d+)(d|h|m|s)", span)
    return sum(int(count) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[unit] for count, unit in parts)


def document(chosen, files, folder=".."):
    """One of promtool's files: cases that are evaluated with the same step."""
    head = ["# Written by rules/generate.py from rules/tests/cases.", "rule_files:"]
    head += [f"- {folder}/{name}" for name in files]
    head += ["", f"evaluation_interval: {chosen[0].step}", "", "tests:"]
    body = []
    for number, case in enumerate(chosen):
        body += ([""] if number else []) + list(test_lines(case))
    return "\n".join(head + body) + "\n"


def documents():
    """{file name below rules/tests: text}, one for each module and step."""
    chosen = {}
    for module, case in all_cases():
        chosen.setdefault((module, case.step), []).append(case)
    made = {}
    for (module, step), some in chosen.items():
        name = module + ("" if step == "1m" else "-" + step) + ".yaml"
        made[name] = document(some, sorted({name for case in some for name in file_of(case.alert)}))
    return made


def is_there():
    return shutil.which("promtool") is not None


def run(paths, folder):
    """(exit code, output) of the unit tests in these files."""
    return _promtool(["test", "rules", *paths], folder)


def check(paths, folder):
    """(exit code, output) of a look at these rule files."""
    return _promtool(["check", "rules", *paths], folder)


def _promtool(arguments, folder):
    done = subprocess.run(["promtool", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
