#!/usr/bin/env python3
"""Backup and recovery for real. In S3 (rclone's own server of it), by rclone and by the aws CLI. And as the chart runs
them: CronJobs of a real API server, whose pods a kubelet over processes runs with the scripts as the chart's ConfigMap
has them, and a real observer that is told by them and by disaster-recovery.sh, typed by hand. Bytes are compared,
damage is found. Last, out of a copy of the template repository, the data are restored for another namespace and the job
is installed there: a real spark-submit, driver and executors read what was restored.
    test_recovery.py [s3|cluster]      without: both
"""

import filecmp
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import yaml

import toolbox
import kube_lab
import lab
import team_repo

sys.path.insert(0, os.path.join(toolbox.ROOT, "tests", "charts"))
import test_submit  # noqa: E402  (its values for a cluster without images)

NAMESPACE, JOB, ELSEWHERE = "spark", "my-job", "recovery"
BACKUP, RESTORE = (os.path.join(toolbox.OPERATIONS, name) for name in ("backup.sh", "disaster-recovery.sh"))
MOUNTED = "/var/run/secrets/kubernetes.io/serviceaccount/token"
# There is no mount namespace: what the pod has mounted is looked up by its path.
LOOK_UP = """of() { printf '%s\\n' "$KUBELAB_MOUNTS" | sed -n "s|^$1=||p"; }
OBSERVER_TOKEN_FILE=$(of /var/run/secrets/kubernetes.io/serviceaccount)/token TMPDIR=$(of /tmp)
export OBSERVER_TOKEN_FILE TMPDIR
"""


# Counts what was restored, on an executor.
PROGRAM = """import sys
from pyspark.sql import SparkSession
context = SparkSession.builder.getOrCreate().sparkContext
total = context.binaryFiles(sys.argv[1] + "/day=*").map(lambda file: len(file[1])).sum()
print("restored bytes", total, flush=True)
"""


def expect(what, wanted, found):
    if wanted != found:
        raise AssertionError(f"{what}: wanted {wanted!r}, found {found!r}")
    print(f"ok: {what}: {found!r}", flush=True)


def write_data(folder):
    """What a job leaves: a few Parquet-like files of known sizes, one empty."""
    for number, name in enumerate(
        ("day=2026-11-26/_SUCCESS", "day=2026-11-26/part-00000 a.parquet", "day=2026-11-27/part-0")
    ):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(os.urandom(300000 * number))
    return 900000


def same(one, other):
    compared = filecmp.dircmp(one, other)
    return (
        not (compared.left_only or compared.right_only or compared.funny_files)
        and not filecmp.cmpfiles(one, other, compared.common_files, shallow=False)[1]
        and all(same(os.path.join(one, name), os.path.join(other, name)) for name in compared.common_dirs)
    )


def flip(folder):
    """One bit of the newest backup's largest file; returns how to mend it."""
    newest = sorted(glob.glob(os.path.join(folder, "*T*Z")))[-1]
    path = max(
        (os.path.join(place, name) for place, _, names in os.walk(newest) for name in names), key=os.path.getsize
    )

    def turn():
        with open(path, "r+b") as file:
            file.seek(12345)
            byte = file.read(1)
            file.seek(12345)
            file.write(bytes([byte[0] ^ 1]))

    turn()
    return turn


# --- S3 ------------------------------------------------------------------------------------------


