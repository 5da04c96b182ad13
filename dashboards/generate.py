#!/usr/bin/env python3
"""Writes the dashboards beside it: one JSON file for each board.

  dashboards/generate.py [--output FOLDER] [--check]

--check: writes nothing, exits with 1 if a file is not what would be written."""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "rules"))  # thresholds: one source for alerts and colours

import spark_cost  # noqa: E402
import spark_data  # noqa: E402
import spark_exporter  # noqa: E402
import spark_job_run  # noqa: E402
import spark_jobs  # noqa: E402

BOARDS = (spark_jobs, spark_job_run, spark_cost, spark_data, spark_exporter)


def texts():
    """{file name: JSON text}"""
    return {f"{board.uid}.json": board.text() for board in (module.build() for module in BOARDS)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default=HERE)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    made, stale = texts(), []
    for name, text in made.items():
        path = os.path.join(options.output, name)
        if not options.check:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        elif not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
            stale.append(name)
    stale += [name for name in os.listdir(options.output) if name.endswith(".json") and name not in made]
    for name in stale:
        print(f"{name} is not what dashboards/generate.py writes")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
