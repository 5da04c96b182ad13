// SQL executions of a run.

#include "exporter/metrics/collectors.hpp"

namespace spark_exporter::metrics {

void collect_sql(const model::Snapshot& snapshot, Families& families) {
  const auto runs = shown_runs(snapshot);
  families.counter("spark_sql_executions_total", "SQL executions that ended. From GET /applications/ID/sql, status.",
                   {"status"});
  for (const auto* view : runs) {
    const auto& sql = view->run->sql().data();
    families.add(*view, {"completed"}, static_cast<double>(sql.completed));
    families.add(*view, {"failed"}, static_cast<double>(sql.failed));
  }
  families.histogram("spark_sql_execution_duration_seconds",
                     "How long SQL executions took that ended. From GET /applications/ID/sql, duration.");
  for (const auto* view : runs) {
    const auto& sql = view->run->sql().data();
    families.add_histogram(*view, model::SqlLedger::kBuckets, sql.buckets, sql.duration_sum_seconds);
  }
  families.gauge("spark_sql_executions_active",
                 "SQL executions running now. From GET /applications/ID/sql, status RUNNING.");
  for (const auto* view : fresh_only(runs)) {
    families.add(*view, {}, static_cast<double>(view->run->sql().running().size()));
  }
}

}  // namespace spark_exporter::metrics
