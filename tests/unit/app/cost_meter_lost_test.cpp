// What lost tasks, and executors that died with them, cost.

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/app/cost_meter_scene.hpp"

namespace spark_exporter::app::test {
namespace {

TEST(CostMeter, WaitsForTheLostTasksOfADeadExecutor) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  scene.feed(meter);
  scene.executor_of("1").total_duration = seconds(30);
  scene.end("1", 60);
  scene.poll(61);
  EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kTaskOk), 0) << "Its stages may not know of them yet";
  // Another look at the same answer says no more.
  EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kTaskOk), 0);
  scene.run.apply_stages({Scene::stage_with_lost(0)});
  ASSERT_EQ(scene.run.work().owed().size(), 1U);
  scene.poll(62);
  EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kTaskOk), 0) << "They are being read";
  scene.read_lost("1", 0);
  ASSERT_TRUE(scene.run.work().owed().empty());
  scene.poll(63);
  const auto& totals = scene.feed(meter).totals;
  EXPECT_DOUBLE_EQ(at(totals.used, Use::kTaskFailed), 20 * 1.05);
  EXPECT_DOUBLE_EQ(at(totals.used, Use::kTaskOk), 10 * 1.05);
}

TEST(CostMeter, AddsTheTimeOfTasksThatDiedWithTheirExecutor) {
  // How many of the two had not ended when the row was written, and failures that it has.
  const struct {
    int active, failed;
    double ok;
  } cases[] = {{0, 2, 10}, {1, 1, 20}, {2, 0, 30}};
  for (const auto& [active, failed, ok] : cases) {
    CostMeter meter;
    Scene scene = cluster();
    spark::Job job;
    job.id = 0;
    job.status = spark::JobStatus::kRunning;
    scene.run.apply_jobs({job}, at_second(35));
    scene.executor_of("1").active_tasks = 2;
    scene.poll(40);
    scene.feed(meter);
    // The row is written with the removal; 2 tasks of 10 s end after it, or were ended before.
    scene.executor_of("1").active_tasks = active;
    scene.executor_of("1").failed_tasks = failed;
    scene.executor_of("1").total_duration = seconds(30);
    scene.end("1", 60);
    scene.poll(61);
    scene.feed(meter);
    // The stage shows them late.
    scene.poll(65);
    EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kTaskOk), 0);
    scene.tell_lost("1");
    CostMeter next;
    ASSERT_TRUE(next.restore(*meter.save()));
    scene.poll(73);
    EXPECT_DOUBLE_EQ(at(scene.feed(next).totals.used, Use::kTaskFailed), 0) << "Groups may hear of them later";
    scene.poll(85);
    const auto& totals = scene.feed(next).totals;
    EXPECT_DOUBLE_EQ(at(totals.used, Use::kTaskFailed), 20 * 1.05) << active;
    EXPECT_DOUBLE_EQ(at(totals.used, Use::kTaskOk), ok * 1.05) << active;
    expect_adds_up(totals);
  }
}

/// The lists are read after the rows: the two tasks were told before the end of their executor was.
TEST(CostMeter, AddsTheTimeOfTasksThatDiedBetweenTwoAnswers) {
  CostMeter meter;
  Scene scene = cluster();
  spark::Job job;
  job.id = 0;
  job.status = spark::JobStatus::kRunning;
  scene.run.apply_jobs({job}, at_second(35));
  scene.executor_of("1").active_tasks = 2;
  scene.poll(40);
  scene.feed(meter);
  scene.poll(50);
  scene.tell_lost("1");
  scene.feed(meter);
  scene.feed(meter);  // another look at the same answer
  scene.executor_of("1").total_duration = seconds(10);
  scene.end("1", 51);
  scene.poll(60);
  CostMeter next;
  ASSERT_TRUE(next.restore(*meter.save()));
  scene.feed(next);
  for (const int now : {73, 85}) {
    scene.poll(now);
    scene.feed(next);
  }
  const auto& totals = next.view()->totals;
  EXPECT_DOUBLE_EQ(at(totals.used, Use::kTaskFailed), 20 * 1.05);
  EXPECT_DOUBLE_EQ(at(totals.used, Use::kTaskOk), 10 * 1.05);
  expect_adds_up(totals);
}

/// A lost executor's slot time is its tasks' group's, not that of who ran before.
TEST(CostMeter, GivesTheGroupOfLostTasksTheirMoney) {
  CostMeter meter;
  Scene scene = cluster();
  spark::Job before, lost;
  before.id = 0;
  before.status = spark::JobStatus::kSucceeded;
  before.group = "before";
  before.stage_ids = {0};
  lost = before;
  lost.id = 1;
  lost.status = spark::JobStatus::kRunning;
  lost.group = "lost";
  lost.stage_ids = {1};
  scene.run.apply_jobs({before, lost}, at_second(31));
  spark::Stage stage;
  stage.id = 0;
  stage.status = spark::StageStatus::kComplete;
  stage.executor_run_time = seconds(10);
  scene.run.apply_stages({stage});
  scene.run.settle_groups();
  scene.run.settle_groups();
  scene.executor_of("2").total_duration = seconds(10);
  scene.executor_of("1").active_tasks = 2;
  for (const int now : {40, 48, 56}) {
    scene.poll(now);
    scene.feed(meter);
  }
  EXPECT_DOUBLE_EQ(meter.view()->totals.groups.at("before"), 10 * 1.05);
  // It dies with two tasks of 10 s; the stage tells of them late.
  scene.executor_of("1").failed_tasks = 2;
  scene.executor_of("1").active_tasks = 0;
  scene.executor_of("1").total_duration = seconds(20);
  scene.end("1", 60);
  scene.poll(61);
  scene.feed(meter);
  scene.tell_lost("1", 1);
  for (int now = 69; now <= 101; now += 8) {
    scene.poll(now);
    scene.feed(meter);
  }
  const auto& totals = meter.view()->totals;
  EXPECT_DOUBLE_EQ(at(totals.used, Use::kTaskFailed), 20 * 1.05);
  EXPECT_DOUBLE_EQ(totals.groups.at("before"), 10 * 1.05);
  EXPECT_DOUBLE_EQ(totals.groups.at("lost"), 20 * 1.05);
  expect_adds_up(totals);
}

TEST(CostMeter, GivesUpWaitingForLostTasksThatNobodyTells) {
  CostMeter meter;
  Scene scene = cluster();
  scene.executor_of("1").total_duration = seconds(30);
  scene.end("1", 60);
  scene.run.apply_stages({Scene::stage_with_lost(0)});
  for (const int now : {61, 100, 120}) {
    scene.poll(now);
    EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kTaskOk), 0) << now;
  }
  scene.poll(121);
  EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kTaskOk), 30 * 1.05);
}

}  // namespace
}  // namespace spark_exporter::app::test
