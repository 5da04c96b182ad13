#pragma once
// The wall clock without its jumps: what is added up over time (uptime, money) cannot be taken back.

#include <chrono>
#include <mutex>
#include <optional>

namespace spark_exporter {

/// Goes on evenly when the system's clock steps, and follows it once it has stayed there for kPatience: a clock that
/// was wrong for moments changes nothing; that of a machine that slept does. Small corrections (NTP slews) are followed
/// at once. Thread-safe.
class WallClock {
 public:
  using Wall = std::chrono::sys_time<std::chrono::nanoseconds>;
  using Steady = std::chrono::steady_clock::time_point;
  static constexpr auto kStep = std::chrono::seconds{2};
  static constexpr auto kPatience = std::chrono::seconds{60};

  /// What the time is, where the system's clocks show these.
  Wall now(Wall system, Steady steady);

 private:
  std::mutex mutex_;
  std::optional<std::chrono::nanoseconds> offset_;  ///< of the wall clock to the steady one, as it is believed
  std::optional<Steady> away_since_;                ///< when the system's clock left that
};

}  // namespace spark_exporter
