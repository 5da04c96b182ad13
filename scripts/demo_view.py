"""The demo's view: everything in it comes from the exporter's /metrics and nothing from Spark."""
import collections
import re
import sys
import time

SAMPLE = re.compile(r'([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
PLAIN_EVERY = 5.0  # seconds between two lines where there is no terminal


class Metrics:
    def __init__(self, text):
        self.samples = collections.defaultdict(list)
        self.count = 0
        for line in text.splitlines():
            match = None if line.startswith("#") else SAMPLE.match(line)
            if match:
                self.count += 1
                self.samples[match.group(1)].append((dict(LABEL.findall(match.group(2) or "")), float(match.group(3))))

    def sum(self, name, **labels):
        return sum(value for have, value in self.samples.get(name, ())
                   if all(have.get(key) == wanted for key, wanted in labels.items()))

    def by(self, name, label):
        return {have.get(label): value for have, value in self.samples.get(name, ())}

    def state(self):
        on = [have["state"] for have, value in self.samples.get("spark_job_state", ()) if value == 1]
        return on[0] if on else "waiting"

    def label(self, name, label):
        return next((have.get(label, "") for have, _ in self.samples.get(name, ())), "")


def size(count):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024


def gc_share(metrics):
    uptime = metrics.sum("spark_app_jvm_uptime_seconds_total")
    return metrics.sum("spark_app_jvm_gc_seconds_total") / uptime if uptime else 0.0


def bar(done, planned, width=40):
    share = min(done / planned, 1.0) if planned else 0.0
    return "[" + "#" * int(share * width) + "." * (width - int(share * width)) + f"] {share:4.0%}"


class View:
    def __init__(self, title, address, progress):
        """`progress(metrics)` is (done, planned, what)."""
        self.title, self.address, self.progress = title, address, progress
        self.begin, self.last_plain, self.drawn = time.monotonic(), -PLAIN_EVERY, 0
        self.live = sys.stdout.isatty()
        self.gc = collections.deque(maxlen=15)  # (GC, uptime) over the last polls: the share now

    def show(self, metrics):
        self.gc.append((metrics.sum("spark_app_jvm_gc_seconds_total"),
                        metrics.sum("spark_app_jvm_uptime_seconds_total")))
        age = time.monotonic() - self.begin
        if self.live:
            lines = self.lines(metrics, age)
            if self.drawn:
                sys.stdout.write(f"\033[{self.drawn}A")
            sys.stdout.write("".join(f"\033[2K{line[:110]}\n" for line in lines))
            self.drawn = len(lines)
        elif age - self.last_plain >= PLAIN_EVERY:
            self.last_plain = age
            sys.stdout.write(self.line(metrics, age) + "\n")
        sys.stdout.flush()

    def gc_now(self):
        (gc, uptime), (gc_last, uptime_last) = self.gc[0], self.gc[-1]
        return (gc_last - gc) / (uptime_last - uptime) if uptime_last > uptime else 0.0

    def line(self, metrics, age):
        done, planned, what = self.progress(metrics)
        return (f"{age:4.0f} s  {metrics.state():<8} {what} {done:.0f}/{planned}  "
                f"executors {metrics.sum('spark_executors', state='active'):.0f}  "
                f"tasks {metrics.sum('spark_app_tasks_total', status='completed'):.0f} done, "
                f"{metrics.sum('spark_app_tasks_active'):.0f} running  GC {gc_share(metrics):.1%}  "
                f"shuffle {size(metrics.sum('spark_app_shuffle_write_bytes_total'))}  "
                f"spill {size(metrics.sum('spark_app_disk_spilled_bytes_total'))}")

    def lines(self, metrics, age):
        done, planned, what = self.progress(metrics)
        total, gcs = metrics.sum, metrics.by("jvm_gc_time_seconds", "executor_id")
        each = "  ".join(f"{executor} {seconds:.2f} s" for executor, seconds in sorted(gcs.items()))
        return [
            f"{self.title}",
            f"  {self.address}/metrics   {self.address}/report",
            "",
            f"  state      {metrics.state():<22} {metrics.label('spark_job_info', 'app_id'):<28} {age:4.0f} s",
            f"  progress   {bar(done, planned)}  {done:.0f} of {planned} {what}",
            f"  executors  {total('spark_executors', state='active'):.0f} active, "
            f"{total('spark_executors', state='dead'):.0f} dead; slots {total('spark_executor_task_slots'):.0f}, "
            f"busy {total('spark_executor_tasks_active'):.0f}",
            f"  jobs       {total('spark_app_jobs_total', status='succeeded'):.0f} done, "
            f"{total('spark_app_jobs_active'):.0f} running, "
            f"{total('spark_app_jobs_total', status='failed'):.0f} failed",
            f"  stages     {total('spark_app_stages_total', status='complete'):.0f} done, "
            f"{total('spark_app_stages_active'):.0f} running, "
            f"{total('spark_app_stages_total', status='skipped'):.0f} skipped",
            f"  tasks      {total('spark_app_tasks_total', status='completed'):.0f} done, "
            f"{total('spark_app_tasks_active'):.0f} running, {total('spark_app_tasks_pending'):.0f} pending, "
            f"{total('spark_app_tasks_total', status='failed'):.0f} failed",
            f"  GC         {gc_share(metrics):.1%} of the JVMs' time, now {self.gc_now():.1%}   {each}",
            f"  shuffle    {size(total('spark_app_shuffle_write_bytes_total'))} written, "
            f"{size(total('spark_app_shuffle_read_bytes_total'))} read",
            f"  spill      {size(total('spark_app_disk_spilled_bytes_total'))} to disk, "
            f"{size(total('spark_app_memory_spilled_bytes_total'))} of memory",
        ]


def summary(metrics, title):
    total, gcs = metrics.sum, metrics.by("jvm_gc_time_seconds", "executor_id")
    jobs, sql = "spark_app_jobs_total", "spark_sql_executions_total"
    rows = [
        ("application", f"{metrics.label('spark_job_info', 'app_id')}, Spark "
                        f"{metrics.label('spark_job_info', 'spark_version')}, label app=\""
                        f"{metrics.label('spark_job_info', 'app')}\""),
        ("Spark jobs", f"{total(jobs, status='succeeded'):.0f} succeeded, {total(jobs, status='failed'):.0f} failed; "
                       f"SQL executions {total(sql, status='completed'):.0f} completed, "
                       f"{total(sql, status='failed'):.0f} failed"),
        ("stages, tasks", f"{total('spark_app_stages_total'):.0f} stages, {total('spark_app_tasks_total'):.0f} tasks, "
                          f"{total('spark_app_task_time_seconds_total'):.1f} s of task time, "
                          f"{total('spark_app_stage_retries_total'):.0f} stages retried"),
        ("data", f"read {total('spark_app_input_records_total'):,.0f} rows "
                 f"({size(total('spark_app_input_bytes_total'))}), "
                 f"wrote {total('spark_app_output_records_total'):,.0f} "
                 f"({size(total('spark_app_output_bytes_total'))})"),
        ("shuffle, spill", f"{size(total('spark_app_shuffle_write_bytes_total'))} shuffled, "
                           f"{size(total('spark_app_disk_spilled_bytes_total'))} spilled to disk"),
        ("collector time", ", ".join(f"{name} {seconds:.2f} s" for name, seconds in sorted(gcs.items()))
         or f"{total('spark_app_jvm_gc_seconds_total'):.2f} s in all"),
        ("the exporter", f"{size(total('process_resident_memory_bytes'))} resident, "
                         f"{total('process_cpu_seconds_total'):.2f} s of CPU, {metrics.count} series"),
    ]
    return "\n".join([f"\n{title}"] + [f"  {name:<15} {text}" for name, text in rows])
