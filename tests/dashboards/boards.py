"""The dashboards as they are imported, and the families of docs/metrics.md."""
import glob
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDER = os.path.join(ROOT, "dashboards")
RUN_LABELS = {"namespace", "app", "app_id"}
TARGET_LABELS = {"cluster", "job", "instance"}   # what the scrape adds
# Written by Prometheus itself.
FOREIGN = {"up": set(), "scrape_samples_scraped": set(), "scrape_duration_seconds": set(),
           "ALERTS": {"alertname", "alertstate", "severity", *RUN_LABELS}}


def load_all():
    """{uid: model}"""
    models = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.json"))):
        with open(path, encoding="utf-8") as source:
            model = json.load(source)
        models[model["uid"]] = model
    return models


def panels_of(model):
    """All panels, those in folded rows included, without the rows."""
    for panel in model["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def is_prometheus(holder):
    return (holder.get("datasource") or {}).get("type") == "prometheus"


def variable_query(variable):
    query = variable["query"]
    return query["query"] if isinstance(query, dict) else query


def families():
    """{family: its own labels} by the tables of docs/metrics.md."""
    found, section = {}, None
    with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as source:
        for line in source:
            heading = re.match(r"## (\w[\w ]*)", line)
            if heading:
                section = heading.group(1)
            row = re.match(r"\| `(\w+)` \| (\w+) \| ([^|]*)\|", line)
            if row:
                found[row.group(1)] = set(re.findall(r"`(\w+)`", row.group(3)))
                if row.group(2) == "histogram":
                    for ending in ("_bucket", "_count", "_sum"):
                        found[row.group(1) + ending] = found[row.group(1)] | {"le"}
    return found


SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\s*\{([^{}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')


def selectors(expr):
    """[(metric, {label: (operator, value)})] of a query's selectors in braces; variables are not filled in yet."""
    plain = re.sub(r"\$\{(\w+)[^}]*\}", r"$\1", expr)
    found = []
    for name, inside in SELECTOR.findall(plain):
        found.append((name, {label: (operator, value) for label, operator, value in MATCHER.findall(inside)}))
    return found
