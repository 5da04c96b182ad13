#include "exporter/spark/poller.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "exporter/model/state_file.hpp"
#include "tests/support/fake_driver.hpp"
#include "tests/unit/spark/poller_watch.hpp"

namespace spark_exporter::spark {
namespace {

using test::FakeDriver;
using namespace std::chrono_literals;

TEST(Poller, CountsAJobItsStagesAndTasksOnce) {
  FakeDriver driver;
  Watch watch(driver);
  driver.run_job(2, 4);
  for (int i = 0; i < 3; ++i) watch.poll();
  EXPECT_EQ(watch.run().jobs().data().succeeded, 1U);
  EXPECT_EQ(watch.run().stages().data().complete, 2U);
  EXPECT_EQ(watch.run().stages().totals().tasks_completed, 8);
  EXPECT_EQ(watch.run().stages().totals().input_bytes, 800);
  EXPECT_TRUE(watch.poller().health().up);
  EXPECT_EQ(watch.errors(), 0U);
}

TEST(Poller, SeesJobsThatCameAndWentBetweenPolls) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  for (int i = 0; i < 3; ++i) driver.run_job(1, 1);
  watch.poll();
  EXPECT_EQ(watch.run().jobs().data().succeeded, 3U);
  EXPECT_EQ(watch.run().stages().data().complete, 3U);
}

TEST(Poller, StaysExactUnderEviction) {
  FakeDriver driver;
  Watch watch(driver);
  for (int batch = 0; batch < 13; ++batch) {
    for (int i = 0; i < 100; ++i) driver.run_job(2, 3);
    watch.poll();
  }
  EXPECT_EQ(watch.run().jobs().data().succeeded, 1300U);
  EXPECT_EQ(watch.run().stages().data().complete, 2600U);
  EXPECT_EQ(watch.run().stages().totals().tasks_completed, 7800);
  EXPECT_EQ(watch.errors(ErrorKind::kEvicted), 0U);
}

TEST(Poller, SaysWhatItMissedWhenEvictionWasFaster) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  driver.run_job(1, 1);
  watch.poll();
  for (int i = 0; i < 1500; ++i) driver.run_job(1, 1);
  for (int i = 0; i < 8; ++i) watch.poll();  // the next id is forgotten too: the count of all jobs tells, once a minute
  const auto& jobs = watch.run().jobs().data();
  EXPECT_LT(jobs.succeeded, 1501U);
  EXPECT_GE(jobs.succeeded, 900U);
  EXPECT_GE(watch.errors(ErrorKind::kEvicted), 1U);
}

TEST(Poller, JoiningLateIsNoLoss) {
  FakeDriver driver;
  for (int i = 0; i < 1300; ++i) driver.run_job(2, 1);
  Watch watch(driver);
  watch.poll();
  EXPECT_EQ(watch.errors(), 0U);
  EXPECT_GE(watch.run().jobs().data().succeeded, 900U);
}

TEST(Poller, ContinuesExactlyAfterARestart) {
  FakeDriver driver;
  model::Run::Saved saved;
  {
    Watch before(driver);
    for (int batch = 0; batch < 7; ++batch) {
      for (int i = 0; i < 100; ++i) driver.run_job(2, 3);
      before.poll();
    }
    const auto open = driver.start_job(2);
    driver.start_stage(driver.job(open).stage_ids[0], 5);
    driver.end_tasks(driver.job(open).stage_ids[0], 2);
    before.poll();
    auto read = model::from_json(model::to_json(before.run().save()));
    ASSERT_TRUE(read) << read.error().what;
    saved = std::move(*read);
  }
  const std::int64_t open = 700;
  driver.end_tasks(driver.job(open).stage_ids[0], 3);
  driver.end_stage(driver.job(open).stage_ids[0], true);
  driver.end_job(open, true);
  for (int i = 0; i < 300; ++i) driver.run_job(2, 3);

  Watch after(driver);
  after.restore(model::Run::restore(std::move(saved), TimePoint{}));
  after.poll();
  EXPECT_EQ(after.run().jobs().data().succeeded, 1001U);
  EXPECT_EQ(after.run().stages().data().complete, 2001U);
  EXPECT_EQ(after.run().stages().data().skipped_count, 1U);
  EXPECT_EQ(after.run().stages().totals().tasks_completed, 6005);
}

