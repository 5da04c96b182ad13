"""1,300 jobs of two stages: Spark forgets all but 1,000 jobs and 1,000 stages, the counters do not. One exporter runs
through, one is killed in the middle of the work and starts again with its state file."""
import os
import time

import compare
import lab
import oracle


def test(version):
    with lab.Spark(version, "many", master=lab.LOCAL) as spark:
        state = f"--state.file={os.path.join(spark.scratch, 'state.json')}"
        with lab.Exporter(spark.url) as steady, lab.Watch(steady) as watch:
            with lab.Exporter(spark.url, state) as first:
                spark.reach("started")
                for exporter in (steady, first):
                    exporter.until("the application", lambda s: s.total("spark_app_jobs_active") is not None)
                begin = time.monotonic()
                spark.go()
                spark.reach("middle")
                # Beyond what Spark retains, so that the file alone knows of the first ones; perhaps still behind.
                killed = first.until("the counts of the middle", lambda s: s.total("spark_app_jobs_total") > 1000)
                first.kill()
                spark.go()
            with lab.Exporter(spark.url, state) as second:
                planted = spark.reach("finished", 300)
                seconds = time.monotonic() - begin
                finals = {"running through": steady.at_rest(), "killed and started again": second.at_rest()}
                app = spark.rest("/api/v1/applications")[0]["id"]
                kept = {name: len(spark.rest(f"/api/v1/applications/{app}/{name}")) for name in ("jobs", "stages")}
                spark.finish()
        truth = oracle.read_folder(spark.event_log)[0]
    lab.keep("many-" + version, *finals.values())

    check = compare.Check(f"{planted['jobs']} jobs in {seconds:.0f} s, Spark {version}")
    print(f"the list lengths of Spark's own answers by then: {kept}")
    check.true("Spark has forgotten some", kept["jobs"] < planted["jobs"] and kept["stages"] < planted["stages"])
    check.true("it was killed in the middle", 1000 < killed.total("spark_app_jobs_total") <= 1100,
               killed.total("spark_app_jobs_total"))
    for name, final in finals.items():
        print(name)
        compare.known(check, final, "spark_app_jobs_total", planted["jobs"], status="succeeded")
        compare.known(check, final, "spark_app_jobs_total", planted["jobs"])
        compare.known(check, final, "spark_app_stages_total", planted["stages"], status="complete")
        compare.known(check, final, "spark_app_stages_total", planted["stages"])
        compare.known(check, final, "spark_app_tasks_total", planted["tasks"], status="completed")
        compare.counts(check, final, truth)
        compare.work(check, final, truth)
        check.close("spark_app_task_time_seconds_total", truth.run_time_ms / 1000,
                    final.total("spark_app_task_time_seconds_total"), 1e-9)
        check.equal("its own errors", 0, final.total("spark_exporter_errors_total") or 0)
    compare.watched(check, watch)
    check.done()


lab.main(test)
