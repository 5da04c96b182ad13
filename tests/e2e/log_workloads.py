"""Workloads whose logs are read, run by spark-submit: log_workloads.py SCENARIO. `failing` plants one trouble after the
other and dies of an uncaught exception; `healthy` does the same kind of work with none."""
import glob
import os
import sys
import time


def session():
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.getOrCreate()
    return spark, spark.sparkContext


def swallow(action):
    """Runs what must fail. Its traceback is not printed: what the log has of it is Spark's."""
    try:
        action()
    except Exception:
        return
    raise AssertionError("that should have failed")


def wait_for_executors(sc, wanted):
    tracker = sc._jsc.sc().statusTracker()
    while len(tracker.getExecutorInfos()) < wanted + 1:
        time.sleep(0.1)


def work(spark, sc):
    from pyspark.sql import functions as F
    spark.conf.set("spark.sql.shuffle.partitions", "4")
    rows = spark.range(0, 20_000, numPartitions=4).withColumn("k", F.col("id") % 100).cache()
    assert rows.groupBy("k").count().count() == 100
    rows.write.mode("overwrite").parquet(os.path.join(os.environ["E2E_OUT"], "rows"))
    assert sc.parallelize(range(1000), 4).map(lambda x: (x % 7, x)).reduceByKey(lambda a, b: a + b).count() == 7


def healthy():
    spark, sc = session()
    wait_for_executors(sc, 2)
    work(spark, sc)
    print("rows written: 20000")
    spark.stop()


def fetch_failed(spark, sc):
    """Shuffle files that are gone when the next job wants them."""
    sums = sc.parallelize(range(100), 4).map(lambda x: (x % 5, x)).reduceByKey(lambda a, b: a + b, 4)
    assert sums.count() == 5
    for name in glob.glob(os.path.join(sc.getConf().get("spark.local.dir"), "**", "shuffle_*"), recursive=True):
        os.remove(name)
    assert sums.count() == 5


def disk_full(spark, sc):
    def write(items):
        with open("/dev/full", "w") as full:  # the kernel's own ENOSPC
            full.write("x")
        return items
    swallow(lambda: sc.parallelize(range(1), 1).mapPartitions(write).count())


def permission_denied(spark, sc):
    """A worker's Python that may not be run: not even root runs what has no x."""
    python, sc.pythonExec = sc.pythonExec, "/etc/passwd"
    swallow(lambda: sc.parallelize(range(1), 1).map(lambda x: x).count())
    sc.pythonExec = python


def executor_oom(spark, sc):
    swallow(lambda: spark.range(1).selectExpr("length(repeat(cast(id as string), 2000000000))").collect())


def failing():
    spark, sc = session()
    wait_for_executors(sc, 2)
    work(spark, sc)
    for trouble in (fetch_failed, disk_full, permission_denied, executor_oom):
        trouble(spark, sc)

    def bad_record(x):
        raise ValueError("bad record 42")
    sc.parallelize(range(2), 2).map(bad_record).collect()


def class_missing():
    """The uncaught exception is the reader's that is not there."""
    spark, _ = session()
    spark.read.format("com.example.Missing").load()


def driver_oom():
    """The driver's own heap."""
    spark, _ = session()
    spark.range(4).selectExpr("repeat(cast(id as string), 300000000) s").collect()


def talking(stop):
    """A driver that says something until the file `stop` is there, and then dies of a class that is not."""
    spark, sc = session()
    logger = sc._jvm.org.apache.logging.log4j.LogManager.getLogger("talking")
    number = 0
    while not os.path.exists(stop):
        logger.warn(f"message {number}")
        number += 1
        time.sleep(0.02)
    spark.read.format("com.example.Missing").load()


if __name__ == "__main__":
    scenarios = {f.__name__: f for f in (healthy, failing, class_missing, driver_oom, talking)}
    scenarios[sys.argv[1]](*sys.argv[2:])
