// Structured Streaming queries, from the jobs of their micro-batches and Spark's own gauges, and DStreams.

#include <algorithm>
#include <optional>
#include <string>

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"

namespace spark_exporter::metrics {
namespace {

using Query = model::StreamingLedger::Query;

struct Shown {
  std::vector<const model::RunView*> runs;
  std::size_t queries;  ///< of each run, those that were known first
};

/// The label value under which DStreams, of which a driver has one set, stand beside queries.
constexpr std::string_view kDStream = "dstream";

const spark::StreamingStatistics* dstreams(const model::RunView& view) {
  const bool name_is_taken = view.run->streaming().data().queries.contains(std::string(kDStream));
  return view.run->dstreams() && !name_is_taken ? &*view.run->dstreams() : nullptr;
}

using OfQuery = std::optional<double> (*)(const Query&);
using OfDStreams = std::optional<double> (*)(const spark::StreamingStatistics&);

std::optional<double> unknown(const spark::StreamingStatistics&) { return std::nullopt; }

/// The samples of one family that is about queries and may be about DStreams too.
void add_all(const Shown& shown, Families& families, OfQuery of_query, OfDStreams of_dstreams = unknown) {
  std::uint64_t left_out = 0;
  for (const auto* view : shown.runs) {
    for (const auto& [name, query] : view->run->streaming().data().queries) {
      const auto value = of_query(query);
      if (!value) continue;
      if (query.order < shown.queries) {
        families.add(*view, {name}, *value);
      } else {
        ++left_out;
      }
    }
    if (const auto* statistics = dstreams(*view)) {
      if (const auto value = of_dstreams(*statistics)) families.add(*view, {kDStream}, *value);
    }
  }
  if (left_out > 0) families.leave_out(left_out);
}

std::optional<double> in_seconds(const std::optional<spark::Millis>& duration) {
  return duration ? std::optional(seconds(*duration)) : std::nullopt;
}

void collect_counters(const Shown& shown, Families& families) {
  families.counter("spark_streaming_batches_total",
                   "Micro-batches that ended well and ran jobs. From GET /applications/ID/jobs, description of "
                   "succeeded ones; DStreams: /streaming/statistics, numTotalCompletedBatches.",
                   {"query"});
  add_all(
      shown, families, [](const Query& q) { return std::optional(static_cast<double>(q.batches)); },
      [](const spark::StreamingStatistics& s) { return std::optional(static_cast<double>(s.completed_batches)); });
  families.leave_out(0);
  for (const auto* view : shown.runs) {
    families.leave_out_total(view->app_id, view->run->streaming().data().dropped);
  }
  families.counter("spark_streaming_failures_total",
                   "Runs of the query that ended by a failed micro-batch, without those that were stopped. "
                   "From GET /applications/ID/jobs, description of failed ones.",
                   {"query"});
  add_all(shown, families, [](const Query& q) { return std::optional(static_cast<double>(q.failures)); });
}

void collect_rates(const Shown& shown, Families& families) {
  families.gauge("spark_streaming_input_rows_per_second",
                 "Rows that arrive. From GET /metrics/json, spark.streaming.QUERY.inputRate-total; "
                 "DStreams: /streaming/statistics, avgInputRate.",
                 {"query"});
  add_all(
      shown, families, [](const Query& q) { return q.gauges.input_rate; },
      [](const spark::StreamingStatistics& s) { return s.input_rate; });
  families.gauge("spark_streaming_processing_rows_per_second",
                 "Rows that the last batch processed in a second. "
                 "From GET /metrics/json, spark.streaming.QUERY.processingRate-total.",
                 {"query"});
  add_all(shown, families, [](const Query& q) { return q.gauges.processing_rate; });
}

void collect_times(const Shown& shown, Families& families) {
  families.gauge("spark_streaming_batch_duration_seconds",
                 "How long the last batch took; DStreams: the average. From GET /metrics/json, "
                 "spark.streaming.QUERY.latency; DStreams: /streaming/statistics, avgProcessingTime.",
                 {"query"});
  add_all(
      shown, families,
      [](const Query& q) { return q.gauges.latency_ms ? std::optional(*q.gauges.latency_ms / 1000) : std::nullopt; },
      [](const spark::StreamingStatistics& s) { return in_seconds(s.processing_time); });
  families.gauge("spark_streaming_trigger_interval_seconds",
                 "Time between the starts of the last two batches. From GET /applications/ID/jobs, submissionTime; "
                 "DStreams: /streaming/statistics, batchDuration.",
                 {"query"});
  add_all(
      shown, families, [](const Query& q) { return in_seconds(q.trigger_interval); },
      [](const spark::StreamingStatistics& s) { return std::optional(seconds(s.batch_duration)); });
  families.gauge("spark_streaming_last_batch_timestamp_seconds",
                 "When a job of the last good batch ended. From GET /applications/ID/jobs, completionTime.", {"query"});
  add_all(shown, families,
          [](const Query& q) { return q.last_batch_end ? std::optional(timestamp(*q.last_batch_end)) : std::nullopt; });
  families.gauge("spark_streaming_watermark_timestamp_seconds",
                 "Event time before which no more rows are expected. "
                 "From GET /metrics/json, spark.streaming.QUERY.eventTime-watermark.",
                 {"query"});
  add_all(shown, families, [](const Query& q) {
    // 0 says that the query has no watermark, or none yet.
    const bool known = q.gauges.watermark_ms && *q.gauges.watermark_ms > 0;
    return known ? std::optional(*q.gauges.watermark_ms / 1000) : std::nullopt;
  });
}

void collect_states(const Shown& shown, Families& families) {
  families.gauge("spark_streaming_state_rows",
                 "Rows in the state stores. From GET /metrics/json, spark.streaming.QUERY.states-rowsTotal.",
                 {"query"});
  add_all(shown, families, [](const Query& q) { return q.gauges.state_rows; });
  families.gauge("spark_streaming_state_memory_bytes",
                 "Memory of the state stores. From GET /metrics/json, spark.streaming.QUERY.states-usedBytes.",
                 {"query"});
  add_all(shown, families, [](const Query& q) { return q.gauges.state_used_bytes; });
}

}  // namespace

void collect_streaming(const model::Snapshot& snapshot, Families& families) {
  Shown shown{shown_runs(snapshot), static_cast<std::size_t>(std::max(snapshot.limits.streaming_queries, 0))};
  collect_counters(shown, families);
  shown.runs = fresh_only(std::move(shown.runs));
  collect_rates(shown, families);
  collect_times(shown, families);
  collect_states(shown, families);
}

}  // namespace spark_exporter::metrics