def s3(place):
    tools = toolbox.tools("requirements-real.txt")
    root, port = os.path.join(place, "s3"), lab.free_port()
    write_data(os.path.join(root, "lake", "sales"))
    os.makedirs(os.path.join(root, "backups"))
    command = [
        os.path.join(tools, "rclone"),
        "serve",
        "s3",
        "--addr",
        f"127.0.0.1:{port}",
        "--auth-key",
        "KEY,SECRET",
        root,
    ]
    with open(os.path.join(place, "s3.log"), "wb") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:

        def listens():
            if server.poll() is not None:
                raise lab.Died(f"rclone serve s3 ended with {server.returncode}")
            return b"Starting s3 server" in open(os.path.join(place, "s3.log"), "rb").read()

        lab.wait_until("rclone's S3", listens, 30)
        for tool in ("rclone", "aws"):
            by_tool(
                tool,
                tools,
                root,
                {
                    "AWS_ACCESS_KEY_ID": "KEY",
                    "AWS_SECRET_ACCESS_KEY": "SECRET",
                    "AWS_DEFAULT_REGION": "us-east-1",
                    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                    "AWS_EC2_METADATA_DISABLED": "true",
                    "HOME": place,
                    "STORAGE_TOOL": tool,
                    "BACKUP_NAME": f"by-{tool}",
                    "BACKUP_LOCATION": "s3://backups/all",
                },
            )
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def by_tool(tool, tools, root, environment):
    def call(script, *arguments):
        begin = time.monotonic()
        code, said = toolbox.run([script, *arguments], [tools], **environment)
        print(f"[{time.monotonic() - begin:.1f} s] {tool}: {said.strip()}", flush=True)
        return code, said

    made = os.path.join(root, "backups", "all", f"by-{tool}")
    expect(f"{tool}: backup", 0, call(BACKUP, "--source", "s3://lake/sales")[0])
    stamps = os.listdir(made)
    expect(f"{tool}: the dates", (0, stamps), (lambda told: (told[0], told[1].split()))(call(RESTORE, "--list")))
    back = ["--backup-date", stamps[0][:10], "--target-namespace", "recovery", "--verify", "--to"]
    folder = os.path.join(root, f"local-{tool}")
    expect(f"{tool}: restored to a path", 0, call(RESTORE, *back, folder)[0])
    expect(f"{tool}: bytes equal", True, same(os.path.join(root, "lake", "sales"), folder))
    expect(f"{tool}: restored in S3", 0, call(RESTORE, *back, f"s3://lake/{{namespace}}/{tool}")[0])
    expect(
        f"{tool}: bytes equal",
        True,
        same(os.path.join(root, "lake", "sales"), os.path.join(root, "lake", "recovery", tool)),
    )
    flip(made)
    code, said = call(RESTORE, *back, folder + "-damaged")
    expect(f"{tool}: damage is found", (1, True), (code, "failed: the backup is damaged" in said))
    code, said = toolbox.run(
        [RESTORE, *back, folder + "-denied"], [tools], **{**environment, "AWS_SECRET_ACCESS_KEY": "WRONG"}
    )
    expect(f"{tool}: a wrong key is no empty store", (1, False), (code, "there are: none" in said))


# --- the chart's ---------------------------------------------------------------------------------


