#pragma once
// Driver pods made for tests, as the API would show them.

#include <string>

#include "exporter/kubernetes/facts.hpp"
#include "exporter/outcome/pod_evidence.hpp"

namespace spark_exporter::outcome::test {

/// Seconds after an arbitrary instant.
inline kubernetes::TimePoint at(int seconds) {
  return kubernetes::TimePoint{std::chrono::hours{24 * 365 * 50}} + std::chrono::seconds{seconds};
}

class MadePod {
 public:
  MadePod() {
    pod_.name = "driver";
    pod_.phase = kubernetes::Phase::kPending;
    pod_.restart_policy = "Never";
    pod_.containers.resize(2);
    pod_.containers[0].name = "exporter";
    pod_.containers[1].name = kDriverContainer;
    pod_.container_statuses.resize(2);
    pod_.container_statuses[0].name = "exporter";
    pod_.container_statuses[0].state = kubernetes::ContainerStatus::State::kRunning;
    pod_.container_statuses[1].name = kDriverContainer;
  }

  MadePod& waiting(const std::string& reason) {
    driver().waiting_reason = reason;
    return *this;
  }
  MadePod& running(int since = 0) {
    pod_.phase = kubernetes::Phase::kRunning;
    driver().state = kubernetes::ContainerStatus::State::kRunning;
    driver().running_since = at(since);
    return *this;
  }
  MadePod& ended(int when, std::int64_t code, const std::string& reason = "Error", const std::string& message = "") {
    pod_.phase = kubernetes::Phase::kRunning;  // its classic sidecar runs on
    driver().state = kubernetes::ContainerStatus::State::kTerminated;
    driver().terminated = {.exit_code = code,
                           .signal = 0,
                           .reason = code == 0 ? "Completed" : reason,
                           .message = message,
                           .started_at = at(0),
                           .finished_at = at(when)};
    return *this;
  }
  MadePod& phase(kubernetes::Phase phase, const std::string& reason = "") {
    pod_.phase = phase;
    pod_.reason = reason;
    return *this;
  }
  MadePod& deleted(int asked, int grace = 30) {
    pod_.deletion_time = at(asked + grace);
    pod_.deletion_grace_period = kubernetes::Seconds{grace};
    return *this;
  }
  MadePod& disrupted(int when, const std::string& reason) {
    pod_.conditions.push_back({"DisruptionTarget", "True", reason, "", at(when)});
    return *this;
  }
  MadePod& unready(const std::string& reason) {
    pod_.conditions.push_back({"Ready", "False", reason, "", {}});
    return *this;
  }
  MadePod& silent_node() { return unready(""); }

  kubernetes::ContainerStatus& driver() { return pod_.container_statuses[1]; }
  kubernetes::Pod& pod() { return pod_; }
  PodEvidence seen() const { return observe(pod_, kDriverContainer); }

 private:
  kubernetes::Pod pod_;
};

}  // namespace spark_exporter::outcome::test
