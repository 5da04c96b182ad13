"""A Kubernetes control plane of the test's own, on loopback, whose parts can be killed and started again."""
import base64
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import urllib.request

import kube_client
import lab

KUBE_UP = os.path.join(lab.HERE, "kube", "kube-up.sh")


class ControlPlane:
    """etcd and kube-apiserver, and `parts` of kube-up.sh beside them. A context manager: it leaves nothing behind."""

    def __init__(self, parts=""):
        self.parts = parts
        self.state = None

    def __enter__(self):
        for tool in ("go", "openssl", "curl"):
            if not shutil.which(tool):
                raise lab.Skip(f"no {tool} on the PATH")
        self.state = tempfile.mkdtemp(prefix="kube-e2e-")
        self.environment = {**os.environ, "KUBELAB_STATE": self.state, "KUBELAB_PARTS": self.parts}
        if self._kube_up("build").returncode != 0:
            shutil.rmtree(self.state, ignore_errors=True)
            raise lab.Skip("kube-up.sh build failed")
        started = self._kube_up("start", "0")
        if started.returncode != 0:
            self.__exit__(None, None, None)
            raise AssertionError("the control plane did not start")
        told = dict(word.partition("=")[::2] for line in started.stdout.splitlines() for word in shlex.split(line)[1:])
        self.url, self.etcd, self.kubeconfig = told["KUBELAB_URL"], told["KUBELAB_ETCD"], told["KUBECONFIG"]
        self.pki = os.path.join(self.state, "pki")
        return self

    def __exit__(self, kind, error, trace):
        self._kube_up("stop")
        shutil.rmtree(self.state, ignore_errors=True)

    def _kube_up(self, *words):
        return subprocess.run([KUBE_UP, *words], env=self.environment, stdout=subprocess.PIPE, text=True)

    def client(self, token=None):
        return kube_client.Client(self.url, self.pki, token)

    # --- one part -------------------------------------------------------------------------------

    def _record(self, part):
        return os.path.join(self.state, "run", part + ".pid")

    def pid(self, part):
        with open(self._record(part)) as record:
            return int(record.read().split()[0])

    def kill(self, part):
        """SIGKILL; returns what start_again() takes."""
        pid = self.pid(part)
        with open(f"/proc/{pid}/cmdline", "rb") as told:
            command = told.read().rstrip(b"\0").split(b"\0")
        os.kill(pid, signal.SIGKILL)
        lab.wait_until(f"the end of {part}", lambda: not _runs(pid), every=0.02)
        return part, command

    def start_again(self, killed):
        part, command = killed
        with open(os.path.join(self.state, "log", part + ".log"), "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        with open(f"/proc/{process.pid}/stat") as stat:
            born = stat.read().rpartition(")")[2].split()[19]
        with open(self._record(part), "w") as record:
            record.write(f"{process.pid} {born}\n")

    def wait_ready(self, seconds=90.0):
        def ready():
            try:
                client = self.client()
                return client.call("GET", "/readyz")[0] == 200
            except OSError:
                return False
        try:
            lab.wait_until("the API server", ready, seconds)
        except AssertionError:
            with open(os.path.join(self.state, "log", "kube-apiserver.log"), errors="replace") as log:
                print("--- end of kube-apiserver.log\n" + "".join(log.readlines()[-30:]) + "---", flush=True)
            raise

    def etcd_data(self):
        return os.path.join(self.state, "etcd")

    def compact(self):
        """Makes etcd forget every version but the newest."""
        key = base64.b64encode(b"/registry/none").decode()
        revision = self._etcd("/v3/kv/range", {"key": key})["header"]["revision"]
        self._etcd("/v3/kv/compaction", {"revision": revision, "physical": True})
        return int(revision)

    def _etcd(self, path, body):
        request = urllib.request.Request(self.etcd + path, json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def _runs(pid):
    """A zombie whose threads are gone too has let go of its port. A child of ours stays one until it is waited for."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            zombie = stat.read().rpartition(")")[2].split()[0] == "Z"
        if not zombie or len(os.listdir(f"/proc/{pid}/task")) > 1:
            return True
        os.waitpid(pid, os.WNOHANG)
    except OSError:
        pass
    return False
