"""A Spark driver's REST API with as many executors as wanted, made from the recorded answers of a real one, for
measuring the exporter with many series. Prints its port, serves until it is ended.

  python3 bench/fake_driver.py EXECUTORS [busy] [STAGES]

busy: each list of executors has new counts of tasks. STAGES: so many jobs of one stage each are over. GET /bench/polls
says how many lists of live executors were asked for."""
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORDINGS = os.path.join(ROOT, "tests", "fixtures", "spark-3.5.9")


def recorded(name, run="gc/running"):
    with open(os.path.join(RECORDINGS, run, name), encoding="utf-8") as file:
        return json.load(file)


def executors(count):
    rows = recorded("applications-APP-executors.json")
    driver = [row for row in rows if row["id"] == "driver"]
    workers = [row for row in rows if row["id"] != "driver"]
    return driver + [dict(workers[number % len(workers)], id=str(number)) for number in range(count)]


def history(prefix, count):
    """Bodies of `count` jobs of one stage each, all over, the newest first as Spark lists them; each also by itself."""
    job = recorded("applications-APP-jobs.json", "healthy/finished")[0]
    stage = recorded("applications-APP-stages.json", "healthy/finished")[0]
    jobs = [dict(job, jobId=number, stageIds=[number]) for number in reversed(range(count))]
    stages = [dict(stage, stageId=number) for number in reversed(range(count))]
    return {f"{prefix}/jobs": jobs, f"{prefix}/stages": stages,
            **{f"{prefix}/jobs/{row['jobId']}": row for row in jobs},
            **{f"{prefix}/stages/{row['stageId']}": [row] for row in stages}}


def answers(count, stages):
    application = recorded("applications.json")
    prefix = "/api/v1/applications/" + application[0]["id"]
    rows = executors(count)
    bodies = {"/api/v1/applications": application, prefix + "/executors": rows, prefix + "/allexecutors": rows,
              prefix + "/environment": {"sparkProperties": [["spark.app.name", "bench"]]}, "/metrics/json/": {}}
    for list_name in ("sql", "storage/rdd"):
        bodies[f"{prefix}/{list_name}"] = []
    bodies.update(history(prefix, stages))
    return {path: json.dumps(body, indent=2).encode() for path, body in bodies.items()}


def worked_on(body):
    rows = json.loads(body)
    for row in rows:
        for key in ("completedTasks", "totalTasks", "totalDuration", "totalShuffleRead"):
            row[key] += 7
    return json.dumps(rows, indent=2).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies = {}
    is_busy = False
    polls = 0

    def do_GET(self):
        path, _, query = self.path.partition("?")
        body = b"[]" if query.startswith("status=") else self.bodies.get(path)  # of jobs and stages none runs
        if path == "/bench/polls":
            body = str(Handler.polls).encode()
        Handler.polls += path.endswith("/executors")
        if self.is_busy and path.endswith("executors"):
            body = self.bodies[path] = worked_on(body)
        status, kind = (200, "application/json") if body is not None else (404, "text/plain")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


def main():
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    Handler.bodies = answers(numbers[0], sum(numbers[1:]))
    Handler.is_busy = "busy" in sys.argv
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # who asked is gone: it was ended in the middle of an answer
    print(server.server_port, flush=True)
    server.serve_forever()


main()
