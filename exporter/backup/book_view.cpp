#include <algorithm>
#include <iterator>
#include <utility>

#include "exporter/backup/book.hpp"
#include "exporter/common/limits.hpp"

namespace spark_exporter::backup {
namespace {

using PlanList = std::vector<Plan*>;

/// As the plans say, then the newest Job, then a report; a backup's own plan before its drill's.
template <class Value>
Value promised(const Record& record, const PlanList& plans, Value Targets::*member, const Value& none) {
  for (const auto kind : {Kind::kBackup, Kind::kRestore}) {
    for (const auto* plan : plans) {
      if (plan->subject.kind == kind && plan->targets.*member != none) return plan->targets.*member;
    }
  }
  return record.job_targets.*member != none ? record.job_targets.*member : record.told.*member;
}

void add_due(const PlanList& plans, TimePoint now, BackupView& view) {
  bool is_planned = false;
  bool is_suspended = true;
  for (auto* plan : plans) {
    if (plan->subject.kind != Kind::kBackup) continue;
    is_planned = true;
    is_suspended = is_suspended && plan->text.suspended;
    const auto due = plan->due(now);
    if (due.last_due) view.last_due = std::max(view.last_due.value_or(*due.last_due), *due.last_due);
    if (due.next_run) view.next_due = std::min(view.next_due.value_or(*due.next_run), *due.next_run);
    // Where Jobs may not be read this is what there is.
    if (plan->last_schedule) {
      view.last_attempt = std::max(view.last_attempt.value_or(*plan->last_schedule), *plan->last_schedule);
    }
  }
  if (is_planned) view.suspended = is_suspended;
}

std::optional<bool> success_of(const History& history) {
  const auto* last = history.last_ended();
  if (history.told_success && (last == nullptr || !last->ended || *history.told_success > *last->ended)) return true;
  if (last == nullptr || last->outcome() == Outcome::kUnknown) return std::nullopt;
  return last->outcome() == Outcome::kSucceeded;
}

void add_runs(const Record& record, const PlanList& plans, BackupView& view) {
  const auto& history = record.backups;
  view.runs = history.counts;
  view.last_attempt = history.last_begin();
  view.last_attempt_success = success_of(history);
  view.running_since = history.running_since();
  if (history.is_told_later()) {
    view.last_success = history.told_success;
    view.data = history.told_success;
    for (const auto* plan : plans) {
      if (plan->subject.kind == Kind::kBackup) view.data = std::min(*view.data, plan->begin_of(*view.data));
    }
  } else if (const auto* good = history.last_good()) {
    view.last_success = good->ended;
    view.duration_seconds = good->seconds();
    view.size_bytes = good->size_bytes;
    view.data = good->data_time();
  }
}

void add_drills(const History& drills, BackupView& view) {
  const auto* last = drills.last_ended();
  if (last != nullptr) view.verification = last->ended;
  if (drills.told_success) {
    view.verification = std::max(view.verification.value_or(*drills.told_success), *drills.told_success);
  }
  view.verification_success = success_of(drills);
  const Attempt* restored = nullptr;
  for (const auto& drill : drills.attempts) {
    if (!drill.settled || (drill.outcome() != Outcome::kSucceeded && !drill.restore_seconds)) continue;
    if (restored == nullptr || drill.ended > restored->ended) restored = &drill;
  }
  if (restored == nullptr) return;
  view.restore_seconds = restored->restore_seconds ? restored->restore_seconds : restored->seconds();
}

bool writes(const jobs::Fleet::DatasetWriter& writer, const std::vector<std::string>& datasets) {
  const auto written = dataset_names(writer.datasets, writer.kubernetes_namespace);
  return std::any_of(written.begin(), written.end(), [&](const auto& name) {
    return std::find(datasets.begin(), datasets.end(), name) != datasets.end();
  });
}

/// The first write after `data` as far as it is known who writes; `data` itself where that is not known, or not all
/// that was written since.
std::optional<TimePoint> first_write(const std::vector<std::string>& datasets, TimePoint data, const Writers& writers) {
  bool is_known = false;
  std::optional<TimePoint> first;
  for (const auto& writer : writers) {
    if (!writes(writer, datasets)) continue;
    is_known = true;
    if (writer.is_endless || !writer.known_since || *writer.known_since > data) return data;
    const auto next = std::upper_bound(writer.written.begin(), writer.written.end(), data);
    if (next != writer.written.end()) first = std::min(first.value_or(*next), *next);
  }
  return is_known ? first : std::optional(data);
}

/// A write that was found stays until a backup has it: what the writer's record forgets does not make it younger.
void protect(Record& record, const std::string& dataset, TimePoint data, const Writers& writers,
             std::uint64_t& changes) {
  const bool is_found = record.since_data == data && record.unprotected_since && *record.unprotected_since != data;
  if (is_found) return;
  const auto first = first_write(dataset_names(dataset, record.kubernetes_namespace), data, writers);
  if (record.since_data == data && record.unprotected_since == first) return;
  record.since_data = data;
  record.unprotected_since = first;
  ++changes;
}

bool has_backup(const Record& record, const PlanList& plans) {
  const bool is_planned =
      std::any_of(plans.begin(), plans.end(), [](const auto* plan) { return plan->subject.kind == Kind::kBackup; });
  return is_planned || !record.backups.attempts.empty() || record.backups.told_success;
}

}  // namespace

void Book::settle(History& history) {
  const auto now = this->now();
  for (auto& attempt : history.attempts) {
    if (attempt.settled || !attempt.end) continue;
    const bool may_say_more = options_.reads_messages && attempt.origin == Origin::kJob && attempt.is_there;
    if (may_say_more && !attempt.read && now - *attempt.ended < kMessageGrace) continue;
    attempt.settled = true;
    ++changes_;
    const bool is_news = attempt.origin == Origin::kReport || *attempt.ended >= since_;
    if (is_news) ++history.counts[static_cast<std::size_t>(attempt.outcome())];
  }
}

void Book::pass() {
  for (auto& [key, record] : records_) {
    settle(record.backups);
    settle(record.drills);
  }
  forget();
}

void Book::forget() {
  constexpr auto kPause = std::chrono::minutes{1};
  const auto now = this->now();
  if (swept_ && now >= *swept_ && now - *swept_ < kPause) return;
  swept_ = now;
  std::unordered_set<std::string> planned;
  for (const auto* plans : {&cron_jobs_, &schedules_}) {
    for (const auto& [uid, plan] : *plans) {
      planned.insert(plan.kubernetes_namespace + '\0' + plan.subject.backup);
    }
  }
  for (auto at = records_.begin(); at != records_.end();) {
    const bool is_old = is_forgettable(at->second, planned.contains(at->first), now);
    if (is_old) ++changes_;
    at = is_old ? records_.erase(at) : std::next(at);
  }
}

bool Book::is_forgettable(Record& record, bool is_planned, TimePoint now) const {
  if (is_planned || record.has_objects()) {
    record.gone.reset();
    return false;
  }
  if (record.planned == 0) return record.seen && now - *record.seen >= kBackupMemory;
  // Only who may read its plans knows that they are gone.
  if ((record.planned & lists_) != record.planned) return false;
  if (!record.gone) record.gone = now;
  return now - *record.gone >= kPlanGrace;
}

View Book::view(const Writers& writers) {
  const auto now = this->now();
  std::map<std::string, PlanList> plans;
  for (auto* all : {&cron_jobs_, &schedules_}) {
    for (auto& [uid, plan] : *all) plans[plan.kubernetes_namespace + '\0' + plan.subject.backup].push_back(&plan);
  }
  std::unordered_set<std::string> suspended;
  for (const auto& [uid, job] : jobs_) {
    if (job.suspended && !job.end) suspended.insert(job.kubernetes_namespace + '\0' + job.kept.backup);
  }
  View view;
  view.left_out = left_out_;
  view.backups.reserve(records_.size());
  for (auto& [key, record] : records_) {
    const auto& own = plans[key];
    auto& shown = view.backups.emplace_back();
    shown.kubernetes_namespace = record.kubernetes_namespace;
    shown.name = record.name;
    shown.is_backup = has_backup(record, own);
    add_runs(record, own, shown);
    add_due(own, now, shown);
    if (!shown.last_attempt) shown.last_attempt = shown.last_success;
    if (!shown.suspended && suspended.contains(key)) shown.suspended = shown.is_backup = true;
    add_drills(record.drills, shown);
    shown.rpo = promised(record, own, &Targets::rpo, std::optional<std::chrono::seconds>());
    shown.rto = promised(record, own, &Targets::rto, std::optional<std::chrono::seconds>());
    if (!shown.data) continue;
    protect(record, promised(record, own, &Targets::dataset, std::string()), *shown.data, writers, changes_);
    shown.unprotected_since = record.unprotected_since;
  }
  return view;
}

}  // namespace spark_exporter::backup
