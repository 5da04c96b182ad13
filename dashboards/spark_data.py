"""Is the data good, fresh and backed up, and how fast does it come back?"""
from common import LIMITS, runbook, runbooks_variable, to_run
from helpers import (CELL, Board, by_name, column, datasource_variable, fixed, graph, now, query, stat, steps,
                     table, value_map, variable)

PLACE = 'cluster=~"$cluster", namespace=~"$namespace"'
DATA = PLACE + ', app=~"$app", dataset=~"$dataset"'
COPY = PLACE + ', backup=~"$backup"'
DATA_KEY = "cluster, namespace, app, dataset, suite"
COPY_KEY = "cluster, namespace, backup"
RIGHT = {"custom__align": "right"}
TEXT = {"custom__cellOptions": {"type": "color-text"}}
GOOD_BAD = {"mappings": value_map({0: "failed", 1: "good"}, {0: "red", 1: "green"}), "custom__cellOptions": CELL,
            "custom__width": 90, "custom__align": "left"}
AGO = {**RIGHT, "unit": "dateTimeFromNow", "custom__width": 130}


def data(metric, more=""):
    return f"data_quality_{metric}{{{DATA}{more}}}"


def copy(metric):
    return f"backup_{metric}{{{COPY}}}"


def age(expr):
    return f"time() - {expr}"


# Age of the oldest write that no good backup has; nothing is unsaved where there is no such series.
UNSAVED = (f"((time() - {copy('unprotected_since_timestamp_seconds')}) or "
           f"{copy('data_timestamp_seconds')} * 0)")


def variables():
    def values(metric, label, more=""):
        return f"label_values({metric}{{{PLACE}{more}}}, {label})"
    return [datasource_variable(),
            variable("cluster", "Cluster",
                     'label_values({__name__=~"data_quality_score|backup_rpo_target_seconds"}, cluster)'),
            variable("namespace", "Namespace",
                     'label_values({__name__=~"data_quality_score|backup_last_attempt_success", '
                     'cluster=~"$cluster"}, namespace)', multi=True),
            variable("app", "Job", values("data_quality_score", "app"), multi=True),
            variable("dataset", "Data set", values("data_quality_score", "dataset", ', app=~"$app"'), multi=True),
            variable("backup", "Backup", values("backup_last_attempt_success", "backup"), multi=True),
            runbooks_variable()]


def stats():
    yield stat("Failed sets", "Data sets whose last validation failed (data_quality_last_validation_success). "
               "DataQualityFailed fires for each.", now(f"count({data('last_validation_success')} == 0) or vector(0)"),
               "short", thresholds=steps((1, "red")), links=runbook("data-quality-failed"))
    yield stat("Worst score", "Checks passed / checks evaluated of the worst data set (data_quality_score).",
               now(f"min({data('score')})"), "percentunit", minimum=0, maximum=1, decimals=1, no_value="no checks",
               links=runbook("data-quality-failed"))
    yield stat("Oldest data", "Age of the newest row of the data set that is furthest behind "
               "(data_quality_latest_data_timestamp_seconds). Orange is where DataQualityStale fires.",
               now(f"time() - min({data('latest_data_timestamp_seconds')})"), "s", decimals=1,
               thresholds=steps((LIMITS.data_age, "orange")), no_value="not known", links=runbook("data-quality-stale"))
    yield stat("Quarantined", "Rows set aside in the time range (data_quality_quarantined_rows_total).",
               now(f"sum(increase({data('quarantined_rows_total')}[$__range]))"), "short", decimals=0,
               no_value="no checks",
               links=runbook("quarantine-growing"))
    yield stat("Backups late", "Backups whose unsaved data is older than promised (RPO). BackupMissed fires for each.",
               now(f"count({UNSAVED} > {copy('rpo_target_seconds')}) or vector(0)"), "short",
               thresholds=steps((1, "red")),
               links=runbook("backup-missed"))
    yield stat("Last failed", "Backups whose last attempt failed (backup_last_attempt_success).",
               now(f"count({copy('last_attempt_success')} == 0) or vector(0)"), "short", links=runbook("backup-missed"))
    yield stat("Restore fails", "Backups whose last restore drill failed (backup_verification_success). "
               "BackupVerificationFailed fires for each.",
               now(f"count({copy('verification_success')} == 0) or vector(0)"), "short", thresholds=steps((1, "red")),
               links=runbook("backup-verification-failed"))
    yield stat("Over RTO", "Backups whose last restore took longer than promised. RestoreSlowerThanRTO fires for each.",
               now(f"count({copy('restore_time_seconds')} > {copy('rto_target_seconds')}) or vector(0)"), "short",
               thresholds=steps((1, "orange")), links=runbook("restore-slower-than-rto"))


