"""--web.config.file against the real parts: Debian's Prometheus scrapes over TLS with a password and with a client
certificate, while certificates rotate; curl; and the files, good and bad, that exporter-toolkit tests its own format
with (out of its Go module)."""
import base64
import crypt
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import urllib.parse
import urllib.request

import compare
import lab

TOOLKIT = "github.com/prometheus/exporter-toolkit@v0.14.0"
PASSWORD = "open sesame"

# Files of the toolkit's that we judge otherwise, and why.
OTHERWISE = {
    "web_config_noAuth_noHTTP2Cipher.bad.yml": "refused for the sake of HTTP/2, which is not spoken here",
    "web_config_auth_client_san.bad.yaml": "good as a file: it is the client that has no such name",
    "web_config_auth_clientCAs_missing.bad.yml": "the system's authorities are taken then, by Go as by us",
}


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-keyout", self.path("key"), "-out", self.path("crt"), "-subj", f"/CN={name}")

    def path(self, kind, name=None):
        return os.path.join(self.folder, f"{name or self.name}.{kind}")

    def _openssl(self, *words):
        done = subprocess.run(["openssl", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise lab.Died(f"openssl {words[0]}: {done.stdout[-500:]}")

    def issue(self, name, sans):
        """name.crt and name.key, each replaced at once."""
        new = f"{name}.new"
        with open(self.path("ext", new), "w", encoding="utf-8") as out:
            out.write(f"subjectAltName={sans}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                      self.path("key", new), "-out", self.path("csr", new), "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", self.path("csr", new), "-CA", self.path("crt"), "-CAkey",
                      self.path("key"), "-CAcreateserial", "-days", "2", "-extfile", self.path("ext", new), "-out",
                      self.path("crt", new))
        for kind in ("crt", "key"):
            os.rename(self.path(kind, new), self.path(kind, name))


def web_config(folder, name, **sections):
    path = os.path.join(folder, f"{name}.yml")
    with open(path, "w", encoding="utf-8") as out:
        json.dump(sections, out)  # JSON is YAML
    return path


def exporter(config):
    return lab.Exporter("http://127.0.0.1:1", f"--web.config.file={config}")


class Prometheus:
    """Scrapes each target each second."""

    def __init__(self, folder, jobs):
        self.folder, self.port = os.path.join(folder, "prometheus"), lab.free_port()
        os.makedirs(self.folder)
        config = os.path.join(self.folder, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as out:
            json.dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}, out)
        self.command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}/data",
                        f"--web.listen-address=127.0.0.1:{self.port}"]

    def __enter__(self):
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        return self

    def __exit__(self, *_):
        lab.end_session(self.process)

    def query(self, expression):
        """{job: value}"""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                result = json.load(answer)["data"]["result"]
        except OSError:
            return {}
        return {one["metric"].get("job", ""): float(one["value"][1]) for one in result}


def job(name, server, **more):
    return {"job_name": name, "scheme": "https", **more,
            "static_configs": [{"targets": [f"127.0.0.1:{server.address[1]}"]}]}


