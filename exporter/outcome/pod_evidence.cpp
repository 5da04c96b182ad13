#include "exporter/outcome/pod_evidence.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "exporter/common/text.hpp"
#include "exporter/outcome/failure_text.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::ContainerSpec;
using kubernetes::ContainerStatus;
using kubernetes::Phase;
using kubernetes::Pod;
using kubernetes::Terminated;

constexpr std::int64_t kSigkill = 128 + 9;
constexpr std::int64_t kSigterm = 128 + 15;

std::string one_line(std::string_view text) {
  const auto line = first_line(text);
  return line.empty() ? std::string() : quoted(line);
}

std::string container_name(const Pod& pod, std::string_view wanted) {
  if (kubernetes::find_named(pod.containers, wanted) == nullptr && pod.containers.size() == 1) {
    return pod.containers.front().name;
  }
  return std::string(wanted);
}

ContainerEnd end_of(const Terminated& terminated) {
  return {.exit_code = terminated.exit_code,
          .reason = terminated.reason,
          .message = terminated.message,
          .started = terminated.started_at,
          .finished = terminated.finished_at};
}

bool is_sidecar(const Pod& pod, const std::string& init_container) {
  const ContainerSpec* spec = kubernetes::find_named(pod.init_containers, init_container);
  return spec != nullptr && spec->restart_policy == "Always";
}

// --- waiting -----------------------------------------------------------------------------------

/// state.waiting.reason as the kubelet and the runtimes write it.
std::optional<Waiting> known_waiting(std::string_view reason) {
  static constexpr std::array<std::pair<std::string_view, Waiting>, 14> kKnown{{
      {"ErrImagePull", Waiting::kImagePull},
      {"ImagePullBackOff", Waiting::kImagePull},
      {"InvalidImageName", Waiting::kImagePull},
      {"ErrImageNeverPull", Waiting::kImagePull},
      {"ImageInspectError", Waiting::kImagePull},
      {"RegistryUnavailable", Waiting::kImagePull},
      {"SignatureValidationFailed", Waiting::kImagePull},
      {"CreateContainerConfigError", Waiting::kConfigError},
      {"CreateContainerError", Waiting::kConfigError},
      {"RunContainerError", Waiting::kConfigError},
      {"StartError", Waiting::kConfigError},
      {"PreStartHookError", Waiting::kConfigError},
      {"PostStartHookError", Waiting::kConfigError},
      {"CrashLoopBackOff", Waiting::kCrashLoop},
  }};
  for (const auto& [name, waiting] : kKnown) {
    if (name == reason) return waiting;
  }
  return std::nullopt;
}

/// The trouble of the container itself, else of an init container that it waits for.
void find_waiting(const Pod& pod, const ContainerStatus* container, PodEvidence& evidence) {
  if (container != nullptr) {
    evidence.waiting = known_waiting(container->waiting_reason);
    if (evidence.waiting) {
      evidence.text = one_line(container->waiting_message);
      return;
    }
  }
  for (const auto& init : pod.init_container_statuses) {
    if (init.state != ContainerStatus::State::kWaiting) continue;
    evidence.waiting = known_waiting(init.waiting_reason);
    if (evidence.waiting) {
      evidence.text = one_line(init.waiting_message);
      return;
    }
  }
  evidence.waiting = Waiting::kOther;
  const auto* scheduled = kubernetes::find_condition(pod.conditions, "PodScheduled");
  if (scheduled == nullptr || scheduled->status != "False") return;
  if (scheduled->reason == "Unschedulable") evidence.waiting = Waiting::kUnschedulable;
  evidence.text = one_line(scheduled->message);
}

// --- disruption --------------------------------------------------------------------------------

/// status.reason of a failed pod.
std::optional<Disruption> known_disruption(std::string_view reason) {
  if (reason == "Evicted") return Disruption::kEvicted;
  if (reason == "Preempting") return Disruption::kPreempted;
  if (reason == "DeadlineExceeded") return Disruption::kDeadlineExceeded;
  // Graceful node shutdown: "Terminated"; before 1.22 "Shutdown", "NodeShutdown".
  static constexpr std::array<std::string_view, 4> kNode{"NodeLost", "Terminated", "Shutdown", "NodeShutdown"};
  if (std::find(kNode.begin(), kNode.end(), reason) != kNode.end()) return Disruption::kNodeLost;
  static constexpr std::array<std::string_view, 4> kRefused{"NodeAffinity", "UnexpectedAdmissionError", "NodePorts",
                                                            "Taint"};
  if (reason.starts_with("OutOf") || std::find(kRefused.begin(), kRefused.end(), reason) != kRefused.end()) {
    return Disruption::kRejected;
  }
  return std::nullopt;
}

