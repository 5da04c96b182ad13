#pragma once
// What the pod that we are in says about us and about the driver beside us.

#include <cstddef>
#include <optional>
#include <string>

#include "exporter/app/last_minutes.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::app {

struct OwnPod {
  ContainerKind container = ContainerKind::kUnknown;  ///< ours
  /// spec.terminationGracePeriodSeconds, or the shorter one with which the pod is being deleted.
  std::optional<Millis> grace_period;
  bool being_deleted = false;
  std::string app_id;  ///< label spark-app-selector
  std::string uid;
  std::size_t containers = 1;   ///< init containers included
  bool driver_started = false;  ///< its container runs or has ended
};

/// `own`: the name of our container, "" if nobody said; then it is the one named spark-exporter, else the one with such
/// an image.
OwnPod read_own_pod(const kubernetes::Pod& pod, const std::string& own, const std::string& driver);

/// What the kubelet keeps of our termination message: it shares 12 KiB among a pod's containers, 4,096 bytes at most.
std::size_t termination_message_bytes(std::size_t containers);

}  // namespace spark_exporter::app
