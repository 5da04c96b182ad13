#include "exporter/model/sql_ledger.hpp"

#include <algorithm>

#include "exporter/model/bounded.hpp"

namespace spark_exporter::model {

void SqlLedger::apply(const spark::SqlExecution& execution) {
  if (!is_id(execution.id)) return;
  data_.next_id = std::max(data_.next_id, execution.id + 1);
  if (data_.final_ids.contains(execution.id)) return;
  if (execution.status == spark::SqlStatus::kRunning) {
    data_.running[execution.id] = execution;
    return;
  }
  data_.running.erase(execution.id);
  data_.final_ids.insert(execution.id);
  ++(execution.status == spark::SqlStatus::kCompleted ? data_.completed : data_.failed);
  const double seconds = std::chrono::duration<double>(std::max(execution.duration, spark::Millis{0})).count();
  const auto bucket = std::lower_bound(kBuckets.begin(), kBuckets.end(), seconds) - kBuckets.begin();
  ++data_.buckets[static_cast<std::size_t>(bucket)];
  data_.duration_sum_seconds += seconds;
}

void SqlLedger::lose(std::int64_t id) {
  data_.running.erase(id);
  data_.final_ids.insert(id);
}

}  // namespace spark_exporter::model
