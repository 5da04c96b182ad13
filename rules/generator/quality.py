"""Data: whether it is right, fresh and complete."""
from .promql import DATASET, added, span
from .rule import Group, Maker
from .sentences import ask

KEYS = ("namespace", "app", "dataset")
SET = ('{{ $data := printf "cluster=%q,namespace=%q,app=%q,dataset=%q,suite=%q" $labels.cluster $labels.namespace '
       "$labels.app $labels.dataset $labels.suite -}} ")


def of_data(query, then, otherwise=""):
    return ask(query, then, otherwise, "$data")


def group(table):
    make = Maker(table).alert
    rows = of_data("max(data_quality_rows{%s})", " It has {{ . | value | humanize }} rows.")
    checked = of_data("time() - max(data_quality_last_validation_timestamp_seconds{%s})",
                      " It was last checked {{ . | value | humanizeDuration }} ago.", " It was never checked.")
    newest = of_data("time() - max(data_quality_latest_data_timestamp_seconds{%s})",
                     " Its newest row is {{ . | value | humanizeDuration }} old.")
    said = {"set_data": SET, "rows": rows, "checked": checked, "newest": newest}
    parts = {"quarantined": added(DATASET, "data_quality_quarantined_rows_total", table.quarantine_window),
             "window": span(table.quarantine_window)}
    return Group("spark-data-quality", [
        make("DataQualityFailed", "critical", """
            max by (@DATASET) (data_quality_last_validation_success) == 0
            """,
             "A dataset did not pass its checks.", """
            @set_job @set_data Dataset {{ $labels.dataset }}, written by job @name@owner_by_job, did not pass its checks
            (suite {{ $labels.suite }})@failed.@score@checked@rows@newest@state@next_run Whatever reads it reads bad
            data.@newest_log
            """, "data-quality-failed", "spark-data",
             said={**said, "failed": of_data("sum(max by (outcome) (data_quality_checks{%s,outcome!='passed'})) > 0",
                                             ": {{ . | value }} of them failed"),
                   "score": of_data("max(data_quality_score{%s})", " Its score is {{ . | value | humanizePercentage }}.")},
             keys=KEYS),

        make("DataQualityStale", "warning", """
            time() - max by (@DATASET) (data_quality_latest_data_timestamp_seconds) > @data_age
            or on (@DATASET)
            time() - max by (@DATASET) (data_quality_last_validation_timestamp_seconds{suite!="spark_writes"}) > @validation_lag
            and on (@DATASET)
              max by (@DATASET) (data_quality_last_validation_timestamp_seconds{suite!="spark_writes"}) + @validation_lag
              < on (@JOB) group_left () max by (@JOB) (spark_job_last_success_timestamp_seconds)
            """,
             "A dataset is older than it should be, or its checks are.", """
            @set_job @set_data Dataset {{ $labels.dataset }}, written by job @name@owner_by_job, is stale (suite
            {{ $labels.suite }}).@newest@checked@last_good@state@next_run@newest_log
            """, "data-quality-stale", "spark-data", said=said, keys=KEYS),

        make("DataQualityQuarantineGrowing", "warning", """
            @quarantined > @quarantine_rows
            and on (@DATASET)
            @quarantined
            > on (@DATASET) @quarantine_ratio * (
              sum by (@DATASET) (avg_over_time(
                increase(data_quality_quarantined_rows_total[@window])[@quarantine_history.span:@window] offset @window
              ))
              or 0 * @quarantined
            )
            """,
             "More rows of a dataset are put aside than usual.", """
            @set_job @set_data {{ $value | humanize }} rows of dataset {{ $labels.dataset }}, written by job
            @name@owner_by_job, were put aside in the last @quarantine_window.words (suite {{ $labels.suite }})@usually.@rows
            What is published is right and not complete.@checked@last_good@next_run@newest_log
            """, "quarantine-growing", "spark-data", parts,
             {**said, "usually": of_data(
                 f"sum(avg_over_time(increase(data_quality_quarantined_rows_total{{%s}}[{parts['window']}])"
                 f"[{span(table.quarantine_history)}:{parts['window']}] offset {parts['window']}))",
                 ", against {{ . | value | humanize }} a day before that")}, keys=KEYS),
    ])
