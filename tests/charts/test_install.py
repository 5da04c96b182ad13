"""Helm 3 and Helm 4 on a real API server with the real custom resources: every case installed, upgraded, rolled back
and uninstalled, nothing left behind; every object taken by strict validation; and in a namespace that enforces the
restricted pod security the pods that it leads to are admitted, and the same without runAsNonRoot refused.
    test_install.py [--all] [--table FILE]      without --all: a sample, another one for each version of Helm
"""
import argparse
import copy
import os
import sys
import time

import yaml

import cases
import helm
import lab
from cluster import Cluster
from helm import EXPORTER, JOB, one

NEXT = {"dev": "staging", "staging": "prod", "prod": "dev"}
DERIVED = {"pods", "replicasets", "controllerrevisions", "endpoints", "endpointslices"}  # by Kubernetes' controllers


def asked(cluster, namespace):
    """{(plural, name): what was asked for} of what the release has there. Of a Job its name says it all; the claims of
    a StatefulSet are the controller's."""
    def what(plural, made):
        parts = ("data", "rules", "subjects", "roleRef") + (() if plural == "jobs" else ("spec",))
        return {part: made[part] for part in parts if part in made}
    return {(plural, name): what(plural, made) for (plural, name), made in cluster.namespaced(namespace).items()
            if plural not in DERIVED and not name.startswith("sh.helm.release.")
            and not (plural == "persistentvolumeclaims" and name.startswith("state-"))}


def job_steps():
    """[(name, chart, first values, second values)]"""
    for name, values in cases.job_cases():
        environment = values["environment"]
        yield name, JOB, values, {**copy.deepcopy(values), "environment": NEXT[environment]}
    for name, values in cases.OBSERVERS.items():
        changed = copy.deepcopy(values)
        changed.setdefault("config", {})["limits"] = {"executors": 100}
        changed.setdefault("podMonitor", {})["interval"] = "30s"
        changed.setdefault("dashboards", {})["folder"] = "Data"
        yield name, EXPORTER, values, changed


def lifecycle(cluster, tool, number, name, chart, first, second):
    """Seconds that each step took."""
    release, namespace = f"run-{tool.major}-{number}", f"ns-{tool.major}-{number}"
    path = os.path.join(helm.CHARTS, chart)
    cluster.namespace(namespace)
    cluster.namespace("spark")
    took, began = [], time.monotonic()

    def step(*words, values=None):
        nonlocal began
        tool.run(*words, "--namespace", namespace, values=values)
        took.append(time.monotonic() - began)
        began = time.monotonic()
    rendered = tool.template(release, chart, first, namespace, "--api-versions", "monitoring.coreos.com/v1",
                             "--api-versions", "external-secrets.io/v1/ExternalSecret")
    cluster.strict(rendered, namespace)
    began = time.monotonic()
    step("install", release, path, values=first)
    before = asked(cluster, namespace)
    hooks = [made for made in rendered if "helm.sh/hook" in made["metadata"].get("annotations", {})]
    here = [made for made in rendered if made["metadata"].get("namespace") == namespace and made not in hooks]
    assert len(before) == len(here), (sorted(before), [(made["kind"], made["metadata"]["name"]) for made in here])
    step("upgrade", "--install", release, path, values=second)
    assert asked(cluster, namespace) != before, f"{name}: the upgrade changed nothing"
    step("rollback", release, "1")
    after = asked(cluster, namespace)
    assert after == before, f"{name}: not as before: {sorted(set(after) ^ set(before))}"
    step("uninstall", release, "--wait")
    lab.wait_until(f"{name}: an empty namespace", lambda: not cluster.namespaced(namespace), 60)
    assert cluster.of_release(release) == [] and not others(cluster, release), name
    return took, len(here)


def others(cluster, release):
    """What the release has left in the drivers' namespace."""
    return [key for key, made in cluster.namespaced("spark").items()
            if made["metadata"].get("labels", {}).get("app.kubernetes.io/instance") == release]


# --- pod security --------------------------------------------------------------------------------

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def pods_of(cluster, namespace, selector):
    return cluster.api.list(f"/api/v1/namespaces/{namespace}/pods", selector)[0]


def refusal(cluster, namespace):
    events, _ = cluster.api.list(f"/api/v1/namespaces/{namespace}/events")
    return [made["message"] for made in events if made["reason"] == "FailedCreate" and "PodSecurity" in made["message"]]


def admitted(cluster, namespace, pod):
    """None, or why the API server refuses a pod of this template."""
    body = {"metadata": {**pod.get("metadata", {}), "name": "tried", "namespace": namespace},
            "spec": copy.deepcopy(pod["spec"])}
    body["spec"]["serviceAccountName"] = "default"
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldValidation=Strict"
    status, answer = cluster.api.call("POST", path, body)
    return None if status == 201 else answer["message"]


def without_non_root(template):
    changed = copy.deepcopy(template)
    for part in [changed["spec"]] + changed["spec"]["containers"] + changed["spec"].get("initContainers", []):
        part.get("securityContext", {}).pop("runAsNonRoot", None)
    return changed


