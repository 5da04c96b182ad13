#pragma once
// The run's pods as cost needs them: who held what on which node, from when until when.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exporter/cost/budget.hpp"
#include "exporter/cost/money.hpp"
#include "exporter/cost/reservation.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::app {

struct HeldPod {
  std::string id;  ///< Spark's executor id; "driver"
  std::string name;
  /// Whose log is Spark's; "" of a pod with one container. Absent: none has started.
  std::optional<std::string> logged_container;
  std::string node;
  cost::Reservation reservation;
  std::optional<cost::TimePoint> held_from;  ///< absent: no node yet
  /// Of the driver: when its container ended, which its pod may outlive.
  std::optional<cost::TimePoint> work_until;
  std::optional<cost::TimePoint> released;
  std::optional<cost::Budget> budget;  ///< annotation spark-exporter.io/budget
};

/// Nothing for a pod that is neither the driver's nor an executor's. `driver`: the name of the driver's container.
std::optional<HeldPod> read_held_pod(const kubernetes::Pod& pod, const std::string& driver);

/// A watch's pods, also those that are gone. Not thread-safe.
class HeldPods {
 public:
  explicit HeldPods(std::string driver) : driver_(std::move(driver)) {}

  void begin_list();
  void put(const kubernetes::Pod& pod);
  /// `now`: its release, where it does not say itself.
  void remove(const kubernetes::Pod& pod, cost::TimePoint now);
  /// Those that were not listed are gone.
  void end_list(cost::TimePoint now);

  std::vector<HeldPod> all() const;

 private:
  const std::string driver_;
  std::map<std::string, HeldPod> pods_;  ///< by the pod's uid
  std::set<std::string> listed_;
};

}  // namespace spark_exporter::app
