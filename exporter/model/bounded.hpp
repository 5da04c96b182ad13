#pragma once
// Arithmetic on numbers from outside: a driver may answer anything, and no answer may overflow a sum of ours.

#include <cstdint>
#include <limits>

#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

/// Whether Spark can have given this id: jobs, stages, attempts and SQL executions count up from 0.
constexpr bool is_id(std::int64_t id) { return id >= 0 && id < (std::int64_t{1} << 53); }

/// a + b, or the nearest number that fits.
constexpr std::int64_t bounded_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

constexpr spark::Millis bounded_sum(spark::Millis a, spark::Millis b) {
  return spark::Millis{bounded_sum(a.count(), b.count())};
}

/// From `start` to `end`, not less than 0.
constexpr spark::Millis span_between(spark::TimePoint start, spark::TimePoint end) {
  if (end <= start) return spark::Millis{0};
  std::int64_t span = 0;
  const bool overflow = __builtin_sub_overflow(end.time_since_epoch().count(), start.time_since_epoch().count(), &span);
  return overflow ? spark::Millis::max() : spark::Millis{span};
}

}  // namespace spark_exporter::model
