"""A watch of pods on a real API server lives through what happens to watches in a year: a token that stops working,
compaction, a restart of the API server, a minute of refused connections, an etcd restored from an older copy, a
connection that goes dumb. All the while pods come, change and go; after each the probe (watch_probe.cpp: the library's
own client) holds exactly what the API holds."""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import api_proxy
import control_plane
import kube_client
import lab

NAMESPACE = "churn"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
SELECTOR = "spark-role in (driver,executor)"
MOST_PODS = 60
MOST_GROWTH_KIB = 1024
MOST_TRIES_A_MINUTE = 10
IDLE_S = 8


class Churn(lab.Background):
    """Creates, changes and deletes pods, as a seed has it, until it is stopped. Half of the changes move a pod into the
    selection or out of it. What the API server cannot take right now is left out."""
    patience = 90

    def __init__(self, plane, seed, every=0.03):
        self.client, self.random, self.every = plane.client(), random.Random(seed), every
        self.names, self.made, self.done, self.failed = [], 0, 0, 0

    def _run(self):
        while not self.stop.wait(self.every):
            try:
                self.step()
            except (kube_client.Refused, OSError, ValueError):
                self.failed += 1

    def step(self):
        chance = self.random.random()
        if not self.names or chance < 0.3 and len(self.names) < MOST_PODS:
            self.made += 1
            name = f"pod-{self.made}"
            self.client.create(PODS, pod(name, self.random), allow=(409,))
            self.names.append(name)
        elif chance < 0.5:
            self.client.delete(f"{PODS}/{self.names.pop(self.random.randrange(len(self.names)))}")
        elif chance < 0.75:
            phase = self.random.choice(("Pending", "Running", "Failed"))
            self.client.patch(f"{PODS}/{self.random.choice(self.names)}/status",
                              {"status": {"phase": phase, "message": f"change {self.done}"}}, allow=(404,))
        else:
            role = self.random.choice(("driver", "executor", "executor", "none"))
            self.client.patch(f"{PODS}/{self.random.choice(self.names)}",
                              {"metadata": {"labels": {"spark-role": role, "change": str(self.done)}}}, allow=(404,))
        self.done += 1

    def steps(self, count):
        for _ in range(count):
            self.step()


def pod(name, chance):
    role = chance.choice(("driver", "executor", "executor", "executor"))
    return {"metadata": {"name": name, "labels": {"spark-role": role, "spark-app-name": "churn"}},
            "spec": {"automountServiceAccountToken": False,
                     "containers": [{"name": f"spark-kubernetes-{role}", "image": "spark:none"}]}}


