"""The driver's log, read while a real Spark writes it: messages by level as a line-by-line count finds them, the
signatures of the troubles that were planted, and none in a run that goes well; in Spark's pattern and, from 4.x on, as
JSON."""
import json
import re
import sys

import compare
import lab

PATTERN = re.compile(rb"\d\d/\d\d/\d\d \d\d:\d\d:\d\d (TRACE|DEBUG|INFO|WARN|ERROR|FATAL) ")
JAVA = re.compile(rb"(WARNING): ")  # what the JVM says before there is a logger
PLANTED = {"fetch_failed", "disk_full", "permission_denied", "heap_oom", "executor_lost", "python_traceback",
           "listener_events_dropped",
           "path_not_found"}  # the shuffle file that is gone
# Spark 3.5 says so in the exception that ends the driver, 4.x shows the worker's in its place; and what else an executor's
# death may look like to those who talk to it, to a job that waits for the next one, or to a driver that stops meanwhile:
# what fails then Spark's own Utils.tryLogNonFatalError calls "Uncaught exception in thread ...".
MAY_BE = {"stage_aborted", "connection_failed", "heartbeat_timeout", "rpc_timeout", "no_resources", "uncaught_exception"}
CONF = {"spark.task.maxFailures": 2, "spark.scheduler.listenerbus.eventqueue.eventLog.capacity": 1}
STRUCTURED = {"spark.log.structuredLogging.enabled": "true"}


def levels(path):
    """{level: messages} of a log, and the number of its lines."""
    found, lines = {}, 0
    with open(path, "rb") as log:
        for line in log:
            lines += 1
            match = PATTERN.match(line) or JAVA.match(line)
            if match:
                level = match.group(1).decode().lower()
            elif line.startswith(b"{"):
                level = json.loads(line)["level"].lower()
            else:
                continue
            level = {"warning": "warn"}.get(level, level)
            found[level] = found.get(level, 0) + 1
    return found, lines


def signatures(scrape):
    return {labels["signature"]: value for labels, value in scrape.series("spark_log_signatures_total")}


def messages(scrape):
    return {labels["level"]: value for labels, value in scrape.series("spark_log_messages_total")}


def print_errors(path):
    """What the log calls errors, with what it says of them: a signature that nobody planted is in there."""
    with open(path, errors="replace") as log:
        after = 0
        for line in log:
            after = 6 if " ERROR " in line[:24] or '"ERROR"' in line else after - 1
            if after > 0:
                print("  ", line.rstrip()[:300])


def run(version, scenario, conf=None):
    """The last scrape of a run, the levels of its log and the driver's exit code."""
    title = f"{scenario}, Spark {version}{', JSON' if conf and 'true' in conf.values() else ''}"
    check = compare.Check(title)
    with lab.Spark(version, scenario, conf=conf, script="log_workloads.py") as spark:
        with lab.Exporter(spark.url, f"--logs.file={spark.log}", "--job.name=logs") as exporter:
            with lab.Watch(exporter) as watch:
                live = exporter.until("messages of a driver that lives", lambda s: messages(s).get("info", 0) > 0, 120)
                check.true("they come while the driver runs", spark.process.poll() is None)
                known = signatures(live)
                check.true("each signature has a series from the start", len(known) > 30, len(known))
                code = spark.wait(600)
                expected, lines = levels(spark.log)
                final = exporter.until("all messages at INFO",
                                       lambda s: messages(s).get("info") == expected["info"], 30)
        for level, count in expected.items():
            check.equal(f"messages at {level}", count, messages(final)[level])
        check.equal("the source", 1, final.total("spark_exporter_source_up", source="logs"))
        check.equal("bytes passed over", 0, final.total("spark_log_skipped_bytes_total", component="driver"))
        check.equal("counters that fell", [], watch.fallen)
        found = {name for name, count in signatures(final).items() if count}
        print(f"{title}: {lines} lines, {expected}; {sorted(found)}", flush=True)
        if scenario == "healthy":
            check.equal("exit code", 0, code)
            check.equal("signatures of a healthy run", set(), found)
        else:
            check.equal("exit code", 1, code)
            check.equal("signatures", PLANTED, found - MAY_BE)
        if check.wrong:
            print_errors(spark.log)
    lab.keep(f"logs-{version}-{scenario}", live, final)
    check.done()


def test(version):
    run(version, "healthy", STRUCTURED if len(sys.argv) > 2 else None)
    run(version, "failing", {**CONF, **STRUCTURED} if len(sys.argv) > 2 else CONF)


lab.main(test)
