"""What the runbooks tell a person to type, typed: each command as the exporter serves it, with its values filled in, and
as it stands in the file, with its names set as shell variables; against a real API server with a kubelet over processes,
a real Spark driver and the exporter beside it. Each query, in a Prometheus that scrapes exporter and observer. Each link,
in what a browser gets."""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.error
import urllib.request

import compare
import kube_lab
import kube_pods
import lab

FOLDER = os.path.join(lab.ROOT, "docs", "operations", "runbooks")
NAMESPACE, APP, POD, BACKUP = "etl", "sales", "sales-driver", "orders"
LABELS = {"app.kubernetes.io/name": "spark-exporter"}
# Families that are not served yet, or not by these runs.
ANNOUNCED = ("data_quality_", "spark_job_baseline_cost")
BLOCK = re.compile(r"^```(\S+)(?: (\w+))?\n(.*?)^```", re.M | re.S)
METRIC = re.compile(r"\b(?:spark|jvm|data_quality|backup|process)_[a-z_]+\b(?!\s*=)")
SECONDS = 60


def blocks(text):
    """[(language, mark, content)]"""
    return [match.groups() for match in BLOCK.finditer(text)]


def fetch(url, accept="*/*"):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode("utf-8"), answer.headers["Content-Type"]


def written():
    """{page: its file's text}"""
    texts = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.md"))):
        with open(path, encoding="utf-8") as source:
            texts[os.path.basename(path)[:-3]] = source.read()
    return texts


# --- the scene -----------------------------------------------------------------------------------

