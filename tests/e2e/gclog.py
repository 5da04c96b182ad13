"""Stop-the-world collector time from a JVM's own GC log (-Xlog:gc:file=...:time,uptime)."""
import re
from datetime import datetime

# [2026-11-23T19:10:51.123+0000][2.345s] GC(7) Pause Young (Normal) (G1 Evacuation Pause) 24M->5M(64M) 3.456ms
PAUSE = re.compile(r"\[([^\]]+)\]\[([\d.,]+)s\].*? GC\(\d+\) Pause (.*?) (\d+(?:[.,]\d+)?)ms$")
# The concurrent cycle's own short pauses: the JVM's collector beans of Java 17 do not count them.
OUTSIDE_BEANS = ("Remark", "Cleanup")


class Pause:
    def __init__(self, at, kind, seconds):
        self.at, self.kind, self.seconds = at, kind, seconds

    @property
    def in_beans(self):
        return not self.kind.startswith(OUTSIDE_BEANS)


def read(path):
    """The pauses in order; `at` is the epoch second of their end."""
    found = []
    with open(path, errors="replace") as lines:
        for line in lines:
            match = PAUSE.search(line.rstrip())
            if match:
                at = datetime.strptime(match.group(1), "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
                found.append(Pause(at, match.group(3), float(match.group(4).replace(",", ".")) / 1000))
    return found


def until(pauses, at):
    """Seconds of the pauses that ended until then."""
    return sum(pause.seconds for pause in pauses if pause.at <= at)
