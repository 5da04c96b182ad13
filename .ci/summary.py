#!/usr/bin/env python3
"""Sums up ctest's JUnit reports: skipped tests with their reasons, failed ones, and one closing line.

Exits with 1 on a failure: of a test, of a make target without a failed test (a build that broke), or of a test
labelled "must-run" that was skipped. One labelled "needs-go" as well may be skipped where there is no Go that could
build Kubernetes: Debian 12 has none. One labelled "needs-npm" may be where there is no npm.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def skip_reason(case):
    """The line of the test's output that says why it was skipped, or its last one."""
    output = case.findtext("system-out") or ""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for index, line in enumerate(lines):
        if re.match(r".*: Skipped$", line) and index + 1 < len(lines):  # GoogleTest: the reason follows
            return lines[index + 1]
    for line in reversed(lines):
        if re.match(r"skip(ped)?\b", line, re.IGNORECASE):
            return re.sub(r"^skip(ped)?:\s*", "", line, flags=re.IGNORECASE)
    return lines[-1] if lines else "no reason given"


def read_report(path):
    """Yields (name, outcome, reason) of each test; outcome is passed, failed or skipped."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status")
        if status == "run" and case.find("failure") is None:
            yield case.get("name"), "passed", ""
        elif status == "disabled" or case.find("skipped") is not None:
            yield case.get("name"), "skipped", skip_reason(case)
        else:
            yield case.get("name"), "failed", ""


def labelled(build, label):
    """Names of the tests that have the label."""
    made = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1", "-L", f"^{label}$"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if made.returncode != 0:
        return set()
    return {test["name"] for test in json.loads(made.stdout)["tests"]}


def has_go():
    """Whether the Go here is new enough for tests/e2e/kube/go.mod."""
    try:
        told = subprocess.run(["go", "env", "GOVERSION"], stdout=subprocess.PIPE, text=True, check=False).stdout
    except OSError:
        return False
    version = re.match(r"go(\d+)\.(\d+)", told)
    return bool(version) and tuple(map(int, version.groups())) >= (1, 26)


def must_run(build):
    """Names of the tests that have to run on this machine."""
    names = labelled(build, "must-run")
    if not has_go():
        names -= labelled(build, "needs-go")
    if not shutil.which("npm"):
        names -= labelled(build, "needs-npm")
    return names


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--expected", nargs="+", required=True)
    parser.add_argument("--failed-targets", nargs="*", default=[])
    args = parser.parse_args()

    counts = {"passed": 0, "failed": 0, "skipped": 0}
    required = must_run(args.build)
    for target in args.expected:
        report = os.path.join(args.reports, target + ".xml")
        failed_before = counts["failed"]
        if os.path.exists(report):
            for name, outcome, reason in read_report(report):
                if outcome == "skipped":
                    print(f"skipped: {name}: {reason}")
                    if name in required:
                        print(f"failed: {name}: it must run")
                        outcome = "failed"
                elif outcome == "failed":
                    print(f"failed: {name}")
                counts[outcome] += 1
        if target in args.failed_targets and counts["failed"] == failed_before:
            print(f"failed: make {target}, before or beside its tests")
            counts["failed"] += 1
        elif not os.path.exists(report):
            print(f"failed: make {target} left no report")
            counts["failed"] += 1
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
