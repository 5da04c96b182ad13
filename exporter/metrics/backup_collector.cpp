// Backups and the drills that restore them, from backup::View: written by the observer alone.

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"

namespace spark_exporter::metrics {
namespace {

struct Shown {
  const backup::BackupView* view;
  Identity identity;
};

/// Two names whose ends are cut may have become one: the first stays.
std::vector<Shown> shown(const backup::View& view) {
  std::vector<Shown> all;
  all.reserve(view.backups.size());
  for (const auto& backup : view.backups) {
    auto identity = Identity::of_backup(backup.kubernetes_namespace, backup.name);
    if (!all.empty() && all.back().identity.labels() == identity.labels()) continue;
    all.push_back({&backup, std::move(identity)});
  }
  return all;
}

std::optional<double> known(const std::optional<backup::TimePoint>& time) {
  if (!time) return std::nullopt;
  return timestamp(*time);
}
std::optional<double> known(const std::optional<double>& number) { return number; }
std::optional<double> known(const std::optional<bool>& flag) {
  if (!flag) return std::nullopt;
  return *flag ? 1 : 0;
}
std::optional<double> known(const std::optional<std::chrono::seconds>& seconds) {
  if (!seconds) return std::nullopt;
  return static_cast<double>(seconds->count());
}

/// A sample of each for which the member is known.
template <class Member>
void write_known(Families& families, const std::vector<Shown>& all, Member backup::BackupView::*member) {
  for (const auto& [view, identity] : all) {
    if (const auto value = known(view->*member)) families.write(identity, {}, *value);
  }
}

void collect_runs(const std::vector<Shown>& all, std::uint64_t left_out, Families& families) {
  using backup::BackupView;
  families.counter("backup_runs_total",
                   "Runs of the backup that ended, each once. From status.conditions of Jobs, status.phase of Velero's "
                   "Backups, and reports.",
                   {"outcome"});
  families.leave_out_total("backups", left_out);
  for (const auto& [view, identity] : all) {
    if (!view->is_backup) continue;
    for (std::size_t i = 0; i < backup::kOutcomes; ++i) {
      families.write(identity, {to_string(static_cast<backup::Outcome>(i))}, static_cast<double>(view->runs[i]));
    }
  }
  families.gauge("backup_last_success_timestamp_seconds", "When the last good run of the backup ended.");
  write_known(families, all, &BackupView::last_success);
  families.gauge("backup_last_attempt_timestamp_seconds",
                 "When the newest run of the backup began, one that still runs included.");
  write_known(families, all, &BackupView::last_attempt);
  families.gauge("backup_last_attempt_success",
                 "1 if the newest run that has ended made a good backup, else 0; absent if nobody saw how it ended.");
  write_known(families, all, &BackupView::last_attempt_success);
  families.gauge("backup_running_since_timestamp_seconds", "When the oldest run that has not ended began.");
  write_known(families, all, &BackupView::running_since);
  families.gauge("backup_duration_seconds", "From begin to end of the last good run.");
  write_known(families, all, &BackupView::duration_seconds);
  families.gauge("backup_size_bytes", "Size of the last good backup, as it was reported.");
  write_known(families, all, &BackupView::size_bytes);
}

void collect_data(const std::vector<Shown>& all, Families& families) {
  using backup::BackupView;
  families.gauge("backup_data_timestamp_seconds",
                 "What was written up to then is in the last good backup: as it was reported, else when its run "
                 "began.");
  write_known(families, all, &BackupView::data);
  families.gauge("backup_unprotected_since_timestamp_seconds",
                 "When the oldest data was written that no good backup has, by the runs that write the dataset; "
                 "absent if all is backed up; backup_data_timestamp_seconds where nobody knows who writes.");
  write_known(families, all, &BackupView::unprotected_since);
  families.gauge("backup_rpo_target_seconds",
                 "How old the oldest data without a backup may get. From the annotation spark-exporter.io/rpo.");
  write_known(families, all, &BackupView::rpo);
  families.gauge("backup_rto_target_seconds",
                 "How long a restore may take. From the annotation spark-exporter.io/rto.");
  write_known(families, all, &BackupView::rto);
}

void collect_plans(const std::vector<Shown>& all, Families& families) {
  using backup::BackupView;
  families.gauge("backup_suspended",
                 "1 while all that would run the backup is suspended. From spec.suspend and spec.paused.");
  write_known(families, all, &BackupView::suspended);
  families.gauge("backup_last_due_timestamp_seconds", "When the backup should last have begun, by its schedule.");
  write_known(families, all, &BackupView::last_due);
  families.gauge("backup_next_due_timestamp_seconds", "When the backup should next begin, by its schedule.");
  write_known(families, all, &BackupView::next_due);
}

void collect_drills(const std::vector<Shown>& all, Families& families) {
  using backup::BackupView;
  families.gauge("backup_verification_timestamp_seconds", "When the last restore drill of the backup ended.");
  write_known(families, all, &BackupView::verification);
  families.gauge("backup_verification_success",
                 "1 if the last restore drill ended well, else 0; absent if nobody saw how it ended.");
  write_known(families, all, &BackupView::verification_success);
  families.gauge("backup_restore_time_seconds",
                 "How long the last restore took: as it was reported, else the run of the last good drill.");
  write_known(families, all, &BackupView::restore_seconds);
}

}  // namespace

void collect_backups(const model::Snapshot& snapshot, Families& families) {
  if (snapshot.backups == nullptr) return;
  const auto all = shown(*snapshot.backups);
  collect_runs(all, snapshot.backups->left_out, families);
  collect_data(all, families);
  collect_plans(all, families);
  collect_drills(all, families);
}

}  // namespace spark_exporter::metrics
