#!/usr/bin/env python3
"""The dashboards without any server: as the generator writes them, importable everywhere, on Grafana's grid, described,
with units, with variables and links that lead somewhere, and with metrics and labels that docs/metrics.md has."""
import glob
import re
import subprocess
import sys
import unittest

import boards
import grafana

sys.path[:0] = [boards.FOLDER]
MODELS = boards.load_all()
UIDS = {"spark-jobs", "spark-job-run", "spark-cost", "spark-data", "spark-exporter"}
OPEN_PANELS, ALL_PANELS = 25, 40
SIGNS_A_COLUMN = 5.5            # of a title, before Grafana cuts it off
BUILTINS = {"__interval", "__rate_interval", "__range", "__url_time_range", "__data", "__value", "__field", "__series"}
LOKI_VARIABLES = {"loki"}


def each_panel():
    for uid, model in MODELS.items():
        for panel in boards.panels_of(model):
            yield uid, panel, f"{uid}: {panel['title']}"


def each_target():
    for uid, panel, where in each_panel():
        for target in panel["targets"]:
            yield uid, panel, target, f"{where} {target['refId']}"


def texts_of(node):
    """Every string in a model."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_of(value)


def links_in(node):
    if isinstance(node, dict):
        if isinstance(node.get("url"), str) and node["url"]:
            yield node["url"]
        for value in node.values():
            yield from links_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from links_in(value)


class Files(unittest.TestCase):
    def test_are_what_the_generator_writes(self):
        made = subprocess.run([sys.executable, "-B", f"{boards.FOLDER}/generate.py", "--check"], stdout=subprocess.PIPE,
                              text=True)
        self.assertEqual(made.returncode, 0, made.stdout)

    def test_are_the_five(self):
        self.assertEqual(set(MODELS), UIDS)

    def test_import_everywhere(self):
        for uid, model in MODELS.items():
            with self.subTest(uid):
                for absent in ("__inputs", "__requires", "id", "iteration", "gnetId"):
                    self.assertNotIn(absent, model)
                self.assertNotIn("pluginVersion", str(model))
                self.assertEqual(model["schemaVersion"], 39)
                self.assertEqual(model["version"], 1)
                self.assertLessEqual(len(uid), 40)
                self.assertFalse(model["editable"])
                self.assertEqual(model["graphTooltip"], 1)
                self.assertEqual(model["timezone"], "browser")
                self.assertTrue(model["description"])
                self.assertIn("spark", model["tags"])


class Grid(unittest.TestCase):
    def test_ids_are_unique(self):
        for uid, model in MODELS.items():
            ids = [panel["id"] for panel in model["panels"]] + [
                panel["id"] for row in model["panels"] for panel in row.get("panels", [])]
            self.assertEqual(len(ids), len(set(ids)), uid)

    def test_panels_neither_overlap_nor_stick_out(self):
        for uid, model in MODELS.items():
            taken = {}
            every = [panel for row in model["panels"] for panel in [row, *row.get("panels", [])]]
            for panel in every:
                place = panel["gridPos"]
                self.assertLessEqual(place["x"] + place["w"], 24, f"{uid}: {panel['title']}")
                for x in range(place["x"], place["x"] + place["w"]):
                    for y in range(place["y"], place["y"] + place["h"]):
                        self.assertNotIn((x, y), taken, f"{uid}: {panel['title']} lies on {taken.get((x, y))}")
                        taken[x, y] = panel["title"]

    def test_not_too_many(self):
        for uid, model in MODELS.items():
            unfolded = [panel for row in model["panels"] for panel in ([] if row["type"] == "row" else [row])]
            self.assertLessEqual(len(unfolded), OPEN_PANELS, uid)
            self.assertLessEqual(len(list(boards.panels_of(model))), ALL_PANELS, uid)

    def test_first_screen_has_numbers_and_then_a_table(self):
        for uid, model in MODELS.items():
            kinds = [panel["type"] for panel in model["panels"]]
            self.assertEqual(kinds[:8], ["stat"] * 8, uid)
            self.assertEqual(kinds[8], "table", uid)

    def test_titles_fit(self):
        for _, panel, where in each_panel():
            title = panel["title"].replace("$currency", "USD")
            self.assertLessEqual(len(title), SIGNS_A_COLUMN * panel["gridPos"]["w"] - 1, where)
            self.assertTrue(title[0].isupper() or not title[0].islower(), where)


class Panels(unittest.TestCase):
    def test_are_described_and_have_a_unit(self):
        for _, panel, where in each_panel():
            self.assertGreaterEqual(len(panel["description"]), 30, where)
            self.assertTrue(panel["description"].endswith("."), where)
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], where)
            self.assertTrue(panel["targets"], where)

    def test_take_the_data_source_of_the_variable(self):
        for uid, model in MODELS.items():
            first = model["templating"]["list"][0]
            self.assertEqual((first["name"], first["type"], first["query"]), ("datasource", "datasource", "prometheus"),
                             uid)
            for one in model["templating"]["list"] + model["annotations"]["list"]:
                if one.get("type") != "datasource" and one.get("type") != "textbox":
                    self.assertEqual(one["datasource"], {"type": "prometheus", "uid": "${datasource}"}, uid)
        for _, panel, target, where in each_target():
            expected = ({"type": "loki", "uid": "${loki}"} if panel["type"] == "logs" else
                        {"type": "prometheus", "uid": "${datasource}"})
            self.assertEqual(target["datasource"], expected, where)
            self.assertEqual(panel["datasource"], expected, where)

    def test_overrides_name_a_column_or_a_series(self):
        for _, panel, where in each_panel():
            if panel["type"] != "table":
                continue
            organize = panel["transformations"][-1]["options"]
            shown = set(organize["renameByName"].values()) | set(organize["indexByName"])
            for override in panel["fieldConfig"]["overrides"]:
                self.assertIn(override["matcher"]["options"], shown, where)
            for sort in panel["options"]["sortBy"]:
                self.assertIn(sort["displayName"], shown, where)

    def test_share_of_one_between_zero_and_one(self):
        for _, panel, where in each_panel():
            if panel["type"] == "stat" and panel["title"] in ("Success rate", "Slots in use", "Wasted", "Data quality"):
                defaults = panel["fieldConfig"]["defaults"]
                self.assertEqual((defaults["unit"], defaults["min"], defaults["max"]), ("percentunit", 0, 1), where)


class Queries(unittest.TestCase):
    def test_variables_are_there_and_are_used(self):
        for uid, model in MODELS.items():
            have = {one["name"] for one in model["templating"]["list"]}
            used = set()
            for text in texts_of({"panels": model["panels"], "annotations": model["annotations"],
                                  "variables": [boards.variable_query(one) for one in model["templating"]["list"]]}):
                used |= grafana.names_in(text)
            self.assertLessEqual(used - BUILTINS, have, uid)
            self.assertLessEqual(have - used, {"datasource"} | LOKI_VARIABLES, uid)

    def test_rates_have_no_fixed_window_on_graphs(self):
        for _, panel, target, where in each_target():
            if panel["type"] == "timeseries":
                for window in re.findall(r"(?:rate|increase)\([^\[]*\[([^\]]+)\]", target["expr"]):
                    self.assertIn(window, ("$__rate_interval", "$__interval"), where)

    def test_counters_are_only_seen_through_rates_and_totals(self):
        """A bare counter in a graph is a line that only rises."""
        for _, panel, target, where in each_target():
            if panel["type"] == "timeseries" and "spark_job_cost_total" not in target["expr"]:
                bare = re.sub(r"(?:rate|increase|changes)\([^()]*\)", "", target["expr"])
                self.assertNotRegex(bare, r"_total\b", where)

    def test_tables_are_instant_tables(self):
        for _, panel, target, where in each_target():
            if panel["type"] == "table":
                self.assertEqual((target.get("format"), target["instant"]), ("table", True), where)
            elif panel["type"] == "timeseries":
                self.assertTrue(target["range"], where)

    def test_graphs_have_few_series(self):
        """By executor, job or exporter there is no end of series: the query takes the first ones. Data sets and
        backups are chosen by their variables."""
        for _, panel, target, where in each_target():
            if panel["type"] == "timeseries" and re.search(r"\{\{(app|executor_id|instance)\}\}",
                                                           target["legendFormat"]):
                self.assertRegex(target["expr"], r"\b(top|bottom)k\((5|6|10),", where)

    def test_metrics_and_labels_are_documented(self):
        known = {**boards.families(), **boards.FOREIGN}
        labels_there = set().union(*known.values())
        everywhere = [(where, target["expr"]) for _, panel, target, where in each_target() if panel["type"] != "logs"]
        for uid, model in MODELS.items():
            everywhere += [(f"{uid}: variable {one['name']}", boards.variable_query(one))
                           for one in model["templating"]["list"]]
            everywhere += [(f"{uid}: {one['name']}", one["expr"]) for one in model["annotations"]["list"]]
        for where, expr in everywhere:
            for metric, labels in boards.selectors(expr):
                self.assertIn(metric, known, where)
                own = known[metric] | boards.RUN_LABELS | boards.TARGET_LABELS
                if metric == "spark_job_info":
                    own = own | {"team"}        # job.labels
                self.assertLessEqual(set(labels), own, f"{where}: {metric}")
            bare = re.findall(r"\b((?:spark|jvm|data_quality|backup|process|scrape)_[a-z_]+)\b",
                              re.sub(r'"[^"]*"', '""', expr))
            for name in bare:
                if name not in labels_there:
                    self.assertIn(name, known, where)


class Colours(unittest.TestCase):
    """A panel that says at which alert it changes colour does so at the alert's number, that of rules/thresholds.py."""

    def test_are_the_alerts_numbers(self):
        sys.path.insert(0, f"{boards.ROOT}/rules")
        import thresholds
        limits = thresholds.Table()
        expected = {
            "HighGCTime": limits.gc_percent, "SparkJobSlowerThanUsual": limits.slower_ratio,
            "SparkExecutorMemoryNearLimit": limits.memory_share, "SparkTaskFailures": limits.failed_share,
            "SparkStageSkew": limits.skew_ratio, "SparkStreamingBehind": limits.behind_ratio,
            "DataQualityStale": limits.data_age}
        seen = set()
        for _, panel, where in each_panel():
            steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
            values = [step["value"] for step in steps if step["value"]]
            told = re.findall(r"(\w+) fires", panel["description"])
            for alert in told:
                if alert in expected and values:
                    self.assertEqual(values, [expected[alert]], where)
                    seen.add(alert)
            if values and not told:
                self.assertEqual(values, [1], f"{where}: a colour that no alert stands behind")
        self.assertEqual(seen, set(expected))


