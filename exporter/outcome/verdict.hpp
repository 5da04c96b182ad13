#pragma once
// What became of a run, in the words of the metric contract (docs of spark_job_state and spark_job_failure_info).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::outcome {

/// The `state` label of spark_job_state.
enum class State {
  kPending,  ///< submitted, its driver has not started
  kRunning,
  kRetrying,  ///< this attempt failed and a finite number of attempts is still to come
  kSucceeded,
  kFailed,     ///< for good
  kCancelled,  ///< ended by deletion of its pod or application, or replaced: no failure
  kUnknown,    ///< it is gone and nobody told how it ended
};
inline constexpr int kStates = static_cast<int>(State::kUnknown) + 1;

/// The `reason` label of spark_job_failure_info. Each but kNone has its own section in the runbook.
enum class Reason {
  kNone,
  kUserError,          ///< exit code 1 and others with no better reason
  kDriverOomKilled,    ///< the kernel or the kubelet killed the driver for memory
  kDriverJavaHeapOom,  ///< OutOfMemoryError in the driver's JVM
  kExecutorOom,        ///< the last stage failure says that executors were lost to memory
  kStageAborted,       ///< a task failed too often
  kFetchFailed,        ///< shuffle data was lost too often
  kUnschedulable,
  kQuotaExceeded,
  kImagePull,
  kConfigError,
  kEvicted,
  kNodeLost,
  kPreempted,
  kDeadlineExceeded,
  kKilled,            ///< 143 or 137 with neither an OOM kill nor a deletion
  kSubmissionFailed,  ///< the operator could not submit it
  kUnknown,
};
inline constexpr int kReasons = static_cast<int>(Reason::kUnknown) + 1;

enum class Confidence {
  kNone,     ///< nothing known
  kLikely,   ///< inferred: from the pod's phase, a silent node, what the operator or the container's text says
  kCertain,  ///< the kubelet or the API said so
};

std::string_view to_string(State state);
/// "" for kNone.
std::string_view to_string(Reason reason);
std::string_view to_string(Confidence confidence);

/// Nothing for a text that is no name of a state or reason.
std::optional<State> parse_state(std::string_view text);
std::optional<Reason> parse_reason(std::string_view text);

/// Succeeded, failed and cancelled runs do not come back.
constexpr bool is_final(State state) {
  return state == State::kSucceeded || state == State::kFailed || state == State::kCancelled;
}

struct Verdict {
  State state = State::kUnknown;
  /// Of failed and retrying runs why they failed; of pending ones what they wait for, if that is a trouble.
  Reason reason = Reason::kNone;
  Confidence confidence = Confidence::kNone;
  std::optional<std::int64_t> exit_code;         ///< of the driver container
  std::string exception;                         ///< a class name: "org.apache.spark.SparkException"
  std::string evidence;                          ///< one line for people
  std::optional<kubernetes::TimePoint> started;  ///< of the driver container
  std::optional<kubernetes::TimePoint> ended;
};

}  // namespace spark_exporter::outcome
