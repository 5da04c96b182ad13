#!/usr/bin/env python3
"""The scripts of the pipeline: what they say of themselves, what they refuse, and lint and scan with the real tools.
The advisories come from a server of the test's own that answers as OSV does."""

import glob
import json
import os
import shutil
import tempfile
import time
import unittest

import toolbox

SCRIPTS = sorted(glob.glob(os.path.join(toolbox.CICD, "*")) + glob.glob(os.path.join(toolbox.OPERATIONS, "*.sh")))
OWN_HELP = [path for path in SCRIPTS if not path.endswith("calculate-resources.sh")]  # the binary's words
LINT, SCAN = (os.path.join(toolbox.CICD, name) for name in ("lint-python.sh", "scan-dependencies.sh"))
WATCH = os.path.join(toolbox.CICD, "watch-run.py")
HASH = "--hash=sha256:" + "0" * 64


def without(*tools):
    """A PATH that has the system's commands but not these."""
    folder = tempfile.mkdtemp(prefix="no-tools-")
    for place in ("/usr/bin", "/bin"):
        for name in os.listdir(place):
            if name not in tools and not os.path.lexists(os.path.join(folder, name)):
                os.symlink(os.path.join(place, name), os.path.join(folder, name))
    return folder


class Words(unittest.TestCase):
    def test_help(self):
        for script in OWN_HELP:
            code, said = toolbox.run([script, "--help"])
            self.assertEqual(code, 0, f"{script}: {said}")
            self.assertIn(os.path.basename(script), said)
            self.assertIn("Exit codes:", said)
            self.assertNotIn("set -eu", said)

    def test_what_is_not_understood_is_named(self):
        for script in OWN_HELP:
            for arguments in (["--no-such-thing"], []):
                code, said = toolbox.run([script, *arguments], BACKUP_NAME="", BACKUP_LOCATION="", BACKUP_SOURCE="")
                self.assertEqual(code, 2, f"{script} {arguments}: {said}")
                self.assertRegex(said, "no-such-thing|required: --release" if arguments else "--[a-z]")

    def test_missing_tools_are_named(self):
        bare = without("ruff", "helm", "kubectl", "pip-audit")
        try:
            chart = os.path.join(toolbox.ROOT, "charts", "spark-job")
            for tool, command in (
                ("ruff", [LINT, "--dir", toolbox.CICD]),
                ("pip-audit", [SCAN, "--project-dir", "."]),
                ("helm", ["rollback.sh", "--release", "x"]),
                ("kubectl", ["run-now.sh", "--release", "x"]),
                ("helm", ["dry-run.sh", "--release", "x", "--chart", chart]),
            ):
                command[0] = os.path.join(toolbox.CICD, command[0])
                code, said = toolbox.run(command, cwd=os.path.join(toolbox.TEMPLATE, "jobs", "my-job"), PATH=bare)
                self.assertEqual(code, 127, f"{command}: {said}")
                self.assertIn(f"no {tool} on the PATH", said)
        finally:
            shutil.rmtree(bare)

    @unittest.skipUnless(shutil.which("shellcheck"), "no shellcheck")
    def test_shellcheck(self):
        shells = [path for path in SCRIPTS if path.endswith(".sh")] + glob.glob(os.path.join(toolbox.BACKUP, "*.sh"))
        code, said = toolbox.run(["shellcheck", "-x", *shells])
        self.assertEqual(code, 0, said)


