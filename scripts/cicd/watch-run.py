#!/usr/bin/env python3
"""Waits for the first run that a deployment has started, tells how it ended, and fails if it failed.

    scripts/cicd/watch-run.py --release my-job --namespace spark [--exporter-url http://spark-exporter:9817]

A run counts if it began after the release's newest revision was stored (by the API server's clock), or after --since.
How it ended is asked of the exporter's observer where its URL is given (or $EXPORTER_URL), which also knows retries to
come and why a run failed; else of the API server with kubectl: the SparkApplication, the Job that submits, or the
driver pod. On a failure the end of the driver's log is shown.

Exit codes: 0 it succeeded (or runs, with --until running), 1 it failed or was cancelled, 2 not understood or not
allowed, 3 no outcome in time.
"""

import argparse
import calendar
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

DRIVER = "spark-kubernetes-driver"
SIDECAR = "spark-exporter"
UNITS = {"s": 1, "m": 60, "h": 3600}
OPERATOR_STATES = {"COMPLETED": "succeeded", "FAILED": "failed", "RUNNING": "running", "SUCCEEDING": "running"}


def duration(text):
    try:
        return float(text[:-1]) * UNITS[text[-1:]]
    except (KeyError, ValueError):
        raise argparse.ArgumentTypeError(f'"{text}" is no time such as 90s, 20m, 2h')


def epoch(text):
    """Kubernetes' time as seconds; None for none."""
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) if text else None


