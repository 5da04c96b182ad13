#include "exporter/jobs/visibility.hpp"

#include <algorithm>

#include "exporter/jobs/application_record.hpp"
#include "exporter/jobs/job_record.hpp"

namespace spark_exporter::jobs {
namespace {

using outcome::State;

/// When it started, as well as it is known.
std::optional<TimePoint> begin_of(const RunRecord& run) {
  return run.verdict.started ? run.verdict.started : run.submitted;
}

/// Ended later, or at the same time and submitted later.
bool ended_later(const RunRecord& run, const RunRecord& than) {
  return run.ended != than.ended ? run.ended > than.ended : is_later(run, than);
}

}  // namespace

bool supersedes(const RunRecord& later, const RunRecord& run) {
  if (&later == &run || !is_later(later, run)) return false;
  const bool same_application = later.application != nullptr && later.application == run.application;
  return same_application || supersedes_by_name(later.name.from);
}

bool is_followed(const RunRecord& run) {
  if (run.application == nullptr) return false;
  const auto& runs = run.application->runs;
  return std::any_of(runs.begin(), runs.end(), [&](const auto* other) { return is_later(*other, run); });
}

bool is_replaced(const RunRecord& run) {
  if (!outcome::is_endless(run.kind()) || run.job == nullptr) return false;
  std::optional<TimePoint> ended = run.ended;
  if (run.evidence && run.evidence->pod && run.evidence->pod->end) ended = run.evidence->pod->end->finished;
  const auto& members = run.job->members;
  return std::any_of(members.begin(), members.end(), [&](const auto* other) {
    return supersedes(*other, run) && (!ended || !begin_of(*other) || *begin_of(*other) <= *ended);
  });
}

Shade::Shade(const JobRecord& job, TimePoint now, const VisibilityRules& rules) : now_(now), rules_(rules) {
  for (const auto* run : job.members) {
    if (!run->counted) continue;
    if (last_ended_ == nullptr || ended_later(*run, *last_ended_)) last_ended_ = run;
    if (!supersedes_by_name(run->name.from) || !hides(*run)) continue;
    if (hides_ == nullptr || is_later(*run, *hides_)) hides_ = run;
  }
}

/// A good end shows at once that the job is well again; a failure takes over when it has been shown for a while.
bool Shade::hides(const RunRecord& other) const {
  if (!other.counted) return false;
  if (other.verdict.state == State::kSucceeded) return true;
  return other.verdict.state == State::kFailed && other.noticed && now_ - *other.noticed >= rules_.overlap;
}

bool Shade::shows(const RunRecord& run) const {
  if (run.verdict.state == State::kRetrying) return !is_followed(run);
  if (!run.counted || !run.ended) return true;
  if (now_ - *run.ended >= rules_.retention) return false;
  if (run.verdict.state != State::kFailed) return &run == last_ended_;
  if (hides_ != nullptr && is_later(*hides_, run)) return false;
  if (run.application == nullptr) return true;
  const auto& attempts = run.application->runs;
  return std::none_of(attempts.begin(), attempts.end(),
                      [&](const auto* other) { return is_later(*other, run) && hides(*other); });
}

}  // namespace spark_exporter::jobs
