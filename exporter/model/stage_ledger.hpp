#pragma once
// Stages of one run. An attempt's numbers count while it runs and are settled once, when it is final and its last
// task has ended; after that Spark may forget it (spark.ui.retainedStages) and our totals stay.
//
// An attempt is "counted" when its final status was added to the status counters, "settled" when its numbers were
// added to the sums. A stage that is final but still has tasks running (killed or speculative ones) is counted but
// not yet settled.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "exporter/model/id_set.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

/// What an attempt's tasks told of the time that they had a slot: the run time, with what an executor needs before and
/// after it.
spark::Millis slot_time(const spark::Stage& stage);

/// What stages add up: units as in spark::Stage.
struct StageTotals {
  std::int64_t tasks_completed = 0;
  std::int64_t tasks_failed = 0;
  std::int64_t tasks_killed = 0;
  std::int64_t run_time_ms = 0;
  std::int64_t input_bytes = 0, input_records = 0;
  std::int64_t output_bytes = 0, output_records = 0;
  std::int64_t shuffle_read_bytes = 0, shuffle_read_records = 0;
  std::int64_t shuffle_write_bytes = 0, shuffle_write_records = 0;
  std::int64_t memory_spilled_bytes = 0, disk_spilled_bytes = 0;
  std::int64_t gc_time_ms = 0;    ///< sum over tasks
  std::int64_t slot_time_ms = 0;  ///< of slot_time()

  /// Every member, so that adding, comparing and saving cannot forget one.
  static constexpr auto members() {
    using T = StageTotals;
    return std::array{
        &T::tasks_completed,      &T::tasks_failed,         &T::tasks_killed,        &T::run_time_ms,
        &T::input_bytes,          &T::input_records,        &T::output_bytes,        &T::output_records,
        &T::shuffle_read_bytes,   &T::shuffle_read_records, &T::shuffle_write_bytes, &T::shuffle_write_records,
        &T::memory_spilled_bytes, &T::disk_spilled_bytes,   &T::gc_time_ms,          &T::slot_time_ms};
  }
  void add(const StageTotals& other);
  /// Member by member the larger one: an answer older than the last one must not make a counter fall.
  void raise_to(const StageTotals& other);
  static StageTotals of(const spark::Stage& stage);
};

class StageLedger {
 public:
  using Key = std::pair<std::int64_t, std::int64_t>;  ///< stage id, attempt

  struct Live {
    spark::StageStatus status = spark::StageStatus::kActive;
    StageTotals totals;
    std::int64_t tasks = 0;
    std::int64_t active_tasks = 0;
    std::int64_t completed_indices = 0;
    int polls_draining = 0;  ///< answers since it was final with tasks still running
  };
  /// Intervals of `counted` and of `skipped`, and later attempts, that are remembered: each failed job may leave one.
  /// Older stages count as counted; of the 1,000 that Spark keeps by default not half can leave one.
  static constexpr std::size_t kRemembered = 1'000;
  struct Data {
    IdSet counted;                  ///< complete or failed, attempt 0
    std::set<Key> counted_retries;  ///< the same for later attempts
    IdSet skipped;                  ///< apart: a skipped stage may run after all, for another job
    std::map<Key, Live> live;       ///< not settled
    std::set<Key> seen_retries;     ///< attempts > 0 that were counted as retries
    StageTotals settled;
    std::uint64_t complete = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped_count = 0;
    std::uint64_t retries = 0;
  };

  StageLedger() = default;
  explicit StageLedger(Data data) : data_(std::move(data)) {}

  /// One attempt as Spark shows it now. Returns true if it became final by this.
  bool apply(const spark::Stage& stage);

  /// Spark no longer knows any attempt of this stage: what was last seen of it is settled.
  void lose(std::int64_t id);

  /// Whether nothing more can be learnt from this attempt.
  bool is_settled(const spark::Stage& stage) const;
  /// Whether an answer about stage `id` is still owed: no attempt of it was counted, or one is not settled.
  bool is_open(std::int64_t id) const;

  /// What was last seen of an attempt that is not settled; 0 if nothing was.
  std::int64_t slot_time_ms(const Key& key) const;

  const std::map<Key, Live>& live() const { return data_.live; }
  /// Settled and running ones together.
  StageTotals totals() const;
  const Data& data() const { return data_; }

 private:
  bool is_counted(const Key& key) const;
  void mark_counted(const Key& key);
  void count(const Key& key, spark::StageStatus status);

  Data data_;
};

}  // namespace spark_exporter::model
