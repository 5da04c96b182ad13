"""A healthy run's expositions, scrape by scrape, as an hour of promtool's input series, for all our rules to stay silent."""
import json
import os
import re
import subprocess
import tempfile

import lab

RULES = os.path.join(lab.ROOT, "rules")
MINUTES = 60
# As the shipped monitors label a sidecar's series.
TARGET = {"job": "spark-exporter-sidecar", "instance": "10.0.0.7:9817"}
CONTROL = 'spark_job_status{namespace="etl",app="control",app_id="c"}'


class Recorder:
    """Keeps each scrape with its time: a lab.Watch calls it."""

    def __init__(self, **labels):
        self.labels, self.scrapes = labels, []

    def __call__(self, scrape, now):
        self.scrapes.append((now, scrape))

    def series(self):
        """{series: [value of each minute, None where it is not there]}; times are stretched as the scrapes are. The hour
        begins with the end of the first Spark job: a JVM that starts within a minute would seem to take half an hour."""
        begin = next(at for at, scrape in self.scrapes if scrape.total("spark_app_jobs_total", status="succeeded"))
        end = self.scrapes[-1][0]
        factor = MINUTES * 60 / max(end - begin, 1)
        found = {}
        for minute in range(MINUTES + 1):
            upto = begin + (end - begin) * minute / MINUTES
            scrape = [one for at, one in self.scrapes if at <= upto + 1e-6][-1]
            for name, samples in scrape.samples.items():
                for labels, value in samples:
                    if name.endswith("_timestamp_seconds"):
                        value = (value - begin) * factor
                    key = _series(name, {**self.labels, **labels})
                    found.setdefault(key, [None] * (MINUTES + 1))[minute] = value
        found[_series("up", self.labels)] = [1.0] * (MINUTES + 1)
        return found


def _series(name, labels):
    inside = ",".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}"


def _notation(values):
    words, before = [], None
    for value in values:
        if value is None:
            words.append("stale" if before is not None else "_")
        else:
            words.append(re.sub(r"^inf$", "Inf", repr(value)))
        before = value
    return " ".join(words)


def rule_files():
    return [os.path.join(RULES, name) for name in sorted(os.listdir(RULES))
            if name.endswith(".yaml") and "keep-firing" not in name]


def promtool(series):
    """(whether no alert fires at any minute, what promtool says)"""
    lines = ["rule_files:", *(f"- {path}" for path in rule_files()), "evaluation_interval: 1m", "tests:", "- interval: 1m",
             "  input_series:"]
    for name, values in series.items():
        lines += [f"  - series: {json.dumps(name, ensure_ascii=False)}", f"    values: {json.dumps(_notation(values))}"]
    lines.append("  promql_expr_test:")
    for minute in range(MINUTES + 1):
        lines += ["  - expr: ALERTS{alertstate=\"firing\"}", f"    eval_time: {minute}m", "    exp_samples: []"]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        done = subprocess.run(["promtool", "test", "rules", file.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
    return done.returncode == 0, done.stdout


def hold(check, name, *recorders):
    """All rules are silent over these runs' hour, and would not be if one had failed. Returns the number of series."""
    series = {}
    for recorder in recorders:
        series.update(recorder.series())
    silent, output = promtool(series)
    check.true(f"{name}: {len(series)} series, an hour, no alert", silent, output[-2000:] if not silent else "none")
    silent, output = promtool({**series, CONTROL: [2.0] * (MINUTES + 1)})
    told = set(re.findall(r'alertname="(\w+)"', output))
    check.equal(f"{name}: and one that failed beside them is told", {"SparkJobFailed"}, told)
    return len(series)
