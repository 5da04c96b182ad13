#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

// GET /applications/ID/stages/STAGE/ATTEMPT/taskSummary?quantiles=..
constexpr Field<TaskSummary> kFields[] = {
    {"executorRunTime[]", each_real<&TaskSummary::executor_run_time>},
    {"quantiles[]", each_real<&TaskSummary::quantiles>},
};
static_assert(is_sorted(kFields));

/// Values that do not stand beside their quantiles say nothing.
const char* unpaired(TaskSummary& summary) {
  return summary.quantiles.size() == summary.executor_run_time.size() ? nullptr
                                                                      : "not one executorRunTime for each quantile";
}

}  // namespace

Result<DecodeReport> decode_task_summary(std::istream& in, TaskSummary& out) {
  return decode_object(in, "taskSummary", kFields, unpaired, out);
}

}  // namespace spark_exporter::spark
