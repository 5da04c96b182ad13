"""What happens to one exporter in a minute: drawn by a seed, carried out, and judged. The roles (role_*.py) say beside
what the exporter stands, and what is true there."""
import asyncio
import os
import random
import resource
import signal
import time

import gate
import judge
import name_server
import subject
from clock import Clock

SECONDS = 60      # of compressed time, faults and all
OWN = ("clock_jump", "disk_full", "file_size", "no_descriptors", "hangups", "terminations", "dns_silent")
DRAWN = gate.FAULTS + OWN + OWN
TERM_PATIENCE = 5.0  # seconds of the machine for an end that is promised "at once"


class Episode:
    def __init__(self, fault, begin, end, share):
        self.fault, self.begin, self.end, self.share = fault, begin, end, share
        self.recovered = None  # in intervals

    def __str__(self):
        return f"{self.fault} {self.begin:.0f}-{self.end:.0f} s x{self.share:.1f}"


class Schedule:
    """One exporter in one role. After run(): `judge.wrong`, and figures for the table."""

    FACTOR = 6             # times that time passes faster
    NAME = SOURCE = None   # of the role, and of the source that its faults are about
    INTERVALS = ()         # one of them is drawn
    LISTS_FIRST = False    # whether scrapes are answered 503 until its first lists are in
    FORGOTTEN = ()         # counters that no state file has
    PAUSE = 3              # intervals from a fault's end until the next begins

    def __init__(self, seed, number, binary, shim, folder, lag, only=None):
        self.seed, self.number, self.binary, self.shim, self.folder, self.lag = seed, number, binary, shim, folder, lag
        self.draw(random.Random(seed), only)
        self.chance = random.Random(seed + 1)
        self.host = f"127.{77 + number // 250}.{os.getpid() % 250}.{number % 250 + 1}"
        self.crashes = self.restarts = self.recoveries = 0
        self.skipped = set()
        self.peak = 0
        self.gates = []
        self.judge = self.watching = None
        self.truth = None  # {key: Series} as its .truth; .rest: when all has happened

    def draw(self, chance, only):
        self.interval = chance.choice(self.INTERVALS)
        self.episodes, now = [], 8.0
        while now < SECONDS - 12:
            lasts = chance.uniform(2.0, 9.0)
            fault = only or chance.choice(DRAWN)
            self.episodes.append(Episode(fault, now, now + lasts, chance.choice((1.0, 1.0, 0.5))))
            now += lasts + self.PAUSE * self.interval + chance.uniform(1, 4)

    @property
    def slowest(self):
        """Of the recoveries, in intervals."""
        return max((e.recovered for e in self.episodes if e.recovered and e.fault != "dns_silent"), default=0)

    def __str__(self):
        return f"{self.NAME}, seed {self.seed}, every {self.interval} s: " + "; ".join(map(str, self.episodes))

    # --- what a role says -----------------------------------------------------------------------

    def prepare(self):
        """Makes the truth and the servers that tell it; the gate whose address the exporter is given."""
        raise NotImplementedError

    def flags(self, url):
        raise NotImplementedError

    def at_the_end(self, scrape):
        """What else is to be compared when all has happened."""

    def make_clock(self):
        return Clock(os.path.join(self.folder, "clock"), self.FACTOR)

    def add_gate(self, answer):
        self.gates.append(gate.Gate(self.host, answer, random.Random(self.seed + 2 + len(self.gates))))
        return self.gates[-1]

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def state_file(self, name):
        return os.path.join(self.folder, "state", name)

    # --- its course -----------------------------------------------------------------------------

    async def run(self):
        os.makedirs(self.folder)
        self.clock = self.make_clock()
        front = self.prepare()
        for each in self.gates:
            await each.open()
        self.names = name_server.NameServer(self.host, self.host)
        named = subject.may_mount() and await self.names.open()
        self.subject = subject.Subject(self.binary, self.shim, self.clock, self.folder, [],
                                       self.host if named else None, number=self.number)
        self.subject.flags = self.flags(f"http://{name_server.NAME if named else self.host}:{front.port}")
        try:
            await self.live()
        finally:
            if self.watching:
                self.watching.cancel()
            if self.subject.process and self.subject.alive():
                self.peak = max(self.peak, self.subject.peak())
                await self._end_it()
            for each in self.gates:
                await each.close()
            if named:
                self.names.close()
            self.subject.remove()

    def make_judge(self):
        one = judge.Judge(self.subject, self.clock)
        one.expect_503 = self.LISTS_FIRST
        one.own += self.FORGOTTEN
        one.lag = self.lag
        if self.truth:
            one.truth = lambda key, ms: self.truth.truth[key].at(ms)
            one.keys = list(self.truth.truth)
        return one

    def watch(self):
        """A judge, who begins."""
        one = self.make_judge()
        self.watching = asyncio.ensure_future(one.run())
        return one

    async def live(self):
        await self.subject.start()
        self.judge = self.watch()
        await self.clock.until(7)
        before = self.subject.uses()
        for episode in self.episodes:
            await self.clock.until(episode.begin)
            late = self.clock.elapsed() - episode.begin  # the fault before took its time
            episode.begin, episode.end = episode.begin + late, episode.end + late
            done = await self._suffer(episode)
            if not self.is_alive(episode):
                return
            if not done:
                self.skipped.add(episode.fault)
                continue
            await self._recover(episode)
        if await self._settle():
            after = self.subject.uses()
            if after[1] > before[1] + 3 or after[2] > before[2] + 3:
                self.judge.blame("growth", f"descriptors, threads: {before[1:]} became {after[1:]}")

    def is_alive(self, what):
        if self.subject.alive():
            return True
        self.crashes += 1
        self.judge.blame("crash", f"ended with {self.subject.process.returncode} in {what}")
        return False

    @property
    def settled_within(self):
        """Seconds after the last that happened."""
        return 2 * self.interval

    async def _settle(self):
        """All has happened: soon all of it is counted, and no more."""
        await self.clock.until(self.truth.rest / 1000 + 1)
        if not self.is_alive("the end"):
            return False
        began, real = self.clock.elapsed(), time.monotonic()
        while True:
            scrape = await self.judge.scrape()
            up = scrape is not None and self._is_up(scrape, self.truth.rest / 1000 + 0.5)
            wrong = self.judge.differences(scrape, self.clock.ms(), exact=True) if up else ["it is not up"]
            if not wrong:
                break
            if self._since(began, real) > self.settled_within + (0 if up else judge.PATIENCE):
                for words in wrong:
                    self.judge.blame("wrong" if up else "late", f"{words}, {self.settled_within} s after the last that happened")
                return False
            await self.clock.sleep(0.3)
        self.at_the_end(scrape)
        return True

    def _since(self, began, real):
        """Compressed seconds, without what the machine lost meanwhile."""
        return self.clock.elapsed() - began - self.lag.since(real) * self.FACTOR

    async def _recover(self, episode):
        """Two intervals after the fault the source is up, and what had happened by its end is counted."""
        ended, real = self.clock.elapsed(), time.monotonic()
        # Libc asks a name server that kept silent again after a second of the machine, not of compressed time.
        late = self.FACTOR * subject.ASKED_AGAIN if episode.fault == "dns_silent" else 0
        behind, interval = ["it is not up"], self._in_force(self.judge.last)
        while True:
            scrape = await self.judge.scrape()
            took = self._since(ended, real)
            interval = max(interval, self._in_force(scrape))
            if scrape and self._is_up(scrape, ended):
                behind = self.judge.differences(scrape, int(ended * 1000) - 100, exact=False)
                if not behind:
                    break
            if took > late + 2 * interval or not self.subject.alive():
                self.judge.blame("late", f"not recovered {took:.1f} s after {episode}: " + "; ".join(behind[:3]))
                return
            await self.clock.sleep(0.3)
        self.recoveries += 1
        episode.recovered = took / interval

    def _in_force(self, scrape):
        """The interval that is: a source that takes longer for its answers is asked as seldom (--spark.interval)."""
        if scrape is None or scrape.total("spark_exporter_source_up", source=self.SOURCE) != 1:
            return self.interval
        took = scrape.total("spark_exporter_source_duration_seconds", source=self.SOURCE)
        return max(self.interval, took or 0)

    def _is_up(self, scrape, since):
        stamp = scrape.total("spark_exporter_source_last_success_timestamp_seconds", source=self.SOURCE)
        up = scrape.total("spark_exporter_source_up", source=self.SOURCE)
        took = scrape.total("spark_exporter_source_duration_seconds", source=self.SOURCE) or 0
        # Asked after it, and not by a clock that was ahead.
        return up == 1 and stamp is not None and since < self.clock.since_epoch(stamp) - took < self.clock.elapsed() + 0.1

    # --- faults ---------------------------------------------------------------------------------

    async def _suffer(self, episode):
        """False: this machine cannot."""
        if episode.fault in gate.FAULTS:
            for each in self.gates:
                await each.begin(episode.fault, episode.share)
            await self.clock.until(episode.end)
            for each in self.gates:
                await each.end()
            return True
        return await getattr(self, "_" + episode.fault)(episode)

    def _break_all(self):
        for each in self.gates:
            each.break_all()

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
        """No more than are in use, while its connections break."""
        self.subject.limit(resource.RLIMIT_NOFILE, self.subject.uses()[1])
        self._break_all()
        await self.clock.until(episode.end)
        self._unlimit(resource.RLIMIT_NOFILE)
        return True

    async def _hangups(self, episode):
        while self.clock.elapsed() < episode.end and self.subject.alive():
            self.subject.signal(signal.SIGHUP)
            await self.clock.sleep(self.chance.uniform(0.01, 0.2))
        return True

    async def _terminations(self, episode):
        """Ended in the midst of things, and begun again, until the time is up."""
        while self.clock.elapsed() < episode.end and self.subject.alive():
            self.peak = max(self.peak, self.subject.peak())
            await self._end_it()
            await self.subject.start()
            self.judge.expect_503 = self.LISTS_FIRST
            self.judge.go_on()
            self.restarts += 1
            await self.clock.sleep(self.chance.uniform(1, 4))
        return True

    async def _end_it(self):
        self.judge.pause()
        for _ in range(self.chance.randrange(3)):
            self.subject.signal(signal.SIGTERM)
        code, took = await self.subject.stop()
        if code != 0 or took > TERM_PATIENCE:
            self.judge.blame("term", f"SIGTERM: code {code} after {took:.1f} s")

    async def _dns_silent(self, episode):
        if self.subject.resolver is None:
            return False
        self.names.silent = True
        self._break_all()
        await self.clock.until(episode.end)
        self.names.silent = False
        return True
