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

bool is_visible(const RunRecord& run, TimePoint now, const VisibilityRules& rules) {
  if (run.verdict.state == State::kRetrying) return !is_followed(run);
  if (!run.counted || !run.ended) return true;
  if (now - *run.ended >= rules.retention) return false;
  const auto& members = run.job->members;
  if (run.verdict.state != State::kFailed) {
    return std::none_of(members.begin(), members.end(),
                        [&](const auto* other) { return other->counted && ended_later(*other, run); });
  }
  return std::none_of(members.begin(), members.end(), [&](const auto* other) {
    if (!other->counted || !supersedes(*other, run)) return false;
    if (other->verdict.state == State::kSucceeded) return true;
    return other->verdict.state == State::kFailed && other->noticed && now - *other->noticed >= rules.overlap;
  });
}

}  // namespace spark_exporter::jobs
