// Counting each validation once, and bounds on everything that a stranger can make grow.

#include "exporter/quality/ledger.hpp"

#include <gtest/gtest.h>

#include "exporter/intake/limits.hpp"

namespace spark_exporter::quality {
namespace {

using namespace std::chrono_literals;
using intake::CheckOutcome;

const TimePoint kNow{std::chrono::milliseconds{1'795'755'600'000}};

QualityResult result(const std::string& id, TimePoint time, std::uint64_t failed = 0,
                     const std::string& dataset = "orders") {
  QualityResult result;
  result.id = id;
  result.dataset = dataset;
  result.suite = "gates";
  result.time = time;
  result.success = failed == 0;
  count(result.checks, CheckOutcome::kPassed) = 3;
  count(result.checks, CheckOutcome::kFailed) = failed;
  return result;
}

const Dataset& orders(const Ledger& ledger) { return ledger.datasets().at({"orders", "gates"}); }

TEST(Ledger, KeepsTheLastValidationAndAddsUp) {
  Ledger ledger;
  auto first = result("a", kNow - 1h, 2);
  first.quarantined_rows = 13;
  EXPECT_EQ(ledger.take(first, kNow), Ledger::Taken::kNew);
  EXPECT_EQ(ledger.take(result("b", kNow, 0), kNow), Ledger::Taken::kNew);
  EXPECT_TRUE(orders(ledger).last.success);
  EXPECT_EQ(orders(ledger).last_time, kNow);
  EXPECT_EQ(orders(ledger).validations, 2U);
  EXPECT_EQ(orders(ledger).violations, 2U);
  EXPECT_EQ(orders(ledger).quarantined_rows, 13U);
}

TEST(Ledger, OneThatComesLateIsCountedAndIsNotTheLast) {
  Ledger ledger;
  ledger.take(result("new", kNow, 0), kNow);
  EXPECT_EQ(ledger.take(result("old", kNow - 1h, 5), kNow), Ledger::Taken::kNew);
  EXPECT_TRUE(orders(ledger).last.success);
  EXPECT_EQ(orders(ledger).violations, 5U);
}

TEST(Ledger, CountsAReplayOnce) {
  Ledger ledger;
  EXPECT_EQ(ledger.take(result("a", kNow, 1), kNow), Ledger::Taken::kNew);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ledger.take(result("a", kNow, 1), kNow + 1min), Ledger::Taken::kKnown);
  EXPECT_TRUE(ledger.knows(result("a", kNow, 1)));
  EXPECT_FALSE(ledger.knows(result("b", kNow, 1)));
  EXPECT_EQ(orders(ledger).violations, 1U);
  // The same id of another dataset is another validation.
  EXPECT_EQ(ledger.take(result("a", kNow, 1, "customers"), kNow), Ledger::Taken::kNew);
}

TEST(Ledger, CountsAReplayOnceThatIsOlderThanItsMemory) {
  Ledger ledger;
  const auto total = static_cast<int>(limits::kQualityIds) * 3;
  for (int i = 0; i < total; ++i) ledger.take(result(std::to_string(i), kNow + i * 1s, 1), kNow + i * 1s);
  EXPECT_EQ(orders(ledger).known.size(), limits::kQualityIds);
  for (int i = 0; i < total; ++i) {
    EXPECT_EQ(ledger.take(result(std::to_string(i), kNow + i * 1s, 1), kNow + 1h), Ledger::Taken::kKnown) << i;
  }
  EXPECT_EQ(orders(ledger).violations, static_cast<std::uint64_t>(total));
}

TEST(Ledger, OneWithoutAnIdIsANewOneEachTime) {
  Ledger ledger;
  auto nameless = result("", kNow, 1);
  nameless.time.reset();
  ledger.take(nameless, kNow);
  ledger.take(nameless, kNow + 1s);
  EXPECT_EQ(orders(ledger).validations, 2U);
  EXPECT_EQ(orders(ledger).last_time, kNow + 1s);
}

TEST(Ledger, DoesNotBelieveTheFuture) {
  Ledger ledger;
  auto ahead = result("a", kNow + 1h, 1);
  ahead.latest_data = kNow + 2h;
  ledger.take(ahead, kNow);
  EXPECT_EQ(orders(ledger).last_time, kNow) << "a clock that is a little ahead";
  EXPECT_EQ(orders(ledger).last.latest_data, kNow);
  // One that claims the year 2100 does not stand in the way of all that come after it.
  auto far = result("b", kNow + std::chrono::hours{24 * 30'000}, 1);
  far.latest_data = kNow + limits::kQualityAhead + 2s;
  ledger.take(far, kNow + 1s);
  EXPECT_EQ(orders(ledger).last_time, kNow + 1s);
  EXPECT_FALSE(orders(ledger).last.latest_data);
  ledger.take(result("c", kNow + 2s, 0), kNow + 2s);
  EXPECT_TRUE(orders(ledger).last.success);
  EXPECT_EQ(ledger.future_times(), 4U);
  EXPECT_EQ(ledger.take(ahead, kNow + 3s), Ledger::Taken::kKnown) << "a replay of it, too";
}

TEST(Ledger, DatasetsBeyondTheBoundShareOther) {
  Ledger ledger;
  for (std::size_t i = 0; i < limits::kQualityDatasets; ++i) {
    ledger.take(result("a", kNow, 0, "d" + std::to_string(i)), kNow);
  }
  EXPECT_EQ(ledger.left_out(), 0U);
  auto one = result("x", kNow, 2, "one more");
  one.quarantined_rows = 5;
  EXPECT_EQ(ledger.take(one, kNow), Ledger::Taken::kNew);
  EXPECT_EQ(ledger.take(one, kNow), Ledger::Taken::kKnown);
  ledger.take(result("y", kNow + 1s, 0, "and another"), kNow + 1s);
  EXPECT_EQ(ledger.datasets().size(), limits::kQualityDatasets);
  EXPECT_EQ(ledger.left_out(), 2U);
  EXPECT_EQ(ledger.others().violations, 2U);
  EXPECT_EQ(ledger.others().quarantined_rows, 5U);
  EXPECT_EQ(ledger.others().failed.size(), 1U) << "a good one does not hide another's failure";
  ledger.take(result("z", kNow + 2s, 0, "one more"), kNow + 2s);
  EXPECT_TRUE(ledger.others().failed.empty());
  EXPECT_EQ(ledger.take(result("b", kNow, 0, "d0"), kNow), Ledger::Taken::kNew);
}

TEST(Ledger, ForgetsWhatNobodyValidatesAnyMore) {
  Ledger ledger;
  ledger.take(result("a", kNow, 1), kNow);
  ledger.forget(kNow + limits::kQualityKeep);
  EXPECT_EQ(ledger.datasets().size(), 1U);
  ledger.forget(kNow + limits::kQualityKeep + 1s);
  EXPECT_TRUE(ledger.empty());
}

Ledger full() {
  Ledger ledger;
  for (std::size_t i = 0; i <= limits::kQualityDatasets; ++i) {
    auto one = result("id" + std::to_string(i), kNow, i % 2, "d\"" + std::to_string(i));
    one.tool = "dbt";
    one.null_ratios = {{"a", 0.1}, {"b", 1.0 / 3}};
    one.rows = 12.0;
    one.quarantined_rows = i;
    one.latest_data = kNow - 1h;
    one.not_passed = {{"check", "a", CheckOutcome::kFailed, "2 of 6"}};
    ledger.take(one, kNow);
  }
  return ledger;
}

TEST(LedgerState, GoesOnWhereItWas) {
  const auto ledger = full();
  auto again = Ledger::restore(ledger.save());
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->save(), ledger.save());
  EXPECT_EQ(again->datasets().size(), limits::kQualityDatasets);
  EXPECT_EQ(again->others().validations, 1U);
  EXPECT_EQ(again->take(result("id1", kNow, 1, "d\"one more"), kNow), Ledger::Taken::kNew) << "another name";
  for (const auto& [key, dataset] : ledger.datasets()) {
    EXPECT_EQ(again->datasets().at(key).last, dataset.last);
    EXPECT_TRUE(again->knows(dataset.last));
  }
}

TEST(LedgerState, OfAStrangerIsRefusedWithThePlace) {
  const auto error = [](const std::string& text) {
    const auto restored = Ledger::restore(text);
    EXPECT_FALSE(restored) << text;
    return restored ? Error{ErrorKind::kIo, ""} : restored.error();
  };
  EXPECT_EQ(error("").kind, ErrorKind::kMalformed);
  EXPECT_EQ(error("{").kind, ErrorKind::kMalformed);
  EXPECT_EQ(error("{}").what, "datasets is missing");
  EXPECT_EQ(error(R"({"datasets":[{}]})").what, "datasets[0].last is missing");
  EXPECT_EQ(error(R"({"datasets":[{"last":7}]})").what, "datasets[0].last is no validation");
  EXPECT_EQ(error(R"({"datasets":[{"last":{"dataset":"a"},"last_time":-1}]})").kind, ErrorKind::kWrongType);
  const auto whole = full().save();
  for (std::size_t length = 0; length < whole.size(); length += 997) {
    EXPECT_FALSE(Ledger::restore(std::string_view(whole).substr(0, length))) << length;
  }
}

}  // namespace
}  // namespace spark_exporter::quality