TEST(Poller, RunningStagesCountAndNothingFallsWhenTheyEnd) {
  FakeDriver driver;
  Watch watch(driver);
  const auto job = driver.start_job(1);
  const auto stage = driver.job(job).stage_ids[0];
  driver.start_stage(stage, 10);
  driver.end_tasks(stage, 4, 1);
  watch.poll();
  EXPECT_EQ(watch.run().stages().totals().tasks_completed, 4);
  EXPECT_EQ(watch.run().stages().totals().tasks_failed, 1);
  driver.end_tasks(stage, 6);
  driver.end_stage(stage, true, 0, /*still_active=*/1);
  driver.end_job(job, true);
  watch.poll();
  EXPECT_EQ(watch.run().stages().data().complete, 1U);
  EXPECT_EQ(watch.run().stages().totals().tasks_completed, 10);
  driver.stage(stage).killed_tasks = 1;
  driver.stage(stage).active_tasks = 0;
  watch.poll();
  EXPECT_EQ(watch.run().stages().totals().tasks_killed, 1) << "a task that ended after its stage";
  EXPECT_EQ(watch.run().stages().data().complete, 1U);
}

TEST(Poller, CountsStageRetriesAndFailedAttempts) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  const auto job = driver.start_job(2);
  const auto map = driver.job(job).stage_ids[0];
  const auto reduce = driver.job(job).stage_ids[1];
  driver.start_stage(map, 2);
  driver.end_tasks(map, 2);
  driver.end_stage(map, true);
  watch.poll();
  driver.start_stage(reduce, 2);
  driver.end_tasks(reduce, 1, 1);
  driver.end_stage(reduce, false);
  driver.start_stage(map, 1, 1);
  driver.end_tasks(map, 1, 0, 1);
  driver.end_stage(map, true, 1);
  driver.start_stage(reduce, 2, 1);
  driver.end_tasks(reduce, 2, 0, 1);
  driver.end_stage(reduce, true, 1);
  driver.end_job(job, true);
  watch.poll();
  watch.poll();
  EXPECT_EQ(watch.run().stages().data().retries, 2U);
  EXPECT_EQ(watch.run().stages().data().failed, 1U);
  EXPECT_EQ(watch.run().stages().data().complete, 3U);
  EXPECT_EQ(watch.run().stages().totals().tasks_completed, 6);
  EXPECT_EQ(watch.run().stages().totals().tasks_failed, 1);
}

TEST(Poller, PassesOverJobIdsThatSparkNeverShows) {
  FakeDriver driver;
  Watch watch(driver);
  driver.run_job(1, 1);
  watch.poll();
  driver.waste_job_id();
  driver.run_job(1, 1);
  for (int i = 0; i < 8; ++i) watch.poll();  // the count of all jobs is asked once a minute
  EXPECT_EQ(watch.run().jobs().data().succeeded, 2U);
  driver.take_questions();
  for (int i = 0; i < 8; ++i) watch.poll();
  const auto questions = driver.take_questions();
  EXPECT_EQ(std::count_if(questions.begin(), questions.end(), [](const auto& q) { return q.ends_with("/jobs"); }), 0)
      << "the gap is known: no whole lists because of it";
}

TEST(Poller, AnIdleDriverIsAskedNextToNothing) {
  FakeDriver driver;
  Watch watch(driver);
  for (int i = 0; i < 50; ++i) driver.run_job(2, 3);
  watch.poll();
  watch.poll();
  driver.take_questions();
  for (int i = 0; i < 5; ++i) watch.poll();
  const std::string base = "/api/v1/applications/app-1";
  std::vector<std::string> expected;
  for (int i = 0; i < 4; ++i) {
    expected.push_back(base + "/jobs/50");
    expected.push_back(base + "/executors");
  }
  auto questions = driver.take_questions();
  ASSERT_GE(questions.size(), expected.size());
  questions.resize(expected.size());
  EXPECT_EQ(questions, expected);
}

