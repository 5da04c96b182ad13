"""Is the exporter itself well: does it see Spark and Kubernetes, and does it leave anything out?"""
from common import runbook, runbooks_variable
from helpers import (CELL, Board, column, colored, datasource_variable, graph, now, query, stat, steps, table,
                     value_map,
                     variable)

OURS = 'cluster=~"$cluster", job=~"$job"'
KEY = "cluster, job, instance"
RIGHT = {"custom__align": "right"}


def of(metric, more=""):
    return f"spark_exporter_{metric}{{{OURS}{more}}}"


def variables():
    return [datasource_variable(),
            variable("cluster", "Cluster", "label_values(spark_exporter_build_info, cluster)"),
            variable("job", "Scrape job", 'label_values(spark_exporter_build_info{cluster=~"$cluster"}, job)',
                     multi=True),
            runbooks_variable()]


def stats():
    yield stat("Exporters", "Exporters that Prometheus scrapes now (spark_exporter_build_info).",
               now(f"count({of('build_info')})"), "short", no_value="none")
    yield stat("Down", "Targets of these scrape jobs that do not answer (up). SparkExporterDown fires for each; a "
               "driver that has just ended is one for a moment.", now(f"count(up{{{OURS}}} == 0) or vector(0)"),
               "short",
               thresholds=steps((1, "red")), links=runbook("exporter-down"))
    yield stat("Blind sources", "Sources (Spark, Kubernetes, ...) that did not answer the last question "
               "(spark_exporter_source_up).", now(f"count({of('source_up')} == 0) or vector(0)"), "short",
               thresholds=steps((1, "orange")), links=runbook("exporter-source-down"))
    yield stat("Errors per min", "What went wrong, all kinds (spark_exporter_errors_total).",
               query(f"sum(rate({of('errors_total')}[$__rate_interval])) * 60"), "short", decimals=1, graph=True,
               no_value="0", links=runbook("exporter-source-down"))
    yield stat("Dropped series", "Series that a cap left out, now and in each exposition since "
               "(spark_exporter_series_dropped_total). Above 0 SparkExporterSeriesDropped fires.",
               now(f"sum(increase({of('series_dropped_total')}[$__range])) or vector(0)"), "short", decimals=0,
               thresholds=steps((1, "orange")), links=runbook("series-dropped"))
    yield stat("Dropped events", "Events that Spark's own bus dropped: above 0 its REST API is wrong, and so are we "
               "(spark_exporter_listener_events_dropped_total).",
               now('sum(increase(spark_exporter_listener_events_dropped_total{cluster=~"$cluster"}[$__range])) or '
                   'vector(0)'),
               "short", decimals=0, thresholds=steps((1, "orange")), links=runbook("listener-events-dropped"))
    yield stat("Undelivered", "Tries to deliver a run's last words that failed "
                              "(spark_exporter_outcome_deliveries_total).",
               now(f'sum(increase({of("outcome_deliveries_total", FAILED)}[$__range])) or vector(0)'), "short",
               decimals=0)
    yield stat("Bad reloads", "Exporters whose last configuration file was bad; they go on with the one before "
               "(spark_exporter_config_last_reload_successful).",
               now(f"count({of('config_last_reload_successful')} == 0) or vector(0)"), "short")


FAILED = ', result!="delivered"'


def exporters():
    good = {"mappings": value_map({0: "no", 1: "yes"}, {0: "red", 1: "green"}), "custom__cellOptions": CELL,
            "custom__width": 70, "custom__align": "left"}
    return table(
        "Exporters, worst first", "One line for each target. An observer's series have no instance, so that its "
        "restart interrupts no alert; then the line has none either.",
        [("Up", column(f"max by ({KEY}) (up{{{OURS}}})"), good),
         ("Sees", column(f"min by ({KEY}) ({of('source_up')})"), good),
         ("Scrape job", "job", {"custom__minWidth": 120}), ("Instance", "instance", {"custom__minWidth": 160}),
         ("Cluster", "cluster", {"custom__width": 90}), ("Version", "version", {"custom__width": 90}),
         ("Revision", "revision", {"custom__width": 130}),
         ("build", column(f"max by ({KEY}, version, revision) ({of('build_info')})"), {}),
         ("Errors", column(f"sum by ({KEY}) (increase({of('errors_total')}[$__range])) and on ({KEY}) up{{{OURS}}}"),
          {**RIGHT, "decimals": 0, "custom__width": 80}),
         ("Series", column(f"max by ({KEY}) (scrape_samples_scraped{{{OURS}}})"), {**RIGHT, "custom__width": 85}),
         ("Scrape", column(f"max by ({KEY}) (scrape_duration_seconds{{{OURS}}})"),
          {**RIGHT, "unit": "s", "decimals": 0, "custom__width": 85}),
         ("Memory", column(f"max by ({KEY}) (process_resident_memory_bytes{{{OURS}}})"),
          {**RIGHT, "unit": "bytes", "decimals": 1, "custom__width": 95}),
         ("CPU", column(f"max by ({KEY}) (rate(process_cpu_seconds_total{{{OURS}}}[5m]))"),
          {**RIGHT, "unit": "percentunit", "decimals": 2, "custom__width": 85}),
         ("Since", column(f"max by ({KEY}) (process_start_time_seconds{{{OURS}}}) * 1000"),
          {**RIGHT, "unit": "dateTimeFromNow", "custom__width": 130})],
        size=(24, 8), sort=[("Up", False), ("Sees", False)], hide=["build"], links=runbook("exporter-down"))


