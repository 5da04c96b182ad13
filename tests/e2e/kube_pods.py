"""Driver pods as Spark, its operator and the chart make them, in the four ways in which we may be there."""
import os
import uuid

import kube_lab
import lab

NATIVE, CLASSIC, ALONE, BOTH = "native", "classic", "observer", "both"
MODES = (NATIVE, CLASSIC, ALONE, BOTH)
WITH_SIDECAR = (NATIVE, CLASSIC, BOTH)
LONE = (NATIVE, CLASSIC)  # the sidecar is the owner and there is no observer
TITLES = {NATIVE: "native sidecar is owner", CLASSIC: "classic sidecar is owner", ALONE: "observer alone",
          BOTH: "observer and sidecar"}

# The least that the owner asks for: linger of 200 s and 10 s. The others leave with the driver.
GRACE = {NATIVE: 215, CLASSIC: 215, ALONE: 30, BOTH: 40}
WORKLOADS = os.path.join(lab.HERE, "outcome_workloads.py")
SIDECAR_SCRIPT = os.path.join(lab.HERE, "kube", "sidecar.sh")
JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"


def field(name, path):
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


POD_ENV = [field("POD_NAME", "metadata.name"), field("POD_NAMESPACE", "metadata.namespace"),
           field("POD_IP", "status.podIP")]


class Maker:
    """Makes pods of one mode in its namespace of one cluster."""

    def __init__(self, cluster, mode, namespace=None, observer=None, api_url=None, sidecar_flags=()):
        self.cluster, self.mode, self.observer = cluster, mode, observer
        self.namespace = namespace or mode
        self.api_url = api_url or cluster.url
        self.sidecar_flags = list(sidecar_flags)
        cluster.namespace(self.namespace)
        cluster.account(self.namespace, "spark", kube_lab.SIDECAR_RULES)

    def sidecar(self):
        owner = "observer" if self.mode == BOTH else "sidecar"
        flags = [f"--outcome.owner={owner}", *self.sidecar_flags]
        if self.mode == BOTH:
            flags.append(f"--observer.url={self.observer.url}")
        container = {"name": kube_lab.SIDECAR, "image": "spark-exporter", "command": [SIDECAR_SCRIPT, self.api_url, *flags],
                     "env": POD_ENV + [{"name": "SPARK_EXPORTER", "value": os.path.abspath(lab.binary())}]}
        if self.mode != CLASSIC:
            container["restartPolicy"] = "Always"
        return container

    def pod(self, job, command, app_id=None, name=None, env=(), limit=None, labels=None, annotations=None, grace=None,
            image="spark", node="proc-0", deadline=None, requests=None, restart="Never",
            message_policy="FallbackToLogsOnError"):
        """A driver pod of that job. A fresh application id where none is given."""
        driver = {"name": kube_lab.DRIVER, "image": image, "command": list(command), "env": POD_ENV + list(env),
                  "terminationMessagePolicy": message_policy, "resources": {}}
        if limit:
            driver["resources"]["limits"] = {"memory": limit}
            driver["resources"]["requests"] = {"memory": "16Mi"}
        if requests:
            driver["resources"]["requests"] = requests
        spec = {"serviceAccountName": "spark", "restartPolicy": restart, "containers": [driver],
                "terminationGracePeriodSeconds": GRACE[self.mode] if grace is None else grace,
                "nodeSelector": {"kubernetes.io/hostname": node},
                # A lost node's pods go soon, not after five minutes.
                "tolerations": [{"key": "node.kubernetes.io/" + taint, "operator": "Exists", "effect": "NoExecute",
                                 "tolerationSeconds": 2} for taint in ("unreachable", "not-ready")]}
        if deadline:
            spec["activeDeadlineSeconds"] = deadline
        if self.mode == CLASSIC:
            spec["containers"].insert(0, self.sidecar())  # with a pod template Spark puts its own container last
        elif self.mode in WITH_SIDECAR:
            spec["initContainers"] = [self.sidecar()]
        return {"metadata": {
            "namespace": self.namespace, "name": name or f"{job}-{uuid.uuid4().hex[:8]}-driver",
            "labels": {"spark-role": "driver", "spark-app-selector": app_id or new_app_id(), "spark-app-name": job,
                       "spark-exporter.io/job": job, **(labels or {})},
            "annotations": annotations or {}}, "spec": spec}

    def create(self, job, command, **options):
        return self.cluster.create_pod(self.pod(job, command, **options))

    # --- drivers --------------------------------------------------------------------------------

    def spark(self, job, scenario, python, version, master="local[1]", conf=None, script=WORKLOADS, **options):
        """A real driver: spark-submit in client mode, as Spark's own image starts it in a driver pod. `scenario`: the
        script's arguments, in one string."""
        app_id = new_app_id()
        home = os.path.join(os.path.dirname(os.path.dirname(python)), "lib")
        home = os.path.join(home, sorted(os.listdir(home))[0], "site-packages", "pyspark")
        conf = {"spark.driver.host": "$(POD_IP)", "spark.driver.bindAddress": "$(POD_IP)", "spark.ui.port": "4040",
                "spark.ui.showConsoleProgress": "false", "spark.sql.shuffle.partitions": "1",
                "spark.driver.extraJavaOptions": JVM, "spark.executor.extraJavaOptions": JVM,
                # Outside of Kubernetes Spark takes no application id; these two give it the pod label's.
                "spark.test.appId": app_id, "spark.deploy.appIdPattern": app_id, **(conf or {})}
        command = [os.path.join(home, "bin", "spark-submit"), "--master", master, "--name", job,
                   "--driver-memory", "512m"]
        for key, value in conf.items():
            command += ["--conf", f"{key}={value}"]
        env = [{"name": name, "value": value} for name, value in (
            ("SPARK_HOME", home), ("PYSPARK_PYTHON", python), ("SPARK_LOCAL_IP", "$(POD_IP)"),
            ("SPARK_LOCAL_HOSTNAME", "$(POD_IP)"), ("SPARK_USER", "spark"), ("PYTHONDONTWRITEBYTECODE", "1"),
            ("_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1"))]
        return self.create(job, command + [script, *scenario.split()], app_id=app_id, env=env,
                           labels={"spark-version": version}, **options)

    def stand_in(self, job, script, **options):
        """A driver that is a shell script."""
        return self.create(job, ["/bin/sh", "-c", script], **options)


def new_app_id():
    return "spark-" + uuid.uuid4().hex
