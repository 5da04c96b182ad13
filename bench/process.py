"""What a process uses, as the kernel says it."""
import os
import re
import subprocess
import time


def cpu_seconds(pid):
    """User and system time of the whole process, ended threads included. It is what /proc/PID/stat shows, read from
    the process's CPU clock: in nanoseconds instead of ticks of 10 ms."""
    return time.clock_gettime((~pid << 3) | 2)


def cpu_by_thread_name(pid):
    """CPU seconds of the threads that live, added up by name, numbers in names left out."""
    seconds = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/comm", encoding="ascii", errors="replace") as file:
                name = re.sub(r"[\d#-]+", "#", file.read().strip())
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                spent = int(file.read().split()[0]) / 1e9
        except OSError:
            continue  # ended meanwhile
        seconds[name] = seconds.get(name, 0.0) + spent
    return seconds


def memory_bytes(pid):
    """Resident now, and at most so far."""
    values = {}
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                values[name] = int(value.split()[0]) * 1024
    return values["VmRSS"], values["VmHWM"]


class Child:
    """A program that prints its port as its first line, and is ended with the block."""

    def __init__(self, *command, **more):
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more)
        self.pid, self.port = self._process.pid, int(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


class CpuMeter:
    """with CpuMeter(pid) as meter: ...; then meter.cpu and meter.wall, in seconds, and meter.threads by name."""

    def __init__(self, pid):
        self.pid = pid
        self.cpu = self.wall = 0.0
        self.threads = {}

    def __enter__(self):
        self._threads = cpu_by_thread_name(self.pid)
        self._wall = time.monotonic()
        self._cpu = cpu_seconds(self.pid)
        return self

    def __exit__(self, *_):
        self.cpu = cpu_seconds(self.pid) - self._cpu
        self.wall = time.monotonic() - self._wall
        now = cpu_by_thread_name(self.pid)
        grown = {name: spent - self._threads.get(name, 0.0) for name, spent in now.items()}
        self.threads = {name: spent for name, spent in grown.items() if spent > 0.001}


def percentile(values, share):
    """Nearest rank: a value that was really seen."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * len(ordered) * 1000) // 1000) - 1))]
