#include "exporter/outcome/diagnosis.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::Phase;

Termination termination_of(Disruption disruption) {
  switch (disruption) {
    case Disruption::kEvicted: return Termination::kEvicted;
    case Disruption::kPreempted: return Termination::kPreempted;
    case Disruption::kNodeLost: return Termination::kNodeLost;
    case Disruption::kDeadlineExceeded: return Termination::kDeadlineExceeded;
    case Disruption::kRejected: return Termination::kRejected;
  }
  return Termination::kError;
}

Termination termination_of(const ContainerEnd& end) {
  constexpr std::int64_t kSparkOom = 52;  // SparkExitCode.OOM
  if (end.reason == "OOMKilled") return Termination::kOomKilled;
  if (end.reason == "ContainerStatusUnknown") return Termination::kNodeLost;
  if (end.reason == "StartError" || end.reason == "ContainerCannotRun") return Termination::kConfigError;
  if (end.exit_code == kSparkOom) return Termination::kJavaHeapOom;
  return end.exit_code == 128 + 9 || end.exit_code == 128 + 15 ? Termination::kKilled : Termination::kError;
}

Termination termination_of(const PodEvidence& pod, const ContainerEnd& end) {
  const bool deletion = ended_by_deletion(pod);
  if (end.exit_code == 0) return deletion ? Termination::kDecommissioned : Termination::kCompleted;
  if (ended_by_disruption(pod)) return termination_of(*pod.disruption);
  if (deletion) return Termination::kDeleted;
  return pod.start_failed ? Termination::kConfigError : termination_of(end);
}

}  // namespace

std::string_view to_string(Termination termination) {
  switch (termination) {
    case Termination::kCompleted: return "Completed";
    case Termination::kOomKilled: return "OOMKilled";
    case Termination::kJavaHeapOom: return "JavaHeapOOM";
    case Termination::kEvicted: return "Evicted";
    case Termination::kPreempted: return "Preempted";
    case Termination::kNodeLost: return "NodeLost";
    case Termination::kDeadlineExceeded: return "DeadlineExceeded";
    case Termination::kRejected: return "Rejected";
    case Termination::kConfigError: return "ConfigError";
    case Termination::kDeleted: return "Deleted";
    case Termination::kDecommissioned: return "Decommissioned";
    case Termination::kKilled: return "Killed";
    case Termination::kError: return "Error";
  }
  return "Error";
}

std::optional<Waiting> waiting_reason(const PodEvidence& pod) {
  const bool over = pod.phase == Phase::kFailed || pod.phase == Phase::kSucceeded || (pod.end && !pod.restarts);
  return over ? std::nullopt : pod.waiting;
}

std::optional<Termination> termination_reason(const PodEvidence& pod, bool deleted) {
  if (pod.end && !pod.restarts) return termination_of(pod, *pod.end);
  if (!deleted && pod.phase != Phase::kFailed && pod.phase != Phase::kSucceeded) return std::nullopt;
  if (ended_by_disruption(pod)) return termination_of(*pod.disruption);
  if (pod.node_silent) return Termination::kNodeLost;
  if (pod.phase == Phase::kSucceeded) return Termination::kCompleted;
  return deleted || pod.deletion_requested ? Termination::kDeleted : Termination::kError;
}

}  // namespace spark_exporter::outcome
