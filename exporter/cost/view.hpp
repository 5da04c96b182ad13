#pragma once
// What is shown of a run's cost: filled in by app/cost_meter, read by collectors, report and last words.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/cost/ledger.hpp"
#include "exporter/cost/price_book.hpp"

namespace spark_exporter::cost {

/// A price in use: spark_price_per_hour.
struct PriceView {
  std::string resource;  ///< "cpu", "memory", "gpu", "ephemeral", "volume"
  std::string instance_type;
  std::string capacity;
  double per_hour = 0;
};

struct HolderView {
  std::string id;
  outcome::Component component = outcome::Component::kExecutor;
  TimePoint held_from;
  std::optional<TimePoint> work_from, ended;
  double cores = 0, memory_bytes = 0, gpus = 0;
  double paid = 0;
  std::string instance_type, capacity;
};

/// A SQL execution and its share of the money that tasks cost.
struct QueryView {
  std::int64_t id = -1;
  std::string description;
  Millis run_time{0};
  double cost = 0;
};

struct View {
  std::string currency;
  Totals totals;
  bool final = false;               ///< nothing but lingering will be added
  double per_hour = 0;              ///< what the run costs now
  std::optional<double> projected;  ///< at completion
  std::optional<double> budget;
  std::vector<PriceView> prices;
  std::vector<HolderView> holders;  ///< oldest first, at most 200
  std::vector<QueryView> queries;   ///< most expensive first, at most 3
  /// Money for memory that was held and never used (limit against peak), of those executors that tell a peak; no part
  /// of the sum.
  std::optional<double> memory_unused;
};

}  // namespace spark_exporter::cost
