#pragma once
// The sidecar: a thread that polls the driver and publishes, and a web server that answers from what was published.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exporter/app/publisher.hpp"
#include "exporter/common/result.hpp"
#include "exporter/config/config_file.hpp"
#include "exporter/config/options.hpp"
#include "exporter/spark/poller.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

class Sidecar {
 public:
  Sidecar(const config::Options& options, config::Config config);
  ~Sidecar();
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  /// Listens, then starts polling. Error: the address that cannot be bound, and why.
  Result<void> start();
  /// Where it listens.
  std::vector<std::string> addresses() const { return server_->addresses(); }
  /// Reads the configuration file again; a bad one is logged, counted and leaves the old one in force. Any thread.
  Result<void> reload();

 private:
  std::vector<web::Route> routes();
  void poll_until_stopped();
  bool wait(std::chrono::milliseconds delay);
  std::optional<model::Run> restore(const spark::Application& application) const;
  void save();

  const config::Options options_;
  spark::Clock clock_ = spark::Clock::system();
  Publisher publisher_;
  spark::Poller poller_;
  log::RateLimited log_limit_;
  std::atomic<bool> polled_{false};
  std::unique_ptr<web::Server> server_;

  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace spark_exporter::app
