"""charts/spark-job with the runner `submit`, for real: helm install, the Job's pod runs PySpark's own spark-submit in
cluster mode against a real API server, a kubelet over processes runs the driver that it makes of our pod template,
with executors of its own and the exporter beside it, in a namespace that enforces the restricted pod security; once
to success, once to failure. Which rights spark-submit, driver and exporter used is read from the API server's audit log
and held against the chart's Role, and what the driver used alone against the Role of the runner `operator`.
    test_submit.py [VERSION] [--all]    VERSION of PySpark, 3.5.9; --all: with a classic sidecar that is the owner, with
                                        dynamic allocation, with claims on demand, and without some rights, too
"""
import json
import os
import sys

import helm
import kube_client
import kube_lab
import lab
from helm import JOB, one

NAMESPACE, RESTRICTED = "spark", {"pod-security.kubernetes.io/enforce": "restricted"}
CONTAINER = os.path.join(helm.HERE, "container.py")
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
          "rules": [{"level": "Metadata", "userGroups": [f"system:serviceaccounts:{NAMESPACE}"]}, {"level": "None"}]}
# What is asked for only in other runs than the plain ones: by those of --all.
ELSEWHERE = {
    ("services", "create"): "asked for by the patch that makes the driver's Service, and so in no audit log",
    ("networkpolicies", "create"): "asked for by the patch that makes the executors' NetworkPolicy, likewise",
    ("persistentvolumeclaims", "create"): "claims on demand (spark.kubernetes.executor.volumes...OnDemand)",
    ("pods", "delete"): "executors that dynamic allocation gives back",
    ("pods", "patch"): "executors that are marked for decommissioning (spark.kubernetes.executor.decommissionLabel)",
}
BY_PATCH = [right for right, why in ELSEWHERE.items() if "by the patch" in why or "likewise" in why]
IDLE = {"spark.dynamicAllocation.executorIdleTimeout": "1s", "spark.dynamicAllocation.minExecutors": "0",
        "spark.dynamicAllocation.shuffleTracking.timeout": "1s",
        "spark.kubernetes.executor.decommissionLabel": "going",
        "spark.kubernetes.dynamicAllocation.deleteGracePeriod": "1s"}
CLAIM = "spark.kubernetes.executor.volumes.persistentVolumeClaim.data"
CLAIMS = {CLAIM + ".mount.path": "/data", CLAIM + ".options.claimName": "OnDemand",
          CLAIM + ".options.storageClass": "none", CLAIM + ".options.sizeLimit": "1Gi"}


class Audited(kube_lab.Cluster):
    """A cluster of processes whose API server writes down what the namespace's accounts ask."""

    def _kube_up(self, *words):
        policy, self.audit = os.path.join(self.state, "audit.json"), os.path.join(self.state, "audit.log")
        with open(policy, "w", encoding="utf-8") as out:
            json.dump(POLICY, out)
        self.environment["KUBELAB_APISERVER_ARGS"] = f"--audit-policy-file={policy} --audit-log-path={self.audit}"
        return super()._kube_up(*words)

    def used(self, account, pod=None):
        """{(resource, verb): how often} of what this account was allowed and what it was not; `pod`: only by it."""
        allowed, refused = {}, {}
        with open(self.audit, encoding="utf-8") as log:
            for line in log:
                event = json.loads(line)
                if event["user"]["username"] != f"system:serviceaccount:{NAMESPACE}:{account}":
                    continue
                who = event["user"].get("extra", {}).get("authentication.kubernetes.io/pod-name")
                if "objectRef" not in event or pod and who != [pod]:
                    continue
                into = refused if event.get("responseStatus", {}).get("code") == 403 else allowed
                what = event["objectRef"]
                key = what["resource"] + ("/" + what["subresource"] if "subresource" in what else ""), event["verb"]
                into[key] = into.get(key, 0) + 1
        return allowed, refused


