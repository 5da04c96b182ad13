"""Rules as objects, how their texts are put together, and how they are written down as YAML."""
import dataclasses
import json
import re
import textwrap

from . import promql, sentences

# The chart replaces these two strings, and nothing else.
RUNBOOKS = "https://runbooks.example.com"
DASHBOARDS = "https://grafana.example.com"
WIDTH = 118
NAMES = {"JOB": promql.JOB, "RUN": promql.RUN, "BACKUP": promql.BACKUP, "DATASET": promql.DATASET,
         "TARGET": promql.TARGET, "live": promql.LIVE, "no_executors": promql.NO_EXECUTORS}


def fill(text, table, **parts):
    """`text` with each @name replaced: by a part given here, a name of promql.py or a threshold. @name.span and
    @name.words are durations as Prometheus and as people write them. A part of several lines keeps the indentation."""
    def value(match):
        name, _, form = match.group(2).partition(".")
        made = parts.get(name, NAMES.get(name))
        if made is None:
            made = getattr(table, name)
        if form:
            made = getattr(promql, form)(made)
        return match.group(1) + str(made).replace("\n", "\n" + " " * indentation(match))

    def indentation(match):
        line = text[text.rfind("\n", 0, match.start()) + 1:]
        return len(line) - len(line.lstrip(" "))

    text = textwrap.dedent(text).strip("\n")
    return re.sub(r"()@([A-Za-z_]+(?:\.(?:span|words))?)", value, text)


@dataclasses.dataclass
class Alert:
    name: str
    severity: str  # critical: somebody must get up; warning: in working hours; info: when its owner has time
    expr: str
    summary: str
    description: str
    page: str  # of docs/operations/runbooks, without ".md"
    dashboard: str  # uid
    hold: int = 0  # seconds; 0: fires at once
    keys: tuple = ("namespace", "app", "app_id")  # labels that the links pass on
    anchor: str = ""  # a template
    runbook: str = ""  # the file, where the contract wants it named
    keep: int = 0  # keep_firing_for, in seconds
    labels: dict = dataclasses.field(default_factory=dict)  # beside the severity

    def annotations(self):
        made = {"summary": self.summary, "description": self.description}
        if self.runbook:
            made["runbook"] = self.runbook
        passed = "&".join(f"{key}={{{{ $labels.{key} | urlquery }}}}" for key in self.keys)
        variables = "&".join(f"var-{key}={{{{ $labels.{key} | urlquery }}}}" for key in self.keys)
        made["runbook_url"] = f"{RUNBOOKS}/{self.page}.md" + (f"?{passed}" if passed else "") + self.anchor
        made["dashboard_url"] = f"{DASHBOARDS}/d/{self.dashboard}" + (f"?{variables}" if variables else "")
        return made

    def lines(self):
        yield f"- alert: {self.name}"
        yield from expression(self.expr)
        if self.hold:
            yield f"  for: {promql.span(self.hold)}"
        if self.keep:
            yield f"  keep_firing_for: {promql.span(self.keep)}"
        yield from ("  labels:", f"    severity: {self.severity}")
        yield from (f"    {name}: {value}" for name, value in self.labels.items())
        yield "  annotations:"
        for name, text in self.annotations().items():
            yield from annotation(name, text)


@dataclasses.dataclass
class Recording:
    name: str
    expr: str

    def lines(self):
        yield f"- record: {self.name}"
        yield from expression(self.expr)


@dataclasses.dataclass
class Group:
    name: str
    rules: list
    interval: int = 0

    def lines(self):
        yield f"- name: {self.name}"
        if self.interval:
            yield f"  interval: {promql.span(self.interval)}"
        yield "  rules:"
        for number, rule in enumerate(self.rules):
            if number:
                yield ""
            yield from ("  " + line if line else line for line in rule.lines())


class Maker:
    """Makes the alerts of one group from their texts."""

    def __init__(self, table):
        self.table = table

    def alert(self, name, severity, expr, summary, description, page, dashboard, parts=None, said=None, **more):
        """`parts`: what the expression has beside thresholds; `said`: what the description has beside sentences.py."""
        known = {key: text for key, text in vars(sentences).items() if isinstance(text, str)}
        told = fill(description, self.table, **{**known, **(said or {})})
        return Alert(name, severity, fill(expr, self.table, **(parts or {})), summary, re.sub(r"\s+", " ", told).strip(),
                     page, dashboard, self.table.hold.get(name, 0), **more)


def expression(expr):
    if "\n" not in expr and len(expr) < 100 and not re.search(r": | #|^[\[{&*!|>'\"%@`]", expr):
        yield f"  expr: {expr}"
        return
    yield "  expr: |-"
    for line in expr.split("\n"):
        yield "    " + line


def annotation(name, text):
    line = f"    {name}: {json.dumps(text, ensure_ascii=False)}"
    if len(line) <= WIDTH or " " not in text:
        yield line
        return
    # Folded: a line break is a space, so it may stand wherever a space stands.
    yield f"    {name}: >-"
    for sentence in re.split(r" (?=\{\{-)", text):
        yield from textwrap.wrap(sentence, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6,
                                 break_long_words=False, break_on_hyphens=False)


def document(head, groups):
    lines = [f"# {line}".rstrip() for line in head.strip().split("\n")] + ["groups:"]
    for number, group in enumerate(groups):
        if number:
            lines.append("")
        lines += group.lines()
    return "\n".join(lines) + "\n"
