"""Every way in which a driver can end, in the four ways in which we may be there, on a real Kubernetes with three real
Prometheus and the contract's SparkJobFailed word for word. What must be seen stands in outcome_table.py.

  test_outcome_matrix.py [--rows a,b] [--modes a,b] [--sample N --seed S] [--spark 4.3.0] [--markdown FILE]
"""
import argparse
import concurrent.futures
import contextlib
import random
import sys
import threading
import time

import kube_lab
import kube_prometheus
import lab
import outcome_rows
import outcome_table
from kube_pods import ALONE, BOTH, MODES, TITLES, Maker
from outcome_evidence import Evidence
from outcome_table import REAL

# These take longer than a sample may, mostly because a lone owner stays in its pod.
LONG = ("failing_again", "good_after", "crash_loop", "retry_success", "retries_exhausted", "restarted")
AFTER_RESTART = 75  # seconds that the alert must go on after the observer's restart
AT_ONCE = 24


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", help="only these, by their names in outcome_table.py")
    parser.add_argument("--modes", help=f"only these, of {','.join(MODES)}")
    parser.add_argument("--sample", type=int, help="so many cells, none of the long ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spark", default="4.3.0", help="version of PySpark; before 4.1 no application id can be given")
    parser.add_argument("--markdown", help="file to write the table to")
    return parser.parse_args()


def chosen_cells(wanted):
    rows = wanted.rows.split(",") if wanted.rows else list(outcome_table.BY_NAME)
    modes = wanted.modes.split(",") if wanted.modes else MODES
    cells = [(row, mode) for row, mode in outcome_table.CELLS if row in rows and mode in modes]
    if wanted.sample:
        short = [cell for cell in cells if cell[0] not in LONG]
        cells = random.Random(wanted.seed).sample(short, min(wanted.sample, len(short)))
    for row, mode in list(cells):
        if row == "good_after" and ("failing_again", mode) not in cells:
            cells.append(("failing_again", mode))
    return cells


