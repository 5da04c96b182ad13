#!/usr/bin/env python3
"""How much of each decoder the seeds of tests/fuzz/corpus/ reach, in lines, as llvm-cov counts them.

Needs build/coverage (cmake --preset coverage, target fuzz_replay). Ends with 1 if a decoder has less than LEAST per
cent; with --lines the lines of decoders that no seed reaches are printed, too.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/coverage"
PROGRAM = BUILD / "tests/fuzz/fuzz_replay"
# What reads bytes from outside.
DECODERS = {
    "Spark's REST API": ["spark/decode_*.cpp", "spark/time.cpp", "json/*.cpp"],
    "Kubernetes": ["kubernetes/decode_*.cpp", "kubernetes/text.cpp", "kubernetes/line_reader.cpp",
                   "kubernetes/list_watch.cpp", "outcome/operator_evidence.cpp"],
    "HTTP answers": ["net/response_parser.cpp", "net/header_fields.cpp", "net/inflate.cpp", "net/body_stream.cpp"],
    "HTTP requests": ["web/request_head.cpp", "web/negotiation.cpp", "common/form_text.cpp", "runbooks/fill.cpp",
                      "runbooks/markdown.cpp"],
    "YAML": ["config/config_file.cpp", "config/price_file.cpp", "config/web_file.cpp", "config/yaml_*.cpp"],
    "command line": ["config/options.cpp", "config/duration.cpp", "net/url.cpp", "web/listen_address.cpp",
                     "sizing/first_run_text.cpp"],
    "quality": ["intake/quality_*.cpp", "intake/python_json.cpp"],
    "backups": ["backup/report.cpp", "backup/plan.cpp"],
    "logs and free text": ["logs/reader.cpp", "logs/level.cpp", "logs/stamp_gate.cpp", "logs/clues.cpp",
                           "logs/automaton.cpp", "outcome/failure_text.cpp", "common/redact.cpp", "common/text.cpp",
                           "model/naming.cpp",
                           "model/removal_reason.cpp"],
    "schedules": ["jobs/cron_fields.cpp", "jobs/schedule.cpp", "jobs/zone.cpp"],
    "last words, baselines": ["outcome/last_words.cpp", "outcome/baseline.cpp"],
    "prices": ["cost/opencost.cpp", "cost/price_book.cpp"],
    "reports": ["report/document.cpp", "report/text.cpp", "report/html.cpp"],
    "state files": ["model/state_file.cpp", "cost/ledger_state.cpp", "jobs/fleet_state.cpp", "jobs/uid.cpp",
                    "quality/ledger_state.cpp", "backup/book_state.cpp", "app/cost_meter_state.cpp"],
}


def tool(name: str) -> str:
    return f"/usr/lib/llvm-14/bin/{name}"


def profile() -> Path:
    """Of all targets over their seeds."""
    raw = BUILD / "raw"
    raw.mkdir(exist_ok=True)
    for old in raw.iterdir():
        old.unlink()
    for seeds in sorted((ROOT / "tests/fuzz/corpus").iterdir()):
        subprocess.run([PROGRAM, seeds.name, str(seeds), "0"], check=True, cwd=BUILD,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "LLVM_PROFILE_FILE": str(raw / f"{seeds.name}.profraw")})
    merged = BUILD / "fuzz.profdata"
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-o", str(merged), *map(str, raw.iterdir())], check=True)
    return merged


def read(merged: Path) -> tuple[dict[str, dict], dict[str, list[int]]]:
    """Of each file, by its path in the repository: how many lines it has and how many are reached; which are not."""
    export = subprocess.run([tool("llvm-cov"), "export", "-format=lcov", f"-instr-profile={merged}", str(PROGRAM)],
                            check=True, capture_output=True, text=True).stdout
    counts, unreached = {}, {}
    path = None
    for line in export.splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            whole = (BUILD / value).resolve()  # relative where ccache made it so
            path = str(whole.relative_to(ROOT)) if whole.is_relative_to(ROOT) else None
            if path:
                counts[path], unreached[path] = {}, []
        elif path and key in ("LF", "LH"):
            counts[path]["count" if key == "LF" else "covered"] = int(value)
        elif path and key == "DA":
            number, executed = value.split(",")[:2]
            if executed == "0":
                unreached[path].append(int(number))
    for lines in counts.values():
        lines["percent"] = 100 * lines["covered"] / lines["count"] if lines["count"] else 100.0
    return counts, unreached


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--least", type=float, default=90, help="per cent of each decoder's lines")
    parser.add_argument("--lines", action="store_true", help="print the lines that no seed reaches")
    parser.add_argument("--table", type=Path, help="file for the table, too")
    options = parser.parse_args()
    merged = profile()
    counts, unreached = read(merged)
    rows = ["| decoder | files | lines | reached | % | the file with least | % |", "|---|--:|--:|--:|--:|---|--:|"]
    low, absent, wanted = [], [], set()
    for name, patterns in DECODERS.items():
        files = sorted({p for pattern in patterns for p in (ROOT / "exporter").glob(pattern)})
        lines = {str(p.relative_to(ROOT)): counts.get(str(p.relative_to(ROOT))) for p in files}
        missing = [p for p, c in lines.items() if c is None]
        absent += missing
        lines = {p: c for p, c in lines.items() if c}
        wanted |= lines.keys()
        low += [p for p, c in lines.items() if c["percent"] < options.least]
        least = min(lines, key=lambda p: lines[p]["percent"])
        total, reached = (sum(c[k] for c in lines.values()) for k in ("count", "covered"))
        rows.append(f"| {name} | {len(lines)} | {total:,} | {reached:,} | {100 * reached / total:.1f} | "
                    f"`{least.removeprefix('exporter/')}` | {lines[least]['percent']:.1f} |")
    print("\n".join(rows))
    if options.table:
        options.table.write_text("\n".join(rows) + "\n")
    for path in sorted(low):
        print(f"{path}: {counts[path]['percent']:.1f} %")
    if options.lines:
        for path in sorted(wanted):
            text = (ROOT / path).read_text().splitlines()
            for number in unreached[path]:
                print(f"{path}:{number}: {text[number - 1]}")
    for path in absent:
        print(f"{path}: no target has it")
    print(f"{len(low)} files below {options.least:g} %")
    return 1 if low or absent else 0


if __name__ == "__main__":
    sys.exit(main())
