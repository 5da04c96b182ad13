"""Daily revenue by country: raw orders (CSV) in, one Parquet folder a day out.

main.py --orders PATH --customers PATH --output PATH --day 2026-11-26 [--quarantine PATH]

Rows that cannot be right go to the quarantine and are counted; the day's folder is replaced as a whole, so that a run
may be repeated, as it is by a retry or a rollback.
"""

import argparse
import datetime
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

ORDERS = T.StructType(
    [
        T.StructField("order_id", T.StringType()),
        T.StructField("customer_id", T.StringType()),
        T.StructField("ordered_at", T.TimestampType()),
        T.StructField("quantity", T.IntegerType()),
        T.StructField("unit_price", T.DecimalType(12, 2)),
    ]
)
CUSTOMERS = T.StructType([T.StructField("customer_id", T.StringType()), T.StructField("country", T.StringType())])


def split_valid(orders: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The orders that can be counted, and those that cannot: no id, customer or time, or a senseless amount."""
    valid = (
        F.col("order_id").isNotNull()
        & F.col("customer_id").isNotNull()
        & F.col("ordered_at").isNotNull()
        & (F.col("quantity") > 0)
        & (F.col("unit_price") >= 0)
    )
    # A comparison with a missing value is neither true nor false.
    valid = F.coalesce(valid, F.lit(False))
    return orders.where(valid), orders.where(~valid)


def of_day(orders: DataFrame, day: datetime.date) -> DataFrame:
    return orders.where(F.to_date("ordered_at") == F.lit(day))


def revenue(orders: DataFrame, customers: DataFrame) -> DataFrame:
    """Orders, quantity and revenue by country. An order that was delivered twice counts once."""
    return (
        orders.dropDuplicates(["order_id"])
        .join(F.broadcast(customers), "customer_id", "left")
        .groupBy(F.coalesce("country", F.lit("unknown")).alias("country"))
        .agg(
            F.count("*").alias("orders"),
            F.sum("quantity").alias("quantity"),
            F.sum(F.col("quantity") * F.col("unit_price")).cast("decimal(18,2)").alias("revenue"),
        )
    )


def run(spark: SparkSession, args: argparse.Namespace) -> tuple[int, int]:
    """Returns how many orders were good and how many are in the quarantine."""
    orders = spark.read.csv(args.orders, ORDERS, header=True)
    customers = spark.read.csv(args.customers, CUSTOMERS, header=True)
    good, bad = split_valid(orders)
    good, bad = of_day(good, args.day).cache(), bad.cache()
    counted, quarantined = good.count(), bad.count()
    if quarantined and args.quarantine:
        bad.write.mode("overwrite").parquet(f"{args.quarantine}/day={args.day}")
    if counted == 0:
        raise ValueError(f"no good order of {args.day} in {args.orders}: nothing is written")
    revenue(good, customers).coalesce(1).write.mode("overwrite").parquet(f"{args.output}/day={args.day}")
    return counted, quarantined


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", required=True)
    parser.add_argument("--customers", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--quarantine")
    parser.add_argument("--day", type=datetime.date.fromisoformat, default=None, help="default: yesterday, in UTC")
    args = parser.parse_args(arguments)
    args.day = args.day or datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
    return args


def main(arguments: list[str]) -> None:
    args = parse(arguments)
    spark = SparkSession.builder.appName("my-job").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    try:
        counted, quarantined = run(spark, args)
        print(f"{args.day}: {counted} orders, {quarantined} in quarantine")
    finally:
        spark.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