class Chart:
    """A release of the job with backup and drill, of which only these run."""

    def __init__(self, cluster, observer, place, environment):
        self.cluster, self.observer, self.place, self.environment = cluster, observer, place, environment
        self.data, self.backups = os.path.join(place, "data"), os.path.join(place, "backups")
        self.size = write_data(self.data)
        values = {
            "exporter": {"observerUrl": observer.url},
            "backup": {
                "enabled": True,
                "source": self.data,
                "location": self.backups,
                "rpo": "24h",
                "rto": "1h",
                "command": ["/bin/sh", "-c", LOOK_UP + 'exec sh "$(of /opt/backup)/backup.sh"'],
            },
            "restoreDrill": {
                "enabled": True,
                "command": [
                    "/bin/sh",
                    "-c",
                    LOOK_UP
                    + (
                        "RESTORE_LOCATION=$(of /restore)/data; export RESTORE_LOCATION\n"
                        'exec sh "$(of /opt/backup)/disaster-recovery.sh" '
                        '--backup-date latest --target-namespace "$BACKUP_NAMESPACE" --verify'
                    ),
                ],
            },
        }
        with open(os.path.join(place, "values.yaml"), "w", encoding="utf-8") as out:
            yaml.safe_dump(values, out)
        self.call(
            "helm",
            "--kubeconfig",
            cluster.kubeconfig,
            "install",
            JOB,
            os.path.join(toolbox.ROOT, "charts", "spark-job"),
            "--namespace",
            NAMESPACE,
            "--values",
            os.path.join(place, "values.yaml"),
        )

    def call(self, *command):
        return subprocess.run(
            command,
            check=True,
            env={**self.environment, "KUBECONFIG": self.cluster.kubeconfig},
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def run(self, name, cron):
        """Runs the CronJob's Job now; its last condition."""
        self.call("kubectl", "-n", NAMESPACE, "create", "job", name, f"--from=cronjob/{cron}")

        def ended():
            status = self.cluster.api.get(f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs/{name}").get("status", {})
            return next(
                (
                    one["type"]
                    for one in status.get("conditions", [])
                    if one["status"] == "True" and one["type"] in ("Complete", "Failed")
                ),
                None,
            )

        end = lab.wait_until(f"{name}'s end", ended, 90)
        for pod in self.cluster.api.list(f"/api/v1/namespaces/{NAMESPACE}/pods", f"job-name={name}")[0]:
            container = pod["spec"]["containers"][0]["name"]
            print(f"{name}: {end}: " + " | ".join(self.cluster.log_of(pod, container)[-3:]), flush=True)
        return end

    def shown(self, family):
        scrape = self.observer.scrape()
        return scrape and scrape.total(family, namespace=NAMESPACE, backup=JOB)

    def until(self, family, wanted):
        lab.wait_until(f"{family} {wanted}", lambda: self.shown(family) == wanted, 60)
        print(f"ok: the observer: {family} {wanted}", flush=True)

    def restore(self, token, to):
        """By hand, without a word of where the backups are: the CronJob knows."""
        return toolbox.run(
            [
                RESTORE,
                "--backup-date",
                "latest",
                "--target-namespace",
                "recovery",
                "--verify",
                "--to",
                to,
                "--source-namespace",
                NAMESPACE,
            ],
            KUBECONFIG=self.cluster.kubeconfig,
            OBSERVER_TOKEN_FILE=token,
            OBSERVER_URL=self.observer.url,
            PATH=self.environment["PATH"],
        )


def cluster(place):
    lab.need_java()
    python = lab.python_with_spark("3.5.9")
    with kube_lab.Cluster() as plane:
        plane.namespace(NAMESPACE)
        with (
            kube_lab.Observer(plane, NAMESPACE) as observer,
            team_repo.machine(team_repo.kubectl(plane)) as environment,
        ):
            observer.wait_ready()
            chart = Chart(plane, observer, place, environment)
            through(chart)
            elsewhere(chart, python)


def through(chart):
    expect("the chart's backup", "Complete", chart.run("backup-1", f"{JOB}-backup"))
    chart.until("backup_size_bytes", chart.size)
    chart.until("backup_last_attempt_success", 1)
    token = os.path.join(chart.place, "token")
    with open(token, "w", encoding="utf-8") as out:
        out.write(chart.call("kubectl", "-n", NAMESPACE, "create", "token", f"data-{JOB}"))
    restored = os.path.join(chart.place, "restored", "{namespace}")
    code, said = chart.restore(token, restored)
    print(said)
    expect("disaster-recovery.sh --verify", 0, code)
    expect("bytes equal", True, same(chart.data, restored.format(namespace="recovery")))
    chart.until("backup_verification_success", 1)
    chart.until("backup_restore_time_seconds", float(re.search(r"verified in ([\d.]+) s", said)[1]))

    mend = flip(os.path.join(chart.backups, JOB))
    code, said = chart.restore(token, restored + "-2")
    expect("a damaged backup", (1, True), (code, "failed: the backup is damaged" in said))
    chart.until("backup_verification_success", 0)
    mend()
    expect("the chart's drill", "Complete", chart.run("drill-1", f"{JOB}-drill"))
    chart.until("backup_verification_success", 1)
    flip(os.path.join(chart.backups, JOB))
    expect("the chart's drill of a damaged one", "Failed", chart.run("drill-2", f"{JOB}-drill"))
    chart.until("backup_verification_success", 0)
    os.rename(chart.data, chart.data + "-gone")
    expect("the chart's backup without data", "Failed", chart.run("backup-2", f"{JOB}-backup"))
    chart.until("backup_last_attempt_success", 0)


def elsewhere(chart, python):
    """The job in another namespace, on restored data, out of a team's own repository."""
    os.rename(chart.data + "-gone", chart.data)
    expect("a fresh backup", "Complete", chart.run("backup-3", f"{JOB}-backup"))
    stamp = sorted(os.listdir(os.path.join(chart.backups, JOB)))[-1]
    repo = os.path.join(chart.place, "repo")
    subprocess.run(["cp", "-rL", toolbox.TEMPLATE, repo], check=True)
    # The default place below the backups' own, which kubectl tells: of all namespaces, since its own has none.
    restored = os.path.join(chart.backups, "restored", ELSEWHERE, JOB, stamp)
    values = test_submit.values(chart.cluster, chart.observer, python, "3.5.9", {})
    values["application"] = {"script": PROGRAM, "arguments": ["file://" + restored]}
    values["exporter"].update(owner="sidecar", observerUrl="")
    with open(os.path.join(repo, "values", "recovery.yaml"), "w", encoding="utf-8") as out:
        yaml.safe_dump(values, out)
    code, said = toolbox.run(
        ["./scripts/operations/disaster-recovery.sh", "--backup-date", stamp[:10], "--target-namespace", ELSEWHERE]
        + ["--verify", "--deploy", "values/recovery.yaml"],
        cwd=repo,
        KUBECONFIG=chart.cluster.kubeconfig,
        PATH=chart.environment["PATH"],
        HOME=chart.environment["HOME"],
    )
    print(said)
    expect("disaster-recovery.sh --verify --deploy", 0, code)
    expect("bytes equal", True, same(chart.data, restored))
    api = chart.cluster.api
    release = chart.call("helm", "list", "--namespace", ELSEWHERE, "--short").split()
    expect("the release in the other namespace", [JOB], release)

    def ended():
        jobs, _ = api.list(f"/apis/batch/v1/namespaces/{ELSEWHERE}/jobs", f"spark-exporter.io/job={JOB}")
        told = [one["type"] for job in jobs for one in job.get("status", {}).get("conditions", [])]
        return next((one for one in told if one in ("Complete", "Failed")), None)

    end = lab.wait_until("the end of the job there", ended, 240)
    driver = api.list(f"/api/v1/namespaces/{ELSEWHERE}/pods", "spark-role=driver")[0][0]
    lines = chart.cluster.log_of(driver, kube_lab.DRIVER)
    expect("the job there", "Complete", end) if end == "Complete" else expect("\n".join(lines[-40:]), "Complete", end)
    expect("what it read", [f"restored bytes {chart.size}"], [line for line in lines if "restored bytes" in line])
    words = lab.wait_until("the exporter's last words", lambda: last_words(chart, driver), 90)
    expect("its exporter", "succeeded", words["outcome"])


def last_words(chart, driver):
    path = f"/api/v1/namespaces/{ELSEWHERE}/pods/{driver['metadata']['name']}"
    ended = kube_lab.container_status(chart.cluster.api.get(path), kube_lab.SIDECAR)["state"].get("terminated")
    return ended and json.loads(ended["message"])


def test(part):
    place = tempfile.mkdtemp(prefix="recovery-")
    try:
        for name, run in (("s3", s3), ("cluster", cluster)):
            if part in (None, name):
                run(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    part = sys.argv[1] if len(sys.argv) > 1 else None
    lab.main(lambda _: test(part))
