#include "exporter/model/stage_ledger.hpp"

#include <algorithm>

#include "exporter/model/bounded.hpp"

namespace spark_exporter::model {
namespace {

/// A killed task may hang for ever; after this many answers its stage is settled as it stands.
constexpr int kDrainPolls = 30;

bool is_final(spark::StageStatus status) {
  return status == spark::StageStatus::kComplete || status == spark::StageStatus::kFailed;
}

/// Whether `key` is in the set, or older than what is remembered.
bool has(const std::set<StageLedger::Key>& keys, const StageLedger::Key& key) {
  return keys.contains(key) || (keys.size() >= StageLedger::kRemembered && key < *keys.begin());
}

/// Whether it was new.
bool add(std::set<StageLedger::Key>& keys, const StageLedger::Key& key) {
  if (has(keys, key)) return false;
  keys.insert(key);
  if (keys.size() > StageLedger::kRemembered) keys.erase(keys.begin());
  return true;
}

}  // namespace

spark::Millis slot_time(const spark::Stage& stage) {
  spark::Millis sum{0};
  for (const auto part : {stage.executor_run_time, stage.executor_deserialize_time, stage.result_serialization_time}) {
    sum = bounded_sum(sum, std::max(part, spark::Millis{0}));
  }
  return sum;
}

void StageTotals::add(const StageTotals& other) {
  for (auto member : members()) this->*member = bounded_sum(this->*member, other.*member);
}

void StageTotals::raise_to(const StageTotals& other) {
  for (auto member : members()) this->*member = std::max(this->*member, other.*member);
}

StageTotals StageTotals::of(const spark::Stage& stage) {
  StageTotals totals;
  totals.tasks_completed = stage.completed_tasks;
  totals.tasks_failed = stage.failed_tasks;
  totals.tasks_killed = stage.killed_tasks;
  totals.run_time_ms = stage.executor_run_time.count();
  totals.input_bytes = stage.input_bytes;
  totals.input_records = stage.input_records;
  totals.output_bytes = stage.output_bytes;
  totals.output_records = stage.output_records;
  totals.shuffle_read_bytes = stage.shuffle_read_bytes;
  totals.shuffle_read_records = stage.shuffle_read_records;
  totals.shuffle_write_bytes = stage.shuffle_write_bytes;
  totals.shuffle_write_records = stage.shuffle_write_records;
  totals.memory_spilled_bytes = stage.memory_bytes_spilled;
  totals.disk_spilled_bytes = stage.disk_bytes_spilled;
  totals.gc_time_ms = stage.jvm_gc_time.count();
  totals.slot_time_ms = slot_time(stage).count();
  return totals;
}

bool StageLedger::is_counted(const Key& key) const {
  return key.second == 0 ? data_.counted.contains(key.first) : has(data_.counted_retries, key);
}

void StageLedger::mark_counted(const Key& key) {
  if (key.second > 0) {
    add(data_.counted_retries, key);
    return;
  }
  data_.counted.insert(key.first);
  data_.counted.join_lowest(kRemembered);
}

void StageLedger::count(const Key& key, spark::StageStatus status) {
  mark_counted(key);
  ++(status == spark::StageStatus::kComplete ? data_.complete : data_.failed);
}

bool StageLedger::apply(const spark::Stage& stage) {
  if (!is_id(stage.id) || !is_id(stage.attempt)) return false;
  if (stage.status == spark::StageStatus::kPending) return false;
  if (stage.status == spark::StageStatus::kSkipped) {
    if (!data_.skipped.insert(stage.id)) return false;
    data_.skipped.join_lowest(kRemembered);
    ++data_.skipped_count;
    return true;
  }
  const Key key{stage.id, stage.attempt};
  const bool counted = is_counted(key);
  if (counted && !data_.live.contains(key)) return false;
  if (stage.attempt > 0 && add(data_.seen_retries, key)) ++data_.retries;

  Live& live = data_.live[key];
  // An answer older than the last one must not wake what has ended.
  if (!counted) live.status = stage.status;
  live.totals.raise_to(StageTotals::of(stage));
  live.tasks = stage.tasks;
  live.active_tasks = stage.active_tasks;
  live.completed_indices = stage.completed_indices;
  if (!is_final(stage.status)) return false;

  if (!counted) count(key, stage.status);
  if (stage.active_tasks <= 0 || ++live.polls_draining > kDrainPolls) {
    data_.settled.add(live.totals);
    data_.live.erase(key);
  }
  return !counted;
}

void StageLedger::lose(std::int64_t id) {
  for (auto at = data_.live.lower_bound({id, 0}); at != data_.live.end() && at->first.first == id;) {
    data_.settled.add(at->second.totals);
    mark_counted(at->first);
    at = data_.live.erase(at);
  }
  mark_counted({id, 0});
}

bool StageLedger::is_settled(const spark::Stage& stage) const {
  if (stage.status == spark::StageStatus::kSkipped) return data_.skipped.contains(stage.id);
  const Key key{stage.id, stage.attempt};
  return is_counted(key) && !data_.live.contains(key);
}

bool StageLedger::is_open(std::int64_t id) const {
  auto at = data_.live.lower_bound({id, 0});
  if (at != data_.live.end() && at->first.first == id) return true;
  return !data_.counted.contains(id) && !data_.skipped.contains(id);
}

std::int64_t StageLedger::slot_time_ms(const Key& key) const {
  const auto at = data_.live.find(key);
  return at == data_.live.end() ? 0 : at->second.totals.slot_time_ms;
}

StageTotals StageLedger::totals() const {
  StageTotals sum = data_.settled;
  for (const auto& [key, live] : data_.live) sum.add(live.totals);
  return sum;
}

}  // namespace spark_exporter::model