def scraped_by_prometheus(check, folder, authority, stranger):
    tls = {"cert_file": "server.crt", "key_file": "server.key"}
    hashed = crypt.crypt(PASSWORD, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 10))
    with_password = web_config(folder, "password", tls_server_config=tls, basic_auth_users={"prometheus": hashed})
    with_certificate = web_config(folder, "mutual", tls_server_config={
        **tls, "client_ca_file": "authority.crt", "client_auth_type": "RequireAndVerifyClientCert",
        "client_allowed_sans": ["prometheus.test"]})
    trust = {"ca_file": authority.path("crt"), "server_name": "exporter.test"}
    identity = {"cert_file": authority.path("crt", "client"), "key_file": authority.path("key", "client")}
    foreign = {"cert_file": stranger.path("crt", "foreign"), "key_file": stranger.path("key", "foreign")}
    other = {"cert_file": authority.path("crt", "other"), "key_file": authority.path("key", "other")}
    user = {"username": "prometheus", "password": PASSWORD}
    with exporter(with_password) as first, exporter(with_certificate) as second:
        good = {"password": job("password", first, tls_config=trust, basic_auth=user),
                "mutual": job("mutual", second, tls_config={**trust, **identity})}
        bad = {"no password": job("no password", first, tls_config=trust),
               "wrong password": job("wrong password", first, tls_config=trust,
                                     basic_auth={**user, "password": "open sesam"}),
               "unknown authority": job("unknown authority", first, basic_auth=user,
                                        tls_config={**trust, "ca_file": stranger.path("crt")}),
               "no certificate": job("no certificate", second, tls_config=trust),
               "foreign certificate": job("foreign certificate", second, tls_config={**trust, **foreign}),
               "other name": job("other name", second, tls_config={**trust, **other}),
               "plain HTTP": {**job("plain HTTP", first), "scheme": "http"}}
        with Prometheus(folder, [*good.values(), *bad.values()]) as prometheus:
            lab.wait_until("all targets scraped", lambda: len(prometheus.query("up")) == len(good) + len(bad), 60)
            lab.wait_until("the good ones up", lambda: all(
                prometheus.query("up").get(name) == 1 for name in good), 60)
            for number in range(8):
                # In two steps, as cert-manager's users do by hand: in between, certificate and key do not fit.
                authority.issue("server", "DNS:exporter.test,IP:127.0.0.1")
                before = prometheus.query("count_over_time(up[10m])").get("password", 0)
                lab.wait_until(f"scrapes after rotation {number + 1}", lambda: prometheus.query(
                    "count_over_time(up[10m])").get("password", 0) >= before + 2, 30)
            lowest = prometheus.query("min_over_time(up[10m])")
            highest = prometheus.query("max_over_time(up[10m])")
            scrapes = prometheus.query("count_over_time(up[10m])")
        for name in good:
            check.equal(f"{name}: never down in {scrapes[name]:.0f} scrapes and 8 rotations", 1, lowest[name])
        for name in bad:
            check.equal(f"{name}: never up", 0, highest[name])
        context = ssl.create_default_context(cafile=authority.path("crt"))
        context.check_hostname = False
        served = ssl.get_server_certificate(first.address)
        with open(authority.path("crt", "server"), encoding="utf-8") as current:
            check.true("the newest certificate is served", served.strip() == current.read().strip())
        check.true("the secret is in no log", PASSWORD not in "\n".join(first.lines) and
                   hashed not in "\n".join(first.lines))
        asked_by_curl(check, first, authority)
        bad_requests(check, first, context)


