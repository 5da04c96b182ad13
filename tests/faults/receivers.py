"""Debian's Pushgateway and Alertmanager, one of each for all schedules, and the way to them through gates, which notes
what came through."""
import asyncio
import json
import os
import shutil
import subprocess
import urllib.parse

from gate import Answer
from subject import end_with_parent

CONFIG = "route: {receiver: nobody, group_by: [alertname, namespace, app]}\nreceivers: [{name: nobody}]\n"
NAMES = ("pushgateway", "alertmanager")


def missing():
    return [name for name in NAMES if not shutil.which("prometheus-" + name)]


async def ask(address, method, target, body=b"", kind=""):
    """(status, content type, body)"""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(f"{method} {target} HTTP/1.0\r\nHost: {address[0]}\r\nContent-Type: {kind}\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        raw = await reader.read(-1)
    finally:
        writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]), headers.get("content-type", ""), body


class Receivers:
    """start(folder), then stop()."""

    def __init__(self):
        self.processes, self.addresses = [], {}
        self.came = {name: [] for name in NAMES}  # (target, body) of what was answered well

    async def start(self, folder):
        with open(os.path.join(folder, "alertmanager.yml"), "w") as file:
            file.write(CONFIG)
        flags = {"pushgateway": ["--persistence.file="],
                 "alertmanager": [f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/alerts",
                                  "--cluster.listen-address="]}
        for name in NAMES:
            probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
            self.addresses[name] = probe.sockets[0].getsockname()[:2]
            probe.close()
            await probe.wait_closed()
            command = [f"prometheus-{name}", f"--web.listen-address=127.0.0.1:{self.addresses[name][1]}", *flags[name]]
            self.processes.append(subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True, preexec_fn=end_with_parent))
        for name in NAMES:
            await asyncio.wait_for(self._ready(name), 30)

    async def _ready(self, name):
        while True:
            try:
                if (await ask(self.addresses[name], "GET", "/-/ready"))[0] == 200:
                    return
            except (OSError, IndexError):
                pass
            await asyncio.sleep(0.05)

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()

    def through(self, name):
        """For a Gate."""
        async def answer(method, target, headers, body):
            status, kind, said = await ask(self.addresses[name], method, target, body, headers.get("content-type", ""))
            if 200 <= status < 300:
                self.came[name].append((target, body))
            return Answer(status, kind or "text/plain", said)
        return answer

    # --- what they hold -------------------------------------------------------------------------

    async def pushed(self, namespace, app):
        """{family: {state or "": value}} of the job's group."""
        _, _, body = await ask(self.addresses["pushgateway"], "GET", "/api/v1/metrics")
        for group in json.loads(body)["data"]:
            if (group["labels"].get("namespace"), group["labels"].get("app")) == (namespace, app):
                return {name: {m.get("labels", {}).get("state", ""): float(m["value"]) for m in family["metrics"]}
                        for name, family in group.items() if name.startswith("spark_job_")}
        return {}

    async def reasons(self, namespace, app):
        """Of the job's alerts that fire."""
        query = urllib.parse.urlencode({"active": "true", "filter": f'namespace="{namespace}"'})
        _, _, body = await ask(self.addresses["alertmanager"], "GET", "/api/v2/alerts?" + query)
        return [alert["labels"]["reason"] for alert in json.loads(body) if alert["labels"]["app"] == app]

    def pushes(self, namespace, app):
        """The bodies that reached the job's group, each once."""
        group = f"/metrics/job/spark_exporter/namespace/{namespace}/app/{app}"
        return {body for target, body in self.came["pushgateway"] if target == group}

    def alerts(self, namespace, app):
        """What was said of the job, message by message: the reasons that fire."""
        messages = [json.loads(body) for _, body in self.came["alertmanager"]]
        return [tuple(a["labels"]["reason"] for a in message if "startsAt" in a) for message in messages
                if (message[0]["labels"]["namespace"], message[0]["labels"]["app"]) == (namespace, app)]