class Links(unittest.TestCase):
    def test_boards_are_ours_and_fields_are_there(self):
        for uid, panel, where in each_panel():
            columns = set()
            if panel["type"] == "table":
                columns = set(panel["transformations"][-1]["options"]["renameByName"].values())
            for url in links_in(panel):
                board = re.match(r"/d/([\w-]+)", url)
                if board:
                    self.assertIn(board.group(1), UIDS, where)
                    names = {one["name"] for one in MODELS[board.group(1)]["templating"]["list"]}
                    self.assertLessEqual(set(re.findall(r"var-(\w+)=", url)), names, where)
                    self.assertIn("${datasource:queryparam}", url, where)
                    self.assertRegex(url, r"\$\{__url_time_range\}|&from=.*&to=", where)
                for field in re.findall(r'\$\{__data\.fields\["([^"]+)"\]', url):
                    self.assertIn(field, columns, where)

    def test_alerts_lead_to_boards_and_their_variables(self):
        count = 0
        for path in glob.glob(f"{boards.ROOT}/rules/*.yaml"):
            with open(path, encoding="utf-8") as source:
                urls = re.findall(r"/d/([\w-]+)\?(\S*)", source.read())
            for board, query in urls:
                count += 1
                self.assertIn(board, UIDS, path)
                names = {one["name"] for one in MODELS[board]["templating"]["list"]}
                self.assertLessEqual(set(re.findall(r"var-(\w+)=", query)), names, path)
        self.assertGreater(count, 30)

    def test_runbooks_are_there(self):
        count = 0
        for _, panel, where in each_panel():
            for url in links_in(panel):
                page = re.match(r"\$\{runbooks\}/([\w-]+\.md)$", url)
                if not page:
                    self.assertRegex(url, r"^/d/", where)
                    continue
                count += 1
                with open(f"{boards.ROOT}/docs/operations/runbooks/{page.group(1)}", encoding="utf-8") as source:
                    self.assertTrue(source.read(2).startswith("#"), where)
        self.assertGreater(count, 30)


if __name__ == "__main__":
    unittest.main()