def asked_by_curl(check, server, authority):
    if not shutil.which("curl"):
        print("not here: curl")
        return
    url = f"https://127.0.0.1:{server.address[1]}"

    def curl(*words):
        done = subprocess.run(["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", "--cacert", authority.path("crt"),
                               *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60)
        return done.returncode, done.stdout
    check.equal("curl with the password", (0, "200"), curl("-u", f"prometheus:{PASSWORD}", f"{url}/metrics"))
    check.equal("curl, TLS 1.2 at most", (0, "200"),
                curl("--tls-max", "1.2", "-u", f"prometheus:{PASSWORD}", f"{url}/metrics"))
    check.equal("curl without", (0, "401"), curl(f"{url}/metrics"))
    check.equal("curl, health without", (0, "200"), curl(f"{url}/-/healthy"))
    check.equal("curl, TLS 1.1", 35, curl("--tls-max", "1.1", f"{url}/metrics")[0])
    health = subprocess.run([lab.binary(), "healthcheck", f"--url={url}/-/healthy",
                             f"--ca-file={authority.path('crt')}"], timeout=60)
    check.equal("healthcheck with the authority", 0, health.returncode)


def bad_requests(check, server, context):
    """Raw bytes over TLS, and the status that is right; 0: no answer."""
    token = base64.b64encode(f"prometheus:{PASSWORD}".encode()).decode()
    auth = f"Authorization: Basic {token}\r\n"
    cases = [
        ("two lengths", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        ("length and chunks", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
         "0\r\n\r\n", 400),
        ("chunks", f"POST /-/reload HTTP/1.1\r\n{auth}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        ("negative length", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length: -1\r\n\r\n", 400),
        ("length in hexadecimal", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length: 0x1\r\n\r\na", 400),
        ("huge length", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length: 99999999999\r\n\r\n", 413),
        ("endless length", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length: {'9' * 40}\r\n\r\n", 400),
        ("blank before the colon", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length : 0\r\n\r\n", 400),
        ("folded header", f"GET /metrics HTTP/1.1\r\n{auth}A: b\r\n c\r\n\r\n", 400),
        ("bare line feed", f"GET /metrics HTTP/1.1\r\n{auth}A: b\nC: d\r\n\r\n", 400),
        ("bare carriage return", f"GET /metrics HTTP/1.1\r\n{auth}A: b\rC: d\r\n\r\n", 400),
        ("header without a colon", f"GET /metrics HTTP/1.1\r\n{auth}nothing\r\n\r\n", 400),
        ("NUL in a header", f"GET /metrics HTTP/1.1\r\n{auth}A: \0\r\n\r\n", 400),
        ("two hosts", f"GET /metrics HTTP/1.1\r\n{auth}Host: a\r\nHost: b\r\n\r\n", 400),
        ("two authorizations", f"GET /metrics HTTP/1.1\r\n{auth}{auth}\r\n", 400),
        ("no version", f"GET /metrics\r\n{auth}\r\n", 400),
        ("HTTP/0.9", "GET /metrics HTTP/0.9\r\n\r\n", 505),
        ("HTTP/2 in the open", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("absolute target", f"GET http://evil.test/metrics HTTP/1.1\r\n{auth}\r\n", 400),
        ("traversal", f"GET /../../etc/passwd HTTP/1.1\r\n{auth}\r\n", 404),
        ("coded traversal", f"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n{auth}\r\n", 404),
        ("coded NUL", f"GET /metrics%00.txt HTTP/1.1\r\n{auth}\r\n", 400),
        ("broken percent sign", f"GET /%zz HTTP/1.1\r\n{auth}\r\n", 400),
        ("blank in the target", f"GET /a b HTTP/1.1\r\n{auth}\r\n", 400),
        ("method not allowed", f"DELETE /metrics HTTP/1.1\r\n{auth}\r\n", 405),
        ("TRACE", f"TRACE /metrics HTTP/1.1\r\n{auth}\r\n", 400),
        ("method of junk", f"G@T /metrics HTTP/1.1\r\n{auth}\r\n", 400),
        ("large head", f"GET /metrics HTTP/1.1\r\n{auth}A: {'x' * 20000}\r\n\r\n", 431),
        ("many headers", f"GET /metrics HTTP/1.1\r\n{auth}" + "A: b\r\n" * 100 + "\r\n", 431),
        ("expectation", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length: 1\r\nExpect: a-miracle\r\n\r\na", 417),
        ("slow head", "GET /metrics HTTP/1.1\r\nA: b", 408),
        ("slow body", f"POST /-/reload HTTP/1.1\r\n{auth}Content-Length: 10\r\n\r\nabc", 408),
    ]
    for name, request, status in cases:
        check.equal(f"bad request: {name}", status, raw_status(server, context, request))
    connection = http.client.HTTPSConnection(*server.address, context=context, timeout=20)
    connection.request("GET", "/metrics", headers={"Authorization": f"Basic {token}"})
    check.equal("and after all of them", 200, connection.getresponse().status)
    connection.close()


def raw_status(server, context, request):
    with socket.create_connection(server.address, timeout=30) as plain, \
            context.wrap_socket(plain, server_hostname="exporter.test") as secured:
        secured.sendall(request.encode("latin-1"))
        answer = b""
        try:
            while b"\r\n" not in answer:
                got = secured.recv(4096)
                if not got:
                    break
                answer += got
        except (ConnectionError, ssl.SSLError):
            pass
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def toolkit_files(check):
    if not shutil.which("go"):
        print("not here: Go, and so exporter-toolkit's own files")
        return
    got = subprocess.run(["go", "mod", "download", "-json", TOOLKIT], stdout=subprocess.PIPE, text=True,
                         cwd=tempfile.gettempdir(), env={**os.environ, "GOFLAGS": "-mod=mod", "GO111MODULE": "on"})
    if got.returncode != 0:
        print(f"not here: {TOOLKIT}: {got.stdout[-300:]}")
        return
    # A copy: the module cache is read-only, and its files name each other by relative paths.
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "testdata")
        shutil.copytree(os.path.join(json.loads(got.stdout)["Dir"], "web", "testdata"), data)
        files = [name for name in sorted(os.listdir(data)) if name.endswith((".yml", ".yaml"))]
        for name in files:
            done = subprocess.run([lab.binary(), "--config.check", f"--web.config.file={name}"], cwd=data, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            good = done.returncode == 0
            wanted = ".bad." not in name and "junk" not in name
            if name in OTHERWISE:
                wanted = not wanted
            says = done.stderr.strip().replace("spark_exporter: ", "")[-110:]
            check.line(f"toolkit: {name}", "good" if wanted else "bad", "good" if good else says or "?", good == wanted)
        check.at_least("files of the toolkit's", 30, len(files))


def test(_):
    for tool in ("openssl", "prometheus"):
        if not shutil.which(tool):
            raise lab.Skip(f"no {tool} (Debian: {tool})")
    check = compare.Check("the web configuration, by Prometheus, curl and exporter-toolkit's own files")
    with tempfile.TemporaryDirectory() as folder:
        authority, stranger = Authority(folder, "authority"), Authority(folder, "stranger")
        authority.issue("server", "DNS:exporter.test,IP:127.0.0.1")
        authority.issue("client", "DNS:prometheus.test")
        authority.issue("other", "DNS:other.test")
        stranger.issue("foreign", "DNS:prometheus.test")
        scraped_by_prometheus(check, folder, authority, stranger)
    toolkit_files(check)
    check.done()


if __name__ == "__main__":
    lab.main(test)
