#!/usr/bin/env python3
"""Writes what promtool renders into the cases, for reading: accept.py MODULE... Only where it differs; what does not fire is
left alone and said."""
import ast
import dataclasses
import json
import os
import re
import sys
import tempfile
import textwrap

import promtool


def rendered(case, fires):
    """The description of the alert that has the labels, or None."""
    alone = dataclasses.replace(case, fires=[dataclasses.replace(fires, says="?")], silent=())
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(promtool.document([alone], promtool.file_of(case.alert), os.path.dirname(promtool.HERE)))
        file.flush()
        output = promtool.run([file.name], "/")[1]
    labels, _ = promtool.expected(case, fires)
    for found, notes in re.findall(r"Labels:(\{.*\})\s*\n?\s*Annotations:(\{.*\})", output.partition("got:")[2]):
        if all(f"{key}={json.dumps(value)}" in found for key, value in labels.items()):
            return json.loads('"' + re.search(r'description="((?:[^"\\]|\\.)*)"', notes).group(1) + '"')
    return None


def literal(text, column):
    pieces = textwrap.wrap(text, 115 - column, break_long_words=False, break_on_hyphens=False, drop_whitespace=False)
    quoted = [repr(piece) if '"' in piece else json.dumps(piece, ensure_ascii=False) for piece in pieces]
    return "\n" + "\n".join(" " * column + piece for piece in quoted)


def places(source):
    """[(start, end)] of the values of `says`, in the order of the source."""
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line.encode()) + 1)
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)
             and getattr(node.func, "id", "") == "Fires"]
    values = [word.value for call in calls for word in call.keywords if word.arg == "says"]
    return sorted((starts[value.lineno - 1] + value.col_offset, starts[value.end_lineno - 1] + value.end_col_offset)
                  for value in values)


def main():
    for module in sys.argv[1:]:
        path = os.path.join(promtool.HERE, "cases", module + ".py")
        with open(path, encoding="utf-8") as file:
            source = file.read()
        wanted = [(case, fires) for found, case in promtool.all_cases() if found == module for fires in case.fires]
        raw = source.encode()
        for (case, fires), (start, end) in reversed(list(zip(wanted, places(source), strict=True))):
            text = rendered(case, fires)
            if text is None:
                print(f"DOES NOT FIRE: {case.alert}: {case.title}, {fires.at}")
            elif text != fires.says:
                print(f"{case.alert}: {case.title}, {fires.at}:\n    {text}")
                while raw[start - 1:start].isspace():
                    start -= 1
                raw = raw[:start] + literal(text, 16).encode() + raw[end:]
        with open(path, "wb") as file:
            file.write(raw)


if __name__ == "__main__":
    main()
