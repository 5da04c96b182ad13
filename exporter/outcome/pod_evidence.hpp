#pragma once
// What one pod says about the run of the container we care for, boiled down to what is worth keeping for each of
// thousands of pods.
//
// The container is found by its name, or is the only regular one of the pod; never by its place: with a pod template
// Spark puts its own container last, and a classic sidecar's end would be taken for the driver's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::outcome {

inline constexpr std::string_view kDriverContainer = "spark-kubernetes-driver";
inline constexpr std::string_view kExecutorContainer = "spark-kubernetes-executor";

/// The `reason` label of spark_job_pods_waiting.
enum class Waiting {
  kUnschedulable,
  kImagePull,
  kConfigError,
  kCrashLoop,
  kQuota,  ///< a pod that is wanted and was never created: no pod says this, its owner counts it
  kOther,  ///< not scheduled yet, gated, container creating, initialising
};
inline constexpr int kWaitings = static_cast<int>(Waiting::kOther) + 1;
std::string_view to_string(Waiting waiting);

/// Who ended a pod that nobody of its own side ended.
enum class Disruption {
  kEvicted,           ///< by the kubelet for a resource, or through the eviction API (drain)
  kPreempted,         ///< for a pod of higher priority
  kNodeLost,          ///< its node went away, shut down or was tainted
  kDeadlineExceeded,  ///< spec.activeDeadlineSeconds
  kRejected,          ///< the kubelet found no room when it came (OutOfcpu, ...)
};

/// How the container ended.
struct ContainerEnd {
  std::int64_t exit_code = 0;
  std::string reason;   ///< "Completed", "Error", "OOMKilled", ...
  std::string message;  ///< the termination message's beginning
  std::optional<kubernetes::TimePoint> started;
  std::optional<kubernetes::TimePoint> finished;
};

struct PodEvidence {
  kubernetes::Phase phase = kubernetes::Phase::kUnknown;
  bool running = false;  ///< the container runs, as far as its kubelet said last
  std::optional<kubernetes::TimePoint> running_since;
  std::optional<Waiting> waiting;   ///< it has not started, or not again
  std::optional<ContainerEnd> end;  ///< it ended
  bool start_failed = false;        ///< an init container ended the pod: `end` is that one's
  bool restarts = false;            ///< the kubelet starts it again: `end` is of the time before
  std::optional<Disruption> disruption;
  std::optional<kubernetes::TimePoint> disrupted;  ///< when, if that is told
  std::optional<kubernetes::TimePoint> deletion_requested;
  /// Its node controller has not heard from the node: Ready is False and no kubelet gave a reason for it.
  bool node_silent = false;
  std::string text;  ///< what the scheduler, the kubelet or the pod itself says; one line
};

/// `container`: its name.
PodEvidence observe(const kubernetes::Pod& pod, std::string_view container);

/// Whether the pod's deletion was asked for before its container ended, so that it ended of it. Both times are whole
/// seconds: within the same second a signal's exit code decides.
bool ended_by_deletion(const PodEvidence& pod);

/// Whether the disruption came before the container's own end and before a deletion that somebody else had asked for.
bool ended_by_disruption(const PodEvidence& pod);

}  // namespace spark_exporter::outcome
