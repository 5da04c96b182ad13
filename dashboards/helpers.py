"""What all boards are made of: queries, panels, tables, variables, the grid. Standard library only.

A panel is made without a place; Board.add() and Board.row() lay panels out from left to right, 24 columns wide.
"""
import json

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
LOKI = {"type": "loki", "uid": "${loki}"}
SCHEMA_VERSION = 39     # what Grafana 10.3 to 11.x write; newer ones lift it on load
WIDTH = 24

# A colour for each outcome, the same on every board.
STATE_COLORS = {"pending": "#8e8e8e", "running": "blue", "retrying": "orange", "succeeded": "green", "failed": "red",
                "cancelled": "purple", "unknown": "yellow"}
# Useful money in greens, the rest from yellow to red.
USE_COLORS = {"task_ok": "green", "driver": "#6ccf8e", "starting": "#5794f2", "idle": "#f2cc0c", "gc": "orange",
              "task_failed": "red", "stage_retry": "dark-red", "speculation": "#b877d9", "killed": "#8f3bb8",
              "lingering": "#c0a16b", "unobserved": "#8e8e8e"}


def query(expr, legend="", instant=False, table=False, ref=None):
    """One target. The reference (A, B, ...) is given by the panel where it is not given here."""
    target = {"datasource": DATASOURCE, "editorMode": "code", "expr": expr, "refId": ref, "range": not instant,
              "instant": instant}
    if table:
        target["format"] = "table"
    else:
        target["legendFormat"] = legend
    return target


def now(expr, legend="", ref=None):
    return query(expr, legend, instant=True, ref=ref)


def column(expr, ref=None):
    return query(expr, instant=True, table=True, ref=ref)


def steps(*pairs, base="green"):
    """Thresholds: steps((20, "orange"), (40, "red")) is green below 20."""
    return {"mode": "absolute", "steps": [{"color": base, "value": None}] + [
        {"color": color, "value": value} for value, color in pairs]}


def below(value, color, base="green"):
    """Thresholds of what is bad when it is small."""
    return {"mode": "absolute", "steps": [{"color": color, "value": None}, {"color": base, "value": value}]}


NEUTRAL = {"mode": "absolute", "steps": [{"color": "text", "value": None}]}


def value_map(names, colors):
    """{number: text} with {number: colour} as a value mapping."""
    return [{"type": "value", "options": {
        str(value): {"text": text, "color": colors[value], "index": index}
        for index, (value, text) in enumerate(names.items())}}]


