"""Series of the fleet's data sets, backups, exporters and alerts."""
import math

import fleet

HOUR = 3600
GIB = 1 << 30
# (job, data set, suite, score, rows, how many hours old the data is)
SETS = [("sales", "orders-enrich", "orders", "contract", 0.71, 4.1e6, 7.5),
        ("sales", "sales-mart", "sales_daily", "daily", 1.0, 2.2e6, 2),
        ("sales", "customer-360", "customers", "contract", 0.98, 9.1e5, 5),
        ("risk", "payments-settle", "payments", "contract", 0.94, 6.4e6, 4),
        ("risk", "ledger-export", "ledger", "audit", 1.0, 1.1e7, 1),
        ("risk", "credit-scores", "scores", "daily", 0.99, 3.4e5, 6),
        ("logistics", "inventory-sync", "inventory", "contract", 0.97, 8.8e5, 31),
        ("platform", "usage-metering", "usage", "daily", 1.0, 5.2e6, 1)]
# (namespace, backup, promised hours, hours between them, gib, restore minutes, promised minutes, drill good, last good)
BACKUPS = [("sales", "orders-warehouse", 24, 12, 410, 38, 60, 1, 1),
           ("sales", "customers-warehouse", 12, 6, 95, 75, 60, 1, 1),
           ("risk", "ledger-warehouse", 4, 2, 720, 44, 120, 1, 1),
           ("risk", "payments-warehouse", 6, 24, 260, 21, 60, 0, 0),
           ("logistics", "inventory-warehouse", 24, 24, 34, 9, 30, 1, 1),
           ("platform", "metastore", 24, 24, 2, 3, 15, 1, 1)]
ALERTS = [("SparkJobFailed", "critical", "sales", "orders-enrich"),
          ("SparkJobFailed", "critical", "risk", "payments-settle"),
          ("SparkTaskFailures", "warning", "sales", "orders-enrich"),
          ("HighGCTime", "warning", "risk", "fraud-features"),
          ("SparkStageSkew", "warning", "sales", "customer-360"),
          ("SparkJobSlowerThanUsual", "warning", "sales", "customer-360"),
          ("SparkJobPending", "warning", "logistics", "deliveries-nightly"),
          ("SparkJobRunMissed", "warning", "logistics", "inventory-sync"),
          ("SparkJobBudgetBurnFast", "warning", "platform", "embeddings-train"),
          ("DataQualityFailed", "critical", "sales", "orders-enrich"),
          ("SparkSpill", "info", "platform", "logs-compaction")]


def add_data(samples, start, end):
    for number, (namespace, app, dataset, suite, score, rows, age) in enumerate(SETS):
        labels = {"namespace": namespace, "app": app, "dataset": dataset, "suite": suite}
        checks, period = 30 + number, 2 * HOUR
        for at in range(start, end + 1, fleet.SCRAPE):
            validated = at - (at - number * 500) % period
            good = score if validated > end - 7 * HOUR else 1 - (1 - score) * 0.2
            passed = round(checks * good)
            wave = 1 + 0.1 * math.sin(validated / 9000 + number)

            def add(name, value, **more):
                samples.add(f"data_quality_{name}", {**labels, **more}, at, value)
            add("score", passed / checks)
            add("checks", passed, outcome="passed")
            add("checks", checks - passed, outcome="failed")
            add("last_validation_success", good > 0.9)
            add("last_validation_timestamp_seconds", validated)
            add("latest_data_timestamp_seconds", at - age * HOUR if age > 10 else validated - age * 900)
            add("rows", rows * wave)
            add("violations_total", (at - start) / 60 * (1 - score) * 40)
            add("quarantined_rows_total", (at - start) / 60 * (1 - score) * 25)
            add("null_ratio", 0.01 * number * wave, column="customer_id")


def add_backups(samples, start, end):
    for number, (namespace, backup, rpo, every, gib, restore, rto, drill, good) in enumerate(BACKUPS):
        labels = {"namespace": namespace, "backup": backup}
        for at in range(start, end + 1, fleet.SCRAPE):
            attempt = at - (at - number * 900) % (every * HOUR)
            success = attempt if good else start - 3 * HOUR

            def add(name, value):
                samples.add(f"backup_{name}", labels, at, value)
            add("last_attempt_timestamp_seconds", attempt)
            add("last_success_timestamp_seconds", success)
            add("last_attempt_success", good)
            add("data_timestamp_seconds", success)
            if number % 3 != 2:     # of the others all is backed up
                add("unprotected_since_timestamp_seconds", success + 60)
            add("duration_seconds", gib * 2.2 * (1 + 0.1 * math.sin(attempt)))
            add("size_bytes", gib * GIB * (1 + (attempt - start) / 9e6))
            add("rpo_target_seconds", rpo * HOUR)
            add("rto_target_seconds", rto * 60)
            add("restore_time_seconds", restore * 60)
            add("verification_timestamp_seconds", end - (number + 2) * 86400)
            add("verification_success", drill)


def add_exporters(samples, jobs, start, end):
    for at in range(start, end + 1, fleet.SCRAPE):
        _exporter(samples, {"job": "spark-observer"}, at, start - 9 * HOUR, ("kubernetes",), 2100, 21)
        for number, job in enumerate(jobs):
            if any(run.alive(at) for run in job.runs):
                run = next(run for run in job.runs if run.alive(at))
                blind = job.app == "routes-optimise" and at > end - 600
                _exporter(samples, {"job": "spark-sidecars", "instance": f"10.4.{number}.7:9817"}, at, run.start,
                          ("spark", "kubernetes"), 160 + 16 * job.executors, 11 + number % 4, blind)
                samples.add("spark_exporter_listener_events_dropped_total", {
                    **job.labels, "app_id": run.app_id, "job": "spark-sidecars", "queue": "appStatus"}, at, 0)


def _exporter(samples, target, at, since, sources, series, mib, blind=False):
    def add(name, value, **more):
        samples.add(name, {**target, **more}, at, value)
    add("up", 1)
    add("scrape_samples_scraped", series)
    add("scrape_duration_seconds", 0.002 + series / 1e6)
    add("spark_exporter_build_info", 1, version="0.1.0", revision="0f1e2d3c4b5a")
    for source in sources:
        silent = blind and source == "spark"
        add("spark_exporter_source_up", not silent, source=source)
        add("spark_exporter_source_last_success_timestamp_seconds", at - (500 if silent else 4), source=source)
        add("spark_exporter_source_duration_seconds", 0.03 + 0.01 * math.sin(at / 900), source=source)
        add("spark_exporter_errors_total", (at - since) / 600 if source == "spark" else 0, source=source,
            kind="timeout")
    add("spark_exporter_series_dropped_total", (at - since) / 3600 if series > 2000 else 0, family="spark_job_info")
    add("spark_exporter_outcome_deliveries_total", (at - since) / 3600, channel="observer", result="delivered")
    add("spark_exporter_final_scrapes", 2)
    add("spark_exporter_config_last_reload_successful", 1)
    add("process_cpu_seconds_total", (at - since) * 0.002)
    add("process_resident_memory_bytes", mib * 1048576)
    add("process_start_time_seconds", since)
    add("process_open_fds", 24)
    add("process_threads", 9)


def add_alerts(samples, start, end):
    for alert, severity, namespace, app in ALERTS:
        for at in range(end - 1800, end + 1, fleet.SCRAPE):
            samples.add("ALERTS", {"alertname": alert, "alertstate": "firing", "severity": severity,
                                   "namespace": namespace, "app": app}, at, 1)
