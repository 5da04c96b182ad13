#!/usr/bin/env python3
"""Runs the fuzz targets of build/fuzz from their seeds in tests/fuzz/corpus/ and prints a table of what they did.

What is found goes to build/fuzz/: new inputs to corpus/TARGET, crashes to TARGET-crash-*. Ends with 1 if a target
crashed, hung, or used too much memory; the other targets still run.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/fuzz"
LIMITS = ["-max_len=65536", "-timeout=10", "-rss_limit_mb=1536"]


class Target:
    def __init__(self, program: Path):
        self.program = program
        self.name = program.name.removesuffix("_fuzz")
        self.executions = self.inputs = self.edges = self.features = self.peak_mb = self.seeds = 0
        self.cpu = 0.0
        self.failed = ""

    def run(self, seconds: float) -> None:
        """Until it has used that much CPU, however much of a core it gets."""
        new = BUILD / "corpus" / self.name
        new.mkdir(parents=True, exist_ok=True)
        folders = [new, ROOT / "tests/fuzz/corpus" / self.name]
        self.seeds = len(list(folders[1].iterdir())) if folders[1].is_dir() else 0
        # A round that ended at once would go on for ever.
        for _ in range(100):
            if self.cpu >= seconds or self.failed:
                return
            log = BUILD / f"{self.name}.log"
            with open(log, "w") as out:
                # A round begins with the whole corpus.
                left = max(10, int(seconds - self.cpu + 0.999))
                process = subprocess.Popen(
                    [self.program, f"-max_total_time={left}", "-print_final_stats=1",
                     f"-artifact_prefix={BUILD}/{self.name}-", *LIMITS, *(str(f) for f in folders if f.is_dir())],
                    stdout=out, stderr=subprocess.STDOUT)
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            self.read(log.read_text(errors="replace"), process.returncode, usage.ru_utime + usage.ru_stime)

    def read(self, log: str, code: int, cpu: float) -> None:
        self.cpu += cpu
        def stat(name: str) -> int:
            found = re.search(rf"stat::{name}:\s+(\d+)", log)
            return int(found.group(1)) if found else 0
        self.executions += stat("number_of_executed_units")
        self.peak_mb = max(self.peak_mb, stat("peak_rss_mb"))
        progress = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log)
        if progress:
            self.edges, self.features, self.inputs = map(int, progress[-1])
        if code != 0:
            summary = re.search(r"SUMMARY: .*|ERROR: .*", log)
            self.failed = summary.group(0) if summary else f"exit code {code}"
            lines = [line for line in log.splitlines() if not re.match(r"#\d+\s", line)]
            print(f"{self.name} failed:", *lines[-40:], sep="\n", file=sys.stderr, flush=True)

    def result(self, commit: str) -> dict:
        return {"target": self.name, "commit": commit, "seeds": self.seeds, "executions": self.executions,
                "edges": self.edges, "inputs": self.inputs, "peak_mb": self.peak_mb, "cpu_seconds": self.cpu,
                "failed": self.failed}


def row(result: dict) -> str:
    cpu = result["cpu_seconds"]
    rate = result["executions"] / cpu if cpu else 0
    cells = [result["target"], result["seeds"], f"{result['executions']:,}", f"{rate:,.0f}", f"{result['edges']:,}",
             f"{result['inputs']:,}", result["peak_mb"], f"{cpu / 60:.1f}", result["failed"] or 0, result["commit"]]
    return "| " + " | ".join(map(str, cells)) + " |"


def table(results: list) -> str:
    def total(key: str) -> float:
        return sum(r[key] for r in results)

    crashed = sum(1 for r in results if r["failed"])
    heads = ("target", "seeds", "executions", "per CPU second", "edges", "inputs kept", "MB", "CPU minutes", "crashes",
             "commit")
    lines = ["| " + " | ".join(heads) + " |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|", *map(row, results),
             f"| all {len(results)} | {total('seeds'):,} | {total('executions'):,} | | | | | "
             f"{total('cpu_seconds') / 60:.1f} | {crashed} | |"]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1, help="CPU minutes for each target")
    parser.add_argument("--in-all", type=float, default=0, help="CPU minutes of all targets together, if that is more")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="targets at a time")
    parser.add_argument("--results", type=Path, help="file of JSON lines to add the results to; the table is of the "
                        "last of each target in it")
    parser.add_argument("--table", type=Path, help="file for the table, too")
    parser.add_argument("targets", nargs="*", help="names without _fuzz; all of them")
    options = parser.parse_args()
    programs = sorted((BUILD / "tests/fuzz").glob("*_fuzz"))
    targets = [t for t in map(Target, programs) if not options.targets or t.name in options.targets]
    if not targets or len(targets) < len(options.targets):
        print(f"no such targets in {BUILD}/tests/fuzz", file=sys.stderr)
        return 2
    seconds = 60 * max(options.minutes, options.in_all / len(targets))
    print(f"{len(targets)} targets, {seconds / 60:.1f} CPU minutes each, {options.jobs} at a time", flush=True)

    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout
    commit = os.environ.get("FUZZ_COMMIT", commit.strip())
    waiting, lock, began = list(targets), threading.Lock(), time.monotonic()

    results: dict = {}
    if options.results and options.results.exists():
        results = {r["target"]: r for r in map(json.loads, options.results.read_text().splitlines())}

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                target = waiting.pop(0)
            target.run(seconds)
            result = target.result(commit)
            print(row(result), flush=True)
            with lock:
                results[target.name] = result
                if options.results:
                    with open(options.results, "a") as out:
                        out.write(json.dumps(result) + "\n")

    workers = [threading.Thread(target=work) for _ in range(options.jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    crashed = [t for t in targets if t.failed]
    text = table([results[name] for name in sorted(results)])
    print("\n" + text)
    if options.table:
        options.table.write_text(text)
    print(f"\n{len(targets)} fuzz targets, {len(crashed)} crashed; {sum(t.cpu for t in targets) / 60:.1f} CPU minutes "
          f"in {(time.monotonic() - began) / 60:.1f}")
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
