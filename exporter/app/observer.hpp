#pragma once
// The observer: watches the pods and applications of a cluster or a namespace, decides what became of each run, and
// shows it. Its watches feed a Fleet; one thread turns that into what a scrape is answered with, when something changed
// and now and then for time that passes; the web server answers from what was published.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exporter/app/api_intake.hpp"
#include "exporter/app/backup_desk.hpp"
#include "exporter/app/driver_polls.hpp"
#include "exporter/app/kept_file.hpp"
#include "exporter/app/token_reviewer.hpp"
#include "exporter/app/watches.hpp"
#include "exporter/common/log.hpp"
#include "exporter/common/result.hpp"
#include "exporter/config/config_file.hpp"
#include "exporter/config/options.hpp"
#include "exporter/jobs/fleet.hpp"
#include "exporter/metrics/exposition.hpp"
#include "exporter/metrics/families.hpp"
#include "exporter/runbooks/page.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

struct ObserverTuning {
  /// Between two publications: after a change that somebody may see soon, after one that nobody has asked for, and
  /// without any change.
  std::chrono::milliseconds busy{1'000};
  std::chrono::milliseconds idle{5'000};
  std::chrono::milliseconds quiet{15'000};
  /// While the first lists are awaited.
  std::chrono::milliseconds starting{100};
  std::chrono::milliseconds save{5'000};
  kubernetes::WatchTuning watch;
  /// What time it is; empty: the system's.
  std::function<kubernetes::TimePoint()> wall;
};

class Observer {
 public:
  /// `cluster`: of find_cluster(), with or without a namespace of its own: which ones are watched the options say.
  Observer(const config::Options& options, config::Config config, kubernetes::Cluster cluster,
           ObserverTuning tuning = {});
  /// Stops everything and writes the state file.
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Reads the state file, listens, then starts watching. Error: the address that cannot be bound, and why.
  Result<void> start();
  std::vector<std::string> addresses() const { return server_->addresses(); }
  /// Reads the configuration file again; a bad one is logged, counted and leaves the old one in force. Any thread.
  Result<void> reload();
  /// Whether there is something to stay for after SIGTERM: there is not.
  bool terminate() const { return false; }

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Published {
    Published(metrics::Packed packed, outcome::View shown, kubernetes::TimePoint at)
        : exposition(std::move(packed)), view(std::move(shown)), time(at) {}
    metrics::Exposition exposition;
    outcome::View view;
    kubernetes::TimePoint time;
  };

  std::vector<web::Route> routes();
  web::HttpResponse answer_metrics(const web::HttpRequest& request);
  web::HttpResponse answer_report() const;
  std::vector<runbooks::Run> runbook_runs() const;
  web::HttpResponse answer_baseline(const web::HttpRequest& request);
  web::HttpResponse take_last_words(const web::HttpRequest& request);
  web::HttpResponse take_backup_report(const web::HttpRequest& request);
  web::HttpResponse take_quality(const web::HttpRequest& request);
  web::HttpResponse answer_reload(const web::HttpRequest& request);
  std::shared_ptr<const Published> latest() const;

  void watch();
  void watch_backups();
  void poll_drivers();
  void changed();
  void work();
  void turn();
  void note_failure(const std::exception& failure) noexcept;
  kubernetes::TimePoint wall_now() const;
  bool wait_for_lists();
  bool wait_for_work();
  void publish();
  void add_budgets(outcome::View& view) const;
  metrics::Packed render(const outcome::View& view, kubernetes::TimePoint now);
  void warn_of_left_out();

  const config::Options options_;
  const kubernetes::Cluster cluster_;
  const ObserverTuning tuning_;
  jobs::Fleet fleet_;
  KeptFile<jobs::Fleet> file_;
  TokenReviewer reviewer_;
  const IntakeGuard guard_;
  metrics::DropCounters drops_;
  metrics::Packer packer_;
  std::uint64_t left_out_ = 0;
  std::uint64_t failed_turns_ = 0;
  log::RateLimited log_limit_;
  Instant published_at_{};
  std::chrono::milliseconds publishing_took_{0};
  std::atomic<bool> scraped_{false};  ///< since the last publication

  mutable std::mutex mutex_;  ///< guards all down to `stop_`
  config::Config config_;
  bool reload_ok_ = true;
  kubernetes::TimePoint reload_time_;
  std::shared_ptr<const Published> latest_;
  bool dirty_ = false;
  bool stop_ = false;
  std::condition_variable wake_;

  std::unique_ptr<web::Server> server_;
  std::unique_ptr<Watches> watches_;
  std::unique_ptr<BackupDesk> backups_;  ///< null: --no-collector.backup
  std::unique_ptr<DriverPolls> polls_;   ///< null: not asked for
  std::thread thread_;
};

}  // namespace spark_exporter::app
