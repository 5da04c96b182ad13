#pragma once
// The observer's part for backups: watches CronJobs and Jobs, and Velero's objects once they are there; asks the pods
// of Jobs that have ended for their messages; keeps the catalog's state file.
//
// Thread-safety: view(), save() and save_if_due() are for one thread, all else is for any.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "exporter/app/kept_file.hpp"
#include "exporter/app/watches.hpp"
#include "exporter/backup/catalog.hpp"
#include "exporter/kubernetes/api_client.hpp"
#include "exporter/kubernetes/cluster.hpp"
#include "exporter/model/snapshot.hpp"

namespace spark_exporter::app {

struct BackupDeskOptions {
  std::string kubernetes_namespace;  ///< "": all
  std::string state_file;            ///< "": none
  std::uint32_t shard = 0;
  std::uint32_t total_shards = 1;
  std::chrono::milliseconds save{5'000};
  kubernetes::WatchTuning watch;
  /// Between two looks for messages to read; after one that could not be read; between two looks for Velero.
  std::chrono::milliseconds look{500};
  std::chrono::milliseconds retry{5'000};
  std::chrono::milliseconds velero{300'000};
};

class BackupDesk {
 public:
  /// Reads the state file, then begins to watch. `changed` is called when there is something new to see.
  BackupDesk(kubernetes::Cluster cluster, BackupDeskOptions options, std::function<void()> changed);
  ~BackupDesk();
  BackupDesk(const BackupDesk&) = delete;
  BackupDesk& operator=(const BackupDesk&) = delete;

  /// Every first list is in, or refused.
  bool ready() const { return watches_.ready(); }
  Result<backup::Taken> take(const backup::Report& report, const std::string& pod);
  backup::View view(const std::vector<jobs::Fleet::DatasetWriter>& writers) { return catalog_.view(writers); }
  /// The source "backups"; nothing where neither CronJobs nor Jobs may be read: that is optional.
  std::optional<model::SourceHealth> health(kubernetes::TimePoint now) const;

  void save_if_due();
  void save();

 private:
  using Instant = std::chrono::steady_clock::time_point;

  void work();
  /// False: one could not be read, try again later.
  bool read_messages();
  void look_for_velero(Instant now);
  bool wait(std::chrono::milliseconds span);
  void note(const Error& error);

  const kubernetes::Cluster cluster_;
  const BackupDeskOptions options_;
  const std::function<void()> changed_;
  backup::Catalog catalog_;
  KeptFile<backup::Catalog> file_;
  std::unique_ptr<kubernetes::ApiClient> api_;
  log::RateLimited log_limit_;
  Instant velero_due_{};
  bool watches_velero_ = false;

  mutable std::mutex mutex_;  ///< guards `stop_` and `errors_`
  bool stop_ = false;
  std::array<std::uint64_t, kErrorKinds> errors_{};  ///< of questions for messages
  std::condition_variable wake_;

  Watches watches_;  ///< feeds the catalog: goes before it
  std::thread thread_;
};

}  // namespace spark_exporter::app
