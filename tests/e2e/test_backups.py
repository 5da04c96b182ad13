"""Backups and restore drills on a real control plane: the CronJob and Job controllers, a scheduler, a kubelet whose
pods are processes. Backups that succeed, fail, are missed, suspended, stuck; drills that verify and that do not; reports
that are posted; an observer that is killed and goes on. The alerts are then put to promtool on the series that were
seen, moved by days."""
import concurrent.futures
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time

import kube_lab
import lab

NAMESPACE, FULL = "etl", "full"
BATCH = "/apis/batch/v1/namespaces/"
LABEL, DRILL = "spark-exporter.io/backup", "spark-exporter.io/restore-drill"
ANNOTATION = "spark-exporter.io/"
HOUR = 3600

# What a backup and a drill do, for real: bytes into an archive, out of it, compared. Both measure themselves.
BACKUP = r"""
set -e
start=$(date +%s)
tar -cf "$ARCHIVE.part" -C "$SOURCE" .
mv "$ARCHIVE.part" "$ARCHIVE"
(cd "$SOURCE" && sha256sum *) >"$ARCHIVE.sums"
printf '{"size_bytes":%s,"data_timestamp":%s,"success":true}' "$(stat -c %s "$ARCHIVE")" "$start" >"$TERMINATION_LOG"
"""
RESTORE = r"""
set -e
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
tar -xf "$ARCHIVE" -C "$empty"
cd "$empty"
sha256sum -c "$ARCHIVE.sums"
printf '{"restore_seconds":%s}' "$SECONDS_TAKEN" >"$TERMINATION_LOG"
"""


class World:
    def __init__(self, cluster, folder):
        self.cluster, self.folder = cluster, folder
        self.source = os.path.join(folder, "orders")
        self.archive = os.path.join(folder, "orders.tar")
        self.expected = []

    @property
    def api(self):
        return self.cluster.api

    def template(self, command, env=None):
        return {"spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [{
            "name": "main", "image": "busybox", "command": ["bash", "-c", command],
            "env": [{"name": name, "value": value} for name, value in (env or {}).items()]}]}}

    def job(self, name, command, labels, annotations=None, env=None):
        spec = {"backoffLimit": 0, "template": self.template(command, env)}
        return self.api.create(BATCH + f"{NAMESPACE}/jobs", {
            "metadata": {"name": name, "labels": labels, "annotations": annotations or {}}, "spec": spec})

    def cron_job(self, name, command, labels, annotations=None, namespace=NAMESPACE, **spec):
        return self.api.create(BATCH + f"{namespace}/cronjobs", {
            "metadata": {"name": name, "labels": labels, "annotations": annotations or {}},
            "spec": {"schedule": "* * * * *", "concurrencyPolicy": "Forbid", **spec,
                     "jobTemplate": {"spec": {"backoffLimit": 0, "template": self.template(command)}}}})

    def ended_job(self, name, seconds=60):
        """Waits for the Job's end: ("Complete" or "Failed", the Job)."""
        def look():
            job = self.api.do("GET", BATCH + f"{NAMESPACE}/jobs/{name}")
            for condition in job["status"].get("conditions") or []:
                if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
                    return condition["type"], job
            return None
        return lab.wait_until(f"the end of Job {name}", look, seconds)

    def writer(self, name):
        """A driver's pod that ends well; its annotation says what it writes. Returns when its container ended."""
        pod = self.cluster.create_pod({
            "metadata": {"namespace": NAMESPACE, "name": name, "annotations": {ANNOTATION + "dataset": "orders"},
                         "labels": {"spark-role": "driver", "spark-app-selector": name, "spark-app-name": "nightly",
                                    "spark-exporter.io/job": "nightly"}},
            "spec": {"restartPolicy": "Never", "containers": [{"name": kube_lab.DRIVER, "image": "spark",
                                                               "command": ["true"]}]}})
        end = self.cluster.pods.wait(pod, "its end", lambda seen, gone: kube_lab.ended(seen), 60)
        return kube_lab.epoch(end["finishedAt"])


