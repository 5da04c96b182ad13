#pragma once
// The backups of a cluster (observer): CronJobs, Jobs, Velero's objects and reports in, backup::View out. The rules are
// those of docs/backups.md: each attempt is counted once, also across restarts with a state file; how a Job ended is
// shown when its pods' termination message was read, or kMessageGrace later.
//
// Thread-safety: all of it, by one lock; stores are fed by their watches' threads.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/backup/report.hpp"
#include "exporter/backup/view.hpp"
#include "exporter/common/result.hpp"
#include "exporter/jobs/fleet.hpp"
#include "exporter/jobs/uid.hpp"
#include "exporter/kubernetes/facts.hpp"
#include "exporter/kubernetes/store.hpp"

namespace spark_exporter::backup {

/// How long an end waits for its message to be read.
inline constexpr auto kMessageGrace = std::chrono::seconds{30};
/// A backup whose CronJob or Schedule is gone is shown so long: it may come back.
inline constexpr auto kPlanGrace = std::chrono::hours{1};
/// One without such is remembered so long after its last sign.
inline constexpr auto kBackupMemory = std::chrono::hours{24 * 30};

struct CatalogOptions {
  /// This process's share: backups with hash(namespace/name) % total == shard.
  std::uint32_t shard = 0;
  std::uint32_t total_shards = 1;
  bool reads_messages = true;  ///< somebody asks for unread()
  std::function<TimePoint()> now;
};

/// A Job that has ended, whose pods may have left a message.
struct JobRef {
  std::string kubernetes_namespace;
  std::string name;
  jobs::Uid uid;
};

enum class Taken : std::uint8_t { kNew, kKnown };

class Catalog {
 public:
  explicit Catalog(CatalogOptions options);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  kubernetes::Store<kubernetes::CronJob>& cron_jobs();
  kubernetes::Store<kubernetes::Job>& jobs();
  kubernetes::Store<kubernetes::VeleroSchedule>& velero_schedules();
  kubernetes::Store<kubernetes::VeleroBackup>& velero_backups();

  /// A report whose sender may speak for its namespace; `pod` is the sender's, "" if it is none. Errors: kMalformed for
  /// one without backup, namespace or success, and for a time in the future; kNotFound: another shard's; kTooLarge:
  /// there is no room for one more.
  Result<Taken> take(const Report& report, const std::string& pod);

  std::vector<JobRef> unread() const;
  /// What the pods' message says; nothing: they left none, or are gone.
  void set_read(const JobRef& job, const std::optional<Report>& report);
  /// A message or a body that is none: counted under its kind.
  void count_error(const Error& error);

  /// Lets time pass, then says what is to be shown. `writers`: see Fleet::dataset_writers().
  View view(const std::vector<jobs::Fleet::DatasetWriter>& writers);
  /// By kind, since the process began: what objects, messages and reports had wrong.
  std::array<std::uint64_t, kErrorKinds> errors() const;

  /// What must outlive a restart, as compact JSON, and whether that changed since the last call.
  std::string save(TimePoint now);
  bool changed_since_save() const;
  /// Before the first fact. Errors: kMalformed, kWrongType, with the place; nothing is taken then.
  Result<void> restore(std::string_view json, TimePoint now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::backup
