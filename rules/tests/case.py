"""Unit tests of alerts as data: what series there are, when the alert fires and what it says, when it stays silent.
rules/tests/promtool.py makes promtool's files of them. Time begins at 0, also for time()."""
import dataclasses
import re

# Short names in series.
NAMES = {"run": 'namespace="etl",app="sales",app_id="spark-1"', "job": 'namespace="etl",app="sales"',
         "old": 'namespace="etl",app="sales",app_id="spark-0"',
         "data": 'namespace="etl",app="sales",dataset="orders",suite="nightly"',
         "backup": 'namespace="etl",backup="warehouse"'}


@dataclasses.dataclass
class Fires:
    at: str
    says: str
    labels: dict = dataclasses.field(default_factory=dict)  # beside those of `about`
    anchor: str = ""
    severity: str = ""  # where the alert has two


@dataclasses.dataclass
class Case:
    alert: str
    title: str
    series: str  # one on a line, in promtool's notation; @run and the like are NAMES
    fires: list = dataclasses.field(default_factory=list)
    silent: tuple = ()  # times
    step: str = "1m"  # of the series and of evaluation
    about: dict = dataclasses.field(default_factory=lambda: dict(RUN))

    def lines(self):
        """[(series, values)]"""
        found = []
        for line in filter(str.strip, self.series.split("\n")):
            text = re.sub(r"@(\w+)", lambda match: NAMES[match.group(1)], line.strip())
            end = text.index("} ") + 1 if "}" in text else text.index(" ")
            found.append((text[:end], text[end:].strip()))
        return found


RUN = {"namespace": "etl", "app": "sales", "app_id": "spark-1"}
JOB = {"namespace": "etl", "app": "sales"}
DATA = {"namespace": "etl", "app": "sales", "dataset": "orders", "suite": "nightly"}
BACKUP = {"namespace": "etl", "backup": "warehouse"}
