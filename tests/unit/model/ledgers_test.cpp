// Jobs and SQL executions: counted once, for ever.

#include <gtest/gtest.h>

#include <limits>

#include "exporter/model/job_ledger.hpp"
#include "exporter/model/sql_ledger.hpp"

namespace spark_exporter::model {
namespace {

using spark::JobStatus;
using spark::SqlStatus;
using Change = JobLedger::Change;

spark::Job job(std::int64_t id, JobStatus status) {
  spark::Job job;
  job.id = id;
  job.status = status;
  return job;
}

spark::SqlExecution sql(std::int64_t id, SqlStatus status, std::int64_t milliseconds = 0) {
  spark::SqlExecution execution;
  execution.id = id;
  execution.status = status;
  execution.duration = spark::Millis{milliseconds};
  return execution;
}

TEST(JobLedger, CountsAJobWhenItEnds) {
  JobLedger ledger;
  EXPECT_EQ(ledger.apply(job(0, JobStatus::kRunning)), Change::kStarted);
  EXPECT_EQ(ledger.apply(job(0, JobStatus::kRunning)), Change::kNone);
  EXPECT_EQ(ledger.running().size(), 1U);
  EXPECT_EQ(ledger.apply(job(0, JobStatus::kSucceeded)), Change::kEnded);
  EXPECT_EQ(ledger.apply(job(0, JobStatus::kSucceeded)), Change::kNone);
  EXPECT_EQ(ledger.apply(job(1, JobStatus::kFailed)), Change::kEnded);
  EXPECT_TRUE(ledger.running().empty());
  EXPECT_EQ(ledger.data().succeeded, 1U);
  EXPECT_EQ(ledger.data().failed, 1U);
  EXPECT_EQ(ledger.next_id(), 2);
}

TEST(JobLedger, IgnoresAnAnswerThatIsOlderThanTheEnd) {
  JobLedger ledger;
  ledger.apply(job(7, JobStatus::kFailed));
  EXPECT_EQ(ledger.apply(job(7, JobStatus::kRunning)), Change::kNone);
  EXPECT_TRUE(ledger.running().empty());
  EXPECT_EQ(ledger.apply(job(7, JobStatus::kSucceeded)), Change::kNone);
  EXPECT_EQ(ledger.data().failed, 1U);
  EXPECT_EQ(ledger.data().succeeded, 0U);
}

TEST(JobLedger, KeepsCountingWhenSparkForgets) {
  JobLedger ledger;
  for (std::int64_t id = 0; id < 1300; ++id) ledger.apply(job(id, JobStatus::kSucceeded));
  for (std::int64_t id = 300; id < 1300; ++id) ledger.apply(job(id, JobStatus::kSucceeded));
  EXPECT_EQ(ledger.data().succeeded, 1300U);
}

TEST(JobLedger, CountsALostJobAsUnknownOnce) {
  JobLedger ledger;
  ledger.apply(job(3, JobStatus::kRunning));
  ledger.lose(3);
  ledger.lose(3);
  ledger.apply(job(3, JobStatus::kSucceeded));
  EXPECT_TRUE(ledger.running().empty());
  EXPECT_TRUE(ledger.is_final(3));
  EXPECT_EQ(ledger.data().unknown, 1U);
  EXPECT_EQ(ledger.data().succeeded, 0U);
}

TEST(JobLedger, PassesOverImpossibleIds) {
  JobLedger ledger;
  for (const auto id :
       {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(ledger.apply(job(id, JobStatus::kSucceeded)), Change::kNone);
  }
  EXPECT_EQ(ledger.data().succeeded, 0U);
  EXPECT_EQ(ledger.next_id(), 0);
}

TEST(SqlLedger, CountsAnExecutionWhenItEnds) {
  SqlLedger ledger;
  ledger.apply(sql(0, SqlStatus::kRunning));
  EXPECT_EQ(ledger.running().size(), 1U);
  ledger.apply(sql(0, SqlStatus::kCompleted, 700));
  ledger.apply(sql(0, SqlStatus::kCompleted, 700));
  ledger.apply(sql(0, SqlStatus::kRunning));
  ledger.apply(sql(1, SqlStatus::kFailed, 300));
  EXPECT_TRUE(ledger.running().empty());
  EXPECT_EQ(ledger.data().completed, 1U);
  EXPECT_EQ(ledger.data().failed, 1U);
  EXPECT_DOUBLE_EQ(ledger.data().duration_sum_seconds, 1.0);
  EXPECT_EQ(ledger.next_id(), 2);
}

TEST(SqlLedger, PutsDurationsIntoBuckets) {
  struct Case {
    std::int64_t milliseconds;
    std::size_t bucket;
  };
  const Case cases[] = {{0, 0}, {100, 0}, {101, 1}, {1000, 2}, {10'800'000, 11}, {10'800'001, 12}};
  for (const auto& [milliseconds, bucket] : cases) {
    SqlLedger ledger;
    ledger.apply(sql(0, SqlStatus::kCompleted, milliseconds));
    EXPECT_EQ(ledger.data().buckets[bucket], 1U) << milliseconds << " ms";
  }
}

TEST(SqlLedger, TakesNoNegativeDurationAndNoImpossibleId) {
  SqlLedger ledger;
  ledger.apply(sql(0, SqlStatus::kCompleted, -5000));
  ledger.apply(sql(std::numeric_limits<std::int64_t>::max(), SqlStatus::kCompleted));
  ledger.apply(sql(-1, SqlStatus::kRunning));
  EXPECT_EQ(ledger.data().completed, 1U);
  EXPECT_EQ(ledger.data().duration_sum_seconds, 0);
  EXPECT_TRUE(ledger.running().empty());
}

TEST(SqlLedger, LetsALostExecutionGoUncounted) {
  SqlLedger ledger;
  ledger.apply(sql(4, SqlStatus::kRunning));
  ledger.lose(4);
  ledger.apply(sql(4, SqlStatus::kCompleted, 1));
  EXPECT_TRUE(ledger.running().empty());
  EXPECT_EQ(ledger.data().completed, 0U);
}

}  // namespace
}  // namespace spark_exporter::model
