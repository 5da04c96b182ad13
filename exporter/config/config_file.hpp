#pragma once
// The configuration file: YAML, read strictly.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/result.hpp"
#include "exporter/cost/budget.hpp"
#include "exporter/cost/price_book.hpp"

namespace spark_exporter::config {

/// Caps on what is exposed: `limits:`.
struct Limits {
  int executors = limits::kDefaultExecutors;                 ///< `executors`: ids in per-executor families
  int gc_executors = limits::kDefaultGcExecutors;            ///< `gc_executors`: ids in jvm_gc_time_seconds
  int series = limits::kDefaultSeries;                       ///< `series`: the whole exposition
  int streaming_queries = limits::kDefaultStreamingQueries;  ///< `streaming_queries`
  bool series_given = false;                                 ///< else an observer has another default

  int series_of_observer() const { return series_given ? series : limits::kDefaultObserverSeries; }
  bool operator==(const Limits&) const = default;
};

/// The file's content; an empty file, and no file, is one with all defaults.
struct Config {
  Limits limits;
  std::vector<std::string> job_labels;     ///< `job.labels`: allow-list of labels on spark_job_info
  std::map<std::string, bool> collectors;  ///< `collectors`: name to on or off
  // `cost`:
  cost::PriceBook prices;             ///< empty: cost is not known and not shown
  std::vector<cost::Budget> budgets;  ///< what jobs may cost
  std::size_t group_limit = 20;       ///< job groups, queries and descriptions whose money is told apart
  cost::NodeTraits default_node;      ///< for pods whose node may not be read

  bool operator==(const Config&) const = default;
};

/// Reads `text`. Unknown and duplicate keys, wrong types, values out of range, anchors, tags, a second document,
/// text that is not UTF-8, too large or too deep are errors (kMalformed, kWrongType or kTooLarge), whose text is
/// "name:line:column: key.path: what is wrong (what is allowed)". Never throws.
Result<Config> parse_config(std::string_view text, const std::string& name,
                            const std::vector<std::string>& known_collectors) noexcept;

/// parse_config() of the file at `path`. Also kIo, "path: No such file or directory".
Result<Config> load_config(const std::string& path, const std::vector<std::string>& known_collectors) noexcept;

/// Either path may be "": no file. A price file of its own says what the section `cost` does, and takes its place
/// (both is an error).
Result<Config> load_config(const std::string& path, const std::string& prices_path,
                           const std::vector<std::string>& known_collectors) noexcept;

}  // namespace spark_exporter::config
