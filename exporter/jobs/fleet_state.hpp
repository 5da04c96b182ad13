#pragma once
// The state file of a roster: compact JSON, one run or job after the other so that no copy of all is made.

#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/jobs/roster.hpp"

namespace spark_exporter::jobs {

std::string save_state(const Roster& roster);
/// Into a roster that knows nothing yet, which stays so on errors: kMalformed, kWrongType, with the place.
Result<void> restore_state(std::string_view json, Roster& roster);

}  // namespace spark_exporter::jobs
