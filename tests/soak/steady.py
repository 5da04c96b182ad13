"""Whether what a process uses grows: samples over time, and the slope that half of all pairs of them lie above."""
import statistics

MOST = 240           # samples that a slope is taken of; their pairs are as many as its square
# Bytes by which memory may grow: of each executor and each run that is gone some are kept, so that it is not counted
# again, up to 20,000 of them; here 200 executors or 2,300 runs go in an hour. 40 bytes more of each job would be too much.
RESIDENT_A_HOUR = 384 << 10
FILLED_S = 3500      # of samples in all
SERIES = 1.5         # times as many as before: how many runs there are at the moment varies


class Samples:
    """`add(seconds, **values)`, in the order of time."""

    def __init__(self):
        self.rows = []

    def add(self, seconds, **values):
        self.rows.append((seconds, values))

    def second_half(self, name):
        end = self.rows[-1][0]
        return [(seconds, values[name]) for seconds, values in self.rows if seconds >= end / 2]

    def a_hour(self, name):
        """Theil and Sen's slope of the second half, by the hour."""
        rows = self.second_half(name)
        rows = rows[::max(1, len(rows) // MOST)]
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for at, a in enumerate(rows) for b in rows[at + 1:] if b[0] > a[0]]
        return 3600 * statistics.median(slopes)

    def spread(self, name):
        """Of the second half, least to most."""
        values = [value for _, value in self.second_half(name)]
        return min(values), max(values)

    def levels(self, name):
        """The usual value of the third quarter and of the last."""
        values = [value for _, value in self.second_half(name)]
        half = len(values) // 2
        return statistics.median_low(values[:half]), statistics.median_low(values[half:])

    def complaints(self):
        """Of memory only where the second half is long enough for what is kept of the last hours to have filled."""
        wrong = []
        if self.rows[-1][0] >= FILLED_S and self.a_hour("resident") > RESIDENT_A_HOUR:
            least, most = self.spread("resident")
            wrong.append(f"memory grows by {self.a_hour('resident') / 1024:.0f} KiB an hour ({least >> 10} to "
                         f"{most >> 10} KiB)")
        for name, times in (("series", SERIES), ("descriptors", 1), ("threads", 1)):
            before, after = self.levels(name)
            if after > before * times:
                wrong.append(f"{name}: {before} became {after}")
        return wrong