def worst():
    yield table(
        "Data sets, worst first", "The last validation of each data set, failed ones and low scores first; the name of "
        "the job opens the run that wrote it.",
        [("Last", column(f"max by ({DATA_KEY}) ({data('last_validation_success')})"), GOOD_BAD),
         ("Data set", "dataset", {"custom__minWidth": 160}), ("Suite", "suite", {"custom__width": 110}),
         ("Job", "app", {"custom__minWidth": 160, "links": to_run()}),
         ("Namespace", "namespace", {"custom__width": 110}), ("Cluster", "cluster", {"custom__width": 90}),
         ("Score", column(f"min by ({DATA_KEY}) ({data('score')})"),
          {**RIGHT, "unit": "percentunit", "decimals": 1, "custom__width": 85}),
         ("Failing checks", column(f"sum by ({DATA_KEY}) ({data('checks', FAILING)})"),
          {**RIGHT, "custom__width": 120}),
         ("Rows", column(f"max by ({DATA_KEY}) ({data('rows')})"), {**RIGHT, "decimals": 1, "custom__width": 100}),
         ("Quarantined", column(f"sum by ({DATA_KEY}) (increase({data('quarantined_rows_total')}[$__range]))"),
          {**RIGHT, "decimals": 0, "custom__width": 115}),
         ("Newest row", column(f"max by ({DATA_KEY}) ({data('latest_data_timestamp_seconds')}) * 1000"), AGO),
         ("Validated", column(f"max by ({DATA_KEY}) ({data('last_validation_timestamp_seconds')}) * 1000"), AGO)],
        size=(24, 7), sort=[("Last", False), ("Score", False)], links=runbook("data-quality-failed"))
    yield table(
        "Backups, worst first", "Each backup: its last attempt, how much of what was promised its unsaved data has "
        "used up (above 100 % it is late), and its last restore drill against its promise.",
        [("Last", column(f"max by ({COPY_KEY}) ({copy('last_attempt_success')})"), GOOD_BAD),
         ("Backup", "backup", {"custom__minWidth": 180}), ("Namespace", "namespace", {"custom__width": 110}),
         ("Cluster", "cluster", {"custom__width": 90}),
         ("Of RPO", column(f"max by ({COPY_KEY}) ({UNSAVED}) / max by ({COPY_KEY}) ({copy('rpo_target_seconds')})"),
          {**RIGHT, **TEXT, "unit": "percentunit", "decimals": 0, "custom__width": 90,
           "thresholds": steps((1, "red"), base="text")}),
         ("RPO", column(f"max by ({COPY_KEY}) ({copy('rpo_target_seconds')})"),
          {**RIGHT, "unit": "s", "custom__width": 90}),
         ("Last good", column(f"max by ({COPY_KEY}) ({copy('last_success_timestamp_seconds')}) * 1000"), AGO),
         ("Size", column(f"max by ({COPY_KEY}) ({copy('size_bytes')})"),
          {**RIGHT, "unit": "bytes", "decimals": 0, "custom__width": 100}),
         ("Drill", column(f"max by ({COPY_KEY}) ({copy('verification_success')})"), GOOD_BAD),
         ("Drilled", column(f"max by ({COPY_KEY}) ({copy('verification_timestamp_seconds')}) * 1000"), AGO),
         ("Of RTO", column(f"max by ({COPY_KEY}) ({copy('restore_time_seconds')}) / "
                           f"max by ({COPY_KEY}) ({copy('rto_target_seconds')})"),
          {**RIGHT, **TEXT, "unit": "percentunit", "decimals": 0, "custom__width": 90,
           "thresholds": steps((1, "orange"), base="text")}),
         ("RTO", column(f"max by ({COPY_KEY}) ({copy('rto_target_seconds')})"),
          {**RIGHT, "unit": "s", "custom__width": 90})],
        size=(24, 7), sort=[("Last", False), ("Of RPO", True)], links=runbook("backup-missed"))


