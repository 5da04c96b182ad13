"""Runs cost_bench and reads its lines."""
import os
import re
import subprocess

from driver import Unavailable

LINE = re.compile(r"^(?P<name>\S.*?)\s{2,}(?P<value>[\d.]+) (?P<unit>ms|MB)$")


def measure(program):
    if not os.access(program, os.X_OK):
        raise Unavailable(f"{program} is not built")
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Unavailable(f"cost_bench ended with {done.returncode}")
    title, *rest = done.stdout.splitlines()
    rows = [{"name": match["name"], "value": float(match["value"]), "unit": match["unit"]}
            for match in map(LINE.match, rest) if match]
    if len(rows) != 4:
        raise Unavailable("cost_bench did not print its four figures")
    return {"title": title, "rows": rows}
