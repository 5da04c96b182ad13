"""What the demo has in place of a Kubernetes API server: one namespace of driver pods, listed and watched as the real one
lets them be, over plain HTTP on loopback. The pods' states are told by the demo, which starts and ends the drivers."""
import copy
import http.server
import json
import threading
import time
import urllib.parse

NAMESPACE = "demo"
DRIVER = "spark-kubernetes-driver"
LOG_BYTES, LOG_LINES = 2048, 80  # what terminationMessagePolicy FallbackToLogsOnError keeps


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def end_of_log(path):
    with open(path, "rb") as log:
        text = log.read()[-LOG_BYTES:].decode("utf-8", "replace")
    return "\n".join(text.splitlines()[1:][-LOG_LINES:])


class Cluster:
    def __init__(self):
        self.changed = threading.Condition()
        self.pods, self.events = {}, []  # events: (version, type, pod)
        cluster = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                url = urllib.parse.urlparse(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                if url.path != f"/api/v1/namespaces/{NAMESPACE}/pods":
                    return self.answer(404, b"404 page not found\n", "text/plain")
                if query.get("watch") == "true":
                    return self.watch(query)
                return self.answer(200, json.dumps(cluster.listed(query)).encode())

            def do_POST(self):
                """TokenReviews: the token "pod.NAME" is that pod's."""
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if urllib.parse.urlparse(self.path).path != "/apis/authentication.k8s.io/v1/tokenreviews":
                    return self.answer(404, b"404 page not found\n", "text/plain")
                return self.answer(201, json.dumps(cluster.reviewed(json.loads(body))).encode())

            def answer(self, status, body, kind="application/json"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def watch(self, query):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for event in cluster.followed(query):
                        line = json.dumps(event).encode() + b"\n"
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                        self.wfile.flush()
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # --- what is asked --------------------------------------------------------------------------

    def listed(self, query):
        with self.changed:
            items = [copy.deepcopy(pod) for pod in self.pods.values() if selected(pod, query)]
            return {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": str(len(self.events) + 1)},
                    "items": items}

    def followed(self, query):
        seen = int(query.get("resourceVersion") or 1)
        end = time.monotonic() + float(query.get("timeoutSeconds") or 300)
        while time.monotonic() < end:
            with self.changed:
                if seen > len(self.events):
                    self.changed.wait(min(1.0, max(0.0, end - time.monotonic())))
                new = self.events[seen - 1:]
            seen += len(new)
            for kind, pod in new:
                if selected(pod, query):
                    yield {"type": kind, "object": pod}

    def reviewed(self, review):
        name = review["spec"]["token"].removeprefix("pod.")
        with self.changed:
            pod = self.pods.get(name)
        status = {"authenticated": False}
        if pod:
            claims = {"pod-name": name, "pod-uid": pod["metadata"]["uid"]}
            status = {"authenticated": True, "audiences": review["spec"].get("audiences", []), "user": {
                "username": f"system:serviceaccount:{NAMESPACE}:spark",
                "extra": {f"authentication.kubernetes.io/{key}": [value] for key, value in claims.items()}}}
        return {**review, "status": status}

    # --- what is told ---------------------------------------------------------------------------

    def start_driver(self, job, app_id, spark_version, labels):
        """A driver pod that runs from now on; its name."""
        name = f"{job}-driver"
        state = {"running": {"startedAt": now()}}
        self._tell("ADDED", {
            "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "creationTimestamp": now(),
                         "labels": {"spark-role": "driver", "spark-app-selector": app_id, "spark-app-name": job,
                                    "spark-version": spark_version, "spark-exporter.io/job": job, **labels}},
            "spec": {"nodeName": "this-machine", "restartPolicy": "Never", "containers": [{"name": DRIVER}]},
            "status": {"phase": "Running", "podIP": "127.0.0.1", "startTime": now(),
                       "containerStatuses": [{"name": DRIVER, "ready": True, "state": state}]}})
        return name

    def end_driver(self, name, code, message=""):
        pod = copy.deepcopy(self.pods[name])
        status = pod["status"]["containerStatuses"][0]
        started = status["state"]["running"]["startedAt"]
        status["state"] = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed",
                                          "message": message, "startedAt": started, "finishedAt": now()}}
        status["ready"] = False
        pod["status"]["phase"] = "Failed" if code else "Succeeded"
        self._tell("MODIFIED", pod)

    def _tell(self, kind, pod):
        with self.changed:
            pod["metadata"]["resourceVersion"] = str(len(self.events) + 2)
            self.pods[pod["metadata"]["name"]] = pod
            self.events.append((kind, copy.deepcopy(pod)))
            self.changed.notify_all()


def selected(pod, query):
    """By the selectors that the exporter uses: metadata.name=NAME; label=VALUE, which all of a run's pods have; and
    spark-role in (driver,executor), which all pods here are."""
    meta = pod["metadata"]
    for term in filter(None, query.get("fieldSelector", "").split(",")):
        if term != f"metadata.name={meta['name']}":
            return False
    for term in query.get("labelSelector", "").split(","):
        key, equal, value = term.partition("=")
        if equal and meta["labels"].get(key) != value:
            return False
    return True
