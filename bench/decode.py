"""Runs decode_bench and reads its table."""
import os
import re
import subprocess

from driver import Unavailable

ROW = re.compile(r"^(?P<name>\S.*?)\s{2,}(?P<ours>[\d.]+)\s+(?P<peer>[\d.]+)\s+(?P<ratio>[\d.]+)x$")


def measure(program):
    if not os.access(program, os.X_OK):
        raise Unavailable(f"{program} is not built")
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Unavailable(f"decode_bench ended with {done.returncode}")
    rows = []
    for line in done.stdout.splitlines():
        if match := ROW.match(line):
            rows.append({"name": match["name"], "ours": float(match["ours"]), "dom": float(match["peer"])})
    if not rows:
        raise Unavailable("decode_bench printed no table")
    return {"output": done.stdout, "title": done.stdout.splitlines()[0], "rows": rows}
