#pragma once
// What is shown of a roster.

#include "exporter/jobs/roster.hpp"

namespace spark_exporter::jobs {

/// Of a roster for which pass(now) was called.
outcome::View make_view(Roster& roster, TimePoint now);

}  // namespace spark_exporter::jobs
