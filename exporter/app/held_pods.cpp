#include "exporter/app/held_pods.hpp"

#include <algorithm>

#include "exporter/common/limits.hpp"

namespace spark_exporter::app {
namespace {

constexpr char kBudget[] = "spark-exporter.io/budget";

std::optional<cost::TimePoint> ended(const kubernetes::ContainerStatus* status) {
  if (status == nullptr || status->state != kubernetes::ContainerStatus::State::kTerminated) return std::nullopt;
  return status->terminated.finished_at;
}

/// The end of the last container that is known to have ended.
std::optional<cost::TimePoint> last_end(const kubernetes::Pod& pod) {
  std::optional<cost::TimePoint> last;
  for (const auto* list : {&pod.container_statuses, &pod.init_container_statuses}) {
    for (const auto& status : *list) {
      if (const auto end = ended(&status)) last = std::max(last, end);
    }
  }
  return last;
}

/// Requests are taken from a node when the scheduler binds the pod to it.
std::optional<cost::TimePoint> held_from(const kubernetes::Pod& pod) {
  if (const auto* scheduled = kubernetes::find_condition(pod.conditions, "PodScheduled");
      scheduled != nullptr && scheduled->is_true() && scheduled->last_transition) {
    return scheduled->last_transition;
  }
  return pod.start_time;
}

constexpr char kExecutorContainer[] = "spark-kubernetes-executor";  // BasicExecutorFeatureStep

std::optional<std::string> logged_container(const kubernetes::Pod& pod, const std::string& driver) {
  const auto& statuses = pod.container_statuses;
  const bool started = std::any_of(statuses.begin(), statuses.end(), [](const auto& status) {
    return status.state != kubernetes::ContainerStatus::State::kWaiting;
  });
  if (!started) return std::nullopt;
  if (pod.containers.size() + pod.init_containers.size() <= 1) return "";
  return kubernetes::find_named(pod.containers, driver) != nullptr ? driver : kExecutorContainer;
}

bool is_terminal(const kubernetes::Pod& pod) {
  return pod.phase == kubernetes::Phase::kSucceeded || pod.phase == kubernetes::Phase::kFailed;
}

}  // namespace

std::optional<HeldPod> read_held_pod(const kubernetes::Pod& pod, const std::string& driver) {
  HeldPod out;
  const auto* container = kubernetes::find_named(pod.container_statuses, driver);
  const auto role = pod.label("spark-role");
  if (role == "executor") {
    out.id = std::string(pod.label("spark-exec-id"));
  } else if (role == "driver" || kubernetes::find_named(pod.containers, driver) != nullptr) {
    out.id = "driver";
    out.work_until = ended(container);
  }
  if (out.id.empty()) return std::nullopt;
  out.name = pod.name;
  out.logged_container = logged_container(pod, driver);
  out.node = pod.node;
  out.reservation = cost::pod_reservation(pod);
  out.held_from = held_from(pod);
  // A terminal pod without its containers' ends (evicted, its node lost): the end was when this was noticed, at most.
  if (is_terminal(pod)) out.released = last_end(pod);
  if (const auto at = pod.annotations.find(kBudget); at != pod.annotations.end()) {
    out.budget = cost::parse_budget(at->second);
  }
  return out;
}

void HeldPods::begin_list() { listed_.clear(); }

void HeldPods::put(const kubernetes::Pod& pod) {
  listed_.insert(pod.uid);
  auto held = read_held_pod(pod, driver_);
  if (!held) return;
  const auto known = pods_.find(pod.uid);
  if (known != pods_.end()) {
    if (known->second.released) held->released = known->second.released;
    known->second = std::move(*held);
  } else if (pods_.size() < limits::kHolders) {
    pods_.emplace(pod.uid, std::move(*held));
  }
}

void HeldPods::remove(const kubernetes::Pod& pod, cost::TimePoint now) {
  put(pod);
  const auto known = pods_.find(pod.uid);
  if (known != pods_.end() && !known->second.released) known->second.released = last_end(pod).value_or(now);
}

void HeldPods::end_list(cost::TimePoint now) {
  for (auto& [uid, pod] : pods_) {
    if (!listed_.contains(uid) && !pod.released) pod.released = now;
  }
  listed_.clear();
}

std::vector<HeldPod> HeldPods::all() const {
  std::vector<HeldPod> out;
  out.reserve(pods_.size());
  for (const auto& [uid, pod] : pods_) out.push_back(pod);
  return out;
}

}  // namespace spark_exporter::app
