"""The first process of a container on process-kubelet (tests/e2e/kube), which has no mount namespace: paths below the
pod's mounts become those of the host, in arguments and in the environment.
    container.py COMMAND...             runs it
    container.py spark driver|executor  does what the entry point of Spark's image does
"""
import os
import re
import sys

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
MOUNTED = "spark.kubernetes.authenticate.driver.mounted"
JAVA = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"]


def mounts():
    """{path in the container: path of the host}"""
    lines = os.environ.get("KUBELAB_MOUNTS", "").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def outside(text, places):
    for inside in sorted(places, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(inside)}(?=/|,|\s|$)", lambda _: places[inside], text)
    return text


def driver(words, places):
    """spark-submit in client mode, with the properties that the submission left in the pod."""
    at = words.index("--properties-file") + 1
    properties = os.path.join(os.getcwd(), "spark.properties")
    with open(words[at], encoding="utf-8") as source, open(properties, "w", encoding="utf-8") as out:
        out.write(outside(source.read(), places))
    words[at] = properties
    address, account = os.environ["SPARK_DRIVER_BIND_ADDRESS"], places[TOKEN]
    conf = {"spark.driver.bindAddress": address, "spark.driver.host": address,
            MOUNTED + ".oauthTokenFile": account + "/token", MOUNTED + ".caCertFile": account + "/ca.crt"}
    os.environ["SPARK_LOCAL_IP"] = address
    options = [word for key, value in conf.items() for word in ("--conf", f"{key}={value}")]
    return [os.environ["SPARK_HOME"] + "/bin/spark-submit", *options, "--driver-java-options", " ".join(JAVA),
            "--deploy-mode", "client", *words]


def executor():
    get = os.environ.__getitem__
    told = [get(name) for name in sorted(os.environ) if name.startswith("SPARK_JAVA_OPT_")]
    memory = get("SPARK_EXECUTOR_MEMORY")
    return ["java", *JAVA, *told, f"-Xmx{memory}", "-cp", get("SPARK_HOME") + "/jars/*",
            "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
            "--driver-url", get("SPARK_DRIVER_URL"), "--executor-id", get("SPARK_EXECUTOR_ID"),
            "--cores", get("SPARK_EXECUTOR_CORES"), "--app-id", get("SPARK_APPLICATION_ID"),
            "--hostname", get("SPARK_EXECUTOR_POD_IP"), "--resourceProfileId", get("SPARK_RESOURCE_PROFILE_ID"),
            "--podName", get("SPARK_EXECUTOR_POD_NAME")]


def main():
    places = mounts()
    scratch = places.pop("/tmp", None)  # the host has files of its own there
    if scratch:
        os.environ.update(TMPDIR=scratch, HOME=scratch)
    for name in ("SPARK_LOCAL_DIRS", "SPARK_CONF_DIR", "DRIVER_TEMPLATE"):
        if name in os.environ:
            os.environ[name] = outside(os.environ[name], places)
    words = [outside(word, places) for word in sys.argv[1:]]
    if words[0] == "spark":
        words = driver(words[2:], places) if words[1] == "driver" else executor()
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
