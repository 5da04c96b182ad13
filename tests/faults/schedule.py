"""What happens to one exporter in a minute: drawn by a seed, carried out, and judged."""
import asyncio
import os
import random
import resource
import signal
import time

import gate
import judge
import name_server
import spark_rest
import subject
import workload
from clock import Clock

SECONDS = 60      # of compressed time, faults and all
FACTOR = 6
OWN = ("clock_jump", "disk_full", "file_size", "no_descriptors", "hangups", "terminations", "dns_silent")
DRAWN = tuple(fault for fault in gate.FAULTS + OWN + OWN if fault not in gate.KNOWN)
TERM_PATIENCE = 5.0  # seconds of the machine for an end that is promised "at once"


class Episode:
    def __init__(self, fault, begin, end, share):
        self.fault, self.begin, self.end, self.share = fault, begin, end, share

    def __str__(self):
        return f"{self.fault} {self.begin:.0f}-{self.end:.0f} s x{self.share:.1f}"


def draw(seed, only=None):
    """(interval, timeout, episodes)"""
    chance = random.Random(seed)
    interval = chance.choice((2, 3, 4))
    episodes, now = [], 8.0
    while now < SECONDS - 12:
        lasts = chance.uniform(2.0, 9.0)
        fault = only or chance.choice(DRAWN)
        episodes.append(Episode(fault, now, now + lasts, chance.choice((1.0, 1.0, 0.5))))
        now += lasts + 3 * interval + chance.uniform(1, 4)
    return interval, interval, episodes


