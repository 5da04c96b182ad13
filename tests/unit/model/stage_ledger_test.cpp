#include "exporter/model/stage_ledger.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace spark_exporter::model {
namespace {

using spark::StageStatus;

spark::Stage stage(std::int64_t id, std::int64_t attempt, StageStatus status, std::int64_t completed = 0,
                   std::int64_t active = 0) {
  spark::Stage stage;
  stage.id = id;
  stage.attempt = attempt;
  stage.status = status;
  stage.tasks = 10;
  stage.completed_tasks = completed;
  stage.active_tasks = active;
  stage.input_bytes = completed * 100;
  return stage;
}

TEST(StageLedger, ShowsARunningStageAndSettlesItOnce) {
  StageLedger ledger;
  EXPECT_FALSE(ledger.apply(stage(0, 0, StageStatus::kPending)));
  EXPECT_FALSE(ledger.apply(stage(0, 0, StageStatus::kActive, 4, 2)));
  EXPECT_EQ(ledger.totals().tasks_completed, 4);
  EXPECT_EQ(ledger.totals().input_bytes, 400);
  EXPECT_EQ(ledger.live().size(), 1U);
  EXPECT_TRUE(ledger.apply(stage(0, 0, StageStatus::kComplete, 10)));
  EXPECT_FALSE(ledger.apply(stage(0, 0, StageStatus::kComplete, 10)));
  EXPECT_TRUE(ledger.live().empty());
  EXPECT_EQ(ledger.totals().tasks_completed, 10);
  EXPECT_EQ(ledger.data().complete, 1U);
  EXPECT_TRUE(ledger.is_settled(stage(0, 0, StageStatus::kComplete)));
  EXPECT_FALSE(ledger.is_open(0));
}

TEST(StageLedger, CountsEveryMemberOfTheTotals) {
  spark::Stage one = stage(0, 0, StageStatus::kComplete);
  one.completed_tasks = 1;
  one.failed_tasks = 2;
  one.killed_tasks = 3;
  one.executor_run_time = spark::Millis{4};
  one.input_bytes = 5;
  one.input_records = 6;
  one.output_bytes = 7;
  one.output_records = 8;
  one.shuffle_read_bytes = 9;
  one.shuffle_read_records = 10;
  one.shuffle_write_bytes = 11;
  one.shuffle_write_records = 12;
  one.memory_bytes_spilled = 13;
  one.disk_bytes_spilled = 14;
  one.jvm_gc_time = spark::Millis{15};
  // Slot time is these and the run time: 16.
  one.executor_deserialize_time = spark::Millis{10};
  one.result_serialization_time = spark::Millis{2};
  StageLedger ledger;
  ledger.apply(one);
  one.id = 1;
  ledger.apply(one);
  const auto totals = ledger.totals();
  std::int64_t expected = 0;
  for (auto member : StageTotals::members()) EXPECT_EQ(totals.*member, 2 * ++expected);
}

TEST(StageLedger, CountsEachAttemptAndItsRetries) {
  StageLedger ledger;
  ledger.apply(stage(5, 0, StageStatus::kFailed, 3));
  EXPECT_EQ(ledger.data().retries, 0U);
  ledger.apply(stage(5, 1, StageStatus::kActive, 1));
  ledger.apply(stage(5, 1, StageStatus::kActive, 2));
  EXPECT_TRUE(ledger.is_open(5));
  ledger.apply(stage(5, 1, StageStatus::kFailed, 2));
  ledger.apply(stage(5, 2, StageStatus::kComplete, 5));
  ledger.apply(stage(5, 2, StageStatus::kComplete, 5));
  EXPECT_EQ(ledger.data().retries, 2U);
  EXPECT_EQ(ledger.data().failed, 2U);
  EXPECT_EQ(ledger.data().complete, 1U);
  EXPECT_EQ(ledger.totals().tasks_completed, 10);
}

TEST(StageLedger, WaitsForTasksThatOutliveTheirStage) {
  StageLedger ledger;
  EXPECT_TRUE(ledger.apply(stage(0, 0, StageStatus::kFailed, 3, 2)));
  EXPECT_EQ(ledger.data().failed, 1U);
  EXPECT_TRUE(ledger.is_open(0)) << "two tasks still run";
  auto later = stage(0, 0, StageStatus::kFailed, 3, 0);
  later.killed_tasks = 2;
  EXPECT_FALSE(ledger.apply(later));
  EXPECT_FALSE(ledger.is_open(0));
  EXPECT_EQ(ledger.totals().tasks_killed, 2);
  EXPECT_EQ(ledger.data().failed, 1U);
}

TEST(StageLedger, SettlesAStageWhoseTaskHangs) {
  StageLedger ledger;
  int answers = 0;
  do {
    ledger.apply(stage(0, 0, StageStatus::kComplete, 9, 1));
    ASSERT_LT(++answers, 1000);
  } while (ledger.is_open(0));
  EXPECT_EQ(answers, 31);
  EXPECT_EQ(ledger.totals().tasks_completed, 9);
  EXPECT_EQ(ledger.data().complete, 1U);
}

TEST(StageLedger, DoesNotWakeAnEndedStage) {
  StageLedger ledger;
  ledger.apply(stage(0, 0, StageStatus::kComplete, 9, 1));
  ledger.apply(stage(0, 0, StageStatus::kActive, 8, 2));
  EXPECT_EQ(ledger.live().at({0, 0}).status, StageStatus::kComplete);
  ledger.apply(stage(0, 0, StageStatus::kComplete, 10, 0));
  EXPECT_EQ(ledger.data().complete, 1U);
  EXPECT_EQ(ledger.totals().tasks_completed, 10);
}

TEST(StageLedger, CountsASkippedStageThatRunsAfterAll) {
  StageLedger ledger;
  EXPECT_TRUE(ledger.apply(stage(2, 0, StageStatus::kSkipped)));
  EXPECT_FALSE(ledger.apply(stage(2, 0, StageStatus::kSkipped)));
  EXPECT_FALSE(ledger.is_open(2));
  EXPECT_TRUE(ledger.is_settled(stage(2, 0, StageStatus::kSkipped)));
  ledger.apply(stage(2, 0, StageStatus::kActive, 1));
  EXPECT_TRUE(ledger.is_open(2));
  ledger.apply(stage(2, 0, StageStatus::kComplete, 10));
  EXPECT_EQ(ledger.data().skipped_count, 1U);
  EXPECT_EQ(ledger.data().complete, 1U);
  EXPECT_EQ(ledger.totals().tasks_completed, 10);
}

TEST(StageLedger, NeverFallsWithAnOlderAnswer) {
  StageLedger ledger;
  ledger.apply(stage(0, 0, StageStatus::kActive, 7));
  ledger.apply(stage(0, 0, StageStatus::kActive, 5));
  EXPECT_EQ(ledger.totals().tasks_completed, 7);
}

TEST(StageLedger, KeepsTheLastNumbersOfALostStage) {
  StageLedger ledger;
  ledger.apply(stage(4, 0, StageStatus::kFailed, 2));
  ledger.apply(stage(4, 1, StageStatus::kActive, 6));
  ledger.lose(4);
  EXPECT_TRUE(ledger.live().empty());
  EXPECT_FALSE(ledger.is_open(4));
  EXPECT_EQ(ledger.totals().tasks_completed, 8);
  ledger.apply(stage(4, 1, StageStatus::kComplete, 10));
  EXPECT_EQ(ledger.totals().tasks_completed, 8) << "settled once";
  ledger.lose(99);
  EXPECT_FALSE(ledger.is_open(99));
}

TEST(StageLedger, SaturatesInsteadOfOverflowing) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  StageLedger ledger;
  for (std::int64_t id = 0; id < 3; ++id) {
    auto huge = stage(id, 0, StageStatus::kComplete);
    huge.input_bytes = kMost;
    huge.output_bytes = -1;
    ledger.apply(huge);
  }
  EXPECT_EQ(ledger.totals().input_bytes, kMost);
  EXPECT_EQ(ledger.totals().output_bytes, 0);
  EXPECT_FALSE(ledger.apply(stage(-1, 0, StageStatus::kComplete)));
  EXPECT_FALSE(ledger.apply(stage(kMost, 0, StageStatus::kComplete)));
  EXPECT_FALSE(ledger.apply(stage(9, -1, StageStatus::kComplete)));
  EXPECT_EQ(ledger.data().complete, 3U);
}

