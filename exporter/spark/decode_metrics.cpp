#include <utility>

#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

/// What follows `marker` in a key "<namespace>.<marker><rest>". The namespace (spark.metrics.namespace, else the
/// application id) may have dots in it, or be empty.
std::optional<std::string_view> after(std::string_view key, std::string_view marker) {
  for (auto at = key.find(marker); at != std::string_view::npos; at = key.find(marker, at + 1)) {
    if (at == 0 || key[at - 1] == '.') return key.substr(at + marker.size());
  }
  return std::nullopt;
}

/// "<query>.<gauge>", where the query's name may have dots in it and the gauge's has none.
std::pair<std::string_view, std::string_view> split_at_last_dot(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::optional<double> StreamingGauges::*gauge_member(std::string_view gauge) {
  if (gauge == "inputRate-total") return &StreamingGauges::input_rate;
  if (gauge == "processingRate-total") return &StreamingGauges::processing_rate;
  if (gauge == "latency") return &StreamingGauges::latency_ms;
  if (gauge == "eventTime-watermark") return &StreamingGauges::watermark_ms;
  if (gauge == "states-rowsTotal") return &StreamingGauges::state_rows;
  if (gauge == "states-usedBytes") return &StreamingGauges::state_used_bytes;
  return nullptr;
}

/// The value of `key`, unless that would be one too many.
template <class Value>
Value* entry(std::map<std::string, Value>& values, std::string_view key) {
  std::string name = to_kept_text(key);
  const auto found = values.find(name);
  if (found != values.end()) return &found->second;
  if (values.size() >= limits::kMetricNames) return nullptr;
  return &values[std::move(name)];
}

Verdict streaming_gauge(MetricsDump& dump, std::string_view name, const Scalar& value) {
  const auto [query, gauge] = split_at_last_dot(name);
  const auto member = gauge_member(gauge);
  if (member == nullptr || is_not_finite(value)) return {};
  const auto number = to_real(value);
  if (!number) return Verdict::wrong("a number");
  StreamingGauges* gauges = entry(dump.streaming, query);
  if (gauges != nullptr) gauges->*member = *number;
  return {};
}

Verdict gauge(MetricsDump& dump, const Scalar& value) {
  if (const auto name = after(value.key, "driver.spark.streaming.")) return streaming_gauge(dump, *name, value);
  if (after(value.key, "driver.DAGScheduler.job.allJobs") != "") return {};
  return count<&MetricsDump::all_jobs>(dump, value);
}

Verdict counter(MetricsDump& dump, const Scalar& value) {
  const auto name = after(value.key, "driver.LiveListenerBus.queue.");
  if (!name) return {};
  const auto [queue, what] = split_at_last_dot(*name);
  if (what != "numDroppedEvents") return {};
  const auto number = to_count(value);
  if (!number) return Verdict::wrong("an integer");
  if (std::int64_t* dropped = entry(dump.dropped_events, queue); dropped != nullptr) *dropped = *number;
  return {};
}

// GET /metrics/json/
constexpr Field<MetricsDump> kFields[] = {
    {"counters.*.count", counter},
    {"gauges.*.value", gauge},
};
static_assert(is_sorted(kFields));

}  // namespace

Result<DecodeReport> decode_metrics(std::istream& in, MetricsDump& out) {
  return decode_object(in, "metrics", kFields, nothing_missing<MetricsDump>, out);
}

}  // namespace spark_exporter::spark
