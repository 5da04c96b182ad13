"""Last words into a real Alertmanager and a real Pushgateway, by the channels the sidecar delivers with (deliver_probe)."""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import lab

STATES = ("succeeded", "failed", "cancelled", "unknown")
NAMES = ("nightly", "a/b", 'say "hi" \\ bye', "größe – 日次", "..", "x" * 180)


def words(outcome, app="nightly", **more):
    ended = time.time() - 5
    message = {"spark_exporter": 1, "namespace": "etl", "pod": "nightly-driver", "pod_uid": "uid-1", "app": app,
               "app_id": "spark-1", "kind": "batch", "outcome": outcome, "confidence": "certain",
               "started": ended - 600, "ended": ended, **more}
    if outcome == "failed":
        message = {"reason": "UserError", "exit_code": 1, "text": "java.lang.IllegalStateException: no", **message}
    return json.dumps(message)


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def answers(url):
    try:
        get(url)
        return True
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def server(name, arguments, ready):
    """Runs Debian's prometheus-NAME until it is ready, and ends it afterwards; its log is shown if the test fails."""
    log = tempfile.TemporaryFile()
    process = subprocess.Popen([f"prometheus-{name}", *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                               start_new_session=True, preexec_fn=lab._end_with_parent)
    try:
        def up():
            if process.poll() is not None:
                raise lab.Died(f"{name} ended with {process.returncode}")
            return answers(ready)
        lab.wait_until(f"{name} to be ready", up)
        yield process
    except BaseException:
        log.seek(0)
        print(f"--- log of {name}\n{log.read().decode(errors='replace')[-4000:]}---", flush=True)
        raise
    finally:
        lab.end_session(process)
        log.close()


def pushgateway(port):
    url = f"http://127.0.0.1:{port}"
    return server("pushgateway", [f"--web.listen-address=127.0.0.1:{port}", "--persistence.file="],
                  url + "/-/ready")  # Debian's default file is the machine's own


def alertmanager(port, folder):
    url = f"http://127.0.0.1:{port}"
    return server("alertmanager", [f"--config.file={folder}/config.yml", f"--storage.path={folder}/data",
                                   f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
                  url + "/-/ready")


def probe():
    path = os.environ.get("DELIVER_PROBE")
    if not path:
        raise lab.Skip("DELIVER_PROBE names no program")
    return path


def deliver(*arguments, code=0):
    run = subprocess.run([probe(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=60)
    assert run.returncode == code, f"deliver_probe ended with {run.returncode}:\n{run.stdout}"
    return run.stdout


def pushed(url):
    """App to family to {state: value}, as the Pushgateway's own API shows the groups it holds."""
    groups = json.loads(get(url + "/api/v1/metrics"))["data"]
    shown = {}
    for group in groups:
        labels = group["labels"]
        assert labels["job"] == "spark_exporter" and labels["namespace"] == "etl", labels
        shown[labels["app"]] = {
            name: {m["labels"].get("state", ""): float(m["value"]) for m in family["metrics"]}
            for name, family in group.items() if name.startswith("spark_job_")}
    return shown


def expect_outcome(families, state):
    assert families["spark_job_last_outcome"] == {s: float(s == state) for s in STATES}, families


def test_pushgateway():
    port = lab.free_port()
    url = f"http://127.0.0.1:{port}"
    with pushgateway(port):
        for app in NAMES:
            for outcome in ("failed", "succeeded"):
                deliver("pushgateway", url, words(outcome, app))
        groups = pushed(url)
        assert sorted(groups) == sorted(NAMES), f"one group for each job: {sorted(groups)}"
        for app in NAMES:
            expect_outcome(groups[app], "succeeded")
            assert abs(groups[app]["spark_job_last_duration_seconds"][""] - 600) < 0.01, groups[app]
            assert abs(groups[app]["spark_job_last_end_timestamp_seconds"][""] - time.time()) < 120, groups[app]
        print(f"pushgateway: the last outcome of {len(NAMES)} jobs replaced the former", flush=True)

        # A message that knows less leaves nothing of the one before.
        bare = json.loads(words("unknown"))
        for member in ("started", "ended"):
            del bare[member]
        deliver("pushgateway", url, json.dumps(bare))
        assert list(pushed(url)["nightly"]) == ["spark_job_last_outcome"], pushed(url)["nightly"]
        expect_outcome(pushed(url)["nightly"], "unknown")

        text = get(url + "/metrics")
        ours = [line for line in text.splitlines() if "spark_job_last_" in line]
        assert any("# HELP spark_job_last_outcome" in line for line in ours), text
        if shutil.which("promtool"):
            checked = subprocess.run(["promtool", "check", "metrics"], input="\n".join(ours) + "\n", text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert checked.returncode == 0 and not checked.stdout, checked.stdout
    # Nobody listens any more: tried again, counted, not delivered.
    out = deliver("pushgateway", url, words("failed"), code=1)
    assert "delivered=0" in out and "failed=0" not in out, out
    print("pushgateway: a gateway that is gone is tried again", flush=True)


def firing(url, app="nightly"):
    """The active alerts of the job, as labels; Alertmanager shows no resolved ones."""
    wanted = ("SparkJobFailedDirect", app)
    alerts = json.loads(get(url + "/api/v2/alerts?active=true"))
    return [a for a in alerts if (a["labels"]["alertname"], a["labels"]["app"]) == wanted]


def the_alert(url, app="nightly"):
    alerts = lab.wait_until(f"the alert of {app}", lambda: firing(url, app))
    assert len(alerts) == 1, alerts
    return alerts[0]


def wait_until_silent(url, app="nightly"):
    lab.wait_until(f"the alert of {app} to end", lambda: not firing(url, app))


def test_alertmanager():
    port = lab.free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "config.yml"), "w", encoding="utf-8") as config:
            config.write("route: {receiver: nobody, group_by: [alertname, namespace, app]}\n"
                         "receivers: [{name: nobody}]\n")
        with alertmanager(port, folder):
            for app in NAMES:
                deliver("alertmanager", url, words("failed", app))
                assert the_alert(url, app)["labels"] == {
                    "alertname": "SparkJobFailedDirect", "namespace": "etl", "app": app, "severity": "critical",
                    "reason": "UserError"}
            first = the_alert(url)
            assert "IllegalStateException" in first["annotations"]["description"], first
            assert first["status"]["state"] == "active", first

            deliver("alertmanager", url, words("cancelled"))
            the_alert(url)
            # Failed again, of something else: still one alert.
            deliver("alertmanager", url, words("failed", reason="DriverOOMKilled", exit_code=137))
            lab.wait_until("the new reason", lambda: the_alert(url)["labels"]["reason"] == "DriverOOMKilled")
            for app in NAMES:
                deliver("alertmanager", url, words("succeeded", app))
                wait_until_silent(url, app)
            # And once more after that.
            deliver("alertmanager", url, words("failed"))
            assert the_alert(url)["labels"]["reason"] == "UserError"
        print("alertmanager: fires, changes its reason, ends with a good run", flush=True)

        test_resending(url, port, folder)


def test_resending(url, port, folder):
    """Alertmanager keeps no alerts over a restart: who sends again is heard again."""
    arguments = [probe(), "alertmanager", url, words("failed"), "200"]
    with alertmanager(port, folder):
        assert not firing(url), "an alert came out of the former one's files"
        sender = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  preexec_fn=lab._end_with_parent)
        the_alert(url)
    try:
        with alertmanager(port, folder):
            the_alert(url)
            out, _ = sender.communicate("", timeout=30)  # the end of its stdin ends it
        assert sender.returncode == 0, f"deliver_probe ended with {sender.returncode}: {out}"
        print("alertmanager: is told again after a restart:", out.split()[-2:], flush=True)
    finally:
        sender.kill()
        sender.wait()


def test(_version):
    for name in ("pushgateway", "alertmanager"):
        if not shutil.which(f"prometheus-{name}"):
            raise lab.Skip(f"no prometheus-{name} on the PATH")
    probe()
    test_pushgateway()
    test_alertmanager()


if __name__ == "__main__":
    lab.main(test)
