#include "exporter/cost/ledger.hpp"

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/unit/cost/history.hpp"
#include "tests/unit/cost/ledger_checks.hpp"

namespace spark_exporter::cost {
namespace {

using testing::ms;

TimePoint at_second(std::int64_t second) { return ms(second * 1000); }
Millis seconds(std::int64_t count) { return Millis{count * 1000}; }

/// One unit of money a second, 4 slots, held from 0 s, up from 10 s.
Holder executor(const std::string& id = "1") {
  Holder holder;
  holder.id = id;
  holder.rates = {{at_second(0), {0.5, 0.25, 0, 0.25}}};
  holder.held_from = at_second(0);
  holder.work_from = at_second(10);
  holder.slots = 4;
  return holder;
}

Holder driver() {
  Holder holder = executor("driver");
  holder.component = outcome::Component::kDriver;
  holder.slots = 0;
  return holder;
}

double used(const Ledger& ledger, Use use) { return at(ledger.totals().used, use); }

TEST(Ledger, IsEmptyAtFirst) {
  Ledger ledger;
  EXPECT_EQ(ledger.totals().paid_total(), 0);
  EXPECT_EQ(ledger.totals().unsettled, 0);
  EXPECT_EQ(ledger.totals().groups, (std::map<std::string, double>{{"", 0}}));
  EXPECT_EQ(ledger.rate(at_second(0)), 0);
  ledger.close(at_second(5));
  EXPECT_EQ(ledger.totals().paid_total(), 0);
}

TEST(Ledger, PaysByTheClockForEachResource) {
  Ledger ledger;
  ledger.apply(executor());
  ledger.apply(driver());
  ledger.advance(at_second(40));
  const auto& paid = ledger.totals().paid;
  EXPECT_DOUBLE_EQ(at(at(paid, outcome::Component::kExecutor), Resource::kCpu), 20);
  EXPECT_DOUBLE_EQ(at(at(paid, outcome::Component::kExecutor), Resource::kMemory), 10);
  EXPECT_DOUBLE_EQ(at(at(paid, outcome::Component::kDriver), Resource::kStorage), 10);
  EXPECT_DOUBLE_EQ(at(at(paid, outcome::Component::kDriver), Resource::kGpu), 0);
  EXPECT_DOUBLE_EQ(ledger.paid("driver"), 40);
  EXPECT_EQ(ledger.paid("nobody"), 0);
}

TEST(Ledger, LeavesWhatNobodyToldUnsettled) {
  Ledger ledger;
  Holder pod = executor();
  pod.work_from.reset();
  ledger.apply(pod);
  ledger.advance(at_second(10));
  EXPECT_DOUBLE_EQ(ledger.totals().unsettled, 10);  // it may have registered: only Spark can tell
  ledger.apply(executor());
  ledger.advance(at_second(20));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kStarting), 10);
  EXPECT_DOUBLE_EQ(ledger.totals().unsettled, 10);
}

TEST(Ledger, BooksTheDriverByTheClock) {
  Ledger ledger;
  Holder holder = driver();
  ledger.apply(holder);
  ledger.advance(at_second(30));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kStarting), 10);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kDriver), 20);
  holder.work_until = at_second(50);
  ledger.apply(holder);
  ledger.advance(at_second(80));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kDriver), 40);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kLingering), 30);
  EXPECT_EQ(ledger.totals().unsettled, 0);
}

TEST(Ledger, BooksALocalDriversSlotsLikeAnExecutors) {
  Ledger ledger;
  Holder holder = driver();
  holder.slots = 2;
  holder.as_of = at_second(30);
  holder.task_time = seconds(10);
  ledger.apply(holder);
  ledger.advance(at_second(30));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskOk), 5);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 15);
  EXPECT_EQ(used(ledger, Use::kDriver), 0);
}

TEST(Ledger, TakesCollectorTimeFirst) {
  Ledger ledger;
  Holder holder = executor();
  holder.as_of = at_second(30);
  holder.task_time = seconds(40);
  holder.gc_time = seconds(8);
  holder.lost = {seconds(4), seconds(2), seconds(1), seconds(1)};
  ledger.apply(holder);
  ledger.advance(at_second(30));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kGc), 2);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskFailed), 1);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kStageRetry), 0.5);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kSpeculation), 0.25);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kKilled), 0.25);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskOk), 6);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 10);
}

