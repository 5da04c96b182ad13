"""The demo's second job: a night's delivery list that cannot be made, since its input was never written. Ends with
Spark's own exception and exit code 1."""
import os
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("nightly-deliveries").getOrCreate()
spark.range(0, 100_000).selectExpr("id % 97 as shop").groupBy("shop").count().collect()
spark.read.parquet(os.path.join(sys.argv[1], "deliveries", "today")).count()
