#pragma once
// Structured Streaming, of which Spark's REST API says nothing by itself: each micro-batch is a job whose description
// is "<query>\nid = <uuid>\nrunId = <uuid>\nbatch = <n>" and whose group is the runId. Rates and state come from the
// gauges in /metrics/json (spark.sql.streaming.metricsEnabled).

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "exporter/common/limits.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

struct MicroBatch {
  std::string query;  ///< its name; of an unnamed query its id, as in Spark's gauges
  std::string run_id;
  std::optional<std::int64_t> batch;  ///< absent for jobs of the query's start ("init")
};

/// Empty if the description is not a micro-batch's.
std::optional<MicroBatch> parse_micro_batch(std::string_view description);

class StreamingLedger {
 public:
  struct Query {
    std::size_t order = 0;                           ///< how many queries were known before it: "the first N" is sticky
    std::map<std::string, std::int64_t> last_batch;  ///< by run id: highest batch that was counted
    std::set<std::string> failed_runs;
    std::uint64_t batches = 0;
    std::uint64_t failures = 0;
    std::optional<spark::TimePoint> last_batch_end;
    std::optional<spark::TimePoint> batch_start;  ///< first job of the newest batch
    std::int64_t newest_batch = -1;
    std::optional<spark::Millis> trigger_interval;  ///< between the starts of the last two batches
    spark::StreamingGauges gauges;                  ///< last answer; empty when the query is gone
  };
  struct Data {
    std::map<std::string, Query> queries;
    std::uint64_t dropped = 0;  ///< queries beyond the cap
  };

  StreamingLedger() = default;
  explicit StreamingLedger(Data data);

  /// A job as Spark shows it now, running or ended. `cancelled`: it failed because the query was stopped.
  void apply(const spark::Job& job, bool cancelled);
  void apply(const std::map<std::string, spark::StreamingGauges>& gauges);

  bool any() const { return !data_.queries.empty(); }
  const Data& data() const { return data_; }

 private:
  Query* query(const std::string& name);

  Data data_;
};

}  // namespace spark_exporter::model
