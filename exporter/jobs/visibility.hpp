#pragma once
// Which runs of a job are shown.

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

/// What of a job's runs hides others: one look at all of them, so that the question for each is cheap.
class Shade {
 public:
  Shade(const JobRecord& job, TimePoint now, const VisibilityRules& rules);
  /// `run` is one of the job's.
  bool shows(const RunRecord& run) const;

 private:
  bool hides(const RunRecord& other) const;

  const TimePoint now_;
  const VisibilityRules rules_;
  const RunRecord* last_ended_ = nullptr;
  /// The latest one whose end hides earlier failures, among those whose names are beyond doubt.
  const RunRecord* hides_ = nullptr;
};

}  // namespace spark_exporter::jobs
