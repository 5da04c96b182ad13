"""The exporter under test as a process: what it may use is set from outside while it runs, and all that it says is
kept. Needs root for a file system and a name server of its own and for a memory limit; says what of it there is."""
import asyncio
import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MEMORY = 32 << 20
CGROUPS = "/sys/fs/cgroup/memory"
ASKED_AGAIN = 1  # seconds after which libc asks a name server again
SMALL_DISK = 1 << 20  # bytes of the file system that has the state


def binary():
    return os.path.abspath(os.environ.get("SPARK_EXPORTER") or os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "release", "spark_exporter"))


def with_folder(prefix, work):
    """What work(folder), a coroutine, returns: in mounts of its own and in a folder that is gone then. Ends as skipped
    where there is no compiler for the clock."""
    if not shutil.which("cc"):
        print("skipped: no cc on the PATH")
        sys.exit(77)
    own_mounts()
    folder = tempfile.mkdtemp(prefix=prefix)
    try:
        return asyncio.run(work(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def own_mounts():
    """Runs this program once more where its mounts are its own, so that nothing of them is left; False: it may not."""
    if os.environ.get("FAULTS_OWN_MOUNTS"):
        return True
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        return False
    os.environ["FAULTS_OWN_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])


def may_mount():
    return bool(os.environ.get("FAULTS_OWN_MOUNTS"))


def can_limit_memory():
    """Whether cgroup v1's memory controller is ours to use, or v2's."""
    return memory_group("probe", remove=True) is not None


def memory_group(name, remove=False):
    """The folder of a new group with the limit; None where there can be none."""
    for root, limit in ((CGROUPS, "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        folder = os.path.join(root, f"spark-exporter-faults-{os.getpid()}-{name}")
        try:
            os.mkdir(folder)
            with open(os.path.join(folder, limit), "w") as file:
                file.write(str(MEMORY))
        except OSError:
            if os.path.isdir(folder):
                os.rmdir(folder)
            continue
        if remove:
            os.rmdir(folder)
        return folder
    return None


class Subject:
    """start(), then stop(), in an asyncio loop. `folder` is its own; `resolver`: an address whose port 53 answers."""

    def __init__(self, binary, shim, clock, folder, flags, resolver=None, limited=True, number=0):
        self.binary, self.shim, self.clock, self.folder, self.flags = binary, shim, clock, folder, flags
        self.resolver, self.number = resolver, number
        self.disk = None
        self.group = memory_group(str(number)) if limited else None
        self.state_folder = os.path.join(folder, "state")
        os.makedirs(self.state_folder)
        if may_mount():
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "none", self.state_folder], check=True)
            self.disk = self.state_folder
        self.lines, self.address, self.process = [], None, None
        self.environment = {}

    async def start(self):
        command = [self.binary, "--web.listen-address=127.0.0.1:0", *self.flags]
        environment = {**os.environ, **self.environment, "LD_PRELOAD": self.shim, "FAULTS_CLOCK": self.clock.path}
        if self.resolver:
            resolv = os.path.join(self.folder, "resolv.conf")
            hosts = os.path.join(self.folder, "nsswitch.conf")
            with open(resolv, "w") as file:
                file.write(f"nameserver {self.resolver}\noptions timeout:{ASKED_AGAIN} attempts:3\n")
            with open(hosts, "w") as file:
                file.write("hosts: files dns\n")
            script = ("mount --bind \"$1\" /etc/resolv.conf && mount --bind \"$2\" /etc/nsswitch.conf && "
                      "shift 2 && exec \"$@\"")
            command = ["unshare", "-m", "sh", "-c", script, "sh", resolv, hosts, *command]
        self.address = None
        self.process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment,
            start_new_session=True, preexec_fn=self._enter)
        listening = asyncio.Event()
        self.reader = asyncio.ensure_future(self._read(listening))
        await asyncio.wait_for(listening.wait(), 30)
        if self.address is None:
            raise AssertionError(f"it does not listen: {self.lines[-5:]}")

    def _enter(self):
        end_with_parent()
        if self.group:
            with open(os.path.join(self.group, "cgroup.procs"), "w") as file:
                file.write("0")

    async def _read(self, listening):
        async for raw in self.process.stderr:
            line = raw.decode(errors="replace").rstrip("\n")
            if len(self.lines) < 5000:
                self.lines.append(line)
            found = re.search(r"\blistening\b.*?127\.0\.0\.1:(\d+)", line)
            if found and self.address is None:
                self.address = ("127.0.0.1", int(found.group(1)))
                listening.set()
        listening.set()

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.returncode is None

    def signal(self, number):
        if self.alive():
            try:
                os.kill(self.pid, number)  # Popen's own would reap it before asyncio does
            except ProcessLookupError:
                pass

    async def stop(self, patience=20):
        """Its exit code, and how long its end took; None: it had to be killed."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self.process.wait(), patience)
        except asyncio.TimeoutError:
            self.signal(signal.SIGKILL)
            await self.process.wait()
            code = None
        await self.reader
        return code, time.monotonic() - began

    def remove(self):
        if self.disk:
            subprocess.run(["umount", "-l", self.disk])
        if self.group:
            try:
                os.rmdir(self.group)
            except OSError:
                pass

    # --- what it uses ---------------------------------------------------------------------------

    def uses(self):
        """(resident bytes, descriptors, threads)"""
        with open(f"/proc/{self.pid}/status") as file:
            told = dict(line.split(":", 1) for line in file if ":" in line)
        return (int(told["VmRSS"].split()[0]) << 10, len(os.listdir(f"/proc/{self.pid}/fd")), int(told["Threads"]))

    def peak(self):
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))

    # --- what it may use ------------------------------------------------------------------------

    def limit(self, what, value):
        """Soft limit, at run time; None: as it was."""
        _, hard = resource.prlimit(self.pid, what)
        resource.prlimit(self.pid, what, (hard if value is None else value, hard))

    def fill_disk(self):
        """False: there is no disk of its own."""
        if not self.disk:
            return False
        try:
            with open(os.path.join(self.disk, "filler"), "wb", buffering=0) as file:
                while True:
                    file.write(b"f" * 4096)
        except OSError:
            return True

    def free_disk(self):
        os.unlink(os.path.join(self.disk, "filler"))
