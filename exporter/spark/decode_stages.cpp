#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

#include "exporter/common/redact.hpp"
#include "exporter/intake/limits.hpp"
#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

struct StageDraft : Stage {
  bool has_status = false;
  std::size_t accumulator_at = SIZE_MAX;  ///< place in accumulatorUpdates
  Accumulator accumulator;                ///< what stands there
};

void keep_accumulator(StageDraft& stage) {
  const bool is_ours = std::string_view(stage.accumulator.name).starts_with(kQualityPrefix);
  if (is_ours && stage.quality.size() < limits::kQualityAccumulators) {
    stage.quality.push_back(std::move(stage.accumulator));
  }
  stage.accumulator = {};
}

/// The element of accumulatorUpdates that the value belongs to.
Accumulator& accumulator(StageDraft& stage, const Scalar& value) {
  if (value.index != stage.accumulator_at) keep_accumulator(stage);
  stage.accumulator_at = value.index;
  return stage.accumulator;
}

Verdict accumulator_name(StageDraft& stage, const Scalar& value) {
  auto& at = accumulator(stage, value);
  if (value.kind == Scalar::Kind::kText) at.name = to_kept_text(value.text);
  return {};
}

/// A text: "5" of a long, "5.0" of a double, and anything of accumulators that are none of ours.
Verdict accumulator_value(StageDraft& stage, const Scalar& value) {
  auto& at = accumulator(stage, value);
  double number = 0;
  const auto end = value.text.data() + value.text.size();
  const auto [read, error] = std::from_chars(value.text.data(), end, number);
  if (value.kind == Scalar::Kind::kText && error == std::errc{} && read == end && std::isfinite(number)) {
    at.value = number;
  }
  return {};
}

std::optional<StageStatus> parse_status(std::string_view text) {
  if (text == "ACTIVE") return StageStatus::kActive;
  if (text == "COMPLETE") return StageStatus::kComplete;
  if (text == "FAILED") return StageStatus::kFailed;
  if (text == "PENDING") return StageStatus::kPending;
  if (text == "SKIPPED") return StageStatus::kSkipped;
  return std::nullopt;
}

/// An unknown one is reported when the stage is dropped for it.
Verdict status(StageDraft& stage, const Scalar& value) {
  const auto parsed = parse_status(value.text);
  stage.has_status = parsed.has_value();
  if (parsed) stage.status = *parsed;
  return {};
}

/// Java's frames tell nobody a cause, and stand between what does.
std::string without_frames(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    const auto line = text.substr(0, end);
    if (!line.starts_with("\tat ")) kept += line;
    text.remove_prefix(end);
  }
  return kept;
}

/// Spark 3.5 writes the cause in front of the frames, 4.3 a Python exception's class at the very end.
Verdict failure_reason(StageDraft& stage, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  const bool fits = value.text.size() <= limits::kTextBytes;
  stage.failure_reason = json::to_kept_ends(without_secrets(fits ? value.text : without_frames(value.text)));
  return {};
}

// GET /applications/ID/stages, /stages/ID, /stages/ID/ATTEMPT
constexpr Field<StageDraft> kFields[] = {
    {"accumulatorUpdates[].id",
     [](StageDraft& stage, const Scalar& value) -> Verdict {
       accumulator(stage, value).id = to_count(value).value_or(-1);
       return {};
     }},
    {"accumulatorUpdates[].name", accumulator_name},
    {"accumulatorUpdates[].value", accumulator_value},
    {"attemptId", count<&Stage::attempt>},
    {"completionTime", time<&Stage::completion_time>},
    {"description", free_text<&Stage::description>},
    {"diskBytesSpilled", count<&Stage::disk_bytes_spilled>},
    {"executorCpuTime", count<&Stage::executor_cpu_time>},
    {"executorDeserializeTime", count<&Stage::executor_deserialize_time>},
    {"executorRunTime", count<&Stage::executor_run_time>},
    {"failureReason", failure_reason},
    {"firstTaskLaunchedTime", time<&Stage::first_task_launched_time>},
    {"inputBytes", count<&Stage::input_bytes>},
    {"inputRecords", count<&Stage::input_records>},
    {"jvmGcTime", count<&Stage::jvm_gc_time>},
    {"memoryBytesSpilled", count<&Stage::memory_bytes_spilled>},
    {"name", text<&Stage::name>},
    {"numActiveTasks", count<&Stage::active_tasks>},
    {"numCompleteTasks", count<&Stage::completed_tasks>},
    {"numCompletedIndices", count<&Stage::completed_indices>},
    {"numFailedTasks", count<&Stage::failed_tasks>},
    {"numKilledTasks", count<&Stage::killed_tasks>},
    {"numTasks", count<&Stage::tasks>},
    {"outputBytes", count<&Stage::output_bytes>},
    {"outputRecords", count<&Stage::output_records>},
    {"resultSerializationTime", count<&Stage::result_serialization_time>},
    {"shuffleReadBytes", count<&Stage::shuffle_read_bytes>},
    {"shuffleReadRecords", count<&Stage::shuffle_read_records>},
    {"shuffleWriteBytes", count<&Stage::shuffle_write_bytes>},
    {"shuffleWriteRecords", count<&Stage::shuffle_write_records>},
    {"stageId", count<&Stage::id>},
    {"status", status},
    {"submissionTime", time<&Stage::submission_time>},
};
static_assert(is_sorted(kFields));

const char* missing(StageDraft& stage) {
  keep_accumulator(stage);
  if (stage.id < 0) return "no stageId";
  return stage.has_status ? nullptr : "no known status";
}

}  // namespace

Result<DecodeReport> decode_stages(std::istream& in, const Each<Stage>& each) {
  return decode_elements(in, "stages", kFields, missing, each);
}

}  // namespace spark_exporter::spark
