#pragma once
// Values as /report shows them.

#include <string>
#include <string_view>

#include "exporter/spark/facts.hpp"

namespace spark_exporter::app {

/// Valid UTF-8 without control characters, which JSON would write six times as long, cut between characters.
std::string report_text(std::string_view raw, std::size_t most = 60);

inline double report_seconds(spark::Millis duration) { return std::chrono::duration<double>(duration).count(); }
inline double report_timestamp(spark::TimePoint time) { return report_seconds(time.time_since_epoch()); }

}  // namespace spark_exporter::app
