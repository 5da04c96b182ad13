"""Every number that an alert compares with and every duration, in one place: change it here, run rules/generate.py.
Dashboards take their colours from here too. Durations are in seconds."""

MINUTE, HOUR, DAY = 60, 3600, 86400

# How long a condition must hold before the alert fires. Those of the contract's two alerts are fixed.
FOR = {
    "SparkJobFailed": 1 * MINUTE,
    "SparkJobPending": 15 * MINUTE,  # an autoscaler may take ten
    "SparkJobNoProgress": 5 * MINUTE,
    "SparkZombieDriver": 5 * MINUTE,
    "SparkJobOutcomeUnknown": 10 * MINUTE,
    "SparkJobRunMissed": 5 * MINUTE,
    "SparkJobDeadlineAtRisk": 5 * MINUTE,
    "SparkJobDeadlineMissed": 1 * MINUTE,
    "SparkJobSlowerThanUsual": 5 * MINUTE,
    "SparkJobDearerThanUsual": 5 * MINUTE,
    "HighGCTime": 10 * MINUTE,
    "SparkShortExecutorsGCTime": 15 * MINUTE,  # later than HighGCTime, which says more, wherever that can fire
    "SparkExecutorMemoryNearLimit": 5 * MINUTE,
    "SparkExecutorLoss": 1 * MINUTE,
    "SparkTaskFailures": 5 * MINUTE,
    "SparkJobBudgetBurnFast": 5 * MINUTE,
    "SparkJobBudgetBurnSlow": 15 * MINUTE,
    "SparkJobWaste": 10 * MINUTE,
    "SparkStreamingBehind": 15 * MINUTE,
    "SparkStreamingQueryFailed": 2 * MINUTE,
    "DataQualityFailed": 1 * MINUTE,
    "DataQualityStale": 5 * MINUTE,
    "DataQualityQuarantineGrowing": 5 * MINUTE,
    "BackupMissed": 5 * MINUTE,
    "BackupNeverSucceeded": 15 * MINUTE,
    "BackupVerificationFailed": 5 * MINUTE,
    "BackupVerificationStale": 1 * HOUR,
    "RestoreSlowerThanRTO": 5 * MINUTE,
    "SparkExporterDown": 5 * MINUTE,
    "SparkExporterSourceDown": 10 * MINUTE,
}

# name: (value, what it is)
LIMITS = {
    "no_progress": (30 * MINUTE, "no task, stage or job has ended for so long while work is open"),
    "zombie": (30 * MINUTE, "all Spark jobs have ended so long ago"),
    "late_start": (30 * MINUTE, "after the due time, and no run of the job has begun"),
    "early_start": (1 * MINUTE, "a run that began so much before the due time is the one that was due: clocks differ"),
    "deadline_share": (0.1, "of the usual duration left before the deadline, and it still runs"),
    "baseline_runs": (3, "good runs before anything is called usual"),
    "slower_ratio": (2, "times the usual duration"),
    "slower_seconds": (10 * MINUTE, "and at least so much longer than usual"),
    "dearer_ratio": (2, "times the usual cost"),
    "dearer_money": (1, "and at least so much dearer, in the currency of the price book"),
    "gc_percent": (20, "of the last five minutes spent in collections (the contract's)"),
    "gc_share": (0.2, "of all JVMs' time spent in collections"),
    "memory_share": (0.95, "of the pod's memory limit"),
    "lost_executors": (3, "executors lost in lost_window"),
    "lost_share": (0.1, "and of those it has"),
    "failed_tasks": (10, "tasks failed in tasks_window"),
    "failed_share": (0.05, "and of the tasks that ended"),
    "skew_ratio": (5, "slowest task against the median"),
    "skew_seconds": (2 * MINUTE, "and so much longer than the median"),
    "spill_bytes": (1 << 30, "spilled to disk in spill_window"),
    "spill_share": (0.5, "and of what was read in that time, from storage and shuffles"),
    "budget_runaway": (1.5, "times the budget are spent"),
    "budget_projected": (2, "times the budget, at the end, by what is done so far"),
    "budget_gone": (1 * HOUR, "until a run's budget is spent, at the rate of budget_window"),
    "waste_share": (0.5, "of the money bought no result"),
    "waste_money": (1, "and at least so much, in the currency of the price book"),
    "behind_ratio": (1.1, "rows arrive so much faster than they are processed"),
    "behind_silence": (10 * MINUTE, "no batch has ended although rows arrive"),
    "behind_watermark": (10 * MINUTE, "that the watermark fell behind within watermark_window"),
    "query_silence": (5 * MINUTE, "no good batch since a failed one"),
    "data_age": (26 * HOUR, "age of the newest row: a day, and two hours of grace"),
    "validation_lag": (1 * HOUR, "after the job's last good run, and its data was not validated"),
    "quarantine_rows": (100, "rows put aside in quarantine_window"),
    "quarantine_ratio": (3, "times the mean of quarantine_history"),
    "backup_late": (1 * HOUR, "after the due time of a backup that has no recovery point objective"),
    "verification_age": (35 * DAY, "since the last restore drill: a month, and some days of grace"),
}

# name: (seconds, what it is)
WINDOWS = {
    "kind_window": (1 * HOUR, "how long what kind of run it is stays known while the observer is away"),
    "ended_window": (1 * HOUR, "for which a run that has ended is still spoken of"),
    "gc_window": (10 * MINUTE, "for the collections of all JVMs together"),
    "oom_window": (30 * MINUTE, "in which executors were killed"),
    "lost_window": (30 * MINUTE, "in which executors were lost"),
    "tasks_window": (15 * MINUTE, "in which tasks failed"),
    "skew_window": (15 * MINUTE, "for which a skewed stage is spoken of: it is known when it ends"),
    "spill_window": (30 * MINUTE, "in which was spilled"),
    "budget_window": (10 * MINUTE, "of a run's fast burn"),
    "budget_burst": (1 * DAY, "of the fast burn of a week's or a month's budget"),
    "budget_trend": (7 * DAY, "of the slow burn of these"),
    "waste_window": (30 * MINUTE, "for which a run that has ended is still spoken of"),
    "watermark_window": (30 * MINUTE, "in which the watermark fell behind"),
    "query_window": (6 * HOUR, "in which a query failed"),
    "quarantine_window": (1 * DAY, "in which rows were put aside"),
    "quarantine_history": (7 * DAY, "before that, with which it is compared"),
    "backup_grace": (1 * DAY, "a backup that is set up has for its first try"),
    "drill_grace": (7 * DAY, "a backup that is set up has for its first restore drill"),
    "exporter_window": (6 * HOUR, "in which an exporter was there that is gone now"),
    "dropped_window": (15 * MINUTE, "in which series or events were dropped"),
}


class Table:
    """The numbers as attributes; `changed` replaces some of them by name, `FOR` ones by the alert's name."""

    def __init__(self, **changed):
        self.hold = {alert: changed.get(alert, seconds) for alert, seconds in FOR.items()}
        for table in (LIMITS, WINDOWS):
            for name, (value, _) in table.items():
                setattr(self, name, changed.get(name, value))
        unknown = set(changed) - set(FOR) - set(LIMITS) - set(WINDOWS)
        if unknown:
            raise KeyError(f"no such threshold: {sorted(unknown)}")
