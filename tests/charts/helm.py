"""Helm 3 and 4 for the tests of the charts: built by helm-up.sh, with a home of their own."""
import os
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CHARTS = os.path.join(ROOT, "charts")
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import lab  # noqa: E402  (beside the other end-to-end tests)

EXPORTER, JOB = "spark-exporter", "spark-job"


class Refused(AssertionError):
    """Helm ended with an error; the message is its own."""


def built():
    """The folder with helm3, helm4 and crds/; Skip where they cannot be had."""
    made = subprocess.run([os.path.join(HERE, "helm-up.sh"), "build"], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode == lab.SKIPPED:
        raise lab.Skip("no Helm: helm-up.sh says why above")
    assert made.returncode == 0, "helm-up.sh failed"
    return made.stdout.strip().splitlines()[-1]


class Helm:
    """One version of Helm. A context manager: its cache and settings go with it."""

    def __init__(self, major, folder, kubeconfig=None):
        self.major, self.binary, self.kubeconfig = major, os.path.join(folder, f"helm{major}"), kubeconfig

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="helm-")
        return self

    def __exit__(self, kind, error, trace):
        self.home.cleanup()

    def __str__(self):
        return f"Helm {self.major}"

    def run(self, *words, values=None, timeout=180):
        """Its output; raises Refused. `values`: a dict, or a list of dicts, for --values."""
        environment = {"PATH": os.environ["PATH"], "HOME": self.home.name,
                       "KUBECONFIG": self.kubeconfig or os.path.join(self.home.name, "none")}
        words = list(words)
        layers = values if isinstance(values, list) else [values] if values else []
        for number, layer in enumerate(layers):
            path = os.path.join(self.home.name, f"values-{number}.yaml")
            with open(path, "w", encoding="utf-8") as out:
                yaml.safe_dump(layer, out)
            words += ["--values", path]
        done = subprocess.run([self.binary, *words], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=timeout, check=False)
        if done.returncode != 0:
            raise Refused(f"{self}: {' '.join(words)}: {done.stderr.strip()[-3000:]} {done.stdout.strip()[-2000:]}")
        return done.stdout

    def lint(self, chart, values=None):
        return self.run("lint", "--strict", os.path.join(CHARTS, chart), values=values)

    def template(self, release, chart, values=None, namespace="spark", *more):
        """The objects that it renders."""
        path = os.path.join(CHARTS, chart)
        text = self.run("template", release, path, "--namespace", namespace, *more, values=values)
        return [made for made in yaml.safe_load_all(text) if made]


def one(objects, kind, name=None):
    """The only object of that kind (and name)."""
    found = [made for made in objects if made["kind"] == kind and name in (None, made["metadata"]["name"])]
    assert len(found) == 1, (kind, name, [(made["kind"], made["metadata"]["name"]) for made in objects])
    return found[0]


def containers(pod):
    """{name: container} of a pod or a pod template, the init containers too."""
    spec = pod["spec"]
    return {made["name"]: made for made in spec.get("initContainers", []) + spec["containers"]}
