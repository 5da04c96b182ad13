#!/usr/bin/env python3
"""Each verdict of the harness, red once: an exporter that is made up answers as none should, and the judge or the
schedule must say so; the same without what is wrong stays without blame."""
import asyncio
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import clock  # noqa: E402
import judge  # noqa: E402
import role_delivery  # noqa: E402
import schedule  # noqa: E402
from workload import Series  # noqa: E402

JOBS = ("spark_app_jobs_total", "succeeded")
GOOD = ("# HELP spark_app_jobs_total Jobs.\n# TYPE spark_app_jobs_total counter\n"
        'spark_app_jobs_total{status="succeeded"} %s\n')
UP = ("# TYPE spark_exporter_source_up gauge\nspark_exporter_source_up{source=\"spark\"} 1\n"
      "# TYPE spark_exporter_source_last_success_timestamp_seconds gauge\n"
      "spark_exporter_source_last_success_timestamp_seconds{source=\"spark\"} %s\n")


class MadeUp:
    """Stands for exporter and process: answers `bodies` one after the other, the last one for ever."""

    def __init__(self, *bodies, status=200, silent=False, code=0):
        self.bodies, self.status, self.silent, self.code = list(bodies), status, silent, code
        self.process, self.is_there, self.took = self, True, 0.0
        self.used = [(8 << 20, 10, 5)]

    async def open(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = self.server.sockets[0].getsockname()[:2]

    async def _serve(self, reader, writer):
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        if self.silent:
            return  # and keeps it open
        elif path == b"/metrics":
            body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
            body = body() if callable(body) else body
            writer.write(f"HTTP/1.1 {self.status} X\r\n\r\n{body}".encode())
        else:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\nok\n")
        writer.close()

    # --- as subject.Subject ---------------------------------------------------------------------

    @property
    def returncode(self):
        return None if self.is_there else self.code

    def alive(self):
        return self.is_there

    def signal(self, number):
        pass

    def uses(self):
        return self.used.pop(0) if len(self.used) > 1 else self.used[0]

    async def start(self):
        pass

    async def stop(self):
        return self.code, self.took


class Lag:
    def since(self, moment):
        return 0.0


class Truth:
    rest = 0

    def __init__(self, *events):
        self.truth = {JOBS: Series(events)}


class Role(schedule.Schedule):
    NAME, SOURCE, INTERVALS = "made-up", "spark", (1,)


class Base(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.clock = clock.Clock(os.path.join(self.folder.name, "clock"), 60)
        self.addCleanup(self.folder.cleanup)
        self.made_up = []

    async def asyncTearDown(self):
        for each in self.made_up:
            each.server.close()

    async def open(self, made_up):
        self.made_up.append(made_up)
        await made_up.open()

    async def judged(self, made_up, scrapes=1, truth=None):
        await self.open(made_up)
        one = judge.Judge(made_up, self.clock)
        if truth is not None:
            one.truth, one.keys = (lambda key, ms: truth), [JOBS]
        for _ in range(scrapes):
            await one.scrape()
        return one

    async def role(self, made_up, truth=None):
        await self.open(made_up)
        role = Role(1, 0, "", "", self.folder.name, Lag())
        role.clock, role.subject, role.truth = self.clock, made_up, truth or Truth()
        role.judge = judge.Judge(made_up, self.clock)
        role.judge.truth = lambda key, ms: role.truth.truth[key].at(ms)
        role.judge.keys = list(role.truth.truth)
        return role

    def now_up(self, jobs):
        return lambda: GOOD % jobs + UP % (self.clock.wall / 1e9 + self.clock.elapsed())

    def blames(self, one, *kinds):
        self.assertEqual(sorted(one.wrong), sorted(kinds), one.wrong)


class Verdicts(Base):
    # --- what is scraped ------------------------------------------------------------------------

    async def test_good(self):
        self.blames(await self.judged(MadeUp(GOOD % 1, GOOD % 2), scrapes=2, truth=2))

    async def test_unanswered(self):
        judge.PATIENCE, before = 0.2, judge.PATIENCE
        try:
            self.blames(await self.judged(MadeUp(GOOD % 1, silent=True)), "unanswered")
        finally:
            judge.PATIENCE = before

    async def test_refused(self):
        made_up = MadeUp(GOOD % 1)
        await self.open(made_up)
        made_up.server.close()
        one = judge.Judge(made_up, self.clock)
        await one.scrape()
        self.blames(one, "unanswered")

    async def test_answered_with_an_error(self):
        self.blames(await self.judged(MadeUp("no", status=500)), "unanswered")

    async def test_malformed(self):
        for text in (GOOD % 1 + GOOD % 1, "spark_app_jobs_total 1\n", (GOOD % 1)[:-1], GOOD % "x"):
            self.blames(await self.judged(MadeUp(text)), "malformed")

    async def test_fell(self):
        self.blames(await self.judged(MadeUp(GOOD % 2, GOOD % 1), scrapes=2), "fell")

    async def test_fell_unseen_in_between(self):
        """A series that was away comes back lower."""
        gone = "# TYPE other gauge\nother 1\n"
        self.blames(await self.judged(MadeUp(GOOD % 2, gone, GOOD % 1), scrapes=3), "fell")

    async def test_may_begin_anew_with_another_life(self):
        for name, kinds in (("spark_exporter_jobs_total", ()), ("spark_app_jobs_total", ("fell",))):
            bodies = [(GOOD % jobs).replace("spark_app_jobs_total", name) for jobs in (2, 1)]
            one = await self.judged(MadeUp(*bodies))
            one.go_on()
            await one.scrape()
            self.blames(one, *kinds)

    async def test_more_than_happened(self):
        self.blames(await self.judged(MadeUp(GOOD % 3), truth=2), "wrong")

    # --- what comes of a fault ------------------------------------------------------------------

    async def test_recovered(self):
        role = await self.role(MadeUp(self.now_up(1)), Truth((0, 1)))
        await role._recover(schedule.Episode("silent", 0, 1, 1.0))
        self.blames(role.judge)
        self.assertEqual(role.recoveries, 1)

    async def test_late(self):
        """Not up; up with a stamp from before; up, with less than had happened."""
        for body in (GOOD % 1, GOOD % 1 + UP % 5, self.now_up(0)):
            role = await self.role(MadeUp(body), Truth((0, 1)))
            await role._recover(schedule.Episode("silent", 0, 1, 1.0))
            self.blames(role.judge, "late")

    async def test_crash(self):
        for code in (-11, 1, 0):
            made_up = MadeUp(GOOD % 1, code=code)
            made_up.is_there = False
            role = await self.role(made_up)
            self.assertFalse(role.is_alive("nothing"))
            self.blames(role.judge, "crash")

    async def test_exact_at_the_end(self):
        role = await self.role(MadeUp(self.now_up(2)), Truth((0, 1), (1, 1)))
        self.assertTrue(await role._settle())
        self.blames(role.judge)
        for jobs in (1, 3):
            role = await self.role(MadeUp(self.now_up(jobs)), Truth((0, 1), (1, 1)))
            self.assertFalse(await role._settle())
            self.blames(role.judge, "wrong")

    async def test_growth(self):
        for more in ((8 << 20, 14, 5), (8 << 20, 10, 9)):
            made_up = MadeUp(self.now_up(1))
            made_up.used.append(more)
            role = await self.role(made_up, Truth((0, 1)))
            role.episodes, role.watch = [], lambda role=role: role.judge
            await role.live()
            self.blames(role.judge, "growth")

    async def test_end(self):
        for code, took in ((1, 0.1), (None, 20.0), (0, schedule.TERM_PATIENCE + 1)):
            made_up = MadeUp(GOOD % 1, code=code)
            made_up.took = took
            role = await self.role(made_up)
            await role._end_it()
            self.blames(role.judge, "term")


class Receivers:
    """Hold what the test says."""

    def __init__(self, states, reasons, said, pushes=(b"x",)):
        self.states, self.firing, self.said, self.bodies = states, reasons, said, pushes

    async def pushed(self, namespace, app):
        if not self.states:
            return {}
        return {"spark_job_last_outcome": dict.fromkeys(self.states, 1.0),
                "spark_job_last_end_timestamp_seconds": {"": 20.0}, "spark_job_last_duration_seconds": {"": 10.0}}

    async def reasons(self, namespace, app):
        return self.firing

    def pushes(self, namespace, app):
        return set(self.bodies)

    def alerts(self, namespace, app):
        return self.said


class Deliveries(Base):
    async def arrives(self, receivers, outcome=(1, "failed", "UserError"), pod_ends=20_000, words=None):
        made_up = MadeUp(GOOD % 1)
        await self.open(made_up)
        role = role_delivery.DeliveryRole(1, 0, "", "", self.folder.name, Lag())
        role.clock, role.subject, role.receivers, role.namespace = self.clock, made_up, receivers, "etl"
        role.interval, role.judge = 1, judge.Judge(made_up, self.clock)
        pod = type("Pod", (), {"started": pod_ends - 10_000, "finished": pod_ends})
        self.clock.wall = 0
        await role._arrives(schedule.Episode("silent", 0, 1, 1.0), pod, "job", outcome, (self.clock.elapsed(), 0.0),
                            role.write("words", '{"outcome": "%s"}' % outcome[1] if words is None else words))
        return role.judge

    async def test_arrived(self):
        self.blames(await self.arrives(Receivers(["failed"], ["UserError"], [("UserError",)])))
        good = Receivers(["succeeded"], [], [()])
        self.blames(await self.arrives(good, (0, "succeeded", None)))

    async def test_lost(self):
        failed = [("UserError",)]
        for receivers in (Receivers([], ["UserError"], failed), Receivers(["succeeded"], ["UserError"], failed),
                          Receivers(["failed"], [], []), Receivers(["failed"], ["Killed"], failed),
                          Receivers(["failed"], ["UserError", "Killed"], failed),
                          Receivers(["failed"], ["UserError"], [*failed, ("Killed",)]),
                          Receivers(["failed"], ["UserError"], failed, (b"x", b"y"))):
            self.blames(await self.arrives(receivers), "lost")
        self.blames(await self.arrives(Receivers(["failed"], ["UserError"], failed), pod_ends=30_000), "lost")

    async def test_lost_words(self):
        for words in ("", '{"outcome": "unknown"}', "[]"):
            receivers = Receivers(["failed"], ["UserError"], [("UserError",)])
            self.blames(await self.arrives(receivers, words=words), "lost")


if __name__ == "__main__":
    unittest.main()
