#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

struct ExecutorDraft : Executor {
  std::optional<bool> excluded;
  std::optional<bool> blacklisted;
};

template <auto Member>
Verdict peak(ExecutorDraft& executor, const Scalar& value) {
  PeakMetrics metrics = executor.peak.value_or(PeakMetrics{});
  const Verdict verdict = count<Member>(metrics, value);
  if (verdict.documented == nullptr) executor.peak = metrics;
  return verdict;
}

// GET /applications/ID/executors and /allexecutors
constexpr Field<ExecutorDraft> kFields[] = {
    {"activeTasks", count<&Executor::active_tasks>},
    {"addTime", time<&Executor::add_time>},
    {"completedTasks", count<&Executor::completed_tasks>},
    {"diskUsed", count<&Executor::disk_used>},
    {"failedTasks", count<&Executor::failed_tasks>},
    {"hostPort", text<&Executor::host_port>},
    {"id", text<&Executor::id>},
    {"isActive", flag<&Executor::is_active>},
    {"isBlacklisted", flag<&ExecutorDraft::blacklisted>},
    {"isExcluded", flag<&ExecutorDraft::excluded>},
    {"maxMemory", count<&Executor::max_memory>},
    {"maxTasks", count<&Executor::max_tasks>},
    {"memoryUsed", count<&Executor::memory_used>},
    {"peakMemoryMetrics.JVMHeapMemory", peak<&PeakMetrics::jvm_heap_memory>},
    {"peakMemoryMetrics.JVMOffHeapMemory", peak<&PeakMetrics::jvm_off_heap_memory>},
    {"peakMemoryMetrics.MajorGCTime", peak<&PeakMetrics::major_gc_time>},
    {"peakMemoryMetrics.MinorGCTime", peak<&PeakMetrics::minor_gc_time>},
    {"peakMemoryMetrics.OffHeapExecutionMemory", peak<&PeakMetrics::off_heap_execution_memory>},
    {"peakMemoryMetrics.OffHeapStorageMemory", peak<&PeakMetrics::off_heap_storage_memory>},
    {"peakMemoryMetrics.OnHeapExecutionMemory", peak<&PeakMetrics::on_heap_execution_memory>},
    {"peakMemoryMetrics.OnHeapStorageMemory", peak<&PeakMetrics::on_heap_storage_memory>},
    {"peakMemoryMetrics.ProcessTreeJVMRSSMemory", peak<&PeakMetrics::process_tree_jvm_rss>},
    {"peakMemoryMetrics.ProcessTreeOtherRSSMemory", peak<&PeakMetrics::process_tree_other_rss>},
    {"peakMemoryMetrics.ProcessTreePythonRSSMemory", peak<&PeakMetrics::process_tree_python_rss>},
    {"peakMemoryMetrics.TotalGCTime", peak<&PeakMetrics::total_gc_time>},
    {"removeReason", free_text<&Executor::remove_reason>},
    {"removeTime", time<&Executor::remove_time>},
    {"totalCores", count<&Executor::total_cores>},
    {"totalDuration", count<&Executor::total_duration>},
    {"totalGCTime", count<&Executor::total_gc_time>},
    {"totalInputBytes", count<&Executor::total_input_bytes>},
    {"totalShuffleRead", count<&Executor::total_shuffle_read>},
    {"totalShuffleWrite", count<&Executor::total_shuffle_write>},
};
static_assert(is_sorted(kFields));

const char* complete(ExecutorDraft& executor) {
  executor.is_excluded = executor.excluded.value_or(executor.blacklisted.value_or(false));
  return executor.id.empty() ? "no id" : nullptr;
}

}  // namespace

Result<DecodeReport> decode_executors(std::istream& in, const Each<Executor>& each) {
  return decode_elements(in, "executors", kFields, complete, each);
}

}  // namespace spark_exporter::spark
