#include "exporter/app/backup_desk.hpp"

#include <algorithm>
#include <utility>

#include "exporter/app/job_message.hpp"
#include "exporter/common/version.hpp"

namespace spark_exporter::app {
namespace {

constexpr auto kDiscoveryTimeout = std::chrono::seconds{10};

kubernetes::TimePoint wall_now() {
  return std::chrono::time_point_cast<kubernetes::Millis>(std::chrono::system_clock::now());
}

backup::CatalogOptions catalog_options(const BackupDeskOptions& options) {
  backup::CatalogOptions catalog;
  catalog.shard = options.shard;
  catalog.total_shards = options.total_shards;
  catalog.now = wall_now;
  return catalog;
}

}  // namespace

BackupDesk::BackupDesk(kubernetes::Cluster cluster, BackupDeskOptions options, std::function<void()> changed)
    : cluster_(std::move(cluster)),
      options_(std::move(options)),
      changed_(std::move(changed)),
      catalog_(catalog_options(options_)),
      file_(options_.state_file.empty() ? std::string() : options_.state_file + ".backups", options_.save),
      api_(kubernetes::make_api_client(cluster_, std::string("spark_exporter/") + kVersion)),
      watches_(cluster_, options_.watch) {
  file_.restore(catalog_, wall_now());
  const auto& from = options_.kubernetes_namespace;
  watches_.add<kubernetes::CronJob>({kubernetes::kCronJobs, from, "", ""}, catalog_.cron_jobs(), changed_);
  watches_.add<kubernetes::Job>({kubernetes::kJobs, from, "", ""}, catalog_.jobs(), changed_);
  thread_ = std::thread([this] { work(); });
}

BackupDesk::~BackupDesk() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  api_->cancel();
  thread_.join();
}

Result<backup::Taken> BackupDesk::take(const backup::Report& report, const std::string& pod) {
  auto taken = catalog_.take(report, pod);
  if (taken) {
    changed_();
  } else {
    catalog_.count_error(taken.error());
  }
  return taken;
}

std::optional<model::SourceHealth> BackupDesk::health(kubernetes::TimePoint now) const {
  if (!watches_.readable(kubernetes::kJobs.plural) && !watches_.readable(kubernetes::kCronJobs.plural)) {
    return std::nullopt;
  }
  auto health = watches_.health(now);
  const auto catalog = catalog_.errors();
  const std::lock_guard lock(mutex_);
  for (std::size_t kind = 0; kind < health.errors.size(); ++kind) health.errors[kind] += catalog[kind] + errors_[kind];
  return health;
}

void BackupDesk::save_if_due() { file_.save_if_due(catalog_, wall_now(), std::chrono::steady_clock::now()); }
void BackupDesk::save() { file_.save(catalog_, wall_now(), std::chrono::steady_clock::now()); }

// --- the thread --------------------------------------------------------------------------------

void BackupDesk::work() {
  bool all = false;
  do {
    try {
      look_for_velero(std::chrono::steady_clock::now());
      all = read_messages();
    } catch (const std::exception& failure) {  // out of memory or descriptors
      all = false;
      note({ErrorKind::kIo, failure.what()});
    }
  } while (wait(all ? options_.look : options_.retry));
}

/// False: stopped.
bool BackupDesk::wait(std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, span, [this] { return stop_; });
}

void BackupDesk::note(const Error& error) {
  if (error.kind == ErrorKind::kCancelled) return;
  {
    const std::lock_guard lock(mutex_);
    ++errors_[static_cast<std::size_t>(error.kind)];
  }
  std::uint64_t held_back = 0;
  if (!log_limit_.admit(std::string(to_string(error.kind)), std::chrono::steady_clock::now(), held_back)) return;
  log::warn("cannot ask a backup's pods what they say",
            {{"source", "backups"}, {"error", error.what}, {"held_back", std::to_string(held_back)}});
}

bool BackupDesk::read_messages() {
  const auto wrong = [this](const Error& error) { catalog_.count_error(error); };
  bool any = false;
  for (const auto& job : catalog_.unread()) {
    auto message = read_job_message(*api_, job, wrong);
    // Who may not read pods goes without; the log says so where pods are watched.
    const bool is_refused = !message && message.error().error.kind == ErrorKind::kForbidden;
    if (!message && !is_refused) {
      note(message.error().error);
      return false;
    }
    catalog_.set_read(job, message ? *message : std::nullopt);
    any = true;
  }
  if (any) changed_();
  return true;
}

/// Asks for the group first: who has no Velero is not told what rights to give for it.
void BackupDesk::look_for_velero(Instant now) {
  if (watches_velero_ || now < velero_due_) return;
  velero_due_ = now + options_.velero;
  net::Request request;
  request.target = "/apis/velero.io/v1";
  request.timeout = kDiscoveryTimeout;
  const auto is_there =
      api_->request(std::move(request), [](std::istream&) -> Result<void> { return boost::system::in_place_value; });
  if (!is_there) return;
  watches_velero_ = true;
  log::info("Velero is there: its backups are watched");
  const auto& from = options_.kubernetes_namespace;
  watches_.add<kubernetes::VeleroSchedule>({kubernetes::kVeleroSchedules, from, "", ""}, catalog_.velero_schedules(),
                                           changed_);
  watches_.add<kubernetes::VeleroBackup>({kubernetes::kVeleroBackups, from, "", ""}, catalog_.velero_backups(),
                                         changed_);
}

}  // namespace spark_exporter::app