/// Condition DisruptionTarget, from Kubernetes 1.26.
Disruption disruption_of(std::string_view reason) {
  if (reason == "PreemptionByScheduler") return Disruption::kPreempted;
  if (reason == "EvictionByEvictionAPI" || reason == "TerminationByKubelet") return Disruption::kEvicted;
  return Disruption::kNodeLost;  // DeletionByTaintManager, DeletionByPodGC
}

void find_disruption(const Pod& pod, PodEvidence& evidence) {
  const auto* target = kubernetes::find_condition(pod.conditions, "DisruptionTarget");
  if (target != nullptr && target->is_true()) {
    evidence.disruption = disruption_of(target->reason);
    evidence.disrupted = target->last_transition;
    evidence.text = one_line(target->message);
  }
  // TerminationByKubelet stands for evictions and for a node's shutdown alike: the pod's own reason knows better.
  if (const auto known = known_disruption(pod.reason)) {
    evidence.disruption = known;
    evidence.text = one_line(pod.message);
  }
}

void find_failed_start(const Pod& pod, PodEvidence& evidence) {
  for (const auto& init : pod.init_container_statuses) {
    if (init.state != ContainerStatus::State::kTerminated || init.terminated.exit_code == 0) continue;
    if (is_sidecar(pod, init.name)) continue;
    evidence.end = end_of(init.terminated);
    evidence.start_failed = true;
    evidence.text = "init container " + quoted(init.name);
    return;
  }
}

bool node_is_silent(const Pod& pod) {
  const auto* ready = kubernetes::find_condition(pod.conditions, "Ready");
  return pod.phase == Phase::kRunning && ready != nullptr && ready->status != "True" && ready->reason.empty();
}

void read_status(const Pod& pod, const ContainerStatus* container, PodEvidence& evidence) {
  if (container == nullptr || container->state == ContainerStatus::State::kWaiting) {
    find_waiting(pod, container, evidence);
    if (container != nullptr && container->last_terminated) {
      evidence.end = end_of(*container->last_terminated);
      evidence.restarts = true;
    } else if (pod.phase == Phase::kFailed) {
      find_failed_start(pod, evidence);
    }
  } else if (container->state == ContainerStatus::State::kRunning) {
    evidence.running = true;
    evidence.running_since = container->running_since;
  } else {
    evidence.end = end_of(container->terminated);
    evidence.restarts =
        pod.restart_policy == "Always" || (pod.restart_policy == "OnFailure" && container->terminated.exit_code != 0);
    evidence.restarts = evidence.restarts && pod.phase != Phase::kFailed && pod.phase != Phase::kSucceeded;
  }
}

}  // namespace

std::string_view to_string(Waiting waiting) {
  switch (waiting) {
    case Waiting::kUnschedulable: return "Unschedulable";
    case Waiting::kImagePull: return "ImagePull";
    case Waiting::kConfigError: return "ConfigError";
    case Waiting::kCrashLoop: return "CrashLoop";
    case Waiting::kQuota: return "Quota";
    case Waiting::kOther: return "Other";
  }
  return "Other";
}

PodEvidence observe(const Pod& pod, std::string_view container) {
  PodEvidence evidence;
  evidence.phase = pod.phase;
  evidence.deletion_requested = pod.deletion_requested();
  evidence.node_silent = node_is_silent(pod);
  read_status(pod, kubernetes::find_named(pod.container_statuses, container_name(pod, container)), evidence);
  find_disruption(pod, evidence);
  return evidence;
}

bool ended_by_deletion(const PodEvidence& pod) {
  if (!pod.deletion_requested) return false;
  if (!pod.end || pod.restarts || !pod.end->finished) return true;
  const bool signalled = pod.end->exit_code == kSigkill || pod.end->exit_code == kSigterm;
  const auto asked = std::chrono::floor<std::chrono::seconds>(*pod.deletion_requested);
  const auto ended = std::chrono::floor<std::chrono::seconds>(*pod.end->finished);
  return asked < ended || (asked == ended && signalled);
}

bool ended_by_disruption(const PodEvidence& pod) {
  constexpr auto kSlack = std::chrono::seconds{1};  // they mark the pod, then delete or kill it; whole seconds
  if (!pod.disruption) return false;
  if (!pod.disrupted) return true;
  if (pod.deletion_requested && *pod.deletion_requested + kSlack < *pod.disrupted) return false;
  if (!pod.end || pod.restarts || !pod.end->finished) return true;
  return *pod.disrupted <= *pod.end->finished + kSlack;
}

}  // namespace spark_exporter::outcome
