#!/usr/bin/env python3
"""Plants one bug at a time (tests/fuzz/planted/*.patch) in a copy of a parser's source and shows that its fuzz target,
linked with that copy, finds it. A patch's name begins with its target's; its first line says what the bug is.

Needs build/fuzz (make fuzz). Ends with 1 if a bug is not found within SECONDS, or without it something is.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/fuzz"
WORK = BUILD / "planted"


def run(command: list, **more) -> subprocess.CompletedProcess:
    done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, errors="replace", **more)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done


def compile_with(patch: Path, path: str) -> Path:
    """The object of a copy of the source that has the patch."""
    source = WORK / "source" / path
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes((ROOT / path).read_bytes())
    run(["patch", "--silent", "--no-backup-if-mismatch", str(source), str(patch)])
    original = str(ROOT / path)
    entry = next(e for e in json.loads((BUILD / "compile_commands.json").read_text()) if e["file"] == original)
    arguments = shlex.split(entry["command"])
    out = WORK / (patch.stem + ".o")
    arguments[arguments.index("-o") + 1] = str(out)
    arguments[arguments.index(original)] = str(source)
    for flag in ("-MF", "-MT"):
        if flag in arguments:
            arguments[arguments.index(flag) + 1] = str(out) + ".d"
    run(arguments)
    return out


def link_with(target: str, planted: Path) -> Path:
    """The target with that object in front of its libraries, which then have no need for theirs."""
    command = run(["ninja", "-t", "commands", f"tests/fuzz/{target}_fuzz"]).stdout.splitlines()[-1]
    arguments = [a for a in shlex.split(command) if a not in (":", "&&")]
    out = WORK / planted.stem
    arguments[arguments.index("-o") + 1] = str(out)
    own = next(i for i, a in enumerate(arguments) if a.endswith(f"{target}_fuzz.cpp.o"))
    arguments.insert(own + 1, str(planted))
    run(arguments)
    return out


def search(program: Path, target: str, seconds: int) -> tuple:
    """What it found, after how many executions and seconds; "" for nothing."""
    new = WORK / "corpus" / program.name
    new.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    done = subprocess.run(
        [program, f"-max_total_time={seconds}", "-seed=1", "-timeout=5", "-rss_limit_mb=1536", "-max_len=65536",
         "-print_final_stats=1", f"-artifact_prefix={WORK}/{program.name}-", str(new),
         str(ROOT / "tests/fuzz/corpus" / target)],
        capture_output=True, text=True, errors="replace")
    took = time.monotonic() - began
    executions = re.search(r"stat::number_of_executed_units:\s+(\d+)", done.stderr)
    if done.returncode == 0:
        return "", int(executions.group(1)) if executions else 0, took
    what = re.search(r"ERROR: (?:AddressSanitizer|libFuzzer): ([\w-]+(?: \w+)?)|runtime error: (.{1,60})", done.stderr)
    words = next((w for w in what.groups() if w), "?") if what else f"exit code {done.returncode}"
    words = words.removesuffix(" on").removesuffix(" after").replace("deadly signal", "a breach of what must hold")
    return words, int(executions.group(1)) if executions else 0, took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each bug")
    parser.add_argument("--table", type=Path, help="file for the table, too")
    parser.add_argument("patches", nargs="*", help="names without .patch; all of them")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    names = [p.name.removesuffix("_fuzz") for p in (BUILD / "tests/fuzz").glob("*_fuzz")]
    targets = sorted(names, key=len, reverse=True)
    lines = ["| target | planted bug | in | found as | executions | seconds |", "|---|---|---|---|--:|--:|"]
    print("\n".join(lines), flush=True)
    planted, missed = set(), 0
    for patch in sorted((ROOT / "tests/fuzz/planted").glob("*.patch")):
        if options.patches and patch.stem not in options.patches:
            continue
        target = next(t for t in targets if patch.stem == t or patch.stem.startswith(t + "_"))
        text = patch.read_text()
        path = re.search(r"^--- a/(\S+)", text, re.M).group(1)
        program = link_with(target, compile_with(patch, path))
        found, executions, took = search(program, target, options.seconds)
        os.remove(program)
        planted.add(target)
        missed += not found
        lines.append(f"| {target} | {text.splitlines()[0]} | `{path}` | {found or '**not found**'} | {executions:,} | "
                     f"{took:.1f} |")
        print(lines[-1], flush=True)
    if options.table:
        options.table.write_text("\n".join(lines) + "\n")
    without = [] if options.patches else sorted(set(targets) - planted)
    if without:
        print("no bug planted for: " + ", ".join(without))
    print(f"{len(lines) - 2} bugs planted, {missed} not found")
    return 1 if missed or without else 0


if __name__ == "__main__":
    sys.exit(main())
