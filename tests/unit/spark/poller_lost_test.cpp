// What a poller reads of lost tasks, and which groups it gives the time of all.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/fake_driver.hpp"
#include "tests/unit/spark/poller_watch.hpp"

namespace spark_exporter::spark {
namespace {

using test::FakeDriver;
using namespace std::chrono_literals;

Task lost_task(std::int64_t id, std::int64_t duration) {
  return {id, "1", TaskStatus::kFailed, Millis{duration}, Millis{duration}, Millis{0}, "boom"};
}

TEST(Poller, ReadsLostTasksWhenThereAreMore) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  const auto job = driver.start_job(1);
  const auto stage = driver.job(job).stage_ids[0];
  driver.start_stage(stage, 10);
  driver.end_tasks(stage, 1);
  watch.poll();
  EXPECT_EQ(count_of(driver.take_questions(), "taskList"), 0U) << "nothing failed";
  driver.end_tasks(stage, 0, 2);
  driver.add_task(stage, 0, lost_task(3, 100));
  driver.add_task(stage, 0, lost_task(4, 20));
  watch.poll();
  watch.poll();
  EXPECT_EQ(count_of(driver.take_questions(), "/stages/0/0/taskList?status=failed&status=killed&offset=0"), 1U);
  EXPECT_EQ(watch.run().work().totals().lost.at("1").failed, 120ms);
  driver.end_tasks(stage, 7, 1);
  driver.add_task(stage, 0, lost_task(9, 5));
  driver.end_stage(stage, true);
  driver.end_job(job, true);
  watch.poll();
  EXPECT_EQ(watch.run().work().totals().lost.at("1").failed, 125ms);
  driver.take_questions();
  for (int i = 0; i < 5; ++i) watch.poll();
  EXPECT_EQ(count_of(driver.take_questions(), "taskList"), 0U);
  EXPECT_EQ(watch.errors(), 0U);
}

TEST(Poller, ALaterAttemptIsReadAsAWhole) {
  FakeDriver driver;
  Watch watch(driver);
  const auto job = driver.start_job(1);
  const auto stage = driver.job(job).stage_ids[0];
  driver.start_stage(stage, 1);
  driver.end_stage(stage, false);
  driver.start_stage(stage, 1, 1);
  driver.end_tasks(stage, 1, 0, 1);
  driver.end_stage(stage, true, 1);
  auto good = lost_task(1, 70);
  good.status = TaskStatus::kSuccess;
  driver.add_task(stage, 1, good);
  driver.end_job(job, true);
  watch.poll();
  EXPECT_EQ(watch.run().work().totals().lost.at("1").retried, 70ms);
}

TEST(Poller, ManyLostTasksAreReadInPagesAFewAPoll) {
  FakeDriver driver;
  Watch watch(driver);
  const auto job = driver.start_job(2);
  for (const auto stage : std::vector<std::int64_t>(driver.job(job).stage_ids)) {
    driver.start_stage(stage, 10'000);
    driver.end_tasks(stage, 0, 3'000);
    for (int id = 0; id < 3'000; ++id) driver.add_task(stage, 0, lost_task(3'000 * stage + id, 1));
  }
  watch.poll();
  EXPECT_EQ(count_of(driver.take_questions(), "taskList"), 8U);
  EXPECT_EQ(watch.run().work().totals().lost.at("1").failed, 2'000ms);
  for (int i = 0; i < 3; ++i) {
    watch.poll();
    EXPECT_LE(count_of(driver.take_questions(), "taskList"), 8U);
  }
  EXPECT_EQ(watch.run().work().totals().lost.at("1").failed, 6'000ms);
  watch.poll();
  EXPECT_EQ(count_of(driver.take_questions(), "taskList"), 0U);
}

TEST(Poller, ABadListOfTasksIsNotAskedForAgain) {
  FakeDriver driver;
  Watch watch(driver);
  const auto job = driver.start_job(1);
  const auto stage = driver.job(job).stage_ids[0];
  driver.start_stage(stage, 1);
  driver.end_tasks(stage, 0, 1);
  driver.canned["taskList"] = {200, "application/json", "[{", ""};
  watch.poll();
  EXPECT_EQ(watch.errors(ErrorKind::kMalformed), 1U);
  driver.end_stage(stage, true);
  driver.end_job(job, true);
  for (int i = 0; i < 3; ++i) watch.poll();
  EXPECT_LE(watch.errors(ErrorKind::kMalformed), 2U);
  EXPECT_TRUE(watch.poller().health().up);
}

TEST(Poller, ExecutorsAreAskedBeforeStages) {
  FakeDriver driver;
  Watch watch(driver);
  const auto job = driver.start_job(1);
  driver.start_stage(driver.job(job).stage_ids[0], 1);
  for (int i = 0; i < 3; ++i) {
    driver.take_questions();
    watch.poll();
    const auto questions = driver.take_questions();
    const auto first = [&](std::string_view part) {
      return std::find_if(questions.begin(), questions.end(),
                          [&](const auto& question) { return question.find(part) != std::string::npos; });
    };
    EXPECT_LT(first("executors"), first("/stages"));
    EXPECT_NE(first("/stages"), questions.end());
  }
}

TEST(Poller, RunTimeGoesToTheJobsGroupAndQuery) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  const auto grouped = driver.run_job(1, 10);
  driver.job(grouped).group = "nightly";
  const auto query = driver.start_sql("select 1");
  const auto queried = driver.run_job(2, 10);
  driver.sql(query).job_ids = {queried};
  driver.end_sql(query, true, 5);
  driver.run_job(1, 1);
  watch.poll();
  const auto work = watch.run().work().totals();
  EXPECT_EQ(work.groups, (std::map<std::string, Millis>{{"nightly", 70ms}, {"select 1", 140ms}, {"", 7ms}}));
  EXPECT_EQ(work.top_queries, (std::vector<model::QueryWork>{{query, "select 1", 140ms}}));
}

TEST(Poller, GroupsAreLimitedAsTold) {
  FakeDriver driver;
  Watch watch(driver);
  watch.poll();
  watch.poller().set_group_limit(1);
  for (const auto* group : {"a", "b"}) driver.job(driver.run_job(1, 1)).group = group;
  watch.poll();
  EXPECT_EQ(watch.run().work().totals().groups,
            (std::map<std::string, Millis>{{"a", 7ms}, {model::kOtherGroups, 7ms}}));
}

}  // namespace
}  // namespace spark_exporter::spark
