"""A sidecar beside a driver that breaks: all that the driver's REST API counts is compared with the truth."""
import gate
import schedule
import spark_rest
import workload

PRICES = "currency: USD\nprices:\n  - core: 3600\n"


class SparkRole(schedule.Schedule):
    NAME = "spark"
    SOURCE = "spark"
    INTERVALS = (2, 3, 4)
    # A driver that refuses two polls is taken for gone, how is unknown; should it come back, the run is not counted again,
    # but a restarted sidecar does not know that it was.
    FORGOTTEN = ("spark_job_runs_total",)
    WORN_MS = 14_000  # what was held is told when it is 12 s old: Spark may tell of tasks with the next heartbeat only

    def prepare(self):
        self.truth = workload.Workload(self.seed, 3000, schedule.SECONDS * 1000)
        driver = spark_rest.Driver(self.clock, self.truth)
        return self.add_gate(lambda method, target, headers, body: gate.Answer(*driver.answer(target)))

    def flags(self, url):
        return [f"--spark.url={url}", f"--spark.interval={self.interval}s", f"--spark.timeout={self.interval}s",
                "--kubernetes=off", f"--state.file={self.state_file('run.json')}",
                f"--cost.prices={self.write('prices.yaml', PRICES)}"]

    def at_the_end(self, scrape):
        """Cost, which is a matter of time and so not exact."""
        at = scrape.total("spark_exporter_source_last_success_timestamp_seconds", source="spark")
        shown = scrape.total("spark_job_cost_total", resource="cpu")
        now = self.clock.since_epoch(at) * 1000
        least, most = self.truth.core_seconds(now - self.WORN_MS), self.truth.core_seconds(now + 1_000)
        if shown is None or not least <= shown <= most:
            self.judge.blame("wrong", f"cost: {shown} is shown where {least:.1f} to {most:.1f} are true")
