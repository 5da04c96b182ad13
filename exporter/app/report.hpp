#pragma once
// What /report answers: a snapshot as JSON, for people and scripts. Bounded, whatever the run's size.

#include <string>
#include <string_view>

#include "exporter/model/snapshot.hpp"

namespace spark_exporter::app {

/// One object with `schema_version` 1, less than kReportBytes long, valid UTF-8. What is not known is absent.
/// `ending`: what is known of the newest run's outcome, may be null; `warning`: what the operator of the pod should
/// change, may be empty; `quality`: of the job's datasets, may be null.
std::string report_json(const model::Snapshot& snapshot, const outcome::RunView* ending = nullptr,
                        std::string_view warning = {}, const quality::Ledger* quality = nullptr);

inline constexpr std::size_t kReportBytes = 64 * 1024;

}  // namespace spark_exporter::app
