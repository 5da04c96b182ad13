#pragma once
// What is known of a run, as right-sizing wants it.

#include "exporter/cost/view.hpp"
#include "exporter/model/run.hpp"
#include "exporter/sizing/advice.hpp"

namespace spark_exporter::sizing {

/// `cost`: null if there are no prices; time and prices are then reckoned without it. In local mode there are no
/// executors, and nothing is known of them.
Evidence evidence(const model::Run& run, const cost::View* cost);

}  // namespace spark_exporter::sizing