FAILING = ', outcome=~"failed|errored"'


def over_time():
    yield graph("Score", "Checks passed / checks evaluated: the ten worst data sets (data_quality_score).",
                query(f"bottomk(10, min by (dataset) ({data('score')}))", "{{dataset}}"),
                "percentunit", size=(12, 8), maximum=1, calcs=["min", "lastNotNull"], step=True)
    yield graph("Unsaved data, of the RPO", "Age of the oldest write that no good backup has, as a share of the "
                "promise: the ten largest. The line is where BackupMissed fires.",
                query(f"topk(10, max by (backup) ({UNSAVED}) / max by (backup) ({copy('rpo_target_seconds')}))",
                      "{{backup}}"),
                "percentunit", size=(12, 8), minimum=0, thresholds=steps((1, "red"), base="transparent"))


def data_details():
    size = (8, 9)
    yield graph("Violations", "Checks that failed, warned or errored, per hour (data_quality_violations_total).",
                query(f"sum by (dataset) (rate({data('violations_total')}[$__rate_interval])) * 3600", "{{dataset}}"),
                "short", size=size, minimum=0)
    yield graph("Quarantined rows", "Set aside, per hour (data_quality_quarantined_rows_total).",
                query(f"sum by (dataset) (rate({data('quarantined_rows_total')}[$__rate_interval])) * 3600",
                      "{{dataset}}"), "short", size=size, minimum=0, links=runbook("quarantine-growing"))
    yield graph("Rows", "Rows of the last validation (data_quality_rows). A sudden fall is a missing source.",
                query(f"max by (dataset) ({data('rows')})", "{{dataset}}"), "short", size=size, minimum=0, step=True)
    yield graph("Null share", "Share of nulls of each watched column: the ten largest (data_quality_null_ratio).",
                query(f"topk(10, max by (dataset, column) ({data('null_ratio')}))", "{{dataset}}.{{column}}"),
                "percentunit", size=size, minimum=0, step=True)
    yield graph("Age of the data", "Since the newest row of each data set: the ten oldest "
                "(data_quality_latest_data_timestamp_seconds). The line is where DataQualityStale fires.",
                query(f"topk(10, time() - max by (dataset) ({data('latest_data_timestamp_seconds')}))", "{{dataset}}"),
                "s",
                size=size, minimum=0, thresholds=steps((LIMITS.data_age, "orange"), base="transparent"),
                links=runbook("data-quality-stale"))
    yield graph("Checks by outcome", "Checks of the last validations (data_quality_checks).",
                query(f"sum by (outcome) ({data('checks')})", "{{outcome}}"), "short", size=size, minimum=0, step=True,
                stack=True, fill=40, overrides=[by_name("passed", color=fixed("green")),
                                                by_name("failed", color=fixed("red")),
                                                by_name("warned", color=fixed("yellow")),
                                                by_name("errored", color=fixed("orange")),
                                                by_name("skipped", color=fixed("#8e8e8e"))])


def copy_details():
    size = (8, 9)
    yield graph("Duration of backups", "Of the last good run (backup_duration_seconds).",
                query(f"max by (backup) ({copy('duration_seconds')})", "{{backup}}"), "s", size=size, minimum=0,
                step=True)
    yield graph("Size of backups", "Of the last good one (backup_size_bytes). A sudden fall is a source that was "
                                   "empty.",
                query(f"max by (backup) ({copy('size_bytes')})", "{{backup}}"), "bytes", size=size, minimum=0,
                step=True)
    yield graph("Restore time, of the RTO", "Of the last drill, as a share of the promise. The line is where "
                "RestoreSlowerThanRTO fires.", query(f"max by (backup) ({copy('restore_time_seconds')}) / "
                                                     f"max by (backup) ({copy('rto_target_seconds')})", "{{backup}}"),
                "percentunit", size=size, minimum=0, step=True, thresholds=steps((1, "orange"), base="transparent"),
                links=runbook("restore-slower-than-rto"))


def build():
    board = Board("spark-data", "Data quality and recovery", "Is the data good and fresh, is it backed up, and how "
                  "fast does it come back?", variables())
    board.add(*stats())
    board.add(*worst())
    board.add(*over_time())
    board.row("Data sets in detail")
    board.add(*data_details())
    board.row("Backups in detail")
    board.add(*copy_details())
    return board
