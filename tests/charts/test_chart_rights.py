"""The rights that charts/spark-exporter gives are enough and no more. Helm installs the chart on a real API server;
with the very Role, ClusterRole and account that it leaves there observer and sidecar do all that is asked of them,
and without each one of the rights a check that has a name fails; those that are off by default (Velero, logs, nodes)
likewise. The others are the rules with which the tests of outcomes run (kube_lab)."""
import concurrent.futures
import contextlib
import json
import os
import sys
import time
import urllib.request

import helm
import kube_client
import kube_lab
import lab
import test_rights
from cluster import Cluster
from helm import EXPORTER, one
from test_rights import NAMESPACE, RBAC

sys.path.insert(0, os.path.join(helm.ROOT, "scripts"))
import demo_replay  # noqa: E402  (a recorded driver)

CRON = f"/apis/batch/v1/namespaces/{NAMESPACE}/cronjobs"
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
SCHEDULED = f"/apis/sparkoperator.k8s.io/v1beta2/namespaces/{NAMESPACE}/scheduledsparkapplications"
VELERO = f"/apis/velero.io/v1/namespaces/{NAMESPACE}"
VELERO_RULES = {("velero.io", resource, verb) for resource in ("backups", "schedules") for verb in ("list", "watch")}
LOGS, NODES = ("", "pods/log", "get"), ("", "nodes", "get")
RELEASE, NODE = "spark-exporter", "proc-0"
RECORDING = os.path.join(helm.ROOT, "tests", "fixtures", "spark-3.5.9", "healthy")
APPLICATION = {"type": "Python", "sparkVersion": "3.5.9", "mainApplicationFile": "local:///a.py", "driver": {},
               "executor": {}}
SECONDS = 20  # for what has to show after a change


def rules_of(plane, kind, name):
    base = f"{RBAC}/namespaces/{NAMESPACE}/roles" if kind == "Role" else f"{RBAC}/clusterroles"
    return f"{base}/{name}", plane.api.get(f"{base}/{name}")["rules"]


def plain(rules):
    """{(group, resource, verb)}"""
    return {(group, resource, verb) for rule in rules for group in rule["apiGroups"]
            for resource in rule["resources"] for verb in rule["verbs"]}


def rules_without(rules, right):
    """The rules, one for each resource, without one (group, resource, verb)."""
    kept = {}
    for group, resource, verb in sorted(plain(rules) - {right}):
        kept.setdefault((group, resource), []).append(verb)
    return [{"apiGroups": [group], "resources": [resource], "verbs": verbs}
            for (group, resource), verbs in kept.items()]


# --- what must be seen ---------------------------------------------------------------------------

def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def furnish(plane):
    """Runs, a schedule, and a backup that was made."""
    pods = test_rights.populate(plane)
    plane.api.create(SCHEDULED, {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "ScheduledSparkApplication",
                                 "metadata": {"name": "nightly"},
                                 "spec": {"schedule": "0 2 * * *", "template": APPLICATION}})
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}
    plane.api.create(CRON, {"metadata": {"name": "orders", "labels": {"spark-exporter.io/backup": "orders"},
                                         "annotations": {"spark-exporter.io/rpo": "24h"}},
                            "spec": {"schedule": "0 4 * * *", "jobTemplate": {"spec": job}}})
    plane.api.create(JOBS, {"metadata": {"name": "sales-backup", "labels": {"spark-exporter.io/backup": "sales"}},
                            "spec": job})
    velero(plane, "weekly")
    return pods


def velero(plane, name):
    """One Schedule, and one Backup of a name of its own that has ended."""
    plane.api.create(VELERO + "/schedules", {
        "apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": name},
        "spec": {"schedule": "0 1 * * 0", "template": {}}})
    plane.api.create(VELERO + "/backups", {
        "apiVersion": "velero.io/v1", "kind": "Backup", "spec": {},
        "metadata": {"name": f"{name}-by-hand", "labels": {"spark-exporter.io/backup": f"{name}-by-hand"}},
        "status": {"phase": "Completed", "startTimestamp": now(), "completionTimestamp": now()}})