def by_name(name, **properties):
    """Override of one series or column; `__` in a property's name stands for a dot."""
    return {"matcher": {"id": "byName", "options": name},
            "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]}


def by_regexp(pattern, **properties):
    return {**by_name(pattern, **properties), "matcher": {"id": "byRegexp", "options": pattern}}


def fixed(color):
    return {"mode": "fixed", "fixedColor": color}


def colored(colors):
    return [by_name(name, color=fixed(color)) for name, color in colors.items()]


def link(title, url, blank=False):
    return {"title": title, "url": url, "targetBlank": blank}


def panel(kind, title, description, targets, size, unit, **more):
    """Common parts. more: decimals, minimum, maximum, thresholds, mappings, overrides, links, no_value, color,
    interval, display_name, data_links, transformations."""
    width, height = size
    if isinstance(targets, dict):
        targets = [targets]
    for number, target in enumerate(targets):
        target["refId"] = target["refId"] or chr(ord("A") + number)
    defaults = {"unit": unit, "color": more.get("color", {"mode": "palette-classic"}),
                "thresholds": more.get("thresholds", NEUTRAL), "mappings": more.get("mappings", []), "custom": {}}
    for key, name in (("decimals", "decimals"), ("min", "minimum"), ("max", "maximum"), ("noValue", "no_value"),
                      ("links", "data_links"), ("displayName", "display_name")):
        if more.get(name) is not None:
            defaults[key] = more[name]
    made = {"type": kind, "title": title, "description": description, "datasource": DATASOURCE, "targets": targets,
            "gridPos": {"h": height, "w": width, "x": 0, "y": 0},
            "fieldConfig": {"defaults": defaults, "overrides": more.get("overrides", [])}, "options": {},
            "transformations": more.get("transformations", [])}
    if more.get("links"):
        made["links"] = more["links"]
    if more.get("interval"):
        made["interval"] = more["interval"]     # the least step between two points
    return made


def stat(title, description, target, unit, size=(3, 4), calc="lastNotNull", graph=False, names=False, **more):
    """One number; with thresholds its background says what they say. names: shows the series' name in its colour."""
    judged = "thresholds" in more or names
    if judged and not names and more.get("no_value"):     # nothing to judge has no colour
        more["mappings"] = [{"type": "special", "options": {"match": "null", "result": {
            "text": more["no_value"], "color": "#3d3f46", "index": 0}}}]
    more.setdefault("color", {"mode": "thresholds"})
    made = panel("stat", title, description, target, size, unit, **more)
    made["options"] = {"reduceOptions": {"calcs": [calc], "fields": "", "values": False}, "orientation": "auto",
                       "textMode": "name" if names else "value", "colorMode": "background" if judged else "value",
                       "graphMode": "area" if graph else "none", "justifyMode": "auto", "wideLayout": True}
    return made


def graph(title, description, targets, unit, size=(12, 8), **more):
    """Lines over time. more: stack, bars, fill, width, calcs, legend ("table" or "list"), legend_at, soft_max,
    step, points, hidden_axis, bar_width."""
    made = panel("timeseries", title, description, targets, size, unit, **more)
    made["fieldConfig"]["defaults"]["custom"] = {
        "drawStyle": "bars" if more.get("bars") else "line", "lineInterpolation": "stepAfter" if more.get("step") else
        "linear", "lineWidth": more.get("width", 1), "fillOpacity": more.get("fill", 80 if more.get("bars") else 0),
        "showPoints": "auto" if more.get("points") else "never", "spanNulls": False, "pointSize": 5,
        "stacking": {"mode": "normal" if more.get("stack") else "none", "group": "A"}, "axisPlacement": "auto",
        "axisLabel": "", "scaleDistribution": {"type": "linear"}, "axisBorderShow": False,
        "thresholdsStyle": {"mode": "dashed" if more.get("thresholds") else "off"}}
    if more.get("soft_max") is not None:
        made["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] = more["soft_max"]
    if more.get("bars"):
        made["fieldConfig"]["defaults"]["custom"].update({"barAlignment": 0,
                                                          "barWidthFactor": more.get("bar_width", 0.6)})
    if more.get("hidden_axis"):
        made["fieldConfig"]["defaults"]["custom"]["axisPlacement"] = "hidden"
    mode = more.get("legend", "table" if size[1] >= 8 else "list")
    made["options"] = {"legend": {"displayMode": mode, "placement": more.get("legend_at", "bottom"),
                                  "showLegend": True,
                                  "calcs": more.get("calcs",
                                                    ["mean", "max", "lastNotNull"]) if mode == "table" else []},
                       "tooltip": {"mode": "multi", "sort": "desc"}}
    return made


def bars(title, description, target, unit, size=(8, 8), **more):
    """One bar for each series now, the largest first (the query sorts)."""
    made = panel("bargauge", title, description, target, size, unit, **more)
    made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                       "orientation": "horizontal", "displayMode": "basic", "valueMode": "color",
                       "namePlacement": "left", "showUnfilled": True, "sizing": "auto", "minVizHeight": 14,
                       "minVizWidth": 8, "maxVizHeight": 40,
                       "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []}}
    return made


def table(title, description, columns, size=(24, 9), sort=None, hide=(), drop=(), filters=True, **more):
    """columns: [(name, query or label's name, {property: value})]. Frames are merged by their common labels; a column
    that is a label has its label's name in place of a query. hide: columns that only bring labels; drop:
    labels without a column."""
    targets, rename, order, fields, overrides = [], {}, {}, {}, list(more.pop("overrides", []))
    names = [chr(ord("A") + number) for number in range(26)]
    queries = sum(1 for _, source, _ in columns if isinstance(source, dict))
    for index, (name, source, properties) in enumerate(columns):
        if isinstance(source, dict):
            source["refId"] = names[len(targets)]
            targets.append(source)
            field = "Value" if queries == 1 else f"Value #{source['refId']}"
        else:
            field = source
        order[field], fields[name] = index, field
        if field != name and name not in hide:
            rename[field] = name
        if properties:
            overrides.append(by_name(name, **properties))
    excluded = {"Time": True, **{label: True for label in drop},
                **{field: True for name, field in fields.items() if name in hide}}
    if queries == 1:
        transformations = []
    else:
        transformations = [{"id": "merge", "options": {}}]
    transformations.append({"id": "organize", "options": {
        "excludeByName": excluded, "indexByName": order, "renameByName": rename, "includeByName": {}}})
    made = panel("table", title, description, targets, size, more.pop("unit", "short"), overrides=overrides,
                 transformations=transformations, color={"mode": "thresholds"}, **more)
    made["fieldConfig"]["defaults"]["custom"] = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False,
                                                 "filterable": filters}
    made["options"] = {"showHeader": True, "cellHeight": "sm",
                       "sortBy": [{"displayName": name, "desc": desc} for name, desc in (sort or [])]}
    return made


CELL = {"type": "color-background", "mode": "basic"}    # a cell that carries a judgement
TEXT = {"type": "color-text"}


def logs(title, description, expr, size=(24, 10)):
    made = panel("logs", title, description, [], size, "none")
    made["datasource"] = LOKI
    made["targets"] = [{"datasource": LOKI, "expr": expr, "refId": "A", "queryType": "range", "maxLines": 500}]
    made["options"] = {"showTime": True, "showLabels": False, "showCommonLabels": False, "wrapLogMessage": True,
                       "prettifyLogMessage": False, "enableLogDetails": True, "dedupStrategy": "none",
                       "sortOrder": "Descending"}
    return made


def datasource_variable(name="datasource", kind="prometheus", label="Data source"):
    return {"name": name, "type": "datasource", "label": label, "query": kind, "current": {}, "hide": 0,
            "includeAll": False, "multi": False, "options": [], "refresh": 1, "regex": "", "skipUrlSync": False}


def variable(name, label, expr, every=True, multi=False, regex="", sort=1, hide=0):
    """A variable asked from Prometheus, again whenever the time range changes. every: has All, which matches also what
    has no such label."""
    made = {"name": name, "type": "query", "label": label, "datasource": DATASOURCE, "current": {}, "hide": hide,
            "query": {"query": expr, "refId": "PrometheusVariableQueryEditor-VariableQuery"}, "refresh": 2,
            "regex": regex, "sort": sort, "includeAll": every, "multi": multi, "options": [], "skipUrlSync": False}
    if every:
        made["allValue"] = ".*"
        made["current"] = {"selected": True, "text": "All", "value": "$__all"}
    return made


def constant(name, value, label):
    """A value that a person changes at the top of the board."""
    return {"name": name, "type": "textbox", "label": label, "query": value, "hide": 0, "skipUrlSync": False,
            "current": {"selected": True, "text": value, "value": value},
            "options": [{"selected": True, "text": value, "value": value}]}


class Board:
    def __init__(self, uid, title, description, variables, tags=(), since="now-24h"):
        self.uid, self.x, self.y, self.line_height, self.next_id = uid, 0, 0, 0, 1
        self.panels, self.folded = [], None
        self.model = {
            "annotations": {"list": []}, "description": description, "editable": False, "fiscalYearStartMonth": 0,
            "graphTooltip": 1, "links": board_links(uid), "liveNow": False, "panels": self.panels, "refresh": "30s",
            "schemaVersion": SCHEMA_VERSION, "tags": ["spark", *tags], "templating": {"list": variables},
            "time": {"from": since, "to": "now"}, "timepicker": {}, "timezone": "browser", "title": title, "uid": uid,
            "version": 1, "weekStart": ""}

    def annotate(self, name, expr, color, text, on=True):
        self.model["annotations"]["list"].append({
            "name": name, "datasource": DATASOURCE, "enable": on, "expr": expr, "hide": False, "iconColor": color,
            "step": "60s", "titleFormat": name, "textFormat": text, "useValueForTime": False})

    def add(self, *panels):
        """Places the panels beside each other, in new lines where they are too wide."""
        for one in panels:
            place = one["gridPos"]
            if self.x + place["w"] > WIDTH:
                self._new_line()
            place["x"], place["y"] = self.x, self.y
            one["id"] = self._new_id()
            self.x += place["w"]
            self.line_height = max(self.line_height, place["h"])
            (self.panels if self.folded is None else self.folded).append(one)

    def row(self, title, folded=True):
        """What is added from now on is in this row."""
        self._new_line()
        inside = []
        self.panels.append({"type": "row", "title": title, "id": self._new_id(), "collapsed": folded, "panels": inside,
                            "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": self.y}})
        self.folded = inside if folded else None
        self.y += 1

    def _new_line(self):
        self.y += self.line_height
        self.x, self.line_height = 0, 0

    def _new_id(self):
        self.next_id += 1
        return self.next_id - 1

    def text(self):
        return json.dumps(self.model, indent=2, ensure_ascii=False) + "\n"


def board_links(uid):
    """The other boards, with time and variables kept."""
    return [{"title": "Spark boards", "type": "dashboards", "tags": ["spark"], "asDropdown": True, "icon":
             "external link", "includeVars": True, "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}]
