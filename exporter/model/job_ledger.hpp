#pragma once
// Spark jobs of one run: each id is counted once, when it first shows a final state, and stays counted after Spark
// has forgotten it (spark.ui.retainedJobs). Ids rise by one and never come back.

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "exporter/model/id_set.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

class JobLedger {
 public:
  struct Running {
    std::vector<std::int64_t> stage_ids;
    std::int64_t completed_tasks = 0;
  };
  struct Data {
    std::int64_t next_id = 0;  ///< lowest id above all seen
    IdSet final_ids;
    std::map<std::int64_t, Running> running;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t unknown = 0;  ///< ended, but evicted before its end could be read
  };

  enum class Change { kNone, kStarted, kEnded };

  JobLedger() = default;
  explicit JobLedger(Data data) : data_(std::move(data)) {}

  /// One job as Spark shows it now.
  Change apply(const spark::Job& job);

  /// A running job that Spark no longer knows: it ended (running ones are never evicted), nobody can say how.
  void lose(std::int64_t id);

  bool is_final(std::int64_t id) const { return data_.final_ids.contains(id); }
  std::int64_t next_id() const { return data_.next_id; }
  const std::map<std::int64_t, Running>& running() const { return data_.running; }
  const Data& data() const { return data_; }

 private:
  Data data_;
};

}  // namespace spark_exporter::model
