#pragma once
// Points in time by which a step must be done.

#include <algorithm>
#include <chrono>

namespace spark_exporter::net {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

inline constexpr TimePoint kNever = TimePoint::max();

/// `span` from now; a span too long to matter (or to add without overflow) is never.
inline TimePoint after(std::chrono::milliseconds span) {
  constexpr auto kForEver = std::chrono::hours{24 * 365};
  return span >= kForEver ? kNever : Clock::now() + std::max(span, std::chrono::milliseconds::zero());
}

/// As after(), but zero is the options' word for "no limit".
inline TimePoint after_unless_zero(std::chrono::milliseconds span) {
  return span == std::chrono::milliseconds::zero() ? kNever : after(span);
}

}  // namespace spark_exporter::net
