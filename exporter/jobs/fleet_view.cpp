#include "exporter/jobs/fleet_view.hpp"

#include <algorithm>

#include "exporter/outcome/diagnosis.hpp"

namespace spark_exporter::jobs {
namespace {

using outcome::Component;
using outcome::State;

constexpr auto kDriver = static_cast<std::size_t>(Component::kDriver);
constexpr auto kExecutor = static_cast<std::size_t>(Component::kExecutor);

void add_attempts(const RunRecord& run, outcome::RunView& view) {
  view.attempt = run.attempt;
  if (run.application == nullptr || !run.application->facts) return;
  const auto& facts = *run.application->facts;
  if (facts.restart_type == "OnFailure") view.max_attempts = facts.failure_retries + 1;
  if (facts.restart_type == "Never" || facts.restart_type.empty()) view.max_attempts = 1;
}

void add_pods(const Roster& roster, const RunRecord& run, TimePoint now, outcome::RunView& view) {
  const auto* executors = run.executors;
  view.pods_known = run.has_pod();
  if (run.termination) view.terminations[kDriver][static_cast<std::size_t>(*run.termination)] = 1;
  if (executors != nullptr) view.terminations[kExecutor] = executors->terminations;
  if (run.counted || run.verdict.state == State::kRetrying) return;
  if (run.presence == outcome::Presence::kPresent && run.evidence && run.evidence->pod) {
    const auto& pod = *run.evidence->pod;
    view.pods[kDriver][static_cast<std::size_t>(pod.phase)] = 1;
    if (const auto waiting = outcome::waiting_reason(pod)) {
      view.waiting[kDriver][static_cast<std::size_t>(*waiting)] = 1;
    }
  }
  if (executors != nullptr) {
    view.pods[kExecutor] = executors->pods;
    view.waiting[kExecutor] = executors->waiting;
  }
  view.waiting[kExecutor][static_cast<std::size_t>(outcome::Waiting::kQuota)] += roster.lacking(run, now);
}

outcome::RunView view_of(const Roster& roster, const RunRecord& run, TimePoint now) {
  outcome::RunView view;
  view.kubernetes_namespace = run.kubernetes_namespace;
  view.app = run.name.app;
  view.app_from = run.name.from;
  view.app_id = run.app_id;
  view.kind = run.kind();
  view.spark_version = run.spark_version;
  view.driver_pod = run.pod_name;
  view.node = run.node;
  view.submitter = run.submitter;
  view.info_labels = pick(run.labels, roster.options().job_labels);
  view.verdict = run.verdict;
  view.submitted = run.submitted;
  if (run.cost != nullptr && run.counted) view.cost = *run.cost;
  if (run.advice != nullptr && run.counted) view.advice = *run.advice;
  add_attempts(run, view);
  add_pods(roster, run, now, view);
  return view;
}

void add_due(const Due& due, outcome::JobView& view) {
  view.last_due = due.last_due;
  view.next_run = due.next_run;
  view.deadline = due.deadline;
}

outcome::JobView view_of(const Roster& roster, JobRecord& job, TimePoint now) {
  outcome::JobView view;
  view.kubernetes_namespace = job.kubernetes_namespace;
  view.app = job.app;
  view.runs = job.runs;
  view.retries = job.retries;
  view.runs_cost = job.runs_cost;
  view.last_success = job.last_success;
  view.last_failure = job.last_failure;
  view.quality = job.quality;
  if (roster.options().single_run) return view;
  view.consecutive_failures = job.consecutive_failures;
  view.baseline = job.baseline();
  view.budget = job.budget;
  view.spent = job.spent;
  if (!job.annotated.schedule.empty()) {
    // The run that is due made it known: its due time is a little before.
    constexpr auto kBefore = std::chrono::hours{1};
    if (!job.clock) job.clock = std::make_unique<ScheduleClock>();
    add_due(job.clock->at(now, job.first_seen.value_or(now) - kBefore, job.annotated), view);
  }
  return view;
}

/// The operator's own times where the text is a span: it counts from the last run.
Due due_of(ScheduleRecord& schedule, TimePoint now) {
  auto due = schedule.clock.at(now, schedule.created.value_or(now), schedule.text);
  if (schedule.text.schedule.starts_with("@every")) {
    due.last_due = schedule.last_run;
    due.next_run = schedule.text.suspended ? std::nullopt : schedule.next_run;
    due.deadline.reset();
  }
  return due;
}

void add_schedules(Roster& roster, TimePoint now, std::vector<outcome::JobView>& jobs) {
  const auto& options = roster.options();
  for (auto& named : roster.schedules()) {
    auto& schedule = named.second;
    const std::string& app = schedule.job.empty() ? schedule.name : schedule.job;
    const auto hash = fnv1a(schedule.kubernetes_namespace + '/' + app);
    if (options.total_shards > 1 && hash % options.total_shards != options.shard) continue;
    auto found = std::find_if(jobs.begin(), jobs.end(), [&](const auto& job) {
      return job.app == app && job.kubernetes_namespace == schedule.kubernetes_namespace;
    });
    if (found == jobs.end()) {
      outcome::JobView never_ran;
      never_ran.kubernetes_namespace = schedule.kubernetes_namespace;
      never_ran.app = app;
      never_ran.consecutive_failures = 0;
      found = jobs.insert(jobs.end(), std::move(never_ran));
    }
    add_due(due_of(schedule, now), *found);
  }
}

bool in_order(const outcome::RunView& a, const outcome::RunView& b) {
  return std::tie(a.kubernetes_namespace, a.app, a.submitted, a.app_id, a.driver_pod) <
         std::tie(b.kubernetes_namespace, b.app, b.submitted, b.app_id, b.driver_pod);
}

}  // namespace

outcome::View make_view(Roster& roster, TimePoint now) {
  outcome::View view;
  if (!roster.synced()) return view;
  for (const auto& [key, job] : roster.jobs()) {
    if (!job->mine || (job->is_blank() && job->annotated.schedule.empty())) continue;
    view.jobs.push_back(view_of(roster, *job, now));
    const Shade shade(*job, now, roster.rules());
    for (const auto* run : job->members) {
      if (shade.shows(*run)) view.runs.push_back(view_of(roster, *run, now));
    }
  }
  add_schedules(roster, now, view.jobs);
  std::sort(view.runs.begin(), view.runs.end(), in_order);
  std::sort(view.jobs.begin(), view.jobs.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kubernetes_namespace, a.app) < std::tie(b.kubernetes_namespace, b.app);
  });
  return view;
}

}  // namespace spark_exporter::jobs
