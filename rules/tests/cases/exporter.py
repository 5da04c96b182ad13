"""Alerts about the exporter itself. The shipped monitors: sidecars have pod and instance, the observer has neither."""
from case import Case, Fires

SIDECAR = 'namespace="etl",pod="sales-driver",instance="10.0.0.7:9817",job="spark-exporter-sidecar"'
OBSERVER = 'job="spark-exporter"'
OF_SIDECAR = {"namespace": "etl", "pod": "sales-driver", "instance": "10.0.0.7:9817", "job": "spark-exporter-sidecar"}
OF_OBSERVER = {"job": "spark-exporter"}
UP = {"namespace": "monitoring", "instance": "10.0.0.9:9817", "job": "spark-exporter"}
INFO = """
    spark_job_info{@run,kind="batch",driver_pod="sales-driver",team="finance"} 1x400
    spark_job_start_timestamp_seconds{@run} 0x400
"""

CASES = [
    Case("SparkExporterDown", "the observer cannot be scraped", f"""
        up{{namespace="monitoring",instance="10.0.0.9:9817",{OBSERVER}}} 1x5 0x100
        spark_exporter_build_info{{{OBSERVER},version="0.3.0"}} 1x5 stale
        """,
         [Fires("11m", labels=UP, severity="critical", says=
                "Prometheus cannot scrape the observer at 10.0.0.9:9817 (scrape job spark-exporter). Until it is "
                "back no failed, missed or late job, no bad data and no missed backup is told by any alert. Nothing "
                "is lost: it reads what happened meanwhile when it is back. See its pod: kubectl get pods -A -l "
                "app.kubernetes.io/name=spark-exporter.")], ("5m", "10m"), about={}),
    Case("SparkExporterDown", "the observer is not there at all any more, while sidecars are", f"""
        spark_exporter_build_info{{{OBSERVER},version="0.3.0"}} 1x5 stale
        up{{{SIDECAR}}} 1x100
        spark_exporter_build_info{{{SIDECAR},version="0.3.0"}} 1x100
        """,
         [Fires("11m", labels=OF_OBSERVER, severity="critical", says=
                "Prometheus cannot scrape the observer (scrape job spark-exporter). Until it is back no failed, "
                "missed or late job, no bad data and no missed backup is told by any alert. Nothing is lost: it "
                "reads what happened meanwhile when it is back. See its pod: kubectl get pods -A -l "
                "app.kubernetes.io/name=spark-exporter.")], ("5m", "10m"), about={}),
    Case("SparkExporterDown", "one sidecar", f"""
        up{{{SIDECAR}}} 1x5 0x100
        spark_exporter_build_info{{{SIDECAR},version="0.3.0"}} 1x5 stale
        """,
         [Fires("11m", labels=OF_SIDECAR, severity="warning", says=
                "Prometheus cannot scrape the exporter of pod etl/sales-driver (scrape job spark-exporter-sidecar). "
                "The Spark job is not affected; its live metrics and the alerts about them are missing until it is "
                "back. Where there is no observer its outcome is missing too. See its containers: kubectl -n etl "
                "describe pod sales-driver.")], ("5m", "10m"), about={}),
    Case("SparkExporterDown", "a sidecar whose run is over; a short restart; others' targets; nobody was ever there", f"""
        up{{{SIDECAR}}} 1x5 0x4 stale
        spark_exporter_build_info{{{SIDECAR},version="0.3.0"}} 1x5 stale
        up{{namespace="monitoring",instance="10.0.0.9:9817",{OBSERVER}}} 1x5 0x4 1x100
        spark_exporter_build_info{{{OBSERVER},version="0.3.0"}} 1x5 stale _x3 1x100
        up{{job="node",instance="10.0.0.2:9100"}} 0x100
        """,
         silent=("6m", "9m", "10m", "11m", "20m", "90m"), about={}),
    Case("SparkExporterDown", "gone for six hours: it was taken away on purpose", f"""
        spark_exporter_build_info{{{OBSERVER},version="0.3.0"}} 1x5 stale
        """,
         [Fires("364m", labels=OF_OBSERVER, severity="critical", says=
                "Prometheus cannot scrape the observer (scrape job spark-exporter). Until it is back no failed, "
                "missed or late job, no bad data and no missed backup is told by any alert. Nothing is lost: it "
                "reads what happened meanwhile when it is back. See its pod: kubectl get pods -A -l "
                "app.kubernetes.io/name=spark-exporter.")], ("366m",), about={}),

    Case("SparkExporterDown", "so was a sidecar", f"""
        up{{{SIDECAR}}} 0x400
        spark_exporter_build_info{{{SIDECAR},version="0.3.0"}} 1x5 stale
        """,
         [Fires("364m", labels=OF_SIDECAR, severity="warning", says=
                "Prometheus cannot scrape the exporter of pod etl/sales-driver (scrape job spark-exporter-sidecar). "
                "The Spark job is not affected; its live metrics and the alerts about them are missing until it is "
                "back. Where there is no observer its outcome is missing too. See its containers: kubectl -n etl "
                "describe pod sales-driver.")], ("366m",), about={}),

    Case("SparkExporterSourceDown", "Kubernetes does not answer the observer", f"""
        spark_exporter_source_up{{{OBSERVER},source="kubernetes"}} 1x5 0x100
        spark_exporter_source_last_success_timestamp_seconds{{{OBSERVER},source="kubernetes"}} 290x105
        spark_exporter_errors_total{{{OBSERVER},source="kubernetes",kind="forbidden"}} 0x5 0+4x100
        spark_exporter_errors_total{{{OBSERVER},source="kubernetes",kind="timeout"}} 0x105
        """,
         [Fires("16m", labels={**OF_OBSERVER, "source": "kubernetes"}, severity="critical", says=
                "Kubernetes does not answer the observer well. Its last full answer came 11m 10s ago. In the last 15"
                " minutes: 40 forbidden. Outcomes are frozen: no new failure is seen, and nothing resolves. The "
                "exporter's log has one line for each kind of trouble, with the right that is missing.")], ("5m", "15m"),
         about={}),
    Case("SparkExporterSourceDown", "a driver has never answered its sidecar", f"""
        spark_exporter_source_up{{{SIDECAR},source="spark"}} 0x100
        spark_exporter_source_up{{{SIDECAR},source="kubernetes"}} 1x100
        """,
         [Fires("10m", labels={**OF_SIDECAR, "source": "spark"}, severity="warning", says=
                "The source spark does not answer the exporter of pod etl/sales-driver well. It has never answered "
                "in full. Live metrics from it end or stand still; outcomes are not affected. The exporter's log has"
                " one line for each kind of trouble, with what to do.")], ("9m",), about={}),
    Case("SparkExporterSourceDown", "nodes that do not answer are told, nodes that may not be read are not", f"""
        spark_exporter_source_up{{{SIDECAR},source="nodes"}} 0x100
        spark_exporter_errors_total{{{SIDECAR},source="nodes",kind="forbidden"}} 1x100
        spark_exporter_source_up{{{SIDECAR.replace("sales", "clicks")},source="nodes"}} 0x100
        spark_exporter_errors_total{{{SIDECAR.replace("sales", "clicks")},source="nodes",kind="forbidden"}} 0x100
        spark_exporter_errors_total{{{SIDECAR.replace("sales", "clicks")},source="nodes",kind="timeout"}} 9x100
        """,
         [Fires("10m", labels={**OF_SIDECAR, "pod": "clicks-driver", "source": "nodes"}, severity="warning", says=
                "The source nodes does not answer the exporter of pod etl/clicks-driver well. It has never answered "
                "in full. Live metrics from it end or stand still; outcomes are not affected. The exporter's log has"
                " one line for each kind of trouble, with what to do.")],
         ("9m",), about={}),
    Case("SparkExporterSourceDown", "all answer; one that was away for a while", f"""
        spark_exporter_source_up{{{SIDECAR},source="spark"}} 0x9 1x100
        spark_exporter_source_up{{{OBSERVER},source="kubernetes"}} 1x20 0x9 1x100
        """,
         silent=("9m", "10m", "29m", "31m", "60m"), about={}),

    Case("SparkExporterSeriesDropped", "a limit leaves series out", f"""
        spark_exporter_series_dropped_total{{{SIDECAR},family="spark_executor_tasks_total"}} 0x5 120x100
        spark_exporter_series_dropped_total{{{SIDECAR},family="jvm_gc_time_seconds"}} 0x105
        """,
         [Fires("7m", labels={**OF_SIDECAR, "family": "spark_executor_tasks_total"}, says=
                "In the last 15 minutes the exporter of pod etl/sales-driver left 120 series of "
                "spark_executor_tasks_total out of what it showed, because of its limits. What is shown is right, "
                "totals are complete; alerts and panels about single executors, queries or runs do not see those "
                "above the limit."),
          Fires("20m", labels={**OF_SIDECAR, "family": "spark_executor_tasks_total"}, says=
                "In the last 15 minutes the exporter of pod etl/sales-driver left 120 series of "
                "spark_executor_tasks_total out of what it showed, because of its limits. What is shown is right, "
                "totals are complete; alerts and panels about single executors, queries or runs do not see those "
                "above the limit.")], ("5m", "21m"), about={}),
    Case("SparkExporterSeriesDropped", "long ago; none", f"""
        spark_exporter_series_dropped_total{{{SIDECAR},family="spark_executor_tasks_total"}} 700x100
        spark_exporter_series_dropped_total{{{SIDECAR},family="jvm_gc_time_seconds"}} 0x100
        """,
         silent=("16m", "60m"), about={}),

    Case("SparkListenerEventsDropped", "the driver's bus was full", INFO + """
        spark_exporter_listener_events_dropped_total{@run,queue="appStatus"} 0x5 4000x100
        spark_exporter_listener_events_dropped_total{@run,queue="eventLog"} 0x105
        jvm_gc_time_seconds{@run,executor_id="driver"} 0+30x105
        """,
         [Fires("7m", labels={"queue": "appStatus"}, says=
                "The driver of job etl/sales of team finance has dropped 4k events of its queue appStatus in the "
                "last 15 minutes. From now on its own numbers of tasks, stages and executors are wrong, and so are "
                "those here, also what it costs; its outcome is not affected. The driver is overloaded: short of "
                "CPU, or collecting garbage (now 50% of its time). It has been running for 7m 0s. Its log: kubectl "
                "-n etl logs sales-driver -c spark-kubernetes-driver."), Fires("20m", labels={"queue": "appStatus"}, says=
                "The driver of job etl/sales of team finance has dropped 4k events of its queue appStatus in the "
                "last 15 minutes. From now on its own numbers of tasks, stages and executors are wrong, and so are "
                "those here, also what it costs; its outcome is not affected. The driver is overloaded: short of "
                "CPU, or collecting garbage (now 50% of its time). It has been running for 20m 0s. Its log: kubectl "
                "-n etl logs sales-driver -c spark-kubernetes-driver.")], ("5m", "21m")),
    Case("SparkListenerEventsDropped", "they were dropped before we first saw it", """
        spark_exporter_listener_events_dropped_total{@run,queue="appStatus"} 12x100
        """,
         [Fires("0m", labels={"queue": "appStatus"}, says=
                "The driver of job etl/sales has dropped 12 events of its queue appStatus in the last 15 minutes. "
                "From now on its own numbers of tasks, stages and executors are wrong, and so are those here, also "
                "what it costs; its outcome is not affected. The driver is overloaded: short of CPU, or collecting "
                "garbage. Which pod its driver is in is not known; the dashboard leads to its log.")], ("16m",)),
    Case("SparkListenerEventsDropped", "none", """
        spark_exporter_listener_events_dropped_total{@run,queue="appStatus"} 0x100
        """,
         silent=("1m", "16m", "60m")),
]
