#include "exporter/app/own_pod.hpp"

#include <algorithm>

namespace spark_exporter::app {
namespace {

constexpr char kOwnName[] = "spark-exporter";

bool has_our_image(const kubernetes::ContainerSpec& container) {
  return container.image.find("spark-exporter") != std::string::npos ||
         container.image.find("spark_exporter") != std::string::npos;
}

template <class Is>
ContainerKind kind_of(const kubernetes::Pod& pod, Is is_ours) {
  for (const auto& container : pod.init_containers) {
    if (is_ours(container) && container.restart_policy == "Always") return ContainerKind::kNative;
  }
  const bool classic = std::any_of(pod.containers.begin(), pod.containers.end(), is_ours);
  return classic ? ContainerKind::kClassic : ContainerKind::kUnknown;
}

}  // namespace

OwnPod read_own_pod(const kubernetes::Pod& pod, const std::string& own, const std::string& driver) {
  OwnPod out;
  out.container = kind_of(pod, [&](const auto& c) { return c.name == (own.empty() ? kOwnName : own); });
  if (out.container == ContainerKind::kUnknown) out.container = kind_of(pod, has_our_image);
  out.grace_period = pod.termination_grace_period;
  out.being_deleted = pod.deletion_time.has_value();
  if (const auto shorter = pod.deletion_grace_period; out.being_deleted && shorter) {
    out.grace_period = std::min<Millis>(*shorter, out.grace_period.value_or(*shorter));
  }
  out.app_id = std::string(pod.label("spark-app-selector"));
  out.uid = pod.uid;
  out.containers = std::max<std::size_t>(1, pod.containers.size() + pod.init_containers.size());
  const auto* status = kubernetes::find_named(pod.container_statuses, driver);
  out.driver_started = status != nullptr && status->state != kubernetes::ContainerStatus::State::kWaiting;
  return out;
}

std::size_t termination_message_bytes(std::size_t containers) {
  return std::min<std::size_t>(4096, 12 * 1024 / std::max<std::size_t>(1, containers));
}

}  // namespace spark_exporter::app