def values(cluster, observer, python, version, more):
    """A team's values, and what a cluster without container images and Service network needs beside them."""
    home = os.path.join(os.path.dirname(os.path.dirname(python)), "lib")
    home = os.path.join(home, sorted(os.listdir(home))[0], "site-packages", "pyspark")
    here = [{"name": "SPARK_HOME", "value": home}, {"name": "PYSPARK_PYTHON", "value": python},
            {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}, {"name": "SPARK_USER", "value": "spark"}]
    address = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    base = {
        "runner": "submit", "sparkVersion": version, "team": "sales", "deadline": "2h",
        "application": {"file": "local://" + os.path.join(helm.HERE, "etl.py")},
        "replicas": 1, "driverMemory": "512m", "executorMemory": "512m",
        "driver": {"env": here, "command": [sys.executable, CONTAINER, "spark"]},
        "executor": {"env": here, "command": [sys.executable, CONTAINER, "spark"]},
        "sparkConf": {
            "spark.kubernetes.authenticate.submission.oauthTokenFile": TOKEN + "/token",
            "spark.kubernetes.authenticate.submission.caCertFile": TOKEN + "/ca.crt",
            "spark.kubernetes.driver.master": cluster.url, "spark.kubernetes.driver.request.cores": "100m",
            "spark.kubernetes.executor.request.cores": "100m"},
        "submit": {"master": cluster.url, "sparkHome": home, "command": [sys.executable, CONTAINER, "/bin/sh"],
                   "env": [{"name": "KUBECONFIG", "value": "/dev/null"}]},
        "exporter": {
            "observerUrl": observer.url, "command": [sys.executable, CONTAINER, os.path.abspath(lab.binary())],
            "interval": "1s", "extraEnv": [address], "lingerSuccessSeconds": 5, "lingerFailureSeconds": 5,
            "extraArgs": ["--web.listen-address=$(POD_IP):9817", "--spark.url=http://$(POD_IP):4040",
                          f"--kubernetes.api-server={cluster.url}", f"--kubernetes.token-file={TOKEN}/token",
                          f"--kubernetes.ca-file={TOKEN}/ca.crt"]}}
    for key, value in more.items():
        base[key] = {**base[key], **value} if isinstance(base.get(key), dict) else value
    return base


def newest(cluster, selector):
    items, _ = cluster.api.list(f"/api/v1/namespaces/{NAMESPACE}/pods", selector)
    return items[0] if items else None


