#pragma once
// What /report answers in an observer: every run that is shown, with its verdict and what it rests on, and every job.

#include <string>

#include "exporter/common/limits.hpp"
#include "exporter/kubernetes/facts.hpp"
#include "exporter/outcome/view.hpp"

namespace spark_exporter::app {

/// One object with `schema_version` 1, valid UTF-8. What is not known is absent.
std::string fleet_report_json(const outcome::View& view, kubernetes::TimePoint now);

}  // namespace spark_exporter::app
