"""The job of the tests: its executors count, then it ends well or, with the word "fail", with an exception."""
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
counted = spark.range(0, 1000, 1, 4).selectExpr("id % 7 AS k").groupBy("k").count().count()
print("counted", counted, flush=True)
if "fail" in sys.argv:
    raise ValueError("planted")
spark.stop()
