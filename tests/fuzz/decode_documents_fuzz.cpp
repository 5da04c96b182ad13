// Any bytes into the decoders of single documents.

#include <cstdint>
#include <sstream>

#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

void check(const spark::TaskSummary& summary) { require(summary.quantiles.size() == summary.executor_run_time.size()); }

void check(const spark::Environment& environment) {
  require(environment.properties.size() <= limits::kSparkProperties);
  for (const auto& [key, value] : environment.properties) {
    require(key.starts_with("spark."));
    require_text(key);
    require_text(value);
  }
}

void check(const spark::StreamingStatistics& statistics) {
  require(statistics.completed_batches >= 0 && statistics.batch_duration.count() >= 0);
}

void check(const spark::MetricsDump& dump) {
  require(dump.streaming.size() <= limits::kMetricNames && dump.dropped_events.size() <= limits::kMetricNames);
  for (const auto& [query, gauges] : dump.streaming) require_text(query);
  for (const auto& [queue, dropped] : dump.dropped_events) require(dropped >= 0);
}

void check(const std::string& version) { require_text(version); }

template <class Fact>
void run(Result<spark::DecodeReport> (&decode)(std::istream&, Fact&), const std::string& text) {
  std::istringstream in(text);
  Fact fact{};
  require_report(decode(in, fact));
  check(fact);
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string text(data, data + size);
  fuzz::run(spark::decode_task_summary, text);
  fuzz::run(spark::decode_environment, text);
  fuzz::run(spark::decode_streaming_statistics, text);
  fuzz::run(spark::decode_metrics, text);
  fuzz::run(spark::decode_version, text);
  return 0;
}