class Matrix:
    def __init__(self, wanted):
        self.chosen = chosen_cells(wanted)
        needs_spark = any(outcome_table.BY_NAME[row].driver == REAL for row, _ in self.chosen)
        if needs_spark:
            lab.need_java()
        self.spark = (lab.python_with_spark(wanted.spark) if needs_spark else None, wanted.spark)
        self.observers, self.cells = {}, []

    def run(self):
        loses_node = any(row == "node_lost" for row, _ in self.chosen)
        with contextlib.ExitStack() as stack:
            cluster = stack.enter_context(kube_lab.Cluster(nodes=2 if loses_node else 1))
            makers = self._makers(stack, cluster)
            trio = stack.enter_context(kube_prometheus.Trio(cluster, list(self.observers.values())))
            self.evidence = Evidence(cluster, trio.servers)
            self._prepare(cluster, makers)
            self._go()
            self._restart_observers()
            self.results = [(cell, *self.evidence.judge(cell)) for cell in self.cells]
            self._times()
            self._print_troubles()
        return self.results

    def _makers(self, stack, cluster):
        makers = {}
        for mode in sorted({mode for _, mode in self.chosen}, key=MODES.index):
            cluster.namespace(mode)
            if mode in (ALONE, BOTH):
                observer = stack.enter_context(kube_lab.Observer(cluster, mode))
                observer.wait_ready()
                self.observers[mode] = observer
            makers[mode] = Maker(cluster, mode, observer=self.observers.get(mode))
        return makers

    def _prepare(self, cluster, makers):
        parties = sum(row == "node_lost" for row, _ in self.chosen)
        loss = threading.Barrier(max(parties, 1), action=lambda: cluster.lose_node(1))
        for row, mode in self.chosen:
            cell = outcome_rows.Cell(row, mode, makers[mode], self.spark)
            cell.lose_node = lambda: loss.wait(outcome_rows.START)
            cell.all_fired = self.evidence.wait_fired
            cell.wait_shown = lambda cell=cell: self.evidence.wait_shown(cell)
            self.cells.append(cell)
        for cell in self.cells:
            cell.before = next((one for one in self.cells if (one.row.name, one.mode) == ("failing_again", cell.mode)), None)

    def _go(self):
        begin = time.monotonic()
        real = [cell for cell in self.cells if cell.row.driver == REAL]
        # The long ones first; those that wait for another's end last.
        rest = sorted((cell for cell in self.cells if cell.row.driver != REAL),
                      key=lambda cell: (cell.row.name == "good_after", cell.row.name not in LONG))
        # Each cell is a thread that mostly waits; those of good_after only wait at first.
        with concurrent.futures.ThreadPoolExecutor(2) as sparks, concurrent.futures.ThreadPoolExecutor(AT_ONCE + 4) as pool:
            for cell in rest:
                pool.submit(cell.run)
            for cell in real:
                sparks.submit(cell.run)
            said = set()
            while True:
                done = {str(cell) for cell in self.cells if self.evidence.is_done(cell, time.time())}
                for name in sorted(done - said):
                    print(f"[{time.monotonic() - begin:6.1f} s] {name} {len(done)}/{len(self.cells)}", flush=True)
                said = done
                if len(done) == len(self.cells):
                    return
                time.sleep(3)  # between two looks at the Prometheus servers

    def _restart_observers(self):
        """All alerts of the two observers must go on: each is killed and comes back, while nothing else happens."""
        if not any(cell.row.name == "restarted" for cell in self.cells):
            return
        for observer in self.observers.values():
            observer.kill()
            observer.start()
        for observer in self.observers.values():
            observer.wait_ready()
        time.sleep(AFTER_RESTART)

    def _times(self):
        """Seconds from the container's end to the status on the 5 s server and to each alert."""
        self.times = {}
        for cell, _, _ in self.results:
            end = cell.ended_at() if cell.timed else None
            since = (lambda at, end=end: None if at is None or end is None else at - end)
            spans = [self.evidence.alerts(server, cell) for server in self.evidence.servers]
            self.times[cell] = [since(self.evidence.status_seen_at(cell) if cell.subject else None)] + [
                since(span.first) if span else None for span in spans]

    def _print_troubles(self):
        for cell, _, faults in self.results:
            if not faults:
                continue
            print(f"--- {cell}: {'; '.join(faults)}")
            if cell.subject:
                pod = self.evidence.cluster.pods.last(cell.subject)
                print("pod:", pod.get("status", {}).get("phase"), kube_lab.container_status(pod, kube_lab.DRIVER).get("state"),
                      "sidecar:", kube_lab.container_status(pod, kube_lab.SIDECAR).get("state"))
                print("driver:", *self.evidence.cluster.log_of(cell.subject, kube_lab.DRIVER)[-6:], sep="\n  ")
                print("sidecar:", *self.evidence.sidecar_log(cell)[-25:], sep="\n  ")
        for mode, observer in self.observers.items():
            if any(faults and cell.mode == mode for cell, _, faults in self.results):
                print(f"--- observer of {mode}:", *observer.log()[-25:], sep="\n  ")

    def table(self):
        head = ["what happens", "who is there", "driver", "expected", "seen", "status", "5 s", "15 s", "60 s", ""]
        lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
        order = {cell: index for index, cell in enumerate(outcome_table.CELLS)}
        for cell, seen, faults in sorted(self.results, key=lambda one: order[(one[0].row.name, one[0].mode)]):
            seconds = ["silent" if index and at is None else "" if at is None else f"{at:.0f}"
                       for index, at in enumerate(self.times[cell])]
            lines.append("| " + " | ".join([
                cell.row.title, TITLES[cell.mode], cell.row.driver, " ".join(cell.expect), seen, *seconds,
                "ok" if not faults else "**" + "; ".join(faults).replace("|", "/") + "**"]) + " |")
        return "\n".join(lines)


def main():
    wanted = arguments()
    begin = time.monotonic()
    try:
        matrix = Matrix(wanted)
        matrix.run()
    except lab.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
    bad = sum(bool(faults) for _, _, faults in matrix.results)
    text = (f"{len(matrix.results)} cells, {len(matrix.results) - bad} as expected, {bad} not; "
            f"{time.monotonic() - begin:.0f} s. `status` and the scrape intervals: seconds from the container's end until "
            f"`spark_job_status` is 2 on the 5 s server and until the alert fires.\n\n{matrix.table()}\n")
    print(text)
    if wanted.markdown:
        with open(wanted.markdown, "w", encoding="utf-8") as out:
            out.write(text)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
