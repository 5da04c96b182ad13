"""Debian's Prometheus over a folder, and its API."""
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request


class Skip(Exception):
    """Why this cannot run here."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Api:
    """A server that runs already."""

    def __init__(self, url):
        self.url = url

    def _ask(self, path, **query):
        """The answer's data; ValueError with Prometheus' own words if it is an error."""
        body = urllib.parse.urlencode(query, doseq=True)
        try:
            if "match" in path or "values" in path:
                request = f"{self.url}/api/v1/{path}?{body}"
            else:
                request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=body.encode())
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.loads(error.read())["error"]) from None

    def query(self, expr, at):
        return self._ask("query", query=expr, time=at)["result"]

    def query_range(self, expr, start, end, step):
        start, end = start - start % step, end - end % step    # as Grafana aligns them
        return self._ask("query_range", query=expr, start=start, end=end, step=step)["result"]

    def label_values(self, label, selector, start, end):
        more = {"match[]": selector} if selector else {}
        return self._ask(f"label/{label}/values", start=start, end=end, **more)


class Prometheus(Api):
    """A server on a free loopback port; `history`: a file of OpenMetrics text that it knows from the start. A context
    manager."""

    def __init__(self, folder, scrape_configs=(), history=None, interval="1s", rules=()):
        for name in ("prometheus", "promtool"):
            if not shutil.which(name):
                raise Skip(f"no {name} (Debian: prometheus)")
        self.folder, self.port, self.process = folder, free_port(), None
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.config = os.path.join(folder, "prometheus.yml")
        with open(self.config, "w", encoding="utf-8") as out:
            json.dump({"global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": "1s"},
                       "rule_files": list(rules), "scrape_configs": list(scrape_configs)}, out)  # JSON is YAML
        self.data = os.path.join(folder, "data")
        if history:
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", history, self.data], check=True,
                           stdout=subprocess.DEVNULL)

    def __enter__(self):
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={self.data}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--storage.tsdb.retention.time=10y"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                with open(os.path.join(self.folder, "log"), errors="replace") as log:
                    raise RuntimeError("Prometheus ended:\n" + "".join(log.readlines()[-5:]))
            try:
                with urllib.request.urlopen(self.url + "/-/ready", timeout=5):
                    return self
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise RuntimeError("Prometheus does not become ready")

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
