#pragma once
// What /report answers: a snapshot as JSON, for people and scripts. Bounded, whatever the run's size.

#include <string>

#include "exporter/model/snapshot.hpp"

namespace spark_exporter::app {

/// One object with `schema_version` 1, less than kReportBytes long, valid UTF-8. What is not known is absent.
std::string report_json(const model::Snapshot& snapshot);

inline constexpr std::size_t kReportBytes = 64 * 1024;

}  // namespace spark_exporter::app
