"""Pieces of PromQL. What they aggregate by is what keeps joins one-to-one: neither a second scrape of the same exporter,
nor a label that is missing, nor a job of which two runs are shown makes a match ambiguous. `cluster` is there where a
server holds more than one."""

JOB = "cluster, namespace, app"
RUN = JOB + ", app_id"
BACKUP = "cluster, namespace, backup"
DATASET = JOB + ", dataset, suite"
TARGET = "cluster, namespace, pod, instance, job"

LIVE = 'max by (cluster, namespace, app, app_id) (spark_job_state{state=~"pending|running|retrying"}) == 1'

# Executors are wanted, and none runs.
NO_EXECUTORS = """(
  max by (cluster, namespace, app, app_id) (spark_job_pods_waiting{component="executor"}) > 0
  unless on (cluster, namespace, app, app_id)
    max by (cluster, namespace, app, app_id) (spark_job_pods{component="executor",phase="running"}) > 0
)"""


def span(seconds):
    """A duration as Prometheus writes it, in the largest unit that fits."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def words(seconds):
    """A duration as people say it."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}s" if count > 1 else unit
    return f"{seconds} seconds"


def added(labels, selector, seconds):
    """What a counter has counted in the window, though it was first seen above 0 or has ended since; a whole number, which
    increase() by itself is not."""
    window = span(seconds)
    return (f"round(sum by ({labels}) (\n"
            f"  increase({selector}[{window}]) > 0\n"
            f"  or (\n"
            f"    last_over_time({selector}[{window}])\n"
            f"    unless last_over_time({selector}[{window}] offset {window})\n"
            f"  )\n"
            f"))")


def endless(table):
    """Runs with no success to wait for. What ran a streaming query says so itself, whoever knows the kind."""
    window = span(table.kind_window)
    return ("(\n"
            f'  max by ({RUN}) (last_over_time(spark_job_info{{kind=~"streaming|server"}}[{window}]))\n'
            f"  or max by ({RUN}) (last_over_time(spark_streaming_batches_total[{window}]))\n"
            ")")


def server(table):
    return f'max by ({RUN}) (last_over_time(spark_job_info{{kind="server"}}[{span(table.kind_window)}]))'
