#pragma once
// What a driver or an executor reserves: by its pod where that is read, else by what Spark's configuration says.

#include <cstdint>
#include <map>
#include <string>

#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::cost {

struct Reservation {
  double cores = 0;
  double memory_bytes = 0;
  double gpus = 0;
  double ephemeral_bytes = 0;  ///< of the node's own disk
  double volume_bytes = 0;     ///< of volumes that were made for it
  bool operator==(const Reservation&) const = default;
};

/// sparkProperties of the environment.
using Properties = std::map<std::string, std::string>;

/// `told_cores`: executors[].totalCores, which says what a resource profile and a standalone worker really gave; 0: not
/// told.
Reservation executor_reservation(const Properties& properties, std::int64_t told_cores);
/// In local mode the driver is the executor, and `told_cores` are its own; else 0.
Reservation driver_reservation(const Properties& properties, std::int64_t told_cores);

/// A pod's effective requests, as the scheduler counts them; a limit where there is no request. Of its volumes those
/// that the pod itself makes: not the claims that Spark makes for it, which its configuration tells.
Reservation pod_reservation(const kubernetes::Pod& pod);

}  // namespace spark_exporter::cost
