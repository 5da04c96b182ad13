"""The drivers of the outcome matrix and of the planted troubles, run by spark-submit: each works a little and then ends,
or goes on, in its own way."""
import os
import signal
import sys
import time

from pyspark.sql import SparkSession

scenario = sys.argv[1]
spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
print("rows", spark.range(1000).selectExpr("sum(id)").collect())
# A Spark driver that is over within two polls tells a sidecar nothing of its work; none in the field is.
time.sleep(5)

if scenario == "exit_0":
    spark.stop()
elif scenario in ("exit_1", "exit_3"):
    sys.exit(int(scenario[-1]))
elif scenario == "exception":
    raise ValueError("no such column")
elif scenario == "sigterm":
    os.kill(os.getppid(), signal.SIGTERM)  # the parent is the JVM, the container's first process
    time.sleep(60)
elif scenario == "sigkill":
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
elif scenario == "oom_kill":
    held = []
    while True:  # the kernel ends it: touched memory beyond the container's limit
        held.append(b"x" * (32 << 20))
elif scenario == "heap_oom":
    held = []
    while True:
        held.append(sc._gateway.new_array(sc._gateway.jvm.byte, 64 << 20))
elif scenario == "executor_oom":
    # One row of 1.5 GB in an executor of 512 MB. Made of the row, so that the driver does not make it in planning.
    try:
        spark.range(1).selectExpr("length(repeat(cast(id AS string), cast(1500000000 + id AS int))) AS n").collect()
    finally:
        time.sleep(5)  # a driver that tidies up after a failure; between two polls the sidecar hears of none
elif scenario == "stream":
    spark.readStream.format("rate").load().writeStream.format("noop").trigger(
        processingTime="2 seconds").start().awaitTermination()
elif scenario == "works":
    while True:  # for as long as the pod lives
        spark.range(1000).selectExpr("sum(id)").collect()
        time.sleep(1)
elif scenario == "bad_data":
    # One row in ten has no customer, and the gates say so to the exporter beside the driver.
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "quality"))
    from quality_gates import Gates
    Gates("lake.orders", "nightly", not_null=["customer"], on_failure="warn",
          url=f"http://{os.environ['POD_IP']}:9817/api/v1/quality").check(
              spark.range(1000).selectExpr("id", "CASE WHEN id % 10 > 0 THEN id END AS customer"))
    print(f"planted at {time.time():.1f}", flush=True)
    time.sleep(600)
elif scenario == "skew":
    # A task that takes two and a half minutes beside some that take three seconds.
    sc.parallelize(range(5), 5).foreach(lambda number: time.sleep(150 if number == 0 else 3))
    print(f"planted at {time.time():.1f}", flush=True)
    time.sleep(40)  # the sidecar reads the stage that has just ended, and Prometheus the sidecar
elif scenario == "spill":
    # A sort of more than a gibibyte that no codec makes smaller, in a small heap.
    print(f"planted at {time.time():.1f}", flush=True)
    rows = spark.range(0, 34_000_000, numPartitions=4).selectExpr("uuid() u")
    # Nothing that makes the sort unnecessary may follow it.
    rows.repartition(4).sortWithinPartitions("u").write.format("noop").mode("overwrite").save()
    time.sleep(40)
elif scenario == "gc_bound":
    while True:  # tasks whose every row stops the executor's JVM for a full collection
        spark.range(0, 20, numPartitions=1).selectExpr("reflect('java.lang.System', 'gc') AS done").write.format(
            "noop").mode("overwrite").save()
else:
    sys.exit(f"no scenario {scenario}")