TEST(Poller, NeverAsksListsForDetails) {
  FakeDriver driver;
  Watch watch(driver);
  for (int i = 0; i < 30; ++i) {
    driver.run_job(3, 2);
    watch.poll();
  }
  for (const auto& question : driver.take_questions()) {
    EXPECT_EQ(question.find("details=true"), std::string::npos) << question;
    EXPECT_EQ(question.find("withSummaries"), std::string::npos) << question;
  }
}

TEST(Poller, PlansAreReadOnceOfWhatEndedAndAFewAPoll) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  driver.end_sql(driver.start_sql("no job"), true, 100);
  driver.end_sql(driver.start_sql("failed"), false, 100);
  for (int i = 0; i < 10; ++i) driver.write_sql(driver.start_sql(), "/lake/t", i);
  driver.take_questions();
  for (const std::ptrdiff_t plans : {4, 4, 2, 0}) {
    watch.poll();
    const auto questions = driver.take_questions();
    EXPECT_EQ(std::count_if(questions.begin(), questions.end(),
                            [](const auto& question) { return question.ends_with("planDescription=true"); }),
              plans);
  }
  const auto& writes = *watch.poller().sql_writes();
  EXPECT_EQ(writes.seen, 10U);
  ASSERT_EQ(writes.last.size(), 10U);
  EXPECT_EQ(writes.last.front().rows, 0);
  EXPECT_EQ(writes.last.back().rows, 9);
  EXPECT_EQ(writes.last.back().dataset, "/lake/t");
}