def moment(text):
    try:
        return float(text) if text.replace(".", "", 1).isdigit() else epoch(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is neither 2026-11-27T06:00:00Z nor seconds since 1970')


class Problem(Exception):
    """What must be told, and ends the watch."""


class Kubernetes:
    """The API server, by way of kubectl."""

    def __init__(self, namespace):
        self.namespace = namespace

    def run(self, *words):
        """(exit code, standard output, standard error)"""
        where = ["--namespace", self.namespace] if self.namespace else []
        try:
            done = subprocess.run(["kubectl", *where, *words], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise Problem("no kubectl on the PATH")
        return done.returncode, done.stdout, done.stderr.strip()

    def items(self, kind, selector):
        """Objects of that kind, newest last; none where the cluster does not know the kind."""
        code, out, said = self.run("get", kind, "-l", selector, "-o", "json")
        if code:
            if "the server doesn't have a resource type" in said:
                return []
            raise Problem(f"kubectl get {kind} -l {selector}: {said}")
        return sorted(json.loads(out)["items"], key=lambda item: item["metadata"]["creationTimestamp"])

    def deployed(self, release):
        """When Helm stored the release's newest revision."""
        found = self.items("secrets", f"owner=helm,name={release}")
        if not found:
            raise Problem(f"no release {release} in {self.namespace or 'this namespace'}: give --namespace, or --since")
        return epoch(found[-1]["metadata"]["creationTimestamp"])

    def find(self, job, since):
        """The newest run since then, as {state, reason, evidence, driver_pod}; None while there is none."""
        label = f"spark-exporter.io/job={job}"
        pods = [pod for pod in self.items("pods", f"{label},spark-role=driver") if _born(pod) >= since]
        pod = pods[-1]["metadata"]["name"] if pods else None
        for application in reversed(self.items("sparkapplications.sparkoperator.k8s.io", label)):
            status = application.get("status", {})
            if max(_born(application), epoch(status.get("lastSubmissionAttemptTime")) or 0) >= since:
                told = status.get("applicationState", {})
                state = OPERATOR_STATES.get(told.get("state"), "pending")
                return {"state": state, "evidence": told.get("errorMessage"), "driver_pod": pod}
        for submission in reversed(self.items("jobs", f"{label},!app.kubernetes.io/component")):
            if _born(submission) >= since:
                ends = {
                    one["type"]: one
                    for one in submission.get("status", {}).get("conditions") or []
                    if one["status"] == "True"
                }
                state = (
                    "failed"
                    if "Failed" in ends
                    else "succeeded"
                    if "Complete" in ends
                    else "running"
                    if pod
                    else "pending"
                )
                return {"state": state, "evidence": ends.get("Failed", {}).get("message"), "driver_pod": pod}
        return _by_container(pods[-1]) if pods else None

    def last_words(self, pod, patience):
        """What the exporter beside the driver leaves as its container's message when it goes, soon after the driver."""
        end = time.monotonic() + patience
        while True:
            code, out, _ = self.run("get", "pod", pod, "-o", "json")
            status = json.loads(out).get("status", {}) if code == 0 else {}
            both = (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])
            state = next((one.get("state", {}) for one in both if one["name"] == SIDECAR), {})
            if "running" not in state or time.monotonic() > end:
                return state.get("terminated", {}).get("message")
            time.sleep(2)


def _born(item):
    return epoch(item["metadata"]["creationTimestamp"])


def _by_container(pod):
    """By the driver's own container: the pod's phase is the sidecar's as well."""
    run = {"state": "pending", "driver_pod": pod["metadata"]["name"]}
    for one in pod.get("status", {}).get("containerStatuses") or []:
        if one["name"] == DRIVER and "running" in one["state"]:
            run["state"] = "running"
        if one["name"] == DRIVER and "terminated" in one["state"]:
            end = one["state"]["terminated"]
            run.update(
                state="failed" if end["exitCode"] else "succeeded",
                exit_code=end["exitCode"],
                reason=end.get("reason"),
                evidence=end.get("message"),
            )
    return run


class Observer:
    """The exporter's observer."""

    def __init__(self, url, namespace):
        self.url, self.namespace = url.rstrip("/"), namespace

    def find(self, job, since):
        try:
            with urllib.request.urlopen(self.url + "/report?format=json", timeout=15) as answer:
                report = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 503:  # its first lists are not in yet
                return None
            raise Problem(f"{self.url}/report: HTTP {error.code}")
        except (OSError, ValueError) as error:
            raise Problem(f"{self.url}/report: {error}")
        if "runs" not in report:
            raise Problem(f"{self.url} is no observer (--mode=observer), so it knows one run only")
        runs = [
            run
            for run in report["runs"]
            if run["app"] == job
            and self.namespace in (None, run["namespace"])
            and max(run.get("submitted") or 0, run.get("started") or 0) >= since
        ]
        return max(runs, key=lambda run: max(run.get("submitted") or 0, run.get("started") or 0), default=None)


def show(run, job, kubernetes, patience):
    print(f"{job}: {run['state']}")
    for key in ("reason", "exit_code", "exception", "evidence", "attempt", "app_id", "driver_pod", "node"):
        if run.get(key) not in (None, ""):
            print(f"  {key}: {str(run[key])[:500]}")
    if run.get("ended") and run.get("started"):
        print(f"  duration: {run['ended'] - run['started']:.0f} s")
    pod = run.get("driver_pod")
    try:
        words = pod and kubernetes.last_words(pod, patience)
        if words:
            print("  report of the exporter beside it: " + words.strip())
        if pod and run["state"] == "failed":
            code, log, said = kubernetes.run("logs", pod, "-c", DRIVER, "--tail=40")
            print(f"--- end of the driver's log\n{(log if code == 0 else said).rstrip()}\n---")
    except Problem as problem:
        print(f"  (no more to be had: {problem})")


def watch(args):
    kubernetes = Kubernetes(args.namespace)
    job = args.job or args.release
    since = args.since if args.since is not None else kubernetes.deployed(args.release)
    source = Observer(args.exporter_url, args.namespace) if args.exporter_url else kubernetes
    good = {"succeeded"} | ({"running"} if args.until == "running" else set())
    begin, told, refused = time.monotonic(), None, 0
    while True:
        try:
            run, refused = source.find(job, since), 0
        except Problem as problem:
            refused += 1
            if refused == 5:  # a restart of the API server or of the observer is no answer
                raise
            print(f"{job}: {problem}; asking again", file=sys.stderr, flush=True)
            run = None
        state = run["state"] if run else "no run yet"
        if state != told:
            print(f"[{time.monotonic() - begin:5.0f} s] {job}: {state}", flush=True)
            told = state
        if run and state in good | {"failed", "cancelled", "unknown"}:
            show(run, job, kubernetes, args.report_timeout)
            return 0 if state in good else 3 if state == "unknown" else 1
        waited = time.monotonic() - begin
        if not run and waited > args.start_timeout:
            raise TimeoutError(
                f"{job}: no run began within {args.start_timeout:.0f} s. Nothing that runs has changed, "
                "or it only runs by its schedule (scripts/cicd/run-now.sh)"
            )
        if waited > args.timeout:
            if run:
                show(run, job, kubernetes, args.report_timeout)
            raise TimeoutError(f"{job}: no outcome within {args.timeout:.0f} s")
        time.sleep(args.every)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", required=True, help="Helm's release")
    parser.add_argument("--namespace", help="default: kubectl's own")
    parser.add_argument("--job", help="the job's stable name, if it is not the release's")
    parser.add_argument("--exporter-url", default=os.environ.get("EXPORTER_URL") or None, help="the observer")
    parser.add_argument("--since", type=moment, help="runs from then on (2026-11-27T06:00:00Z, or seconds since 1970)")
    parser.add_argument(
        "--until", choices=("ended", "running"), default="ended", help="running: for jobs without an end"
    )
    parser.add_argument("--timeout", type=duration, default=3600.0, metavar="TIME", help="for the outcome (1h)")
    parser.add_argument("--start-timeout", type=duration, default=600.0, metavar="TIME", help="for the start (10m)")
    parser.add_argument(
        "--report-timeout",
        type=duration,
        default=90.0,
        metavar="TIME",
        help="for the exporter's report after the end (90s)",
    )
    parser.add_argument("--every", type=duration, default=5.0, metavar="TIME", help="pause between questions (5s)")
    try:
        sys.exit(watch(parser.parse_args()))
    except Problem as problem:
        print(f"watch-run.py: {problem}", file=sys.stderr)
        sys.exit(2)
    except TimeoutError as late:
        print(f"watch-run.py: {late}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
