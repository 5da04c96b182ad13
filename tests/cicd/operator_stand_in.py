"""Stands in for the spark-operator, which is in no registry that a test can reach: makes of each SparkApplication
the driver pod of its template, with Spark's real driver (spark-submit in client mode) in it, runs it again as the
restart policy says (without its pause), and writes the status as the operator does (facts of the real one:
tests/e2e/outcome_rows.py)."""

import copy
import os
import threading
import time

import kube_lab
import kube_pods

APPLICATIONS = kube_lab.SPARK_GROUP + "/sparkapplications"
IN_IMAGE = "local:///opt/spark/work-dir/"
SECONDS = 240


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Operator:
    """A context manager. `images`: the folder that has what is in the image TAG as images/TAG."""

    def __init__(self, cluster, images, python, observer):
        self.cluster, self.images, self.python, self.observer = cluster, images, python, observer
        self.done, self.errors, self.threads, self.stopping = set(), [], [], False

    def __enter__(self):
        self.applications = kube_lab.Watched(self.cluster, APPLICATIONS)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.applications.stop()
        self.thread.join(10)
        for thread in self.threads:
            thread.join(10)

    def _run(self):
        while not self.stopping:
            with self.applications.changed:
                self.applications.changed.wait(1)
                there = [one for uid, one in self.applications.objects.items() if uid not in self.applications.gone]
            for application in there:
                key = application["metadata"]["uid"], application["metadata"].get("generation", 1)
                if key not in self.done:  # a new one, or one whose spec has changed
                    self.done.add(key)
                    thread = threading.Thread(target=self._guarded, args=(copy.deepcopy(application),), daemon=True)
                    self.threads.append(thread)
                    thread.start()

    def _guarded(self, application):
        try:
            self._follow(application)
        except Exception as error:  # told by the test's thread
            if not self.stopping:
                self.errors.append(repr(error))

    def _follow(self, application):
        meta, spec = application["metadata"], application["spec"]
        retries = spec["restartPolicy"].get("onFailureRetries", 0)
        for attempt in range(1, retries + 2):
            pod = self.cluster.create_pod(self._driver(application, attempt))
            status = {
                "sparkApplicationId": pod["metadata"]["labels"]["spark-app-selector"],
                "lastSubmissionAttemptTime": now(),
                "terminationTime": None,
                "executionAttempts": attempt,
                "driverInfo": {"podName": pod["metadata"]["name"]},
            }
            self._tell(meta, "SUBMITTED", **status)
            self.cluster.pods.wait(
                pod, "the driver", lambda seen, gone: kube_lab.is_running(seen) or kube_lab.ended(seen), SECONDS
            )
            self._tell(meta, "RUNNING")
            end = self.cluster.pods.wait(pod, "the driver's end", lambda seen, gone: kube_lab.ended(seen), SECONDS)
            if end["exitCode"] == 0:
                self._tell(meta, "COMPLETED", terminationTime=now())
                return
            if attempt <= retries:
                self._tell(meta, "PENDING_RERUN")
        self._tell(
            meta,
            "FAILED",
            f"driver container failed with ExitCode: {end['exitCode']}, Reason: {end['reason']}",
            terminationTime=now(),
        )

    def _tell(self, meta, state, message=None, **status):
        told = {"applicationState": {"state": state, "errorMessage": message}, **status}
        self.cluster.application_status(meta["namespace"], meta["name"], told)

    def _driver(self, application, attempt):
        meta, spec = application["metadata"], application["spec"]
        app_id = kube_pods.new_app_id()
        pod = copy.deepcopy(spec["driver"]["template"])
        pod["metadata"].update(
            namespace=meta["namespace"], name=f"{meta['name']}-{meta.get('generation', 1)}-{attempt}-driver"
        )
        pod["metadata"].setdefault("labels", {}).update(
            {
                "spark-role": "driver",
                "spark-app-selector": app_id,
                "spark-app-name": meta["name"],
                "spark-version": spec["sparkVersion"],
                "sparkoperator.k8s.io/app-name": meta["name"],
                "sparkoperator.k8s.io/launched-by-spark-operator": "true",
            }
        )
        pod["metadata"]["ownerReferences"] = [
            {
                "apiVersion": application["apiVersion"],
                "kind": "SparkApplication",
                "name": meta["name"],
                "uid": meta["uid"],
                "controller": True,
            }
        ]
        inside = pod["spec"]
        inside.update(
            restartPolicy="Never",
            serviceAccountName=spec["driver"]["serviceAccount"],
            nodeSelector={"kubernetes.io/hostname": "proc-0"},
        )
        for container in inside["containers"]:
            if container["name"] == kube_lab.DRIVER:
                self._as_spark(container, spec, meta["name"], app_id)
        for container in inside["containers"] + inside.get("initContainers", []):
            if container["name"] == kube_lab.SIDECAR:
                self._as_process(container)
        return pod

    def _as_spark(self, container, spec, name, app_id):
        """What the image's entry point would start: an image is a folder here."""
        tag = spec["image"].rpartition(":")[2]
        program = spec["mainApplicationFile"].replace(IN_IMAGE, os.path.join(self.images, tag) + "/")
        home = os.path.join(os.path.dirname(os.path.dirname(self.python)), "lib")
        home = os.path.join(home, sorted(os.listdir(home))[0], "site-packages", "pyspark")
        conf = {
            "spark.driver.host": "$(POD_IP)",
            "spark.driver.bindAddress": "$(POD_IP)",
            "spark.ui.port": "4040",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "1",
            "spark.driver.extraJavaOptions": kube_pods.JVM,
            "spark.test.appId": app_id,
            "spark.deploy.appIdPattern": app_id,
            **spec.get("sparkConf", {}),
        }
        command = [
            os.path.join(home, "bin", "spark-submit"),
            "--master",
            "local[1]",
            "--name",
            name,
            "--driver-memory",
            "512m",
        ]
        for key, value in conf.items():
            command += ["--conf", f"{key}={value}"]
        container["command"] = command + [program, *spec.get("arguments", [])]
        container.setdefault("env", []).extend(
            kube_pods.POD_ENV
            + [
                {"name": key, "value": value}
                for key, value in (
                    ("SPARK_HOME", home),
                    ("PYSPARK_PYTHON", self.python),
                    ("SPARK_LOCAL_IP", "$(POD_IP)"),
                    ("SPARK_LOCAL_HOSTNAME", "$(POD_IP)"),
                    ("SPARK_USER", "spark"),
                    ("PYTHONDONTWRITEBYTECODE", "1"),
                    ("_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1"),
                )
            ]
        )

    def _as_process(self, container):
        """The chart's own arguments, where there is neither a mount for the state nor a name server. Spark before 4.1
        takes no application id here, so the exporter finds no UI of its own: it tells how the run ended, no more."""
        arguments = [one for one in container["args"] if not one.startswith(("--state.file", "--observer.url"))]
        container["command"] = [kube_pods.SIDECAR_SCRIPT, self.cluster.url]
        container["args"] = arguments + [f"--observer.url={self.observer.url}"]
        container["env"] = container["env"] + [
            kube_pods.field("POD_IP", "status.podIP"),
            {"name": "SPARK_EXPORTER", "value": os.path.abspath(kube_lab.lab.binary())},
        ]
