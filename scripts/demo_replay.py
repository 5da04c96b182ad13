"""A driver's REST API played from a recording of a real run (tests/fixtures/spark-3.5.9/healthy) at the pace of then,
the recorded times moved so that the first instant is now. Between two recorded instants the later one's lists are cut
back to the moment: what had not begun is left out, what had not ended runs."""
import calendar
import http.server
import json
import os
import re
import threading
import time
import urllib.parse

INSTANTS = ("started", "running", "finished")
LAST_SECONDS = 10  # how long the last instant is played

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}GMT")
LISTS = {"jobs": "jobs", "stages": "stages", "sql": "sql-details-false-planDescription-false"}
KEYS = {"jobs": "jobId", "stages": "stageId", "sql": "id"}
# What counts work in a job, a stage or an executor: 0 while that is not over.
COUNTS = re.compile(r"num(Complete|Completed|Failed|Killed|Skipped)(Tasks|Stages|Indices)|"
                    r"(input|output|shuffle\w*)(Bytes|Records)|(memory|disk)BytesSpilled|"
                    r"executor(Run|Cpu)Time|jvmGcTime|(completed|failed|total|active)Tasks|"
                    r"total(Duration|GCTime|InputBytes|Shuffle\w+)|memoryUsed")


def seconds_of(text):
    """Epoch seconds of Spark's time text."""
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + int(text[20:23]) / 1000


class Recording:
    def __init__(self, folder):
        self.folder = folder
        attempts = {name: self._read(name, "applications.json")[0]["attempts"][0] for name in INSTANTS}
        # Spark's `duration` of a live application is now - start, hence the instant within the run.
        self.ages = {name: attempt["duration"] / 1000 for name, attempt in attempts.items()}
        self.recorded_start = attempts["started"]["startTimeEpoch"] / 1000
        self.begin = time.time() - self.ages["started"]
        self.seconds = self.ages["finished"] - self.ages["started"] + LAST_SECONDS

    def _read(self, instant, name):
        path = os.path.join(self.folder, instant, name)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as source:
            return json.load(source)

    def _load(self, name):
        """The answer at the recorded moment `now`, not moved yet."""
        age = time.time() - self.begin
        here = [instant for instant in INSTANTS if age >= self.ages[instant]][-1]
        following = INSTANTS[min(INSTANTS.index(here) + 1, len(INSTANTS) - 1)]
        if here != following and name.startswith("applications-APP-") and name.endswith(
                ("-jobs.json", "-stages.json", "-sql-details-false-planDescription-false.json", "executors.json")):
            now = self.recorded_start + age
            known = {row["id"]: row for row in self._read(here, name) if "addTime" in row}  # executors then
            return [known.get(row.get("id")) or cut_back(row, now)
                    for row in self._read(following, name) if has_begun(row, now)]
        return self._read(here, name) or self._read("finished", name)

    def answer(self, target):
        """The JSON text for a request's target, or None."""
        url = urllib.parse.urlparse(target)
        found = self._find(url.path.strip("/").split("/"), dict(urllib.parse.parse_qsl(url.query)))
        return None if found is None else self._move(json.dumps(found))

    def _find(self, parts, query):
        if parts == ["metrics", "json"]:
            return self._load("metrics-json.json")
        if parts[:2] != ["api", "v1"] or len(parts) < 3:
            return None
        if len(parts) == 3:
            return self._load(parts[2] + ".json")  # version, applications
        what = parts[4:]
        if what and what[0] in LISTS:
            return self._select(what, query)
        return self._load("-".join(["applications-APP", *what]) + ".json")

    def _select(self, what, query):
        rows = self._load(f"applications-APP-{LISTS[what[0]]}.json")
        if len(what) > 2 or rows is None:
            return None  # one attempt, a task summary: as if Spark had forgotten it
        if len(what) == 2:
            rows = [row for row in rows if str(row[KEYS[what[0]]]) == what[1]]
            return (rows if what[0] == "stages" else rows[0]) if rows else None
        if "status" in query:
            rows = [row for row in rows if row["status"].lower() == query["status"].lower()]
        if what[0] == "sql":
            first = int(query.get("offset", 0))
            rows = rows[first:first + int(query.get("length", 20))]
        return rows

    def _move(self, text):
        shift = self.begin - self.recorded_start

        def moved(match):
            if match.group().startswith("1969"):  # Spark's "not yet"
                return match.group()
            at = seconds_of(match.group()) + shift
            return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}GMT"

        def moved_epoch(match):
            return match.group(1) + str(int(int(match.group(2)) + shift * 1000))
        return re.sub(r'("\w+Epoch": )(\d{10,})', moved_epoch, TIME.sub(moved, text))


def has_begun(row, now):
    begin = row.get("submissionTime") or row.get("addTime")
    return begin is not None and seconds_of(begin) <= now


def cut_back(row, now):
    """A job, stage, SQL execution or executor of a later answer as it may have looked at the moment `now`."""
    if "jobId" in row or "stageId" in row:
        if "completionTime" in row and seconds_of(row["completionTime"]) <= now:
            return row
        row = {key: 0 if COUNTS.fullmatch(key) else value for key, value in row.items() if key != "completionTime"}
        return {**row, "status": "RUNNING" if "jobId" in row else "ACTIVE", "numActiveTasks": min(row["numTasks"], 2)}
    if "addTime" in row:
        return {key: 0 if COUNTS.fullmatch(key) else value for key, value in row.items() if key != "peakMemoryMetrics"}
    if seconds_of(row["submissionTime"]) + row["duration"] / 1000 <= now:
        return row
    return {**row, "status": "RUNNING", "runningJobIds": row["successJobIds"], "successJobIds": []}


class Driver:
    """Serves the recording on a loopback port until closed."""

    def __init__(self, folder):
        recording = Recording(folder)
        self.seconds = recording.seconds

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                found = recording.answer(self.path)
                body = (found or "not in the recording").encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json" if found else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
