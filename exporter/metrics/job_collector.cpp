// What the driver alone can tell of the run as a whole; what became of it is outcome_collector.cpp's.

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"

namespace spark_exporter::metrics {

void collect_job(const model::Snapshot& snapshot, Families& families) {
  families.gauge("spark_job_last_progress_timestamp_seconds",
                 "When a task, a stage or a job last ended. From GET /applications/ID/jobs and /stages "
                 "(completionTime) and /executors (completedTasks, failedTasks).");
  for (const auto* view : fresh_only(shown_runs(snapshot))) {
    if (view->run->last_progress()) families.add(*view, {}, timestamp(*view->run->last_progress()));
  }
}

}  // namespace spark_exporter::metrics
