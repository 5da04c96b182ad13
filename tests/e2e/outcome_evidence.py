"""What a cell of the outcome matrix has shown, read from the Prometheus servers, the API server and the sidecars' logs."""
import json
import threading
import time

import kube_lab
import kube_prometheus
from kube_pods import LONE, WITH_SIDECAR
from outcome_table import WAITING

FIRE = 170     # seconds from the end in which even 60 s scrapes, 1m and 15 s evaluations must have fired
RESOLVE = 90   # from a good end, where somebody knows that the run before is over
LEAVE = 260    # from the end until a lone sidecar's pod is gone
FIRING = 'ALERTS{alertname="SparkJobFailed",alertstate="firing"}'


class Evidence:
    def __init__(self, cluster, servers):
        self.cluster, self.servers = cluster, servers
        self.start = int(time.time()) // kube_prometheus.STEP * kube_prometheus.STEP
        self.lock = threading.Lock()
        self.spans, self.read_at = [], 0.0

    def alerts(self, server, cell):
        """The Span in which the job's alert fired on that server, None if it never did."""
        with self.lock:
            if time.monotonic() - self.read_at > 3:
                now = time.time()
                self.spans = [one.spans(FIRING, self.start, now) for one in self.servers]
                self.read_at, self.read_until = time.monotonic(), now
            return self.spans[self.servers.index(server)].get((cell.namespace, cell.job))

    def all_fired(self, cell):
        return all(self.alerts(server, cell) for server in self.servers)

    def wait_fired(self, cell, seconds=FIRE + 30):
        kube_prometheus.lab.wait_until(f"{cell}'s alert", lambda: self.all_fired(cell), seconds, every=3)

    def wait_shown(self, cell):
        """Until the 5 s server has scraped a state of its run."""
        kube_prometheus.lab.wait_until(f"{cell}'s first scrape", lambda: self.outcome(cell)[0] == "running", 60, every=1)

    def none_fires(self, cell):
        spans = [self.alerts(server, cell) for server in self.servers]
        return not any(span and self.read_until - span.last < 2 * kube_prometheus.STEP for span in spans)

    def is_done(self, cell, now):
        """Whether nothing that matters to the cell is still to come."""
        if not cell.settled.is_set():
            return False
        if cell.error:
            return True
        since = cell.ended_at() or cell.made_at
        if cell.expect.alert in ("fires", "goes-on"):
            late = since + FIRE + (60 if cell.node_lost_at else 0)  # of which the node controller takes its part
            return self.all_fired(cell) or now > late
        if cell.expect.alert == "resolves":
            return self.none_fires(cell) or now > since + (LEAVE if cell.mode in LONE else RESOLVE)
        return now > since + FIRE

    # --- what was seen --------------------------------------------------------------------------

    def series(self, name, cell, condition=""):
        query = f'{name}{{namespace="{cell.namespace}",app="{cell.job}",app_id="{cell.app_id}"}}{condition}'
        return self.servers[0].history(query, self.start, time.time())

    def last_labels(self, name, cell, condition=""):
        found = [(max(values), labels) for labels, values in self.series(name, cell, condition)]
        return max(found, key=lambda one: one[0])[1] if found else {}

    def status_seen_at(self, cell):
        times = [min(values) for _, values in self.series("spark_job_status", cell, " == 2")]
        return min(times) if times else None

    def outcome(self, cell):
        """(state, reason) that its series ended with."""
        state = self.last_labels("spark_job_state", cell, " == 1").get("state", "nothing")
        if state == "failed":
            return state, self.last_labels("spark_job_failure_info", cell).get("reason", "-")
        if cell.row.name in WAITING and state == "pending":
            waits = self.last_labels("spark_job_pods_waiting", cell, " > 0").get("reason")
            return (state, "-") if waits == WAITING[cell.row.name] else (state, f"waiting:{waits}")
        return state, "-"

    def last_words(self, cell):
        """(state, reason) of the sidecar's termination message."""
        pod = self.cluster.pods.last(cell.subject)
        message = kube_lab.ended(pod, kube_lab.SIDECAR).get("message", "")
        try:
            words = json.loads(message)
        except ValueError:
            return "no words", message[:80] or "-"
        return words.get("outcome"), words.get("reason") or "-"

    def sidecar_log(self, cell):
        return self.cluster.log_of(cell.subject, kube_lab.SIDECAR) if cell.mode in WITH_SIDECAR else []

    def warned(self, cell):
        return [line for line in self.sidecar_log(cell) if "grace" in line.lower()]

    def judge(self, cell):
        """(what was seen, [faults])."""
        if cell.error:
            return "-", [cell.error]
        faults, wanted = [], cell.expect
        seen = self.last_words(cell) if wanted.alert == "words" else self.outcome(cell)
        if seen != (wanted.state, wanted.reason):
            faults.append(f"outcome {' '.join(seen)}")
        spans = {server.interval: self.alerts(server, cell) for server in self.servers}
        if wanted.alert in ("fires", "goes-on", "resolves"):
            faults += [f"silent at {interval} s" for interval, span in spans.items() if not span]
        else:
            # After the pod a server keeps a target's last sample for two intervals: of 60 s that may be long enough.
            faults += [f"fired at {interval} s" for interval, span in spans.items() if span and not (
                wanted.alert == "warns" and interval == 60)]
        faults += self._judge_course(cell, spans)
        return " ".join(seen), faults

    def _judge_course(self, cell, spans):
        wanted = cell.expect.alert
        # A job has one alert as long as somebody sees all of its runs.
        if wanted in ("fires", "goes-on") and cell.mode not in LONE:
            return [f"gap of {after - before:.0f} s at {interval} s" for interval, span in spans.items() if span
                    for before, after in span.gaps]
        if wanted == "goes-on" and not self.all_firing(cell):
            return ["fires no more"]
        if wanted == "resolves" and not self.none_fires(cell):
            return ["still fires"]
        if wanted == "warns" and not self.warned(cell):
            return ["no warning about the grace period"]
        return []

    def all_firing(self, cell):
        spans = [self.alerts(server, cell) for server in self.servers]
        return all(span and self.read_until - span.last < 2 * kube_prometheus.STEP for span in spans)
