#!/usr/bin/env python3
"""A newcomer's way: the commands of docs/install.md ("The short way"), typed as they stand there, from a cluster
without a namespace of ours to the first series in a real Prometheus. Prints how many commands, how many lines of
YAML, and how long.

Real: Helm, charts, API server, the kubelet's code, spark-submit in cluster mode with driver and executor,
Prometheus. Between the commands and Helm stands a wrapper that adds what a cluster without images and Service
network needs (entry points, addresses); and a watch writes for Prometheus' file_sd what the chart's scrape
configuration selects, since Debian's Prometheus has no Kubernetes discovery."""

import json
import os
import re
import shlex
import sys
import time
import urllib.parse
import urllib.request

import yaml

import toolbox
import kube_lab
import kube_prometheus
import lab
import team_repo

sys.path.insert(0, os.path.join(toolbox.ROOT, "tests", "charts"))
import test_submit  # noqa: E402  (its values for a cluster without images)

INSTALL = os.path.join(toolbox.ROOT, "docs", "install.md")


def short_way():
    """The lines of the first shell block below the heading."""
    with open(INSTALL, encoding="utf-8") as source:
        section = source.read().partition("\n## The short way\n")[2].partition("\n## ")[0]
    block = re.search(r"^```sh\n(.*?)^```", section, re.M | re.S)[1]
    return [line for line in block.splitlines() if line.strip()]


class Address:
    """Where the observer will be: what a Service would be for."""

    def __init__(self):
        self.url = f"http://127.0.0.1:{lab.free_port()}"


def lab_values(cluster, address, python, version):
    """{chart: what this cluster needs beside the newcomer's words}"""
    job = test_submit.values(cluster, address, python, version, {})
    for key in ("team", "deadline", "runner"):  # the newcomer says it, or does not
        job.pop(key, None)
    token = test_submit.TOKEN
    observer = {
        "observer": {
            "command": [sys.executable, test_submit.CONTAINER, os.path.abspath(lab.binary())],
            "extraEnv": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
            # The second is the Service's stand-in.
            "extraArgs": [
                "--web.listen-address=$(POD_IP):9817",
                "--web.listen-address=" + address.url.partition("//")[2],
                f"--kubernetes.api-server={cluster.url}",
                f"--kubernetes.token-file={token}/token",
                f"--kubernetes.ca-file={token}/ca.crt",
            ],
        }
    }
    return {"spark-exporter": observer, "spark-job": job}


def wrapper(place, helm, values):
    """A `helm` that adds those values to its chart's."""
    lines = ["#!/bin/bash"]
    for chart, given in values.items():
        path = os.path.join(place, f"{chart}.yaml")
        with open(path, "w", encoding="utf-8") as out:
            yaml.safe_dump(given, out)
        lines.append(f'[[ " $* " == *" charts/{chart} "* ]] && set -- "$@" --values {shlex.quote(path)}')
    lines.append(f'exec {shlex.quote(helm)} "$@"')
    path = os.path.join(place, "helm")
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    os.chmod(path, 0o755)


class Prometheus(kube_prometheus.Prometheus):
    """Scrapes what the chart's configuration selects: drivers by the watch, the observer by its address."""

    def __init__(self, cluster, targets, address):
        self.observer = address.url.partition("//")[2]
        super().__init__(cluster, 2, targets, [])

    def _configuration(self, targets, observers):
        drop = [{"regex": "instance|pod|container|endpoint", "action": "labeldrop"}]
        return {
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s"},
            "scrape_configs": [
                {
                    "job_name": "spark-drivers",
                    "honor_labels": True,
                    "file_sd_configs": [{"files": [targets], "refresh_interval": "1s"}],
                },
                {
                    "job_name": "spark-observer",
                    "honor_labels": True,
                    "static_configs": [{"targets": [self.observer]}],
                    "metric_relabel_configs": drop,
                },
            ],
        }

    def ask(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?" + urllib.parse.urlencode(query)
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def value(self, query):
        found = self.ask("query", query=query)["result"]
        return found and float(found[0]["value"][1])

    def tell(self):
        for target in self.ask("targets")["activeTargets"]:
            print(f"target {target['scrapeUrl']}: {target['health']} {target['lastError']}")
        for one in self.ask("query", query='{__name__=~"spark_job_st.*"}')["result"]:
            print(one["metric"], one["value"][1], flush=True)


def typed(command, environment):
    code, said = toolbox.run(["bash", "-euo", "pipefail", "-c", command], cwd=toolbox.ROOT, **environment)
    if code:
        raise AssertionError(f"{command}\nended with {code}: {said[-3000:]}")


def test(version):
    lab.need_java()
    python = lab.python_with_spark(version)
    commands = short_way()
    with kube_lab.Cluster() as cluster, team_repo.machine(team_repo.kubectl(cluster)) as environment:
        address, place = Address(), environment["HOME"]
        helm = os.path.join(place, "real-helm")
        os.rename(os.path.join(place, "helm"), helm)
        wrapper(place, helm, lab_values(cluster, address, python, version))
        environment = {**environment, "KUBECONFIG": cluster.kubeconfig, "REGISTRY": "registry.example"}
        targets = kube_prometheus.Targets(cluster)
        with Prometheus(cluster, targets.path, address) as prometheus:
            prometheus.wait_ready()
            began = time.monotonic()
            for command in commands:
                typed(command, environment)
                print(f"[{time.monotonic() - began:5.1f} s] {command}", flush=True)

            def comes(query, wanted, seconds):
                try:
                    lab.wait_until(query, lambda: prometheus.value(query) == wanted, seconds)
                except AssertionError:
                    tell(cluster)
                    prometheus.tell()
                    raise
                print(f"[{time.monotonic() - began:5.1f} s] {query} is {wanted:g}", flush=True)

            comes('count(spark_job_state{app="my-job",namespace="spark",state="pending"})', 1, 120)
            comes('count(spark_executors{app="my-job",namespace="spark",state="active"})', 1, 180)
            comes('spark_job_status{app="my-job",namespace="spark"}', 1, 240)
        print(
            f"{len(commands)} commands, 0 lines of YAML with prometheus-operator, {yaml_lines(cluster)} without",
            flush=True,
        )


def yaml_lines(cluster):
    """What a Prometheus without its operator is told by hand: install.md's block that names the ConfigMap's files."""
    found = cluster.api.get("/api/v1/namespaces/monitoring/configmaps/spark-exporter-prometheus")["data"]
    configuration = yaml.safe_load(found["scrape-config.yaml"])
    if [one["job_name"] for one in configuration["scrape_configs"]] != ["spark-drivers", "spark-observer"]:
        raise AssertionError(f"the chart's scrape configuration: {configuration}")
    with open(INSTALL, encoding="utf-8") as source:
        block = re.search(r"^```yaml\n(scrape_config_files.*?)^```", source.read(), re.M | re.S)[1]
    return len(block.splitlines())


def tell(cluster):
    for pod in cluster.api.list("/api/v1/pods")[0]:
        for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]:
            print(f"--- {pod['metadata']['name']} {container['name']} {pod['status'].get('phase')}")
            print("\n".join(cluster.log_of(pod, container["name"])[-15:]), flush=True)


if __name__ == "__main__":
    lab.main(test)
