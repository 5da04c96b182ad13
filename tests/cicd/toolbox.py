"""The Python tools that the scripts of scripts/cicd are thin over, from PyPI in a virtual environment of the user's
cache."""

import contextlib
import fcntl
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import lab  # noqa: E402

CICD = os.path.join(ROOT, "scripts", "cicd")
OPERATIONS = os.path.join(ROOT, "scripts", "operations")
BACKUP = os.path.join(ROOT, "charts", "spark-job", "files")
TEMPLATE = os.path.join(ROOT, "examples", "spark-job-repo")


def _python_with_venv():
    for candidate in ("/usr/bin/python3", "python3"):
        made = subprocess.run(
            [candidate, "-c", "import ensurepip, venv, sys; print(sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if made.returncode == 0:
            return candidate, made.stdout
    raise lab.Skip("no python3 with the venv module")


def tools(name="requirements.txt"):
    """The folder of the tools that this file of ours names. Skip where they cannot be had."""
    python, version = _python_with_venv()
    with open(os.path.join(HERE, name), "rb") as wanted:
        key = hashlib.sha256(wanted.read() + version.encode()).hexdigest()[:12]
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "spark_exporter")
    place = os.path.join(cache, f"cicd-{key}")
    os.makedirs(cache, exist_ok=True)
    with open(place + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(place, ".complete")):
            shutil.rmtree(place, ignore_errors=True)
            pip = [
                os.path.join(place, "bin", "python"),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--timeout",
                "60",
                "-r",
                os.path.join(HERE, name),
            ]
            for command in ([python, "-m", "venv", place], pip):
                made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if made.returncode:
                    shutil.rmtree(place, ignore_errors=True)
                    raise lab.Skip(f"{name} cannot be installed: {(made.stdout.strip().splitlines() or [''])[-1]}")
            with open(os.path.join(place, ".complete"), "w"):
                pass
    return os.path.join(place, "bin")


def run(command, path=(), cwd=None, **environment):
    """(exit code, what it printed on both). `path`: folders before the machine's own."""
    env = {
        **os.environ,
        "PATH": os.pathsep.join([*path, os.environ["PATH"]]),
        "PYTHONDONTWRITEBYTECODE": "1",
        **environment,
    }
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=300,
    )
    return done.returncode, done.stdout


class _Handler(http.server.BaseHTTPRequestHandler):
    def _answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        status, body = self.server.answer(self, self.rfile.read(size))
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def server(answer):
    """The URL of a server on loopback that answers each request by answer(request, body) -> (status, text)."""
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.answer = answer
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        httpd.server_close()


def main(cases):
    """Runs a unittest.TestCase; the exit code is ctest's."""
    import unittest

    try:
        tools()
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in cases)
    sys.exit(0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 1)
