#pragma once
// What became of the tasks' time: per executor what was lost, per group and query what was run. Cumulative, sticky
// beyond what Spark evicts; the cost ledger reads it.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

/// Slot time (`duration` of ended tasks, less their jvmGcTime) that bought nothing, of one executor.
struct LostTasks {
  spark::Millis failed{0};       ///< ended as FAILED, attempt 0 of their stage
  spark::Millis retried{0};      ///< any end, of a stage attempt above 0
  spark::Millis speculation{0};  ///< KILLED because another attempt of the task succeeded
  spark::Millis killed{0};       ///< KILLED for any other reason
  bool operator==(const LostTasks&) const = default;
};

/// One SQL execution by the executor run time of its jobs' stages.
struct QueryWork {
  std::int64_t id = -1;
  std::string description;
  spark::Millis run_time{0};
  bool operator==(const QueryWork&) const = default;
};

/// The group of work that none can be named for.
inline constexpr char kNoGroup[] = "";
/// Groups beyond the bound go here.
inline constexpr char kOtherGroups[] = "other";

struct WorkData {
  std::map<std::string, LostTasks> lost;        ///< by executor id
  std::map<std::string, spark::Millis> groups;  ///< executor run time by job group, query or description; sticky
  std::vector<QueryWork> top_queries;           ///< by run time, most expensive first, at most 10
  bool operator==(const WorkData&) const = default;
};

}  // namespace spark_exporter::model
