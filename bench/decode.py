"""Runs decode_bench and reads its table."""
import os
import re
import subprocess

from driver import Unavailable

ROW = re.compile(r"^(?P<name>\S.*?)\s{2,}(?P<throughput>[\d.]+)\s+(?P<ms>[\d.]+)\s+(?P<kib>\d+)$")
MISSING = re.compile(r"^(?P<name>\w+): not measured: (?P<reason>.+)$")


def measure(program):
    if not os.access(program, os.X_OK):
        raise Unavailable(f"{program} is not built")
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Unavailable(f"decode_bench ended with {done.returncode}")
    decoders, missing = {}, {}
    for line in done.stdout.splitlines():
        if match := ROW.match(line):
            decoders[match["name"]] = {"throughput": float(match["throughput"]), "ms": float(match["ms"]),
                                       "extra_kib": int(match["kib"])}
        elif match := MISSING.match(line):
            missing[match["name"]] = match["reason"]
    if "ours" not in decoders:
        raise Unavailable("decode_bench printed no table")
    return {"output": done.stdout, "title": done.stdout.splitlines()[0], "decoders": decoders, "missing": missing}
