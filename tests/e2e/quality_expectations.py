"""Run by a Python that has Great Expectations, 0.18 or 1.x: quality_expectations.py FOLDER [spark]. Validates 600 orders with
planted faults and 600 without, as a pandas or a Spark DataFrame, and leaves what comes out, as JSON: single.json and checkpoint.json (bad), good.json;
planted.json says what was planted, and how many rows a quarantine of the broken ones takes."""
import datetime
import json
import os
import sys

import great_expectations as gx
import pandas as pd

ROWS, NULLS, TWICE, NEGATIVE = 600, 30, 12, 9
SPARK = sys.argv[2:] == ["spark"]


def orders(faults):
    newest = datetime.datetime(2026, 11, 26, 6, 30)
    frame = pd.DataFrame({
        "order_id": range(ROWS), "customer_id": [float(i % 50) for i in range(ROWS)],
        "amount": [i / 2 for i in range(ROWS)],
        "updated_at": pd.to_datetime([newest - datetime.timedelta(minutes=i) for i in range(ROWS)])})
    if faults:
        frame.loc[frame.order_id % 20 == 3, "customer_id"] = None
        frame.loc[frame.order_id.between(400, 400 + NEGATIVE - 1), "amount"] = -1.0
        frame.loc[frame.order_id >= ROWS - TWICE // 2, "order_id"] -= TWICE // 2
    return frame


def expectations():
    yield "expect_table_row_count_to_be_between", {"min_value": 1}
    yield "expect_column_values_to_not_be_null", {"column": "customer_id"}
    yield "expect_column_values_to_be_unique", {"column": "order_id"}
    yield "expect_column_values_to_be_between", {"column": "amount", "min_value": 0}
    yield "expect_column_max_to_be_between", {"column": "updated_at", "min_value": datetime.datetime(2026, 1, 1)}


def as_spark(frame):
    """The same rows in Spark; what pandas has as NaN is null."""
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    rows = [(int(row.order_id), None if pd.isna(row.customer_id) else float(row.customer_id), float(row.amount),
             row.updated_at.to_pydatetime()) for row in frame.itertuples()]
    return spark.createDataFrame(rows, "order_id bigint, customer_id double, amount double, updated_at timestamp")


def add_source(sources):
    return sources.add_spark("lake") if SPARK else sources.add_pandas("lake")


def validate_018(frame, name):
    context = gx.get_context(mode="ephemeral")
    asset = add_source(context.sources).add_dataframe_asset(name)
    batch = asset.build_batch_request(dataframe=frame)
    context.add_or_update_expectation_suite("nightly")
    validator = context.get_validator(batch_request=batch, expectation_suite_name="nightly")
    for kind, arguments in expectations():
        getattr(validator, kind)(**arguments)
    validator.save_expectation_suite(discard_failed_expectations=False)
    checkpoint = context.add_or_update_checkpoint(
        name="cp", validations=[{"batch_request": batch, "expectation_suite_name": "nightly"}])
    return validator.validate().to_json_dict(), checkpoint.run().to_json_dict()


def validate_1(frame, name):
    context = gx.get_context(mode="ephemeral")
    asset = add_source(context.data_sources).add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("whole")
    suite = context.suites.add(gx.ExpectationSuite("nightly"))
    for kind, arguments in expectations():
        words = "".join(word.capitalize() for word in kind.split("_"))
        suite.add_expectation(getattr(gx.expectations, words)(**arguments))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=batch, suite=suite))
    checkpoint = context.checkpoints.add(gx.Checkpoint(name="cp", validation_definitions=[definition]))
    single = definition.run(batch_parameters={"dataframe": frame})
    result = checkpoint.run(batch_parameters={"dataframe": frame})
    # CheckpointResult.json() of 1.x cannot write its own run_id.
    return single.to_json_dict(), {"success": result.success, "run_results": {
        str(key): one.to_json_dict() for key, one in result.run_results.items()}}


def main(folder):
    validate = validate_018 if gx.__version__.startswith("0.18.") else validate_1
    bad = orders(True)
    made = as_spark if SPARK else lambda frame: frame
    single, checkpoint = validate(made(bad), "ge.orders")
    good, _ = validate(made(orders(False)), "ge.good")
    broken = bad[bad.customer_id.isna() | (bad.amount < 0) | bad.order_id.duplicated(keep=False)]
    broken.to_csv(os.path.join(folder, "quarantine.csv"))
    planted = {"version": gx.__version__, "rows": ROWS, "nulls": int(bad.customer_id.isna().sum()),
               "quarantined": len(broken), "newest": orders(True).updated_at.max().timestamp()}
    assert planted["nulls"] == NULLS and planted["quarantined"] > NULLS, planted
    for name, content in (("single", single), ("checkpoint", checkpoint), ("good", good), ("planted", planted)):
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
            json.dump(content, file)


main(sys.argv[1])
