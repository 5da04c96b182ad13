"""The drivers of the outcome matrix, run by spark-submit: each works a little and then ends in its own way."""
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
else:
    sys.exit(f"no scenario {scenario}")
