"""What `make demo` runs: a small shop's night of queries, some 45 seconds on two cores, on executors of its own. It
prints how many SQL executions it is going to run, so that a progress bar can be drawn from /metrics alone."""
import os
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

ROUNDS = int(os.environ.get("DEMO_ROUNDS", "6"))
QUERIES_EACH_ROUND = 4


def main(out):
    spark = SparkSession.builder.appName("nightly-sales").getOrCreate()
    context = spark.sparkContext
    with open(os.path.join(out, "plan"), "w") as plan:
        plan.write(str(2 + ROUNDS * QUERIES_EACH_ROUND))  # the view and its cache are the two

    context.setJobGroup("load", "Load and cache the orders")
    orders = (spark.range(0, 1_500_000, numPartitions=4).withColumn("customer", (F.col("id") * 7919) % 20_000)
              .withColumn("amount", F.rand(42) * 100).cache())
    orders.createOrReplaceTempView("orders")
    orders.count()
    for number in range(ROUNDS):
        context.setJobGroup(f"round-{number}", f"Round {number + 1} of {ROUNDS}")
        context.setJobDescription("Revenue for each customer")
        spark.sql("select customer, sum(amount) revenue, count(*) n from orders group by customer "
                  "order by revenue desc limit 10").collect()
        context.setJobDescription("Each order's share of its customer's revenue, sorted: shuffles and spills")
        spark.sql("select o.id, o.amount / r.revenue share from orders o join "
                  "(select customer, sum(amount) revenue from orders group by customer) r using (customer) "
                  "order by share").write.mode("overwrite").parquet(os.path.join(out, "shares"))
        context.setJobDescription("Baskets as text: work for the garbage collector")
        (orders.filter(f"id % 6 = {number % 6}")
         .select("customer", F.concat_ws("-", *[F.col("id").cast("string")] * 12).alias("text"))
         .groupBy("customer").agg(F.collect_list("text").alias("basket"))
         .select(F.sum(F.size(F.transform("basket", lambda x: F.upper(F.reverse(x)))))).collect())
        context.setJobDescription("Read it back")
        spark.read.schema("id long, share double").parquet(os.path.join(out, "shares")).selectExpr(
            "count(*)", "max(share)").collect()

    # A driver leaves when its work is done and its port closes at once; this one waits until the last poll has seen
    # everything, so that the summary is complete.
    open(os.path.join(out, "done"), "w").close()
    end = time.monotonic() + float(os.environ.get("DEMO_PATIENCE", "20"))
    while time.monotonic() < end and not os.path.exists(os.path.join(out, "go")):
        time.sleep(0.1)
    spark.stop()


main(sys.argv[1])
