#pragma once
// The data quality of a report, see docs/report.schema.json.

#include <nlohmann/json_fwd.hpp>

#include "exporter/quality/ledger.hpp"

namespace spark_exporter::app {

/// At most twelve datasets, those whose last validation failed first.
nlohmann::ordered_json quality_json(const quality::Ledger& ledger);

}  // namespace spark_exporter::app
