"""Randomised runs on a real Kubernetes under faults: drivers end, are killed, deleted and evicted at any moment, while the
way to the API server is refused, cut, slowed or goes silent, and observer and sidecars are killed and come back. At the
end each run's outcome is compared with what the kubelet said of its driver, and spark_job_runs_total with their number.

  prove_outcomes.py [--runs 300] [--seed N] [--markdown FILE]

A run counts as unknowable, not as lost, if its pod was deleted and gone while no observer could see it and none of its
sidecar's words could arrive: then nobody alive knows it.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import random
import signal
import sys
import time

import kube_lab
import lab
import tcp_faults
from exposition import Scrape
from kube_pods import ALONE, BOTH, NATIVE, Maker

AT_ONCE = 8
SETTLE = 240        # seconds after the last fault in which everything must be known; a silent watch is noticed after 90
BLIND_AFTER = 25    # seconds after a fault until the watches are certainly in step again
SILENT = 160
ENDS = (("exit 0", 38), ("exit 1", 22), ("exit 3", 4), ("kill -KILL $$$$; sleep 60", 8), ("kill -TERM $$$$; sleep 60", 8),
        ("deleted", 12), ("evicted", 8))
MODES = ((ALONE, 45), (BOTH, 45), (NATIVE, 10))
LONE_FLAGS = ("--outcome.linger-success=2s", "--outcome.linger-failure=8s")


def pick(chance, table):
    return chance.choices([one for one, _ in table], [weight for _, weight in table])[0]


class Run:
    def __init__(self, number, chance):
        self.mode, self.end = pick(chance, MODES), pick(chance, ENDS)
        # A third of the runs are of few jobs, which run again and again.
        self.job = f"often-{self.mode}-{number % 5}" if number % 3 == 0 and self.mode != NATIVE else f"once-{number}"
        self.moment = chance.uniform(0, 7)
        self.after_start = chance.random() < 0.8
        self.pod = self.error = self.asked_at = None

    @property
    def app_id(self):
        return self.pod["metadata"]["labels"]["spark-app-selector"]

    def drive(self, cluster, makers):
        try:
            by_others = self.end in ("deleted", "evicted")
            script = "exec sleep 900" if by_others else f"sleep {self.moment:.2f}; {self.end}"
            self.pod = makers[self.mode].stand_in(self.job, script)
            if not by_others:
                cluster.pods.wait(self.pod, "the driver's end", lambda seen, gone: kube_lab.ended(seen), 300)
                return
            if self.after_start or self.end == "evicted":
                cluster.pods.wait(self.pod, "its start", lambda seen, gone: kube_lab.is_running(seen), 240)
            time.sleep(self.moment)  # the moment is the seed's choice
            self.asked_at = time.time()
            meta = self.pod["metadata"]
            if self.end == "deleted":
                cluster.delete_pod(meta["namespace"], meta["name"])
            else:
                cluster.evict_pod(meta["namespace"], meta["name"], 2)
            cluster.pods.wait(self.pod, "the pod to be gone", lambda seen, gone: gone, 300)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"

    def truth(self, cluster):
        """(state, reason) by what the kubelet and the API said."""
        if self.end == "deleted":
            return "cancelled", "-"
        if self.end == "evicted":
            return "failed", "Evicted"
        code = kube_lab.ended(cluster.pods.last(self.pod)).get("exitCode")
        if code == 0:
            return "succeeded", "-"
        return "failed", "Killed" if code in (137, 143) else "UserError"


class Chaos(lab.Background):
    """Faults, one after the other, until it is left; remembers when nobody could see."""
    patience = 120

    def __init__(self, chance, cluster, relay, observers):
        self.chance, self.cluster, self.relay, self.observers = chance, cluster, relay, observers
        self.blind, self.done = [], collections.Counter()

    def _run(self):
        faults = ((self.refuse, 20), (self.cut, 20), (self.slow, 15), (self.go_silent, 3), (self.kill_observer, 20),
                  (self.kill_sidecar, 20))
        while not self.stop.wait(self.chance.uniform(1, 8)):
            fault = pick(self.chance, faults)
            since = time.time()
            lasts = fault()
            self.done[fault.__name__.replace("_", " ")] += 1
            self.blind.append((since, time.time() + lasts))
        self.relay.heal()

    def was_blind(self, since, until):
        return any(start < until and end > since for start, end in self.blind)

    def refuse(self):
        self.relay.refuse()
        self.stop.wait(self.chance.uniform(1, 12))
        self.relay.heal()
        return BLIND_AFTER

    def cut(self):
        self.relay.cut()
        return BLIND_AFTER

    def slow(self):
        self.relay.slow(self.chance.uniform(0.1, 1.5))
        self.stop.wait(self.chance.uniform(2, 10))
        self.relay.heal()
        return BLIND_AFTER

    def go_silent(self):
        self.relay.go_silent()
        return SILENT

    def kill_observer(self):
        observer = self.chance.choice(self.observers)
        observer.kill()
        self.stop.wait(self.chance.uniform(0, 6))
        observer.start()
        return BLIND_AFTER

    def kill_sidecar(self):
        """Some sidecar of a pod: the kubelet starts it again."""
        ours = f"--kubernetes.api-server={self.relay.url}".encode()
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as told:
                    words = told.read().split(b"\0")
            except OSError:
                continue
            if ours in words and b"--mode=observer" not in words:
                found.append(int(pid))
        if found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.chance.choice(sorted(found)), signal.SIGKILL)
        return 0


class Ledger(lab.Background):
    """What the observers show over time: every final state of every run, and counters that must never exceed or fall."""
    patience = 20

    def __init__(self, observers):
        self.observers = observers
        self.states = collections.defaultdict(set)  # app_id -> final states ever shown
        self.reasons = {}
        self.counts, self.fallen = {}, []

    def _run(self):
        while not self.stop.wait(1.0):
            self.look()

    def look(self):
        for observer in self.observers:
            status, body = observer.ask()
            if status == 200:
                self._read(Scrape(body))

    def _read(self, scrape):
        for labels, value in scrape.samples.get("spark_job_state", ()):
            if value == 1 and labels["state"] in ("succeeded", "failed", "cancelled", "unknown"):
                self.states[labels["app_id"]].add(labels["state"])
        for labels, _ in scrape.samples.get("spark_job_failure_info", ()):
            self.reasons[labels["app_id"]] = labels["reason"]
        for labels, value in scrape.samples.get("spark_job_runs_total", ()):
            key = labels["namespace"], labels["app"], labels["outcome"]
            if value < self.counts.get(key, 0):
                self.fallen.append(f"{key}: {self.counts[key]} -> {value}")
            self.counts[key] = value


def words_of(cluster, run):
    message = kube_lab.ended(cluster.pods.last(run.pod), kube_lab.SIDECAR).get("message", "")
    try:
        words = json.loads(message)
    except ValueError:
        return None
    return words.get("outcome"), words.get("reason") or "-"


class Verdicts:
    """Compares, run by run and job by job."""

    def __init__(self, cluster, runs, ledger, chaos):
        self.cluster, self.ledger, self.chaos = cluster, ledger, chaos
        self.lost, self.wrong, self.twice, self.unknowable, self.broken = [], [], [], [], []
        self.observed = [run for run in runs if run.mode != NATIVE]
        self.excused = set()
        for run in runs:
            if run.error:
                self.broken.append(f"{run.job} ({run.mode}, {run.end}): {run.error}")
            elif run.mode == NATIVE:
                self._lone(run)
            else:
                self._observed(run)
        self._counters()

    def _excusable(self, run):
        """Deleted from under a blind observer; how it went was in the pod that is gone."""
        return run.asked_at and self.chaos.was_blind(run.asked_at - 2, run.asked_at + 45)

    def _observed(self, run):
        truth, reason = run.truth(self.cluster)
        shown = self.ledger.states.get(run.app_id, set())
        name = f"{run.job} ({run.mode}, {run.end}): {truth} {reason}, shown {sorted(shown)} {self.ledger.reasons.get(run.app_id)}"
        if shown - {truth, "unknown"} or len(shown) > 1:
            self.wrong.append(name)
        elif "unknown" in shown or (not shown and self._excusable(run)):
            self.excused.add(run)
            (self.unknowable if self._excusable(run) else self.lost).append(name)
        elif not shown and run.job.startswith("once"):
            self.lost.append(name)
        elif truth == "failed" and shown and self.ledger.reasons.get(run.app_id) != reason:
            self.wrong.append(name)

    def _lone(self, run):
        truth, words = run.truth(self.cluster), words_of(self.cluster, run)
        name = f"{run.job} (lone, {run.end}): {truth}, words {words}"
        if words is None or words[0] == "unknown":
            # With no way to the API server until its pod is gone a lone sidecar cannot know.
            pod = self.cluster.pods.last(run.pod)
            at = kube_lab.epoch(kube_lab.ended(pod).get("finishedAt")) or run.asked_at
            (self.unknowable if self.chaos.was_blind(at - 5, at + 15) or run.asked_at else self.lost).append(name)
        elif words != truth:
            self.wrong.append(name)

    def _counters(self):
        wanted = collections.Counter()
        for run in self.observed:
            if run.pod is not None and run not in self.excused:
                wanted[run.mode, run.job, run.truth(self.cluster)[0]] += 1
        jobs = {(run.mode, run.job) for run in self.observed}
        for namespace, job in sorted(jobs):
            excused = sum(run in self.excused for run in self.observed if run.job == job)
            for outcome in ("succeeded", "failed", "cancelled", "unknown"):
                key = namespace, job, outcome
                counted = self.ledger.counts.get(key, 0)
                if counted > wanted[key] + excused:
                    self.twice.append(f"{key}: {counted:.0f} for {wanted[key]} (+{excused})")
                elif counted < wanted[key]:
                    self.lost.append(f"counter {key}: {counted:.0f} for {wanted[key]}")
        self.twice += [f"fallen: {one}" for one in self.ledger.fallen]

    def bad(self):
        return self.lost + self.wrong + self.twice + self.broken

    def text(self, runs, seed, seconds):
        kinds = collections.Counter(run.mode for run in runs)
        faults = ", ".join(f"{count} x {name}" for name, count in sorted(self.chaos.done.items()))
        lines = [f"{len(runs)} runs, seed {seed}, {seconds:.0f} s: {kinds[ALONE]} with an observer alone, {kinds[BOTH]} with "
                 f"observer and sidecar, {kinds[NATIVE]} with a lone native sidecar. Faults: {faults}.", "",
                 "| outcomes | |", "| --- | --- |", f"| lost | {len(self.lost)} |", f"| wrong | {len(self.wrong)} |",
                 f"| counted twice | {len(self.twice)} |", f"| runs that did not happen as planned | {len(self.broken)} |",
                 f"| unknowable: the pod was deleted while nobody could see | {len(self.unknowable)} |", ""]
        return "\n".join(lines)


def settled(cluster, runs, ledger):
    """Whether all that can be known of the runs is shown."""
    ledger.look()
    counted = sum(value for value in ledger.counts.values())
    return counted >= sum(run.mode != NATIVE for run in runs)


def prove(wanted):
    chance = random.Random(wanted.seed)
    runs = [Run(number, chance) for number in range(wanted.runs)]
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(kube_lab.Cluster())
        relay = stack.enter_context(tcp_faults.Relay(cluster.url, wanted.seed))
        makers, observers = {}, []
        for mode in (ALONE, BOTH, NATIVE):
            cluster.namespace(mode)
            observer = None
            if mode != NATIVE:
                observer = stack.enter_context(kube_lab.Observer(cluster, mode, api_url=relay.url))
                observer.wait_ready()
                observers.append(observer)
            makers[mode] = Maker(cluster, mode, observer=observer, api_url=relay.url,
                                 sidecar_flags=LONE_FLAGS if mode == NATIVE else ())
        ledger = stack.enter_context(Ledger(observers))
        with Chaos(random.Random(wanted.seed + 1), cluster, relay, observers) as chaos:
            # Runs of one job follow each other: which of two at once ended last would be chance.
            queues = collections.defaultdict(list)
            for run in runs:
                queues[run.job].append(run)

            def drive(queue):
                for run in queue:
                    run.drive(cluster, makers)
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(drive, sorted(queues.values(), key=len, reverse=True)))
        for observer in observers:
            observer.wait_ready(120)
        end = time.monotonic() + SETTLE
        while time.monotonic() < end and not settled(cluster, runs, ledger):
            time.sleep(2)
        ledger.look()
        verdicts = Verdicts(cluster, runs, ledger, chaos)
        if verdicts.bad():
            for observer in observers:
                print(f"--- observer of {observer.namespace}:", *observer.log()[-40:], sep="\n  ")
    return runs, verdicts, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markdown", help="file to write the figures to")
    wanted = parser.parse_args()
    try:
        runs, verdicts, seconds = prove(wanted)
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
    for title in ("broken", "lost", "wrong", "twice", "unknowable"):
        for one in getattr(verdicts, title):
            print(f"{title}: {one}")
    text = verdicts.text(runs, wanted.seed, seconds)
    print(text)
    if wanted.markdown:
        with open(wanted.markdown, "w", encoding="utf-8") as out:
            out.write(text + "\n")
    sys.exit(1 if verdicts.bad() else 0)


if __name__ == "__main__":
    main()
