"""The boards as literals of Grafana's own types (@grafana/schema), for the TypeScript compiler: it knows each name and
each value of each option of each panel."""
import copy
import json
import os
import re
import subprocess
import tempfile

import boards

# A panel's type, its module in @grafana/schema, and whether it has custom options of fields.
MODULES = {"stat": ("Stat", False), "timeseries": ("TimeSeries", True), "bargauge": ("BarGauge", False),
           "table": ("Table", True), "logs": ("Logs", False)}
HEAD = """import type { Dashboard } from '@grafana/schema';
// Enumerations by their texts, as they stand in JSON; what is left out, Grafana fills in.
type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[] :
  T extends object ? { [K in keyof T]?: Plain<T[K]> } : T;
// A query of the Prometheus data source, which the package has no type for.
type Query = { datasource: { type: 'prometheus'; uid: string }; editorMode: 'code' | 'builder'; expr: string;
  refId: string; range: boolean; instant: boolean; format?: 'table' | 'time_series' | 'heatmap';
  legendFormat?: string };
"""
# Of an annotation's fields those that are the Prometheus data source's own.
PROMETHEUS_ANNOTATION = ("expr", "step", "titleFormat", "textFormat", "useValueForTime")
# Faults that the compiler has to find, or it has checked nothing.
PLANTED = """
const planted_1: Plain<timeseries.FieldConfig> = { drawStyle: "lines" };
const planted_2: Plain<timeseries.Options> = { legend: { displayMod: "list" } };
const planted_3: Plain<Dashboard> = { panels: [{ type: "stat", gridpos: { h: 1 } }] };
const planted_4: Plain<Dashboard> = { graphTooltip: "1" };
"""
SETTINGS = {"compilerOptions": {"strict": True, "noEmit": True, "skipLibCheck": True, "module": "esnext",
                                "target": "es2022",
                                "moduleResolution": "bundler", "types": []}, "files": ["boards.ts"]}


def _module(kind):
    name = MODULES[kind][0]
    return f"@grafana/schema/dist/esm/raw/composable/{name.lower()}/panelcfg/x/{name}PanelCfg_types.gen"


def _custom_overrides(panel):
    """Custom options of fields in the overrides, as objects of their own."""
    for override in panel["fieldConfig"]["overrides"]:
        custom = {one["id"].removeprefix("custom."): one["value"] for one in override["properties"]
                  if one["id"].startswith("custom.")}
        if custom:
            yield custom


def source(models):
    """TypeScript of all boards; each literal under the name that an error message will show."""
    lines = [HEAD]
    lines += [f"import type * as {kind} from '{_module(kind)}';" for kind in MODULES]
    for uid, model in models.items():
        name = uid.replace("-", "_")
        model = copy.deepcopy(model)
        for one in model["annotations"]["list"]:
            for own in PROMETHEUS_ANNOTATION:
                del one[own]
        lines.append(f"const {name}: Plain<Dashboard> = {json.dumps(model)};")
        for panel in boards.panels_of(model):
            kind, at = panel["type"], f"{name}_{panel['id']}"
            lines.append(f"// {uid}: {panel['title']}")
            lines.append(f"const {at}_options: Plain<{kind}.Options> = {json.dumps(panel['options'])};")
            if MODULES[kind][1]:
                customs = [panel["fieldConfig"]["defaults"]["custom"], *_custom_overrides(panel)]
                lines += [f"const {at}_field_{number}: Partial<Plain<{kind}.FieldConfig>> = {json.dumps(custom)};"
                          for number, custom in enumerate(customs)]
            if kind != "logs":
                lines += [f"const {at}_{target['refId']}: Query = {json.dumps(target)};"
                          for target in panel["targets"]]
    return "\n".join(lines) + PLANTED + "export {};\n"


def check(packages, models):
    """The compiler's complaints, as lines."""
    text = source(models)
    with tempfile.TemporaryDirectory(dir=packages) as folder:   # below the packages: there the compiler looks for them
        with open(os.path.join(folder, "boards.ts"), "w", encoding="utf-8") as out:
            out.write(text)
        with open(os.path.join(folder, "tsconfig.json"), "w", encoding="utf-8") as out:
            json.dump(SETTINGS, out)
        compiler = os.path.join(packages, "node_modules", "typescript", "bin", "tsc")
        made = subprocess.run(["node", compiler, "-p", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True,
                              timeout=300)
    lines = text.splitlines()
    complaints, found = [], set()
    for one in made.stdout.splitlines():
        at = re.match(r".*boards\.ts\((\d+),", one)
        line = lines[int(at.group(1)) - 1] if at else ""
        planted = re.match(r"const (planted_\d)", line)
        if planted:
            found.add(planted.group(1))
        else:
            complaints.append(f"{one[:600]} [{line[:60]}]")
    return complaints + [f"not found: {line}" for line in PLANTED.strip().splitlines()
                         if line.split(":")[0].removeprefix("const ") not in found]