class Lint(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lint-")
        self.addCleanup(shutil.rmtree, self.folder)

    def lint(self, text, *more):
        with open(os.path.join(self.folder, "job.py"), "w", encoding="utf-8") as out:
            out.write(text)
        return toolbox.run([LINT, "--dir", self.folder, *more], [toolbox.tools()], RUFF_NO_CACHE="true")

    def test_the_template_is_clean(self):
        for folder in ("jobs/my-job", "tests"):
            code, said = toolbox.run(
                [LINT, "--dir", folder], [toolbox.tools()], cwd=toolbox.TEMPLATE, RUFF_NO_CACHE="true"
            )
            self.assertEqual(code, 0, said)

    def test_findings_fail(self):
        self.assertEqual(self.lint('print("good")\n')[0], 0)
        code, said = self.lint("import os\n")
        self.assertEqual((code, "F401" in said), (1, True), said)
        code, said = self.lint("x=1\n")
        self.assertEqual((code, "x = 1" in said), (1, True), said)
        self.assertEqual(self.lint("def broken(:\n")[0], 1)

    def test_fix(self):
        code, said = self.lint("import os\nx=1\n", "--fix")
        self.assertEqual(code, 0, said)
        with open(os.path.join(self.folder, "job.py"), encoding="utf-8") as fixed:
            self.assertEqual(fixed.read(), "x = 1\n")

    def test_a_folder_without_code_is_no_clean_one(self):
        code, said = toolbox.run([LINT, "--dir", self.folder], [toolbox.tools()])
        self.assertEqual((code, "no Python file" in said), (2, True), said)


class Scan(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="scan-")
        self.addCleanup(shutil.rmtree, self.folder)

    def scan(self, requirements, answer, *more):
        """(exit code, output); `answer`: what OSV says of a package, or a whole (status, text)."""

        def osv(_, body):
            told = answer(json.loads(body)["package"]["name"])
            return told if isinstance(told, tuple) else (200, json.dumps(told))

        with open(os.path.join(self.folder, "requirements.txt"), "w", encoding="utf-8") as out:
            out.write("".join(f"{line} {HASH}\n" for line in requirements))
        with toolbox.server(osv) as url:
            return self.scan_at(url, *more)

    def scan_at(self, url, *more):
        # No answer of another test may be remembered.
        return toolbox.run(
            [SCAN, "--project-dir", self.folder, *more],
            [toolbox.tools()],
            PIP_AUDIT_OSV_URL=url,
            PIP_AUDIT_VULNERABILITY_SERVICE="osv",
            XDG_CACHE_HOME=os.path.join(self.folder, "cache"),
        )

    @staticmethod
    def planted(name):
        if name != "requests":
            return {}
        events = [{"introduced": "0"}, {"fixed": "2.20.0"}]
        return {
            "vulns": [
                {
                    "schema_version": "1.6.0",
                    "id": "PYSEC-2018-28",
                    "summary": "sends a password on",
                    "modified": "2024-01-01T00:00:00Z",
                    "affected": [
                        {
                            "package": {"name": "requests", "ecosystem": "PyPI"},
                            "ranges": [{"type": "ECOSYSTEM", "events": events}],
                        }
                    ],
                }
            ]
        }

    def test_clean(self):
        code, said = self.scan(["requests==2.19.0", "idna==2.7"], lambda name: {})
        self.assertEqual((code, "2 of 2 packages scanned, 0 vulnerable" in said), (0, True), said)

    def test_vulnerable(self):
        code, said = self.scan(["requests==2.19.0", "idna==2.7"], self.planted)
        self.assertEqual(code, 1, said)
        self.assertIn("vulnerable: requests 2.19.0: PYSEC-2018-28 (fixed in 2.20.0)", said)

    def test_ignored_by_name(self):
        code, said = self.scan(["requests==2.19.0"], self.planted, "--ignore", "PYSEC-2018-28")
        self.assertEqual(code, 0, said)

    def test_advisories_out_of_reach_are_no_clean_bill(self):
        with open(os.path.join(self.folder, "requirements.txt"), "w", encoding="utf-8") as out:
            out.write(f"requests==2.19.0 {HASH}\n")
        code, said = self.scan_at("http://127.0.0.1:9/v1/query")
        self.assertEqual((code, "NOT SCANNED" in said, "0 of 0 packages scanned" in said), (3, True, True), said)

    def test_answers_that_are_none(self):
        for answer in ((500, "{}"), (200, "<html>"), (200, '{"vulns": [')):
            code, said = self.scan(["requests==2.19.0"], lambda name: answer)
            self.assertEqual((code, "NOT SCANNED" in said), (3, True), said)

    def test_a_package_that_cannot_be_looked_up_fails(self):
        code, said = self.scan(["requests==2.19.0", "idna>=2"], lambda name: {})
        self.assertEqual((code, "NOT SCANNED" in said), (3, True), said)

    def test_nothing_to_scan(self):
        code, said = self.scan_at("http://127.0.0.1:9/")
        self.assertEqual((code, "nothing to scan" in said), (2, True), said)


class Watch(unittest.TestCase):
    SINCE = 1795737600.0  # 2026-11-27T00:00:00Z

    def watch(self, reports, *more, status=200):
        """Each question is answered by the next report, the last one for ever."""
        waiting = list(reports)

        def observer(request, _):
            self.assertTrue(request.path.startswith("/report"), request.path)
            runs = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return status, json.dumps(runs if isinstance(runs, dict) else {"runs": runs})

        bare = without("kubectl")
        self.addCleanup(shutil.rmtree, bare)
        with toolbox.server(observer) as url:
            return toolbox.run(
                [
                    WATCH,
                    "--release",
                    "my-job",
                    "--namespace",
                    "spark",
                    "--since",
                    "2026-11-27T00:00:00Z",
                    "--exporter-url",
                    url,
                    "--every",
                    "0.05s",
                    *more,
                ],
                PATH=bare,
            )

    def run_of(self, state, at=60, **more):
        return {
            "namespace": "spark",
            "app": "my-job",
            "app_id": "spark-1",
            "state": state,
            "driver_pod": "my-job-driver",
            "submitted": self.SINCE + at,
            "started": self.SINCE + at + 4,
            **more,
        }

    def test_success(self):
        old = self.run_of("failed", -60)
        code, said = self.watch(
            [
                [old],
                [old, self.run_of("pending")],
                [old, self.run_of("running")],
                [old, self.run_of("succeeded", ended=self.SINCE + 90)],
            ]
        )
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"(?s)no run yet.*pending.*running.*succeeded.*duration: 26 s")

    def test_failure_says_why(self):
        code, said = self.watch(
            [[self.run_of("running")], [self.run_of("failed", reason="DriverOOMKilled", evidence="exit code 137")]]
        )
        self.assertEqual(code, 1, said)
        self.assertIn("reason: DriverOOMKilled", said)

    def test_a_retry_to_come_is_waited_for(self):
        code, said = self.watch([[self.run_of("retrying", attempt=1)], [self.run_of("succeeded", attempt=2)]])
        self.assertEqual((code, "retrying" in said), (0, True), said)

    def test_others_do_not_count(self):
        others = [
            self.run_of("succeeded", namespace="elsewhere"),
            self.run_of("succeeded", app="my-job-2"),
            self.run_of("succeeded", -3600),
        ]
        code, said = self.watch([others], "--start-timeout", "0.3s")
        self.assertEqual((code, "no run began" in said), (3, True), said)

    def test_no_outcome_in_time(self):
        code, said = self.watch([[self.run_of("running")]], "--timeout", "0.3s")
        self.assertEqual((code, "no outcome within" in said), (3, True), said)

    def test_running_is_enough_for_jobs_without_an_end(self):
        self.assertEqual(self.watch([[self.run_of("running")]], "--until", "running")[0], 0)

    def test_unknown_is_no_success(self):
        self.assertEqual(self.watch([[self.run_of("unknown")]])[0], 3)
        self.assertEqual(self.watch([[self.run_of("cancelled")]])[0], 1)

    def test_a_sidecar_is_no_observer(self):
        code, said = self.watch([{"outcome": {}}])
        self.assertEqual((code, "no observer" in said), (2, True), said)

    def test_out_of_reach(self):
        begin = time.monotonic()
        code, said = toolbox.run(
            [WATCH, "--release", "x", "--since", "0", "--exporter-url", "http://127.0.0.1:9", "--every", "0.05s"]
        )
        self.assertEqual((code, "asking again" in said), (2, True), said)
        self.assertLess(time.monotonic() - begin, 60)


if __name__ == "__main__":
    toolbox.main([Words, Lint, Scan, Watch])
