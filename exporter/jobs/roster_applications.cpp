#include <algorithm>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/jobs/roster.hpp"

namespace spark_exporter::jobs {
namespace {

using outcome::Retry;

std::string map_key(const std::string& kubernetes_namespace, const std::string& name) {
  return kubernetes_namespace + '\0' + name;
}

std::string uid_of(const kubernetes::Object& object) {
  return object.uid.empty() ? object.namespace_name + '/' + object.name : object.uid;
}

std::int64_t attempts_of(const kubernetes::SparkApplication& application) {
  return std::max(application.execution_attempts, application.submission_attempts);
}

ScheduleText schedule_text(const kubernetes::Object& object) {
  return {annotation(object, "schedule"), annotation(object, "timezone"), annotation(object, "deadline")};
}

}  // namespace

// --- SparkApplications -------------------------------------------------------------------------

ApplicationRecord& Roster::application(const std::string& uid) {
  auto& record = applications_[uid];
  if (!record) {
    record = std::make_unique<ApplicationRecord>();
    record->uid = uid;
  }
  return *record;
}

ApplicationRecord* Roster::application_of(const kubernetes::Pod& pod) {
  for (const auto& owner : pod.owners) {
    if (owner.kind == "SparkApplication" && !owner.uid.empty()) return &application(owner.uid);
  }
  const auto name = pod.label("sparkoperator.k8s.io/app-name");
  if (name.empty()) return nullptr;
  for (auto& [uid, record] : applications_) {
    if (record->is_there && record->facts->name == name && record->facts->namespace_name == pod.namespace_name) {
      return record.get();
    }
  }
  return nullptr;
}

void Roster::link(RunRecord& run, ApplicationRecord* application) {
  if (application == nullptr || run.application == application) return;
  if (run.application != nullptr) std::erase(run.application->runs, &run);
  run.application = application;
  if (!run.attempt) {
    std::int64_t before = 0;
    for (const auto* other : application->runs) before = std::max(before, other->attempt.value_or(0));
    run.attempt = before + 1;
  }
  application->runs.push_back(&run);
}

void Roster::put(kubernetes::SparkApplication&& application) {
  const auto uid = uid_of(application);
  if (forgotten_.has(to_uid(uid))) return;
  if (applications_.size() >= limits::kRuns && !applications_.contains(uid)) return leave_out(to_uid(uid));
  auto& record = this->application(uid);
  const bool is_new = !record.facts;
  record.mark = application_mark_;
  record.is_there = true;
  record.name = application_name(application, options_.job_name_label);
  record.schedule = schedule_of(application);
  record.kind = outcome::parse_kind(annotation(application, "kind"));
  record.annotated = schedule_text(application);
  record.datasets = annotation(application, "dataset");
  const bool is_going = application.deletion_time.has_value();
  application.labels.clear();
  application.annotations.clear();
  application.owners.clear();
  record.facts = std::move(application);
  // What it counted before this process began is not ours to count.
  if (is_new && !record.attempts) record.attempts = synced_ || restored_ ? 0 : std::int64_t{-1};
  speak_for(record);
  for (auto* run : record.runs) {
    if (is_going) run->facts().application_deleted = true;
    if (record.kind) run->told_kind = record.kind;
    if (!run->was_restored || !run->counted) hear(*run, *record.facts);
    // The operator remembers attempts that nobody else saw.
    const bool is_newest = !run->submission_id.empty() && run->submission_id == record.facts->submission_id;
    if (is_newest) run->attempt = std::max(attempts_of(*record.facts), std::int64_t{1});
    rename(*run);
  }
  count_retries(record);
}

/// A submission is a run of its own before it has a pod, and if it never gets one.
void Roster::speak_for(ApplicationRecord& record) {
  const auto& facts = *record.facts;
  const auto& submission = facts.submission_id;
  RunRecord* run = nullptr;
  for (auto* known : record.runs) {
    if (!known->submission_id.empty() && known->submission_id == submission) return;
    if (known->submission_id.empty()) {
      // Which submission it is of is not known: the newest, unless it has been told otherwise.
      if (!known->has_pod() && !known->counted) run = known;
      if (run == nullptr) return;
    }
  }
  if (run == nullptr) {
    if (!record.runs.empty() && submission.empty()) return;
    run = add_run(to_uid(record.uid + '#' + std::to_string(record.runs.size()) + submission));
    if (run == nullptr) return leave_out(to_uid(record.uid));
    run->kubernetes_namespace = facts.namespace_name;
    run->submitted = record.runs.empty() ? facts.creation_time : facts.last_submission_time;
    link(*run, &record);
  }
  run->submission_id = submission;
  if (run->app_id.empty() && !facts.app_id.empty() && !submission.empty()) {
    run->app_id = facts.app_id;
    set_app_id(*run, "");
  }
  run->spark_version = facts.spark_version;
  if (facts.last_submission_time && record.runs.size() > 1) run->submitted = facts.last_submission_time;
  if (!facts.driver_pod.empty()) run->pod_name = facts.driver_pod;
}

void Roster::count_retries(ApplicationRecord& record) {
  const auto& facts = *record.facts;
  const auto attempts = attempts_of(facts);
  const auto before = std::exchange(record.attempts, attempts).value_or(0);
  // A run that is restarted for ever is a run each time.
  if (before < 0 || attempts <= before || facts.restart_type == "Always") return;
  const auto newest = std::max_element(record.runs.begin(), record.runs.end(),
                                       [](const auto* a, const auto* b) { return is_later(*b, *a); });
  if (newest == record.runs.end() || (*newest)->job == nullptr) return;
  (*newest)->job->retries += static_cast<std::uint64_t>(attempts - std::max<std::int64_t>(before, 1));
  ++changes_;
}

void Roster::remove(kubernetes::SparkApplication&& application) {
  const auto uid = uid_of(application);
  put(std::move(application));
  const auto found = applications_.find(uid);
  if (found != applications_.end()) leave(*found->second, true);
}

void Roster::end_applications() {
  applications_are_read_ = true;
  for (auto& [uid, record] : applications_) {
    if (record->is_there && record->mark != application_mark_) leave(*record, false);
  }
}

/// No attempt will follow, and its newest run cannot be told of any more.
void Roster::leave(ApplicationRecord& record, bool deleted) {
  record.is_there = false;
  if (deleted) forgotten_.add(to_uid(record.uid));
  for (auto* run : record.runs) {
    auto& evidence = run->facts();
    if (deleted) evidence.application_deleted = true;
    if (is_followed(*run) || !evidence.operator_says) continue;
    auto& says = *evidence.operator_says;
    if (says.retry == Retry::kToCome) says.retry = Retry::kNone;
    using Says = outcome::OperatorEvidence::Says;
    const bool is_end = says.says == Says::kSucceeded || says.says == Says::kFailed || says.says == Says::kSuspended;
    if (!is_end) says.says = Says::kNothing;
  }
  ++changes_;
}

void Roster::restore_application(const std::string& uid, std::int64_t attempts) { application(uid).attempts = attempts; }

// --- ScheduledSparkApplications ----------------------------------------------------------------

void Roster::put(kubernetes::ScheduledSparkApplication&& schedule) {
  const auto key = map_key(schedule.namespace_name, schedule.name);
  if (schedules_.size() >= limits::kJobs && !schedules_.contains(key)) return leave_out(to_uid(key));
  auto& record = schedules_[key];
  record.kubernetes_namespace = schedule.namespace_name;
  record.name = schedule.name;
  record.text = {schedule.schedule, schedule.time_zone, annotation(schedule, "deadline"), schedule.suspend};
  record.created = schedule.creation_time;
  record.last_run = schedule.last_run;
  record.next_run = schedule.next_run;
  record.mark = schedule_mark_;
  if (record.job.empty()) {
    for (const auto& [uid, application] : applications_) {
      const bool is_its = application->facts && application->schedule == record.name &&
                          application->facts->namespace_name == record.kubernetes_namespace;
      if (is_its && !application->runs.empty()) record.job = application->runs.back()->name.app;
    }
  }
}

void Roster::remove(const kubernetes::ScheduledSparkApplication& schedule) {
  schedules_.erase(map_key(schedule.namespace_name, schedule.name));
}

void Roster::end_schedules() {
  std::erase_if(schedules_, [&](const auto& entry) { return entry.second.mark != schedule_mark_; });
}

}  // namespace spark_exporter::jobs
