"""An API server that never was: it lists RUNS Spark runs, each a driver's pod and ten executors', in pages, and tells
watches what changes. The pods are those of tests/e2e/spark_pods.py; no other kind has any objects. Prints its port and
serves until it is ended.

  python3 bench/fake_cluster.py RUNS

POST /change?pods=N changes N drivers' pods at once, and is answered when all watches have been told."""
import json
import os
import queue
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import spark_pods  # noqa: E402

EXECUTORS = 10
PAGE = 500


class Pods:
    """In the order of their names, each with the version of its last change."""

    def __init__(self, runs):
        self.lock = threading.Lock()
        self.version = 1000
        self.drivers, items = [], []
        for number in range(runs):
            for index in range(EXECUTORS + 1):
                pod, status = spark_pods.executor(number, index) if index else spark_pods.driver(number)
                pod["metadata"].update(uid=f"uid-{number}-{index}", creationTimestamp=spark_pods.MADE,
                                       resourceVersion=str(self.version))
                pod["status"] = status
                items.append(pod)
                if not index:
                    self.drivers.append(pod)
        items.sort(key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"]))
        self.items = [json.dumps(pod, separators=(",", ":")) for pod in items]
        self.watches = []
        self.changes = 0

    def page(self, begin, limit):
        end = min(begin + limit, len(self.items))
        metadata = {"resourceVersion": str(self.version)}
        if end < len(self.items):
            metadata.update({"continue": str(end), "remainingItemCount": len(self.items) - end})
        head = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": metadata})
        return (head[:-1] + ',"items":[' + ",".join(self.items[begin:end]) + "]}").encode()

    def change(self, count):
        """Another message in the status of `count` drivers, one after the other, around and around."""
        with self.lock:
            events = []
            for _ in range(count):
                pod = self.drivers[self.changes * 7 % len(self.drivers)]
                self.changes += 1
                self.version += 1
                pod["metadata"]["resourceVersion"] = str(self.version)
                pod["status"]["message"] = f"change {self.changes}"
                events.append(json.dumps({"type": "MODIFIED", "object": {"kind": "Pod", "apiVersion": "v1", **pod}},
                                         separators=(",", ":")).encode() + b"\n")
            told = []
            for watch in self.watches:
                told.append(threading.Event())
                watch.put((b"".join(events), told[-1]))
        for event in told:
            event.wait(60)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pods = None

    def do_GET(self):
        path, _, query = self.path.partition("?")
        given = {name: values[0] for name, values in urllib.parse.parse_qs(query).items()}
        is_pods = path.endswith("/pods")
        if given.get("watch") == "true":
            self._watch(is_pods)
        elif is_pods:
            self._answer(self.pods.page(int(given.get("continue", 0)), min(int(given.get("limit", PAGE)), PAGE)))
        else:
            self._answer(json.dumps({"kind": "List", "apiVersion": "v1", "items": [],
                                     "metadata": {"resourceVersion": "1000"}}).encode())

    def do_POST(self):
        self.pods.change(int(urllib.parse.parse_qs(self.path.partition("?")[2])["pods"][0]))
        self._answer(b"{}")

    def _answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, is_pods):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        waiting = queue.Queue()
        if is_pods:
            self.pods.watches.append(waiting)
        try:
            while True:
                try:
                    text, told = waiting.get(timeout=30)
                except queue.Empty:
                    bookmark = {"type": "BOOKMARK", "object": {
                        "kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": str(self.pods.version)}}}
                    text, told = json.dumps(bookmark).encode() + b"\n", threading.Event()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
                self.wfile.flush()
                told.set()
        except OSError:
            pass  # whoever watched is gone
        finally:
            if is_pods:
                self.pods.watches.remove(waiting)
            self.close_connection = True

    def log_message(self, *_):
        pass


def main():
    Handler.pods = Pods(int(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # who asked is gone: it was ended in the middle of an answer
    print(server.server_port, flush=True)
    server.serve_forever()


main()
