#pragma once
// Watches one driver: waits for it, makes sure it is the right one, reads its run poll by poll, notices when its
// SparkContext was replaced or its UI went away, and says when to ask next.
//
// Thread-safety: poll() and the accessors belong to one thread; cancel() may be called from any.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>

#include "exporter/common/log.hpp"
#include "exporter/model/run.hpp"
#include "exporter/model/snapshot.hpp"
#include "exporter/spark/discovery.hpp"
#include "exporter/spark/rest_client.hpp"
#include "exporter/spark/run_reader.hpp"

namespace spark_exporter::spark {

struct PollerOptions {
  DiscoveryOptions driver;
  std::chrono::milliseconds interval{10'000};
  std::size_t group_limit = model::kDefaultGroups;
  /// Poll more often where a run is young or may end, for what the interval is too coarse: its cost.
  bool haste = true;
  /// Ask what SQL executions have written.
  bool sql_writes = false;
  /// Pollers of this process that may read a list at the same time: they share what lists may take.
  std::size_t side_by_side = 1;
};

/// The time, injected so that tests need not wait.
struct Clock {
  std::function<TimePoint()> wall;
  std::function<std::chrono::steady_clock::time_point()> steady;
  static Clock system();
};

class Poller {
 public:
  /// An earlier process's state of this application, if there is one.
  using Restore = std::function<std::optional<model::Run>(const Application&)>;

  Poller(PollerOptions options, ClientFactory make_client, Clock clock, Restore restore);

  /// One poll: at most one request is under way at any time. Never throws; failures are counted, logged and kept.
  void poll();

  /// How long to wait before the next poll: the interval, shorter while nothing was found yet, eviction is near, or a
  /// poll at the interval would tell too little (the run is young, or idle after jobs and may end any moment),
  /// longer (up to a minute, with jitter) while a poll takes longer than that. After a failure it is never longer.
  std::chrono::milliseconds next_delay();

  /// The run that is watched, or was until its UI went away.
  const model::Run* current() const { return run_ ? &*run_ : nullptr; }
  model::Run* current() { return run_ ? &*run_ : nullptr; }
  /// What its SQL executions have written; null without a current run that is read.
  const SqlWrites* sql_writes() const { return reader_ ? &reader_->sql_writes() : nullptr; }
  /// The run before that in the same driver, until drop_previous().
  const model::Run* previous() const { return previous_ ? &*previous_ : nullptr; }
  void drop_previous() { previous_.reset(); }
  /// Whether the current run's UI is gone.
  bool over() const { return over_; }
  const model::SourceHealth& health() const { return health_; }
  /// An exception (no memory, no descriptor) ended what poll() or its caller was about: counted as kIo.
  void broke_off() noexcept { ++health_.errors[static_cast<std::size_t>(ErrorKind::kIo)]; }
  /// Whether an answer is recent enough for gauges: within three intervals.
  bool fresh() const;

  /// Only this application from now on, before the first poll.
  void expect(std::string app_id) { options_.driver.app_id = std::move(app_id); }
  /// The driver does not run yet: the time without a UI is no sign.
  void not_running_yet() { searching_since_ = clock_.steady(); }

  /// Groups of the run that are told apart, from now on.
  void set_group_limit(std::size_t groups) {
    options_.group_limit = groups;
    if (run_) run_->set_group_limit(groups);
  }

  /// Makes a running poll() return soon, and every later one at once.
  void cancel() noexcept;

 private:
  Result<void> attempt();
  Result<void> find();
  Result<void> check_identity();
  void start_run(const Application& application);
  void forget_driver();
  void failed(const Error& error);
  void count(const Error& error);
  /// Whether the run is so young, or so near its end, that only frequent (and cheap) polls see what it costs.
  bool hurry(std::chrono::steady_clock::time_point now);
  std::chrono::milliseconds hurried_delay() const;
  void warn_if_no_ui();
  void adopt(std::shared_ptr<net::HttpClient> http);

  PollerOptions options_;
  ClientFactory make_client_;
  Clock clock_;
  Restore restore_;
  log::RateLimited log_limit_;

  std::mutex client_mutex_;                ///< guards http_ against cancel()
  std::shared_ptr<net::HttpClient> http_;  ///< the one that is asked now
  std::atomic<bool> cancelled_{false};

  std::unique_ptr<RestClient> rest_;
  std::optional<model::Run> run_;
  std::optional<model::Run> previous_;
  std::unique_ptr<RunReader> reader_;
  bool connected_ = false;  ///< a driver was found and has not gone away
  bool over_ = false;
  bool identify_ = false;  ///< ask who answers before anything else
  std::uint64_t connections_ = 0;
  int refused_ = 0;  ///< polls in a row that found nobody listening

  model::SourceHealth health_;
  std::chrono::steady_clock::time_point searching_since_;
  bool warned_no_ui_ = false;
  std::chrono::milliseconds delay_;
  std::chrono::milliseconds last_duration_{0};
  bool hurry_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_whole_;  ///< start of the last poll with all questions
  std::optional<std::chrono::steady_clock::time_point> last_jobs_;   ///< when a job was last seen to run or end
  std::uint64_t jobs_seen_ = 0;                                      ///< begun and ended, by then
  std::minstd_rand random_;
};

}  // namespace spark_exporter::spark
