"""Healthy runs, a batch job and a stream: what they expose, stretched over an hour, leads to no alert."""
import shutil

import compare
import healthy_hour
import lab

STREAMING = {"spark.sql.streaming.metricsEnabled": "true"}


def record(version, scenario, points, **options):
    recorder = healthy_hour.Recorder(**healthy_hour.TARGET)
    with lab.Spark(version, scenario, **options) as spark, \
            lab.Exporter(spark.url, f"--cost.prices={lab.PRICES}", "--kubernetes.namespace=etl", "--kubernetes=off") as exporter:
        app_id = spark.reach("started")["app_id"]
        exporter.until("the application", lambda s: s.total("spark_app_jobs_active", app_id=app_id) is not None)
        with lab.Watch(exporter, recorder, every=0.5) as watch:
            for point in points:
                spark.go()
                spark.reach(point)
            exporter.at_rest()
        spark.finish()
    return recorder, watch


def test(version):
    if not shutil.which("promtool"):
        raise lab.Skip("no promtool (Debian: prometheus)")
    check = compare.Check(f"a healthy hour, Spark {version}")
    for scenario, points, options in (("healthy", ("files", "finished"), {}),
                                      ("steady", ("running", "finished"), {"master": lab.LOCAL, "conf": STREAMING})):
        recorder, watch = record(version, scenario, points, **options)
        lab.keep(f"hour-{scenario}-{version}", recorder.scrapes[-1][1])
        check.true(f"{scenario}: scrapes", len(recorder.scrapes) >= 10, len(recorder.scrapes))
        compare.watched(check, watch)
        healthy_hour.hold(check, scenario, recorder)
    check.done()


if __name__ == "__main__":
    lab.main(test)
