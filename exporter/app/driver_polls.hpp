#pragma once
// Polls of running drivers that have no sidecar (--observer.poll-drivers): a few threads, a poller for each driver.
//
// Thread-safety: all of it. What is read by the caller is a copy of a run as it was after a poll.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/log.hpp"
#include "exporter/config/options.hpp"
#include "exporter/jobs/fleet.hpp"
#include "exporter/model/snapshot.hpp"
#include "exporter/spark/poller.hpp"

namespace spark_exporter::app {

/// One driver's run after its last poll.
struct PolledRun {
  model::Run run;
  jobs::Fleet::DriverPod pod;
  std::string app;
  std::string app_from;
  bool fresh = false;
  bool over = false;
  spark::TimePoint fresh_until;

  /// As the collectors want it; points into this.
  model::RunView view(spark::TimePoint now) const;
};

struct DriverPollTuning {
  int threads = 4;
  std::size_t drivers = limits::kPolledDrivers;
  std::uint16_t port = 4040;
};

class DriverPolls {
 public:
  /// Told after each poll that was answered, on one of the threads.
  using Says = std::function<void(const jobs::RestFacts&)>;

  DriverPolls(const config::Options& options, Says says, DriverPollTuning tuning = {});
  /// Breaks off what is under way.
  ~DriverPolls();
  DriverPolls(const DriverPolls&) = delete;
  DriverPolls& operator=(const DriverPolls&) = delete;

  /// From now on these drivers, less those with a sidecar and those beyond the bound: who is polled stays polled.
  void follow(const std::vector<jobs::Fleet::DriverPod>& drivers);
  void count_scrape() noexcept { ++scrapes_; }

  std::vector<std::shared_ptr<const PolledRun>> latest() const;
  /// The source "spark": up while every driver that is polled answers.
  model::SourceHealth health() const;

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Driver {
    Driver(jobs::Fleet::DriverPod of, std::unique_ptr<spark::Poller> by, Instant at)
        : pod(std::move(of)), poller(std::move(by)), due(at) {}
    const jobs::Fleet::DriverPod pod;
    const std::unique_ptr<spark::Poller> poller;
    Instant due;  ///< Instant::max() while it is being polled
    model::SourceHealth health;
    std::shared_ptr<const PolledRun> latest;
  };

  std::unique_ptr<spark::Poller> make_poller(const jobs::Fleet::DriverPod& pod) const;
  void work();
  std::shared_ptr<Driver> next_due(std::unique_lock<std::mutex>& lock);
  std::shared_ptr<const PolledRun> poll(const Driver& driver, std::chrono::milliseconds& delay);

  const config::Options options_;
  const Says says_;
  const DriverPollTuning tuning_;
  std::atomic<std::uint64_t> scrapes_{0};
  log::RateLimited log_limit_;

  mutable std::mutex mutex_;  ///< guards all down to `changed_`
  bool stop_ = false;
  std::map<std::string, std::shared_ptr<Driver>> drivers_;  ///< by the pod's uid
  model::SourceHealth past_;                                ///< of drivers that are not polled any more
  std::condition_variable changed_;

  std::vector<std::thread> threads_;
};

}  // namespace spark_exporter::app
