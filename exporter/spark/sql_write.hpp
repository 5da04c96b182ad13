#pragma once
// What a SQL execution that ended has written, as its plan's metrics tell.

#include <cstdint>
#include <deque>
#include <istream>
#include <optional>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/json/report.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::limits {

/// An answer with an execution's plan and metrics. What is larger is not read.
inline constexpr std::uint64_t kSqlPlanBytes = 8ULL << 20;
/// Executions asked for their plan in one poll.
inline constexpr int kSqlPlansAPoll = 4;
/// Executions that wait to be asked; later ones are left out.
inline constexpr std::size_t kSqlPlansOwed = 1'000;
/// Writes that are held for whoever wants to know.
inline constexpr std::size_t kSqlWrites = 200;

}  // namespace spark_exporter::limits

namespace spark_exporter::spark {

/// GET /applications/ID/sql/ID?details=true&planDescription=true
struct SqlWrite {
  std::int64_t id = -1;            ///< of the execution
  std::optional<TimePoint> ended;  ///< submissionTime + duration
  /// A table's name, or where the files are, without the segments of partitions (`dt=2026-11-27`); "" where the plan
  /// does not tell.
  std::string dataset;
  /// "number of output rows" of the node that writes. None: this execution writes nothing, or Spark does not tell.
  std::optional<double> rows;
};

Result<json::DecodeReport> decode_sql_write(std::istream& in, SqlWrite& out);

/// Writes of one run, the newest ones. `seen` is their number since the beginning.
struct SqlWrites {
  std::deque<SqlWrite> last;
  std::uint64_t seen = 0;
};

}  // namespace spark_exporter::spark