def templates(tool):
    """(what, pod template) of all pods that the charts lead to."""
    values = {**cases.JOBS["submit, on a schedule, everything"], "environment": "prod", "imagePullSecrets": []}
    objects = tool.template("sales", JOB, values)
    files = one(objects, "ConfigMap", "sales-submit")["data"]
    for role in ("driver", "executor"):
        template = yaml.safe_load(files[role + ".yaml"])
        template["metadata"].pop("ownerReferences", None)
        yield f"spark-submit's {role}", template
    for made in objects:
        if made["kind"] == "CronJob":
            yield f"CronJob {made['metadata']['name']}", made["spec"]["jobTemplate"]["spec"]["template"]
    application = one(tool.template("sales", JOB, {**cases.JOBS["operator"], "environment": "dev"}), "SparkApplication")
    for role in ("driver", "executor"):
        yield f"the SparkApplication's {role}", application["spec"][role]["template"]
    gate = {"qualityGate": {"enabled": True, "command": ["true"]}}
    yield "the quality gate", one(tool.template("sales", JOB, gate), "Pod")
    yield "helm test", one(tool.template("spark-exporter", EXPORTER), "Pod")
    sidecars = tool.template("spark-exporter", EXPORTER, {"sidecars": {"namespaces": ["spark"]}})
    template = yaml.safe_load(one(sidecars, "ConfigMap", "spark-exporter-sidecar")["data"]["driver.yaml"])
    yield "the exporter of the bare pod template", {"spec": {"containers": [
        {key: value for key, value in made.items() if key != "restartPolicy"}
        for made in template["spec"]["initContainers"]], "volumes": template["spec"]["volumes"]}}


def check_pod_security(cluster, tool):
    namespace, path = f"restricted-{tool.major}", os.path.join(helm.CHARTS, EXPORTER)
    cluster.namespace(namespace, RESTRICTED)
    tool.run("install", "spark-exporter", path, "--namespace", namespace)
    there = lambda part: pods_of(cluster, namespace, f"app.kubernetes.io/component={part}")  # noqa: E731
    lab.wait_until("the observer's pod", lambda: there("observer"), 60)
    # Another spec: the Deployment's controller makes another ReplicaSet, which makes the pods.
    tool.run("upgrade", "spark-exporter", path, "--namespace", namespace, values={
        "observer": {"podSecurityContext": {"runAsNonRoot": None}}})
    told = lab.wait_until("the refusal of the observer's pod", lambda: refusal(cluster, namespace), 60)
    assert "runAsNonRoot" in told[0], told
    tool.run("uninstall", "spark-exporter", "--namespace", namespace)
    submit = {**cases.JOBS["submit"], "environment": "dev"}
    tool.run("install", "sales", os.path.join(helm.CHARTS, JOB), "--namespace", namespace, values=submit)
    lab.wait_until("the pod of spark-submit", lambda: there("submit"), 60)
    tool.run("uninstall", "sales", "--namespace", namespace)
    count = 0
    for what, template in templates(tool):
        why = admitted(cluster, namespace, template)
        assert why is None, (what, why)
        why = admitted(cluster, namespace, without_non_root(template))
        assert why and "runAsNonRoot" in why, (what, why)
        count += 1
    print(f"{tool}: restricted: the observer's pod and spark-submit's admitted through their controllers, {count} pod "
          "templates admitted; each without runAsNonRoot refused")


# --- all of it -----------------------------------------------------------------------------------

def sample(steps, major):
    """Every kind of observer and of job once for the two versions together, with another environment each."""
    jobs = [step for step in steps if step[1] == JOB]
    picked = [jobs[3 * kind + (kind + major) % 3] for kind in range(len(jobs) // 3) if kind % 2 == major % 2]
    observers = [step for step in steps if step[1] == EXPORTER]
    return picked + observers[major % 2::2]


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--table")
    given = parser.parse_args(arguments)
    folder, rows = helm.built(), []
    with Cluster(folder) as cluster:
        print(f"SparkApplication validated by {cluster.operator} definition")
        for major in (3, 4):
            with helm.Helm(major, folder, cluster.kubeconfig) as tool:
                steps = list(job_steps())
                for number, (name, chart, first, second) in enumerate(steps if given.all else sample(steps, major)):
                    took, objects = lifecycle(cluster, tool, number, name, chart, first, second)
                    rows.append(f"| {tool} | {chart} | {name} | {objects} | "
                                + " | ".join(f"{seconds:.1f}" for seconds in took) + " |")
                    print(f"{tool}: {chart}, {name}: {objects} objects came, changed, came back and went", flush=True)
                check_pod_security(cluster, tool)
        if given.table:
            with open(given.table, "w", encoding="utf-8") as out:
                out.write(f"{len(rows)} releases, all of them back to nothing. SparkApplications: strict validation by "
                          f"{cluster.operator} definition.\n\n| Helm | chart | case | objects | install, s | upgrade | "
                          "rollback | uninstall |\n|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n")
    print(f"{len(rows)} releases")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
