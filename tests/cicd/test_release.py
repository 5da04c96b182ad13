#!/usr/bin/env python3
"""The steps of a release that this machine can take (scripts/release.sh): what they refuse, what is in the archives.
The template repository out of its archive works word for word, without a link into our tree."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

import toolbox
import lab
import team_repo

RELEASE = os.path.join(toolbox.ROOT, "scripts", "release.sh")
PROGRAM = os.path.join(toolbox.ROOT, "build", "release", "spark_exporter")


def version():
    with open(os.path.join(toolbox.ROOT, "CMakeLists.txt"), encoding="utf-8") as source:
        return re.search(r"^project\(spark_exporter VERSION ([\d.]+)", source.read(), re.M)[1]


class Release(unittest.TestCase):
    helm = None  # set below

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="release-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.tools = os.path.join(self.folder, "tools")
        os.mkdir(self.tools)
        os.symlink(self.helm, os.path.join(self.tools, "helm"))

    def step(self, *words):
        return toolbox.run([RELEASE, *words], [self.tools], HOME=self.folder)

    def packages(self, name="dist"):
        out = os.path.join(self.folder, name)
        code, said = self.step("packages", version(), out)
        self.assertEqual(code, 0, said)
        return out

    def test_this_tree_could_be_released(self):
        code, said = self.step("check", version())
        self.assertEqual(code, 0, said)
        code, said = self.step("notes", version())
        self.assertEqual((code, said.strip().startswith("*")), (0, True), said)

    def test_what_does_not_fit_is_named(self):
        code, said = self.step("check", "99.0.0")
        self.assertEqual((code, "CMakeLists.txt says" in said), (1, True), said)
        code, said = self.step("notes", "99.0.0")
        self.assertEqual((code, "CHANGELOG.md" in said), (1, True), said)
        for words in ([], ["check"], ["check", "v1"], ["packages", "1.0.0"], ["nothing", "1.0.0"]):
            self.assertEqual(self.step(*words)[0], 2, words)

    def test_the_template_repository(self):
        archive = os.path.join(self.packages(), f"spark-job-repo-{version()}.tar.gz")
        with tarfile.open(archive) as packed:
            self.assertEqual([one.name for one in packed if not (one.isfile() or one.isdir())], [])
            self.assertEqual([one.name for one in packed if "cache" in one.name], [])
            packed.extractall(self.folder, filter="data") if hasattr(tarfile, "data_filter") else packed.extractall(
                self.folder
            )
        repo = os.path.join(self.folder, "spark-job-repo")
        for environment in ("dev", "staging", "prod"):
            words = ["helm", "template", "my-job", "charts/spark-job", "--values", f"values/{environment}.yaml"]
            outputs = {
                toolbox.run(words, [self.tools], cwd=where, HOME=self.folder) for where in (repo, toolbox.TEMPLATE)
            }
            self.assertEqual(len(outputs), 1)
            code, said = outputs.pop()
            self.assertEqual((code, "SparkApplication" in said), (0, True), said)
        for script in ("cicd/lint-python.sh", "operations/backup.sh", "operations/disaster-recovery.sh"):
            self.assertEqual(toolbox.run([f"scripts/{script}", "--help"], cwd=repo)[0], 0)

    def test_charts_rules_dashboards(self):
        out = self.packages()
        for chart in ("spark-exporter", "spark-job"):
            path = os.path.join(out, f"{chart}-{version()}.tgz")
            code, said = toolbox.run(["helm", "lint", "--strict", path], [self.tools], HOME=self.folder)
            self.assertEqual(code, 0, said)
        with tarfile.open(os.path.join(out, f"rules-and-dashboards-{version()}.tar.gz")) as packed:
            names = packed.getnames()
        self.assertIn("rules/contract.yaml", names)
        self.assertTrue(any(re.match(r"dashboards/.*\.json", name) for name in names), names)

    def test_archives_of_one_commit_are_the_same(self):
        first, second = self.packages("a"), self.packages("b")
        for name in os.listdir(first):
            if name.endswith(".tar.gz"):
                with open(os.path.join(first, name), "rb") as one, open(os.path.join(second, name), "rb") as other:
                    self.assertEqual(one.read(), other.read(), name)

    def test_checksums(self):
        out = self.packages()
        code, said = self.step("checksums", version(), out)
        self.assertEqual(code, 0, said)
        self.assertEqual(subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=out).returncode, 0)
        with open(os.path.join(out, "SHA256SUMS"), encoding="utf-8") as sums:
            self.assertEqual(len(sums.readlines()), len(os.listdir(out)) - 1)

    @unittest.skipUnless(os.access(PROGRAM, os.X_OK), "no build/release/spark_exporter")
    def test_program_and_sbom(self):
        code, said = self.step("program", version(), self.folder)
        self.assertEqual(code, 0, said)
        made = [name for name in os.listdir(self.folder) if name.endswith(".tar.gz")]
        with tarfile.open(os.path.join(self.folder, made[0])) as packed:
            names = {os.path.basename(name) for name in packed.getnames()}
        self.assertLessEqual({"spark_exporter", "LICENSE", "CHANGELOG.md"}, names)
        with open(os.path.join(self.folder, made[0].replace(".tar.gz", ".cdx.json")), encoding="utf-8") as sbom:
            self.assertIn("libcivetweb1", sbom.read())


if __name__ == "__main__":
    try:
        Release.helm = os.path.join(team_repo.helm_folder(), "helm3")
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
    toolbox.main([Release])