def sources():
    yield graph("Source up", "Share of exporters whose source answered the last question, by source "
                "(spark_exporter_source_up).", query(f"avg by (source) ({of('source_up')})", "{{source}}"),
                "percentunit",
                size=(6, 8), minimum=0, maximum=1, calcs=["min", "lastNotNull"], links=runbook("exporter-source-down"))
    yield graph("Age of answers", "Since the last full answer of each source: the oldest "
                "(spark_exporter_source_last_success_timestamp_seconds). The line is where SparkExporterSourceDown "
                "fires.",
                query(f"time() - min by (source) ({of('source_last_success_timestamp_seconds')})", "{{source}}"), "s",
                size=(6, 8), minimum=0, calcs=["max", "lastNotNull"])
    yield graph("Round of questions", "How long the last round took: the slowest "
                                      "(spark_exporter_source_duration_seconds).",
                query(f"max by (source) ({of('source_duration_seconds')})", "{{source}}"), "s", size=(6, 8), minimum=0,
                calcs=["mean", "max"])
    yield graph("Errors by kind", "Per minute (spark_exporter_errors_total); each kind has a log line beside it.",
                query(f"sum by (source, kind) (rate({of('errors_total')}[$__rate_interval])) * 60 > 0",
                      "{{source}} {{kind}}"), "short", size=(6, 8), minimum=0, calcs=["mean", "max"],
                no_value="no errors")


def costs():
    yield graph("CPU", "Seconds of CPU per second: the five busiest (process_cpu_seconds_total).",
                query(f"topk(5, rate(process_cpu_seconds_total{{{OURS}}}[$__rate_interval]))", "{{job}} {{instance}}"),
                "percentunit", size=(8, 9), minimum=0, decimals=2)
    yield graph("Memory", "Resident memory: the five largest (process_resident_memory_bytes).",
                query(f"topk(5, process_resident_memory_bytes{{{OURS}}})", "{{job}} {{instance}}"), "bytes",
                size=(8, 9),
                minimum=0)
    yield graph("Scrape duration", "As Prometheus saw it: the five slowest (scrape_duration_seconds).",
                query(f"topk(5, scrape_duration_seconds{{{OURS}}})", "{{job}} {{instance}}"), "s", size=(8, 9),
                minimum=0)
    yield graph("Series per scrape", "The five largest (scrape_samples_scraped). docs/metrics.md has the formula.",
                query(f"topk(5, scrape_samples_scraped{{{OURS}}})", "{{job}} {{instance}}"), "short", size=(8, 9),
                minimum=0, decimals=0)
    yield graph("Open files and threads", "Of the exporter that has most (process_open_fds, process_threads).",
                [query(f"max(process_open_fds{{{OURS}}})", "open files"),
                 query(f"max(process_threads{{{OURS}}})", "threads")], "short", size=(8, 9), minimum=0, decimals=0)
    yield graph("Series left out", "By family, per interval (spark_exporter_series_dropped_total).",
                query(f"sum by (family) (increase({of('series_dropped_total')}[$__rate_interval])) > 0", "{{family}}"),
                "short", size=(8, 9), minimum=0, no_value="none", links=runbook("series-dropped"))


def ends():
    yield graph("Last words", "Tries to deliver how a run ended, by channel and result "
                "(spark_exporter_outcome_deliveries_total).",
                query(f"sum by (channel, result) (increase({of('outcome_deliveries_total')}[$__rate_interval]))",
                      "{{channel}} {{result}}"), "short", size=(12, 8), minimum=0)
    yield graph("Final scrapes", "Scrapes of sidecars since their run's outcome was known "
                "(spark_exporter_final_scrapes): at least one, or its last values are lost.",
                query(f"min({of('final_scrapes')})", "fewest"), "short", size=(12, 8), minimum=0, decimals=0)


def build():
    board = Board("spark-exporter", "Exporter health", "Is the exporter itself well: does it see Spark and Kubernetes, "
                  "and does it leave anything out?", variables())
    board.add(*stats())
    board.add(exporters())
    board.add(*sources())
    board.row("What it costs")
    board.add(*costs())
    board.row("Ends of runs")
    board.add(*ends())
    return board
