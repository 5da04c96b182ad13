#include "exporter/backup/book.hpp"

#include <algorithm>
#include <utility>

#include "exporter/common/limits.hpp"

namespace spark_exporter::backup {
namespace {

constexpr char kVeleroSchedule[] = "velero.io/schedule-name";

std::string map_key(const std::string& kubernetes_namespace, const std::string& name) {
  return kubernetes_namespace + '\0' + name;
}

std::string uid_of(const kubernetes::Object& object) {
  return object.uid.empty() ? object.namespace_name + '/' + object.name : object.uid;
}

/// Uid of the CronJob that made it, "" if none did.
std::string owner_of(const kubernetes::Job& job) {
  for (const auto& owner : job.owners) {
    if (owner.kind == "CronJob" && owner.controller) return owner.uid;
  }
  return {};
}

struct End {
  Outcome outcome;
  std::optional<TimePoint> at;
};

std::optional<End> end_of(const kubernetes::Job& job) {
  const auto* complete = find_condition(job.conditions, "Complete");
  if (complete != nullptr && complete->is_true()) {
    return End{Outcome::kSucceeded, job.completion_time ? job.completion_time : complete->last_transition};
  }
  const auto* failed = find_condition(job.conditions, "Failed");
  if (failed != nullptr && failed->is_true()) return End{Outcome::kFailed, failed->last_transition};
  return std::nullopt;
}

/// A part that is missing is no backup to rely on.
std::optional<End> end_of(const kubernetes::VeleroBackup& backup) {
  if (backup.phase == "Completed") return End{Outcome::kSucceeded, backup.completion_time};
  for (const auto* phase : {"PartiallyFailed", "Failed", "FailedValidation"}) {
    if (backup.phase == phase) return End{Outcome::kFailed, backup.completion_time};
  }
  return std::nullopt;
}

std::string velero_name(const kubernetes::VeleroBackup& backup) {
  const auto own = subject_of(backup);
  return own.is_none() ? std::string(backup.label(kVeleroSchedule)) : own.backup;
}

}  // namespace

bool Record::has_objects() const {
  const auto is_there = [](const History& history) {
    return std::any_of(history.attempts.begin(), history.attempts.end(), [](const auto& a) { return a.is_there; });
  };
  return is_there(backups) || is_there(drills);
}

Book::Book(CatalogOptions options) : options_(std::move(options)), since_(now()) {}

// --- records -----------------------------------------------------------------------------------

bool Book::is_mine(const std::string& kubernetes_namespace, const std::string& name) const {
  const auto total = options_.total_shards;
  return total < 2 || jobs::fnv1a(kubernetes_namespace + '/' + name) % total == options_.shard;
}

Record* Book::record(const std::string& kubernetes_namespace, const std::string& name) {
  if (!is_mine(kubernetes_namespace, name)) return nullptr;
  const auto key = map_key(kubernetes_namespace, name);
  auto found = records_.find(key);
  if (found == records_.end()) {
    if (records_.size() >= limits::kBackups) {
      leave_out(key);
      return nullptr;
    }
    found = records_.emplace(key, Record{}).first;
    found->second.kubernetes_namespace = kubernetes_namespace;
    found->second.name = name;
    ++changes_;
  }
  found->second.seen = now();
  return &found->second;
}

void Book::leave_out(const std::string& what) {
  if (refused_.size() >= limits::kBackupJobs) refused_.clear();
  if (refused_.insert(jobs::fnv1a(what)).second) ++left_out_;
}

Targets Book::targets(const kubernetes::Object& object) {
  std::string problem;
  auto targets = targets_of(object, problem);
  if (!problem.empty()) count_error({ErrorKind::kWrongType, std::move(problem)});
  return targets;
}

void Book::count_error(const Error& error) {
  ++errors_[static_cast<std::size_t>(error.kind)];
  std::uint64_t held_back = 0;
  if (!log_limit_.admit(std::string(to_string(error.kind)), std::chrono::steady_clock::now(), held_back)) return;
  log::warn("what a backup says is not understood",
            {{"source", "backups"}, {"error", error.what}, {"held_back", std::to_string(held_back)}});
}

// --- plans -------------------------------------------------------------------------------------

Plan* Book::put_plan(Plans& plans, const kubernetes::Object& object, Subject subject, std::uint8_t kind) {
  const auto uid = uid_of(object);
  if (subject.is_none() || !is_mine(object.namespace_name, subject.backup)) {
    plans.erase(uid);
    return nullptr;
  }
  auto found = plans.find(uid);
  if (found == plans.end()) {
    if (plans.size() >= limits::kBackupPlans) {
      leave_out(uid);
      return nullptr;
    }
    found = plans.emplace(uid, Plan{}).first;
  }
  auto* record = this->record(object.namespace_name, subject.backup);
  if (record == nullptr) {
    plans.erase(found);
    return nullptr;
  }
  if ((record->planned & kind) == 0 || record->gone) ++changes_;
  record->planned |= kind;
  record->gone.reset();
  auto& plan = found->second;
  plan.kubernetes_namespace = object.namespace_name;
  plan.name = object.name;
  plan.subject = std::move(subject);
  plan.targets = targets(object);
  plan.created = object.creation_time;
  return &plan;
}

void Book::end_plans(Plans& plans, std::uint8_t mark) {
  std::erase_if(plans, [mark](const auto& entry) { return entry.second.mark != mark; });
}

void Book::put(const kubernetes::CronJob& job) {
  const auto uid = uid_of(job);
  const auto before = cron_jobs_.find(uid);
  const Subject was = before == cron_jobs_.end() ? Subject{} : before->second.subject;
  auto* plan = put_plan(cron_jobs_, job, backup::subject_of(job), kByCronJob);
  if (plan == nullptr) return;
  plan->mark = cron_mark_;
  plan->text = {job.schedule, job.time_zone, "", job.suspend};
  plan->last_schedule = job.last_schedule_time;
  if (plan->last_schedule) plan->last_schedule = std::min(*plan->last_schedule, now());
  auto* record = this->record(plan->kubernetes_namespace, plan->subject.backup);
  auto& told = record->history(plan->subject.kind).told_success;
  if (job.last_successful_time) {
    const auto success = std::min(*job.last_successful_time, now());
    if (!told || *told < success) {
      told = success;
      ++changes_;
    }
  }
  if (plan->subject != was) absorb_owned(uid);
}

void Book::remove(const kubernetes::CronJob& job) { cron_jobs_.erase(uid_of(job)); }

void Book::end_cron_jobs() {
  end_plans(cron_jobs_, cron_mark_);
  lists_ |= kByCronJob;
}

void Book::put(const kubernetes::VeleroSchedule& schedule) {
  auto subject = backup::subject_of(schedule);
  if (subject.is_none()) subject = {schedule.name, Kind::kBackup};
  auto* plan = put_plan(schedules_, schedule, std::move(subject), kBySchedule);
  if (plan == nullptr) return;
  plan->mark = schedule_mark_;
  plan->text = {schedule.schedule, "", "", schedule.paused};
}

void Book::remove(const kubernetes::VeleroSchedule& schedule) { schedules_.erase(uid_of(schedule)); }

void Book::end_schedules() {
  end_plans(schedules_, schedule_mark_);
  lists_ |= kBySchedule;
}

// --- attempts ----------------------------------------------------------------------------------

Attempt* Book::attempt(History& history, const Uid& uid, Origin origin, const std::optional<TimePoint>& ended) {
  if (auto* found = history.find(uid)) return found;
  if (ended && history.is_past(*ended)) return nullptr;
  auto* added = history.add(uid);
  if (added == nullptr) {
    leave_out(jobs::to_hex(uid));
    return nullptr;
  }
  added->origin = origin;
  ++changes_;
  return added;
}

void Book::end(Attempt& attempt, Outcome outcome, const std::optional<TimePoint>& ended) {
  attempt.end = outcome;
  attempt.ended = std::min(ended.value_or(now()), now());
  ++changes_;
}

void Book::leave(Attempt& attempt, Outcome outcome) {
  attempt.is_there = false;
  if (attempt.end) return;
  if (attempt.told_success) outcome = *attempt.told_success ? Outcome::kSucceeded : Outcome::kFailed;
  end(attempt, outcome, std::nullopt);
}

void Book::leave_missing(Origin origin) {
  const auto is_known = [&](const Uid& uid) {
    return origin == Origin::kJob ? jobs_.contains(uid) : velero_.contains(uid);
  };
  for (auto& [key, record] : records_) {
    for (auto* history : {&record.backups, &record.drills}) {
      for (auto& attempt : history->attempts) {
        if (attempt.origin == origin && !is_known(attempt.uid)) leave(attempt, Outcome::kUnknown);
      }
    }
  }
}

// --- Jobs --------------------------------------------------------------------------------------

Subject Book::subject_of(const JobEntry& job) const {
  if (!job.subject.is_none() || job.owner.empty()) return job.subject;
  const auto plan = cron_jobs_.find(job.owner);
  return plan == cron_jobs_.end() ? Subject{} : plan->second.subject;
}

void Book::put(const kubernetes::Job& job) {
  auto subject = backup::subject_of(job);
  auto owner = owner_of(job);
  const auto uid = jobs::to_uid(uid_of(job));
  const auto before = jobs_.find(uid);
  const bool is_known = before != jobs_.end();
  if (subject.is_none() && owner.empty()) {
    if (is_known) drop(before, Outcome::kUnknown);
    return;
  }
  if (jobs_.size() >= limits::kBackupJobs && !is_known) return leave_out(jobs::to_hex(uid));
  JobEntry entry;
  if (is_known) entry.kept = before->second.kept;
  entry.kubernetes_namespace = job.namespace_name;
  entry.name = job.name;
  entry.owner = std::move(owner);
  entry.subject = std::move(subject);
  if (!entry.subject.is_none()) entry.targets = targets(job);
  entry.suspended = job.suspend;
  entry.started = job.start_time ? job.start_time : job.suspend ? std::nullopt : job.creation_time;
  if (entry.started) entry.started = std::min(*entry.started, now());
  if (const auto end = end_of(job)) {
    entry.end = end->outcome;
    entry.ended = end->at;
  }
  entry.mark = job_mark_;
  absorb(uid, jobs_.insert_or_assign(uid, std::move(entry)).first->second);
}

void Book::absorb(const Uid& uid, JobEntry& job) {
  auto subject = subject_of(job);
  if (subject.is_none()) subject = job.kept;
  if (subject.is_none()) return;
  job.kept = subject;
  auto* record = this->record(job.kubernetes_namespace, subject.backup);
  if (record == nullptr) return;
  const bool is_newest = !record->job_targets_of || (job.started && *job.started >= *record->job_targets_of);
  if (!job.subject.is_none() && is_newest) {
    record->job_targets = job.targets;
    record->job_targets_of = job.started;
  }
  auto& history = record->history(subject.kind);
  // One that waits for somebody to let it run is no attempt.
  if (!job.started && !job.end && history.find(uid) == nullptr) return;
  auto* attempt = this->attempt(history, uid, Origin::kJob, job.ended);
  if (attempt == nullptr) return;
  attempt->is_there = true;
  attempt->job = job.name;
  attempt->started = job.started;
  if (!job.end) return;
  if (!attempt->end) {
    end(*attempt, *job.end, job.ended);
  } else if (*attempt->end == Outcome::kUnknown) {
    attempt->end = job.end;  // it was only out of sight
  }
}

void Book::absorb_owned(const std::string& owner) {
  for (auto& [uid, job] : jobs_) {
    if (job.owner == owner) absorb(uid, job);
  }
}

Attempt* Book::attempt_of(const Uid& uid, const JobEntry& job) {
  const auto record = records_.find(map_key(job.kubernetes_namespace, job.kept.backup));
  return record == records_.end() ? nullptr : record->second.history(job.kept.kind).find(uid);
}

void Book::drop(Jobs::iterator job, Outcome outcome) {
  if (auto* attempt = attempt_of(job->first, job->second)) leave(*attempt, outcome);
  jobs_.erase(job);
}

void Book::remove(const kubernetes::Job& job) {
  put(job);
  const auto found = jobs_.find(jobs::to_uid(uid_of(job)));
  // Deleted before its end: it has made no backup.
  if (found != jobs_.end()) drop(found, Outcome::kFailed);
}

void Book::end_jobs() {
  std::erase_if(jobs_, [this](const auto& entry) { return entry.second.mark != job_mark_; });
  leave_missing(Origin::kJob);
}

// --- Velero ------------------------------------------------------------------------------------

void Book::put(const kubernetes::VeleroBackup& backup) {
  const auto name = velero_name(backup);
  if (name.empty()) return;  // one that somebody took by hand: it has no name to stand under
  const auto uid = jobs::to_uid(uid_of(backup));
  if (velero_.size() >= limits::kBackupJobs && !velero_.contains(uid)) return leave_out(jobs::to_hex(uid));
  auto* record = this->record(backup.namespace_name, name);
  if (record == nullptr) return;
  velero_.insert_or_assign(uid, VeleroEntry{backup.namespace_name, name, velero_mark_});
  const auto found_end = end_of(backup);
  const bool has_begun = backup.start_time.has_value() || found_end;
  if (!has_begun) return;
  auto* attempt = this->attempt(record->backups, uid, Origin::kVelero, backup.completion_time);
  if (attempt == nullptr) return;
  attempt->is_there = true;
  attempt->job = backup.name;
  if (backup.start_time) attempt->started = std::min(*backup.start_time, now());
  if (found_end && !attempt->end) end(*attempt, found_end->outcome, found_end->at);
}

void Book::remove(const kubernetes::VeleroBackup& backup) {
  put(backup);
  const auto found = velero_.find(jobs::to_uid(uid_of(backup)));
  if (found == velero_.end()) return;
  const auto record = records_.find(map_key(found->second.kubernetes_namespace, found->second.backup));
  auto* attempt = record == records_.end() ? nullptr : record->second.backups.find(found->first);
  if (attempt != nullptr) leave(*attempt, Outcome::kFailed);
  velero_.erase(found);
}

void Book::end_velero_backups() {
  std::erase_if(velero_, [this](const auto& entry) { return entry.second.mark != velero_mark_; });
  leave_missing(Origin::kVelero);
}

}  // namespace spark_exporter::backup
