#pragma once
// What /report says of a run's cost and of the size that it should have asked for.

#include <nlohmann/json_fwd.hpp>

#include "exporter/cost/view.hpp"
#include "exporter/sizing/advice.hpp"

namespace spark_exporter::app {

/// Money by component, use, group and pod; the dearest queries. Bounded.
nlohmann::ordered_json cost_json(const cost::View& view);
/// The recommendations with their evidence, as a patch and as --conf lines; or why there are none.
nlohmann::ordered_json advice_json(const sizing::Advice& advice);

}  // namespace spark_exporter::app