/// Every job fails after its first stage of two, whose first attempt is retried.
TEST(StageLedger, OfManyFailedJobsItRemembersTheNewest) {
  constexpr std::int64_t kJobs = 5'000;
  constexpr auto kMost = StageLedger::kRemembered;
  StageLedger ledger;
  const auto list = [&](std::int64_t first_job) {
    for (std::int64_t id = 2 * kJobs - 2; id >= 2 * first_job; id -= 2) {
      ledger.apply(stage(id, 1, StageStatus::kFailed, 2));
      ledger.apply(stage(id, 0, StageStatus::kFailed, 1));
    }
  };
  for (std::int64_t id = 0; id < 2 * kJobs; id += 2) {
    ledger.apply(stage(id, 0, StageStatus::kFailed, 1));
    ledger.apply(stage(id, 1, StageStatus::kFailed, 2));
  }
  for (int again = 0; again < 2; ++again) {
    const auto& data = ledger.data();
    EXPECT_EQ(data.failed, 2U * kJobs);
    EXPECT_EQ(data.retries, 1U * kJobs);
    EXPECT_EQ(ledger.totals().tasks_completed, 3 * kJobs);
    EXPECT_EQ(data.counted.interval_count(), kMost);
    EXPECT_EQ(data.counted_retries.size(), kMost);
    EXPECT_EQ(data.seen_retries.size(), kMost);
    list(0);  // a Spark that forgets nothing
  }
  EXPECT_TRUE(ledger.is_open(2 * kJobs - 3)) << "one of the newest that never ran";
  EXPECT_FALSE(ledger.is_open(1));
  // Skipped ones likewise.
  for (std::int64_t id = 1; id < 2 * kJobs; id += 2) EXPECT_EQ(ledger.apply(stage(id, 0, StageStatus::kSkipped)), true);
  EXPECT_EQ(ledger.data().skipped.interval_count(), kMost);
  EXPECT_EQ(ledger.data().skipped_count, 1U * kJobs);
}

}  // namespace
}  // namespace spark_exporter::model
