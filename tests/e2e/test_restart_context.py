"""Two SparkContexts in one driver are two runs: the second starts from 0, the first one's last values are final."""
import compare
import lab
import oracle


def test(version):
    with lab.Spark(version, "restart_context", master=lab.LOCAL) as spark, lab.Exporter(spark.url) as exporter:
        planted, finals = {}, {}
        with lab.Watch(exporter) as watch:
            for name in ("first", "second"):
                planted[name] = told = spark.reach(name)
                exporter.until(f"the {name} run", lambda s:
                               s.total("spark_app_jobs_active", app_id=told["app_id"]) == 0)
                finals[name] = exporter.at_rest()
                spark.go()
            code = spark.wait()
        truths = dict(zip(("first", "second"), oracle.read_folder(spark.event_log)))
    lab.keep("restart-context-" + version, *finals.values())

    check = compare.Check(f"two SparkContexts, Spark {version}")
    check.equal("the driver's exit code", 0, code)
    check.true("two runs", planted["first"]["app_id"] != planted["second"]["app_id"])
    for name, truth in truths.items():
        check.equal(f"application id of the {name}", truth.app_id, planted[name]["app_id"])
        run = {"app_id": truth.app_id}
        compare.known(check, finals[name], "spark_app_jobs_total", planted[name]["jobs"], status="succeeded", **run)
        compare.known(check, finals[name], "spark_app_tasks_total", planted[name]["tasks"], status="completed", **run)
        compare.counts(check, finals[name], truth)
        compare.life(check, finals[name], truth)
    # Whether the first is still shown beside the second depends on the scrapes; where it is, it has not moved.
    left = finals["second"].total("spark_app_jobs_total", app_id=truths["first"].app_id)
    check.true("the first run beside the second", left in (None, planted["first"]["jobs"]), left)
    compare.watched(check, watch)
    check.done()


lab.main(test)
