"""An observer whose API server breaks: it counts how runs end, each once, and shows the last state of each."""
import api_server
import fleet
import gate
import schedule

GONE = ("cancelled", "unknown")  # deleted while it ran: which of them depends on who saw it go


class ObserverRole(schedule.Schedule):
    NAME = "observer"
    SOURCE = "kubernetes"
    # It is told and does not ask: the longest pause between two tries is its interval.
    INTERVALS = (15,)
    PAUSE = 0.4
    LISTS_FIRST = True

    def prepare(self):
        self.truth = fleet.Fleet(self.seed, self.clock, 6000, schedule.SECONDS * 1000)
        self.api = api_server.ApiServer(self.clock, self.truth)
        front = self.add_gate(self.api.answer)
        front.endless = gate.KUBERNETES_LIST
        return front

    def flags(self, url):
        return ["--mode=observer", f"--kubernetes.api-server={url}", f"--kubernetes.namespace={fleet.NAMESPACE}",
                f"--state.file={self.state_file('fleet.json')}", "--no-collector.backup"]

    def at_the_end(self, scrape):
        for app_id, state in self.truth.states.items():
            shown = [labels["state"] for labels, value in scrape.series("spark_job_state", app_id=app_id) if value]
            if shown not in ([state], []):  # of a job whose next run is over the former is not shown
                self.judge.blame("wrong", f"{app_id}: {shown} is shown where {state} is true")
        self._compare_deleted(scrape)

    def _compare_deleted(self, scrape):
        """A run that came and went, or went, while nobody could see may be unknown to all, or not yet given up for lost."""
        blind = [(e.begin, e.end + 2 * self.interval) for e in self.episodes]
        seen = sum(not any(begin * 1000 < gone and submitted < end * 1000 for begin, end in blind)
                   for submitted, gone in self.truth.deleted)
        shown = sum(scrape.total("spark_job_runs_total", outcome=outcome) or 0 for outcome in GONE)
        if not seen <= shown <= len(self.truth.deleted):
            self.judge.blame("wrong", f"{shown} deleted runs, where {len(self.truth.deleted)} are true and {seen} were seen")