TEST(Ledger, BooksIdleAsFarAsItIsCertain) {
  Ledger ledger;
  Holder holder = executor();
  holder.as_of = at_second(30);
  holder.active_tasks = 1;
  ledger.apply(holder);
  ledger.advance(at_second(30));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 15);  // three of four slots; the task may run since 10 s
  holder.as_of = at_second(34);
  holder.active_tasks = 4;
  holder.oldest_task = at_second(30);
  ledger.apply(holder);
  ledger.advance(at_second(34));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 20);  // none is older than 30 s
  EXPECT_DOUBLE_EQ(ledger.totals().unsettled, 4);
}

TEST(Ledger, KnowsThatTasksStartedAfterAQuietMoment) {
  Ledger ledger;
  Holder holder = executor();
  holder.as_of = at_second(30);
  ledger.apply(holder);
  ledger.advance(at_second(30));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 20);
  holder.as_of = at_second(34);
  holder.active_tasks = 2;
  ledger.apply(holder);
  ledger.advance(at_second(34));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 22);
  EXPECT_DOUBLE_EQ(ledger.totals().unsettled, 2);
}

TEST(Ledger, CarriesLostTimeThatIsAheadOfTaskTime) {
  Ledger ledger;
  Holder holder = executor();
  holder.as_of = at_second(20);
  holder.task_time = seconds(8);
  holder.lost.failed = seconds(12);
  holder.active_tasks = 4;
  ledger.apply(holder);
  ledger.advance(at_second(20));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskFailed), 2);
  EXPECT_EQ(used(ledger, Use::kTaskOk), 0);
  holder.as_of = at_second(30);
  holder.task_time = seconds(20);
  holder.active_tasks = 0;
  ledger.apply(holder);
  ledger.advance(at_second(30));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskFailed), 3);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskOk), 2);
}

TEST(Ledger, NeverBooksMoreThanThePool) {
  Ledger ledger;
  Holder holder = executor();
  holder.work_until = holder.released = at_second(20);
  holder.as_of = at_second(140);  // Spark noticed two minutes later that the pod was gone
  holder.task_time = seconds(500);
  holder.lost.failed = seconds(490);
  holder.counts_final = true;
  ledger.apply(holder);
  ledger.advance(at_second(140));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 20);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskOk), 2.5);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskFailed), 7.5);
  EXPECT_EQ(ledger.totals().unsettled, 0);
}

TEST(Ledger, CallsWhatNobodySawUnobserved) {
  Ledger ledger;
  Holder holder = executor();
  holder.as_of = at_second(30);
  ledger.apply(holder);
  ledger.advance(at_second(30));
  ledger.close(at_second(35));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 20);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kUnobserved), 5);
  ledger.advance(at_second(36));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kLingering), 1);
  ledger.close(at_second(100));  // only once
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 36);
}

TEST(Ledger, DoesNotLetALateReleaseTakeMoneyBack) {
  Ledger ledger;
  Holder lost = executor("1");
  lost.as_of = at_second(20);
  ledger.apply(lost);
  ledger.apply(executor("2"));
  ledger.advance(at_second(40));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 80);
  lost.work_until = lost.released = at_second(30);
  lost.as_of = at_second(40);
  lost.counts_final = true;
  ledger.apply(lost);
  ledger.advance(at_second(45));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 80);  // 30 + 45 in truth
  ledger.advance(at_second(60));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 90);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 20);
}

TEST(Ledger, BooksAnOverpaidRestWhenItCloses) {
  Ledger ledger;
  ledger.apply(executor());
  ledger.advance(at_second(40));
  Holder gone = executor();
  gone.work_until = gone.released = at_second(30);
  gone.as_of = at_second(40);
  gone.counts_final = true;
  ledger.apply(gone);
  ledger.close(at_second(40));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 40);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 20);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kUnobserved), 10);
  EXPECT_EQ(ledger.totals().unsettled, 0);
}

