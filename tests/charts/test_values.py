"""The charts as files, without Helm or a cluster: values.yaml is what values.schema.json allows, the schema refuses 20
kinds of mistakes and more and names the key, each value is in the README, and what the charts link to is there."""
import copy
import json
import os
import subprocess
import sys
import unittest

import jsonschema
import yaml

from wrong_values import WRONG

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHARTS = os.path.join(ROOT, "charts")
NAMES = ("spark-exporter", "spark-job")


def read(chart, name):
    with open(os.path.join(CHARTS, chart, name), encoding="utf-8") as source:
        return yaml.safe_load(source)  # JSON is YAML


def overlaid(values, more):
    """As Helm lays values over each other."""
    out = copy.deepcopy(values)
    for key, value in more.items():
        out[key] = overlaid(out.get(key) or {}, value) if isinstance(value, dict) and isinstance(out.get(key), dict) \
            else value
    return out


def missing(schema, value, root, path=""):
    """Keys of the value that the schema has no property for."""
    while "$ref" in schema:
        target = root
        for part in schema["$ref"].lstrip("#").strip("/").split("/"):
            target = target[part] if part else target
        schema = target
    if not isinstance(value, dict) or "properties" not in schema:
        return
    for key, inner in value.items():
        if key not in schema["properties"]:
            yield f"{path}.{key}"
        else:
            yield from missing(schema["properties"][key], inner, root, f"{path}.{key}")


class Values(unittest.TestCase):
    def test_defaults_are_allowed(self):
        for chart in NAMES:
            schema = read(chart, "values.schema.json")
            jsonschema.Draft7Validator.check_schema(schema)
            jsonschema.validate(read(chart, "values.yaml"), schema, jsonschema.Draft7Validator)

    def test_schema_and_values_have_the_same_keys(self):
        for chart in NAMES:
            schema, values = read(chart, "values.schema.json"), read(chart, "values.yaml")
            self.assertEqual(list(missing(schema, values, schema)), [])
            self.assertEqual(set(schema["properties"]) - {"global"}, set(values))

            def compare(part, value, where):
                for key, inner in part.get("properties", {}).items():
                    if inner.get("type") == "object" and "properties" in inner:
                        self.assertEqual(set(inner["properties"]), set(value[key]), f"{chart}: {where}{key}")
                        compare(inner, value[key], f"{where}{key}.")
            compare(schema, values, "")

    def test_mistakes_are_refused_by_name(self):
        self.assertGreaterEqual(len(WRONG), 20)
        for chart, wrong, key in WRONG:
            validator = jsonschema.Draft7Validator(read(chart, "values.schema.json"))
            errors = list(validator.iter_errors(overlaid(read(chart, "values.yaml"), wrong)))
            self.assertTrue(errors, f"{chart} takes {json.dumps(wrong)}")
            named = any(key in error.absolute_path or f"'{key}'" in error.message for error in errors)
            self.assertTrue(named, (wrong, [error.message for error in errors]))

    def test_readme_has_every_value(self):
        done = subprocess.run([sys.executable, os.path.join(CHARTS, "values_table.py"), "--check"], text=True,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_links_of_the_chart_lead_somewhere(self):
        folder = os.path.join(CHARTS, "spark-exporter", "files")
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            self.assertTrue(os.path.islink(path), f"{path} is a copy, which would go stale")
            self.assertTrue(os.path.isdir(path), f"{path} leads nowhere")

    def test_versions_agree(self):
        with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as source:
            version = source.read().split("project(spark_exporter VERSION ", 1)[1].split()[0]
        for chart in NAMES:
            self.assertEqual(read(chart, "Chart.yaml")["appVersion"], version)


if __name__ == "__main__":
    unittest.main()
