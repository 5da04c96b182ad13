#include <algorithm>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/jobs/roster.hpp"
#include "exporter/outcome/decide.hpp"

namespace spark_exporter::jobs {
namespace {

using outcome::State;

/// Executors come some seconds after their driver, and a lost one is replaced within seconds.
constexpr auto kExecutorGrace = std::chrono::seconds{30};
/// A watch that broke lists again within it.
constexpr auto kOperatorGrace = std::chrono::minutes{2};
/// Lists that are behind and late last words come within minutes.
constexpr auto kForgetAfter = std::chrono::minutes{15};
/// A job without runs and schedule is remembered over the longest month.
constexpr auto kJobMemory = std::chrono::hours{24 * 35};

/// Where allocation is dynamic, the number of instances is but the first one.
std::optional<std::int64_t> wanted_by(const ApplicationRecord* application) {
  if (application == nullptr || !application->facts || application->facts->dynamic_allocation) return std::nullopt;
  return application->facts->executor_instances;
}

bool is_gone(const RunRecord& run) {
  if (run.has_pod()) return run.pod_is_gone();
  return run.application != nullptr && run.application->is_gone();
}

}  // namespace

void Roster::pass(TimePoint now) {
  hear_quality(now);
  if (!synced_) return;
  for (auto& [key, run] : runs_) {
    decide(*run, now);
    watch_loss(*run, now);
    watch_executors(*run, now);
  }
  conclude_all(now);
  forget(now);
}

// --- deciding ----------------------------------------------------------------------------------

/// The watch of the applications is behind: whether another attempt comes is not known yet.
bool Roster::awaits_operator(RunRecord& run, TimePoint now) const {
  if (!applications_are_read_ || run.application == nullptr || run.application->facts || run.counted) return false;
  if (!run.awaits_since) run.awaits_since = now;
  return now - *run.awaits_since < kOperatorGrace;
}

void Roster::decide(RunRecord& run, TimePoint now) {
  if (run.evidence && !run.evidence->replaced && !outcome::is_final(run.verdict.state) && is_replaced(run)) {
    run.facts().replaced = true;
  }
  if (!run.evidence || !std::exchange(run.is_news, false)) return;
  auto verdict = outcome::decide(*run.evidence);
  const auto& before = run.verdict;
  if (verdict.state == State::kUnknown && before.state == State::kRetrying) {
    // Its evidence went with a restart: it failed, and whether another attempt comes is all that is open.
    const bool none_comes = !is_followed(run) && run.application != nullptr && run.application->is_gone();
    verdict = before;
    if (none_comes) verdict.state = State::kFailed;
  }
  if (!verdict.started) verdict.started = before.started ? before.started : run.told_start;
  if (!verdict.ended && outcome::is_final(verdict.state)) verdict.ended = before.ended ? before.ended : run.told_end;
  if (verdict.state == State::kFailed && !outcome::is_final(before.state) && awaits_operator(run, now)) {
    verdict.state = State::kRetrying;
    run.is_news = true;  // to be asked again
  }
  const auto state = before.state;
  run.verdict = outcome::settle(before, verdict);
  if (options_.single_run) judge_without_pod(run);
  if (run.verdict.state != state) ++changes_;
}

/// Gone, and nobody told how: since when.
void Roster::watch_loss(RunRecord& run, TimePoint now) {
  const bool lost = run.verdict.state == State::kUnknown && is_gone(run);
  if (!lost) run.unknown_since.reset();
  if (lost && !run.unknown_since) run.unknown_since = now;
}

/// A sidecar without rights on pods knows what Spark's API shows: that it runs, or that it did.
void Roster::judge_without_pod(RunRecord& run) const {
  if (run.has_pod() || outcome::is_final(run.verdict.state) || run.evidence->last_words) return;
  if (run.rest_over) {
    run.verdict.state = State::kUnknown;
    run.verdict.confidence = outcome::Confidence::kNone;
  } else {
    run.verdict.state = run.told_start || run.evidence->rest_answers ? State::kRunning : State::kPending;
    run.verdict.confidence = outcome::Confidence::kLikely;
  }
}

// --- ends --------------------------------------------------------------------------------------

bool Roster::is_over(const RunRecord& run, TimePoint now) const {
  if (outcome::is_final(run.verdict.state)) return true;
  if (options_.single_run) return run.verdict.state == State::kUnknown && run.rest_over;
  // Somebody may still tell.
  return run.unknown_since && now - *run.unknown_since >= options_.overlap;
}

TimePoint Roster::end_of(const RunRecord& run, TimePoint now) const {
  std::optional<TimePoint> end = run.verdict.ended ? run.verdict.ended : run.told_end;
  if (!end && run.evidence && run.evidence->pod) end = run.evidence->pod->disrupted;
  if (!end && run.application != nullptr && run.application->facts) end = run.application->facts->termination_time;
  if (!end && run.unknown_since) end = run.unknown_since;
  return end && *end < now ? *end : now;
}

void Roster::conclude(RunRecord& run, TimePoint now) {
  run.counted = true;
  ++changes_;
  const bool is_old = !concluded_first_ && !restored_ && !options_.single_run;
  run.ended = end_of(run, now);
  run.noticed = is_old ? *run.ended : now;
  if (!run.verdict.ended) run.verdict.ended = run.ended;
  if (run.job == nullptr) return;
  auto& job = *run.job;
  job.touched = now;
  // What ended before this process began, and no state file tells whether it was counted.
  if (!is_old) job.count(run.verdict.state);
  run.cost_counted = is_old;
  if (run.verdict.state == State::kSucceeded) {
    GoodRun good;
    good.ended = *run.ended;
    good.input_bytes = run.input_bytes;
    if (run.cost != nullptr && is_old) {
      good.cost = cost::sum(run.cost->used);
      good.currency = run.cost->currency;
    }
    // By those who told both: our own clock may be behind theirs, and a state file with less than none is not read.
    if (run.verdict.started && *run.verdict.ended >= *run.verdict.started)
      good.duration_seconds = std::chrono::duration<double>(*run.verdict.ended - *run.verdict.started).count();
    job.note_success(good);
  } else if (run.verdict.state == State::kFailed) {
    job.note_failure(*run.ended);
  }
}

/// The cost is told with the last words, and so perhaps after the end.
void Roster::count_cost(RunRecord& run) {
  run.cost_counted = true;
  ++changes_;
  if (run.job == nullptr || !run.ended) return;
  run.job->count_cost(run.verdict.state, *run.ended, *run.cost);
  if (run.verdict.state == State::kSucceeded) run.job->note_cost(*run.ended, *run.cost);
}

void Roster::conclude_all(TimePoint now) {
  std::vector<RunRecord*> over;
  for (auto& [key, run] : runs_) {
    if (!run->counted && is_over(*run, now)) over.push_back(run.get());
    if (run->counted && run->cost != nullptr && !run->cost_counted) count_cost(*run);
  }
  std::sort(over.begin(), over.end(), [&](const auto* a, const auto* b) {
    const auto left = end_of(*a, now);
    const auto right = end_of(*b, now);
    return left != right ? left < right : is_later(*b, *a);
  });
  for (auto* run : over) conclude(*run, now);
  concluded_first_ = true;
}

// --- executors ---------------------------------------------------------------------------------

void Roster::watch_executors(RunRecord& run, TimePoint now) {
  std::optional<std::int64_t> wanted = run.executors_wanted;
  if (!wanted) wanted = wanted_by(run.application);
  const bool runs = run.verdict.state == State::kRunning && run.presence == outcome::Presence::kPresent;
  const std::int64_t alive = run.executors == nullptr ? 0 : run.executors->alive;
  const bool is_short = runs && wanted && alive < *wanted;
  if (!is_short) {
    run.short_since.reset();
  } else if (!run.short_since) {
    run.short_since = now;
  }
}

std::uint32_t Roster::lacking(const RunRecord& run, TimePoint now) const {
  if (!run.short_since || now - *run.short_since < kExecutorGrace) return 0;
  const std::int64_t wanted = run.executors_wanted.value_or(wanted_by(run.application).value_or(0));
  const std::int64_t missing = wanted - (run.executors == nullptr ? 0 : run.executors->alive);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(missing, 0, limits::kExecutorPods));
}