TEST(Ledger, GoesOnAfterAnEndThatWasNone) {
  Ledger ledger;
  testing::Watcher watcher;
  Holder busy = executor();
  busy.as_of = at_second(30);
  busy.active_tasks = 4;
  ledger.apply(busy);
  ledger.apply(driver());
  ledger.advance(at_second(30));
  Holder ended = busy;
  Holder ended_driver = driver();
  ended.work_until = ended.released = ended_driver.work_until = ended_driver.released = at_second(30);
  ended.end_is_guess = ended_driver.end_is_guess = true;
  ledger.apply(ended);
  ledger.apply(ended_driver);
  ledger.close(at_second(30));
  ASSERT_TRUE(watcher.check(ledger));
  EXPECT_EQ(ledger.totals().unsettled, 0);
  auto kept = Ledger::restore(ledger.save());
  ASSERT_TRUE(kept);
  const Holder driving = driver();
  kept->resume({&busy, &driving});
  busy.as_of = at_second(60);
  busy.active_tasks = 0;
  busy.task_time = seconds(150);
  kept->apply(busy);
  kept->advance(at_second(60));
  ASSERT_TRUE(watcher.check(*kept));
  EXPECT_DOUBLE_EQ(kept->totals().paid_total(), 2 * 60);
  EXPECT_DOUBLE_EQ(used(*kept, Use::kUnobserved), 20);  // stays what it was
  EXPECT_DOUBLE_EQ(used(*kept, Use::kTaskOk) + used(*kept, Use::kIdle), 30);
  EXPECT_DOUBLE_EQ(used(*kept, Use::kDriver), 50);
  EXPECT_EQ(kept->totals().unsettled, 0);
}

TEST(Ledger, PaysNoTimeTwiceThatAnEndTookAway) {
  Ledger ledger;
  testing::Watcher watcher;
  const Holder holder = executor();
  ledger.apply(holder);
  ledger.advance(at_second(50));
  Holder ended = holder;
  ended.work_until = ended.released = at_second(30);
  ended.end_is_guess = true;
  ledger.apply(ended);
  ledger.close(at_second(30));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 50);
  ledger.resume({&holder});
  ledger.advance(at_second(70));
  ASSERT_TRUE(watcher.check(ledger));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 70);
  ledger.close(at_second(70));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 70);
}

TEST(Ledger, TakesLingeringThatWasNoneForPaid) {
  Ledger ledger;
  testing::Watcher watcher;
  Holder holder = driver();
  holder.work_until = at_second(30);
  ledger.apply(holder);
  ledger.advance(at_second(40));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kLingering), 10);
  holder.work_until.reset();
  ledger.resume({&holder});
  ledger.advance(at_second(60));
  ASSERT_TRUE(watcher.check(ledger));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kLingering), 10);
  EXPECT_DOUBLE_EQ(used(ledger, Use::kDriver), 40);
}

TEST(Ledger, ChangesPricesOfTheFutureOnly) {
  Ledger ledger;
  Holder holder = executor();
  ledger.apply(holder);
  ledger.advance(at_second(20));
  holder.rates = {{at_second(0), {2, 0, 0, 0}}, {at_second(30), {3, 0, 0, 0}}};
  holder.held_from = at_second(-100);
  ledger.apply(holder);
  ledger.apply(holder);  // told again with each answer
  EXPECT_DOUBLE_EQ(ledger.rate(at_second(19)), 1);
  EXPECT_DOUBLE_EQ(ledger.rate(at_second(20)), 2);
  EXPECT_DOUBLE_EQ(ledger.rate(at_second(30)), 3);
  ledger.advance(at_second(40));
  EXPECT_DOUBLE_EQ(ledger.totals().paid_total(), 20 + 20 + 30);
}

TEST(Ledger, TakesAnAverageOfAPoolsPrices) {
  Ledger ledger;
  Holder holder = executor();
  holder.rates = {{at_second(0), {1, 0, 0, 0}}, {at_second(20), {3, 0, 0, 0}}};
  holder.as_of = at_second(30);
  holder.task_time = seconds(20);
  ledger.apply(holder);
  ledger.advance(at_second(30));
  EXPECT_DOUBLE_EQ(used(ledger, Use::kTaskOk), 10);  // 80 slot seconds for 10 + 30
  EXPECT_DOUBLE_EQ(used(ledger, Use::kIdle), 30);
}

TEST(Ledger, RatesWhatIsHeld) {
  Ledger ledger;
  Holder holder = executor();
  holder.released = at_second(50);
  ledger.apply(holder);
  ledger.apply(driver());
  EXPECT_EQ(ledger.rate(at_second(-1)), 0);
  EXPECT_DOUBLE_EQ(ledger.rate(at_second(49)), 2);
  EXPECT_DOUBLE_EQ(ledger.rate(at_second(50)), 1);
}

