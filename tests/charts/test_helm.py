"""What Helm 3 and Helm 4 make of the charts, without a cluster: lint, every case rendered, the 20 kinds of mistakes
refused by name, and what must stand in the objects."""
import itertools
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

import yaml

import cases
import helm
import lab
from helm import EXPORTER, JOB, containers, one
from wrong_values import WRONG

DRIVER = "spark-kubernetes-driver"
MONITORS = ("--api-versions", "monitoring.coreos.com/v1")


def refused(tool, chart, values):
    try:
        tool.template("x", chart, values)
    except helm.Refused as refusal:
        return str(refusal)
    raise AssertionError(f"{tool}: {chart} takes {values}")


def check_all_render(tool):
    count = 0
    for name, values in cases.job_cases():
        tool.lint(JOB, values)
        assert tool.template("sales", JOB, values), name
        count += 1
    for name, values in cases.OBSERVERS.items():
        tool.lint(EXPORTER, values)
        assert tool.template("spark-exporter", EXPORTER, values, "monitoring", *MONITORS), name
        count += 1
    print(f"{tool}: {count} cases pass lint --strict and template")


def check_mistakes(tool):
    for chart, wrong, key in WRONG:
        message = refused(tool, chart, wrong).partition("values don't meet")[2]
        assert any(shown in message for shown in (f"/{key}'", f"/{key}/", f"'{key}'")), (wrong, message)
    unsaid = [({"environment": "production", "environments": {"prod": {}}}, "environment"),
              ({"restart": "always", "runner": "submit"}, "restart"),
              ({"backup": {"enabled": True}}, "backup.source"),
              ({"restoreDrill": {"enabled": True}}, "restoreDrill.enabled"),
              ({"qualityGate": {"enabled": True}}, "qualityGate.command"),
              ({"qualityGate": {"enabled": True, "command": ["a"], "when": "afterRun"}}, "qualityGate.when")]
    for wrong, key in unsaid:
        assert key in refused(tool, JOB, wrong), wrong
    print(f"{tool}: {len(WRONG)} kinds of wrong values refused by the schema and {len(unsaid)} by the templates, "
          f"each with the key's name")


def texts(value, path=""):
    """(path, what) of each name, namespace, label and annotation in an object."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        where = f"{path}/{key}"
        if key in ("labels", "annotations", "matchLabels") and isinstance(inner, dict):
            yield from ((f"{where}/{name}", said) for name, said in inner.items())
        elif key in ("name", "namespace") and not isinstance(inner, (dict, list)):
            yield where, inner
        else:
            yield from texts(inner, where)


def check_words(tool):
    """Names that YAML takes for a number or a truth stay words, and so does a digest that has digits alone."""
    for chart, values in ((JOB, cases.JOBS["submit, on a schedule, everything"]), (JOB, cases.JOBS["operator"]),
                          (EXPORTER, cases.OBSERVERS["everything"])):
        more = {**values, "environment": "dev", "owner": "123", "team": "12.5"} if chart == JOB else values
        for made in tool.template("on", chart, more, "123", *MONITORS):
            for path, said in texts(made):
                assert isinstance(said, str), (made["kind"], path, said)
    for folder, _, names in os.walk(helm.CHARTS):
        for name in names if folder.endswith("templates") else ():
            with open(os.path.join(folder, name), encoding="utf-8") as source:
                bare = [line for line in source if "checksum/" in line and "| quote }}" not in line]
            assert not bare, (name, bare)
    print(f"{tool}: names, labels and annotations are words whatever they look like")


def driver_template(objects):
    """The driver's pod template, whoever runs it."""
    for made in objects:
        if made["kind"] == "SparkApplication":
            return made["spec"]["driver"]["template"]
        if made["kind"] == "ScheduledSparkApplication":
            return made["spec"]["template"]["driver"]["template"]
    files = [made for made in objects if made["kind"] == "ConfigMap" and made["metadata"]["name"].endswith("-submit")]
    return yaml.safe_load(files[0]["data"]["driver.yaml"])


