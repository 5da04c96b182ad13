"""The job of the tests: its executors count, then it ends well or, with the word "fail", with an exception; with "idle"
it waits first until dynamic allocation has given its executors back."""
import sys
import time

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
counted = spark.range(0, 1000, 1, 4).selectExpr("id % 7 AS k").groupBy("k").count().count()
print("counted", counted, flush=True)
if "idle" in sys.argv:
    known = spark.sparkContext._jsc.sc().getExecutorMemoryStatus  # the driver's own is one of them
    while known().size() > 1:
        time.sleep(0.2)
    time.sleep(float(sys.argv[-1]))  # what is left of them is deleted a moment later
if "fail" in sys.argv:
    raise ValueError("planted")
spark.stop()
