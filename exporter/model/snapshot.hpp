#pragma once
// What the collectors read: the state at one moment, with everything resolved that they must not ask for themselves
// (time, names, freshness, limits). Lives on the poller's thread; collectors only read.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/backup/view.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/common/result.hpp"
#include "exporter/cost/view.hpp"
#include "exporter/logs/tally.hpp"
#include "exporter/model/run.hpp"
#include "exporter/outcome/view.hpp"
#include "exporter/quality/ledger.hpp"
#include "exporter/sizing/advice.hpp"

namespace spark_exporter::model {

/// Health of one thing that we ask: the `source` label.
struct SourceHealth {
  bool up = false;
  std::optional<spark::TimePoint> last_success;
  std::optional<double> duration_seconds;  ///< of the last poll
  std::array<std::uint64_t, kErrorKinds> errors{};
};

struct RunView {
  const Run* run = nullptr;
  std::string kubernetes_namespace;
  std::string app;
  std::string app_from;
  std::string app_id;
  std::string driver_pod;                                        ///< empty if unknown
  std::vector<std::pair<std::string, std::string>> info_labels;  ///< allow-listed pod labels
  /// Whether the driver answered within the last three intervals: else gauges end and counters stay.
  bool fresh = false;
  /// Its UI was there and is gone: nothing more will come.
  bool over = false;
  const cost::View* cost = nullptr;        ///< null: no prices
  const sizing::Advice* advice = nullptr;  ///< null: not asked yet
};

struct CollectorLimits {
  int executors = limits::kDefaultExecutors;
  int gc_executors = limits::kDefaultGcExecutors;
  int series = limits::kDefaultSeries;
  int streaming_queries = limits::kDefaultStreamingQueries;
};

/// Data quality of one job's datasets.
struct QualityView {
  std::string kubernetes_namespace;
  std::string app;
  std::shared_ptr<const quality::Ledger> ledger;  ///< never null
};

struct Snapshot {
  spark::TimePoint now;
  std::vector<RunView> runs;  ///< the current one, and an ended one until a scrape has seen it
  /// What this process says about outcomes; null: another one does (--outcome.owner).
  const outcome::View* outcomes = nullptr;
  const backup::View* backups = nullptr;  ///< null: nobody here looks at backups
  /// What the run's logs said; nothing if none is read.
  std::optional<logs::View> logs;
  /// What this process says about data quality, likewise.
  std::vector<QualityView> quality;
  std::map<std::string, SourceHealth> sources;
  /// Tries to deliver the last words, by channel and result: spark_exporter_outcome_deliveries_total.
  std::map<std::pair<std::string, std::string>, std::uint64_t> deliveries;
  /// Scrapes since the outcome was known; absent before.
  std::optional<std::uint64_t> final_scrapes;
  CollectorLimits limits;
  bool config_reload_ok = true;
  spark::TimePoint config_reload_time;
};

}  // namespace spark_exporter::model
