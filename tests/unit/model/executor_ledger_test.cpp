#include "exporter/model/executor_ledger.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace spark_exporter::model {
namespace {

using spark::Executor;
using spark::Millis;
using spark::TimePoint;

TimePoint at(std::int64_t seconds) { return TimePoint{Millis{seconds * 1000}}; }

Executor executor(const std::string& id, std::int64_t added = 0) {
  Executor e;
  e.id = id;
  e.add_time = at(added);
  return e;
}

Executor with_gc(Executor e, std::int64_t minor, std::int64_t major, std::int64_t total) {
  e.peak.emplace();
  e.peak->minor_gc_time = Millis{minor};
  e.peak->major_gc_time = Millis{major};
  e.peak->total_gc_time = Millis{total};
  return e;
}

Executor gone(Executor e, const std::string& reason, std::int64_t removed) {
  e.is_active = false;
  e.remove_reason = reason;
  e.remove_time = at(removed);
  return e;
}

std::uint64_t removals(const ExecutorLedger& ledger, RemovalReason reason) {
  return ledger.removals()[static_cast<std::size_t>(reason)];
}

TEST(StopTheWorld, IsKnownOnlyWhereSparkClassifiesTheCollector) {
  struct Case {
    const char* what;
    std::int64_t minor, major, total;
    std::optional<std::int64_t> expected;
  };
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const Case cases[] = {
      {"nothing collected yet", 0, 0, 0, 0},
      {"G1, Parallel", 700, 80, 780, 780},
      {"concurrent phases are not in it", 700, 0, 1900, 700},
      {"ZGC, Shenandoah", 0, 0, 50, std::nullopt},
      {"an overflow", kMost, kMost, kMost, kMost},
      {"below zero", -5, 0, 0, 0},
  };
  for (const auto& c : cases) {
    const auto paused = stop_the_world(with_gc(executor("1"), c.minor, c.major, c.total));
    ASSERT_EQ(paused.has_value(), c.expected.has_value()) << c.what;
    EXPECT_EQ(paused.value_or(Millis{0}).count(), c.expected.value_or(0)) << c.what;
  }
  EXPECT_FALSE(stop_the_world(executor("1"))) << "before the first heartbeat";
}

TEST(ExecutorLedger, SumsTheLivingAndTheDead) {
  ExecutorLedger ledger;
  ledger.apply_live({with_gc(executor("driver"), 100, 0, 100), with_gc(executor("0", 10), 500, 0, 500)}, at(20));
  ASSERT_TRUE(ledger.gc_total());
  EXPECT_EQ(*ledger.gc_total(), Millis{600});
  EXPECT_EQ(*ledger.uptime_total(), Millis{30'000});
  const auto dead = gone(with_gc(executor("0", 10), 650, 0, 650), "Command exited with code 137", 25);
  ledger.apply_all({with_gc(executor("driver"), 100, 0, 100), dead}, at(30));
  EXPECT_EQ(*ledger.gc_total(), Millis{750});
  EXPECT_EQ(ledger.dead(), 1U);
  EXPECT_EQ(removals(ledger, RemovalReason::kKilled), 1U);
  ledger.apply_live({with_gc(executor("driver"), 100, 0, 100)}, at(30));
  EXPECT_EQ(*ledger.uptime_total(), Millis{45'000});
}

TEST(ExecutorLedger, KeepsADeadOneWhenSparkForgetsIt) {
  ExecutorLedger ledger;
  const auto driver = with_gc(executor("driver"), 1, 0, 1);
  ledger.apply_all({driver, gone(with_gc(executor("0"), 9, 0, 9), "idle", 5)}, at(10));
  ledger.apply_all({driver}, at(20));
  ledger.apply_all({driver, gone(with_gc(executor("0"), 9, 0, 9), "idle", 5)}, at(30));
  EXPECT_EQ(*ledger.gc_total(), Millis{10});
  EXPECT_EQ(ledger.dead(), 1U);
  EXPECT_EQ(removals(ledger, RemovalReason::kIdle), 1U);
}

TEST(ExecutorLedger, BuriesOneThatVanishedWithoutAWord) {
  ExecutorLedger ledger;
  ledger.apply_live({executor("driver"), with_gc(executor("3", 10), 40, 0, 40)}, at(20));
  EXPECT_TRUE(ledger.apply_live({executor("driver")}, at(30)));
  ledger.apply_all({executor("driver")}, at(30));
  EXPECT_EQ(ledger.data().forgotten, 1U);
  EXPECT_EQ(removals(ledger, RemovalReason::kUnknown), 1U);
  EXPECT_EQ(*ledger.gc_total(), Millis{40});
  EXPECT_EQ(*ledger.uptime_total(), Millis{50'000});
}

TEST(ExecutorLedger, AsksForTheDeadWhenAnIdIsMissing) {
  ExecutorLedger ledger;
  EXPECT_FALSE(ledger.apply_live({executor("driver"), executor("0"), executor("1")}, at(1)));
  EXPECT_FALSE(ledger.apply_live({executor("driver"), executor("0"), executor("1")}, at(2)));
  EXPECT_TRUE(ledger.apply_live({executor("driver"), executor("0"), executor("1"), executor("3")}, at(3)))
      << "2 came and went";
  EXPECT_FALSE(ledger.apply_live({executor("driver"), executor("0"), executor("1"), executor("3")}, at(4)));
  EXPECT_TRUE(ledger.apply_live({executor("driver"), executor("0"), executor("3")}, at(5))) << "1 is gone";
}

TEST(ExecutorLedger, NeverBuriesTheDriver) {
  ExecutorLedger ledger;
  ledger.apply_live({with_gc(executor("driver"), 5, 0, 5)}, at(1));
  ledger.apply_all({}, at(2));
  ledger.apply_all({gone(executor("driver"), "Worker shutting down", 3)}, at(3));
  EXPECT_EQ(ledger.dead(), 0U);
  ASSERT_EQ(ledger.by_age().size(), 1U);
  EXPECT_EQ(*ledger.gc_total(), Millis{5});
}

TEST(ExecutorLedger, KeepsTheHeartbeatsPartAndTheLargerNumbers) {
  ExecutorLedger ledger;
  auto first = with_gc(executor("1"), 10, 20, 30);
  first.completed_tasks = 5;
  first.total_duration = Millis{100};
  ledger.apply_live({first}, at(1));
  auto older = executor("1");
  older.completed_tasks = 4;
  ledger.apply_live({older}, at(2));
  const auto& shown = *ledger.by_age().front();
  EXPECT_EQ(shown.completed_tasks, 5);
  EXPECT_EQ(shown.total_duration, Millis{100});
  EXPECT_EQ(*stop_the_world(shown), Millis{30});
}

TEST(ExecutorLedger, DoesNotTakeBackShownUptimeWhenTheEndLiesBeforeTheLastAnswer) {
  ExecutorLedger ledger;
  ledger.apply_live({executor("1", 0)}, at(20));
  const auto shown = *ledger.uptime_total();
  ledger.apply_all({gone(executor("1", 0), "idle", 15)}, at(30));
  EXPECT_GE(*ledger.uptime_total(), shown);
}

TEST(ExecutorLedger, UptimeWaitsForAnswers) {
  ExecutorLedger ledger;
  EXPECT_FALSE(ledger.uptime_total());
  ledger.apply_live({executor("1", 10)}, at(20));
  EXPECT_EQ(*ledger.uptime_total(), Millis{10'000});
  ledger.apply_live({executor("1", 10)}, at(15));
  EXPECT_EQ(*ledger.uptime_total(), Millis{10'000}) << "a clock that was set back";
}

TEST(ExecutorLedger, TotalOfGarbageCollectionIsAbsentWhereItIsNotKnown) {
  ExecutorLedger ledger;
  ledger.apply_live({executor("driver"), executor("1")}, at(1));
  EXPECT_FALSE(ledger.gc_total()) << "before any heartbeat";
  ledger.apply_live({with_gc(executor("driver"), 0, 0, 0), executor("1")}, at(2));
  EXPECT_EQ(*ledger.gc_total(), Millis{0}) << "known and none";
  ledger.apply_live({with_gc(executor("driver"), 7, 0, 7), with_gc(executor("1"), 0, 0, 9)}, at(3));
  EXPECT_FALSE(ledger.gc_total()) << "executor 1 runs ZGC";
}

TEST(ExecutorLedger, ShowsAnEndingUntilAScrapeHasSeenIt) {
  ExecutorLedger ledger;
  ledger.apply_live({executor("driver"), executor("1", 5)}, at(10));
  ledger.apply_all({executor("driver"), gone(executor("1", 5), "idle", 12)}, at(20));
  ASSERT_EQ(ledger.by_age_with_endings().size(), 2U);
  EXPECT_EQ(ledger.by_age().size(), 1U);
  ledger.forget_scraped(3);  // first exposition with it; three scrapes were answered before
  ledger.forget_scraped(3);  // another exposition, and nobody came
  EXPECT_EQ(ledger.by_age_with_endings().size(), 2U);
  ledger.forget_scraped(4);
  EXPECT_EQ(ledger.by_age_with_endings().size(), 1U);
}

TEST(ExecutorLedger, HoldsABoundedNumberOfEndings) {
  ExecutorLedger ledger;
  std::vector<Executor> all;
  for (int id = 0; id < 500; ++id) all.push_back(gone(executor(std::to_string(id)), "idle", 1));
  ledger.apply_all(all, at(2));
  EXPECT_EQ(ledger.endings().size(), 200U);
  EXPECT_EQ(ledger.dead(), 500U);
}

TEST(ExecutorLedger, OrdersByAgeWithTheDriverFirst) {
  ExecutorLedger ledger;
  ledger.apply_live({executor("10", 5), executor("9", 5), executor("2", 7), executor("driver", 9)}, at(20));
  std::vector<std::string> order;
  for (const auto* one : ledger.by_age()) order.push_back(one->id);
  EXPECT_EQ(order, (std::vector<std::string>{"driver", "9", "10", "2"}));
}

TEST(ExecutorLedger, CountsStates) {
  ExecutorLedger ledger;
  auto excluded = executor("2");
  excluded.is_excluded = true;
  ledger.apply_live({executor("driver"), executor("1"), excluded}, at(1));
  EXPECT_EQ(ledger.active(), 1U);
  EXPECT_EQ(ledger.excluded(), 1U);
}

TEST(ExecutorLedger, SurvivesHostileNumbers) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  ExecutorLedger ledger;
  auto odd = with_gc(executor(std::to_string(kMost)), kMost, kMost, kMost);
  odd.completed_tasks = -3;
  odd.add_time = TimePoint::min();
  auto other = with_gc(executor("-7"), kMost, 0, kMost);
  ledger.apply_live({odd, other, executor("x y\n")}, TimePoint::max());
  EXPECT_EQ(*ledger.gc_total(), Millis::max());
  EXPECT_EQ(*ledger.uptime_total(), Millis::max());
  for (const auto* one : ledger.by_age()) EXPECT_GE(one->completed_tasks, 0);
}

TEST(ExecutorHighs, OutliveTheirExecutors) {
  const auto with_peak = [](Executor e, std::int64_t heap, std::int64_t process) {
    e.peak.emplace();
    e.peak->jvm_heap_memory = heap;
    e.peak->process_tree_jvm_rss = process;
    e.peak->process_tree_python_rss = 5;
    e.peak->on_heap_storage_memory = 1;
    e.peak->off_heap_storage_memory = 2;
    e.peak->on_heap_execution_memory = 3;
    return e;
  };
  const auto busy = [](Executor e, std::int64_t tasks) {
    e.active_tasks = tasks;
    return e;
  };
  ExecutorLedger ledger;
  ledger.apply_live({with_peak(executor("driver"), 9'999, 9'999), busy(with_peak(executor("1"), 700, 900), 3),
                     busy(executor("2"), 1)},
                    at(10));
  EXPECT_EQ(ledger.highs().told, 1);
  ledger.apply_live({busy(with_peak(executor("1"), 600, 950), 1), busy(with_peak(executor("2"), 100, 200), 1)}, at(20));
  ledger.apply_all({gone(with_peak(executor("1"), 600, 950), "idle", 25), with_peak(executor("2"), 100, 200)}, at(30));
  ledger.apply_all({gone(with_peak(executor("3"), 800, 100), "idle", 35)}, at(40));
  const auto& highs = ledger.highs();
  EXPECT_EQ(highs.heap, 800);
  EXPECT_EQ(highs.process, 955);
  EXPECT_EQ(highs.storage, 3);
  EXPECT_EQ(highs.execution, 3);
  EXPECT_EQ(highs.told, 3);
  EXPECT_EQ(highs.tasks, 4);
  EXPECT_EQ(ExecutorLedger(ledger.data()).highs().tasks, 4) << "restored";
}

}  // namespace
}  // namespace spark_exporter::model
