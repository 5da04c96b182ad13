"""A Spark driver's REST API with as many executors as wanted, made from the recorded answers of a real one, for
measuring the exporter with many series. Prints its port, serves until it is ended.

  python3 bench/fake_driver.py EXECUTORS [busy]    busy: each list of executors has new counts of tasks"""
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORDING = os.path.join(ROOT, "tests", "fixtures", "spark-3.5.9", "gc", "running")


def recorded(name):
    with open(os.path.join(RECORDING, name), encoding="utf-8") as file:
        return json.load(file)


def executors(count):
    rows = recorded("applications-APP-executors.json")
    driver = [row for row in rows if row["id"] == "driver"]
    workers = [row for row in rows if row["id"] != "driver"]
    return driver + [dict(workers[number % len(workers)], id=str(number)) for number in range(count)]


def answers(count):
    application = recorded("applications.json")
    prefix = "/api/v1/applications/" + application[0]["id"]
    rows = executors(count)
    bodies = {"/api/v1/applications": application, prefix + "/executors": rows, prefix + "/allexecutors": rows,
              prefix + "/environment": {"sparkProperties": [["spark.app.name", "bench"]]}, "/metrics/json/": {}}
    for list_name in ("jobs", "stages", "sql", "storage/rdd"):
        bodies[f"{prefix}/{list_name}"] = []
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

    def do_GET(self):
        path = self.path.partition("?")[0]
        body = self.bodies.get(path)
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
    Handler.bodies = answers(int(sys.argv[1]))
    Handler.is_busy = sys.argv[2:] == ["busy"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


main()
