"""The workloads of the end-to-end tests, run by spark-submit: workloads.py SCENARIO [arguments]. They plant what the
tests count: rows, failures, batches. At each point the workload tells what it planted and stays until the test says go
(JSON lines over the Unix socket E2E_SYNC), so nothing depends on anybody's pace."""
import json
import os
import signal
import socket
import sys
import threading
import time

OUT = os.environ["E2E_OUT"]


class Sync:
    def __init__(self):
        plug = socket.socket(socket.AF_UNIX)
        plug.connect(os.environ["E2E_SYNC"])
        self.talk = plug.makefile("rw", encoding="utf-8")

    def point(self, name, **planted):
        self.talk.write(json.dumps({"point": name, **planted}) + "\n")
        self.talk.flush()
        if not self.talk.readline():
            os._exit(9)  # the test is gone


SYNC = Sync()


def session():
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.getOrCreate()
    return spark, spark.sparkContext


def executors_ready(sc, wanted):
    """Waits until so many executors have registered: a session is ready before they are."""
    tracker = sc._jsc.sc().statusTracker()
    while len(tracker.getExecutorInfos()) < wanted + 1:
        time.sleep(0.1)


def here(name):
    return os.path.join(OUT, name)


def wait_for_files(prefix, count, worker):
    """Waits until tasks have left so many files, as long as the thread that runs their job lives."""
    while len([name for name in os.listdir(OUT) if name.startswith(prefix)]) < count:
        assert worker.is_alive(), f"the job {prefix} ended early"
        time.sleep(0.05)


def tell_and_wait(prefix, go):
    """For tasks: leaves a file to say that this task runs, then waits for the file `go`. A task that runs again after
    its executor's death, when `go` is there, passes at once."""
    def run(items):
        from pyspark import TaskContext
        context = TaskContext.get()
        open(here(f"{prefix}-{context.taskAttemptId()}"), "w").close()
        while not os.path.exists(here(go)):
            time.sleep(0.05)
        return items
    return run


def swallow(action):
    """Runs what must fail."""
    try:
        action()
    except Exception as error:
        return error
    raise AssertionError("that should have failed")