class Schedule:
    """One exporter beside one driver. After run(): `judge.wrong`, and figures for the table."""

    def __init__(self, seed, number, binary, shim, folder, lag, only=None):
        self.seed, self.number, self.binary, self.shim, self.folder, self.lag = seed, number, binary, shim, folder, lag
        self.interval, self.timeout, self.episodes = draw(seed, only)
        self.chance = random.Random(seed + 1)
        self.host = f"127.{77 + number // 250}.{os.getpid() % 250}.{number % 250 + 1}"
        self.crashes = self.restarts = self.recoveries = 0
        self.slowest = 0.0   # recovery in intervals
        self.skipped = set()
        self.peak = 0

    def __str__(self):
        return f"seed {self.seed}, every {self.interval} s: " + "; ".join(map(str, self.episodes))

    async def run(self):
        os.makedirs(self.folder)
        self.clock = Clock(os.path.join(self.folder, "clock"), FACTOR)
        self.work = workload.Workload(self.seed, 3000, SECONDS * 1000)
        driver = spark_rest.Driver(self.clock, self.work)
        self.gate = gate.Gate(self.host, lambda method, target, headers, body: gate.Answer(*driver.answer(target)),
                              random.Random(self.seed + 2))
        await self.gate.open()
        self.names = name_server.NameServer(self.host, self.host)
        named = subject.may_mount() and await self.names.open()
        where = name_server.NAME if named else self.host
        prices = os.path.join(self.folder, "prices.yaml")
        with open(prices, "w") as file:
            file.write("currency: USD\nprices:\n  - core: 3600\n")
        state = os.path.join(self.folder, "state", "run.json")
        flags = [f"--spark.url=http://{where}:{self.gate.port}", f"--spark.interval={self.interval}s",
                 f"--spark.timeout={self.timeout}s", "--kubernetes=off", f"--state.file={state}",
                 f"--cost.prices={prices}"]
        self.subject = subject.Subject(self.binary, self.shim, self.clock, self.folder, flags,
                                       self.host if named else None, number=self.number)
        await self.subject.start()
        self.judge = judge.Judge(self.subject, self.clock)
        self.judge.truth = lambda key, ms: self.work.truth[key].at(ms)
        self.judge.keys = list(self.work.truth)
        watching = asyncio.ensure_future(self.judge.run())
        try:
            await self._all()
        finally:
            watching.cancel()
            if self.subject.alive():
                self.peak = self.subject.peak()
                await self._end_it()
            await self.gate.close()
            if named:
                self.names.close()
            self.subject.remove()

    async def _all(self):
        await self.clock.until(7)
        before = self.subject.uses()
        for episode in self.episodes:
            await self.clock.until(episode.begin)
            done = await self._suffer(episode)
            if not self.subject.alive():
                self.crashes += 1
                self.judge.blame("crash", f"ended with {self.subject.process.returncode} in {episode}")
                return
            if not done:
                self.skipped.add(episode.fault)
                continue
            await self._recover(episode)
        await self.clock.until(self.work.rest / 1000 + 1)
        end = time.monotonic() + judge.PATIENCE
        while not (scrape := await self.judge.scrape()) or not self._is_up(scrape, self.work.rest / 1000 + 0.5):
            if time.monotonic() > end:
                self.judge.blame("late", "no answer was taken after the last job")
                return
            await self.clock.sleep(0.5)
        self.judge.compare(scrape, self.clock.ms(), exact=True)
        self._compare_cost(scrape)
        after = self.subject.uses()
        if after[1] > before[1] + 3 or after[2] > before[2] + 3:
            self.judge.blame("growth", f"descriptors, threads: {before[1:]} became {after[1:]}")

    def _compare_cost(self, scrape):
        at = scrape.total("spark_exporter_source_last_success_timestamp_seconds", source="spark")
        shown = scrape.total("spark_job_cost_total", resource="cpu")
        if any(episode.fault == "refuse" for episode in self.episodes):
            return  # known: a driver that refused two polls counts as gone, and its money is closed for good
        now = self.clock.since_epoch(at) * 1000
        # What was held is told when it is 12 s old, because Spark may tell of tasks with the next heartbeat only.
        least, most = self.work.core_seconds(now - 14_000), self.work.core_seconds(now + 1_000)
        if shown is None or not least <= shown <= most:
            self.judge.blame("wrong", f"cost: {shown} is shown where {least:.1f} to {most:.1f} are true")

    async def _recover(self, episode):
        """Two intervals after the fault the source is up, and what had happened by its end is counted."""
        ended, real = self.clock.elapsed(), time.monotonic()
        while True:
            scrape = await self.judge.scrape()
            took = self.clock.elapsed() - ended - self.lag.since(real) * FACTOR
            if scrape and self._is_up(scrape, ended):
                self.recoveries += 1
                if episode.fault != "dns_silent":
                    self.slowest = max(self.slowest, took / self.interval)
                self.judge.compare(scrape, int(ended * 1000) - 100, exact=False)
                return
            # Libc asks a name server that kept silent again after a second of the machine, not of compressed time.
            late = 2 * self.interval + (FACTOR * subject.ASKED_AGAIN if episode.fault == "dns_silent" else 0)
            if took > late:
                self.judge.blame("late", f"not recovered {took:.1f} s after {episode}")
                return
            await self.clock.sleep(0.3)

    def _is_up(self, scrape, since):
        stamp = scrape.total("spark_exporter_source_last_success_timestamp_seconds", source="spark")
        up = scrape.total("spark_exporter_source_up", source="spark")
        took = scrape.total("spark_exporter_source_duration_seconds", source="spark")
        # Asked after it, and not by a clock that was ahead.
        return up == 1 and stamp is not None and since < self.clock.since_epoch(stamp) - took < self.clock.elapsed() + 0.1

    # --- faults ---------------------------------------------------------------------------------

    async def _suffer(self, episode):
        """False: this machine cannot."""
        if episode.fault in gate.FAULTS:
            await self.gate.begin(episode.fault, episode.share)
            await self.clock.until(episode.end)
            await self.gate.end()
            return True
        return await getattr(self, "_" + episode.fault)(episode)

    async def _clock_jump(self, episode):
        self.clock.jump(self.chance.choice((-3600, -30, 30, 3600, 86400)))
        await self.clock.until(episode.end)
        self.clock.jump(0)
        return True

    async def _disk_full(self, episode):
        if not self.subject.fill_disk():
            return False
        await self.clock.until(episode.end)
        self.subject.free_disk()
        return True

    async def _file_size(self, episode):
        self.subject.limit(resource.RLIMIT_FSIZE, 100)
        await self.clock.until(episode.end)
        self._unlimit(resource.RLIMIT_FSIZE)
        return True

    def _unlimit(self, what):
        if self.subject.alive():
            self.subject.limit(what, None)

    async def _no_descriptors(self, episode):
        """No more than are in use, while the driver's connection breaks. Nobody asks meanwhile: a scrape takes three."""
        self.judge.paused = True
        await asyncio.sleep(0.3)  # for those under way
        self.subject.limit(resource.RLIMIT_NOFILE, self.subject.uses()[1])
        self.gate.break_all()
        await self.clock.until(episode.end)
        self._unlimit(resource.RLIMIT_NOFILE)
        self.judge.paused = False
        return True

    async def _hangups(self, episode):
        while self.clock.elapsed() < episode.end and self.subject.alive():
            self.subject.signal(signal.SIGHUP)
            await self.clock.sleep(self.chance.uniform(0.01, 0.2))
        return True

    async def _terminations(self, episode):
        """Ended in the midst of things, and begun again, until the time is up."""
        while self.clock.elapsed() < episode.end and self.subject.alive():
            await self._end_it()
            await self.subject.start()
            self.judge.own_reset, self.judge.paused = True, False
            self.restarts += 1
            await self.clock.sleep(self.chance.uniform(1, 4))
        return True

    async def _end_it(self):
        self.judge.paused = True
        for _ in range(self.chance.randrange(3)):
            self.subject.signal(signal.SIGTERM)
        code, took = await self.subject.stop()
        if code != 0 or took > TERM_PATIENCE:
            self.judge.blame("term", f"SIGTERM: code {code} after {took:.1f} s")

    async def _dns_silent(self, episode):
        if self.subject.resolver is None:
            return False
        self.names.silent = True
        self.gate.break_all()
        await self.clock.until(episode.end)
        self.names.silent = False
        return True
