#pragma once
// Why a pod waits and why it ended, in the closed lists of spark_job_pods_waiting and spark_job_pod_terminations_total;
// for drivers and executors alike.

#include <optional>
#include <string_view>

#include "exporter/outcome/pod_evidence.hpp"

namespace spark_exporter::outcome {

/// The `reason` label of spark_job_pod_terminations_total.
enum class Termination {
  kCompleted,  ///< exit code 0
  kOomKilled,
  kJavaHeapOom,  ///< exit code 52
  kEvicted,
  kPreempted,
  kNodeLost,
  kDeadlineExceeded,
  kRejected,        ///< by the kubelet it was bound to, for want of room
  kConfigError,     ///< its container or an init container could not start
  kDeleted,         ///< by its owner or a user
  kDecommissioned,  ///< deleted, and left in order
  kKilled,          ///< 137 or 143, nobody knows by whom
  kError,           ///< any other exit code, or none
};
inline constexpr int kTerminations = static_cast<int>(Termination::kError) + 1;
std::string_view to_string(Termination termination);

/// What a pod waits for that is there and has not started; nothing for others.
std::optional<Waiting> waiting_reason(const PodEvidence& pod);

/// How it ended; nothing while it lives. `deleted`: a DELETED event came, so that it is over whatever was seen last.
std::optional<Termination> termination_reason(const PodEvidence& pod, bool deleted);

}  // namespace spark_exporter::outcome