TEST(Ledger, GivesTasksMoneyToTheGroupsThatRan) {
  Ledger ledger;
  Holder holder = executor();
  holder.as_of = at_second(30);
  holder.task_time = seconds(40);
  ledger.apply(holder);
  ledger.apply_groups({{"a", seconds(30)}, {"b", seconds(10)}});
  ledger.advance(at_second(30));
  EXPECT_DOUBLE_EQ(ledger.totals().groups.at("a"), 7.5);
  EXPECT_DOUBLE_EQ(ledger.totals().groups.at("b"), 2.5);
  EXPECT_DOUBLE_EQ(ledger.totals().groups.at(""), 20);
  // Nothing grew: the last proportions.
  holder.as_of = at_second(40);
  holder.task_time = seconds(60);
  ledger.apply(holder);
  ledger.advance(at_second(40));
  EXPECT_DOUBLE_EQ(ledger.totals().groups.at("a"), 7.5 + 3.75);
  EXPECT_DOUBLE_EQ(ledger.totals().groups.at("b"), 2.5 + 1.25);
}

TEST(Ledger, KeepsRunTimeUntilItsSlotTimeSettles) {
  Ledger ledger;
  Holder holder = executor();
  holder.as_of = at_second(30);
  holder.task_time = seconds(10);
  ledger.apply(holder);
  ledger.apply_groups({{"a", seconds(40)}});  // Spark's heartbeats tell of running tasks, too
  ledger.advance(at_second(30));
  holder.as_of = at_second(40);
  holder.task_time = seconds(50);
  ledger.apply(holder);
  ledger.apply_groups({{"a", seconds(40)}, {"b", seconds(10)}});
  ledger.advance(at_second(40));
  EXPECT_DOUBLE_EQ(ledger.totals().groups.at("a"), 2.5 + 7.5);
  EXPECT_DOUBLE_EQ(ledger.totals().groups.at("b"), 2.5);
}

TEST(Ledger, LeavesTasksOfNoGroupUnattributed) {
  Ledger ledger;
  Holder holder = executor();
  holder.as_of = at_second(30);
  holder.task_time = seconds(80);
  ledger.apply(holder);
  ledger.apply_groups({{"a", Millis{0}}});
  ledger.advance(at_second(30));
  EXPECT_EQ(ledger.totals().groups.at("a"), 0);
  EXPECT_DOUBLE_EQ(ledger.totals().groups.at(""), 30);
}

TEST(Ledger, FoldsGroupsBeyondTheLimitIntoOther) {
  for (const std::size_t count : {limits::kCostGroups - 1, limits::kCostGroups + 1}) {
    Ledger ledger;
    std::map<std::string, Millis> groups;
    for (std::size_t i = 0; i < count; ++i) groups["group " + std::to_string(i)] = Millis{1};
    ledger.apply_groups(groups);
    ledger.advance(at_second(0));
    EXPECT_EQ(ledger.totals().groups.contains("other"), count > limits::kCostGroups);
    EXPECT_EQ(ledger.totals().groups.size(), limits::kCostGroups + (count > limits::kCostGroups ? 1 : 0));
  }
}

TEST(Ledger, FollowsPriceChangesUpToTheLimit) {
  for (const std::size_t count : {limits::kRateSpans, limits::kRateSpans + 1}) {
    Ledger ledger;
    Holder holder = executor();
    holder.rates.clear();
    for (std::size_t i = 0; i < count; ++i) {
      holder.rates.push_back({at_second(static_cast<std::int64_t>(i)), {static_cast<double>(i), 0, 0, 0}});
    }
    ledger.apply(holder);
    EXPECT_EQ(ledger.rate(at_second(10'000)), static_cast<double>(limits::kRateSpans - 1));
  }
}

TEST(Ledger, SpeaksTheWordsOfTheMetrics) {
  EXPECT_EQ(to_string(Use::kTaskOk), "task_ok");
  EXPECT_EQ(to_string(Use::kStageRetry), "stage_retry");
  EXPECT_EQ(to_string(Use::kUnobserved), "unobserved");
  EXPECT_EQ(to_string(Resource::kStorage), "storage");
}

}  // namespace
}  // namespace spark_exporter::cost
