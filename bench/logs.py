#!/usr/bin/env python3
"""Lines of a log that one core reads in a second, beside grep -c on the same file. By itself: logs.py [--markdown] [log_bench]."""
import gzip
import json
import os
import subprocess
import sys
import tempfile

from driver import ROOT, Unavailable

FIXTURES = os.path.join(ROOT, "tests", "fixtures", "logs")
FILE_BYTES = 200_000_000
ROUNDS = 5
# Of the healthy run next to nothing is searched; of the one that failed four bytes in five are stack traces.
LOGS = {"healthy run": "3.5.9-healthy.log.gz", "failed run": "3.5.9-failing.log.gz"}
GREPS = {
    "grep -c ERROR": ["-c", "ERROR"],
    "grep -cF of ten texts": ["-cF"] + [word for text in (
        "java.lang.OutOfMemoryError", "Lost executor", "FetchFailed", "No space left on device", "ClassNotFoundException",
        "Permission denied", "aborted due to stage failure", "Traceback (most recent call last)", "SlowDown",
        "Dropping event from queue") for word in ("-e", text)]}


def write_log(name, path):
    with gzip.open(os.path.join(FIXTURES, name)) as source:
        text = source.read()
    with open(path, "wb") as out:
        for _ in range(FILE_BYTES // len(text)):
            out.write(text)


def grep_seconds(words, path):
    """The processor time of the best of some runs, in the C locale, which is grep's fastest."""
    best = None
    for _ in range(ROUNDS):
        grep = subprocess.Popen(["grep", *words, path], stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
        grep.stdout.read()
        _, status, usage = os.wait4(grep.pid, 0)
        grep.returncode = os.waitstatus_to_exitcode(status)
        if grep.returncode > 1:
            raise Unavailable(f"grep ended with {grep.returncode}")
        seconds = usage.ru_utime + usage.ru_stime
        best = seconds if best is None else min(best, seconds)
    return best


def measure(program):
    if not os.access(program, os.X_OK):
        raise Unavailable(f"{program} is not built")
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "driver.log")
        for name, fixture in LOGS.items():
            write_log(fixture, path)
            ours = json.loads(subprocess.check_output([program, path], text=True))
            for peer, words in GREPS.items():
                rows.append({"log": name, "bytes": ours["bytes"], "ours": ours["lines"] / ours["seconds"], "peer": peer,
                             "grep": ours["lines"] / grep_seconds(words, path)})
    return {"rows": rows}


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    rows = measure(words[0] if words else os.path.join(ROOT, "build", "release", "bench", "log_bench"))["rows"]
    if "--markdown" in sys.argv:
        print("| file | beside | ours, lines/s | grep, lines/s | ours / grep |\n| --- | --- | --- | --- | --- |")
    for row in rows:
        line = (f"log of a {row['log']}, {row['bytes'] / 1e6:.0f} MB", f"`{row['peer']}`", f"{row['ours']:,.0f}",
                f"{row['grep']:,.0f}", f"{row['ours'] / row['grep']:.2f}")
        print("| " + " | ".join(line) + " |" if "--markdown" in sys.argv else "  ".join(line))


if __name__ == "__main__":
    main()