TEST(Poller, SqlExecutionsAreCountedUnderEviction) {
  FakeDriver driver;
  driver.retained_sql = 100;
  Watch watch(driver);
  watch.poll();
  std::uint64_t ended = 0;
  const auto lasting = driver.start_sql("lasts");
  for (int batch = 0; batch < 20; ++batch) {
    for (int i = 0; i < 30; ++i) {
      driver.end_sql(driver.start_sql(), i % 10 != 0, 200);
      ++ended;
    }
    driver.run_job(1, 1);
    watch.poll();
  }
  driver.end_sql(lasting, true, 700'000);
  watch.poll();
  const auto& sql = watch.run().sql().data();
  EXPECT_EQ(sql.completed + sql.failed, ended + 1);
  EXPECT_EQ(sql.failed, 60U);
  EXPECT_EQ(sql.buckets[1], ended) << "0.2 s lies in le=0.5";
  EXPECT_TRUE(sql.running.empty());
  EXPECT_EQ(watch.errors(ErrorKind::kEvicted), 0U);
}

TEST(Poller, ALostExecutorLeavesItsTotals) {
  FakeDriver driver;
  driver.add_executor("1");
  driver.executor("1").peak = PeakMetrics{};
  driver.executor("1").peak->minor_gc_time = 1500ms;
  driver.executor("1").peak->total_gc_time = 1500ms;
  Watch watch(driver);
  watch.poll();
  EXPECT_EQ(watch.run().executors().gc_total(), 1500ms);
  driver.executor("1").peak->minor_gc_time = 1800ms;
  driver.kill_executor("1", "Command exited with code 137");
  driver.add_executor("2");
  watch.poll();
  EXPECT_EQ(watch.run().executors().gc_total(), 1800ms);
  EXPECT_EQ(watch.run().executors().dead(), 1U);
  EXPECT_EQ(watch.run().executors().active(), 1U);
  EXPECT_EQ(watch.run().executors().removals()[static_cast<std::size_t>(model::RemovalReason::kKilled)], 1U);
}

TEST(Poller, AnExecutorThatLivedBetweenTwoPollsIsCounted) {
  FakeDriver driver;
  driver.add_executor("1");
  Watch watch(driver);
  watch.poll();
  driver.add_executor("2");
  driver.kill_executor("2", "Executor heartbeat timed out after 120000 ms");
  driver.add_executor("3");
  watch.poll();
  EXPECT_EQ(watch.run().executors().dead(), 1U);
}

TEST(Poller, ASecondContextIsANewRun) {
  FakeDriver driver;
  Watch watch(driver);
  driver.run_job(1, 1);
  watch.poll();
  driver.restart("app-2", 5'000);
  ++driver.connections;
  watch.poll();
  ASSERT_NE(watch.poller().previous(), nullptr);
  EXPECT_EQ(watch.poller().previous()->jobs().data().succeeded, 1U);
  EXPECT_EQ(watch.run().application().id, "app-2");
  EXPECT_EQ(watch.run().jobs().data().succeeded, 0U);
}

TEST(Poller, TheSameIdWithALaterStartIsANewRun) {
  FakeDriver driver;
  Watch watch(driver);
  driver.run_job(1, 1);
  watch.poll();
  driver.restart("app-1", 9'000);
  ++driver.connections;
  driver.run_job(1, 1);
  watch.poll();
  EXPECT_EQ(watch.run().jobs().data().succeeded, 1U);
  EXPECT_EQ(watch.run().application().start_time, TimePoint{9'000ms});
}

TEST(Poller, AnotherApplicationIsNotRead) {
  FakeDriver driver;
  driver.run_job(1, 1);
  Watch watch(driver, "app-mine");
  watch.poll();
  EXPECT_EQ(watch.poller().current(), nullptr);
  EXPECT_EQ(watch.errors(ErrorKind::kWrongApplication), 1U);
}

TEST(Poller, WaitsForADriverWithoutErrors) {
  FakeDriver driver;
  driver.faults[""] = ErrorKind::kConnect;
  Watch watch(driver);
  for (int i = 0; i < 20; ++i) watch.poll();
  EXPECT_EQ(watch.errors(), 0U);
  EXPECT_FALSE(watch.poller().health().up);
  driver.faults.clear();
  driver.canned[""] = {200, "text/html", "Spark is starting up. Please wait a while until it's ready.", ""};
  watch.poll();
  EXPECT_EQ(watch.errors(), 0U);
  driver.canned.clear();
  watch.poll();
  EXPECT_TRUE(watch.poller().health().up);
}

TEST(Poller, AUiThatGoesAwayEndsTheRunAndKeepsItsValues) {
  FakeDriver driver;
  driver.run_job(1, 2);
  Watch watch(driver);
  watch.poll();
  driver.faults[""] = ErrorKind::kConnect;
  watch.poll();
  EXPECT_FALSE(watch.poller().over());
  watch.poll();
  EXPECT_TRUE(watch.poller().over());
  EXPECT_FALSE(watch.poller().fresh());
  EXPECT_EQ(watch.run().jobs().data().succeeded, 1U);
  driver.faults.clear();
  watch.poll();
  EXPECT_FALSE(watch.poller().over()) << "the same application answers again";
  EXPECT_EQ(watch.run().jobs().data().succeeded, 1U);
}

struct BadAnswer {
  const char* name;
  const char* part;
  FakeDriver::Canned reply;
  ErrorKind kind;
};

class BadAnswers : public testing::TestWithParam<BadAnswer> {};

TEST_P(BadAnswers, KeepTheLastGoodStateAndCountOnce) {
  FakeDriver driver;
  driver.run_job(2, 3);
  Watch watch(driver);
  watch.poll();
  const auto before = watch.errors();
  driver.run_job(1, 1);
  driver.canned[GetParam().part] = GetParam().reply;
  watch.poll();
  EXPECT_EQ(watch.errors(GetParam().kind), 1U);
  EXPECT_EQ(watch.errors() - before, 1U);
  EXPECT_FALSE(watch.poller().health().up);
  EXPECT_GE(watch.run().jobs().data().succeeded, 1U);
  EXPECT_EQ(watch.run().executors().data().live.size(), 1U);
  driver.canned.clear();
  watch.poll();
  EXPECT_TRUE(watch.poller().health().up);
  EXPECT_EQ(watch.run().jobs().data().succeeded, 2U);
  EXPECT_EQ(watch.run().stages().data().complete, 3U);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadAnswers,
    testing::Values(
        BadAnswer{"truncated", "/executors", {200, "application/json", "[{\"id\": \"dri", ""}, ErrorKind::kMalformed},
        BadAnswer{"overflow", "/jobs/", {200, "application/json", "{\"jobId\": 1e400}", ""}, ErrorKind::kMalformed},
        BadAnswer{"utf8", "/executors", {200, "application/json", "[\"\xff\"]", ""}, ErrorKind::kMalformed},
        BadAnswer{"deep", "/executors", {200, "application/json", std::string(100'000, '['), ""}, ErrorKind::kTooLarge},
        BadAnswer{"html", "/executors", {200, "text/html", "<html>", ""}, ErrorKind::kStarting},
        BadAnswer{"plain", "/executors", {200, "text/plain", "[]", ""}, ErrorKind::kProtocol},
        BadAnswer{"status", "/executors", {500, "text/plain", "boom", ""}, ErrorKind::kStatus},
        BadAnswer{"forbidden", "/executors", {403, "text/html", "no", ""}, ErrorKind::kForbidden}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Poller, AFieldOfAWrongTypeIsCountedAndTheRestIsUsed) {
  FakeDriver driver;
  driver.add_executor("1");
  Watch watch(driver);
  watch.poll();
  driver.canned["/executors"] = {
      200, "application/json",
      R"([{"id": "driver", "isActive": true}, {"id": "1", "isActive": true, "completedTasks": "many", "maxTasks": 4}])",
      ""};
  watch.poll();
  EXPECT_EQ(watch.errors(ErrorKind::kWrongType), 1U);
  EXPECT_EQ(watch.run().executors().data().live.at("1").max_tasks, 4);
  EXPECT_TRUE(watch.poller().health().up);
}

TEST(Poller, ADriverThatDoesNotAnswerIsAskedAgainSoonHoweverLongThatLasts) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  EXPECT_EQ(watch.poller().next_delay(), 10s);
  driver.faults[""] = ErrorKind::kTimeout;
  for (int i = 0; i < 20; ++i) watch.poll();
  EXPECT_LE(watch.poller().next_delay(), 10s) << "or it is not seen for minutes that it answers again";
  driver.faults.clear();
  watch.poll();
  EXPECT_EQ(watch.poller().next_delay(), 10s);
}

TEST(Poller, ARedirectIsNoEndOfTheRun) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  driver.faults[""] = ErrorKind::kRedirect;
  for (int i = 0; i < 3; ++i) watch.poll();
  EXPECT_FALSE(watch.poller().over());
  EXPECT_FALSE(watch.poller().health().up);
  driver.faults.clear();
  watch.poll();
  EXPECT_TRUE(watch.poller().health().up);
}

TEST(Poller, AFastDriverIsAskedMoreOften) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  for (int i = 0; i < 300; ++i) driver.run_job(1, 1);
  watch.poll();
  EXPECT_LT(watch.poller().next_delay(), 10s);
}

TEST(Poller, AHeavyStageShowsItsSkew) {
  FakeDriver driver;
  Watch watch(driver);
  const auto job = driver.start_job(1);
  const auto stage = driver.job(job).stage_ids[0];
  driver.start_stage(stage, 2000);
  driver.end_tasks(stage, 1900);
  watch.poll();
  ASSERT_TRUE(watch.run().skew());
  EXPECT_DOUBLE_EQ(watch.run().skew()->ratio, 7.0);
  EXPECT_EQ(watch.run().skew()->stage.first, stage);
}

TEST(Poller, StreamingBatchesAndAFailedQuery) {
  FakeDriver driver;
  Watch watch(driver);
  const auto batch = [&](int number, bool good, const char* reason = "") {
    const auto id = driver.start_job(1);
    driver.job(id).description = "orders\nid = q\nrunId = r\nbatch = " + std::to_string(number);
    const auto stage = driver.job(id).stage_ids[0];
    driver.start_stage(stage, 1);
    driver.end_stage(stage, good);
    driver.stage(stage).failure_reason = reason;
    driver.end_job(id, good);
  };
  for (int i = 0; i < 5; ++i) batch(i, true);
  watch.poll();
  EXPECT_EQ(watch.run().streaming().data().queries.at("orders").batches, 5U);
  batch(5, false, "Job 5 cancelled part of cancelled job group r");
  watch.poll();
  EXPECT_EQ(watch.run().streaming().data().queries.at("orders").failures, 0U) << "a stopped query did not fail";
  batch(5, false, "Job aborted due to stage failure: poison record");
  watch.poll();
  EXPECT_EQ(watch.run().streaming().data().queries.at("orders").failures, 1U);
  EXPECT_EQ(watch.run().kind(), outcome::Kind::kStreaming);
}

/// Random histories: whatever happens between polls, as long as Spark did not forget it first, the counters are the
/// truth once all is quiet, and they never fall on the way.
TEST(PollerProperty, CountersAreExactAndNeverFall) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
    FakeDriver driver;
    driver.retained_jobs = 60;
    driver.retained_stages = 100;
    Watch watch(driver);
    std::uint64_t good = 0, bad = 0, complete = 0, failed = 0, skipped = 0;
    std::int64_t completed_tasks = 0, failed_tasks = 0;
    std::vector<std::int64_t> open;
    model::StageTotals last;
    const auto finish = [&](std::int64_t id) {
      const auto stages = driver.job(id).stage_ids;
      const bool succeed = pick(3) != 0;
      const auto run =
          succeed ? stages.size() : static_cast<std::size_t>(pick(static_cast<int>(stages.size()) - 1)) + 1;
      for (std::size_t i = 0; i < stages.size(); ++i) {
        if (i >= run) {
          ++skipped;
          continue;
        }
        const bool stage_good = succeed || i + 1 < run;
        const auto ok_tasks = pick(5), failed_now = pick(2);
        driver.start_stage(stages[i], 10);
        driver.end_tasks(stages[i], ok_tasks, failed_now);
        completed_tasks += ok_tasks;
        failed_tasks += failed_now;
        driver.end_stage(stages[i], stage_good);
        ++(stage_good ? complete : failed);
      }
      driver.end_job(id, succeed);
      ++(succeed ? good : bad);
    };
    for (int step = 0; step < 120; ++step) {
      for (int i = pick(4); i > 0; --i) open.push_back(driver.start_job(1 + pick(2)));
      while (!open.empty() && pick(2) != 0) {
        finish(open.front());
        open.erase(open.begin());
      }
      if (pick(15) == 0) driver.faults[pick(1) == 0 ? "/stages" : "/jobs"] = ErrorKind::kReset;
      watch.poll();
      driver.faults.clear();
      if (watch.poller().current() == nullptr) continue;
      const auto now = watch.run().stages().totals();
      for (auto member : model::StageTotals::members()) EXPECT_GE(now.*member, last.*member);
      last = now;
    }
    for (const auto id : open) finish(id);
    for (int i = 0; i < 8; ++i) watch.poll();
    if (watch.errors(ErrorKind::kEvicted) != 0) continue;  // it says so: nothing to hold it to
    EXPECT_EQ(watch.run().jobs().data().succeeded, good);
    EXPECT_EQ(watch.run().jobs().data().failed, bad);
    EXPECT_EQ(watch.run().stages().data().complete, complete);
    EXPECT_EQ(watch.run().stages().data().failed, failed);
    EXPECT_EQ(watch.run().stages().data().skipped_count, skipped);
    EXPECT_EQ(watch.run().stages().totals().tasks_completed, completed_tasks);
    EXPECT_EQ(watch.run().stages().totals().tasks_failed, failed_tasks);
    EXPECT_TRUE(watch.run().owed_stages().empty());
  }
}

}  // namespace
}  // namespace spark_exporter::spark
