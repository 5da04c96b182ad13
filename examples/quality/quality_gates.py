"""Four gates for a Spark DataFrame, to copy into a job: it has rows, its schema has the columns, columns that must have
values have them, and its newest row is fresh.

    from quality_gates import Gates

    gates = Gates("sales.orders", columns={"order_id": "bigint", "customer_id": "bigint", "updated_at": "timestamp"},
                  not_null=["order_id", "customer_id"], freshness_column="updated_at",
                  quarantine_path="s3a://lake/quarantine/orders")
    good = gates.check(df)          # raises QualityGateFailed where a gate fails
    good.write.mode("overwrite").parquet("s3a://lake/orders")

The result goes to spark_exporter beside the driver (docs/data-quality.md), by the standard library alone. Nothing else
is needed but PySpark 3.3 or later. As a program it judges what a path holds: `spark-submit quality_gates.py --help`.
"""

import argparse
import datetime
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

URL = "http://localhost:9817/api/v1/quality"


class QualityGateFailed(Exception):
    """A gate failed, and the gates were told to fail the job."""

    def __init__(self, result):
        failed = [check for check in result["checks"] if check["outcome"] in ("failed", "errored")]
        words = "; ".join(f'{check["name"]} {check.get("column", "")}'.strip() + f': {check["detail"]}' for check in failed)
        super().__init__(f'data quality of {result["dataset"]}: {words}')
        self.result = result


def _column(name):
    return F.col("`" + name.replace("`", "``") + "`")


class Gates:
    """What must hold of a dataset.

    dataset, suite     names in the metrics
    min_rows           row_count passes with so many rows or more
    columns            schema passes if it has these: names, or a dict of names and Spark's types ("bigint"); None: no gate
    not_null           columns whose nulls are counted; each passes with a ratio of at most `max_null_ratio`
    freshness_column   a timestamp or date; freshness passes if the newest is at most `max_age` old; None: no gate
    row_checks         {"name": "SQL condition"}: passes if it is true (or null) for every row
    quarantine_path    where rows go that have a null in `not_null` or break a row check (Parquet, appended); None: they
                       stay in the data
    on_failure         "fail" raises QualityGateFailed, "warn" goes on with the rows that are good
    """

    def __init__(self, dataset, suite="gates", *, min_rows=1, columns=None, not_null=(), max_null_ratio=0.0,
                 freshness_column=None, max_age=datetime.timedelta(hours=24), row_checks=None, quarantine_path=None,
                 on_failure="fail", url=None, token_file=None, folder=None):
        if on_failure not in ("fail", "warn"):
            raise ValueError(f'on_failure is "fail" or "warn", not {on_failure!r}')
        self.dataset, self.suite, self.min_rows = dataset, suite, min_rows
        self.columns = dict.fromkeys(columns) if isinstance(columns, (list, tuple, set)) else columns
        self.not_null, self.max_null_ratio = list(not_null), max_null_ratio
        self.freshness_column, self.max_age = freshness_column, max_age
        self.row_checks = dict(row_checks or {})
        self.quarantine_path, self.on_failure = quarantine_path, on_failure
        # Where the result goes: --quality.folder of the exporter, or its address. An empty address: nowhere.
        self.folder = folder or os.environ.get("QUALITY_FOLDER")
        self.url = url if url is not None else os.environ.get("QUALITY_URL", URL)
        self.token_file = token_file or os.environ.get("QUALITY_TOKEN_FILE")
        self.result = None

    def check(self, df: DataFrame) -> DataFrame:
        """Judges `df` in one pass over it, reports, and returns the rows that are good (all, without a quarantine)."""
        checks = []
        there = dict(df.dtypes)
        missing = self._schema(there, checks)
        not_null = [name for name in self.not_null if name in there]
        fresh = self.freshness_column if self.freshness_column in there else None
        broken = {name: ~F.coalesce(F.expr(condition), F.lit(True)) for name, condition in self.row_checks.items()}
        bad = F.lit(False)
        for condition in [_column(name).isNull() for name in not_null] + list(broken.values()):
            bad = bad | condition

        wanted = [F.count(F.lit(1)).alias("rows"), F.sum(bad.cast("long")).alias("bad")]
        wanted += [F.sum(_column(name).isNull().cast("long")).alias(f"null_{i}") for i, name in enumerate(not_null)]
        wanted += [F.sum(condition.cast("long")).alias(f"broken_{i}") for i, condition in enumerate(broken.values())]
        if fresh:
            wanted.append(F.max(_column(fresh).cast("timestamp")).cast("double").alias("newest"))
        seen = df.agg(*wanted).first().asDict()
        rows = seen["rows"]

        self._book(checks, "row_count", rows >= self.min_rows, f"{rows} rows, at least {self.min_rows} wanted")
        ratios = self._nulls(seen, rows, not_null, checks)
        for i, name in enumerate(broken):
            count = seen[f"broken_{i}"] or 0
            self._book(checks, name, count == 0, f"{count} of {rows} rows break it")
        newest = self._freshness(seen.get("newest") if fresh else None, checks)
        quarantined = self._quarantine(df, bad, seen["bad"] or 0)

        self.result = {
            "id": uuid.uuid4().hex, "tool": "quality_gates.py", "dataset": self.dataset, "suite": self.suite,
            "time": time.time(), "success": all(check["outcome"] in ("passed", "skipped") for check in checks),
            "rows": rows, "null_ratios": ratios, "schema": {"missing": missing}, "checks": checks,
        }
        if newest is not None and newest >= 0:
            self.result["latest_data_time"] = newest
        if self.quarantine_path:
            self.result["quarantined_rows"] = quarantined
        self._report()
        if not self.result["success"] and self.on_failure == "fail":
            raise QualityGateFailed(self.result)
        return df.where(~bad) if self.quarantine_path else df

    # --- the gates -----------------------------------------------------------------------------

    @staticmethod
    def _book(checks, name, passed, detail, column=None):
        check = {"name": name, "outcome": "passed" if passed else "failed", "detail": detail}
        if column:
            check["column"] = column
        checks.append(check)

    def _schema(self, there, checks):
        wanted = dict(self.columns or {})
        missing = [name for name in wanted if name not in there]
        missing += [name for name in (*self.not_null, self.freshness_column)
                    if name and name not in there and name not in missing]
        wrong = [f"{name} is {there[name]}, not {kind}" for name, kind in wanted.items()
                 if kind and name in there and there[name].lower() != kind.lower()]
        if self.columns is not None or missing:
            words = ([f'missing: {", ".join(missing)}'] if missing else []) + wrong
            self._book(checks, "schema", not words, "; ".join(words) or "as wanted")
        return missing

    def _nulls(self, seen, rows, not_null, checks):
        ratios = {}
        for i, name in enumerate(not_null):
            count = seen[f"null_{i}"] or 0
            ratios[name] = count / rows if rows else 0.0
            self._book(checks, "nulls", ratios[name] <= self.max_null_ratio, f"{count} of {rows} rows", name)
        return ratios

    def _freshness(self, newest, checks):
        if not self.freshness_column:
            return None
        if newest is None:
            self._book(checks, "freshness", False, "no row tells how old it is", self.freshness_column)
            return None
        age = datetime.timedelta(seconds=max(0, round(time.time() - newest)))
        self._book(checks, "freshness", age <= self.max_age, f"newest row {age} old, at most {self.max_age} wanted",
                   self.freshness_column)
        return newest

    def _quarantine(self, df, bad, count):
        if not self.quarantine_path or count == 0:
            return 0
        aside = df.where(bad).withColumn("_quarantined_at", F.current_timestamp())
        aside.write.mode("append").parquet(self.quarantine_path)
        return count

    # --- the report ----------------------------------------------------------------------------

    def _report(self):
        """Never fails the job: what the data is worth was decided before."""
        for check in self.result["checks"]:
            print(f'quality gate {self.dataset} {check["name"]} {check.get("column", "")} {check["outcome"]}: '
                  f'{check["detail"]}', file=sys.stderr)
        try:
            if self.folder:
                self._leave()
            elif self.url:
                self._post()
        except OSError as error:
            print(f"quality gate {self.dataset}: the result could not be reported: {error}", file=sys.stderr)

    def _leave(self):
        name = os.path.join(self.folder, self.result["id"] + ".json")
        with open(name + ".tmp", "w", encoding="utf-8") as file:
            json.dump(self.result, file)
        os.replace(name + ".tmp", name)

    def _post(self, tries=3):
        headers = {"Content-Type": "application/json"}
        if self.token_file:
            with open(self.token_file, encoding="utf-8") as file:
                headers["Authorization"] = "Bearer " + file.read().strip()
        request = urllib.request.Request(self.url, json.dumps(self.result).encode(), headers, method="POST")
        # No proxy: it is the pod itself, or the cluster.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for attempt in range(1, tries + 1):
            try:
                with opener.open(request, timeout=10) as answer:
                    answer.read()
                return
            except urllib.error.HTTPError as error:
                if error.code < 500 or attempt == tries:
                    raise OSError(f"HTTP {error.code}: {error.read(300).decode(errors='replace').strip()}") from error
            except OSError:
                if attempt == tries:
                    raise
            time.sleep(attempt)


