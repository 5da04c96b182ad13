#pragma once
// What a driver's REST API says of its run, in the words that outcomes are decided with.

#include "exporter/jobs/fleet.hpp"
#include "exporter/model/snapshot.hpp"

namespace spark_exporter::app {

/// `view.run` must be there.
jobs::RestFacts rest_facts(const model::RunView& view);

}  // namespace spark_exporter::app
