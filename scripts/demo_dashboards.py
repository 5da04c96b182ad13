"""The demo's dashboards, drawn over its own Prometheus where npm and Chromium are to be had. What npm fetches (once for
each machine) comes in the background."""
import os
import shutil
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(ROOT, "tests", "dashboards"))
import pictures  # noqa: E402
from prometheus import Api, Skip  # noqa: E402

SCRAPE = 2          # seconds, as demo_alerts scrapes
PATIENCE = 150      # seconds to wait for npm at most
FOLDED = ("Streaming", "Logs", "SQL")


class Dashboards:
    def __init__(self):
        self.began, self.packages, self.lacking = time.time(), None, "the packages are not there yet"
        self.thread = threading.Thread(target=self._fetch, daemon=True)
        self.thread.start()

    def _fetch(self):
        try:
            pictures.chromium()
            self.packages = pictures.packages()
        except Skip as reason:
            self.lacking = str(reason)

    def draw(self, prometheus, namespace, app, say):
        """The job's newest run is what the run board shows."""
        self.thread.join(PATIENCE)
        if not self.packages:
            say(f"\nNo dashboards are drawn: {self.lacking}.")
            return
        target = os.path.join(ROOT, "build", "demo")
        os.makedirs(target, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for picture in (pictures.Picture("spark-jobs", "spark-jobs", {}, ()),
                            pictures.Picture("spark-job-run", "spark-job-run", {"namespace": namespace, "app": app},
                                             FOLDED),
                            pictures.Picture("spark-cost", "spark-cost", {}, ()),
                            pictures.Picture("spark-exporter", "spark-exporter", {}, ())):
                pictures.prepare(folder, picture, Api(prometheus), self.began, time.time(), SCRAPE)
            try:
                names = [one["name"] for one in pictures.draw(self.packages, folder, quiet=True)]
            except OSError as trouble:
                say(f"\nNo dashboards are drawn: {trouble}")
                return
            say("\nThe dashboards over this Prometheus, drawn with Grafana's own panels:")
            for name in names:
                shutil.copy(os.path.join(folder, name + ".png"), target)
                say(f"  {os.path.relpath(os.path.join(target, name + '.png'), ROOT)}")
