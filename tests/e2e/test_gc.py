"""jvm_gc_time_seconds against the JVMs' own GC logs, of executors with two tasks side by side and a collector each:
an options file for each executor id, so that one application shows them all."""
import os
import tempfile

import compare
import gclog
import lab

# The concurrent cycle's Remark and Cleanup are pauses that no collector bean of Java 17 counts: the first G1 executor
# has room enough to need few cycles, the second one runs with the defaults.
COLLECTORS = {"0": ("G1, few cycles", ["-XX:+UseG1GC", "-XX:G1HeapRegionSize=8m", "-XX:MetaspaceSize=256m"]),
              "1": ("Parallel", ["-XX:+UseParallelGC"]),
              "2": ("ZGC", ["-XX:+UseZGC"]),
              "3": ("G1, defaults", ["-XX:+UseG1GC"])}
HEARTBEAT = 2.0


def conf(folder):
    for executor, (_, options) in COLLECTORS.items():
        with open(os.path.join(folder, f"jvm-{executor}.options"), "w") as out:
            out.write("\n".join(options + [f"-Xlog:gc:file={log(folder, executor)}:time,uptime"]) + "\n")
    return {"spark.executor.extraJavaOptions": f"-XX:VMOptionsFile={folder}/jvm-{{{{EXECUTOR_ID}}}}.options",
            "spark.executor.heartbeatInterval": f"{HEARTBEAT:.0f}s", "spark.executor.memory": "1g",
            "spark.sql.shuffle.partitions": 8, "spark.memory.fraction": 0.4}


def log(folder, executor):
    return os.path.join(folder, f"gc-{executor}.log")


def gc_of(scrape, executor):
    return scrape.total("jvm_gc_time_seconds", executor_id=executor)


def test(version):
    changes = {executor: [] for executor in COLLECTORS}  # (when the value was first seen, value)

    def note(scrape, now):
        for executor, seen in changes.items():
            value = gc_of(scrape, executor)
            if value is not None and (not seen or seen[-1][1] != value):
                seen.append((now, value))

    with tempfile.TemporaryDirectory(prefix="spark-e2e-gc-") as folder, \
            lab.Spark(version, "gc", master=f"local-cluster[{len(COLLECTORS)},2,1024]", conf=conf(folder),
                      arguments=[len(COLLECTORS)]) as spark, lab.Exporter(spark.url) as exporter:
        app_id = spark.reach("started")["app_id"]
        with lab.Watch(exporter, note, every=0.2) as watch:
            spark.go()
            spark.reach("running")
            spark.go()
            spark.reach("rest")
            final = resting(exporter, folder)
        rest = {row["id"]: row for row in spark.rest(f"/api/v1/applications/{app_id}/executors")}
        pauses = {executor: gclog.read(log(folder, executor)) for executor in COLLECTORS}
        spark.finish()
    lab.keep("gc-" + version, final)

    check = compare.Check(f"collector time, Spark {version}")
    for executor, (name, _) in COLLECTORS.items():
        if name == "ZGC":
            check.true("ZGC did collect", rest[executor]["peakMemoryMetrics"]["TotalGCTime"] > 0)
            check.equal("jvm_gc_time_seconds under ZGC", [], changes[executor])
            continue
        every = sum(pause.seconds for pause in pauses[executor])
        collections = sum(pause.seconds for pause in pauses[executor] if pause.in_beans)
        value = gc_of(final, executor)
        check.true(f"{name}: there was much to collect", collections > 0.2, collections)
        check.close(f"{name}: jvm_gc_time_seconds at rest, collections of the log", collections, value, 0.05)
        if name != "G1, defaults":
            check.close(f"{name}: the same, all pauses of the log", every, value, 0.05)
        tasks = rest[executor]["totalGCTime"] / 1000
        print(f"  {name}: all pauses {every:.3f} s, of them Remark and Cleanup {every - collections:.3f} s; "
              f"Spark's totalGCTime {tasks:.3f} s, off by {(tasks - every) / every:+.0%} of all pauses, "
              f"{(tasks - collections) / collections:+.0%} of the collections")
        at_heartbeats(check, name, changes[executor], [p for p in pauses[executor] if p.in_beans])
    known = {executor for executor, (name, _) in COLLECTORS.items() if name != "ZGC"} | {"driver"}
    check.equal("executors with a collector time", known, set(final.by("jvm_gc_time_seconds", "executor_id")))
    compare.watched(check, watch)
    check.done()


def resting(exporter, folder):
    """A scrape after two heartbeats during which no JVM has paused: then log and heartbeat speak of the same moment."""
    def quiet():
        size = [os.path.getsize(log(folder, executor)) for executor in COLLECTORS]
        stamp = lab.time.time()
        exporter.until("three heartbeats", lambda s: (s.total(
            "spark_exporter_source_last_success_timestamp_seconds", source="spark") or 0) > stamp + 3 * HEARTBEAT)
        scrape = exporter.scrape()
        return scrape if size == [os.path.getsize(log(folder, executor)) for executor in COLLECTORS] else None
    return lab.wait_until("JVMs at rest", quiet, 90, 0)


def at_heartbeats(check, name, seen, pauses):
    """While it runs: each new value must be within 5 % of the log at some moment of the heartbeat period (and the
    poll's) before it was seen."""
    late = HEARTBEAT + 2.5
    wrong = []
    for when, value in seen[1:]:
        low, high = gclog.until(pauses, when - late), gclog.until(pauses, when)
        if not 0.95 * low - 0.002 <= value <= 1.05 * high + 0.002:
            wrong.append(f"{value:.3f} at {when:.1f}, log {low:.3f} to {high:.3f}")
    check.equal(f"{name}: values on the way that do not fit the log (of {len(seen)})", [], wrong[:3])
    check.true(f"{name}: it moved while it ran", len(seen) >= 3, len(seen))


lab.main(test)
