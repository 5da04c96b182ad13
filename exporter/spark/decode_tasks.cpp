#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

/// RUNNING and whatever else there may be is of no interest.
Verdict status(Task& task, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a task's status");
  task.status = TaskStatus::kUnknown;
  if (value.text == "RUNNING") {
    task.status = TaskStatus::kRunning;
  } else if (value.text == "SUCCESS") {
    task.status = TaskStatus::kSuccess;
  } else if (value.text == "FAILED") {
    task.status = TaskStatus::kFailed;
  } else if (value.text == "KILLED") {
    task.status = TaskStatus::kKilled;
  }
  return {};
}

// GET /applications/ID/stages/STAGE/ATTEMPT/taskList
constexpr Field<Task> kFields[] = {
    {"duration", count<&Task::duration>},
    {"errorMessage", free_text<&Task::error_message>},
    {"executorId", text<&Task::executor_id>},
    {"status", status},
    {"taskId", count<&Task::id>},
    {"taskMetrics.executorDeserializeTime", count<&Task::executor_deserialize_time>},
    {"taskMetrics.executorRunTime", count<&Task::executor_run_time>},
    {"taskMetrics.jvmGcTime", count<&Task::jvm_gc_time>},
};
static_assert(is_sorted(kFields));

const char* missing(Task& task) { return task.id < 0 ? "no taskId" : nullptr; }

}  // namespace

Result<DecodeReport> decode_tasks(std::istream& in, const Each<Task>& each) {
  return decode_elements(in, "taskList", kFields, missing, each);
}

}  // namespace spark_exporter::spark
