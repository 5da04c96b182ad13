"""A driver that leaves right after its last job: its port closes some 0.3 s after stop(), so a poller may miss the end.
What was missed is printed; what is shown is never more than the truth."""
import compare
import lab
import oracle


def test(version):
    with lab.Spark(version, "leave", master=lab.LOCAL) as spark, lab.Exporter(spark.url) as exporter:
        app_id = spark.reach("started")["app_id"]
        with lab.Watch(exporter) as watch:
            exporter.until("the application", lambda s: s.total("spark_app_jobs_active", app_id=app_id) is not None)
            code = spark.finish()
            ended = exporter.until("the end of the driver", lambda s: s.total("spark_job_state", state="unknown") == 1)
        alive = exporter.alive()
        truth = oracle.read_folder(spark.event_log)[0]
    lab.keep("leave-" + version, ended)

    check = compare.Check(f"the driver leaves at once, Spark {version}")
    check.equal("the driver's exit code", 0, code)
    check.true("the exporter lives", alive)
    counts = [("spark_app_jobs_total", sum(truth.jobs.values())),
              ("spark_app_stages_total", sum(truth.stages.values())),
              ("spark_app_tasks_total", sum(truth.tasks.values())),
              ("spark_sql_executions_total", truth.sql_completed + truth.sql_failed),
              ("spark_app_task_time_seconds_total", truth.run_time_ms / 1000)]
    for family, true in counts + [(family, truth.sums[name]) for family, name in compare.WORK.items()]:
        check.at_most(family, true, ended.total(family, app_id=app_id))
    missed = {family: true - ended.total(family, app_id=app_id) for family, true in counts}
    print("missed:", {family: round(count, 3) for family, count in missed.items() if count > 0} or "nothing")
    compare.known(check, ended, "spark_job_state", 1, state="unknown", app_id=app_id)
    check.equal("spark_job_status: absent, not a guess", None, ended.total("spark_job_status"))
    compare.known(check, ended, "spark_exporter_source_up", 0, source="spark")
    compare.watched(check, watch)
    check.done()


lab.main(test)
