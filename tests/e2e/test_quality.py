"""Data quality with the real parts: the gates of examples/quality in a real PySpark job, Great Expectations 0.18 and 1.x
with planted faults (--spark-data: on Spark data, too), named accumulators of a real spark-shell, writes of 0 rows, and Debian's
Prometheus with the shipped rules, in which the alert names the dataset. What is shown equals the results' own statistics."""
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import compare
import lab

EXPECTATIONS = ("0.18.22", "1.9.0")
FAULTS = ("row_count", "schema", "nulls", "freshness", "row_check")
SCALA = '''
val bad = spark.sparkContext.longAccumulator("data_quality.e2e.accumulated.negative_amount")
val rows = spark.sparkContext.longAccumulator("data_quality.e2e.accumulated.rows")
spark.range(0, 200, 1, 4).rdd.foreach { n => rows.add(1); if (n % 50 == 7) bad.add(1) }
scala.io.StdIn.readLine()
System.exit(0)
'''


class Prometheus:
    """Scrapes the exporter each second under the shipped rules. A context manager."""

    def __init__(self, exporter):
        if not shutil.which("prometheus"):
            raise lab.Skip("no prometheus (Debian: prometheus)")
        self.exporter, self.port = exporter, lab.free_port()

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="quality-prometheus-")
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                  "rule_files": [os.path.join(lab.ROOT, "rules", "alerts-quality.yaml")],
                  "scrape_configs": [{"job_name": "sidecar", "honor_labels": True, "static_configs": [
                      {"targets": ["%s:%d" % self.exporter.address]}]}]}
        path = os.path.join(self.folder, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(config, out)  # JSON is YAML
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=lab._end_with_parent)
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            with open(os.path.join(self.folder, "log"), errors="replace") as log:
                print("--- end of Prometheus' log\n" + "".join(log.readlines()[-20:]) + "---", flush=True)
        lab.end_session(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def firing(self):
        """{(alert, dataset, suite): annotations} of what fires now."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/alerts", timeout=10) as answer:
                alerts = json.load(answer)["data"]["alerts"]
        except OSError:
            return {}
        return {(one["labels"]["alertname"], one["labels"].get("dataset"), one["labels"].get("suite")): one["annotations"]
                for one in alerts if one["state"] == "firing"}


def expect_gates(check, told, scrape):
    """`told`: by fault and what to do about it."""
    for name, case in told.items():
        fault, on_failure = name.split("/")
        labels = {"dataset": f"e2e.{fault}", "suite": on_failure}
        shown = {outcome: scrape.total("data_quality_checks", outcome=outcome, **labels) for outcome in ("passed", "failed")}
        check.equal(f"{name}: its gate alone fails, or none", [] if fault == "good" else
                    ["row_count", "freshness"] if fault == "row_count" else
                    ["amount"] if fault == "row_check" else [fault], case["failed"])
        check.equal(f"{name}: checks that failed, as shown", len(case["failed"]), shown["failed"])
        check.equal(f"{name}: checks that passed", case["checks"] - len(case["failed"]), shown["passed"])
        check.equal(f"{name}: success", 1 if fault == "good" else 0,
                    scrape.total("data_quality_last_validation_success", **labels))
        check.equal(f"{name}: rows", case["rows"], scrape.total("data_quality_rows", **labels))
        check.equal(f"{name}: rows in quarantine are those that are told", case["aside"],
                    scrape.total("data_quality_quarantined_rows_total", **labels))
        if on_failure == "fail" and fault != "good":
            check.true(f"{name}: the job is failed, with the dataset's name: {case['kept']}",
                       f"e2e.{fault}" in str(case["kept"]))
        else:
            check.equal(f"{name}: rows that go on", case["rows"] - case["aside"], case["kept"])
    check.equal("nulls that were planted, in quarantine", 10, told["nulls/warn"]["aside"])
    check.equal("null ratio", 0.01, scrape.total("data_quality_null_ratio", dataset="e2e.nulls", suite="warn",
                                                 column="customer_id"))
    check.equal("rows below zero, in quarantine", 4, told["row_check/warn"]["aside"])


def spark_packages(version):
    """Where the environment of that PySpark has it, for another environment's Python."""
    where = "import os, pyspark; print(os.path.dirname(os.path.dirname(pyspark.__file__)))"
    return subprocess.check_output([lab.python_with_spark(version), "-c", where], text=True).strip()


def validate(check, exporter, version, folder, spark=None):
    """Great Expectations' results, posted as they come out: of pandas data, or of Spark's with that version."""
    python = lab.python_with("great_expectations", version)
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "false", "GE_USAGE_STATS": "FALSE", "TZ": "UTC"}
    if spark:
        environment.update(PYTHONPATH=spark_packages(spark), SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=python)
    ran = subprocess.run([python, os.path.join(lab.HERE, "quality_expectations.py"), folder, *(["spark"] if spark else [])],
                         timeout=600, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert ran.returncode == 0, f"Great Expectations {version}: {ran.stdout[-3000:]}"
    read = {name: open(os.path.join(folder, name + ".json"), encoding="utf-8").read()
            for name in ("single", "checkpoint", "good", "planted")}
    planted = json.loads(read["planted"])
    with open(os.path.join(folder, "quarantine.csv"), encoding="utf-8") as file:
        in_quarantine = len(file.readlines()) - 1
    suite = f"ge-{version}" + ("-spark" if spark else "")
    version += " on Spark " + spark if spark else ""
    query = urllib.parse.urlencode({"suite": suite, "quarantined_rows": in_quarantine})
    check.equal(f"{version}: taken", (200, "taken: 1 validation, 1 new\n"),
                exporter.post(f"/api/v1/quality?{query}", read["single"]))
    check.equal(f"{version}: a replay is known", (200, "taken: 1 validation, 0 new\n"),
                exporter.post(f"/api/v1/quality?{query}", read["single"]))
    check.equal(f"{version}: a checkpoint's result is taken", (200, "taken: 1 validation, 1 new\n"),
                exporter.post(f"/api/v1/quality?suite={suite}-checkpoint", read["checkpoint"]))
    check.equal(f"{version}: a good one is taken", 200, exporter.post(f"/api/v1/quality?suite={suite}", read["good"])[0])
    statistics = json.loads(read["single"])["statistics"]
    labels = {"dataset": "ge.orders", "suite": suite}
    scrape = exporter.until("the validations of Great Expectations", lambda s: s.total(
        "data_quality_last_validation_success", dataset="ge.good", suite=suite) is not None)
    check.equal(f"{version}: score", statistics["success_percent"] / 100, scrape.total("data_quality_score", **labels))
    check.equal(f"{version}: passed", statistics["successful_expectations"],
                scrape.total("data_quality_checks", outcome="passed", **labels))
    check.equal(f"{version}: failed", statistics["unsuccessful_expectations"],
                scrape.total("data_quality_checks", outcome="failed", **labels))
    check.equal(f"{version}: violations", statistics["unsuccessful_expectations"],
                scrape.total("data_quality_violations_total", **labels))
    check.equal(f"{version}: the same of the checkpoint", statistics["unsuccessful_expectations"],
                scrape.total("data_quality_violations_total", dataset="ge.orders", suite=suite + "-checkpoint"))
    check.equal(f"{version}: rows", planted["rows"], scrape.total("data_quality_rows", **labels))
    check.equal(f"{version}: null ratio", planted["nulls"] / planted["rows"],
                scrape.total("data_quality_null_ratio", column="customer_id", **labels))
    check.equal(f"{version}: quarantined rows", in_quarantine,
                scrape.total("data_quality_quarantined_rows_total", **labels))
    check.equal(f"{version}: quarantined rows are those that were planted", planted["quarantined"], in_quarantine)
    check.equal(f"{version}: newest data", planted["newest"],
                scrape.total("data_quality_latest_data_timestamp_seconds", **labels))
    check.equal(f"{version}: failed", 0, scrape.total("data_quality_last_validation_success", **labels))
    check.equal(f"{version}: the good one", 1,
                scrape.total("data_quality_last_validation_success", dataset="ge.good", suite=suite))


def refuse(check, exporter, folder):
    """What nobody may be made to believe."""
    before = exporter.scrape().total("data_quality_violations_total", dataset="e2e.nulls", suite="fail")
    for name, body, status in (("half", '{"dataset":"e2e.nulls","checks":[{"name"', 400), ("none", "{}", 400),
                               ("Latin-1", b'{"dataset":"caf\xe9"}', 400), ("no JSON", "<html>", 400)):
        check.equal(f"{name}: refused", status, exporter.post("/api/v1/quality", body)[0])
    # The connection may be closed before all of it was sent.
    with contextlib.suppress(ConnectionError, http.client.HTTPException):
        check.equal("100 MB in a request: refused", 413, exporter.post("/api/v1/quality", b" " * (100 << 20))[0])
    huge = os.path.join(folder, "huge.tmp")
    with open(huge, "w", encoding="utf-8") as file:
        file.write('{"dataset":"e2e.huge","rows":5,"ignored":[')
        file.write(",".join(["123456789"] * 10_000_000))
        file.write("]}")
    check.true(f"{os.path.getsize(huge) >> 20} MiB", os.path.getsize(huge) > 95 << 20)
    os.rename(huge, os.path.join(folder, "huge.json"))
    with open(os.path.join(folder, "half.json"), "w", encoding="utf-8") as file:
        file.write('{"dataset":"e2e.half","rows":')
    exporter.until("the file of 100 MB", lambda s: s.total("data_quality_rows", dataset="e2e.huge") == 5)
    scrape = exporter.scrape()
    check.equal("a half-written file is nothing", None, scrape.total("data_quality_rows", dataset="e2e.half"))
    check.equal("what was known stays", before,
                scrape.total("data_quality_violations_total", dataset="e2e.nulls", suite="fail"))
    check.at_least("they are counted", 4, scrape.total("spark_exporter_errors_total", source="quality", kind="malformed"))


def accumulate(check, version):
    """Spark's own named accumulators, with nothing installed."""
    lab.need_java()
    python = lab.python_with_spark(version)
    where = "import os, pyspark; print(os.path.dirname(pyspark.__file__))"
    home = subprocess.check_output([python, "-c", where], text=True).strip()
    port = lab.free_port()
    with tempfile.TemporaryDirectory(prefix="quality-shell-") as folder:
        with open(os.path.join(folder, "job.scala"), "w", encoding="utf-8") as file:
            file.write(SCALA)
        with open(os.path.join(folder, "log"), "wb") as log:
            shell = subprocess.Popen(
                [os.path.join(home, "bin", "spark-shell"), "--master", "local[2]", "--name", "e2e-shell", "--conf",
                 f"spark.ui.port={port}", "--conf", f"spark.local.dir={folder}", "-I", os.path.join(folder, "job.scala")],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder, start_new_session=True,
                env={**os.environ, "SPARK_HOME": home, "SPARK_LOCAL_IP": "127.0.0.1", "TERM": "dumb"},
                preexec_fn=lab._end_with_parent)
        try:
            with lab.Exporter(f"http://127.0.0.1:{port}", "--job.name=shell") as exporter:
                scrape = exporter.until("the accumulators", lambda s: s.total(
                    "data_quality_rows", dataset="e2e.accumulated") == 200, 150)
                labels = {"app": "shell", "dataset": "e2e.accumulated", "suite": "accumulators"}
                for outcome, true in (("failed", 1), ("passed", 0)):
                    check.equal(f"accumulators: {outcome}", true,
                                scrape.total("data_quality_checks", outcome=outcome, **labels))
                check.equal("accumulators: success", 0, scrape.total("data_quality_last_validation_success", **labels))
                check.equal("accumulators: counted once", 1, scrape.total("data_quality_violations_total", **labels))
        except AssertionError:
            with open(os.path.join(folder, "log"), errors="replace") as log:
                print("--- end of the shell's log\n" + "".join(log.readlines()[-30:]) + "---", flush=True)
            raise
        finally:
            lab.end_session(shell)


def write_nothing(check, exporter, spark):
    """What Spark's SQL metrics tell of writes, with nothing installed."""
    empty = {"dataset": f"file:{spark.scratch}/out/lake/empty", "suite": "spark_writes"}
    scrape = exporter.until("the empty write", lambda s: s.total("data_quality_rows", **empty) == 0)
    check.equal("a write of 0 rows fails where it is told to", 0, scrape.total("data_quality_last_validation_success", **empty))
    check.equal("a write of 0 rows: its check", 1, scrape.total("data_quality_checks", outcome="failed", **empty))
    check.equal("no other write is told", {empty["dataset"]},
                {labels["dataset"] for labels, _ in scrape.series("data_quality_rows") if labels["suite"] == "spark_writes"})
    return "DataQualityFailed", empty["dataset"], empty["suite"]


def write_again(check, exporter, spark):
    spark.go()
    spark.reach("written")
    labels = {"dataset": f"file:{spark.scratch}/out/lake/empty", "suite": "spark_writes"}
    scrape = exporter.until("the next write", lambda s: s.total("data_quality_rows", **labels) == 7)
    check.equal("rows where there were none", 1, scrape.total("data_quality_last_validation_success", **labels))


def test(version):
    check = compare.Check(f"data quality, Spark {version}")
    with tempfile.TemporaryDirectory(prefix="quality-e2e-") as folder, \
            lab.Spark(version, "quality", master=lab.LOCAL) as spark, \
            lab.Exporter(spark.url, "--job.name=orders", "--kubernetes.namespace=etl",
                         f"--quality.folder={folder}", "--quality.empty-writes=fail") as exporter, Prometheus(exporter) as prometheus:
        spark.reach("started")
        with open(os.path.join(spark.scratch, "out", "url"), "w", encoding="utf-8") as file:
            file.write("http://%s:%d/api/v1/quality" % exporter.address)
        spark.go()
        for number in EXPECTATIONS:
            with tempfile.TemporaryDirectory(prefix="quality-ge-") as results:
                validate(check, exporter, number, results)
        if "--spark-data" in sys.argv:
            with tempfile.TemporaryDirectory(prefix="quality-ge-") as results:
                validate(check, exporter, EXPECTATIONS[-1], results, version)
        told = spark.reach("judged")["gates"]
        judged = time.monotonic()
        scrape = exporter.until("the gates' last result", lambda s: s.total(
            "data_quality_last_validation_success", dataset="e2e.row_check", suite="warn") is not None)
        lab.keep("quality-" + version, scrape)
        expect_gates(check, told, scrape)
        empty = write_nothing(check, exporter, spark)
        refuse(check, exporter, folder)
        report = exporter.get("/report?format=text")[2]
        # The newest twelve that failed; this is the last but one of the gates.
        check.true("the report tells which gate failed", "! e2e.row_check (fail): 1 of " in report and
                   "amount: 4 of 1000 rows break it" in report)
        accumulate(check, version)
        wanted = [("DataQualityFailed", f"e2e.{fault}", "fail") for fault in FAULTS]
        wanted += [("DataQualityFailed", "ge.orders", f"ge-{number}") for number in EXPECTATIONS]
        wanted.append(empty)
        firing = lab.wait_until("the alerts", lambda: (now := prometheus.firing()) and all(one in now for one in wanted)
                                and now, 150, every=1)
        print(f"alerts fire {time.monotonic() - judged:.0f} s after the last gate", flush=True)
        for one in wanted:
            text = " ".join(firing[one]["description"].split())
            check.true(f"{one[0]} names {one[1]}: {text[:110]}...", f"Dataset {one[1]}, written by job etl/orders" in text)
        for quiet in ("e2e.good", "ge.good"):
            check.true(f"no alert about {quiet}",
                       not any(name == "DataQualityFailed" and dataset == quiet for name, dataset, _ in firing))
        write_again(check, exporter, spark)
        spark.finish()
    check.done()


lab.main(test)
