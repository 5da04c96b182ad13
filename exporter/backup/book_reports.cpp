#include <algorithm>
#include <utility>

#include "exporter/backup/book.hpp"
#include "exporter/common/limits.hpp"

namespace spark_exporter::backup {
namespace {

/// At once; what more there is comes next.
constexpr std::size_t kUnread = 100;

std::string number(const std::optional<TimePoint>& time) {
  return time ? std::to_string(time->time_since_epoch().count()) : std::string();
}

std::string number(const std::optional<double>& value) { return value ? std::to_string(*value) : std::string(); }

/// The same for the same report: its id, else what it says. One that says neither id nor time is never the same.
Uid identity(const Report& report, TimePoint now) {
  std::string text = "id\n" + report.id;
  if (report.id.empty()) {
    text = "report\n" + report.job + '\n' + (report.success.value_or(false) ? "1" : "0");
    for (const auto& time : {report.started, report.ended, report.data}) text += '\n' + number(time);
    for (const auto& value : {report.size_bytes, report.restore_seconds}) text += '\n' + number(value);
    if (!report.started && !report.ended) text += '\n' + number(std::optional(now));
  }
  constexpr std::uint64_t kOtherSeed = 1099511628211ULL;
  return {jobs::fnv1a(text), jobs::fnv1a(text, kOtherSeed)};
}

Error malformed(const std::string& what) { return {ErrorKind::kMalformed, "backup report: " + what}; }

}  // namespace

/// The Job that it speaks of: as it says, else the one whose pod has sent it.
Attempt* Book::find_for(History& history, const Report& report, const std::string& pod) const {
  if (!report.job.empty()) return history.find_job(report.job);
  Attempt* found = nullptr;
  for (auto& attempt : history.attempts) {
    const bool is_of = attempt.origin == Origin::kJob && !attempt.job.empty() && pod.starts_with(attempt.job + '-');
    if (is_of && (found == nullptr || attempt.job.size() > found->job.size())) found = &attempt;
  }
  return found;
}

Result<Taken> Book::take(const Report& report, const std::string& pod) {
  if (report.backup.empty()) return malformed("no backup");
  if (report.kubernetes_namespace.empty()) return malformed("no namespace");
  if (!report.success) return malformed("no success");
  const auto future = future_member(report, now());
  if (!future.empty()) return malformed(std::string(future) + " is in the future");
  if (!is_mine(report.kubernetes_namespace, report.backup)) {
    return Error{ErrorKind::kNotFound, "backup report: another shard has this backup"};
  }
  auto* record = this->record(report.kubernetes_namespace, report.backup);
  if (record == nullptr) return Error{ErrorKind::kTooLarge, "backup report: more backups than an observer keeps"};
  if (report.rpo) record->told.rpo = report.rpo;
  if (report.rto) record->told.rto = report.rto;
  if (!report.dataset.empty()) record->told.dataset = report.dataset;
  if (record->gone) record->planned = 0;  // it goes on by other means
  record->gone.reset();

  auto& history = record->history(report.kind);
  const auto uid = identity(report, now());
  auto* attempt = find_for(history, report, pod);
  if (attempt != nullptr) {
    if (attempt->report == uid) return Taken::kKnown;
  } else {
    const auto ended = std::min(report.ended.value_or(now()), now());
    if (history.find(uid) != nullptr || history.is_past(ended)) return Taken::kKnown;
    attempt = this->attempt(history, uid, Origin::kReport, ended);
    if (attempt == nullptr) return Error{ErrorKind::kTooLarge, "backup report: too many runs at once"};
    attempt->started = report.started;
    end(*attempt, *report.success ? Outcome::kSucceeded : Outcome::kFailed, ended);
  }
  attempt->report = uid;
  attempt->take(report);
  ++changes_;
  return Taken::kNew;
}

// --- termination messages ----------------------------------------------------------------------

std::vector<JobRef> Book::unread() const {
  std::vector<JobRef> refs;
  for (const auto& [key, record] : records_) {
    for (const auto* history : {&record.backups, &record.drills}) {
      // Of what was settled before this process came only what is shown.
      const auto* good = history->last_good();
      const auto* ended = history->last_ended();
      for (const auto& attempt : history->attempts) {
        const bool is_wanted = attempt.origin == Origin::kJob && attempt.is_there && attempt.end && !attempt.read;
        if (!is_wanted || (attempt.settled && &attempt != good && &attempt != ended)) continue;
        refs.push_back({record.kubernetes_namespace, attempt.job, attempt.uid});
        if (refs.size() >= kUnread) return refs;
      }
    }
  }
  return refs;
}

void Book::set_read(const JobRef& job, const std::optional<Report>& report) {
  const auto entry = jobs_.find(job.uid);
  if (entry == jobs_.end()) return;
  auto* attempt = attempt_of(job.uid, entry->second);
  if (attempt == nullptr) return;
  attempt->read = true;
  ++changes_;
  if (!report) return;
  const auto future = future_member(*report, now());
  if (!future.empty()) return count_error(malformed(std::string(future) + " is in the future"));
  attempt->take(*report);
}

}  // namespace spark_exporter::backup