def check_job(tool):
    for runner in ("operator", "submit"):
        values = {**cases.JOBS[runner], "environment": "prod"}
        for version, kind in (("1.28.9", "containers"), ("1.29.0", "initContainers")):
            template = driver_template(tool.template("sales", JOB, values, "spark", "--kube-version", version))
            assert "spark-exporter" in [made["name"] for made in template["spec"][kind]], (runner, version)
            both = containers(template)
            assert set(both) == {DRIVER, "spark-exporter"}, both
            assert both[DRIVER]["terminationMessagePolicy"] == "FallbackToLogsOnError"
            assert {"name": "SPARK_EXPORTER_JOB", "value": "sales"} in both["spark-exporter"]["env"]
            assert both["spark-exporter"].get("restartPolicy") == ("Always" if kind == "initContainers" else None)
            assert template["spec"]["terminationGracePeriodSeconds"] == 215
            labels = template["metadata"]["labels"]
            assert labels["spark-exporter.io/job"] == "sales" and labels["team"] == "sales", labels
            told = template["metadata"]["annotations"]
            assert told["spark-exporter.io/deadline"] == "06:30" and told["spark-exporter.io/budget"] == "300/month"
        observed = driver_template(tool.template("sales", JOB, {**values, "environment": "dev"}))
        assert observed["spec"]["terminationGracePeriodSeconds"] == 45
        assert "--observer.url=http://spark-exporter.monitoring:9817" in containers(observed)["spark-exporter"]["args"]
    objects = tool.template("sales", JOB, {**cases.JOBS["operator"], "environment": "prod"})
    application = one(objects, "SparkApplication")
    executor = application["spec"]["executor"]
    assert (executor["instances"], executor["memory"], executor["cores"]) == (10, "8g", 4), executor
    conf = application["spec"]["sparkConf"]
    for key in ("spark.metrics.appStatusSource.enabled", "spark.sql.streaming.metricsEnabled",
                "spark.executor.processTreeMetrics.enabled"):
        assert conf[key] == "true", conf
    print(f"{tool}: the sidecar is native from Kubernetes 1.29 on and classic before, with both runners")


def check_secrets(tool):
    values = {**cases.JOBS["operator, on a schedule, everything"], "environment": "prod"}
    for offered, version in (((), "v1"), (("v1", "v1beta1"), "v1"), (("v1beta1",), "v1beta1")):
        more = list(itertools.chain.from_iterable(
            ("--api-versions", f"external-secrets.io/{one_of}/ExternalSecret") for one_of in offered))
        objects = tool.template("sales", JOB, values, "spark", *more)
        kinds = {made["apiVersion"] for made in objects if made["kind"] == "ExternalSecret"}
        assert kinds == {f"external-secrets.io/{version}"}, (offered, kinds)
    spec = one(objects, "ScheduledSparkApplication")["spec"]["template"]
    for role in ("driver", "executor"):
        pod = spec[role]["template"]["spec"]
        container = [made for made in pod["containers"] if made["name"] == f"spark-kubernetes-{role}"][0]
        assert container["envFrom"] == [{"secretRef": {"name": name}} for name in ("warehouse", "old")], container
        assert {"name": "secret-keys", "mountPath": "/etc/keys", "readOnly": True} in container["volumeMounts"]
        assert {"name": "secret-keys", "secret": {"secretName": "keys"}} in pod["volumes"]
    print(f"{tool}: ExternalSecrets v1, v1beta1 where the cluster has only that; driver and executors use them")


def check_backup(tool):
    objects = tool.template("sales", JOB, {**cases.JOBS["submit, on a schedule, everything"], "environment": "prod"})
    for name, label in (("sales-backup", "spark-exporter.io/backup"),
                        ("sales-drill", "spark-exporter.io/restore-drill")):
        made = one(objects, "CronJob", name)
        assert made["metadata"]["labels"][label] == "sales"
        told = made["metadata"]["annotations"]
        assert (told["spark-exporter.io/rpo"], told["spark-exporter.io/rto"]) == ("24h", "4h"), told
    scripts = one(objects, "ConfigMap", "sales-backup")["data"]
    assert {"backup.sh", "disaster-recovery.sh"} <= set(scripts) and "spark-submit.sh" not in scripts, scripts.keys()
    print(f"{tool}: backup and restore drill carry their labels, RPO and RTO")


