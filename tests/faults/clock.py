"""Time as the exporter under test sees it: some times faster than the machine's, with a wall clock that can be moved.
clock_shim.c, preloaded into the exporter, reads the same numbers."""
import asyncio
import mmap
import os
import struct
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NUMBERS = struct.Struct("=qqqq")  # began (monotonic), wall time then, factor, how far the wall clock is off; nanoseconds


def build_shim(folder):
    """The path of the shared object."""
    path = os.path.join(folder, "clock_shim.so")
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", path,
                    os.path.join(HERE, "clock_shim.c"), "-ldl"], check=True)
    return path


class Clock:
    """Seconds and milliseconds of the compressed time. The truth (a driver, an API server) keeps to it; jump() moves
    the exporter's wall clock alone."""

    def __init__(self, path, factor, behind=0):
        """`behind`: seconds by which it begins in the past, so that it is never ahead of who keeps the machine's time."""
        self.path, self.factor = path, factor
        self.began, self.wall = time.monotonic_ns(), time.time_ns() - behind * 1_000_000_000
        with open(path, "wb") as file:
            file.write(NUMBERS.pack(self.began, self.wall, factor, 0))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), NUMBERS.size)
        self.off = 0.0

    def restart(self):
        """All begins now, with the wall time that it was to begin with."""
        self.began = time.monotonic_ns()
        self.shared[0:8] = struct.pack("=q", self.began)

    def elapsed(self):
        """Seconds since all began."""
        return (time.monotonic_ns() - self.began) * self.factor / 1e9

    def ms(self):
        return int(self.elapsed() * 1000)

    def epoch_ms(self, ms):
        """A time of this clock as milliseconds since 1970."""
        return self.wall // 1_000_000 + ms

    def since_epoch(self, seconds):
        """The other way round, in seconds."""
        return seconds - self.wall / 1e9

    def jump(self, seconds):
        """The exporter's wall clock is so much ahead of the truth's (behind, below 0)."""
        self.off = seconds
        self.shared[24:32] = struct.pack("=q", int(seconds * 1e9))

    async def sleep(self, seconds):
        if seconds > 0:
            await asyncio.sleep(seconds / self.factor)

    async def until(self, second):
        await self.sleep(second - self.elapsed())
