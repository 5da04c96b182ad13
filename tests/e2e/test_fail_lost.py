"""Failures of every kind in one application: tasks, a job, a query, a cancelled job, an executor killed by SIGKILL
whose shuffle files are needed again."""
import compare
import lab
import oracle


def test(version):
    with lab.Spark(version, "fail_lost") as spark, lab.Exporter(spark.url) as exporter:
        app_id = spark.reach("started")["app_id"]
        with lab.Watch(exporter) as watch:
            before = exporter.at_rest(polls=2)
            spark.go()
            planted = spark.reach("failed")
            failed = exporter.at_rest()
            spark.go()
            victim = spark.reach("killed")["victim"]
            killed = exporter.until("the loss of the executor", lambda s:
                                    s.total("spark_executors", state="dead") == 1)
            spark.go()
            spark.reach("finished")
            final = exporter.at_rest()
            both = exporter.until("the replacement", lambda s: s.total("spark_executors", state="active") == 2)
        code = spark.finish()
        ended = exporter.until("the end of the driver", lambda s: s.total("spark_job_state", state="unknown") == 1)
        truth = oracle.read_folder(spark.event_log)[0]
    lab.keep("fail-lost-" + version, before, failed, killed, final, ended)

    check = compare.Check(f"failures and a lost executor, Spark {version}")
    check.equal("the driver's exit code", 1, code)
    # Planted, before the executor is killed.
    compare.known(check, failed, "spark_app_jobs_total", planted["jobs_failed"], status="failed", app_id=app_id)
    compare.known(check, failed, "spark_app_tasks_total", planted["killed"], status="killed", app_id=app_id)
    # The failed query's own tasks fail spark.task.maxFailures times as well: on one partition of two.
    compare.known(check, failed, "spark_app_tasks_total", planted["flaky_failures"] + planted["boom_failures"] + 4,
                  status="failed", app_id=app_id)
    compare.known(check, failed, "spark_sql_executions_total", planted["sql_failed"], status="failed", app_id=app_id)
    compare.known(check, failed, "spark_sql_executions_total", planted["sql_completed"], status="completed")
    # The event log, at the end.
    check.equal("executors removed", [victim], list(truth.removed))
    check.true("stages ran again", truth.stage_retries >= 1, truth.stage_retries)
    compare.counts(check, final, truth)
    compare.work(check, final, truth)
    compare.at_rest(check, final, app_id)
    check.close("spark_app_task_time_seconds_total", truth.run_time_ms / 1000,
                final.total("spark_app_task_time_seconds_total"), 1e-9)
    compare.executors(check, both, truth, truth.active_executors)
    compare.known(check, both, "spark_executors", 2, state="active")
    compare.known(check, both, "spark_executors", 1, state="dead")
    compare.known(check, both, "spark_executor_removals_total", 1)
    compare.known(check, both, "spark_executor_removals_total", 1, reason="killed")
    for name in ("jvm_gc_time_seconds", "spark_executor_tasks_total", "spark_executor_task_slots"):
        check.true(f"{name}: no series of the dead executor", victim not in both.by(name, "executor_id"))
    # A failed job does not decide the run: nobody but the driver's exit code does.
    compare.life(check, final, truth)
    compare.healthy_self(check, final)
    compare.watched(check, watch)
    compare.after_the_end(check, both, ended, app_id)
    check.done()


lab.main(test)
