"""What a run cost, reckoned from its event log and two prices alone: nothing of it comes from REST or from the exporter.

Without Kubernetes a driver is paid for from the application's start, an executor from its registration to its removal.
A slot-second has one use; what no task used was idle."""
import glob
import json
import os
from collections import Counter

CORE, GIB = 3.6, 0.36  # money for an hour
USES = ("task_ok", "gc", "task_failed", "stage_retry", "speculation", "killed", "idle", "starting", "driver",
        "lingering", "unobserved")
KILLED = ("TaskKilled",)


def events(folder):
    for path in sorted(glob.glob(os.path.join(folder, "**", "*"), recursive=True)):
        if os.path.isfile(path) and not os.path.basename(path).startswith("."):
            with open(path, encoding="utf-8") as lines:
                yield from (json.loads(line) for line in lines if line.endswith("}\n"))


def rate(cores, gib):
    """Money a millisecond."""
    return (cores * CORE + gib * GIB) / 3_600_000


class Truth:
    """Up to `now` (ms), which is when Spark answered last."""

    def __init__(self, folder, now, executor_gib, driver_gib):
        self.now, self.paid, self.used, self.groups = now, 0.0, dict.fromkeys(USES, 0.0), Counter()
        self.executors, self.stage_group, self.tasks = {}, {}, {}
        for event in events(folder):
            reader = getattr(self, "on_" + event["Event"].removeprefix("SparkListener"), None)
            if reader:
                reader(event)
        self._add("driver", rate(1, driver_gib) * (now - self.start))
        for name, (added, removed, cores) in self.executors.items():
            if added < now:
                self._add_executor(name, min(removed or now, now) - added, rate(cores, executor_gib), cores)
        self.groups["unattributed"] = self.paid - sum(self.groups.values())

    def on_ApplicationStart(self, event):
        self.start = event["Timestamp"]

    def on_JobStart(self, event):
        properties = event.get("Properties") or {}
        for stage in event["Stage IDs"]:
            self.stage_group.setdefault(stage, properties.get("spark.jobGroup.id"))

    def on_ExecutorAdded(self, event):
        self.executors[event["Executor ID"]] = [event["Timestamp"], None, event["Executor Info"]["Total Cores"]]

    def on_ExecutorRemoved(self, event):
        self.executors[event["Executor ID"]][1] = event["Timestamp"]

    def on_TaskEnd(self, event):
        info, reason = event["Task Info"], event["Task End Reason"]["Reason"]
        if info["Finish Time"] > self.now:
            return
        metrics = event.get("Task Metrics") or {}
        if event["Stage Attempt ID"] > 0:
            use = "stage_retry"
        elif reason == "Success":
            use = "task_ok"
        else:
            use = "killed" if reason in KILLED else "task_failed"
        self.tasks.setdefault(info["Executor ID"], []).append(
            (use, info["Finish Time"] - info["Launch Time"], metrics.get("JVM GC Time", 0),
             self.stage_group.get(event["Stage ID"])))

    def _add(self, use, money):
        self.paid += money
        self.used[use] += money

    def _add_executor(self, name, life, per_ms, cores):
        slot = per_ms / cores
        rest = life * cores
        for use, duration, gc, group in self.tasks.get(name, ()):
            gc = min(gc, duration)
            self._add(use, (duration - gc) * slot)
            self._add("gc", gc * slot)
            self.groups[group] += duration * slot
            rest -= duration
        self._add("idle", rest * slot)
