#pragma once
// Sizing before the first run, from the size of the data alone: docs/sizing.md has the formulas. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/cost/price_book.hpp"

namespace spark_exporter::sizing {

/// The request as it was written; "" takes the default. Names are those of the flags.
struct FirstRunText {
  std::string data_size = {};
  std::string partition_size = "128MB";
  std::string cores = "4";
  std::string executors = {};
  std::string overhead_factor = "0.1";
  std::string shape = "etl";
  std::string expansion_factor = {};     ///< default: the shape's
  std::string partitions_per_core = {};  ///< default: the shape's
  std::string max_node_memory = {};
};

/// What kind of work it is, and what that means for its executors.
struct Shape {
  std::string_view name;
  double expansion;                  ///< a partition in memory against the same on disk
  std::int64_t partitions_per_core;  ///< that are in memory at a time
  std::int64_t tasks_per_core;       ///< one after the other, over the whole of the data
  std::string_view because;
};

struct FirstRun {
  std::int64_t data_bytes = 0, partition_bytes = 0;
  std::int64_t cores = 0;
  std::optional<std::int64_t> executors;
  double overhead_factor = 0;
  const Shape* shape = nullptr;
  double expansion = 0;
  std::int64_t partitions_per_core = 0;
  std::optional<std::int64_t> max_node_memory;
};

/// Bytes of "500GB", "1.5TB", "64MiB": units are powers of 1024 as Spark's are. The error says what is wrong.
Result<std::int64_t> parse_data_size(std::string_view text);

/// The error is one line that names the flag and the value.
Result<FirstRun> parse_first_run(const FirstRunText& text);

struct Plan {
  std::int64_t partitions = 0, partition_bytes = 0, shuffle_partitions = 0;
  std::int64_t executors = 0, cores = 0, heap_bytes = 0, overhead_bytes = 0;
  std::int64_t driver_cores = 0, driver_heap_bytes = 0, driver_overhead_bytes = 0;
  std::vector<std::string> steps;  ///< how it was reckoned, a sentence each

  std::int64_t pod_bytes() const { return heap_bytes + overhead_bytes; }
  std::int64_t driver_pod_bytes() const { return driver_heap_bytes + driver_overhead_bytes; }
};

Result<Plan> plan_first_run(const FirstRun& request);

/// Money for an hour of the driver and all executors, as they reserve.
double price_per_hour(const Plan& plan, const cost::UnitPrices& prices);

/// One sentence: what a run of that length costs.
std::string price_step(const Plan& plan, const cost::UnitPrices& prices, const std::string& currency, double seconds);
/// The steps, numbered, a line each.
std::string explanation(const Plan& plan);
/// Values for a Spark job's chart: sparkConf, driver, executor. `heading`: one line, as a comment.
std::string values_yaml(const Plan& plan, std::string_view heading);
/// `--conf key=value` lines.
std::string conf_lines(const Plan& plan);

}  // namespace spark_exporter::sizing
