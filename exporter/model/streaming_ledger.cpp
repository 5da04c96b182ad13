#include "exporter/model/streaming_ledger.hpp"

#include <algorithm>
#include <charconv>

namespace spark_exporter::model {
namespace {

/// Restarts of one query that are remembered apart.
constexpr std::size_t kRunsPerQuery = 100;

std::optional<std::string_view> line_after(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  if (at > 0 && text[at - 1] != '\n') return std::nullopt;
  const auto rest = text.substr(at + key.size());
  return rest.substr(0, rest.find('\n'));
}

}  // namespace

std::optional<MicroBatch> parse_micro_batch(std::string_view description) {
  const auto id = line_after(description, "id = ");
  const auto run_id = line_after(description, "runId = ");
  const auto batch = line_after(description, "batch = ");
  if (!id || !run_id || !batch || run_id->empty()) return std::nullopt;
  MicroBatch result;
  const auto name_end = description.find("\nid = ");
  result.query = std::string(name_end == std::string_view::npos ? *id : description.substr(0, name_end));
  result.run_id = std::string(*run_id);
  std::int64_t number = 0;
  const auto* end = batch->data() + batch->size();
  if (auto [at, error] = std::from_chars(batch->data(), end, number); error == std::errc{} && at == end) {
    result.batch = number;
  }
  return result;
}

StreamingLedger::Query* StreamingLedger::query(const std::string& name) {
  auto at = data_.queries.find(name);
  if (at != data_.queries.end()) return &at->second;
  if (data_.queries.size() >= static_cast<std::size_t>(limits::kDefaultStreamingQueries)) {
    ++data_.dropped;
    return nullptr;
  }
  return &data_.queries[name];
}

void StreamingLedger::apply(const spark::Job& job, bool cancelled) {
  const auto micro = parse_micro_batch(job.description);
  if (!micro) return;
  Query* q = query(micro->query);
  if (q == nullptr) return;

  if (micro->batch && job.submission_time && *micro->batch != q->newest_batch &&
      (!q->batch_start || *job.submission_time > *q->batch_start)) {
    if (q->batch_start && *micro->batch == q->newest_batch + 1) {
      q->trigger_interval = *job.submission_time - *q->batch_start;
    }
    q->batch_start = job.submission_time;
    q->newest_batch = *micro->batch;
  }
  if (job.status == spark::JobStatus::kFailed && !cancelled) {
    if (q->failed_runs.size() < kRunsPerQuery && q->failed_runs.insert(micro->run_id).second) ++q->failures;
  }
  if (job.status != spark::JobStatus::kSucceeded || !micro->batch) return;
  if (q->last_batch.size() >= kRunsPerQuery && !q->last_batch.contains(micro->run_id)) q->last_batch.clear();
  auto [last, first_of_run] = q->last_batch.emplace(micro->run_id, -1);
  if (*micro->batch > last->second) {
    last->second = *micro->batch;
    ++q->batches;
  }
  if (job.completion_time) {
    q->last_batch_end = std::max(q->last_batch_end.value_or(*job.completion_time), *job.completion_time);
  }
}

void StreamingLedger::apply(const std::map<std::string, spark::StreamingGauges>& gauges) {
  for (auto& [name, known] : data_.queries) known.gauges = {};
  for (const auto& [name, value] : gauges) {
    if (Query* q = query(name)) q->gauges = value;
  }
}

}  // namespace spark_exporter::model
