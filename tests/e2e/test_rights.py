"""What sidecar and observer serve with no rights at all, with pods only, and with everything; that the line of the log
that names a missing right can be pasted into a role; and whose last words the observer believes. On a real API server,
with its own RBAC, service accounts and bound tokens; pods are objects there, nothing runs in them."""
import http.client
import json
import os
import re
import socket
import time

import control_plane
import kube_client
import lab

NAMESPACE = "etl"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
SPARK = f"/apis/sparkoperator.k8s.io/v1beta2/namespaces/{NAMESPACE}/sparkapplications"
PODS_RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}
SPARK_RULE = {"apiGroups": ["sparkoperator.k8s.io"], "resources": ["sparkapplications", "scheduledsparkapplications"],
              "verbs": ["list", "watch"]}
BATCH_RULE = {"apiGroups": ["batch"], "resources": ["cronjobs", "jobs"], "verbs": ["list", "watch"]}
REVIEW_RULE = {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}
DRIVER = "spark-kubernetes-driver"
LAST_WORDS_BYTES = 16 * 1024


class Program(lab.Exporter):
    """The exporter of one service account, in either mode."""

    def __init__(self, plane, account, *flags):
        self.account = account
        token = os.path.join(plane.state, account + ".token")
        with open(token, "w", encoding="utf-8") as out:
            out.write(token_of(plane.client(), account))
        with socket.socket() as free:  # nobody listens there once it is closed
            free.bind(("127.0.0.1", 0))
            nobody = free.getsockname()[1]
        super().__init__(f"http://127.0.0.1:{nobody}", f"--kubernetes.api-server={plane.url}",
                         f"--kubernetes.token-file={token}", f"--kubernetes.ca-file={plane.pki}/ca.crt",
                         f"--kubernetes.namespace={NAMESPACE}", *flags)

    def logged(self, text):
        return [line for line in self.lines if text in line]

    def rules(self):
        """The rules that the log says are missing, in its order."""
        found = [re.search(r"- \{apiGroups: [^}]*\}", line) for line in self.lines]
        return [match.group(0) for match in found if match]

    def post(self, path, body, token=None):
        return self.ask("POST", path, body, token)

    def ask(self, method, path, body=None, token=None):
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        try:
            connection.request(method, path, body, {"Authorization": "Bearer " + token} if token else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8")
        finally:
            connection.close()


def observer(plane, account, *flags):
    return Program(plane, account, "--mode=observer", *flags)


def sidecar(plane, account, pod):
    return Program(plane, account, f"--kubernetes.pod={pod}", f"--outcome.termination-log={plane.state}/{account}.log")


# --- the cluster ---------------------------------------------------------------------------------

def token_of(client, account, pod=None):
    """A token of the account, bound to the pod as a projected one is."""
    spec = {"expirationSeconds": 3600}
    if pod:
        spec["boundObjectRef"] = {"kind": "Pod", "apiVersion": "v1", "name": pod["metadata"]["name"],
                                  "uid": pod["metadata"]["uid"]}
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
    return client.create(path, asked)["status"]["token"]


def driver(client, name, labels=None, status=None):
    body = {"metadata": {"name": name, "labels": {"spark-role": "driver", "spark-app-name": name,
                                                  "spark-app-selector": "spark-" + name, **(labels or {})}},
            "spec": {"serviceAccountName": "spark", "restartPolicy": "Never",
                     "containers": [{"name": DRIVER, "image": "spark"}]}}
    pod = client.create(f"/api/v1/namespaces/{NAMESPACE}/pods", body)
    if status:
        client.patch(f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/status", {"status": status})
    return pod


def container(state):
    return {"name": DRIVER, "image": "spark", "imageID": "", "ready": False, "restartCount": 0, "state": state}


RUNNING = {"phase": "Running", "startTime": "2026-01-01T00:00:00Z",
           "containerStatuses": [container({"running": {"startedAt": "2026-01-01T00:00:01Z"}})]}


def at(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def failed():
    ended = {"exitCode": 3, "reason": "Error", "startedAt": "2026-01-01T00:00:01Z", "finishedAt": at(0)}
    return {"phase": "Failed", "startTime": "2026-01-01T00:00:00Z",
            "containerStatuses": [container({"terminated": ended})]}


def succeeded(seconds):
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": at(-seconds), "finishedAt": at(0)}
    return {"phase": "Succeeded", "startTime": at(-seconds), "containerStatuses": [container({"terminated": ended})]}


def define(plane):
    """The operator's resources, as far as these tests need them."""
    with open(os.path.join(lab.HERE, "kube", "sparkoperator-crds.json"), encoding="utf-8") as source:
        for crd in json.load(source)["items"]:
            plane.client().create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)


def populate(plane):
    client = plane.client()
    for account in ("spark", "none", "pods", "all", "none-s", "pods-s", "all-s", "words"):
        kube_client.service_account(client, NAMESPACE, account)
    for account in ("pods", "pods-s", "words"):
        kube_client.role(client, NAMESPACE, account, [PODS_RULE])
    for account in ("all", "all-s"):
        kube_client.role(client, NAMESPACE, account, [PODS_RULE, SPARK_RULE, BATCH_RULE])
    lab.wait_until("the operator's resources", lambda: client.call("GET", SPARK)[0] == 200, 30)
    # A run that never had a pod: only the application tells of it.
    client.create(SPARK, {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
                          "metadata": {"name": "never-ran"},
                          "spec": {"type": "Python", "sparkVersion": "3.5.9", "mainApplicationFile": "local:///a.py",
                                   "driver": {}, "executor": {}, "restartPolicy": {"type": "Never"}}})
    status = {"applicationState": {"state": "FAILED", "errorMessage": "failed to submit"}, "submissionAttempts": 1,
              "submissionID": "s-1", "driverInfo": {},
              "lastSubmissionAttemptTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    done = client.call("PATCH", SPARK + "/never-ran/status", {"status": status}, kube_client.MERGE)
    if done[0] == 404:  # without the status subresource
        client.patch(SPARK + "/never-ran", {"status": status})
    return {"failed": driver(client, "failed", status=failed()), "running": driver(client, "running", status=RUNNING),
            "other": driver(client, "other", status=RUNNING),
            "stranger": driver(client, "stranger", {"spark-role": "none"}, RUNNING)}


def paste(plane, kind, name, account, rules):
    """A role whose rules are these lines, as text: what a person does with the log's."""
    client = plane.client()
    namespaced = f"/namespaces/{NAMESPACE}" if kind == "Role" else ""
    text = (f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nrules:\n"
            + "".join(rule + "\n" for rule in rules))
    connection = http.client.HTTPSConnection(client.host, client.port, timeout=30, context=client.tls)
    connection.request("POST", f"{RBAC}{namespaced}/{kind.lower()}s?fieldValidation=Strict", text,
                       {"Content-Type": "application/yaml", "Accept": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 201, (answer.status, answer.read(), text)
    answer.read()
    connection.close()
    client.create(f"{RBAC}{namespaced}/{kind.lower()}bindings", {
        "metadata": {"name": name}, "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}})


# --- what is served ------------------------------------------------------------------------------

def ready(program):
    return lab.wait_until("ready", lambda: program.get("/-/ready")[0] == 200, 60)


def jobs(scrape):
    return {labels["app"]: value for labels, value in scrape.series("spark_job_status")}


def observed(program, up):
    """The first scrape with the source as it must be: for moments after its definition the API server does not watch a
    resource."""
    ready(program)
    assert program.get("/-/healthy")[0] == 200
    scrape = program.until(f"source_up {up}", lambda s: s.total("spark_exporter_source_up", source="kubernetes") == up)
    forbidden = scrape.total("spark_exporter_errors_total", source="kubernetes", kind="forbidden")
    return scrape, jobs(scrape), scrape.total("spark_exporter_source_up", source="kubernetes"), forbidden


def check_observer(plane):
    told = {}
    with observer(plane, "none") as program:
        scrape, seen, up, forbidden = observed(program, 0)
        assert (seen, up, forbidden) == ({}, 0, 3), (seen, up, forbidden)
        assert "spark_exporter_build_info" in scrape.families() and "process_cpu_seconds_total" in scrape.families()
        told = program.rules()
        assert sorted(told) == sorted(
            "- {apiGroups: ['%s'], resources: [%s], verbs: [list, watch]}" % right for right in
            [("", "pods"), ("sparkoperator.k8s.io", "sparkapplications"),
             ("sparkoperator.k8s.io", "scheduledsparkapplications"), ("batch", "cronjobs"), ("batch", "jobs")]), \
            program.lines
        assert all("add to a Role in namespace etl: " in line for line in program.logged("no right to read"))
    print("observer, no rights:   ready, source_up 0, its own families only")
    with observer(plane, "pods") as program:
        scrape, seen, up, forbidden = observed(program, 1)
        assert seen == {"failed": 2, "running": 0, "other": 0}, seen
        assert (up, forbidden) == (1, 2), (up, forbidden)
        assert scrape.total("spark_job_failure_info", app="failed", reason="UserError", exit_code="3") == 1
        assert len(program.rules()) == 4, program.lines
        assert scrape.total("spark_exporter_source_up", source="backups") is None, "what is optional is not down"
    print("observer, pods only:   ready, source_up 1, runs of pods; applications, CronJobs and Jobs named as missing")
    with observer(plane, "all") as program:
        scrape, seen, up, forbidden = observed(program, 1)
        assert seen == {"failed": 2, "running": 0, "other": 0, "never-ran": 2}, seen
        assert (up, forbidden) == (1, 0), (up, forbidden)
        assert scrape.total("spark_job_failure_info", app="never-ran", reason="SubmissionFailed") == 1
        assert not program.rules(), program.lines
        assert scrape.total("spark_exporter_source_up", source="backups") == 1
        complete = scrape
    print("observer, everything:  ready, source_up 1, runs of pods and of applications; nothing to complain of")
    paste(plane, "Role", "pasted", "none", told)
    with observer(plane, "none") as program:
        scrape, seen, up, forbidden = observed(program, 1)
        assert seen == jobs(complete) and (up, forbidden) == (1, 0), (seen, up, forbidden)
        assert not program.rules(), program.lines
    print("observer, log pasted:  as with everything")


def check_sidecar(plane):
    rule = "- {apiGroups: [''], resources: [pods], verbs: [list, watch]}"
    with sidecar(plane, "none-s", "failed") as program:
        lab.wait_until("the line with the missing right", lambda: rule in program.rules(), 30)
        scrape = program.until("a scrape with the source", lambda s: s.total(
            "spark_exporter_errors_total", source="kubernetes", kind="forbidden") == 1)
        assert scrape.total("spark_exporter_source_up", source="kubernetes") == 0
        assert scrape.total("spark_job_status") is None, scrape.text
        assert program.rules() == [rule], program.lines
        ready(program)
        paste(plane, "Role", "pasted-sidecar", "none-s", program.rules())
    print("sidecar, no rights:    ready, source_up 0, no status; the right it lacks is named once")
    for account in ("pods-s", "all-s", "none-s"):
        with sidecar(plane, account, "failed") as program:
            scrape = program.until("the outcome, and the source as up", lambda s: s.total("spark_job_status") == 2
                                   and s.total("spark_exporter_source_up", source="kubernetes") == 1)
            assert scrape.total("spark_job_failure_info", reason="UserError", exit_code="3") == 1, scrape.text
            assert not program.rules(), program.lines
    print("sidecar, pods only:    source_up 1, the outcome; the same with everything, and with what was pasted")


# --- last words ----------------------------------------------------------------------------------

def words(pod, **more):
    return json.dumps({"spark_exporter": 1, "namespace": NAMESPACE, "pod": pod["metadata"]["name"],
                       "pod_uid": pod["metadata"]["uid"], "app": pod["metadata"]["name"], "app_from": "label",
                       "app_id": "spark-" + pod["metadata"]["name"], "kind": "batch", "outcome": "failed",
                       "reason": "UserError", "confidence": "certain", "exit_code": 1, **more})


def check_last_words(plane, pods):
    client = plane.client()
    running, other, stranger = pods["running"], pods["other"], pods["stranger"]
    of_running, of_other = token_of(client, "spark", running), token_of(client, "spark", other)
    path = "/api/v1/last-words"
    with observer(plane, "words") as program:
        ready(program)
        status, _ = program.post(path, words(running), of_running)
        assert status == 503, status
        right = "- {apiGroups: ['authentication.k8s.io'], resources: [tokenreviews], verbs: [create]}"
        told = lab.wait_until("the line with the missing right", lambda: program.logged("add to a ClusterRole: "), 30)
        assert len(told) == 1 and right in told[0], program.lines
        paste(plane, "ClusterRole", "pasted-review", "words", [right])
        lab.wait_until("the pasted right", lambda: program.post(path, words(running), of_running)[0] == 200, 30)
        large = words(running, text="")
        large = words(running, text="a" * (LAST_WORDS_BYTES - len(large)))
        for expected, what, body, token in [
                (200, "its own pod", words(running), of_running),
                (200, "again, from the cache", words(running), of_running),
                (200, "as long as it may be", large, of_running),
                (413, "one byte too long", large + " ", of_running),
                (403, "another pod's token", words(running), of_other),
                (403, "its pod's name with another uid", words(running, pod_uid="1-2-3"), of_running),
                (403, "its pod in another namespace", words(running, namespace="default"), of_running),
                (403, "a token of no pod", words(running), token_of(client, "spark")),
                (401, "garbage", words(running), "garbage"),
                (401, "a token with a broken signature", words(running), of_running[:-8] + "AAAAAAAA"),
                (401, "no token", words(running), None),
                (400, "no message", "{}", of_running),
                (404, "a pod that is none of Spark's", words(stranger), token_of(client, "spark", stranger))]:
            status, answer = program.post(path, body, token)
            assert status == expected, (what, expected, status, answer)
            print(f"last words, {what}: {status} {answer.strip()}")
        assert program.get("/-/healthy")[0] == 200


# --- what earlier runs were like -----------------------------------------------------------------

def check_baseline(plane, pods):
    """What a sidecar asks for: of its own pod's job, and of no other."""
    client, path = plane.client(), "/api/v1/baseline"
    nightly = {"spark-app-name": "nightly"}
    with observer(plane, "words") as program:
        ready(program)
        for name, seconds, money in (("nightly-1", 100, 2), ("nightly-2", 300, 4), ("nightly-3", 200, 7)):
            pod = driver(client, name, nightly, RUNNING)
            uses = {f"cost_{use}": 0 for use in ("gc", "task_failed", "stage_retry", "speculation", "killed", "idle",
                                                 "starting", "driver", "lingering", "unobserved")}
            told = words(pod, outcome="succeeded", reason="", exit_code=0, started=time.time() - seconds, ended=time.time(),
                         cost_currency="EUR", cost_task_ok=money, **uses)
            token = token_of(client, "spark", pod)
            lab.wait_until("its last words to be taken", lambda: program.post("/api/v1/last-words", told, token)[0] == 200,
                           30)
            client.patch(f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/status", {"status": succeeded(seconds)})
        program.until("three good runs", lambda s: s.total("spark_job_runs_total", app="nightly", outcome="succeeded") == 3)
        asking = token_of(client, "spark", driver(client, "nightly-4", nightly, RUNNING))
        lab.wait_until("the next run's pod", lambda: program.ask("GET", path, token=asking)[0] == 200, 30)
        baseline = json.loads(program.ask("GET", path, token=asking)[1])
        assert baseline["runs"] == 3 and baseline["cost"] == 4 and baseline["currency"] == "EUR", baseline
        assert abs(baseline["duration_seconds"] - 200) <= 2, baseline
        print(f"baseline, the next run's own pod: {baseline}")
        for expected, what, token in [
                (200, "a pod of another job", token_of(client, "spark", pods["running"])),
                (404, "a pod that is none of Spark's", token_of(client, "spark", pods["stranger"])),
                (403, "a token of no pod", token_of(client, "spark")), (401, "no token", None)]:
            status, answer = program.ask("GET", path, token=token)
            assert status == expected, (what, expected, status, answer)
            assert expected != 200 or json.loads(answer)["runs"] == 0, answer
            print(f"baseline, {what}: {status} {answer.strip()}")


def test(_version):
    with control_plane.ControlPlane() as plane:
        define(plane)
        pods = populate(plane)
        check_observer(plane)
        check_sidecar(plane)
        check_last_words(plane, pods)
        check_baseline(plane, pods)


if __name__ == "__main__":
    lab.main(test)