class Seen:
    """The last scrape of the observer, as questions about one backup."""

    def __init__(self, observer):
        self.observer = observer

    def value(self, family, backup, **labels):
        scrape = self.observer.scrape()
        return scrape and scrape.total(family, namespace=self.observer.namespace, backup=backup, **labels)

    def until(self, family, backup, wanted, seconds=30, **labels):
        """Until the value is `wanted`, or fulfils it."""
        met = wanted if callable(wanted) else lambda value: value == wanted
        last = []

        def look():
            last[:] = [self.value(family, backup, **labels)]
            return met(last[0])
        try:
            lab.wait_until(f"{family}{{{backup}}} {labels}", look, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {last[0]}, wanted {wanted}") from None
        return last[0]

    def runs(self, backup):
        return tuple(self.value("backup_runs_total", backup, outcome=o) for o in ("succeeded", "failed", "unknown"))

    def all(self):
        """Every backup_* sample."""
        scrape = self.observer.scrape()
        return {(family, tuple(sorted(labels.items()))): value for family in sorted(scrape.families())
                if family.startswith("backup_") for labels, value in scrape.series(family)}


# --- what is set up ------------------------------------------------------------------------------

def set_up(world):
    """All that waits for the next minute, first."""
    rpo = {ANNOTATION + "rpo": "25h", ANNOTATION + "rto": "10s"}
    world.cron_job("good", 'echo "{\\"size_bytes\\":4096}" >"$TERMINATION_LOG"', {LABEL: "good"}, rpo)
    world.cron_job("bad", "exit 3", {LABEL: "bad"}, rpo)
    world.cron_job("stuck", "sleep 600", {LABEL: "stuck"}, rpo)
    world.cron_job("suspended", "true", {LABEL: "suspended"}, rpo, suspend=True)
    world.cron_job("not-ours", "true", {})
    # No Job may be made there, so that what is due is missed.
    world.api.create(f"/api/v1/namespaces/{FULL}/resourcequotas", {
        "metadata": {"name": "no-jobs"}, "spec": {"hard": {"count/jobs.batch": "0"}}})
    world.cron_job("missed", "true", {LABEL: "missed"}, rpo, namespace=FULL)


def check_data(world, seen):
    """A backup of real bytes, judged by who writes them; drills of it."""
    os.makedirs(world.source)
    content = os.urandom(300_000)
    with open(os.path.join(world.source, "part-0"), "wb") as out:
        out.write(content)
    first = world.writer("nightly-1")
    env = {"SOURCE": world.source, "ARCHIVE": world.archive}
    labels = {LABEL: "orders"}
    targets = {ANNOTATION + "rpo": "25h", ANNOTATION + "rto": "10s", ANNOTATION + "dataset": "orders"}
    world.job("orders-1", BACKUP, labels, targets, env)
    end, job = world.ended_job("orders-1")
    assert end == "Complete", job["status"]
    completed = kube_lab.epoch(job["status"]["completionTime"])
    begun = kube_lab.epoch(job["status"]["startTime"])
    seen.until("backup_last_success_timestamp_seconds", "orders", completed)
    seen.until("backup_size_bytes", "orders", os.path.getsize(world.archive))
    data = seen.value("backup_data_timestamp_seconds", "orders")
    assert begun <= data <= completed and first <= data, (first, begun, data, completed)
    assert seen.value("backup_duration_seconds", "orders") == completed - begun
    assert seen.value("backup_rpo_target_seconds", "orders") == 25 * HOUR
    seen.until("backup_unprotected_since_timestamp_seconds", "orders", None)
    print(f"backup by a Job: {os.path.getsize(world.archive)} bytes, all that was written is in it")

    second = world.writer("nightly-2")
    seen.until("backup_unprotected_since_timestamp_seconds", "orders", second)
    third = world.writer("nightly-3")
    assert third >= second
    assert seen.value("backup_unprotected_since_timestamp_seconds", "orders") == second
    print("two later writes: without a backup since the first of them")
    recorded = seen.all()

    world.job("orders-2", BACKUP, labels, targets, env)
    assert world.ended_job("orders-2")[0] == "Complete"
    seen.until("backup_unprotected_since_timestamp_seconds", "orders", None)
    assert seen.runs("orders") == (2, 0, 0), seen.runs("orders")
    print("backed up again: nothing is without a backup")

    drill = {DRILL: "orders"}
    world.job("drill-1", RESTORE, drill, None, {**env, "SECONDS_TAKEN": "7.5"})
    assert world.ended_job("drill-1")[0] == "Complete"
    seen.until("backup_verification_success", "orders", 1)
    seen.until("backup_restore_time_seconds", "orders", 7.5)
    verified = seen.value("backup_verification_timestamp_seconds", "orders")
    with open(world.archive, "r+b") as archive:  # one bit
        archive.seek(200_000)
        byte = archive.read(1)[0]
        archive.seek(200_000)
        archive.write(bytes([byte ^ 1]))
    world.job("drill-2", RESTORE, drill, None, {**env, "SECONDS_TAKEN": "20"})
    assert world.ended_job("drill-2")[0] == "Failed"
    seen.until("backup_verification_success", "orders", 0)
    assert seen.value("backup_verification_timestamp_seconds", "orders") >= verified
    assert seen.value("backup_restore_time_seconds", "orders") == 7.5
    print("restore drills: the good backup verified in 7.5 s, the one with a flipped bit found out")
    assert hashlib.sha256(content).hexdigest() in open(world.archive + ".sums", encoding="utf-8").read()
    return recorded


def check_reports(world, seen, observer):
    """POST /api/v1/backups with tokens of the API server."""
    tokens = {}
    for namespace in (NAMESPACE, FULL):
        with open(world.cluster.token_file(namespace, "default"), encoding="utf-8") as source:
            tokens[namespace] = source.read()

    def post(body, token):
        connection = http.client.HTTPConnection("127.0.0.1", observer.port, timeout=20)
        connection.request("POST", "/api/v1/backups", body, {"Authorization": "Bearer " + token} if token else {})
        answer = connection.getresponse()
        said = answer.status, answer.read().decode().strip()
        connection.close()
        return said
    now = time.time()
    good = json.dumps({"backup": "warehouse", "success": True, "started": now - 100, "ended": now - 40,
                       "size_bytes": 12345, "data_timestamp": now - 50, "rpo_seconds": HOUR, "id": "n-1"})
    drill = json.dumps({"kind": "restore", "backup": "warehouse", "success": True, "restore_seconds": 11,
                        "rto_seconds": 10})
    own, other = tokens[NAMESPACE], tokens[FULL]
    for expected, what, body, token in [
            ((200, "taken"), "its own namespace", good, own),
            ((200, "known already"), "the same again", good, own),
            ((200, "taken"), "a drill", drill, own),
            (403, "another namespace's token", json.dumps({"backup": "w", "namespace": NAMESPACE, "success": True}),
             other),
            (401, "no token", good, None),
            (401, "a token with a broken signature", good, own[:-8] + "AAAAAAAA"),
            (400, "no report", "{}", own),
            (400, "half a report", good[:40], own),
            (400, "wrong types", json.dumps({"backup": ["w"], "success": "yes"}), own),
            (400, "a hostile name", json.dumps({"backup": "a\nb", "success": True}), own),
            (400, "the future", json.dumps({"backup": "w", "success": True, "ended": now + 900}), own),
            (413, "too long", good + " " * 16384, own)]:
        said = post(body, token)
        assert (said if isinstance(expected, tuple) else said[0]) == expected, (what, expected, said)
        print(f"report, {what}: {said[0]} {said[1]}")
    seen.until("backup_size_bytes", "warehouse", 12345)
    assert abs(seen.value("backup_last_success_timestamp_seconds", "warehouse") - (now - 40)) < 0.01
    assert abs(seen.value("backup_unprotected_since_timestamp_seconds", "warehouse") - (now - 50)) < 0.01
    assert seen.value("backup_restore_time_seconds", "warehouse") == 11
    assert seen.runs("warehouse") == (1, 0, 0), seen.runs("warehouse")


def check_schedules(seen, full, due):
    """What became of all that the minute brought, once it is there."""
    seen.until("backup_last_due_timestamp_seconds", "good", lambda value: value and value >= due, 90)
    good = seen.until("backup_last_success_timestamp_seconds", "good", lambda value: value, 60)
    assert good >= due
    seen.until("backup_size_bytes", "good", 4096)
    assert seen.value("backup_last_due_timestamp_seconds", "good") >= due
    assert seen.value("backup_next_due_timestamp_seconds", "good") > time.time() - 61
    assert seen.value("backup_last_attempt_success", "good") == 1
    assert seen.value("backup_suspended", "good") == 0
    assert seen.runs("good")[0] >= 1 and seen.runs("good")[1:] == (0, 0)

    seen.until("backup_last_attempt_success", "bad", 0, 60)
    assert seen.value("backup_last_success_timestamp_seconds", "bad") is None
    assert seen.runs("bad")[1] >= 1, seen.runs("bad")

    since = seen.until("backup_running_since_timestamp_seconds", "stuck", lambda value: value, 30)
    assert since >= due and seen.runs("stuck") == (0, 0, 0)

    assert seen.value("backup_suspended", "suspended") == 1
    assert seen.value("backup_last_due_timestamp_seconds", "suspended") is None
    assert seen.value("backup_last_attempt_timestamp_seconds", "suspended") is None

    full.until("backup_last_due_timestamp_seconds", "missed", lambda value: value and value >= due)
    assert full.value("backup_last_attempt_timestamp_seconds", "missed") is None
    assert full.runs("missed") == (0, 0, 0)
    shown = {labels["backup"] for labels, _ in seen.observer.scrape().series("backup_suspended")}
    assert shown - {"cluster-daily"} == {"good", "bad", "stuck", "suspended"}, shown
    print("the minute came: good succeeded, bad failed, stuck runs, suspended rests, missed did not begin")


def check_restart(seen, observer):
    """SIGKILL after the state was written; what it shows then is what it showed."""
    names = ("orders", "warehouse", "suspended", "stuck")
    before = {key: value for key, value in seen.all().items() if dict(key[1])["backup"] in names}

    def is_written():
        with open(observer.state_file + ".backups", encoding="utf-8") as source:
            kept = {record["name"]: record for record in json.load(source)["backups"]}
        drills = kept["orders"]["drills"]["attempts"]
        return (all(tuple(kept[name]["backups"]["counts"]) == seen.runs(name) for name in names)
                and all(drill.get("settled") for drill in drills) and len(drills) == 2)
    lab.wait_until("the state file with all of it", is_written, 30)
    observer.kill()
    observer.start()
    observer.wait_ready()
    after = seen.all()
    moving = ("backup_last_due_timestamp_seconds", "backup_next_due_timestamp_seconds")
    for key, value in before.items():
        assert key[0] in moving or after.get(key) == value, (key, value, after.get(key))
    assert sum(before[key] for key in before if key[0] == "backup_runs_total") >= 3
    print(f"observer killed and started again: {len(before)} series as they were")


# --- Velero --------------------------------------------------------------------------------------

def velero_definitions():
    """Velero's own resource definitions, out of its Go module; none where they cannot be had, and why."""
    if not shutil.which("go"):
        return []
    script = os.path.join(lab.ROOT, "tests", "charts", "helm-up.sh")
    made = subprocess.run([script, "crds"], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode == lab.SKIPPED:
        return []
    assert made.returncode == 0, "helm-up.sh crds failed"
    folder = os.path.join(made.stdout.strip().splitlines()[-1], "crds", "velero")
    found = []
    for kind in ("backups", "schedules"):
        with open(os.path.join(folder, f"velero.io_{kind}.yaml"), "rb") as source:
            found.append(source.read())
    return found


def install_velero(world, definitions):
    """Before the observer starts: it looks every five minutes. Returns whether Velero's kinds are served."""
    for definition in definitions:  # YAML: the API server reads it as it is
        world.api.do("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition, "application/yaml")
    if definitions:
        served = [lambda kind=kind: world.api.call("GET", f"/apis/velero.io/v1/{kind}")[0] == 200
                  for kind in ("backups", "schedules")]
        lab.wait_until("Velero's resources", lambda: all(one() for one in served), 30)
        rules = kube_lab.OBSERVER_RULES + [
            {"apiGroups": ["velero.io"], "resources": ["backups", "schedules"], "verbs": ["list", "watch"]}]
        world.api.patch(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles/observer", {"rules": rules})
    return bool(definitions)


def check_velero(world, seen):
    """A Schedule with three Backups as Velero would write them, and one that somebody took by hand. What the definitions
    do not know the API server drops, so what comes out is in Velero's own words."""
    base = f"/apis/velero.io/v1/namespaces/{NAMESPACE}/"
    begin = int(time.time()) - 3 * HOUR

    def stamp(at):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))

    def backup(name, labels, status):
        return world.api.create(base + "backups", {
            "apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": name, "labels": labels},
            "spec": {"ttl": "720h0m0s", "includedNamespaces": ["etl"]}, "status": status})

    world.api.create(base + "schedules", {
        "apiVersion": "velero.io/v1", "kind": "Schedule",
        "metadata": {"name": "cluster-daily", "annotations": {ANNOTATION + "rpo": "25h", ANNOTATION + "rto": "2h"}},
        "spec": {"schedule": "0 2 * * *", "template": {"includedNamespaces": ["etl"], "ttl": "720h0m0s"}}})
    seen.until("backup_rpo_target_seconds", "cluster-daily", 25 * HOUR)
    assert seen.value("backup_rto_target_seconds", "cluster-daily") == 2 * HOUR
    assert seen.value("backup_suspended", "cluster-daily") == 0
    of = {"velero.io/schedule-name": "cluster-daily"}
    backup("cluster-daily-1", of, {"phase": "Completed", "startTimestamp": stamp(begin),
                                   "completionTimestamp": stamp(begin + 95), "formatVersion": "1.1.0"})
    seen.until("backup_last_success_timestamp_seconds", "cluster-daily", begin + 95)
    assert seen.value("backup_duration_seconds", "cluster-daily") == 95
    backup("cluster-daily-2", of, {"phase": "PartiallyFailed", "startTimestamp": stamp(begin + HOUR), "errors": 2,
                                   "completionTimestamp": stamp(begin + HOUR + 30)})
    seen.until("backup_last_attempt_success", "cluster-daily", 0)
    assert seen.runs("cluster-daily") == (0, 0, 0), "they ended before the observer was there"
    assert seen.value("backup_last_success_timestamp_seconds", "cluster-daily") == begin + 95
    backup("cluster-daily-3", of, {"phase": "InProgress", "startTimestamp": stamp(begin + 2 * HOUR)})
    seen.until("backup_running_since_timestamp_seconds", "cluster-daily", begin + 2 * HOUR)
    end = int(time.time())
    world.api.patch(base + "backups/cluster-daily-3", {
        "status": {"phase": "Completed", "completionTimestamp": stamp(end)}})
    seen.until("backup_last_success_timestamp_seconds", "cluster-daily", end)
    assert seen.runs("cluster-daily") == (1, 0, 0), seen.runs("cluster-daily")
    backup("by-hand", {}, {"phase": "Completed", "startTimestamp": stamp(begin), "completionTimestamp": stamp(begin + 5)})
    world.api.patch(base + "schedules/cluster-daily", {"spec": {"paused": True}})
    seen.until("backup_suspended", "cluster-daily", 1)
    assert seen.runs("by-hand") == (None, None, None)
    print("Velero's own resource definitions: a schedule's good, partially failed and running backups, then paused")


# --- alerts --------------------------------------------------------------------------------------

def series(samples, namespace, backup, base, shift=0.0):
    """Recorded samples of one backup as promtool's input, times counted from `base`, which becomes the time `shift`."""
    lines = []
    for (family, labels), value in samples.items():
        named = dict(labels)
        if named["backup"] != backup or named["namespace"] != namespace:
            continue
        if family.endswith("_timestamp_seconds"):
            value = value - base + shift
        text = ",".join(f'{name}="{each}"' for name, each in sorted(named.items()))
        lines.append((f"{family}{{{text}}}", value))
    return lines


def check_alerts(recorded, seen, full):
    """RPO and RTO over days: what was recorded stays as it is, as it would if nothing happened any more."""
    if not shutil.which("promtool"):
        raise lab.Skip("no promtool (Debian: prometheus)")
    seen.until("backup_running_since_timestamp_seconds", "bad", None)
    now = time.time()
    final, missed = seen.all(), full.all()
    hours = 80
    day = 24 * HOUR

    def rows(samples, namespace, backup):
        # The scrape was at hour 24: `offset 1d` of the rules looks back that far.
        return series(samples, namespace, backup, now, shift=day)

    def test(name, rows, expected):
        """expected: (hour of the scrape's clock, alert, does it fire)."""
        return {"name": name, "interval": "5m", "input_series": [
            {"series": row, "values": f"{value!r}+0x{hours * 12}"} for row, value in rows],
            "promql_expr_test": [{
                "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)',
                "eval_time": f"{int((24 + hour) * 60)}m", "exp_samples": [{"labels": "{}", "value": int(fires)}]}
                for hour, alert, fires in expected]}
    tests = [
        # The oldest write without a backup is some seconds old at hour 0; 25 h were promised.
        test("orders, with writes since", rows(recorded, NAMESPACE, "orders"),
             [(24, "BackupMissed", False), (26, "BackupMissed", True), (24, "BackupNeverSucceeded", False)]),
        test("orders, nothing written since", rows(final, NAMESPACE, "orders"),
             [(26, "BackupMissed", False), (50, "BackupMissed", False), (26, "BackupVerificationFailed", True),
              (26, "RestoreSlowerThanRTO", False)]),
        test("good, by the clock", rows(final, NAMESPACE, "good"),
             [(24, "BackupMissed", False), (26, "BackupMissed", True)]),
        test("bad, never succeeded", rows(final, NAMESPACE, "bad"), [(1, "BackupNeverSucceeded", True)]),
        test("suspended, never ran", rows(final, NAMESPACE, "suspended"), [(26, "BackupNeverSucceeded", True)]),
        test("missed, never ran", rows(missed, FULL, "missed"), [(26, "BackupNeverSucceeded", True)]),
        test("warehouse, reported", rows(final, NAMESPACE, "warehouse"),
             [(0.5, "BackupMissed", False), (1.5, "BackupMissed", True), (1, "RestoreSlowerThanRTO", True),
              (1, "BackupVerificationFailed", False), (24 * 2, "BackupVerificationStale", False)]),
    ]
    with tempfile.TemporaryDirectory(prefix="backup-rules-") as folder:
        path = os.path.join(folder, "test.yaml")
        with open(path, "w", encoding="utf-8") as out:  # JSON is YAML
            json.dump({"rule_files": [os.path.join(lab.ROOT, "rules", "alerts-backup.yaml")],
                       "evaluation_interval": "5m", "tests": tests}, out)
        said = subprocess.run(["promtool", "test", "rules", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
    assert said.returncode == 0, said.stdout[-4000:]
    count = sum(len(each["promql_expr_test"]) for each in tests)
    print(f"alerts on the recorded series over {hours} h: {count} answers as expected")


def test(_version):
    folder = tempfile.mkdtemp(prefix="backups-e2e-")
    try:
        with kube_lab.Cluster() as cluster:
            world = World(cluster, folder)
            for namespace in (NAMESPACE, FULL):
                cluster.namespace(namespace)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                starting = [pool.submit(kube_lab.Observer, cluster, each) for each in (NAMESPACE, FULL)]
                observers = [each.result() for each in starting]
            has_velero = install_velero(world, velero_definitions())
            with observers[0] as observer, observers[1] as other:
                for each in observers:
                    each.wait_ready()
                seen, full = Seen(observer), Seen(other)
                set_up(world)
                due = (int(time.time()) // 60 + 1) * 60
                recorded = check_data(world, seen)
                if has_velero:
                    check_velero(world, seen)
                else:
                    print("Velero: skipped: its resource definitions cannot be had (see above)")
                check_reports(world, seen, observer)
                check_schedules(seen, full, due)
                check_alerts(recorded, seen, full)
                check_restart(seen, observer)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    lab.main(test)
