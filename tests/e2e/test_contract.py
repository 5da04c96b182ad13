"""The expositions that the runs before this one have left, against the metrics reference and promtool:
test_contract.py FOLDER [--all]. With --all the runs together must have shown every family of the reference."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "rules", "tests"))
import compare
import lab
import named
from exposition import Scrape

REFERENCE = os.path.join(lab.ROOT, "docs", "metrics.md")
ROW = re.compile(r"^\|\s*`([a-zA-Z_:][\w:]*)`\s*\|\s*`?(counter|gauge|histogram|summary)`?\s*\|")

# What promtool may say: the alerts that use this counter fix its name.
EXCEPTION = "jvm_gc_time_seconds counter metrics should have \"_total\" suffix"

# Documented families that no run on one machine can show.
NOT_HERE = {
    "spark_executor_memory_limit_bytes": "a pod's limit: only in Kubernetes",
    **dict.fromkeys((f"spark_job_{name}" for name in (
        "run_cost", "runs_cost_total", "failure_info", "pods", "pods_waiting", "pod_terminations_total", "last_success_timestamp_seconds",
        "last_failure_timestamp_seconds")),
        "how a run ended and its pods: only in Kubernetes"),
    **dict.fromkeys((f"spark_job_{name}" for name in (
        "consecutive_failures", "last_due_timestamp_seconds", "next_run_timestamp_seconds",
        "deadline_timestamp_seconds", "baseline_duration_seconds", "baseline_input_bytes", "baseline_runs", "baseline_cost")),
        "a job across its runs: the observer's"),
    **dict.fromkeys(("spark_job_cost_budget", "spark_job_budget", "spark_job_budget_spent"), "no run is given a budget"),
    **dict.fromkeys((f"backup_{name}" for name in (
        "data_timestamp_seconds", "duration_seconds", "last_attempt_success", "last_attempt_timestamp_seconds",
        "last_due_timestamp_seconds", "last_success_timestamp_seconds", "next_due_timestamp_seconds",
        "restore_time_seconds", "rpo_target_seconds", "rto_target_seconds", "running_since_timestamp_seconds",
        "runs_total", "size_bytes", "suspended", "unprotected_since_timestamp_seconds", "verification_success",
        "verification_timestamp_seconds")), "backups: the observer's"),
    "spark_exporter_outcome_deliveries_total": "last words: only in Kubernetes",
    "spark_exporter_final_scrapes": "over after two minutes of silence without Kubernetes: no run waits",
}


# Documented families that a run on one machine shows or not.
MAYBE = {f"spark_job_recommended_{name}": "quiet while the evidence is thin" for name in (
    "executor_memory_bytes", "executor_memory_overhead_bytes", "executor_cores", "executor_instances",
    "saving_ratio")}
MAYBE.update({f"data_quality_{name}": "only where a run has checks" for name in (
    "checks", "last_validation_success", "last_validation_timestamp_seconds", "latest_data_timestamp_seconds",
    "null_ratio", "quarantined_rows_total", "rows", "score", "violations_total")})
MAYBE.update({f"spark_log_{name}_total": "only where a log is read" for name in ("messages", "signatures", "skipped_bytes")})


def documented():
    with open(REFERENCE, encoding="utf-8") as page:
        rows = [ROW.match(line) for line in page]
    return {row.group(1): row.group(2) for row in rows if row}


def left(folder):
    """What runs of this very program have left: files of an older one say nothing."""
    built = os.path.getmtime(lab.binary())
    paths = [os.path.join(folder, name) for name in (os.listdir(folder) if os.path.isdir(folder) else [])]
    return sorted(os.path.basename(path) for path in paths if os.path.getmtime(path) > built)


def promtool(text):
    answer = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    return [line for line in answer.stdout.splitlines() if line.strip()]


def test(_):
    folder, everything = sys.argv[1], "--all" in sys.argv[2:]
    names = left(folder)
    if not names:
        raise lab.Skip(f"no run of this program has left an exposition in {folder}")
    if not shutil.which("promtool"):
        raise lab.Skip("no promtool (Debian: prometheus)")
    check = compare.Check(f"{len(names)} expositions against {os.path.relpath(REFERENCE, lab.ROOT)} and promtool")
    reference, seen, labels = documented(), {}, {}
    check.true("families in the reference", len(reference) > 50, len(reference))
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as source:
            scrape = Scrape(source.read())
        families = scrape.families()
        said, allowed = promtool(scrape.text), [EXCEPTION] if "jvm_gc_time_seconds" in families else []
        check.true(f"{name}: promtool says what it may", said == allowed, len(said) if said == allowed else said)
        bare = [family for family in families if not scrape.helps.get(family)]
        if bare:
            check.equal(f"{name}: families without HELP", [], bare)
        seen.update(families)
        for sample, series in scrape.samples.items():
            labels.setdefault(sample, set()).update(*(have for have, _ in series))
    check.equal("exposed, not documented", [], sorted(set(seen) - set(reference)))
    check.equal("exposed with another type than documented", [], sorted(
        f"{family}: {kind}" for family, kind in seen.items() if reference.get(family, kind) != kind))
    # What the rules look at is there, with the labels that they select by.
    asked = [(family, wanted) for family, wanted in named.selectors() if family in labels]
    named_here = {family for family, _ in asked}
    check.true("families that rules name and these runs show", len(named_here) >= (35 if everything else 25), len(named_here))
    check.equal("labels that rules select by and nobody has", [], sorted(
        f"{family}: {label}" for family, wanted in asked for label in wanted - labels[family] - named.TARGET))
    missing = sorted(set(reference) - set(seen) - set(NOT_HERE) - set(MAYBE))
    if everything:
        check.equal("documented, never exposed", [], missing)
        check.equal("exceptions that are none", [], sorted(set(NOT_HERE) & set(seen)))
    else:
        print(f"not shown by these runs: {', '.join(missing) or 'none'}")
    check.done()


lab.main(test)
