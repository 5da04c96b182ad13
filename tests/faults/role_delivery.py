"""A sidecar whose driver ends while Pushgateway and Alertmanager break: the outcome arrives, once and as it was; told to
end meanwhile, it waits for its deadline and no longer. Several runs, one after the other, each with a sidecar of its own."""
import asyncio
import json
import os
import signal
import time

import api_server
import fleet
import gate
import schedule
from clock import Clock

OUTCOMES = ((0, "succeeded", None), (1, "failed", "UserError"), (137, "failed", "Killed"))
DEAF = ("refuse", "accept_reset", "silent", "half_open", "request_reset", "garbage_head", "head_flood", "interim_flood")
OWN = ("no_descriptors", "hangups", "dns_silent")
DRAWN = gate.FAULTS + OWN + OWN
BEHIND = 600       # seconds: Alertmanager keeps the machine's time, and what ends in the future still fires
LINGER = 60        # seconds that it would stay at most
TO_LEAVE = 2       # seconds of the grace period that it leaves
SLACK = 3.0        # compressed seconds, half a second of the machine
SIDECAR = {"name": "spark-exporter", "image": "spark-exporter:1", "restartPolicy": "Always"}


class DeliveryRole(schedule.Schedule):
    NAME = "delivery"
    # The longest pause between two tries.
    INTERVALS = (15,)
    receivers = None  # of all schedules

    def draw(self, chance, only):
        self.interval = self.INTERVALS[0]
        self.episodes, now = [], 4.0
        for number in range(3):
            lasts = chance.uniform(3.0, 9.0)
            told = number == 1 and (only is None or only in DEAF)
            self.episodes.append(schedule.Episode(only or chance.choice(DEAF if told else DRAWN), now, now + lasts,
                                                  1.0 if told else chance.choice((1.0, 1.0, 0.5))))
            self.episodes[-1].told = told
            now += lasts + 8

    def make_clock(self):
        return Clock(os.path.join(self.folder, "clock"), self.FACTOR, BEHIND)

    def prepare(self):
        self.pods = fleet.Told(self.clock)
        self.api = gate.Gate(self.host, api_server.ApiServer(self.clock, self.pods).answer, self.chance)
        self.namespace = f"seed-{self.seed}"
        self.pushgateway = self.add_gate(self.receivers.through("pushgateway"))
        self.alertmanager = self.add_gate(self.receivers.through("alertmanager"))
        return self.pushgateway

    def flags(self, url):
        self.name = url.rsplit(":", 1)[0]
        return []

    async def live(self):
        await self.api.open()
        try:
            for number, episode in enumerate(self.episodes):
                await self._run_of(number, episode)
        finally:
            await self.api.close()

    # --- one run --------------------------------------------------------------------------------

    async def _run_of(self, number, episode):
        app = f"job-{number}"
        pod = self._begin_pod(number, app, grace=self.chance.randrange(8, 16) if episode.told else 300)
        words = self.write(f"termination-log-{number}", "")
        self.subject.flags = [
            "--spark.url=http://127.0.0.1:1", "--spark.interval=2s", f"--kubernetes.api-server={self.api.url}",
            f"--kubernetes.namespace={self.namespace}", f"--kubernetes.pod={pod.metadata['name']}",
            f"--push.gateway-url={self.name}:{self.pushgateway.port}",
            f"--push.alertmanager-url={self.name}:{self.alertmanager.port}", f"--outcome.termination-log={words}",
            f"--outcome.linger-success={LINGER}s", f"--outcome.linger-failure={LINGER}s"]
        await self.subject.start()
        self.restarts += 1
        self.judge = self.judge or self.watch()
        self.judge.last, self.judge.highest = None, {}
        self.judge.go_on()
        await self._wait_for(lambda: (self.judge.last and self.judge.last.total(
            "spark_exporter_source_up", source="kubernetes") == 1), 10)
        lasts = episode.end - episode.begin
        episode.begin = self.clock.elapsed()
        episode.end = episode.begin + (pod.grace + 10 if episode.told else lasts)
        outcome = self.chance.choice(OUTCOMES)
        meanwhile = self._told_to_end(pod, episode) if episode.told else self._end_pod(pod, episode, outcome[0])
        meanwhile = asyncio.ensure_future(meanwhile)
        if not await self._suffer(episode):
            self.skipped.add(episode.fault)
        ended = self.clock.elapsed(), time.monotonic()
        if self.subject.alive():
            self.peak = max(self.peak, self.subject.peak())
        await meanwhile
        if episode.told:
            outcome = (None, "cancelled", None)
            episode.recovered = 0.0
            self.recoveries += 1
        elif self.subject.process.returncode == 0 or self.is_alive(episode):  # it may have left when all was delivered
            await self._arrives(episode, pod, app, outcome, ended, words)
            await self._leave(outcome[1])
        for wrong in self._words_differ(words, outcome[1]):
            self.judge.blame("lost", wrong)
        pod.tell(self.clock.ms(), "DELETED")
        self.pods.number()

    def _begin_pod(self, number, app, grace):
        labels = {"spark-role": "driver", "spark-app-selector": f"spark-{number}", "spark-exporter.io/job": app}
        now = self.clock.ms()
        pod = fleet.Pod(self.pods, f"run-{number}-driver", f"uid-{self.seed}-{number}", labels, [], now,
                        "spark-kubernetes-driver", self.namespace)
        pod.grace, pod.sidecars = grace, [SIDECAR]
        pod.tell(now, "ADDED")
        pod.run(now)
        self.pods.number()
        return pod

    async def _wait_for(self, done, seconds):
        until = self.clock.elapsed() + seconds
        while not done() and self.clock.elapsed() < until and self.subject.alive():
            await self.clock.sleep(0.1)

    async def _end_pod(self, pod, episode, code):
        """In the midst of the fault."""
        await self.clock.until(episode.begin + self.chance.uniform(0.2, 0.7) * (episode.end - episode.begin))
        pod.end(self.clock.ms(), code)
        self.pods.number()

    async def _told_to_end(self, pod, episode):
        """The pod is deleted and nothing can be delivered: it stays for as long as its grace period allows."""
        await self.clock.sleep(self.chance.uniform(0.5, 1.5))
        pod.delete(self.clock.ms(), None)
        self.pods.number()
        await self.clock.sleep(1)  # it is told of it first, as by a kubelet
        asked, real = self.clock.elapsed(), time.monotonic()
        self.subject.signal(signal.SIGTERM)
        await self._wait_for(lambda: self.clock.elapsed() > asked + pod.grace - TO_LEAVE - 1, pod.grace)
        if not self.subject.alive():
            self.judge.blame("term", f"it left {self.clock.elapsed() - asked:.1f} s after SIGTERM, of a grace period of "
                             f"{pod.grace} s, with nothing delivered")
        self.judge.pause()
        await self._wait_for(lambda: self._since(asked, real) > pod.grace - TO_LEAVE + SLACK, pod.grace)
        if self.subject.alive():
            self.judge.blame("term", f"still there {self._since(asked, real):.1f} s after SIGTERM, of a grace period of "
                             f"{pod.grace} s")
        code, _ = await self.subject.stop()
        if code != 0:
            self.judge.blame("crash", f"ended with {code} after SIGTERM")

    async def _arrives(self, episode, pod, app, outcome, ended, words):
        """Two intervals after the fault both have it; never did they have anything else."""
        while True:
            there = self.subject.alive()  # asked first: it may deliver and leave while we look
            missing = await self._missing(pod, app, outcome) + self._words_differ(words, outcome[1])
            took = self._since(*ended)
            if not missing:
                break
            if took > 2 * self.interval or not there:
                self.judge.blame("lost", f"{took:.1f} s after {episode}: " + "; ".join(missing))
                return
            await self.clock.sleep(0.3)
        episode.recovered = max(0.0, took / self.interval)
        self.recoveries += 1

    async def _missing(self, pod, app, outcome):
        _, state, reason = outcome
        started, finished = (int(self.clock.epoch_ms(at) / 1000) for at in (pod.started, pod.finished))
        held = await self.receivers.pushed(self.namespace, app)
        wrong = []
        shown = [each for each, value in held.get("spark_job_last_outcome", {}).items() if value]
        if shown != [state]:
            wrong.append(f"Pushgateway has {shown}, not {state}")
        elif (held["spark_job_last_end_timestamp_seconds"][""], held["spark_job_last_duration_seconds"][""]) != (
                finished, finished - started):
            wrong.append(f"Pushgateway has {held}, not {started} to {finished}")
        said = self.receivers.alerts(self.namespace, app)
        firing = await self.receivers.reasons(self.namespace, app)
        if not said or firing != ([reason] if reason else []):
            wrong.append(f"Alertmanager was told {len(said)} times and fires {firing}, not {reason}")
        if len(self.receivers.pushes(self.namespace, app)) > 1 or len(set(said)) > 1:
            self.judge.blame("lost", f"{app} was told in several ways: {said}, "
                             f"{self.receivers.pushes(self.namespace, app)}")
        return wrong

    async def _leave(self, state):
        """After a good run by itself, when the final values were scraped; after a failure it would stay for a minute."""
        if state == "succeeded":
            await self._wait_for(lambda: False, 15)
            if self.subject.alive():
                self.judge.blame("term", "it did not leave after all was delivered and scraped")
        self.judge.pause()
        for _ in range(2):  # a second SIGTERM: at once
            self.subject.signal(signal.SIGTERM)
            await asyncio.sleep(0.02)
        code, took = await self.subject.stop()
        if code != 0 or took > schedule.TERM_PATIENCE:
            self.judge.blame("term", f"it ended with {code} after {took:.1f} s")

    @staticmethod
    def _words_differ(path, state):
        with open(path) as file:
            text = file.read()
        try:
            said = json.loads(text).get("outcome")
        except (ValueError, AttributeError):
            said = text[:200]
        return [] if said == state else [f"the termination message says {said!r}, not {state}"]
