#!/usr/bin/env python3
"""The scripts that the chart's CronJobs run, on folders of this machine: what is backed up comes back byte by byte,
what is damaged is found, and each way to end is reported to an observer (here a server that only listens) and left
as the pod's termination message. test_recovery.py does the same in S3 and with a real observer."""

import hashlib
import json
import os
import shutil
import tempfile
import unittest

import toolbox

BACKUP, RESTORE = (os.path.join(toolbox.BACKUP, name) for name in ("backup.sh", "disaster-recovery.sh"))
NAMES = (
    "day=2026-11-26/part-00000 a.parquet",
    "day=2026-11-26/_SUCCESS",
    "day=2026-11-27/part-00000.parquet",
    "ü'\"$x",
)


class Case(unittest.TestCase):
    shell = "sh"

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="backup-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.source, self.location = self.at("data"), self.at("backups")
        for number, name in enumerate(NAMES):
            path = os.path.join(self.source, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                out.write(hashlib.sha512(name.encode()).digest() * number * 500)
        os.utime(os.path.join(self.source, NAMES[2]), (1795745000, 1795745000))
        for name in (NAMES[0], NAMES[1], NAMES[3]):
            os.utime(os.path.join(self.source, name), (1795740000, 1795740000))
        self.reports, self.message = [], self.at("termination-log")
        with open(self.message, "w"):
            pass

    def at(self, *names):
        return os.path.join(self.folder, *names)

    def hear(self, request, body):
        self.reports.append((request.path, request.headers.get("Authorization"), json.loads(body)))
        return 200, "{}"

    def call(self, script, *arguments, **more):
        with open(self.at("token"), "w") as out:
            out.write("secret-token")
        with toolbox.server(self.hear) as url:
            return toolbox.run(
                [self.shell, script, *arguments],
                BACKUP_NAME="sales",
                BACKUP_SOURCE=self.source,
                BACKUP_LOCATION=self.location,
                BACKUP_NAMESPACE="etl",
                OBSERVER_URL=url,
                OBSERVER_TOKEN_FILE=self.at("token"),
                TERMINATION_LOG=self.message,
                **more,
            )

    def backup(self, *arguments, **more):
        return self.call(BACKUP, *arguments, **more)

    def restore(self, *arguments, date="latest", **more):
        return self.call(
            RESTORE,
            "--backup-date",
            date,
            "--target-namespace",
            "recovery",
            "--to",
            self.at("restored", "{namespace}"),
            *arguments,
            **more,
        )

    def made(self):
        """The folder of the only backup."""
        (stamp,) = os.listdir(os.path.join(self.location, "sales"))
        return os.path.join(self.location, "sales", stamp)

    def last(self):
        path, authorization, report = self.reports[-1]
        self.assertEqual((path, authorization), ("/api/v1/backups", "Bearer secret-token"))
        with open(self.message, encoding="utf-8") as message:
            self.assertEqual(json.load(message), report)
        return report

    def contents(self, folder):
        found = {}
        for place, _, files in os.walk(folder):
            for name in files:
                with open(os.path.join(place, name), "rb") as source:
                    found[os.path.relpath(os.path.join(place, name), folder)] = source.read()
        return found

    # --- good ones ------------------------------------------------------------------------------

    def test_what_is_backed_up_comes_back(self):
        code, said = self.backup()
        self.assertEqual((code, "secret-token" in said), (0, False), said)
        report = self.last()
        size = sum(map(len, self.contents(self.source).values()))
        self.assertEqual(
            {key: report[key] for key in ("backup", "namespace", "success", "size_bytes", "data_timestamp")},
            {"backup": "sales", "namespace": "etl", "success": True, "size_bytes": size, "data_timestamp": 1795745000},
        )
        self.assertLessEqual(report["started"], report["ended"])
        code, said = self.restore("--verify")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.contents(self.at("restored", "recovery")), self.contents(self.source))
        report = self.last()
        self.assertEqual(
            (report["kind"], report["backup"], report["namespace"], report["success"]),
            ("restore", "sales", "etl", True),
        )
        self.assertGreaterEqual(report["restore_seconds"], 0)

    def test_without_verify_nothing_is_claimed(self):
        self.backup()
        self.reports.clear()
        code, said = self.restore()
        self.assertEqual((code, "verified" in said, self.reports), (0, False, []), said)

    def test_an_observer_that_is_away_fails_no_backup(self):
        code, said = toolbox.run(
            [self.shell, BACKUP],
            BACKUP_NAME="sales",
            BACKUP_SOURCE=self.source,
            BACKUP_LOCATION=self.location,
            OBSERVER_URL="http://127.0.0.1:9",
        )
        self.assertEqual((code, "did not take the report" in said), (0, True), said)

    def test_dates(self):
        self.backup()
        first = self.made()
        for stamp in ("2026-11-20T010000Z", "2026-11-20T230000Z", "2026-11-21T010000Z"):
            shutil.copytree(first, os.path.join(os.path.dirname(first), stamp))
        os.remove(os.path.join(os.path.dirname(first), "2026-11-21T010000Z", "MANIFEST.sha256"))
        code, said = self.call(RESTORE, "--list")
        self.assertEqual(
            (code, said.split()), (0, ["2026-11-20T010000Z", "2026-11-20T230000Z", os.path.basename(first)]), said
        )
        code, said = self.restore(date="2026-11-20")
        self.assertEqual((code, "of 2026-11-20T230000Z" in said), (0, True), said)
        code, said = self.restore(date="2026-11-21")  # there, but not complete
        self.assertEqual(
            (code, "no complete backup 2026-11-21" in said, "2026-11-20T010000Z" in said), (1, True, True), said
        )

    def test_old_ones_go(self):
        self.backup()
        first = self.made()
        for stamp in ("2026-11-20T010000Z", "2026-11-21T010000Z"):
            os.rename(shutil.copytree(first, first + "-copy"), os.path.join(os.path.dirname(first), stamp))
        os.rename(first, os.path.join(os.path.dirname(first), "2026-11-22T010000Z"))
        os.remove(os.path.join(os.path.dirname(first), "2026-11-22T010000Z", "MANIFEST.sha256"))
        os.mkdir(os.path.join(os.path.dirname(first), "notes"))  # somebody's, not ours
        code, said = self.backup("--keep", "2")
        self.assertEqual(code, 0, said)
        kept = sorted(os.listdir(os.path.dirname(first)))
        self.assertEqual(
            len(kept), 4, kept
        )  # the new one, the broken-off one that is newer than the last kept, 21st, notes
        self.assertEqual([name for name in kept if name < "2026-11-22"], ["2026-11-21T010000Z"])
        self.assertIn("notes", kept)

    # --- bad ones -------------------------------------------------------------------------------

    def damaged(self, damage):
        self.assertEqual(self.backup()[0], 0)
        damage(self.made())
        code, said = self.restore("--verify")
        self.assertEqual(code, 1, said)
        report = self.last()
        self.assertEqual((report["kind"], report["success"]), ("restore", False))
        shutil.rmtree(self.location)
        shutil.rmtree(self.at("restored"), ignore_errors=True)
        return said

    def test_damage_is_found(self):
        def flip(made):
            with open(os.path.join(made, "data", NAMES[2]), "r+b") as file:
                file.seek(1000)
                byte = file.read(1)
                file.seek(1000)
                file.write(bytes([byte[0] ^ 1]))

        self.assertIn(NAMES[2], self.damaged(flip))
        self.assertIn(NAMES[0], self.damaged(lambda made: os.truncate(os.path.join(made, "data", NAMES[0]), 10)))
        self.assertIn("_SUCCESS", self.damaged(lambda made: os.remove(os.path.join(made, "data", NAMES[1]))))

        def add(made):
            with open(os.path.join(made, "data", "stranger"), "w") as out:
                out.write("x")

        self.assertIn("stranger", self.damaged(add))

    def test_a_manifest_that_was_changed_is_found(self):
        def forget(made):  # a file and its line
            path = os.path.join(made, "MANIFEST.sha256")
            with open(path, encoding="utf-8") as source:
                lines = [line for line in source if NAMES[2] not in line]
            with open(path, "w", encoding="utf-8") as out:
                out.writelines(lines)
            os.remove(os.path.join(made, "data", NAMES[2]))

        self.assertIn("manifest", self.damaged(forget))
        self.assertIn("manifest", self.damaged(lambda made: os.truncate(os.path.join(made, "MANIFEST.sha256"), 200)))
        self.assertIn("manifest", self.damaged(lambda made: os.truncate(os.path.join(made, "MANIFEST.sha256"), 0)))

    def test_sources_that_are_none(self):
        for source in (self.at("nowhere"), self.at("empty")):
            os.makedirs(self.at("empty"), exist_ok=True)
            code, said = self.backup("--source", source)
            self.assertEqual((code, self.last()["success"]), (1, False), said)
            self.assertFalse(os.path.exists(self.location), said)

    def test_a_name_that_no_manifest_can_hold(self):
        with open(os.path.join(self.source, "two\nlines"), "w"):
            pass
        code, said = self.backup()
        self.assertEqual((code, "line break" in said, self.last()["success"]), (1, True, False), said)

    def test_what_is_there_is_not_overwritten(self):
        self.backup()
        os.makedirs(self.at("restored", "recovery"))
        with open(self.at("restored", "recovery", "precious"), "w") as out:
            out.write("mine")
        code, said = self.restore()
        self.assertEqual((code, "files in" in said), (1, True), said)
        self.assertEqual(list(self.contents(self.at("restored"))), ["recovery/precious"])
        self.assertEqual(self.restore("--overwrite")[0], 0)

    def test_a_disk_that_is_full(self):
        """A limit on the size of a file stands for it."""
        code, said = toolbox.run(
            ["bash", "-c", 'ulimit -f 8; exec "$@"', "-", self.shell, BACKUP],
            BACKUP_NAME="sales",
            BACKUP_SOURCE=self.source,
            BACKUP_LOCATION=self.location,
            TERMINATION_LOG=self.message,
        )
        self.assertNotEqual(code, 0, said)
        self.assertEqual(self.call(RESTORE, "--list")[1].split(), [], "what was broken off is no backup")

    def test_what_is_not_understood(self):
        for arguments, named in (
            (["--keep", "many"], "--keep"),
            (["--name", "a/b"], "--name"),
            (["--source", "x"], "no place"),
            (["--source"], "--source"),
        ):
            code, said = self.backup(*arguments)
            self.assertEqual((code, named in said), (2, True), said)
        for date in ("yesterday", "2026-1-1", "2026-11-27T06"):
            code, said = self.restore(date=date)
            self.assertEqual((code, "--backup-date" in said), (2, True), said)


class Bash(Case):
    """As the shell of an image whose sh is bash."""

    shell = "bash"

    def setUp(self):
        if self._testMethodName not in (
            "test_what_is_backed_up_comes_back",
            "test_damage_is_found",
            "test_old_ones_go",
        ):
            self.skipTest("sh is enough")
        super().setUp()


if __name__ == "__main__":
    unittest.main(verbosity=1)
