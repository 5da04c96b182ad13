#pragma once
// Turns the poller's state into what a scrape is answered with: an immutable exposition and report, swapped in
// whole. A scrape never waits for a poll.
//
// Thread-safety: publish() belongs to the poller's thread; latest(), count_scrape() and the configuration may be used
// from any.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/app/cost_meter.hpp"
#include "exporter/app/pod_life.hpp"
#include "exporter/config/config_file.hpp"
#include "exporter/config/options.hpp"
#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/exposition.hpp"
#include "exporter/model/snapshot.hpp"
#include "exporter/runbooks/page.hpp"
#include "exporter/spark/poller.hpp"

namespace spark_exporter::app {

struct Published {
  Published(std::string text, std::string report_json, std::vector<runbooks::Run> known, bool is_final)
      : exposition(std::move(text)), report(std::move(report_json)), runs(std::move(known)), final(is_final) {}

  metrics::Exposition exposition;
  std::string report;               ///< JSON of /report
  std::vector<runbooks::Run> runs;  ///< that a runbook may be about, the newest last
  const bool final;                 ///< the run is over
};

class Publisher {
 public:
  Publisher(const config::Options& options, config::Config config);

  /// Renders the poller's state as it is at `now`, also when nothing new came: values age. `poller` may be null
  /// before the first poll.
  void publish(spark::Poller* poller, const Beside& beside, spark::TimePoint now);

  /// The current run as Spark has it; before the first answer what the flags say of it, without `run`; nothing if they
  /// say nothing. For the poller's thread.
  std::optional<model::RunView> known_run(const spark::Poller& poller) const;
  /// The allow-list of pod labels in force.
  std::vector<std::string> job_labels() const;

  /// Prices and budgets in force.
  CostSettings cost_settings() const;
  std::size_t group_limit() const;

  std::shared_ptr<const Published> latest() const;
  void count_scrape() noexcept { ++scrapes_; }

  /// A reload: `config` is empty if the file was bad; the old one stays in force then.
  void reloaded(std::optional<config::Config> config, spark::TimePoint now);

 private:
  model::Snapshot snapshot(spark::Poller* poller, const Beside& beside, spark::TimePoint now) const;
  std::optional<logs::View> logs_view(const spark::Poller* poller, const Beside& beside) const;
  std::vector<model::QualityView> quality_of(spark::Poller* poller, const Beside& beside) const;
  model::RunView current(const spark::Poller& poller) const;
  /// What the flags say of the run; nothing if they say nothing.
  std::optional<model::RunView> awaited_run() const;
  model::RunView view(const model::Run& run) const;
  std::string namespace_of(const model::Run& run) const;

  const config::Options options_;
  std::string service_account_namespace_;
  std::atomic<std::uint64_t> scrapes_{0};
  std::optional<std::uint64_t> previous_shown_at_scrape_;
  metrics::DropCounters drops_;

  mutable std::mutex mutex_;  ///< guards all below
  config::Config config_;
  bool reload_ok_ = true;
  spark::TimePoint reload_time_;
  std::shared_ptr<const Published> latest_;
};

}  // namespace spark_exporter::app
