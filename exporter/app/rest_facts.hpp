#pragma once
// What a driver's REST API says of its run, in the words that outcomes are decided with.

#include "exporter/jobs/fleet.hpp"
#include "exporter/model/snapshot.hpp"

namespace spark_exporter::app {

/// Without `view.run` only what names it: nothing was answered yet.
jobs::RestFacts rest_facts(const model::RunView& view);

}  // namespace spark_exporter::app
