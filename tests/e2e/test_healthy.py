"""A good run on executors of their own: files, SQL, shuffle, spill, a cache. Every figure of work to the byte."""
import json

import compare
import lab
import oracle

CONF = {"spark.sql.shuffle.partitions": 4,
        "spark.shuffle.spill.numElementsForceSpillThreshold": 20000}  # sorts spill by count, so they surely do


def test(version):
    with lab.Spark(version, "healthy", conf=CONF) as spark, \
            lab.Exporter(spark.url, f"--cost.prices={lab.PRICES}") as exporter:
        waiting = exporter.scrape()  # nothing answers at the driver's port yet
        app_id = spark.reach("started")["app_id"]
        with lab.Watch(exporter) as watch:
            started = exporter.at_rest()
            spark.go()
            planted_files = spark.reach("files")
            files = exporter.at_rest()
            spark.go()
            planted = spark.reach("finished")
            final = exporter.at_rest()
        heartbeat = exporter.until("the collector times of driver and executors", lambda s:
                                   {"driver", "0", "1"} <= set(s.by("jvm_gc_time_seconds", "executor_id")), 40)
        report = exporter.get("/report")
        code = spark.finish()
        ended = exporter.until("the end of the driver", lambda s: s.total("spark_job_state", state="unknown") == 1)
        truth = oracle.read_folder(spark.event_log)[0]
    lab.keep("healthy-" + version, waiting, started, files, heartbeat, ended)

    check = compare.Check(f"healthy, Spark {version}")
    check.equal("the driver's exit code", 0, code)
    check.equal("before the driver: no run is made up", None, waiting.total("spark_app_jobs_total"))
    check.equal("before the driver: source_up", 0, waiting.total("spark_exporter_source_up", source="spark"))
    check.equal("application id", app_id, truth.app_id)
    for status in ("succeeded", "failed"):
        compare.known(check, started, "spark_app_jobs_total", 0, status=status, app_id=app_id)
    # What the workload planted, at two instants.
    for name in ("input_records", "output_records"):
        compare.known(check, files, f"spark_app_{name}_total", planted_files[name], app_id=app_id)
    compare.known(check, files, "spark_sql_executions_total", planted_files["sql_completed"], status="completed")
    compare.known(check, final, "spark_app_output_records_total", planted["output_records"], app_id=app_id)
    compare.known(check, final, "spark_sql_executions_total", planted["sql_completed"], status="completed")
    # What the event log says.
    compare.counts(check, final, truth)
    compare.work(check, final, truth)
    compare.at_rest(check, final, app_id)
    compare.life(check, final, truth)
    check.true("it did spill", truth.sums["disk_spilled_bytes"] > 0)
    check.close("spark_app_task_time_seconds_total", truth.run_time_ms / 1000,
                final.total("spark_app_task_time_seconds_total"), 1e-9)
    compare.executors(check, final, truth, truth.active_executors)
    compare.known(check, final, "spark_executors", 2, state="active")
    compare.known(check, final, "spark_executors", 0, state="dead")
    compare.known(check, final, "spark_executors", 0, state="excluded")
    for executor in ("0", "1"):
        compare.known(check, final, "spark_executor_task_slots", 2, executor_id=executor)
        compare.known(check, final, "spark_executor_tasks_active", 0, executor_id=executor)
        used = final.total("spark_executor_storage_memory_used_bytes", executor_id=executor)
        room = final.total("spark_executor_storage_memory_max_bytes", executor_id=executor)
        check.true(f"storage memory of {executor}: something is cached, less than there is", 0 < used < room, used)
        check.true(f"heap peak of {executor}", (heartbeat.total(
            "spark_executor_memory_peak_bytes", executor_id=executor, area="heap") or 0) > 10e6)
    compare.known(check, final, "spark_executor_removals_total", 0)
    check.equal("/report", (200, app_id in report[2]), (report[0], app_id in json.dumps(json.loads(report[2]))))
    compare.healthy_self(check, final)
    compare.watched(check, watch)
    compare.after_the_end(check, heartbeat, ended, app_id)
    check.done()


lab.main(test)
