// When a poller asks more often, or more seldom, than the interval says.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/fake_driver.hpp"
#include "tests/unit/spark/poller_watch.hpp"

namespace spark_exporter::spark {
namespace {

using test::FakeDriver;
using namespace std::chrono_literals;

/// A run that began when its watch does.
FakeDriver young_driver() { return FakeDriver("app-1", 1'800'000'000'000); }

TEST(Poller, AYoungRunIsPolledEachSecondAndCheaply) {
  FakeDriver driver = young_driver();
  Watch watch(driver);
  watch.poll(1s);
  EXPECT_EQ(watch.poller().next_delay(), 1s);
  driver.take_questions();
  for (int i = 0; i < 5; ++i) watch.poll(1s);
  EXPECT_EQ(driver.take_questions().size(), 10U) << "the next job, executors";
  const auto query = driver.start_sql("select 1");
  const auto job = driver.run_job(1, 10);
  driver.sql(query).job_ids = {job};
  watch.poll(1s);
  EXPECT_EQ(watch.run().work().totals().groups.size(), 1U) << "what a job that ended belongs to is not put off";
  EXPECT_EQ(watch.run().jobs().data().succeeded, 1U);
  watch.poll(60s);
  EXPECT_EQ(watch.poller().next_delay(), 10s) << "grown up, and idle for long";
}

TEST(Poller, TheWholePollsOfAYoungRunKeepTheirInterval) {
  FakeDriver driver = young_driver();
  Watch watch(driver);
  watch.poll(1s);
  const auto job = driver.start_job(1);
  driver.start_stage(driver.job(job).stage_ids[0], 100);
  driver.end_tasks(driver.job(job).stage_ids[0], 4);
  driver.stage(driver.job(job).stage_ids[0]).executor_run_time = 100s;
  driver.take_questions();
  for (int i = 0; i < 20; ++i) watch.poll(1s);
  EXPECT_EQ(count_of(driver.take_questions(), "taskSummary"), 2U);
}

TEST(Poller, AnIdleRunMayEndAndIsPolledMoreOftenForAWhile) {
  FakeDriver driver;
  Watch watch(driver);
  driver.run_job(1, 1);
  watch.poll();
  EXPECT_EQ(watch.poller().next_delay(), 10s);
  watch.poll();
  EXPECT_EQ(watch.poller().next_delay(), 1s) << "no job for an interval";
  driver.take_questions();
  int hurried = 0;
  for (int i = 0; i < 100; ++i) {
    const auto delay = std::chrono::ceil<std::chrono::seconds>(watch.poller().next_delay());
    hurried += delay < 10s ? 1 : 0;
    watch.poll(delay);
  }
  EXPECT_EQ(hurried, 30) << "an idle stretch may last for hours";
  driver.run_job(1, 1);
  watch.poll();
  watch.poll();
  EXPECT_EQ(watch.poller().next_delay(), 1s);
}

TEST(Poller, ARunWithoutJobsOrWithAJobUnderWayDoesNotEnd) {
  FakeDriver driver;
  Watch watch(driver);
  for (int i = 0; i < 5; ++i) watch.poll();
  EXPECT_EQ(watch.poller().next_delay(), 10s);
  driver.start_job(1);
  for (int i = 0; i < 5; ++i) watch.poll();
  EXPECT_EQ(watch.poller().next_delay(), 10s);
}

TEST(Poller, HasteCanBeSwitchedOff) {
  FakeDriver driver = young_driver();
  Watch watch(driver, {}, 10s, false);
  for (int i = 0; i < 5; ++i) {
    watch.poll(1s);
    EXPECT_EQ(watch.poller().next_delay(), 10s);
  }
}

TEST(Poller, ASlowDriverIsNotHurried) {
  FakeDriver driver = young_driver();
  Watch watch(driver);
  driver.on_question = [&watch] { watch.pass(300ms); };
  watch.poll(1s);
  EXPECT_EQ(watch.poller().next_delay(), 10s);
}

TEST(Poller, HasteIsNeverSlowerThanTheIntervalNorFasterThanHalfASecond) {
  struct Case {
    std::chrono::milliseconds interval, delay;
  };
  for (const auto& c : {Case{60s, 1s}, Case{4s, 1s}, Case{3s, 750ms}, Case{1s, 500ms}, Case{200ms, 200ms}}) {
    FakeDriver driver = young_driver();
    Watch watch(driver, {}, c.interval);
    watch.poll(1s);
    EXPECT_EQ(watch.poller().next_delay(), c.delay) << c.interval.count();
  }
}

}  // namespace
}  // namespace spark_exporter::spark
