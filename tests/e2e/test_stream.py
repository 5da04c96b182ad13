"""Structured Streaming: a plain query, one with state and a watermark, one that dies while the application lives on."""
from datetime import datetime

import compare
import lab
import oracle

CONF = {"spark.sql.streaming.metricsEnabled": "true"}


def test(version):
    with lab.Spark(version, "stream", master=lab.LOCAL, conf=CONF) as spark, lab.Exporter(spark.url) as exporter:
        app_id = spark.reach("started")["app_id"]
        with lab.Watch(exporter) as watch:
            exporter.until("the application", lambda s: s.total("spark_app_jobs_active", app_id=app_id) is not None)
            spark.go()
            planted = spark.reach("running")
            running = exporter.at_rest()
            spark.go()
            spark.reach("finished")
            stopped = exporter.at_rest()
        spark.finish()
        truth = oracle.read_folder(spark.event_log)[0]
    lab.keep("stream-" + version, running, stopped)

    check = compare.Check(f"streaming, Spark {version}")
    for query in ("passthrough", "windowed counts", "poisoned"):
        check.true(f"rows of {query}", truth.rows[query] <= planted["rows"], truth.rows[query])
        for name, scrape in (("running", running), ("stopped", stopped)):
            batches, labels = len(truth.batches[query]), {"query": query, "app_id": app_id}
            compare.known(check, scrape, "spark_streaming_batches_total", batches, **labels)
            compare.known(check, scrape, "spark_streaming_failures_total", truth.query_failures[query], **labels)
        last = running.total("spark_streaming_last_batch_timestamp_seconds", query=query)
        check.true(f"last batch of {query} within the run",
                   last and truth.start_ms <= last * 1000 <= truth.end_ms, last)
    check.equal("batches of passthrough as planted", planted["batches"], len(truth.batches["passthrough"]))
    check.equal("batches of poisoned as planted", planted["poisoned_batches"], len(truth.batches["poisoned"]))
    check.equal("failures as planted", {"poisoned": 1}, dict(truth.query_failures))
    for name in ("input_rows_per_second", "processing_rows_per_second", "batch_duration_seconds"):
        for query in ("passthrough", "windowed counts"):
            compare_gauge = running.total(f"spark_streaming_{name}", query=query)
            check.true(f"spark_streaming_{name} of {query}", compare_gauge is not None and compare_gauge >= 0,
                       compare_gauge)
    counts = {"query": "windowed counts"}
    compare.known(check, running, "spark_streaming_state_rows", planted["state_rows"], **counts)
    compare.known(check, running, "spark_streaming_state_memory_bytes", planted["state_bytes"], **counts)
    mark = datetime.fromisoformat(planted["watermark"].replace("Z", "+00:00")).timestamp()
    compare.known(check, running, "spark_streaming_watermark_timestamp_seconds", mark, **counts)
    check.equal("a query without a watermark has none", None, running.total(
        "spark_streaming_watermark_timestamp_seconds", query="passthrough"))
    check.equal("a stopped query has no state", None, stopped.total("spark_streaming_state_rows", **counts))
    check.equal("kind", "streaming", running.series("spark_job_info", app_id=app_id)[0][0].get("kind"))
    compare.counts(check, stopped, truth)
    compare.work(check, stopped, truth)
    compare.watched(check, watch)
    check.done()


lab.main(test)
