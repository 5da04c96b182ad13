"""The job on a Spark of this machine, on files as it meets them."""

import csv
import datetime
import decimal
import importlib.util
import pathlib

import pytest
from pyspark.sql import SparkSession

JOB = pathlib.Path(__file__).parents[2] / "jobs" / "my-job" / "main.py"
DAY = "2026-11-26"
ORDERS = [
    ("order_id", "customer_id", "ordered_at", "quantity", "unit_price"),
    ("1", "anna", f"{DAY} 08:00:00", "2", "10.00"),
    ("2", "ben", f"{DAY} 23:59:59", "1", "5.50"),
    ("2", "ben", f"{DAY} 23:59:59", "1", "5.50"),  # delivered twice
    ("3", "anna", f"{DAY} 12:00:00", "1", "0.25"),
    ("4", "nobody", f"{DAY} 12:00:00", "3", "1.00"),  # no such customer
    ("5", "anna", "2026-11-25 23:59:59", "9", "9.00"),  # the day before
    ("6", "anna", f"{DAY} 12:00:00", "-1", "10.00"),  # bad from here on
    ("7", "", f"{DAY} 12:00:00", "1", "10.00"),
    ("", "ben", f"{DAY} 12:00:00", "1", "10.00"),
    ("8", "ben", "yesterday", "1", "10.00"),
    ("9", "ben", f"{DAY} 12:00:00", "", "10.00"),
]
CUSTOMERS = [("customer_id", "country"), ("anna", "FR"), ("ben", "DE")]


def load_job():
    spec = importlib.util.spec_from_file_location("my_job", JOB)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def job():
    return load_job()


@pytest.fixture(scope="session")
def spark():
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def files(tmp_path):
    for name, rows in (("orders.csv", ORDERS), ("customers.csv", CUSTOMERS)):
        with open(tmp_path / name, "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(rows)
    return tmp_path


def arguments(job, files, day=DAY):
    names = {"orders": "orders.csv", "customers": "customers.csv", "output": "revenue", "quarantine": "quarantine"}
    return job.parse([*[f"--{option}={files}/{name}" for option, name in names.items()], f"--day={day}"])


def read(spark, files):
    rows = spark.read.parquet(str(files / "revenue")).collect()
    return {row.country: (row.orders, row.quantity, row.revenue) for row in rows}


def test_revenue_by_country(job, spark, files):
    assert job.run(spark, arguments(job, files)) == (5, 5)
    assert read(spark, files) == {
        "FR": (2, 3, decimal.Decimal("20.25")),
        "DE": (1, 1, decimal.Decimal("5.50")),
        "unknown": (1, 3, decimal.Decimal("3.00")),
    }


def test_a_run_may_be_repeated(job, spark, files):
    job.run(spark, arguments(job, files))
    before = read(spark, files)
    job.run(spark, arguments(job, files))
    assert read(spark, files) == before


def test_bad_rows_are_kept(job, spark, files):
    job.run(spark, arguments(job, files))
    assert spark.read.parquet(str(files / "quarantine")).count() == 5


def test_a_day_without_orders_fails(job, spark, files):
    with pytest.raises(ValueError, match="no good order of 2026-01-01"):
        job.run(spark, arguments(job, files, day="2026-01-01"))
    assert not (files / "revenue").exists()


def test_the_day_is_yesterday_by_default(job):
    day = job.parse(["--orders=a", "--customers=b", "--output=c"]).day
    assert day == datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
