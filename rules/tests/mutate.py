#!/usr/bin/env python3
"""Moves every threshold, window and `for` of every rule across its boundary, one at a time, and expects that a unit test of
the alert turns red: else nothing holds the number where it is.

    mutate.py                    all of them
    mutate.py --sample 12 --seed 3
    mutate.py --markdown FILE    all of them, and writes what was found as a table
"""
import argparse
import concurrent.futures
import dataclasses
import os
import random
import sys
import tempfile

import promtool
from generator import rule
from thresholds import FOR, LIMITS, WINDOWS, Table

SKIPPED = 77


@dataclasses.dataclass
class Mutant:
    number: str  # its name in thresholds.py; for a `for` that of the alert
    kind: str
    value: float
    moved: float
    alerts: tuple  # whose tests must notice
    file: str
    at: int  # which rule of the file
    rules: list  # the file's rules with the one that is moved

    def __str__(self):
        return f"{self.alerts[0]}: {self.kind} {self.number} {self.value:g} -> {self.moved:g}"


def moves(name, value):
    """The values on the other sides of the boundary."""
    if name in FOR:
        step = 30 if name == "HighGCTime" else 60
        return [value - step, value + step]
    if name in WINDOWS:
        return [value // 2, value * 2]
    if isinstance(value, int) and value % 60 == 0:  # seconds: what evaluation each minute can tell apart
        step = max(60, value // 50 // 60 * 60)
    elif isinstance(value, int) and value <= 20 and name != "gc_percent":
        step = 1
    else:
        step = value * 0.02
    return [value - step, value + step]


def rules_of(table):
    """{file: [rule]}"""
    return {name: [one for group in groups for one in group.rules]
            for name, (_, groups) in promtool.generate.files(table).items()
            if name != "contract-keep-firing.yaml" and name != "recording.yaml"}


def replaced(before, after):
    """The rule before with what the other one compares: its texts stay, for they name the number."""
    if isinstance(before, rule.Recording):
        return after
    return dataclasses.replace(before, expr=after.expr, hold=after.hold)


def users(name, one, rules):
    """The alerts that a rule decides."""
    if isinstance(one, rule.Alert):
        return (one.name,)
    return tuple(dict.fromkeys(other.name for other in rules if isinstance(other, rule.Alert) and one.name in other.expr))


def mutants():
    """All of them. A number that is used in several rules is moved in each of them alone."""
    found = []
    original = rules_of(Table())
    for kind, numbers in (("for", FOR), ("threshold", LIMITS), ("window", WINDOWS)):
        for name, value in numbers.items():
            value = value if kind == "for" else value[0]
            for moved in moves(name, value):
                for file, rules in rules_of(Table(**{name: moved})).items():
                    for at, (before, after) in enumerate(zip(original[file], rules, strict=True)):
                        new = replaced(before, after)
                        if new != before:
                            changed = [*original[file][:at], new, *original[file][at + 1:]]
                            found.append(Mutant(name, kind, value, moved, users(name, new, changed), file, at, changed))
    return found


def needed(mutant):
    """The moved rule and those that the tests need beside it: rules of the same name, and those whose results it takes."""
    return [one for at, one in enumerate(mutant.rules) if at == mutant.at or isinstance(one, rule.Recording)
            or one.name in mutant.alerts or any(f'"{one.name}"' in other.expr for other in mutant.rules
                                                if other.name in mutant.alerts)]


def is_noticed(mutant):
    """Whether a test turns red."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        files = ["moved.yaml"]
        with open(os.path.join(folder, "moved.yaml"), "w", encoding="utf-8") as out:
            out.write(rule.document("moved", [rule.Group("moved", needed(mutant))]))
        if "SparkShortExecutorsGCTime" in mutant.alerts:
            with open(os.path.join(folder, "contract.yaml"), "w", encoding="utf-8") as out:
                out.write(promtool.generate.rule_files()["contract.yaml"])
            files.insert(0, "contract.yaml")
        steps = {}
        for _, case in promtool.all_cases():
            if case.alert in mutant.alerts:
                steps.setdefault(case.step, []).append(case)
        for step, cases in steps.items():
            with open(os.path.join(folder, f"test-{step}.yaml"), "w", encoding="utf-8") as out:
                out.write(promtool.document(cases, files, folder))
            code, output = promtool.run([f"test-{step}.yaml"], folder)
            if code != 0:
                if "exp:" not in output:
                    raise AssertionError(f"{mutant}: no test failed, but promtool: {output[-500:]}")
                return True
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="those whose name has this in it")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    if not promtool.is_there():
        print("skipped: no promtool (Debian: prometheus)")
        return SKIPPED
    every = mutants()
    unused = set(FOR) | set(LIMITS) | set(WINDOWS)
    unused -= {one.number for one in every}
    chosen = [one for one in every if not args.only or args.only in str(one)]
    if args.sample:
        chosen = random.Random(args.seed).sample(chosen, min(args.sample, len(chosen)))
    promtool.all_cases()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        noticed = list(pool.map(is_noticed, chosen))
    survivors = [str(one) for one, seen in zip(chosen, noticed) if not seen]
    for one in survivors:
        print(f"no test notices: {one}")
    for name in sorted(unused):
        print(f"used by no rule: {name}")
    counts = {kind: (sum(one.kind == kind for one in chosen),
                     sum(seen for one, seen in zip(chosen, noticed) if one.kind == kind))
              for kind in ("for", "threshold", "window")}
    told = ", ".join(f"{seen} of {count} moved {kind}s" for kind, (count, seen) in counts.items())
    print(f"{told} turned a test red ({len(every)} in all, {len(chosen)} tried)")
    if args.markdown:
        with open(args.markdown, "w", encoding="utf-8") as out:
            out.write("| moved, in each rule that uses it | tried | turned a test red |\n| --- | --- | --- |\n")
            for kind, (count, seen) in counts.items():
                out.write(f"| {kind} | {count} | {seen} |\n")
    return 1 if survivors or unused else 0


if __name__ == "__main__":
    sys.exit(main())
