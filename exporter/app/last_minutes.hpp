#pragma once
// When the sidecar may leave: a pure decision, taken anew at each tick. The rules are those of docs/architecture.md,
// "the sidecar's last minutes".

#include <chrono>
#include <optional>
#include <string>

#include "exporter/outcome/verdict.hpp"

namespace spark_exporter::app {

using Instant = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

enum class ContainerKind { kUnknown, kNative, kClassic };

struct LastMinutesOptions {
  bool owner = true;                     ///< --outcome.owner=sidecar
  bool observer = false;                 ///< --observer.url is given
  std::optional<Millis> linger_success;  ///< --outcome.linger-success
  std::optional<Millis> linger_failure;  ///< --outcome.linger-failure
};

/// What is known at this moment.
struct Moment {
  Instant now;
  ContainerKind container = ContainerKind::kUnknown;
  bool pod_known = false;  ///< this is a pod and we know which: it is watched, or would be if we had the right
  outcome::State state = outcome::State::kUnknown;
  bool run_over = false;                   ///< final, or the UI is gone for good and nobody can tell more
  std::optional<Instant> final_published;  ///< when the exposition with the final values was first published
  int final_scrapes = 0;                   ///< scrapes of it
  std::optional<Millis> scrape_interval;   ///< learnt
  bool delivered = false;                  ///< Courier::done() for the final message
  std::optional<Instant> terminated_at;    ///< SIGTERM
  std::optional<Millis> grace_period;      ///< terminationGracePeriodSeconds of our own pod
};

struct Decision {
  bool leave = false;
  std::string why;    ///< for the log
  Instant ask_again;  ///< when the answer may change by itself
};

Millis linger_success(const LastMinutesOptions& options, std::optional<Millis> scrape_interval);
Millis linger_failure(const LastMinutesOptions& options, std::optional<Millis> scrape_interval);

Decision decide_leaving(const LastMinutesOptions& options, const Moment& moment);

/// One line if the pod's grace period is too short for the contract's alert to fire, else "".
std::string judge_grace_period(const LastMinutesOptions& options, const Moment& moment);

}  // namespace spark_exporter::app
