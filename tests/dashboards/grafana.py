"""What Grafana does with a dashboard before it asks Prometheus: values for variables, text put in place of them, the
step of a query. By its own documentation and behaviour; nothing here knows our boards."""
import math
import re
import urllib.parse

from boards import variable_query

ALL = "$__all"
PIXELS_A_COLUMN = 1600 / 24
# Grafana's own round steps, in seconds.
ROUND = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
VARIABLE = re.compile(r"\$\{(\w+)(?:\.[^:}]*)?(?::(\w+))?\}|\$(\w+)|\[\[(\w+)\]\]")


def step_of(panel, start, end, scrape):
    """Seconds between two points: the panel's width in pixels decides, never below the scrape interval."""
    raw = (end - start) / (panel["gridPos"]["w"] * PIXELS_A_COLUMN)
    rounded = next((step for step in ROUND if step >= raw), ROUND[-1])
    return max(rounded, scrape, seconds_of(panel.get("interval", "0s")))


def seconds_of(text):
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]


def duration(seconds):
    return f"{int(seconds)}s"


def builtins(start, end, step, scrape):
    rate = max(step + scrape, 4 * scrape)
    return {"__interval": duration(step), "__interval_ms": str(step * 1000), "__rate_interval": duration(rate),
            "__range": duration(math.ceil(end - start)), "__range_s": str(math.ceil(end - start)),
            "__range_ms": str(math.ceil(end - start) * 1000), "__from": str(int(start * 1000)),
            "__to": str(int(end * 1000))}


def escaped(value):
    """As the Prometheus data source escapes values of variables with several or all values, for a regular expression in
    quotes."""
    return re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", value.replace("\\", "\\\\\\\\"))


class Variables:
    """The variables of one board with the values that were chosen; the rest as Grafana would at opening."""

    def __init__(self, model, prometheus, start, end, chosen=None):
        self.prometheus, self.start, self.end = prometheus, start, end
        self.listed = {one["name"]: one for one in model["templating"]["list"]}
        self.values, self.options = {}, {}
        self.errors = []
        for variable in model["templating"]["list"]:
            self._fill(variable, (chosen or {}).get(variable["name"]))

    def _fill(self, variable, wanted):
        name, kind = variable["name"], variable["type"]
        if kind == "datasource":
            self.options[name] = [variable["query"]] if variable["query"] == "prometheus" else []
        elif kind == "textbox":
            self.options[name] = [variable["query"]]
        else:
            self.options[name] = self._ask(variable)
        if wanted is not None:
            if wanted not in self.options[name]:
                self.errors.append(f"variable {name}: {wanted} is not among {self.options[name][:10]}")
            self.values[name] = wanted
        elif variable.get("includeAll"):
            self.values[name] = ALL
        else:
            self.values[name] = self.options[name][0] if self.options[name] else ""

    def _ask(self, variable):
        text = self.fill(variable_query(variable), builtins(self.start, self.end, 60, 15))
        values = re.fullmatch(r"label_values\((?:(.+),\s*)?(\w+)\)", text, re.S)
        result = re.fullmatch(r"query_result\((.+)\)", text, re.S)
        if values:
            found = self.prometheus.label_values(values.group(2), values.group(1), self.start, self.end)
        elif result:
            found = []
            for series in self.prometheus.query(result.group(1), self.end):
                labels = dict(series["metric"])
                inner = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
                found.append(f"{labels.pop('__name__', '')}{{{inner}}} {series['value'][1]} "
                             f"{series['value'][0] * 1000:.0f}")
        else:
            self.errors.append(f"variable {variable['name']}: what kind of query is {text}?")
            return []
        pattern = variable.get("regex", "")
        if pattern:
            kept = (re.search(pattern.strip("/"), one) for one in found)
            found = [match.group(1) if match.groups() else match.group(0) for match in kept if match]
        if variable.get("sort") == 1:
            found = sorted(found)
        return list(dict.fromkeys(found))

    def fill(self, text, more):
        def value(match):
            name, form = match.group(1) or match.group(3) or match.group(4), match.group(2)
            if name in more:
                return more[name]
            if name not in self.listed:
                return match.group(0)
            return self._format(name, form)
        return VARIABLE.sub(value, text)

    def _format(self, name, form):
        variable, value = self.listed[name], self.values[name]
        if value == ALL and form == "queryparam":
            return f"var-{name}=" + urllib.parse.quote(ALL)
        if form == "queryparam":
            return f"var-{name}=" + urllib.parse.quote(value)
        if value == ALL and variable.get("allValue"):
            return variable["allValue"]
        if value == ALL:
            values = self.options[name]
        else:
            values = [value]
        if form in ("raw", "text"):
            return ",".join(values)
        if variable.get("multi") or variable.get("includeAll"):
            values = [escaped(one) for one in values]
            return values[0] if len(values) == 1 else "(" + "|".join(values) + ")"
        return values[0]


def names_in(text):
    return {match.group(1) or match.group(3) or match.group(4) for match in VARIABLE.finditer(text)}