def check_observer(tool):
    objects = tool.template("spark-exporter", EXPORTER, cases.OBSERVERS["everything"], "monitoring", *MONITORS)
    monitor = one(objects, "ServiceMonitor")["spec"]["endpoints"][0]
    assert monitor["honorLabels"] is True
    dropped = monitor["metricRelabelings"][0]
    assert dropped == {"regex": "instance|pod|container|endpoint", "action": "labeldrop"}, dropped
    drivers = one(objects, "PodMonitor")["spec"]
    assert drivers["podMetricsEndpoints"][0]["honorLabels"] is True
    rules = [made for made in objects if made["kind"] == "PrometheusRule"]
    alerts = {rule["alert"]: rule for made in rules for group in made["spec"]["groups"] for rule in group["rules"]
              if "alert" in rule}
    assert alerts["SparkJobFailed"]["keep_firing_for"] == "5m" and "SparkSpill" not in alerts
    assert all(rule["labels"]["cluster"] == "eu-1" for rule in alerts.values())
    told = str([rule["annotations"] for rule in alerts.values()])
    assert "runbooks.example.com" not in told and "https://wiki.example/runbooks/" in told
    plain = tool.template("spark-exporter", EXPORTER, None, "monitoring", *MONITORS)
    rules = [made for made in plain if made["kind"] == "PrometheusRule"]
    words = [rule for made in rules for group in made["spec"]["groups"] for rule in group["rules"]
             if rule.get("alert") in ("SparkJobFailed", "HighGCTime")]
    assert len(words) == 2 and all("keep_firing_for" not in rule for rule in words), words
    boards = [made for made in plain if made["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    assert all(made["metadata"]["annotations"]["grafana_folder"] == "Spark" for made in boards)
    folder = os.path.join(helm.ROOT, "dashboards")
    there = [name for name in os.listdir(folder) if name.endswith(".json")] if os.path.isdir(folder) else []
    assert len(boards) == len(there), (len(boards), there)
    for made in boards:
        (name, text), = made["data"].items()
        with open(os.path.join(folder, name), encoding="utf-8") as source:
            assert text.strip() == source.read().strip(), name
    shards = tool.template("spark-exporter", EXPORTER, cases.OBSERVERS["three shards"], "monitoring", *MONITORS)
    assert one(shards, "StatefulSet")["spec"]["replicas"] == 3
    assert one(shards, "ServiceMonitor")["spec"]["endpoints"][0]["relabelings"][0]["targetLabel"] == "shard"
    print(f"{tool}: {len(alerts)} alerts in {len(rules)} PrometheusRules, {len(boards)} boards, both monitors")


def check_plain_prometheus(tool):
    """Debian's promtool reads what the chart leaves for a Prometheus without its operator. It was built without the
    service discovery of Kubernetes, so that part is taken out for it."""
    if not shutil.which("promtool"):
        raise lab.Skip("no promtool (Debian: prometheus)")
    for contract in ("word-for-word", "keep-firing"):
        objects = tool.template("spark-exporter", EXPORTER, {"rules": {"contract": contract}}, "monitoring")
        data = one(objects, "ConfigMap", "spark-exporter-prometheus")["data"]
        with tempfile.TemporaryDirectory() as folder:
            for name, text in data.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                    out.write(text)
            config = yaml.safe_load(data["scrape-config.yaml"])
            for job in config["scrape_configs"]:
                assert job["honor_labels"] is True and job.pop("kubernetes_sd_configs")
            config["rule_files"] = ["rules-*.yaml"]
            with open(os.path.join(folder, "prometheus.yml"), "w", encoding="utf-8") as out:
                yaml.safe_dump(config, out)
            done = subprocess.run(["promtool", "check", "config", os.path.join(folder, "prometheus.yml")],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            assert done.returncode == 0, done.stdout
    print(f"{tool}: promtool takes the plain scrape configuration and {len(data) - 1} rule files")


def check_package(tool):
    """A packaged chart has the rules and the boards that are links in the tree."""
    with tempfile.TemporaryDirectory() as folder:
        tool.run("package", os.path.join(helm.CHARTS, EXPORTER), "--destination", folder)
        path = os.path.join(folder, os.listdir(folder)[0])
        with tarfile.open(path) as package:
            names = [member.name for member in package if member.isfile()]
        assert f"{EXPORTER}/files/rules/contract.yaml" in names, names
        assert not [name for name in names if name.endswith(".py") or "/tests/" in name], names
        packed = tool.run("template", "x", path)
        loose = tool.run("template", "x", os.path.join(helm.CHARTS, EXPORTER))
        assert packed == loose
    print(f"{tool}: the package renders what the folder does")


def test():
    folder = helm.built()
    for major in (3, 4):
        with helm.Helm(major, folder) as tool:
            for check in (check_all_render, check_mistakes, check_words, check_job, check_secrets, check_backup,
                          check_observer, check_plain_prometheus, check_package):
                check(tool)


if __name__ == "__main__":
    try:
        test()
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
