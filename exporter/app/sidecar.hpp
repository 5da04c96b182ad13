#pragma once
// The sidecar: a thread that polls the driver, follows its pod and publishes, and a web server that answers from what
// was published.

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exporter/app/cost_meter.hpp"
#include "exporter/app/job_baseline.hpp"
#include "exporter/app/log_watch.hpp"
#include "exporter/app/node_prices.hpp"
#include "exporter/app/pod_life.hpp"
#include "exporter/app/publisher.hpp"
#include "exporter/app/quality_accumulators.hpp"
#include "exporter/app/quality_desk.hpp"
#include "exporter/app/quality_writes.hpp"
#include "exporter/common/result.hpp"
#include "exporter/config/config_file.hpp"
#include "exporter/config/options.hpp"
#include "exporter/spark/poller.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

class Sidecar {
 public:
  /// `leave` is called once, on any thread, when there is no more to do: the run is over, and what is to be said of it
  /// was said.
  Sidecar(const config::Options& options, config::Config config, std::function<void()> leave = {},
          spark::Clock clock = spark::Clock::system());
  ~Sidecar();
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  /// Listens, then starts polling. Error: the address that cannot be bound, and why.
  Result<void> start();
  /// SIGTERM or SIGINT: false if it may be ended at once; else it says itself when (`leave`). Any thread.
  bool terminate();
  /// Where it listens.
  std::vector<std::string> addresses() const { return server_->addresses(); }
  /// Reads the configuration file again; a bad one is logged, counted and leaves the old one in force. Any thread.
  Result<void> reload();

 private:
  std::vector<web::Route> routes();
  web::HttpResponse answer_metrics(const web::HttpRequest& request);
  void live();
  void log_failure(const std::exception& failure) noexcept;
  void wait_for_pod();
  void poll();
  void publish();
  void meter(Beside& beside);
  std::unique_ptr<NodePrices> make_node_prices() const;
  void follow_logs();
  void hear_logs();
  void add_logs(Beside& beside);
  /// Until `until`, or until there is news; false when it is to stop.
  bool wait(std::chrono::steady_clock::time_point until);
  void wake();
  void run_ended();
  std::optional<model::Run> restore(const spark::Application& application) const;
  void restore_cost(const spark::Application& application);
  void save();

  const config::Options options_;
  const std::function<void()> leave_;
  spark::Clock clock_;
  Publisher publisher_;
  QualityDesk quality_;
  QualityAccumulators accumulators_;
  QualityWrites writes_;
  spark::Poller poller_;
  CostMeter meter_;
  bool cost_restored_ = false;
  log::RateLimited log_limit_;
  std::atomic<bool> polled_{false};
  std::atomic<bool> run_ended_{false};
  std::chrono::steady_clock::time_point published_;
  std::shared_ptr<const quality::Ledger> shown_quality_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  bool news_ = false;

  PodLife life_;
  std::unique_ptr<NodePrices> node_prices_;
  LogWatch logs_;
  std::unique_ptr<JobBaseline> baseline_;  ///< null: there is no observer to ask
  std::unique_ptr<web::Server> server_;
  std::thread thread_;
};

}  // namespace spark_exporter::app
