"""A team's copy of the template repository, and what GitHub's machines would have: the actions, done on this one."""

import contextlib
import csv
import os
import re
import shutil
import subprocess
import tempfile

import toolbox
import lab

PROD = os.path.join("values", "prod.yaml")
DAY = "2026-11-26"


def git(folder, *words):
    identity = ["-c", "user.name=team", "-c", "user.email=team@example.com", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *identity, "-C", folder, *words], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


class TeamRepo:
    """The copy, under git, with data and `images` beside it. A context manager."""

    def __enter__(self):
        self.place = tempfile.mkdtemp(prefix="team-")
        self.folder, self.images, self.data = (os.path.join(self.place, name) for name in ("my-job", "images", "data"))
        subprocess.run(["cp", "-rL", toolbox.TEMPLATE, self.folder], check=True)
        os.mkdir(self.images)
        os.mkdir(self.data)
        self._write_data()
        git(self.folder, "init", "-q")
        self.commit("The template as it is")
        self.replace(PROD, "s3a://lake/", f"file://{self.data}/")
        self.replace(PROD, "    - --quarantine", f"    - --day={DAY}\n    - --quarantine")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.place, ignore_errors=True)

    def _write_data(self):
        rows = [
            ("order_id", "customer_id", "ordered_at", "quantity", "unit_price"),
            ("1", "anna", f"{DAY} 08:00:00", 2, "10.00"),
            ("2", "ben", f"{DAY} 09:00:00", 1, "5.50"),
            ("3", "", f"{DAY} 09:00:00", 1, "5.50"),
        ]
        for name, lines in (
            ("orders", rows),
            ("customers", [("customer_id", "country"), ("anna", "FR"), ("ben", "DE")]),
        ):
            os.mkdir(os.path.join(self.data, name))
            with open(os.path.join(self.data, name, "all.csv"), "w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows(lines)

    def replace(self, path, old, new):
        path = os.path.join(self.folder, path)
        with open(path, encoding="utf-8") as source:
            text = source.read()
        if old not in text:
            raise AssertionError(f"{path} has no {old!r}")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text.replace(old, new))

    def commit(self, why):
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "-m", why)
        return git(self.folder, "rev-parse", "HEAD").strip()

    # --- what the actions do --------------------------------------------------------------------

    def actions(self):
        return {
            "actions/checkout": self._checkout,
            "docker/build-push-action": self._build,
            **{
                name: lambda *_: None
                for name in (
                    "actions/setup-python",
                    "actions/setup-java",
                    "azure/setup-helm",
                    "azure/setup-kubectl",
                    "docker/login-action",
                )
            },
        }

    def _checkout(self, run, given, environment, checkout):
        git(self.folder, "clone", "-q", self.folder, checkout)
        git(checkout, "checkout", "-q", run.sha)

    def _build(self, run, given, environment, checkout):
        """The image: what the Dockerfile copies, below its tag."""
        target = os.path.join(self.images, given["tags"].rpartition(":")[2])
        shutil.copytree(os.path.join(checkout, "jobs"), os.path.join(target, "jobs"), dirs_exist_ok=True)


def pins(path):
    """The packages of a requirements file."""
    with open(path, encoding="utf-8") as source:
        return sorted(line.strip() for line in source if line.strip() and not line.startswith("#"))


def kubectl(cluster):
    """The one that kube-up.sh has built."""
    found = re.search(r"PATH=[\"']?([^:\"']+)", cluster._kube_up("env").stdout)
    return os.path.join(found[1], "kubectl")


def helm_folder():
    """Where helm3 and helm4 are."""
    made = subprocess.run(
        [os.path.join(toolbox.ROOT, "tests", "charts", "helm-up.sh"), "build"], stdout=subprocess.PIPE, text=True
    )
    if made.returncode == lab.SKIPPED:
        raise lab.Skip("tests/charts/helm-up.sh: no helm to be had")
    if made.returncode:
        raise AssertionError(f"helm-up.sh build ended with {made.returncode}")
    return made.stdout.strip().splitlines()[-1]


@contextlib.contextmanager
def machine(kubectl, helm="helm3", spark=None):
    """The environment of GitHub's machine: helm, kubectl, Python with the pipeline's tools and PySpark."""
    place = tempfile.mkdtemp(prefix="machine-")
    try:
        tools = toolbox.tools()
        os.symlink(os.path.join(helm_folder(), helm), os.path.join(place, "helm"))
        os.symlink(kubectl, os.path.join(place, "kubectl"))
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([place, tools, os.environ["PATH"]]),
            "HOME": place,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "RUFF_NO_CACHE": "true",
            "PIP_CONFIG_FILE": os.environ.get("PIP_CONFIG_FILE", os.path.expanduser("~/.config/pip/pip.conf")),
        }
        if spark:
            packages = subprocess.check_output(
                [spark, "-c", "import site; print(site.getsitepackages()[0])"], text=True
            ).strip()
            environment.update(PYTHONPATH=packages, PYSPARK_PYTHON=os.path.join(tools, "python"))
        for name in ("KUBECONFIG", "SPARK_HOME"):
            environment.pop(name, None)
        yield environment
    finally:
        shutil.rmtree(place, ignore_errors=True)
