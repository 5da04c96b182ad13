#include "exporter/model/streaming_ledger.hpp"

#include <algorithm>
#include <charconv>

#include "exporter/model/bounded.hpp"

namespace spark_exporter::model {
namespace {

/// Restarts of one query that are remembered apart.
constexpr std::size_t kRunsPerQuery = 100;

/// The last line of `text` without its `key`, cut off from `text`; nothing if it does not start with that.
std::optional<std::string_view> take_last_line(std::string_view& text, std::string_view key) {
  const auto newline = text.rfind('\n');
  const auto line = newline == std::string_view::npos ? text : text.substr(newline + 1);
  if (!line.starts_with(key)) return std::nullopt;
  text = newline == std::string_view::npos ? std::string_view{} : text.substr(0, newline);
  return line.substr(key.size());
}

std::optional<std::int64_t> to_id(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || at != end || !is_id(number)) return std::nullopt;
  return number;
}

}  // namespace

// StreamExecution.getBatchDescriptionString: the name comes first, empty if there is none, and may hold anything, so
// the other lines are read from the end.
std::optional<MicroBatch> parse_micro_batch(std::string_view description) {
  const auto batch = take_last_line(description, "batch = ");
  if (!batch) return std::nullopt;
  const auto run_id = take_last_line(description, "runId = ");
  if (!run_id || run_id->empty()) return std::nullopt;
  const auto id = take_last_line(description, "id = ");
  if (!id || id->empty()) return std::nullopt;
  return MicroBatch{std::string(description.empty() ? *id : description), std::string(*run_id), to_id(*batch)};
}

StreamingLedger::StreamingLedger(Data data) : data_(std::move(data)) {
  std::size_t order = 0;
  for (auto& [name, known] : data_.queries) known.order = order++;
}

StreamingLedger::Query* StreamingLedger::query(const std::string& name) {
  auto at = data_.queries.find(name);
  if (at != data_.queries.end()) return &at->second;
  if (data_.queries.size() >= limits::kStreamingQueries) {
    ++data_.dropped;
    return nullptr;
  }
  const auto order = data_.queries.size();
  Query& added = data_.queries[name];
  added.order = order;
  return &added;
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
