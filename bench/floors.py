"""How far a figure could fall at most: what costs something whatever the exporter does, measured in the same run; and
what is said of a bar that was missed."""
import os
import re
import time

from driver import ROOT, Exporter, free_port
from process import memory_bytes

TEXT = 14_000_000  # bytes: the exposition of 100,000 series
WAIT = 3           # seconds until a sidecar has started and asked in vain


def _copy_seconds():
    """Of TEXT bytes, from memory to memory: no scrape of plain text is faster, as the kernel copies it."""
    source, best = bytes(os.urandom(1 << 16)) * (TEXT >> 16), 1.0
    for _ in range(9):
        begin = time.process_time()
        bytearray(source)
        best = min(best, time.process_time() - begin)
    return best


def measure(binary):
    with Exporter(binary, free_port()) as alone:
        time.sleep(WAIT)
        resident, _ = memory_bytes(alone.pid)
        with open(f"/proc/{alone.pid}/smaps_rollup", encoding="ascii") as file:
            anonymous = int(re.search(r"^Anonymous:\s+(\d+) kB", file.read(), re.M)[1]) * 1024
    return {"copy": _copy_seconds(), "copied": TEXT, "resident_alone": resident, "anonymous_alone": anonymous}


def explain(row, floors):
    """Of a row that missed its bar: by how much, and how far the limit is where one is known."""
    if row.most_ratio is not None:
        text = f"{row.ratio:.1%} of that of {row.peer_name}, where {row.most_ratio:.0%} is the bar"
    else:
        text = f"{row.ours:.3g}, where {row.most:g} is the bar"
    known = ""
    if "resident" in row.name and row.unit == "MB" and floors:
        known = (f"A sidecar that reaches no driver holds {floors['resident_alone'] / 1e6:.1f} MB already, of which "
                 f"{floors['anonymous_alone'] / 1e6:.1f} MB are its own and the rest is code of it and its libraries "
                 "that is mapped, and shared with any other process that uses it.")
    elif "plain" in row.name and "Exposition" in row.section and floors:
        known = ("Only packed text is kept of a large answer, so it is unpacked when somebody asks for plain text. "
                 f"Copying {floors['copied'] / 1e6:.0f} MB once takes {floors['copy'] * 1e3:.1f} ms, the kernel's limit. "
                 "Prometheus asks for gzip.")
    elif "pods' changes" in row.name:
        known = ("A publication renders all series anew, whether 10 or 1,000 of them changed, once for all changes of "
                 "a second: what a change costs more with more runs is its share of that.")
    elif "memory" in row.name and "stages" in row.name:
        known = ("Not profiled: it may be what is remembered of stages that are over, or the heap that the one large list "
                 "at the start left behind. Spark keeps 1,000 stages unless told otherwise.")
    elif "driver CPU" in row.name:
        known = "The same questions replayed without pauses, in the row below, have far less noise."
    return text + "." + (" " + known if known else "")


if __name__ == "__main__":
    print(measure(os.path.join(ROOT, "build", "release", "spark_exporter")))
