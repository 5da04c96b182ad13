#!/usr/bin/env python3
"""The template repository's pipeline, every step of it, on a copy and a real API server with a kubelet over
processes: a good commit is deployed, run and watched; one whose job fails is taken back, which the API server shows.
Real: every `run:` step, Helm, kubectl, pytest, ruff, pip-audit, Spark's driver, the exporter beside it and the
observer. Stand-ins: GitHub's actions (team_repo.py), the spark-operator (operator_stand_in.py), the public
advisories, and images, which are folders."""

import glob
import json
import os
import re
import subprocess
import sys
import time

import toolbox
import actionlint
import kube_lab
import lab
import operator_stand_in
import team_repo
import workflow

NAMESPACE = "spark"
PIPELINE = os.path.join(".github", "workflows", "deploy-spark-job.yml")


def expect(what, wanted, found):
    if wanted != found:
        raise AssertionError(f"{what}: wanted {wanted!r}, found {found!r}")
    print(f"ok: {what}: {found!r}", flush=True)


class Scene:
    """One team, one cluster, one way to run the pipeline."""

    def __init__(self, cluster, observer, repo, environment, advisories):
        self.cluster, self.observer, self.repo, self.environment = cluster, observer, repo, environment
        self.advisories = advisories
        with open(cluster.kubeconfig, encoding="utf-8") as source:
            self.kubeconfig = source.read()

    def push(self, why, done=None):
        """Commits, runs the pipeline as GitHub does after a push, and tells what its jobs came to."""
        sha, begin = self.repo.commit(why), time.monotonic()
        run = workflow.Run(
            self.repo.folder,
            PIPELINE,
            self.repo.actions(),
            variables={"REGISTRY": "images.example", "NAMESPACE": NAMESPACE, "EXPORTER_URL": self.observer.url},
            secrets={"KUBECONFIG_DATA": self.kubeconfig},
            done=done,
            environment={
                **self.environment,
                "PIP_AUDIT_VULNERABILITY_SERVICE": "osv",
                "PIP_AUDIT_OSV_URL": self.advisories,
            },
        )
        run.all()
        print(
            f"[{time.monotonic() - begin:.0f} s] {why}: {run.results}; {len(run.steps)} run: steps, "
            f"{len(run.failed())} failed",
            flush=True,
        )
        return sha, run

    def kubectl(self, *words):
        return subprocess.run(
            ["kubectl", "--kubeconfig", self.cluster.kubeconfig, "-n", NAMESPACE, *words],
            check=True,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def helm(self, *words):
        return subprocess.run(
            ["helm", "--kubeconfig", self.cluster.kubeconfig, "-n", NAMESPACE, *words],
            check=True,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def scheduled(self):
        found = json.loads(self.kubectl("get", "scheduledsparkapplication", "my-job", "-o", "json"))["spec"]["template"]
        return found["image"].rpartition(":")[2], found["arguments"]

    def revisions(self):
        return [
            (one["revision"], one["status"], one["description"])
            for one in json.loads(self.helm("history", "my-job", "--output", "json"))
        ]

    def driver_images(self):
        """The image's tag of each driver pod, oldest first."""
        pods = json.loads(
            self.kubectl(
                "get", "pods", "-l", "spark-role=driver", "-o", "json", "--sort-by=.metadata.creationTimestamp"
            )
        )["items"]
        return [
            container["image"].rpartition(":")[2]
            for pod in pods
            for container in pod["spec"]["containers"]
            if container["name"] == kube_lab.DRIVER
        ]


def good_commit(scene):
    sha, run = scene.push("Read our own data")
    for step in run.failed():
        print(f"--- {step}\n{step.output[-3000:]}\n---")
    wanted = dict.fromkeys(("lint", "test", "scan", "dry-run", "image", "deploy", "watch"), "success")
    expect("a good commit", {**wanted, "rollback": "skipped"}, run.results)
    expect("the revisions", [(1, "deployed")], [one[:2] for one in scene.revisions()])
    expect("the image that is scheduled", sha, scene.scheduled()[0])
    watched = next(step for step in run.steps if step.name == "Watch the first run").output
    print(watched)
    expect("the watch saw the run succeed", True, "my-job: succeeded" in watched)
    expect("what the exporter beside it said is shown", True, "report of the exporter beside it" in watched)
    written = glob.glob(f"{scene.repo.data}/revenue/day={team_repo.DAY}/*.parquet")
    expect("the job has written", 1, len(written))
    state = scene.observer.scrape().total("spark_job_state", app="my-job", state="succeeded")
    expect("the observer", 1.0, state)
    return sha


def bad_commit(scene, good):
    """A wrong path passes lint, tests, scan and dry run, and fails at night."""
    arguments = scene.scheduled()[1]
    scene.repo.replace(team_repo.PROD, "/orders/", "/order/")
    sha, run = scene.push("Read the wrong folder", {"test": "success"})  # nothing that they test has changed
    wanted = dict.fromkeys(("lint", "test", "scan", "dry-run", "image", "deploy", "rollback"), "success")
    expect("a commit whose job fails", {**wanted, "watch": "failure"}, run.results)
    expect("the step that failed", ["watch: Watch the first run: 1"], [repr(step) for step in run.failed()])
    print(run.failed()[0].output)
    expect("it says why", True, bool(re.search("PATH_NOT_FOUND|Path does not exist", run.failed()[0].output)))
    revisions = scene.revisions()
    expect("the revisions", [(1, "superseded"), (2, "superseded"), (3, "deployed")], [one[:2] for one in revisions])
    expect("the last one", "Rollback to 1", revisions[-1][2])
    expect("what is scheduled is the good one", (good, arguments), scene.scheduled())
    # Its one retry, too; then the good one again.
    expect("the drivers that ran", [good, sha, sha, good], scene.driver_images())
    expect(
        "the observer's last word",
        1.0,
        scene.observer.scrape().total("spark_job_state", app="my-job", state="succeeded"),
    )


def by_api_server(scene):
    """The same watch without the exporter, and a job that spark-submit runs by schedule."""
    environment = {**scene.environment, "KUBECONFIG": scene.cluster.kubeconfig}
    where = ["--release", "my-job", "--namespace", NAMESPACE]
    code, said = toolbox.run([os.path.join(toolbox.CICD, "watch-run.py"), *where], **environment)
    expect("the watch by the API server alone", (0, True), (code, "my-job: succeeded" in said))
    scene.helm(
        "install",
        "by-submit",
        os.path.join(toolbox.ROOT, "charts", "spark-job"),
        "--set",
        "runner=submit,schedule=0 2 * * *",
    )
    code, said = toolbox.run(
        [os.path.join(toolbox.CICD, "run-now.sh"), "--release", "by-submit", "--namespace", NAMESPACE], **environment
    )
    expect("a CronJob is run now", 0, code) if code == 0 else expect(said, 0, code)
    made = json.loads(scene.kubectl("get", "jobs", "-l", "spark-exporter.io/job=by-submit", "-o", "json"))["items"]
    expect("its Job", 1, len(made))
    scene.helm("uninstall", "by-submit")
    code, said = toolbox.run([os.path.join(toolbox.CICD, "rollback.sh"), *where, "--to", "3"], **environment)
    expect("nothing to go back to", (4, True), (code, "nothing to go back to" in said))


def test(version):
    workflows = [
        os.path.join(toolbox.TEMPLATE, PIPELINE),
        *glob.glob(os.path.join(toolbox.ROOT, ".github", "workflows", "*.yml")),
    ]
    actionlint.check(workflows)
    expect(
        "the tools of the tests are the template's",
        team_repo.pins(os.path.join(toolbox.TEMPLATE, "requirements-dev.txt")),
        team_repo.pins(os.path.join(toolbox.HERE, "requirements.txt")),
    )
    lab.need_java()
    python = lab.python_with_spark(version)
    with kube_lab.Cluster() as cluster, team_repo.TeamRepo() as repo:
        cluster.namespace(NAMESPACE)
        with (
            kube_lab.Observer(cluster, NAMESPACE) as observer,
            operator_stand_in.Operator(cluster, repo.images, python, observer) as operator,
            team_repo.machine(
                team_repo.kubectl(cluster), sys.argv[2] if len(sys.argv) > 2 else "helm3", python
            ) as environment,
            toolbox.server(lambda request, body: (200, "{}")) as advisories,
        ):
            observer.wait_ready()
            scene = Scene(cluster, observer, repo, environment, advisories)
            try:
                good = good_commit(scene)
                bad_commit(scene, good)
                by_api_server(scene)
            finally:
                for error in operator.errors:
                    print(f"the stand-in of the operator: {error}")


if __name__ == "__main__":
    lab.main(test)
