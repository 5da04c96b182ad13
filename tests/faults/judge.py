"""Looks at an exporter all the time: each scrape must be answered and well-formed, no counter may fall, nothing may be
counted that has not happened. What is wrong is kept in words."""
import asyncio
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))
from exposition import Malformed, Scrape  # noqa: E402

PATIENCE = 10.0  # seconds of the machine that a scrape may take: more is a hang
STALL = 0.3      # seconds that this process got no CPU: the exporter closes a connection that says nothing for long
SLACK = 0.002    # of sums of fractions
LABEL = {"spark_app_jobs_total": "status", "spark_app_stages_total": "status", "spark_app_tasks_total": "status",
         "spark_sql_executions_total": "status", "spark_streaming_batches_total": "query"}


async def get(address, path):
    """(status, body)"""
    reader, writer = await asyncio.open_connection(*address)
    try:
        if writer.get_extra_info("sockname") == writer.get_extra_info("peername"):
            raise ConnectionRefusedError("nobody but ourselves")  # TCP may do that on one machine
        writer.write(f"GET {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n".encode())
        raw = await reader.read(-1)
    finally:
        writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body.decode()


class Lag:
    """How late this machine was lately: what is timed in compressed time must not fail because the test got no CPU."""

    def __init__(self):
        self.seen = []

    async def run(self):
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.02)
            now = time.monotonic()
            self.seen.append((now, now - began - 0.02))
            if len(self.seen) > 20_000:
                del self.seen[:10_000]

    def since(self, moment):
        """Seconds that were lost in all since then."""
        return sum(late for at, late in self.seen if at >= moment and late > 0.005)


class Judge:
    """`truth(key, ms)`: what may have been counted by then; None: nobody knows yet."""

    # Counters that begin anew with each life of the exporter.
    OWN = ("spark_exporter_", "process_")

    def __init__(self, subject, clock, every=0.1):
        self.subject, self.clock, self.every = subject, clock, every
        self.truth, self.keys = None, ()
        self.wrong = {}     # kind -> [words]
        self.scrapes = self.checks = 0
        self.lag, self.stalled = None, 0  # how often nothing was asked in time because the machine stood still
        self.last, self.highest = None, {}
        self.own = self.OWN
        self.expect_503 = False
        self.paused = False
        self.ending = asyncio.Event()

    def blame(self, kind, words):
        self.wrong.setdefault(kind, []).append(f"at {self.clock.elapsed():.1f} s: {words}")

    async def run(self):
        turn = 0
        while True:
            await asyncio.sleep(self.every)
            if self.paused:
                continue
            turn += 1
            await self.scrape()
            if turn % 5 == 0:
                await self._healthy()

    def pause(self):
        """Its end is near, which is our doing: what is being asked is not waited for, and nothing is until go_on()."""
        self.paused = True
        self.ending.set()

    def go_on(self):
        """With another life of it."""
        self.paused = False
        self.ending = asyncio.Event()
        self.highest = {key: value for key, value in self.highest.items() if not key[0].startswith(self.own)}

    async def _ask(self, path):
        """(None, ""): there was no answer, or nobody cares."""
        began = time.monotonic()
        asking, ending = asyncio.ensure_future(get(self.subject.address, path)), asyncio.ensure_future(self.ending.wait())
        await asyncio.wait({asking, ending}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        over, stalled = ending.done(), self.lag is not None and self.lag.since(began) > STALL
        ending.cancel()
        asking.add_done_callback(lambda task: task.cancelled() or task.exception())  # which may be later than we look
        try:
            if not asking.done():
                asking.cancel()
                if not over:
                    self.blame("unanswered", f"{path}: no answer in {PATIENCE:.0f} s")
                return None, ""
            answer = asking.result()
            return answer if self.subject.alive() else (None, "")
        except (OSError, ValueError, IndexError) as error:
            if stalled:
                self.stalled += 1
            elif not over and not await self._ends():  # who runs it judges that
                self.blame("unanswered", f"{path}: {type(error).__name__} {error}")
        return None, ""

    async def _ends(self):
        """Whether the process is about to be gone: it listens no more a moment before."""
        for _ in range(20):
            if self.paused or not self.subject.alive():
                return True
            await asyncio.sleep(0.05)
        return False

    async def _healthy(self):
        status, _ = await self._ask("/-/healthy")
        if status not in (None, 200):
            self.blame("unanswered", f"/-/healthy: {status}")
        self.checks += 1

    async def scrape(self):
        """The scrape, or None."""
        status, body = await self._ask("/metrics")
        if status is None or (status == 503 and self.expect_503):
            return None
        self.scrapes += 1
        if status != 200:
            self.blame("unanswered", f"/metrics: {status} {body[:80]!r}")
            return None
        try:
            scrape = Scrape(body)
        except (Malformed, ValueError) as error:  # a value that is no number
            self.blame("malformed", str(error)[:200])
            return None
        self.expect_503 = False
        self._hold(scrape)
        self.last = scrape
        return scrape

    def _hold(self, scrape):
        now = {}
        for name, samples in scrape.samples.items():
            family = name
            for suffix in ("_bucket", "_sum", "_count"):
                if name not in scrape.types and name.endswith(suffix):
                    family = name[:-len(suffix)]
            if scrape.types.get(family) not in ("counter", "histogram"):
                continue
            for labels, value in samples:
                now[(name, *sorted(labels.items()))] = value
        for key, value in now.items():
            before = self.highest.get(key)
            if before is not None and value < before - 1e-6:
                self.blame("fell", f"{key} from {before} to {value}")
        self.highest = {**self.highest, **now} if len(self.highest) < 50_000 else now
        if self.truth:
            for key in self.keys:
                shown, most = self.shown(scrape, key), self.truth(key, self.clock.ms())
                if shown is not None and shown > most + SLACK:
                    self.blame("wrong", f"{key}: {shown} is shown, and {most} have happened")

    @staticmethod
    def shown(scrape, key):
        """`key`: (family, value of its label in LABEL or "" for all), or (family, pairs of labels and values)."""
        family, value = key
        if isinstance(value, tuple):
            return scrape.total(family, **dict(value))
        return scrape.total(family, **({LABEL[family]: value} if value else {}))

    def differences(self, scrape, ms, exact):
        """Each key's value against the truth of `ms`, as much at least, or exactly: what differs, in words."""
        wrong = []
        for key in self.keys:
            shown, true = self.shown(scrape, key) or 0, self.truth(key, ms)
            if shown < true - SLACK or (exact and shown > true + SLACK):
                wrong.append(f"{key}: {shown} is shown where {true} is true")
        return wrong
