"""Secrets planted where they slip out in practice: in Spark's configuration, descriptions, SQL texts and exceptions; in
the passwords and tokens that the exporter itself is given; in answers of a server that sends back what it was sent. None
of them may be found in what the exporter serves, logs, leaves behind or says at its end.
    test_secrets.py VERSION"""
import base64
import crypt
import http.client
import http.server
import json
import os
import subprocess
import tempfile
import threading

import compare
import lab

PATHS = ("/metrics", "/report?format=json", "/report?format=html", "/report?format=text", "/", "/runbooks/SparkJobFailed",
         "/-/healthy", "/-/ready", "/nowhere")


def planted(name):
    """Distinct, and like nothing else; long enough to be no accident."""
    return f"planted0{name}0{os.urandom(6).hex()}"


class Echo(http.server.BaseHTTPRequestHandler):
    """An API server that refuses, and sends back what it was sent."""

    def do_GET(self):
        self.server.asked.append(dict(self.headers))
        body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden",
                           "message": "refused: " + "; ".join(f"{k}: {v}" for k, v in self.headers.items())}).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Server:
    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.server.asked = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def ask(exporter, path, password=None):
    """The whole answer: status, head and body."""
    connection = http.client.HTTPConnection(*exporter.address, timeout=20)
    head = {"Accept": "text/html"} if "html" in path else {}
    if password:
        head["Authorization"] = "Basic " + base64.b64encode(f"prometheus:{password}".encode()).decode()
    connection.request("GET", path, headers=head)
    answer = connection.getresponse()
    text = f"{answer.status} {answer.getheaders()} {answer.read().decode('utf-8', 'replace')}"
    connection.close()
    return text


def command(*words):
    done = subprocess.run([lab.binary(), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=60)
    return done.stdout


def test(version):
    check = compare.Check(f"planted secrets, Spark {version}")
    in_texts = {name: planted(name) for name in ("description", "group", "sql", "url", "header")}
    in_conf = {"conf": planted("conf")}
    ours = {name: planted(name) for name in ("password", "token", "badfile", "flag")}
    shown = {}  # where -> text
    with tempfile.TemporaryDirectory() as folder, Server() as echo:
        hashed = crypt.crypt(ours["password"], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 4))
        ours["hash"] = hashed
        token = write(folder, "token", ours["token"])
        state, message = os.path.join(folder, "state"), write(folder, "termination", "")
        web = write(folder, "web.yml", json.dumps({"basic_auth_users": {"prometheus": hashed}}))
        conf = {"spark.hadoop.fs.s3a.secret.key": in_conf["conf"]}
        with lab.Spark(version, "secrets", lab.LOCAL, conf=conf, arguments=list(in_texts.values())) as spark:
            spark.reach("started")
            spark.go()
            with lab.Exporter(spark.url, f"--web.config.file={web}", f"--state.file={state}", "--log.level=debug",
                              f"--outcome.termination-log={message}", "--kubernetes=auto", "--kubernetes.pod=driver",
                              "--kubernetes.namespace=spark", f"--kubernetes.api-server={echo.url}",
                              f"--kubernetes.token-file={token}", f"--observer.url={echo.url}",
                              f"--push.gateway-url={echo.url}", f"--cost.prices={lab.PRICES}",
                              "--outcome.linger-failure=1s") as exporter:
                spark.reach("ran")
                told = json.dumps([spark.rest("/api/v1/applications"), spark.rest(
                    f"/api/v1/applications/{spark.rest('/api/v1/applications')[0]['id']}/jobs")])
                spark.go()

                def scraped(path="/metrics"):
                    return ask(exporter, path, ours["password"])
                # The driver stays up until its Python has told the exception, then goes.
                lab.wait_until("the group of jobs", lambda: "spark_job_cost_group_total{" in scraped(), 60)
                for path in PATHS:
                    shown[f"GET {path}"] = scraped(path)
                    shown[f"GET {path} without the password"] = ask(exporter, path)
                    shown[f"GET {path} with a wrong one"] = ask(exporter, path, ours["flag"])
                spark.wait()
                lab.wait_until("the API server asked", lambda: echo.server.asked, 60)
                lab.wait_until("a failed job counted", lambda: 'spark_app_jobs_total' in scraped(), 60)
                shown["GET /metrics at the end"] = scraped()
                shown["GET /report at the end"] = scraped("/report?format=text")
                exporter.process.terminate()
                exporter.process.wait(30)
                exporter.reader.join(10)
                shown["log"] = "\n".join(exporter.lines)
            with open(spark.log, errors="replace") as log:
                told += log.read()
        for name in sorted(os.listdir(folder)):
            if name not in ("token", "web.yml"):
                with open(os.path.join(folder, name), errors="replace") as left:
                    shown[f"file {name}"] = left.read()
        bad = write(folder, "bad.yml", f"basic_auth_users:\n  prometheus: {ours['badfile']}\n  password: [\n")
        shown["a bad web configuration"] = command("--config.check", f"--web.config.file={bad}")
        shown["a wrong hash"] = command("--config.check", "--web.config.file=" + write(
            folder, "hash.yml", f"basic_auth_users:\n  prometheus: {ours['badfile']}\n"))
        shown["a bad configuration"] = command("--config.check", "--config.file=" + write(
            folder, "config.yml", f"prices: {{password: {ours['badfile']}}}\n"))
        for flag in ("--spark.url", "--observer.url", "--push.gateway-url", "--kubernetes.api-server"):
            shown[f"{flag} with a password"] = command(f"{flag}=http://ann:{ours['flag']}@127.0.0.1:1")
        asked = json.dumps(echo.server.asked)
    for name, secret in in_texts.items():
        check.true(f"planted: {name}", secret in told)
    check.true("planted: our token was sent", ours["token"] in asked)
    check.true("something is shown of the group", "load token=***" in shown["GET /metrics"])
    check.true("and of the failure's text", "***" in shown["GET /metrics"] + shown["GET /report at the end"])
    check.at_least("places looked at", 30, len(shown))
    for name, secret in {**in_texts, **in_conf, **ours}.items():
        found = sorted(where for where, text in shown.items() if secret in text)
        check.equal(f"places that show: {name}", [], found)
    for where, text in shown.items():
        if where.startswith("a ") or "with a password" in where:
            check.true(f"{where}: an error that says something", len(text.strip()) > 20)
    check.done()


lab.main(test)
