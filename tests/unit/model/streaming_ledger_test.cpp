#include "exporter/model/streaming_ledger.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace spark_exporter::model {
namespace {

using spark::JobStatus;
using spark::Millis;
using spark::TimePoint;

TimePoint at(std::int64_t seconds) { return TimePoint{Millis{seconds * 1000}}; }

spark::Job batch_job(std::int64_t batch, JobStatus status, const std::string& run_id = "r1",
                     const std::string& name = "orders") {
  spark::Job job;
  job.id = batch;
  job.status = status;
  job.description = name + "\nid = q1\nrunId = " + run_id + "\nbatch = " + std::to_string(batch);
  job.group = run_id;
  job.submission_time = at(100 + batch * 10);
  if (status != JobStatus::kRunning) job.completion_time = at(104 + batch * 10);
  return job;
}

TEST(MicroBatch, ReadsDescriptions) {
  struct Case {
    const char* what;
    std::string description;
    std::string query;  ///< empty: not a micro-batch
    std::optional<std::int64_t> batch;
  };
  const std::string tail = "\nid = 5bc0\nrunId = 3743\nbatch = ";
  const Case cases[] = {
      {"a named query", "windowed counts" + tail + "2", "windowed counts", 2},
      {"no name, as Spark writes it", tail + "7", "5bc0", 7},
      {"no name and no line for it", tail.substr(1) + "7", "5bc0", 7},
      {"its start", "q" + tail + "init", "q", std::nullopt},
      {"a newline in the name", "a\nb" + tail + "0", "a\nb", 0},
      {"a name that imitates the lines", "a\nid = 1\nrunId = 2\nbatch = 3" + tail + "4",
       "a\nid = 1\nrunId = 2\nbatch = 3", 4},
      {"a name that holds a key", "grid = big" + tail + "1", "grid = big", 1},
      {"quotes and emoji", "\"x\\\" \xF0\x9F\x94\xA5" + tail + "1", "\"x\\\" \xF0\x9F\x94\xA5", 1},
      {"a batch beyond all numbers", "q" + tail + "99999999999999999999", "q", std::nullopt},
      {"a batch at the end of the range", "q" + tail + "9223372036854775807", "q", std::nullopt},
      {"a negative batch", "q" + tail + "-1", "q", std::nullopt},
      {"somebody's description", "nightly load", "", std::nullopt},
      {"nothing", "", "", std::nullopt},
      {"one line only", "batch = 3", "", std::nullopt},
      {"no run id", "q\nid = 1\nrunId = \nbatch = 3", "", std::nullopt},
      {"no id", "q\nid = \nrunId = 1\nbatch = 3", "", std::nullopt},
      {"another order", "q\nrunId = 1\nid = 2\nbatch = 3", "", std::nullopt},
  };
  for (const auto& c : cases) {
    const auto micro = parse_micro_batch(c.description);
    ASSERT_EQ(micro.has_value(), !c.query.empty()) << c.what;
    if (!micro) continue;
    EXPECT_EQ(micro->query, c.query) << c.what;
    EXPECT_EQ(micro->run_id, "3743") << c.what;
    EXPECT_EQ(micro->batch, c.batch) << c.what;
  }
}

TEST(StreamingLedger, CountsABatchOnceHoweverManyJobsItHas) {
  StreamingLedger ledger;
  auto second_job = batch_job(0, JobStatus::kSucceeded);
  second_job.id = 77;
  ledger.apply(batch_job(0, JobStatus::kRunning), false);
  ledger.apply(batch_job(0, JobStatus::kSucceeded), false);
  ledger.apply(second_job, false);
  ledger.apply(batch_job(1, JobStatus::kSucceeded), false);
  const auto& query = ledger.data().queries.at("orders");
  EXPECT_EQ(query.batches, 2U);
  EXPECT_EQ(query.failures, 0U);
  EXPECT_EQ(query.last_batch_end, at(114));
  EXPECT_EQ(query.trigger_interval, Millis{10'000});
}

TEST(StreamingLedger, TellsAFailureFromAStop) {
  StreamingLedger ledger;
  ledger.apply(batch_job(0, JobStatus::kFailed, "r1"), true);
  ledger.apply(batch_job(0, JobStatus::kFailed, "r2"), false);
  ledger.apply(batch_job(0, JobStatus::kFailed, "r2"), false);
  EXPECT_EQ(ledger.data().queries.at("orders").failures, 1U);
}

TEST(StreamingLedger, GoesOnCountingAfterARestartOfTheQuery) {
  StreamingLedger ledger;
  ledger.apply(batch_job(4, JobStatus::kSucceeded, "r1"), false);
  ledger.apply(batch_job(5, JobStatus::kSucceeded, "r1"), false);
  ledger.apply(batch_job(5, JobStatus::kSucceeded, "r2"), false);
  EXPECT_EQ(ledger.data().queries.at("orders").batches, 3U);
}

TEST(StreamingLedger, GaugesEndWithTheQuery) {
  StreamingLedger ledger;
  spark::StreamingGauges gauges;
  gauges.input_rate = 12.5;
  ledger.apply({{"orders", gauges}});
  EXPECT_EQ(ledger.data().queries.at("orders").gauges.input_rate, 12.5);
  ledger.apply(std::map<std::string, spark::StreamingGauges>{});
  EXPECT_TRUE(ledger.any());
  EXPECT_FALSE(ledger.data().queries.at("orders").gauges.input_rate);
}

TEST(StreamingLedger, HoldsQueriesUpToTheCap) {
  StreamingLedger ledger;
  for (std::size_t i = 0; i < limits::kStreamingQueries; ++i) {
    ledger.apply(batch_job(0, JobStatus::kSucceeded, "r", "q" + std::to_string(i)), false);
  }
  EXPECT_EQ(ledger.data().dropped, 0U);
  ledger.apply(batch_job(0, JobStatus::kSucceeded, "r", "one too many"), false);
  EXPECT_EQ(ledger.data().dropped, 1U);
  EXPECT_EQ(ledger.data().queries.size(), limits::kStreamingQueries);
  EXPECT_EQ(ledger.data().queries.at("q0").order, 0U);
  EXPECT_EQ(ledger.data().queries.at("q999").order, 999U);
  ledger.apply(batch_job(1, JobStatus::kSucceeded, "r", "q0"), false);
  EXPECT_EQ(ledger.data().queries.at("q0").batches, 2U);
}

TEST(StreamingLedger, RemembersABoundedNumberOfRestarts) {
  StreamingLedger ledger;
  for (int i = 0; i < 1000; ++i) {
    ledger.apply(batch_job(0, JobStatus::kSucceeded, "ok" + std::to_string(i)), false);
    ledger.apply(batch_job(1, JobStatus::kFailed, "bad" + std::to_string(i)), false);
  }
  const auto& query = ledger.data().queries.at("orders");
  EXPECT_LE(query.last_batch.size(), 100U);
  EXPECT_LE(query.failed_runs.size(), 100U);
  EXPECT_EQ(query.batches, 1000U);
}

}  // namespace
}  // namespace spark_exporter::model