def _arguments(argv):
    parser = argparse.ArgumentParser(description="Judge a dataset by the four gates; code 1: one failed.")
    parser.add_argument("--input", required=True, help="path, or name of a table with --format table")
    parser.add_argument("--format", default="parquet", help="parquet (default), json, csv, orc, delta, ..., or table")
    parser.add_argument("--dataset", required=True, help="name in the metrics")
    parser.add_argument("--suite", default="gates")
    parser.add_argument("--min-rows", type=int, default=1)
    parser.add_argument("--columns", default="", help="name[:type],... that the schema must have")
    parser.add_argument("--not-null", default="", help="name,... that must have values")
    parser.add_argument("--max-null-ratio", type=float, default=0.0)
    parser.add_argument("--freshness-column")
    parser.add_argument("--max-age-hours", type=float, default=24.0)
    parser.add_argument("--quarantine-path")
    parser.add_argument("--on-failure", choices=("fail", "warn"), default="fail")
    return parser.parse_args(argv)


def main(argv=None):
    options = _arguments(argv)
    spark = SparkSession.builder.appName(f"quality-{options.dataset}").getOrCreate()
    df = spark.table(options.input) if options.format == "table" else spark.read.format(options.format).load(options.input)
    columns = dict((name.split(":", 1) + [None])[:2] for name in options.columns.split(",") if name)
    gates = Gates(options.dataset, options.suite, min_rows=options.min_rows, columns=columns or None,
                  not_null=[name for name in options.not_null.split(",") if name],
                  max_null_ratio=options.max_null_ratio, freshness_column=options.freshness_column,
                  max_age=datetime.timedelta(hours=options.max_age_hours), quarantine_path=options.quarantine_path,
                  on_failure=options.on_failure)
    try:
        gates.check(df)
    except QualityGateFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    finally:
        spark.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