def ended(cluster, job):
    """The Job's last condition once it has one, {} before."""
    status = cluster.api.get(f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs/{job}").get("status", {})
    last = [made["type"] for made in status.get("conditions", []) if made["status"] == "True"]
    return last if {"Complete", "Failed"} & set(last) else None


def words_of(pod):
    status = kube_lab.container_status(pod, kube_lab.SIDECAR)
    return json.loads(status["state"]["terminated"]["message"])


def show_logs(cluster, release):
    for made in cluster.api.list(f"/api/v1/namespaces/{NAMESPACE}/pods")[0]:
        for name in helm.containers(made):
            print(f"--- {made['metadata']['name']} {name} {json.dumps(made['status'].get('phase'))}")
            print("\n".join(cluster.log_of(made, name)[-25:]))


def run(cluster, tool, observer, release, given, outcome):
    """One release to its end."""
    path = os.path.join(helm.CHARTS, JOB)
    tool.run("install", release, path, "--namespace", NAMESPACE, values=given)
    jobs, _ = cluster.api.list(f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs", f"app.kubernetes.io/instance={release}")
    job = jobs[0]["metadata"]["name"]
    selector = f"spark-role=driver,spark-exporter.io/job={release}"
    try:
        driver = lab.wait_until("the driver pod", lambda: newest(cluster, selector), 180)
        check_pod(driver, release, given)
        end = lab.wait_until("the Job's end", lambda: ended(cluster, job), 300)
        driver = cluster.pods.wait(driver, "the end of the driver pod",
                                   lambda pod, _: pod["status"]["phase"] in ("Succeeded", "Failed") and pod, 60)
    except AssertionError:
        show_logs(cluster, release)
        raise
    code = kube_lab.ended(driver)["exitCode"]
    submit = newest(cluster, f"app.kubernetes.io/component=submit,app.kubernetes.io/instance={release}")
    own = kube_lab.ended(submit, "spark-submit")["exitCode"]
    assert (code == 0) == (outcome == "succeeded") and own == code, (code, own)
    assert ("Complete" if code == 0 else "Failed") in end, end
    words = words_of(driver)
    assert (words["outcome"], words["app"]) == (outcome, release), words
    assert any("counted 7" in line for line in cluster.log_of(driver, kube_lab.DRIVER))
    status = 1 if outcome == "succeeded" else 2
    if given["exporter"].get("owner") != "sidecar":
        lab.wait_until("the observer's word",
                       lambda: observer.scrape().total("spark_job_status", app=release) == status, 60)
    print(f"{release}: driver exit code {code}, Job {end[-1]} with {own}, exporter: {words['outcome']}"
          f"{' for ' + words['reason'] if 'reason' in words else ''}", flush=True)
    return driver


def check_pod(driver, release, given):
    """What spark-submit made of our pod template."""
    spec, meta = driver["spec"], driver["metadata"]
    classic = given["exporter"].get("sidecar") == "classic"
    where = spec["containers"] if classic else spec["initContainers"]
    sidecar = [made for made in where if made["name"] == kube_lab.SIDECAR]
    assert len(sidecar) == 1 and sidecar[0].get("restartPolicy") == (None if classic else "Always"), spec
    assert spec["terminationGracePeriodSeconds"] == (215 if classic else 20), spec
    container = helm.containers(driver)[kube_lab.DRIVER]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert {"name": "SPARK_EXPORTER_JOB", "value": release} in container["env"]
    assert meta["labels"]["team"] == "sales" and meta["annotations"]["spark-exporter.io/deadline"] == "2h", meta
    assert [made["kind"] for made in meta["ownerReferences"]] == ["Pod"], meta


def granted_by(tool, release, given):
    role = one(tool.template(release, JOB, given, NAMESPACE), "Role")
    return {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}


def check_rights(cluster, tool, release, given, driver):
    """The Role is what Spark asked for, and no more than what it may ask for. What was used."""
    granted = granted_by(tool, release, given)
    used, refused = cluster.used("spark-" + release)
    print(f"{release}: Spark and exporter used " + ", ".join(f"{verb} {resource}" for resource, verb in sorted(used)))
    assert not refused, f"more is asked for: {refused}"
    unused = granted - set(used)
    assert unused <= set(ELSEWHERE), f"more than is asked for: {sorted(unused - set(ELSEWHERE))}"
    for right in sorted(unused):
        print(f"{release}: not in this run: {right[1]} {right[0]}, for {ELSEWHERE[right]}")
    by_driver, _ = cluster.used("spark-" + release, driver["metadata"]["name"])
    lesser = granted_by(tool, release, {**given, "runner": "operator"})
    assert by_driver and set(by_driver) <= lesser, f"more than the operator's driver may: {set(by_driver) - lesser}"
    print(f"{release}: the driver used {len(by_driver)} of these itself, all of them in the Role of runner: operator, "
          f"which lacks {', '.join(f'{verb} {resource}' for resource, verb in sorted(granted - lesser))}", flush=True)
    return set(used)


def left(cluster, release):
    found = []
    for base, plurals in (("/api/v1", ("pods", "services", "configmaps", "secrets", "serviceaccounts",
                                       "persistentvolumeclaims")),
                          ("/apis/batch/v1", ("jobs",)), ("/apis/networking.k8s.io/v1", ("networkpolicies",))):
        for plural in plurals:
            items, _ = cluster.api.list(f"{base}/namespaces/{NAMESPACE}/{plural}")
            found += [made["metadata"]["name"] for made in items if release in made["metadata"]["name"]]
    return found


def uninstall(cluster, tool, release):
    tool.run("uninstall", release, "--namespace", NAMESPACE)
    lab.wait_until("nothing left", lambda: not left(cluster, release), 90)
    print(f"{release}: uninstalled, nothing left", flush=True)


def check_claims(cluster, tool, given):
    """Nobody makes the volumes here: that the claims were asked for is all, and that they go with the run."""
    release, path = "claims", os.path.join(helm.CHARTS, JOB)
    tool.run("install", release, path, "--namespace", NAMESPACE,
             values={**given, "sparkConf": {**given["sparkConf"], **CLAIMS}})
    right = ("persistentvolumeclaims", "create")
    try:
        lab.wait_until("a claim", lambda: right in cluster.used("spark-" + release)[0], 120)
    except AssertionError:
        show_logs(cluster, release)
        raise
    assert not cluster.used("spark-" + release)[1]
    print(f"{release}: Spark used create persistentvolumeclaims")
    uninstall(cluster, tool, release)
    return right


def check_without(cluster, tool, given, right):
    """spark-submit without this right: it fails, and names it."""
    release, path = "without-" + right[0], os.path.join(helm.CHARTS, JOB)
    rules = [{**rule, "verbs": [verb for verb in rule["verbs"] if right != (rule["resources"][0], verb)]}
             for rule in one(tool.template(release, JOB, given, NAMESPACE), "Role")["rules"]]
    kube_client.service_account(cluster.api, NAMESPACE, release)
    kube_client.role(cluster.api, NAMESPACE, release, rules)
    own = {"rbac": {"create": False}, "serviceAccount": {"create": False, "name": release}}
    tool.run("install", release, path, "--namespace", NAMESPACE, values={**given, **own})
    submit = f"app.kubernetes.io/component=submit,app.kubernetes.io/instance={release}"
    pod = lab.wait_until("the pod of spark-submit", lambda: newest(cluster, submit), 60)
    pod = cluster.pods.wait(pod, "its end", lambda seen, _: seen["status"]["phase"] in ("Succeeded", "Failed") and seen,
                            180)
    told = "\n".join(cluster.log_of(pod, "spark-submit"))
    assert pod["status"]["phase"] == "Failed" and f"cannot {right[1]} resource \"{right[0]}\"" in told, told[-3000:]
    print(f"{release}: spark-submit fails: cannot {right[1]} {right[0]}", flush=True)
    tool.run("uninstall", release, "--namespace", NAMESPACE)


def test(version, everything):
    python = lab.python_with_spark(version)
    lab.need_java()
    folder = helm.built()
    cases = [("good", "succeeded", {}), ("bad", "failed", {"arguments": ["fail"], "exporter": {"logs": "all"}})]
    if everything:
        cases += [("classic", "failed", {
            "arguments": ["fail"], "exporter": {"sidecar": "classic", "owner": "sidecar"}}),
            ("dynamic", "succeeded", {"arguments": ["idle", "20"], "sparkConf": IDLE,
                                      "dynamicAllocation": {"enabled": True, "minReplicas": 1, "maxReplicas": 2}})]
    with Audited() as cluster, helm.Helm(4, folder, cluster.kubeconfig) as tool:
        cluster.namespace(NAMESPACE)
        cluster.api.patch(f"/api/v1/namespaces/{NAMESPACE}", {"metadata": {"labels": RESTRICTED}})
        with kube_lab.Observer(cluster, NAMESPACE) as observer:
            observer.wait_ready()
            used, granted = set(), set()
            for release, outcome, more in cases:
                given = values(cluster, observer, python, version, {
                    key: more[key] for key in ("exporter", "sparkConf", "dynamicAllocation") if key in more})
                given["application"]["arguments"] = more.get("arguments", [])
                driver = run(cluster, tool, observer, release, given, outcome)
                used |= check_rights(cluster, tool, release, given, driver)
                granted |= granted_by(tool, release, given)
                uninstall(cluster, tool, release)
            if everything:
                given = values(cluster, observer, python, version, {})
                used.add(check_claims(cluster, tool, given))
                for right in set(BY_PATCH) & granted:
                    check_without(cluster, tool, given, right)
                    used.add(right)
                assert granted == used, f"never used: {sorted(granted - used)}"
                print(f"each of the Role's {len(granted)} rights was used, or its lack made spark-submit fail")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--all"]
    try:
        test((words or ["3.5.9"])[0], "--all" in sys.argv)
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