def executor_pids(app_id):
    """{executor id: pid} of the application's executor JVMs."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as line:
                words = line.read().split("\0")
        except OSError:
            continue
        if "--executor-id" in words and app_id in words and words[0].endswith("java"):
            found[words[words.index("--executor-id") + 1]] = int(pid)
    return found


def healthy():
    """Files of known rows written and read, SQL, joins, a cache, sorts that spill, RDDs."""
    from pyspark.sql import functions as F
    spark, sc = session()
    executors_ready(sc, 2)
    rows, lines, queries = 200_000, 3_000, 0
    SYNC.point("started", app_id=sc.applicationId)

    orders = (spark.range(0, rows, numPartitions=4).withColumn("customer", F.col("id") % 1000)
              .withColumn("amount", (F.col("id") * 7919) % 10_007))
    sc.setJobDescription("Write \"orders\" <b>\n& ünïcode \\")  # text that needs escaping, should it become a label
    orders.write.parquet(here("orders"))
    spark.range(0, lines, numPartitions=3).selectExpr("cast(id as string) line").write.text(here("lines"))
    sc.setJobDescription("Read them")
    assert len(spark.read.parquet(here("orders")).groupBy("customer").agg(F.sum("amount")).collect()) == 1000
    queries += 3
    assert sc.textFile("file://" + here("lines"), 3).count() == lines
    # What spark.range makes counts as read, too. spark.read.parquet's own job (a footer) reads no record.
    SYNC.point("files", output_records=rows + lines, input_records=2 * (rows + lines), sql_completed=queries)

    cached = orders.cache()
    assert cached.count() == rows
    assert cached.filter("amount > 5000").count() > 0
    revenue = cached.groupBy("customer").agg(F.sum("amount").alias("revenue"))
    cached.join(revenue, "customer").orderBy("amount", "id").write.csv(here("joined"))
    queries += 3
    pairs = sc.parallelize(range(40_000), 4).map(lambda x: (x % 17, x))
    assert pairs.reduceByKey(lambda a, b: a + b).count() == 17
    assert pairs.repartition(3).count() == 40_000
    SYNC.point("finished", output_records=2 * rows + lines, sql_completed=queries)
    spark.stop()


def fail_lost():
    """A job whose task always fails, one whose tasks fail once, a failed query, a cancelled job, an executor killed in
    mid-job with the shuffle files that its job still needs."""
    spark, sc = session()
    executors_ready(sc, 2)
    good = sc.parallelize(range(100), 4)
    assert good.count() == 100
    SYNC.point("started", app_id=sc.applicationId)

    def boom(x):
        if x == 42:
            raise ValueError("bad record 42")
        return x

    def flaky(items):
        from pyspark import TaskContext
        if TaskContext.get().attemptNumber() == 0:
            raise RuntimeError("flaky read")
        return items

    # One task of four fails four times (spark.task.maxFailures), the stage after it never starts.
    swallow(lambda: good.map(boom).map(lambda x: (x % 3, x)).reduceByKey(lambda a, b: a + b).collect())
    assert good.mapPartitions(flaky).count() == 100
    swallow(lambda: spark.range(0, 100, numPartitions=2)
            .selectExpr("sum(if(id < 50, id, raise_error('quality gate')))").collect())
    assert spark.range(0, 100).count() == 100
    cancelled = threading.Thread(target=lambda: _cancelled(sc))
    cancelled.start()
    wait_for_files("cancel", 4, cancelled)
    sc.cancelJobGroup("cancelled")
    cancelled.join()
    SYNC.point("failed", jobs_failed=3, flaky_failures=4, boom_failures=4, killed=4, sql_failed=1, sql_completed=1)

    pairs = sc.parallelize(range(1000), 4).map(lambda x: (x % 5, x)).reduceByKey(lambda a, b: a + b, 4)
    slow = threading.Thread(target=lambda: pairs.mapPartitions(tell_and_wait("lost", "go-lost")).collect())
    slow.start()
    wait_for_files("lost", 4, slow)
    pids = executor_pids(sc.applicationId)
    victim = sorted(pids)[0]
    os.kill(pids[victim], signal.SIGKILL)
    SYNC.point("killed", victim=victim)
    open(here("go-lost"), "w").close()
    slow.join()
    executors_ready(sc, 2)
    SYNC.point("finished")
    spark.stop()
    sys.exit(1)


def _cancelled(sc):
    sc.setJobGroup("cancelled", "Job to cancel", interruptOnCancel=True)
    try:
        swallow(lambda: sc.parallelize(range(4), 4).mapPartitions(tell_and_wait("cancel", "never")).count())
    finally:
        sc.setLocalProperty("spark.jobGroup.id", None)


def stream():
    """Three Structured Streaming queries over files, one file a batch: one plain, one with state, one that dies."""
    from pyspark.sql import functions as F
    spark, sc = session()
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    files, lines = 6, 50
    os.makedirs(here("in"))
    for number in range(files):
        with open(os.path.join(here("in"), f"{number}.txt"), "w") as out:
            out.writelines(f"{number * lines + line}\n" for line in range(lines))
        os.utime(os.path.join(here("in"), f"{number}.txt"), (1_700_000_000 + number,) * 2)
    source = (spark.readStream.option("maxFilesPerTrigger", 1).text(here("in"))
              .select(F.col("value").cast("long").alias("n")))
    SYNC.point("started", app_id=sc.applicationId)
    plain = source.writeStream.format("noop").queryName("passthrough").start()
    counts = (source.withColumn("at", F.timestamp_seconds(F.lit(1_700_000_000) + F.col("n")))
              .withWatermark("at", "10 seconds").groupBy(F.window("at", "20 seconds")).count()
              .writeStream.format("noop").outputMode("append").queryName("windowed counts").start())
    poisoned = (source.select(F.when(F.col("n") >= 3 * lines, F.raise_error(F.lit("poison"))).otherwise(F.col("n")))
                .writeStream.format("noop").queryName("poisoned").start())
    plain.processAllAvailable()
    counts.processAllAvailable()
    swallow(poisoned.awaitTermination)
    state = counts.lastProgress["stateOperators"][0]
    SYNC.point("running", batches=files, poisoned_batches=3, rows=files * lines, state_rows=state["numRowsTotal"],
               state_bytes=state["memoryUsedBytes"], watermark=counts.lastProgress["eventTime"].get("watermark"))
    plain.stop()
    counts.stop()
    SYNC.point("finished")
    spark.stop()


def steady(seconds=20):
    """A stream that keeps up: rows at a steady rate, counted by window, for so long."""
    from pyspark.sql import functions as F
    spark, sc = session()
    spark.conf.set("spark.sql.shuffle.partitions", "1")
    SYNC.point("started", app_id=sc.applicationId)
    counts = (spark.readStream.format("rate").option("rowsPerSecond", 20).load().withWatermark("timestamp", "2 seconds")
              .groupBy(F.window("timestamp", "2 seconds")).count()
              .writeStream.format("noop").queryName("counts").trigger(processingTime="3 seconds").start())
    while not counts.lastProgress or counts.lastProgress["batchId"] < 3:
        time.sleep(0.2)
    SYNC.point("running")
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        assert counts.isActive
        time.sleep(0.2)
    counts.stop()
    SYNC.point("finished")
    spark.stop()


def many(jobs=1300, pause_at=1100):
    """Many jobs of two stages and two tasks, without Python workers, hence fast."""
    spark, sc = session()
    numbers = sc._jvm.java.util.ArrayList()
    for number in range(5):
        numbers.add(number)
    SYNC.point("started", app_id=sc.applicationId)
    for number in range(int(jobs)):
        if number == int(pause_at):
            SYNC.point("middle", jobs=number)
        sc._jsc.parallelize(numbers, 1).repartition(1).count()
    SYNC.point("finished", jobs=int(jobs), stages=2 * int(jobs), tasks=2 * int(jobs))
    spark.stop()


def leave():
    """Ends right after its last job."""
    spark, sc = session()
    SYNC.point("started", app_id=sc.applicationId)
    for _ in range(12):
        sc.parallelize(range(10), 2).count()
    spark.range(0, 100_000, numPartitions=2).selectExpr("sum(id)").collect()
    spark.stop()


def restart_context():
    """Two SparkContexts in one driver."""
    for context, jobs in (("first", 7), ("second", 5)):
        spark, sc = session()
        for _ in range(jobs):
            sc.parallelize(range(10), 2).count()
        SYNC.point(context, app_id=sc.applicationId, jobs=jobs, tasks=2 * jobs)
        spark.stop()


def waste():
    """Money planted, in a job group each: half of four slots idle, tasks that fail twice, much garbage, a cached join."""
    from pyspark.sql import functions as F
    spark, sc = session()
    SYNC.point("started", app_id=sc.applicationId)

    def fails_twice(items):
        from pyspark import TaskContext
        time.sleep(2)
        if TaskContext.get().attemptNumber() < 2:
            raise RuntimeError("planted failure")
        return items

    sc.setJobGroup("half idle", "two tasks for four slots")
    for _ in range(3):
        sc.parallelize(range(2), 2).foreach(lambda _: time.sleep(5))
    sc.setJobGroup("broken", "each task fails twice")
    sc.parallelize(range(4), 4).mapPartitions(fails_twice).count()
    sc.setJobGroup("garbage", "strings for the collector")
    for _ in range(2):
        (spark.range(0, 1_000_000, numPartitions=4)
         .select((F.col("id") % 4000).alias("k"), F.concat_ws("-", *[F.col("id").cast("string")] * 10).alias("s"))
         .groupBy("k").agg(F.collect_list("s").alias("l"))
         .select(F.sum(F.size(F.transform("l", lambda x: F.upper(F.reverse(x)))))).collect())
    sc.setJobGroup("cached join", "a join whose one side is cached")
    side = spark.range(0, 300_000, numPartitions=4).withColumn("v", F.col("id") * 2).cache()
    side.count()
    for _ in range(2):
        spark.range(0, 600_000, numPartitions=8).join(side, "id").agg(F.sum("v")).collect()
    SYNC.point("finished")
    spark.stop()


def narrow(stages=14):
    """Two tasks at a time for a bit more than a minute, whatever there is for more."""
    _, sc = session()
    SYNC.point("started", app_id=sc.applicationId)
    for _ in range(int(stages)):
        sc.parallelize(range(2), 2).foreach(lambda _: time.sleep(5))
    SYNC.point("finished")


def quality():
    """The gates of examples/quality on good data and on data with one planted fault each."""
    import datetime
    from pyspark.sql import functions as F
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.insert(0, os.path.join(root, "examples", "quality"))
    from quality_gates import Gates, QualityGateFailed
    spark, sc = session()
    SYNC.point("started", app_id=sc.applicationId)
    with open(here("url"), encoding="utf-8") as file:
        url = file.read()
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    good = spark.range(1000).select(
        F.col("id").alias("order_id"), (F.col("id") % 7).alias("customer_id"), (F.col("id") * 0.5).alias("amount"),
        (F.lit(now) - F.col("id")).cast("timestamp").alias("updated_at"))
    holes = good.withColumn("customer_id", F.when(F.col("order_id") % 100 != 3, F.col("customer_id")))
    faults = {"good": good, "row_count": good.where("false"), "schema": good.drop("amount"), "nulls": holes,
              "freshness": good.withColumn("updated_at", (F.col("updated_at").cast("double") - 25 * 3600).cast("timestamp")),
              "row_check": good.withColumn("amount", F.when(F.col("order_id") < 4, -1.0).otherwise(F.col("amount")))}
    told = {}
    for fault, df in faults.items():
        for on_failure in ("fail", "warn"):
            aside = here(f"quarantine-{fault}-{on_failure}")
            gates = Gates(f"e2e.{fault}", on_failure, columns={"order_id": "bigint", "amount": "double"},
                          not_null=["customer_id"], freshness_column="updated_at", row_checks={"amount": "amount >= 0"}
                          if fault != "schema" else None, quarantine_path=aside, on_failure=on_failure, url=url)
            try:
                kept = gates.check(df).count()
            except QualityGateFailed as failed:
                kept = str(failed)
            told[f"{fault}/{on_failure}"] = {
                "kept": kept, "aside": spark.read.parquet(aside).count() if os.path.isdir(aside) else 0,
                "failed": [check["name"] for check in gates.result["checks"] if check["outcome"] == "failed"],
                "checks": len(gates.result["checks"]), "rows": gates.result["rows"]}
    good.write.parquet(here("lake/full"))
    good.where("order_id < 0").write.parquet(here("lake/empty/day=1"))
    SYNC.point("judged", gates=told)
    good.limit(7).write.parquet(here("lake/empty/day=2"))
    SYNC.point("written")
    spark.stop()


def gc(executors=3):
    """Much garbage, in tasks side by side in each executor; then rest."""
    from pyspark.sql import functions as F
    spark, sc = session()
    executors_ready(sc, int(executors))
    slots = 2 * int(executors)

    def churn():
        (spark.range(0, 1_000_000, numPartitions=slots)
         .select((F.col("id") % 4000).alias("k"), F.concat_ws("-", *[F.col("id").cast("string")] * 10).alias("s"))
         .groupBy("k").agg(F.collect_list("s").alias("l"))
         .select(F.sum(F.size(F.transform("l", lambda x: F.upper(F.reverse(x)))))).collect())

    SYNC.point("started", app_id=sc.applicationId)
    churn()
    SYNC.point("running")
    for _ in range(2):
        churn()
    SYNC.point("rest")
    spark.stop()


def secrets(*planted):
    """Secrets where people let them slip: descriptions, groups, SQL texts, exceptions of jobs and queries."""
    description, group, sql, jdbc, header = planted
    spark, sc = session()
    SYNC.point("started", app_id=sc.applicationId)
    sc.setJobGroup(f"load token={group}", f"read with password: {description}")
    sc.parallelize(range(10), 2).count()
    sc.setLocalProperty("spark.job.description", f"CREATE TABLE t USING jdbc OPTIONS (user 'ann', password '{sql}')")
    spark.range(0, 10).selectExpr("sum(id)").collect()
    sc.setLocalProperty("spark.job.description", None)

    def refused(_):
        raise IOError(f"https://ann:{jdbc}@db.test/x said 401 to Authorization: Bearer {header}")
    SYNC.point("ran")
    sc.parallelize(range(2), 2).foreach(refused)


if __name__ == "__main__":
    {f.__name__: f for f in (healthy, fail_lost, stream, steady, many, leave, restart_context, waste, narrow, quality, gc,
                             secrets)}[sys.argv[1]](*sys.argv[2:])