class Probe:
    def __init__(self, url, plane, token_file):
        self.command = [os.environ.get("WATCH_PROBE") or os.path.join(lab.ROOT, "build/release/tests/e2e/watch_probe"),
                        f"--api-server={url}", f"--ca-file={plane.pki}/ca.crt", f"--token-file={token_file}",
                        f"--namespace={NAMESPACE}", f"--label-selector={SELECTOR}", "--page-objects=5",
                        "--list-timeout-ms=20000", f"--idle-timeout-ms={IDLE_S * 1000}", "--good-watch-ms=3000"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind, error, trace):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    def show(self):
        try:
            self.process.stdin.write("show\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise lab.Died(f"the probe ended with {self.process.wait(5)}")
        return json.loads(line)

    def errors(self, kind):
        return self.show()["status"]["errors"].get(kind, 0)


class Endurance:
    """The parts of the test and what they share."""

    def __init__(self, plane, proxy, probe, token_file):
        self.plane, self.proxy, self.probe, self.token_file = plane, proxy, probe, token_file
        self.admin = plane.client()
        self.began = time.monotonic()
        self.rows = []

    def compare(self, name, note=""):
        """Waits until the probe holds what the API holds: everything is at rest now."""
        begin = time.monotonic()
        truth, shown = {}, {}

        def same():
            nonlocal truth, shown
            items, _ = self.admin.list(PODS, SELECTOR)
            truth = {one["metadata"]["uid"]: [one["metadata"]["name"], one["metadata"]["resourceVersion"]]
                     for one in items}
            shown = self.probe.show()
            return shown["pods"] == truth
        try:
            lab.wait_until(f"the API's state after: {name}", same, 90)
        except AssertionError:
            held = shown["pods"]
            print(f"missing {[truth[uid] for uid in truth.keys() - held.keys()]}, too many "
                  f"{[held[uid] for uid in held.keys() - truth.keys()]}, old "
                  f"{[(held[uid], truth[uid]) for uid in truth.keys() & held.keys() if held[uid] != truth[uid]]}")
            print(json.dumps(shown["status"], indent=1))
            raise
        status = shown["status"]
        self.rows.append((name, len(truth), status["events"], status["lists"], status["watches"], shown["rss_kib"],
                          time.monotonic() - begin, note))
        print(f"[{time.monotonic() - self.began:6.1f} s] {name}: {len(truth)} pods, {status['events']} events, "
              f"{status['lists']} lists, {status['watches']} watches, {shown['rss_kib']} KiB. {note}", flush=True)
        return shown

    def answered(self, what, since, text, status, seconds=60.0):
        lab.wait_until(what, lambda: self.proxy.answers(since, text, status), seconds, every=0.05)


def new_token(plane, client, token_file, secret):
    token = kube_client.token_bound_to(client, NAMESPACE, "probe", secret)
    with open(token_file + ".new", "w") as out:
        out.write(token)
    os.replace(token_file + ".new", token_file)
    return token


def most_in_a_minute(instants):
    return max((sum(1 for other in instants if at <= other < at + 60) for at in instants), default=0)


# --- what happens ---------------------------------------------------------------------------------


def warm_up(run):
    """Each way of coming back once, so that what they need once is in memory."""
    with Churn(run.plane, 1) as churn:
        lab.wait_until("changes", lambda: churn.done >= 150)
        run.proxy.cut()
        lab.wait_until("more changes", lambda: churn.done >= 300)
        run.proxy.reset()
        time.sleep(1)  # a few tries are refused; how many does not matter here
        run.proxy.listen()
        lab.wait_until("still more changes", lambda: churn.done >= 450)
    run.compare("warm-up")
    return run.compare("start")["rss_kib"]


def token_stops(run, token):
    """The token is bound to a Secret: deleting it makes every later request a 401."""
    with Churn(run.plane, 2):
        run.admin.delete(f"/api/v1/namespaces/{NAMESPACE}/secrets/first")
        holder = run.plane.client(token)
        lab.wait_until("401", lambda: holder.call("GET", f"{PODS}?limit=1")[0] == 401, 60)
        since = time.monotonic()
        run.proxy.cut()
        run.answered("the probe's 401", since, "/pods?", 401)
        new_token(run.plane, run.admin, run.token_file, "second")
        run.answered("an answer to the new token", since, "/pods?", 200)
    refused = len(run.proxy.answers(since, "/pods?", 401))
    run.compare("token stopped working", f"{refused} x 401")


def bounce(run, meanwhile):
    """API server and etcd are killed and come back; in between, meanwhile(etcd's data folder)."""
    server, store = run.plane.kill("kube-apiserver"), run.plane.kill("etcd")
    meanwhile(run.plane.etcd_data())
    run.plane.start_again(store)
    run.plane.start_again(server)
    run.plane.wait_ready()


def restart(run):
    """The API server is killed and comes back. etcd is stopped meanwhile and copied as it is now, for later."""
    copy = run.plane.etcd_data() + ".copy"
    with Churn(run.plane, 3) as churn:
        lab.wait_until("changes", lambda: churn.done >= 50)
        bounce(run, lambda data: shutil.copytree(data, copy))
        lab.wait_until("changes after it", lambda: churn.done >= 100)
    run.compare("API server restarted")
    return copy


def resets(run):
    """As refused below, but here the proxy counts: it takes each connection and resets it."""
    since = time.monotonic()
    with Churn(run.plane, 6):
        run.proxy.reset()
        lab.wait_until("some tries", lambda: sum(at > since for at in run.proxy.connections) >= 3, 60)
        run.proxy.listen()
    run.compare("connections reset")
    most = most_in_a_minute([at for at in run.proxy.connections if at > since])
    assert most <= MOST_TRIES_A_MINUTE, f"{most} connections in a minute"


def refused(run):
    """A minute of refused connections, in which the API server is restarted too: afterwards it does not know the
    watch's version any more, and says so in an ERROR event. Then the list that follows is compacted away between two of
    its pages."""
    before = run.proxy.gone_events
    tries, seen = [], run.probe.errors("connect")
    with Churn(run.plane, 4, every=0.2) as churn:
        run.proxy.refuse()
        end = time.monotonic() + 60
        server = None
        while time.monotonic() < end:
            now = run.probe.errors("connect")
            tries += [time.monotonic()] * (now - seen)
            seen = now
            if server is None and time.monotonic() > end - 40:
                server = run.plane.kill("kube-apiserver")
                run.plane.start_again(server)
                run.plane.wait_ready()
            time.sleep(0.1)
        lab.wait_until("changes", lambda: churn.done >= 60)
    most = most_in_a_minute(tries)
    run.proxy.hold = Compaction(run)
    run.proxy.listen()
    run.answered("410 for a list's next page", end, "continue=", 410)
    run.proxy.hold = None
    gone = run.proxy.gone_events - before, len(run.proxy.answers(end, "continue=", 410))
    run.compare("60 s refused, compaction", f"{len(tries)} tries, {most} in a minute at most, "
                f"{gone[0]} x ERROR 410, {gone[1]} x HTTP 410 in mid-list")
    assert 0 < most <= MOST_TRIES_A_MINUTE, f"{most} tries in a minute"
    assert min(gone) > 0, f"ERROR events and answers with 410: {gone}"


class Compaction:
    """Holds the first request for a list's next page; when it goes on, etcd has been compacted. The API server is
    another one then, since the old one would still answer from its memory."""

    def __init__(self, run):
        self.run, self.times = run, 0

    def __call__(self, target):
        if self.times or "continue=" not in target:
            return False
        self.times = 1
        Churn(self.run.plane, 5).steps(20)
        self.run.plane.compact()
        self.run.plane.start_again(self.run.plane.kill("kube-apiserver"))
        self.run.plane.wait_ready()
        return True


def go_back(run, copy):
    """etcd comes back from the older copy."""
    def replace(data):
        shutil.rmtree(data)
        shutil.copytree(copy, data)
    bounce(run, replace)


def restored(run, copy):
    """etcd comes back from the older copy: the watch's version lies in the future, which the API answers with 200 and
    silence. First few changes follow, then, a second time, more than it takes to catch up with the watch."""
    for name, lead, changes in (("etcd restored", 300, 20), ("etcd restored and caught up", 100, 400)):
        Churn(run.plane, 7).steps(lead)
        go_back(run, copy)
        lists = run.probe.show()["status"]["lists"]
        Churn(run.plane, 8).steps(changes)
        shown = run.compare(name)
        assert shown["status"]["lists"] > lists, "the versions that went back were not noticed"


def from_the_future(run, copy):
    """The same without an outage that the watch could see: its next connection waits until the server is back. Then
    there is nothing but silence."""
    Churn(run.plane, 10).steps(300)
    since = time.monotonic()
    run.proxy.passing.clear()
    go_back(run, copy)
    run.proxy.passing.set()
    run.answered("a watch from the future", since, "watch=true", 200)
    Churn(run.plane, 11).steps(20)
    run.compare("silence from the future")


def half_open(run):
    """The connection stays and nothing passes: only the watch's own time-out can tell."""
    with Churn(run.plane, 9) as churn:
        since = time.monotonic()
        run.proxy.go_dumb()
        run.answered("another watch", since, "watch=true", 200)
        lab.wait_until("changes after it", lambda: churn.done >= 30)
    run.compare("connection went dumb")


def table(rows, growth):
    lines = ["| after | pods | events so far | lists | watches | resident | seconds until equal | |",
             "|---|--:|--:|--:|--:|--:|--:|---|"]
    for name, pods, events, lists, watches, resident, took, note in rows:
        lines.append(f"| {name} | {pods} | {events} | {lists} | {watches} | {resident} KiB | {took:.1f} | {note} |")
    return "\n".join(lines) + f"\n\nGrowth after the warm-up: {growth:+} KiB.\n"


def test(out=None):
    scratch = tempfile.mkdtemp(prefix="watch-e2e-")
    try:
        with control_plane.ControlPlane() as plane, api_proxy.Proxy(plane.url, plane.pki) as proxy:
            admin = plane.client()
            for account in ("default", "probe"):
                kube_client.service_account(admin, NAMESPACE, account)
            kube_client.role(admin, NAMESPACE, "probe",
                             [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}])
            token_file = os.path.join(scratch, "token")
            token = new_token(plane, admin, token_file, "first")
            with Probe(proxy.url, plane, token_file) as probe:
                run = Endurance(plane, proxy, probe, token_file)
                before = warm_up(run)
                token_stops(run, token)
                copy = restart(run)
                resets(run)
                refused(run)
                restored(run, copy)
                from_the_future(run, copy)
                half_open(run)
                after = probe.show()
                growth = after["rss_kib"] - before
                print(f"resident memory: {before} KiB, then {after['rss_kib']} KiB: {growth:+} KiB; "
                      f"{after['puts']} puts, {after['removed']} removed, {after['vanished']} vanished between lists; "
                      f"errors {after['status']['errors']}")
                if out:
                    with open(out, "w", encoding="utf-8") as file:
                        file.write(table(run.rows, growth))
                assert growth <= MOST_GROWTH_KIB, f"resident memory grew by {growth} KiB"
                assert after["status"]["wrong_types"] == 0, after["status"]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", help="a file for what was seen, as markdown")
    options = parser.parse_args()
    begin = time.monotonic()
    try:
        test(options.table)
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
    print(f"passed in {time.monotonic() - begin:.0f} s")
