#pragma once
// Spark's units to the base units of the exposition.

#include <chrono>

#include "exporter/spark/facts.hpp"

namespace spark_exporter::metrics {

inline double seconds(spark::Millis duration) { return std::chrono::duration<double>(duration).count(); }

/// Seconds since the epoch.
inline double timestamp(spark::TimePoint time) { return seconds(time.time_since_epoch()); }

}  // namespace spark_exporter::metrics
