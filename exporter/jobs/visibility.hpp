#pragma once
// Which runs of a job are shown.

#include <vector>

#include "exporter/jobs/run_record.hpp"

namespace spark_exporter::jobs {

struct VisibilityRules {
  std::chrono::seconds retention;
  std::chrono::seconds overlap;
};

/// Whether `later` takes the place of `run`: a later run of the same job beyond doubt.
bool supersedes(const RunRecord& later, const RunRecord& run);
/// Whether a later attempt of the same application is there.
bool is_followed(const RunRecord& run);
/// Whether an endless job's next version had started before this run ended.
bool is_replaced(const RunRecord& run);

/// `run` is one of job->members.
bool is_visible(const RunRecord& run, TimePoint now, const VisibilityRules& rules);

}  // namespace spark_exporter::jobs
