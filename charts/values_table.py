#!/usr/bin/env python3
"""Writes the table of values in a chart's README.md from its values.yaml: each key with its default and the comment
that stands behind it or above it.
    charts/values_table.py [--check] [CHART...]      without CHART: all
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = "<!-- values: written by charts/values_table.py -->", "<!-- /values -->"
LINE = re.compile(r"^( *)([A-Za-z][A-Za-z0-9]*):(?: +(.*?))?(?: +# (.*))?$")


def keys(text):
    """[(dotted key, default, meaning)] of a values.yaml, in its order; sections have no default."""
    found, path, above = [], [], []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.strip():
            above = []
            continue
        comment = re.match(r"^ *# ?(.*)", line)
        if comment:
            if line.startswith("#  "):  # an example, not a comment
                above = []
            else:
                above.append(comment.group(1))
            continue
        match = LINE.match(line)
        if not match:
            raise SystemExit(f"line {number + 1} is not understood: {line!r}")
        indent, key, default, behind = match.groups()
        path = path[:len(indent) // 2] + [key]
        found.append((".".join(path), default, " ".join(above) if behind is None else behind))
        above = []
    return found


def table(text):
    rows = ["| key | default | meaning |", "| --- | --- | --- |"]
    for key, default, meaning in keys(text):
        if default is None and not meaning:
            continue
        cell = lambda value: value.replace("|", "\\|")  # noqa: E731
        shown = f"`{cell(default)}`" if default is not None else ""
        rows.append(f"| `{key}` | {shown} | {cell(meaning)} |")
    return "\n".join(rows)


def expected(folder):
    with open(os.path.join(folder, "values.yaml"), encoding="utf-8") as source:
        made = table(source.read())
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as source:
        text = source.read()
    head, mark, rest = text.partition(BEGIN)
    if not mark or END not in rest:
        raise SystemExit(f"{folder}/README.md has no {BEGIN} ... {END}")
    return text, head + BEGIN + "\n" + made + "\n" + END + rest.partition(END)[2]


def main(arguments):
    check = "--check" in arguments
    charts = [name for name in arguments if name != "--check"]
    stale = []
    for name in charts or sorted(name for name in os.listdir(HERE) if os.path.isdir(os.path.join(HERE, name))):
        folder = os.path.join(HERE, name)
        text, wanted = expected(folder)
        if text == wanted:
            continue
        stale.append(name)
        if not check:
            with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as out:
                out.write(wanted)
    if check and stale:
        raise SystemExit(f"not what values.yaml says: README.md of {', '.join(stale)}; run charts/values_table.py")


if __name__ == "__main__":
    main(sys.argv[1:])
