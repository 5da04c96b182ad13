#pragma once
// SQL executions of one run: each id counted once when it ended; ids rise by one.

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "exporter/model/id_set.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

class SqlLedger {
 public:
  /// Upper bounds in seconds of spark_sql_execution_duration_seconds; above the last: +Inf.
  static constexpr std::array<double, 12> kBuckets{0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800};

  struct Data {
    std::int64_t next_id = 0;
    IdSet final_ids;
    std::map<std::int64_t, spark::SqlExecution> running;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::array<std::uint64_t, kBuckets.size() + 1> buckets{};  ///< not cumulative
    double duration_sum_seconds = 0;
  };

  SqlLedger() = default;
  explicit SqlLedger(Data data) : data_(std::move(data)) {}

  void apply(const spark::SqlExecution& execution);
  /// A running one that Spark no longer knows.
  void lose(std::int64_t id);

  std::int64_t next_id() const { return data_.next_id; }
  const std::map<std::int64_t, spark::SqlExecution>& running() const { return data_.running; }
  const Data& data() const { return data_; }

 private:
  Data data_;
};

}  // namespace spark_exporter::model
