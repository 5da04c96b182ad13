#pragma once
// All backups that are known, from what the API and reports say of them. For one thread: the catalog has the lock.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "exporter/backup/catalog.hpp"
#include "exporter/backup/history.hpp"
#include "exporter/backup/plan.hpp"
#include "exporter/backup/report.hpp"
#include "exporter/common/log.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::backup {

/// Which kinds of objects have planned a backup: it ends with the last of them.
inline constexpr std::uint8_t kByCronJob = 1;
inline constexpr std::uint8_t kBySchedule = 2;

/// One backup.
struct Record {
  std::string kubernetes_namespace;
  std::string name;
  History backups;
  History drills;
  Targets job_targets;                      ///< of its newest Job with targets of its own
  std::optional<TimePoint> job_targets_of;  ///< when that began
  Targets told;                             ///< by a report
  std::uint8_t planned = 0;
  std::optional<TimePoint> seen;  ///< last sign of it
  std::optional<TimePoint> gone;  ///< since when nothing plans it any more

  /// The oldest write that the last good backup does not have, found when its data went up to `since_data`.
  std::optional<TimePoint> unprotected_since;
  std::optional<TimePoint> since_data;

  History& history(Kind kind) { return kind == Kind::kBackup ? backups : drills; }
  bool has_objects() const;
};

/// What is kept of a Job that is in the API.
struct JobEntry {
  std::string kubernetes_namespace;
  std::string name;
  std::string owner;  ///< uid of its CronJob
  Subject subject;    ///< by its own labels
  Subject kept;       ///< under which its attempt is kept: stays when its CronJob goes before it
  Targets targets;
  bool suspended = false;
  std::optional<TimePoint> started;
  std::optional<TimePoint> ended;
  std::optional<Outcome> end;
  std::uint8_t mark = 0;
};

/// What is kept of a Velero Backup that is in the API.
struct VeleroEntry {
  std::string kubernetes_namespace;
  std::string backup;
  std::uint8_t mark = 0;
};

using Writers = std::vector<jobs::Fleet::DatasetWriter>;

class Book {
 public:
  explicit Book(CatalogOptions options);

  // --- CronJobs
  void begin_cron_jobs() { ++cron_mark_; }
  void put(const kubernetes::CronJob& job);
  void remove(const kubernetes::CronJob& job);
  void end_cron_jobs();
  // --- Jobs
  void begin_jobs() { ++job_mark_; }
  void put(const kubernetes::Job& job);
  void remove(const kubernetes::Job& job);
  void end_jobs();
  // --- Velero
  void begin_schedules() { ++schedule_mark_; }
  void put(const kubernetes::VeleroSchedule& schedule);
  void remove(const kubernetes::VeleroSchedule& schedule);
  void end_schedules();
  void begin_velero_backups() { ++velero_mark_; }
  void put(const kubernetes::VeleroBackup& backup);
  void remove(const kubernetes::VeleroBackup& backup);
  void end_velero_backups();

  // --- what they say of themselves
  Result<Taken> take(const Report& report, const std::string& pod);
  std::vector<JobRef> unread() const;
  void set_read(const JobRef& job, const std::optional<Report>& report);

  /// Settles ends, counts them, forgets what nobody will ask for.
  void pass();
  View view(const Writers& writers);

  // --- the state file
  std::string save();
  Result<void> restore(std::string_view json);
  std::uint64_t changes() const { return changes_; }
  const std::array<std::uint64_t, kErrorKinds>& errors() const { return errors_; }
  void count_error(const Error& error);

 private:
  using Plans = std::map<std::string, Plan>;  ///< by uid
  using Jobs = std::unordered_map<Uid, JobEntry, jobs::UidHash>;

  TimePoint now() const { return options_.now(); }
  /// Null: of another shard, or there is no room.
  Record* record(const std::string& kubernetes_namespace, const std::string& name);
  bool is_mine(const std::string& kubernetes_namespace, const std::string& name) const;
  void leave_out(const std::string& what);
  /// The plan as it is kept; null if there is nothing of ours in it (any more), or no room.
  Plan* put_plan(Plans& plans, const kubernetes::Object& object, Subject subject, std::uint8_t kind);
  void end_plans(Plans& plans, std::uint8_t mark);
  Subject subject_of(const JobEntry& job) const;
  void absorb(const Uid& uid, JobEntry& job);
  Attempt* attempt_of(const Uid& uid, const JobEntry& job);
  void absorb_owned(const std::string& owner);
  Attempt* attempt(History& history, const Uid& uid, Origin origin, const std::optional<TimePoint>& ended);
  void end(Attempt& attempt, Outcome outcome, const std::optional<TimePoint>& ended);
  void drop(Jobs::iterator job, Outcome outcome);
  /// Its object went; an end that nobody saw is `outcome`.
  void leave(Attempt& attempt, Outcome outcome);
  /// Those whose objects are not there.
  void leave_missing(Origin origin);
  Targets targets(const kubernetes::Object& object);
  Attempt* find_for(History& history, const Report& report, const std::string& pod) const;
  void settle(History& history);
  void forget();
  bool is_forgettable(Record& record, bool is_planned, TimePoint now) const;

  const CatalogOptions options_;
  TimePoint since_;                        ///< what ended before is not counted
  std::map<std::string, Record> records_;  ///< by namespace, a zero byte, name
  Plans cron_jobs_;
  Plans schedules_;
  Jobs jobs_;
  std::unordered_map<Uid, VeleroEntry, jobs::UidHash> velero_;
  std::unordered_set<std::uint64_t> refused_;
  std::uint8_t cron_mark_ = 0;
  std::uint8_t job_mark_ = 0;
  std::uint8_t schedule_mark_ = 0;
  std::uint8_t velero_mark_ = 0;
  std::uint8_t lists_ = 0;  ///< kByCronJob, kBySchedule: which were in
  std::optional<TimePoint> swept_;
  std::uint64_t left_out_ = 0;
  std::uint64_t changes_ = 0;
  std::array<std::uint64_t, kErrorKinds> errors_{};
  log::RateLimited log_limit_;
};

}  // namespace spark_exporter::backup