def changes(plane, number):
    """One new object of each kind, which only a watch shows soon."""
    name = f"late-{number}"
    test_rights.driver(plane.api, name, status=test_rights.RUNNING)
    plane.api.create(test_rights.SPARK, {
        "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "metadata": {"name": f"app-{name}"},
        "spec": APPLICATION})
    status = {"applicationState": {"state": "FAILED", "errorMessage": "failed to submit"}, "driverInfo": {},
              "submissionID": "s-2",
              "lastSubmissionAttemptTime": now()}
    plane.api.patch(f"{test_rights.SPARK}/app-{name}/status", {"status": status})
    schedule = plane.api.get(SCHEDULED + "/nightly")
    schedule["metadata"] = {"name": f"schedule-{name}"}
    plane.api.create(SCHEDULED, {key: schedule[key] for key in ("apiVersion", "kind", "metadata", "spec")})
    cron = plane.api.get(CRON + "/orders")
    marked = {"spark-exporter.io/backup": f"cron-{name}"}
    plane.api.create(CRON, {"metadata": {"name": f"cron-{name}", "labels": marked},
                            "spec": {key: cron["spec"][key] for key in ("schedule", "jobTemplate")}})
    job = plane.api.get(CRON + "/orders")["spec"]["jobTemplate"]["spec"]
    plane.api.create(JOBS, {"metadata": {"name": f"job-{name}", "labels": {"spark-exporter.io/backup": f"job-{name}"}},
                            "spec": job})
    velero(plane, f"velero-{name}")
    return name


def series(scrape, label, prefix):
    """Values of a label in families that begin so."""
    return {labels[label] for family in scrape.families() if family.startswith(prefix)
            for labels, _ in scrape.series(family) if label in labels}


def checks(plane, program, pods, late):
    """{name of the check: question}"""
    def scrape():
        return program.scrape()

    def status(app):
        return lambda: dict(test_rights.jobs(scrape())).get(app)

    def last_words():
        running = pods["running"]
        token = test_rights.token_of(plane.api, "spark", running)
        return program.post("/api/v1/last-words", test_rights.words(running), token)[0] == 200
    return {
        "a run that ended": lambda: status("failed")() == 2,
        "a run that began later": lambda: status(late)() == 0,
        "a submission that failed": lambda: status("never-ran")() == 2,
        "a submission that failed later": lambda: status(f"app-{late}")() == 2,
        "a schedule": lambda: "nightly" in series(scrape(), "app", "spark_job_next_run"),
        "a schedule that came later": lambda: f"schedule-{late}" in series(scrape(), "app", "spark_job_next_run"),
        "a backup's CronJob": lambda: "orders" in series(scrape(), "backup", "backup_"),
        "a backup's CronJob that came later": lambda: f"cron-{late}" in series(scrape(), "backup", "backup_"),
        "a backup's Job": lambda: "sales" in series(scrape(), "backup", "backup_"),
        "a backup's Job that came later": lambda: f"job-{late}" in series(scrape(), "backup", "backup_"),
        "Velero's Schedule": lambda: "weekly" in series(scrape(), "backup", "backup_"),
        "Velero's Schedule that came later": lambda: f"velero-{late}" in series(scrape(), "backup", "backup_"),
        "Velero's Backup": lambda: "weekly-by-hand" in series(scrape(), "backup", "backup_"),
        "Velero's Backup that came later": lambda: f"velero-{late}-by-hand" in series(scrape(), "backup", "backup_"),
        "last words": last_words,
    }


