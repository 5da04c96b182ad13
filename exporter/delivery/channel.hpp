#pragma once
// The ways on which a run's last words leave the sidecar. Each channel tries by itself, with its own pauses, on its own
// thread; what became of the tries is counted (spark_exporter_outcome_deliveries_total).

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/outcome/last_words.hpp"

namespace spark_exporter::delivery {

/// The `channel` label.
enum class Name { kTerminationMessage, kObserver, kEvent, kPushgateway, kAlertmanager };
inline constexpr int kNames = 5;
std::string_view to_string(Name name);

/// What a channel is told: the outcome, and that the process leaves.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual Name name() const = 0;
  /// One try, on the courier's thread of this channel; blocks up to its own time-out. An error with kind kForbidden,
  /// kUnauthorized (after the token was read again), kNotFound, kTooLarge or kMalformed is not tried again.
  virtual Result<void> deliver(const outcome::LastWordsMessage& message) = 0;
  /// Zero: delivered once is enough. Else deliver() is called again after this long, until the process leaves
  /// (Alertmanager forgets an alert that is not sent again). Asked after each deliver(), on the same thread.
  virtual std::chrono::milliseconds repeat() const { return std::chrono::milliseconds{0}; }
  /// Makes a deliver() under way, and every later one, return soon. Any thread.
  virtual void cancel() noexcept = 0;
};

struct Counts {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;  ///< tries, those that were repeated included
};

}  // namespace spark_exporter::delivery