def furnish(cluster, app_id):
    """One of each object that a command names."""
    api, core = cluster.api, f"/api/v1/namespaces/{NAMESPACE}"
    maker = kube_pods.Maker(cluster, kube_pods.ALONE, NAMESPACE)
    script = "echo driver started; exec sleep 3600"
    driver = cluster.create_pod(maker.pod(APP, ["/bin/sh", "-c", script], app_id=app_id, name=POD))
    executor = maker.pod(APP, ["/bin/sh", "-c", script], app_id=app_id, name="sales-exec-1")
    executor["metadata"]["labels"].update({"spark-role": "executor", "spark-exec-id": "1"})
    made = cluster.create_pod(executor)
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "x", "command": ["true"]}]}}
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template}}}
    for name, labels in ((APP, {"spark-exporter.io/job": APP}),  # as charts/spark-job makes them
                         (f"{APP}-backup", {"spark-exporter.io/backup": BACKUP}),
                         (f"{APP}-drill", {"spark-exporter.io/restore-drill": BACKUP})):
        api.create(f"/apis/batch/v1/namespaces/{NAMESPACE}/cronjobs",
                   {"metadata": {"name": name, "labels": labels}, "spec": spec})
    api.create(f"{core}/resourcequotas", {"metadata": {"name": "compute"}, "spec": {"hard": {"pods": "50"}}})
    api.create(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", {
        "metadata": {"name": "spark-exporter", "labels": LABELS}, "spec": {
            "replicas": 0, "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "x", "image": "x"}]}}}})
    cluster.application(NAMESPACE, APP, {"type": "Python"})
    for pod in (driver, made):
        cluster.pods.wait(pod, "the container", lambda seen, gone: kube_lab.is_running(seen), 60)


class Prometheus:
    """Debian's, scraping both exporters each second."""

    def __init__(self, ports):
        if not shutil.which("prometheus"):
            raise lab.Skip("no prometheus (Debian: prometheus)")
        self.folder, self.port = tempfile.mkdtemp(prefix="runbooks-"), lab.free_port()
        jobs = [{"job_name": "spark", "honor_labels": True,
                 "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}]
        with open(os.path.join(self.folder, "prometheus.yml"), "w", encoding="utf-8") as out:
            json.dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}, out)

    def __enter__(self):
        command = ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                   f"--web.listen-address=127.0.0.1:{self.port}"]
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        return self

    def __exit__(self, *_):
        lab.end_session(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def query(self, expression):
        """(error, result)"""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            return None, json.loads(fetch(url)[0])["data"]["result"]
        except urllib.error.HTTPError as error:
            return json.loads(error.read())["error"], []
        except OSError as error:
            return str(error), []


# --- the checks ----------------------------------------------------------------------------------

def run(command, environment):
    """(exit code, output)"""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
    return done.returncode, done.stdout


def commands(texts, mark):
    """The distinct lines of all shell blocks with that mark, in order."""
    lines = [line for text in texts.values() for language, found, content in blocks(text)
             if language == "sh" and found == mark for line in content.splitlines() if line.strip()]
    return list(dict.fromkeys(lines))


def type_all(check, what, lines, environment):
    outputs = {}
    for line in lines:
        code, output = run(line, environment)
        outputs[line] = output
        check.true(f"{what}: {line}" + (f"\n    ended with {code}: {output[-400:]}" if code else ""), code == 0)
    print(f"{len(lines)} commands {what}", flush=True)
    return outputs


def ask_all(check, prometheus, texts):
    queries = list(dict.fromkeys(content.strip() for text in texts.values() for language, _, content in blocks(text)
                                 if language == "promql"))
    with open(os.path.join(lab.ROOT, "docs", "metrics.md"), encoding="utf-8") as source:
        reference = source.read()
    filled = 0
    for query in queries:
        error, result = prometheus.query(query)
        check.true(f"PromQL: {query}" + (f"\n    {error}" if error else ""), error is None)
        filled += bool(result)
        for name in METRIC.findall(re.sub(r'"(?:[^"\\]|\\.)*"', '""', query)):
            check.true(f"{name} is in the reference", f"`{name}`" in reference or name.startswith(ANNOUNCED))
    print(f"{len(queries)} queries, {filled} with data", flush=True)
    # The rest is about streaming, failures, backups and what else this run has not.
    check.at_least("queries that found data", 40, filled)


def follow_links(check, base, query):
    """What a browser reaches from the index."""
    seen, waiting = set(), [f"{base}/runbooks/{query}"]
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        try:
            page, kind = fetch(url, "text/html")
        except urllib.error.HTTPError as error:
            check.equal(f"{url} answers", 200, error.code)
            continue
        if "/runbooks/" not in url:
            continue
        check.equal(f"{url} is HTML", "text/html; charset=utf-8", kind)
        for link in re.findall(r'href="([^"]*)"', page):
            target = urllib.parse.urljoin(url, link.replace("&amp;", "&"))
            target, _, anchor = target.partition("#")
            if anchor:
                check.true(f"{target}#{anchor}", f'id="{anchor}"' in fetch(target, "text/html")[0])
            if target.startswith(base):
                waiting.append(target)
    print(f"{len(seen)} pages reached by links", flush=True)
    check.true("all of them", len(seen) > len(written()))


def test(version):
    check = compare.Check("runbooks")
    with kube_lab.Cluster() as cluster, lab.Spark(version, "healthy") as spark:
        cluster.namespace(NAMESPACE)
        with lab.Exporter(spark.url, f"--job.name={APP}", f"--kubernetes.namespace={NAMESPACE}", "--kubernetes=off",
                          f"--kubernetes.pod={POD}", "--outcome.owner=observer", f"--cost.prices={lab.PRICES}") as exporter, \
                kube_lab.Observer(cluster, NAMESPACE) as observer, Prometheus([exporter.address[1], observer.port]) as prometheus:
            app_id = spark.reach("started")["app_id"]
            furnish(cluster, app_id)
            spark.go()
            spark.reach("files")
            exporter.at_rest()
            base = f"http://127.0.0.1:{exporter.address[1]}"
            asked = {"namespace": NAMESPACE, "app": APP, "app_id": app_id, "node": "proc-0", "backup": BACKUP}
            query = "?" + urllib.parse.urlencode(asked)
            texts = written()
            served = {page: fetch(f"{base}/runbooks/{page}{query}")[0] for page in texts}
            where = {**os.environ, "KUBECONFIG": cluster.kubeconfig, "EXPORTER": base, "SPARK_UI": spark.url,
                     "PATH": kubectl_folder(cluster) + ":" + os.environ["PATH"]}
            named = {**where, "NAMESPACE": NAMESPACE, "APP": APP, "APP_ID": app_id, "DRIVER_POD": POD, "NODE": "proc-0",
                     "BACKUP": BACKUP}
            for page, text in served.items():
                left = [name for language, mark, content in blocks(text) if mark != "setup" and language != "yaml"
                        for name in re.findall(r"\$\{?([A-Z_]+)", content)]
                check.equal(f"{page}: names that are left to the reader", set(), set(left) - {"EXPORTER", "SPARK_UI"})
            shown = f'count by (__name__) ({{__name__=~"spark_job_state|spark_executors",app="{APP}",app_id="{app_id}"}})'
            lab.wait_until("the run as both exporters show it", lambda: len(prometheus.query(shown)[1]) == 2, 60)
            ask_all(check, prometheus, served)
            outputs = type_all(check, "as served", commands(served, None), where)
            logs = [output for line, output in outputs.items() if f"logs {POD}" in line]
            check.true("the logs are the driver's", logs and all("driver started" in output for output in logs))
            listed = [output for line, output in outputs.items() if "spark-app-selector" in line and "-o name" in line]
            check.equal("the driver is found", ["pod/" + POD], [output.strip() for output in listed])
            type_all(check, "as written", commands(texts, None), named)
            follow_links(check, base, query)
            # In the end, since they change things: the pod is deleted last.
            changes = sorted(commands(served, "changes"), key=lambda line: "delete pod" in line)
            type_all(check, "that change things", changes, where)
            print(f"{len(commands(served, 'elsewhere'))} commands not run: they stay in the foreground", flush=True)
            spark.go()
            spark.reach("finished")
            spark.finish()
    check.done()


def kubectl_folder(cluster):
    told = cluster._kube_up("env").stdout
    found = re.search(r"PATH=[\"']?([^:\"']+)", told)
    if not found:
        raise AssertionError(f"kube-up.sh env names no PATH: {told}")
    return found.group(1)


if __name__ == "__main__":
    lab.main(test)