def failing(plane, pods, accounts, number):
    """{account: names of the checks that fail with its rights}, of one observer for each, side by side."""
    with contextlib.ExitStack() as stack:
        programs = {name: stack.enter_context(test_rights.observer(plane, name)) for name in accounts}
        for program in programs.values():
            test_rights.ready(program)
        late = changes(plane, number)
        left = {name: checks(plane, program, pods, late) for name, program in programs.items()}
        end = time.monotonic() + SECONDS
        while any(left.values()) and time.monotonic() < end:
            left = {name: {what: ask for what, ask in some.items() if not ask()} for name, some in left.items()}
            time.sleep(0.3)
        # Without `watch` everything is still seen, by lists again and again: the log says so.
        return {name: sorted(left[name]) + ["a log that misses no right"] * bool(program.rules())
                for name, program in programs.items()}


def account(plane, name, rules, cluster_rules):
    """An account with these rights."""
    kube_client.service_account(plane.api, NAMESPACE, name)
    kube_client.role(plane.api, NAMESPACE, name, rules)
    plane.api.create(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": cluster_rules})
    plane.api.create(f"{RBAC}/clusterrolebindings", {
        "metadata": {"name": name}, "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}})
    return name


def check_observer(plane, tool, pods):
    values = {"observer": {"namespace": NAMESPACE}}
    plainly = tool.template(RELEASE, EXPORTER, values, NAMESPACE)
    assert plain(one(plainly, "Role")["rules"]) == plain(kube_lab.OBSERVER_RULES), plainly
    assert plain(one(plainly, "ClusterRole")["rules"]) == plain(kube_lab.TOKEN_REVIEWS), plainly
    whole = one(tool.template(RELEASE, EXPORTER, None, NAMESPACE), "ClusterRole")["rules"]
    assert plain(whole) == plain(kube_lab.OBSERVER_RULES + kube_lab.TOKEN_REVIEWS), whole
    print("observer: the chart's rules are those of the outcome tests, for a namespace and for the cluster")
    tool.run("install", RELEASE, os.path.join(helm.CHARTS, EXPORTER), "--namespace", NAMESPACE,
             values={**values, "rbac": {"velero": True}})
    rules = rules_of(plane, "Role", RELEASE)[1]
    cluster_rules = rules_of(plane, "ClusterRole", f"{NAMESPACE}-{RELEASE}")[1]
    assert plain(rules) == plain(kube_lab.OBSERVER_RULES) | VELERO_RULES, rules
    failed = failing(plane, pods, [RELEASE], 0)
    assert failed == {RELEASE: []}, failed
    rights = sorted(plain(rules) | plain(cluster_rules))
    print(f"observer: with all {len(rights)} rights every check passes")
    lesser = {}
    for number, right in enumerate(rights):
        reduced = rules_without(rules, right), rules_without(cluster_rules, right)
        lesser[account(plane, f"without-{number}", *reduced)] = right
    for name, failed in failing(plane, pods, lesser, 1).items():
        right = lesser[name]
        assert failed, f"{right} is more than is needed"
        print(f"observer: without {right[2]} {right[1]}: fails: {'; '.join(failed)}", flush=True)


# --- the sidecar ---------------------------------------------------------------------------------

def real_driver(plane, name, app_id):
    """A pod on the node, whose log a kubelet has. It fails as soon as there is a file of its name in the state's folder."""
    script = (f"echo '26/11/27 06:10:11 ERROR Planted: it is'; until [ -e {plane.state}/{name} ]; do sleep 0.2; done; "
              "exit 3")
    body = {"metadata": {"name": name, "labels": {"spark-role": "driver", "spark-app-name": name,
                                                  "spark-app-selector": app_id}},
            "spec": {"serviceAccountName": "spark", "automountServiceAccountToken": False, "nodeName": NODE,
                     "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
                     "containers": [{"name": test_rights.DRIVER, "image": "spark",
                                     "command": ["/bin/sh", "-c", script]}]}}
    return plane.client().create(f"/api/v1/namespaces/{NAMESPACE}/pods", body)


def told(plane, account, replay):
    """The checks that fail for a sidecar with the account's rights, whose pod is ended while it watches."""
    name = f"fails-of-{account}"
    real_driver(plane, name, replay.app_id)
    program = test_rights.sidecar(plane, account, name)
    program.command += ["--logs.pods=driver", f"--cost.prices={lab.PRICES}"]
    program.command = [word for word in program.command if not word.startswith("--spark.url=")]
    program.command.append(f"--spark.url={replay.url}")
    with program:
        def wait(what, question):
            try:
                lab.wait_until(what, question, SECONDS)
            except AssertionError:
                return [what]
            return []
        failed = wait("a pod that runs", lambda: program.scrape().total("spark_job_status") == 0)
        failed += wait("what the driver's log says", lambda: program.scrape().total(
            "spark_log_messages_total", component="driver", level="error") == 1)
        failed += wait("prices of its node", lambda: program.scrape().total(
            "spark_exporter_source_up", source="nodes") == 1)
        with open(os.path.join(plane.state, name), "w", encoding="utf-8"):
            pass
        failed += wait("the outcome of its pod", lambda: program.scrape().total("spark_job_status") == 2)
        return failed + ["a log that misses no right"] * bool(program.rules() or program.logged("add to a ClusterRole"))


class Replay(demo_replay.Driver):
    """The driver that the sidecar polls: a recorded one."""

    def __init__(self):
        super().__init__(RECORDING)
        with urllib.request.urlopen(self.url + "/api/v1/applications", timeout=10) as answer:
            self.app_id = json.load(answer)[0]["id"]


def check_sidecar(plane, tool):
    plainly = tool.template("beside", EXPORTER, {"observer": {"enabled": False},
                                                 "sidecars": {"namespaces": [NAMESPACE]}}, NAMESPACE)
    assert plain(one(plainly, "Role")["rules"]) == plain(kube_lab.SIDECAR_RULES), plainly
    assert not [made for made in plainly if made["kind"].startswith("ClusterRole")], plainly
    print("sidecar: the chart's rules are those of the outcome tests")
    values = {"observer": {"enabled": False},
              "sidecars": {"namespaces": [NAMESPACE], "serviceAccounts": ["beside"], "logs": "driver", "nodes": True}}
    kube_client.service_account(plane.api, NAMESPACE, "beside")
    tool.run("install", "beside", os.path.join(helm.CHARTS, EXPORTER), "--namespace", NAMESPACE, values=values)
    rules = rules_of(plane, "Role", "beside-spark-exporter-sidecar")[1]
    cluster_rules = rules_of(plane, "ClusterRole", f"{NAMESPACE}-beside-spark-exporter-sidecar")[1]
    assert plain(rules) == plain(kube_lab.SIDECAR_RULES) | {LOGS}, rules
    assert plain(cluster_rules) == {NODES}, cluster_rules
    rights = sorted(plain(rules) | plain(cluster_rules))
    with contextlib.closing(Replay()) as replay:
        failed = told(plane, "beside", replay)
        assert not failed, failed
        print(f"sidecar: with all {len(rights)} rights every check passes")
        lesser = [account(plane, f"lesser-{number}", rules_without(rules, right), rules_without(cluster_rules, right))
                  for number, right in enumerate(rights)]
        with concurrent.futures.ThreadPoolExecutor(len(lesser)) as side_by_side:
            for right, failed in zip(rights, side_by_side.map(lambda name: told(plane, name, replay), lesser)):
                assert failed, f"{right} is more than is needed"
                print(f"sidecar: without {right[2]} {right[1]}: fails: {'; '.join(failed)}", flush=True)


def test():
    folder = helm.built()
    with Cluster(folder, parts="process-kubelet") as plane, helm.Helm(4, folder, plane.kubeconfig) as tool:
        pods = furnish(plane)
        check_observer(plane, tool, pods)
        check_sidecar(plane, tool)


if __name__ == "__main__":
    try:
        test()
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
