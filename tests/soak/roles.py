"""The faults' roles without faults, for hours: what comes also goes."""
import fleet
import gate
import role_observer
import role_spark
import schedule
import spark_rest
import steady
import workload

STARTED_S = 2            # of the machine, after which the exporter looks: what was over before is not counted
PAUSE_MS = 400           # from one job to the next: Spark keeps 1,000, so that it forgets after minutes
SCRAPED_S = 15
BEHIND_S = 120           # by which a counter may be: an answer that takes long here is no drift
RETAINED_DEAD = 100      # spark.ui.retainedDeadExecutors


class Soak(schedule.Schedule):
    """Set before it is made: hours of compressed time, and how many times faster they pass."""

    HOURS, FACTOR = 1.0, 20

    def draw(self, chance, only):
        self.interval, self.episodes = 10, []
        self.samples = steady.Samples()

    @property
    def end_ms(self):
        return int(self.HOURS * 3_600_000)

    @property
    def begin_ms(self):
        return STARTED_S * self.FACTOR * 1000

    settled_within = BEHIND_S

    def turn(self, now):
        """Between two scrapes."""

    async def live(self):
        self.clock.restart()  # what happens was drawn first, which takes a while
        await self.subject.start()
        self.judge = self.make_judge()  # it does not watch: one scrape comes after the other
        while (now := self.clock.elapsed()) * 1000 < self.end_ms:
            self.turn(now)
            scrape = await self.judge.scrape()
            if not self.is_alive("the soak"):
                return
            if scrape:
                resident, descriptors, threads = self.subject.uses()
                self.samples.add(self.clock.elapsed(), resident=resident, descriptors=descriptors, threads=threads,
                                 series=sum(map(len, scrape.samples.values())))
                for words in self.judge.differences(scrape, int((now - BEHIND_S) * 1000), exact=False):
                    self.judge.blame("wrong", f"{words}, {BEHIND_S} s later")
            await self.clock.until(now + SCRAPED_S)
        for words in self.samples.complaints():
            self.judge.blame("growth", words)
        await self._settle()


class ForgetfulDriver(spark_rest.Driver):
    """Of executors that are gone, Spark keeps the newest hundred."""

    def _all_executors(self, now, given):
        rows = super()._all_executors(now, given)
        gone = [row["id"] for row in rows if not row["isActive"]]
        forgotten = set(gone[:-RETAINED_DEAD])
        return [row for row in rows if row["id"] not in forgotten]


class SparkSoak(Soak, role_spark.SparkRole):
    """A driver that is never idle: jobs, stages, tasks, queries, a stream, executors that come and go."""

    def prepare(self):
        self.truth = workload.Workload(self.seed, self.begin_ms, self.end_ms, PAUSE_MS)
        driver = ForgetfulDriver(self.clock, self.truth)
        return self.add_gate(lambda method, target, headers, body: gate.Answer(*driver.answer(target)))

    def did(self):
        return (f"{len(self.truth.jobs)} jobs, {len(self.truth.stages)} stages, {len(self.truth.queries)} queries, "
                f"{len(self.truth.executors)} executors")


class PassingFleet(fleet.Fleet):
    """Runs whose objects are deleted some time after their end, as an operator's timeToLiveSeconds does."""

    KEPT_MS = 120_000

    def number(self):
        last = {}
        for event in self.events:
            last[event.plural, event.object["metadata"]["name"]] = event
        for (plural, _), event in last.items():
            if event.kind != "DELETED":
                item = {**event.object, "metadata": dict(event.object["metadata"])}
                self.events.append(fleet.Event(event.at + self.KEPT_MS, plural, "DELETED", item))
        self.events.sort(key=lambda event: event.at)
        super().number()


class ObserverSoak(Soak, role_observer.ObserverRole):
    """A namespace in which a run begins every one and a half seconds, and watches break every few minutes."""

    BREAKS_S = 240

    def draw(self, chance, only):
        super().draw(chance, only)
        self.interval = 15
        self.next_break = self.BREAKS_S

    def prepare(self):
        self.truth = PassingFleet(self.seed, self.clock, self.begin_ms, self.end_ms)
        self.api = role_observer.api_server.ApiServer(self.clock, self.truth)
        return self.add_gate(self.api.answer)

    def turn(self, now):
        if now < self.next_break:
            return
        self.next_break += self.BREAKS_S
        self.episodes.append(schedule.Episode("reset", now, now + 1, 1.0))
        self._break_all()

    def did(self):
        runs = sum(series.values[-1] for series in self.truth.truth.values()) + len(self.truth.deleted)
        return (f"{runs} runs, {len(self.truth.events)} events; {self.api.lists} lists, {self.api.watches} watches, "
                f"{self.api.gone} answers of 410")


ROLES = {"spark": SparkSoak, "observer": ObserverSoak}
