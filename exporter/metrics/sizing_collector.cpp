// What the run should have asked for (docs/sizing.md). Absent while the evidence is thin.

#include "exporter/metrics/collectors.hpp"

namespace spark_exporter::metrics {

void collect_sizing(const model::Snapshot& snapshot, Families& families) {
  auto runs = shown_runs(snapshot);
  std::erase_if(runs, [](const model::RunView* view) { return view->advice == nullptr; });
  const auto each = [&](const auto& value_of) {
    for (const auto* view : runs) {
      if (const auto value = value_of(*view->advice)) families.add(*view, {}, static_cast<double>(*value));
    }
  };
  families.gauge("spark_job_recommended_executor_memory_bytes",
                 "What spark.executor.memory should be, by the peaks of this run. From GET /applications/ID/executors, "
                 "peakMemoryMetrics.");
  each([](const sizing::Advice& advice) { return advice.memory_bytes; });
  families.gauge(
      "spark_job_recommended_executor_memory_overhead_bytes",
      "What spark.executor.memoryOverhead should be. From GET /applications/ID/executors, peakMemoryMetrics.");
  each([](const sizing::Advice& advice) { return advice.overhead_bytes; });
  families.gauge("spark_job_recommended_executor_cores",
                 "What spark.executor.cores should be. From GET /applications/ID/executors, maxTasks, totalDuration.");
  each([](const sizing::Advice& advice) { return advice.cores; });
  families.gauge("spark_job_recommended_executor_instances",
                 "How many executors there should be. From GET /applications/ID/executors, maxTasks, totalDuration.");
  each([](const sizing::Advice& advice) { return advice.instances; });
  families.gauge("spark_job_recommended_saving_ratio",
                 "Share of the executors' money that the recommended size saves; below 0 it costs more.");
  each([](const sizing::Advice& advice) { return advice.saving_ratio; });
}

}  // namespace spark_exporter::metrics