// --- forgetting --------------------------------------------------------------------------------

bool Roster::is_forgettable(const RunRecord& run, TimePoint now) const {
  if (options_.single_run || !is_gone(run)) return false;
  // As long as the operator speaks of it, it would come back.
  if (run.application != nullptr && run.application->is_there && !is_followed(run)) return false;
  if (run.verdict.state == State::kRetrying) return is_followed(run) && !run.is_news;
  return run.counted && run.noticed && now - *run.noticed >= kForgetAfter;
}

std::vector<RunRecord*> Roster::forgettable(TimePoint now) const {
  std::vector<RunRecord*> old;
  for (const auto& [key, job] : jobs_) {
    const Shade shade(*job, now, rules());
    for (auto* run : job->members) {
      if (is_forgettable(*run, now) && (!job->mine || !shade.shows(*run))) old.push_back(run);
    }
  }
  for (const auto& [key, run] : runs_) {
    if (run->job == nullptr && is_forgettable(*run, now)) old.push_back(run.get());
  }
  return old;
}

void Roster::erase(RunRecord& run) {
  forgotten_.add(run.key);
  if (!run.app_id.empty()) executors_.release(ExecutorPods::group_name(run.kubernetes_namespace, run.app_id));
  if (run.job != nullptr) std::erase(run.job->members, &run);
  if (auto* application = run.application) {
    std::erase(application->runs, &run);
    if (application->runs.empty() && !application->is_there) {
      forgotten_.add(to_uid(application->uid));
      applications_.erase(application->uid);
    }
  }
  ++changes_;
  runs_.erase(run.key);
}

void Roster::forget(TimePoint now) {
  constexpr auto kPause = std::chrono::minutes{1};
  if (swept_ && now >= *swept_ && now - *swept_ < kPause) return;
  swept_ = now;
  executors_.forget_gone();
  for (auto& [key, run] : runs_) {
    // Its reason may become more precise for a while.
    const bool settled = run->counted && run->noticed && now - *run->noticed >= kForgetAfter;
    if (settled) run->evidence.reset();
  }
  for (auto* run : forgettable(now)) erase(*run);
  std::erase_if(applications_, [](const auto& entry) { return entry.second->runs.empty() && !entry.second->is_there; });
  forget_jobs(now);
}

void Roster::forget_jobs(TimePoint now) {
  const auto memory = jobs_.size() >= limits::kJobs ? std::chrono::hours{24} : kJobMemory;
  std::erase_if(jobs_, [&](const auto& entry) {
    const auto& job = *entry.second;
    if (!job.members.empty() || !job.annotated.schedule.empty()) return false;
    return job.is_blank() || now - job.touched >= memory;
  });
}

}  // namespace spark_exporter::jobs
