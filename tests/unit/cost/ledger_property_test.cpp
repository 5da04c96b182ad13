// 10,000 runs as they truly were, asked about at random moments.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tests/unit/cost/history.hpp"
#include "tests/unit/cost/ledger_checks.hpp"

namespace spark_exporter::cost {
namespace {

using testing::answer;
using testing::Dice;
using testing::History;
using testing::pod_only;
using testing::Truth;
using testing::Watcher;

struct Plan {
  std::vector<TimePoint> polls;  ///< in order; the last is Spark's last answer
  Millis list_delay{0};
  std::optional<std::size_t> restart_after;
};

void poll(Ledger& ledger, const History& history, TimePoint at, Millis list_delay) {
  for (const auto& holder : history.holders) {
    if (holder.held_from <= at) ledger.apply(answer(history, holder, at, list_delay));
  }
  ledger.apply_groups(testing::run_times(history, at));
  ledger.advance(at);
}

/// After Spark's last answer only pods tell.
void finish(Ledger& ledger, const History& history, TimePoint last, Watcher& watcher) {
  const auto tell = [&](TimePoint at) {
    for (const auto& holder : history.holders) ledger.apply(pod_only(answer(history, holder, last), holder, at));
  };
  tell(std::max(last, history.end));
  ledger.close(history.end);
  ASSERT_TRUE(watcher.check(ledger));
  EXPECT_EQ(ledger.totals().unsettled, 0);
  tell(std::max(last, history.over));
  ledger.advance(std::max(last, history.over));
  ASSERT_TRUE(watcher.check(ledger));
  EXPECT_EQ(ledger.totals().unsettled, 0);
}

void play(const History& history, const Plan& run, Totals& totals) {
  Ledger ledger;
  Watcher watcher;
  for (std::size_t i = 0; i < run.polls.size(); ++i) {
    const Millis before_last = run.polls.back() - run.polls[i];
    poll(ledger, history, run.polls[i], std::min(run.list_delay, before_last));
    ASSERT_TRUE(watcher.check(ledger)) << "poll " << i;
    if (run.restart_after == i) {
      const std::string saved = ledger.save();
      auto restored = Ledger::restore(saved);
      ASSERT_TRUE(restored) << saved;
      EXPECT_EQ(restored->save(), saved);
      ledger = std::move(*restored);
      ASSERT_TRUE(watcher.check(ledger));
    }
  }
  finish(ledger, history, run.polls.back(), watcher);
  totals = ledger.totals();
}

std::vector<TimePoint> make_polls(Dice& dice, const History& history, TimePoint last) {
  const TimePoint first = history.holders.front().held_from;
  std::vector<TimePoint> polls{last};
  const std::int64_t count = dice.in(1, 12);
  for (std::int64_t i = 0; i < count; ++i) {
    polls.push_back(first + Millis{dice.in(0, std::max<std::int64_t>((last - first).count(), 0))});
  }
  std::sort(polls.begin(), polls.end());
  return polls;
}

std::vector<TimePoint> thin(Dice& dice, const std::vector<TimePoint>& polls) {
  std::vector<TimePoint> kept;
  for (std::size_t i = 0; i < polls.size(); ++i) {
    if (i == 0 || i + 1 == polls.size() || dice.one_in(3)) kept.push_back(polls[i]);
  }
  return kept;
}

/// Spark's last answer: at the end of the application, or short of it.
TimePoint last_answer(Dice& dice, const History& history) {
  if (!dice.one_in(3)) return history.end;
  return history.start + Millis{dice.in(0, (history.end - history.start).count())};
}

void expect_truth(const Totals& totals, const Truth& truth) {
  const double tolerance = testing::kRelative * truth.total + 1e-300;
  EXPECT_NEAR(totals.paid_total(), truth.total, tolerance);
  for (std::size_t i = 0; i < kUses; ++i) {
    const Use use = static_cast<Use>(i);
    if (!truth.is_exact && (use == Use::kIdle || use == Use::kUnobserved)) continue;
    EXPECT_NEAR(totals.used[i], truth.used[i], tolerance) << to_string(use);
  }
  EXPECT_NEAR(at(totals.used, Use::kIdle) + at(totals.used, Use::kUnobserved),
              at(truth.used, Use::kIdle) + at(truth.used, Use::kUnobserved), tolerance);
}

/// What the generated runs are worth: each use, and both kinds of ends, in a good part of them.
TEST(Histories, HaveAllUses) {
  PerUse<int> seen{};
  int exact = 0;
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    Dice dice(seed);
    const History history = testing::make_history(dice);
    const Truth truth = testing::truth(history, last_answer(dice, history));
    for (std::size_t i = 0; i < kUses; ++i) seen[i] += truth.used[i] > 0 ? 1 : 0;
    exact += truth.is_exact ? 1 : 0;
  }
  for (std::size_t i = 0; i < kUses; ++i) EXPECT_GT(seen[i], 150) << to_string(static_cast<Use>(i));
  EXPECT_GT(exact, 500);
  EXPECT_LT(exact, 950);
}

constexpr int kShards = 20;
constexpr int kHistoriesOfShard = 500;

class LedgerProperty : public ::testing::TestWithParam<int> {
 protected:
  template <class Body>
  void for_each_seed(Body body) {
    for (int i = 0; i < kHistoriesOfShard && !HasFailure(); ++i) {
      const auto seed = static_cast<std::uint64_t>(GetParam() * kHistoriesOfShard + i + 1);
      SCOPED_TRACE("seed " + std::to_string(seed));
      Dice dice(seed);
      body(dice);
    }
  }
};

TEST_P(LedgerProperty, FindsTheTrueUsesWheneverItAsks) {
  for_each_seed([](Dice& dice) {
    const History history = testing::make_history(dice);
    const TimePoint last = last_answer(dice, history);
    const Truth truth = testing::truth(history, last);
    Plan run;
    run.polls = make_polls(dice, history, last);
    Totals totals;
    {
      SCOPED_TRACE("all polls");
      play(history, run, totals);
      expect_truth(totals, truth);
    }
    {
      SCOPED_TRACE("lists of lost tasks are fresher");
      run.list_delay = Millis{dice.in(1, 20'000)};
      play(history, run, totals);
      expect_truth(totals, truth);
      run.list_delay = Millis{0};
    }
    {
      SCOPED_TRACE("some of the polls");
      run.polls = thin(dice, run.polls);
      play(history, run, totals);
      expect_truth(totals, truth);
    }
    {
      SCOPED_TRACE("a late start");
      run.polls = {last};
      play(history, run, totals);
      expect_truth(totals, truth);
    }
  });
}

TEST_P(LedgerProperty, GoesOnExactlyAfterARestart) {
  for_each_seed([](Dice& dice) {
    const History history = testing::make_history(dice);
    Plan run;
    run.polls = make_polls(dice, history, last_answer(dice, history));
    Totals undisturbed, restarted;
    play(history, run, undisturbed);
    run.restart_after = static_cast<std::size_t>(dice.in(0, static_cast<std::int64_t>(run.polls.size()) - 1));
    play(history, run, restarted);
    EXPECT_EQ(undisturbed.paid, restarted.paid);
    EXPECT_EQ(undisturbed.used, restarted.used);
    EXPECT_EQ(undisturbed.groups, restarted.groups);
  });
}

TEST_P(LedgerProperty, AddsUpOverPriceChanges) {
  for_each_seed([](Dice& dice) {
    const History history = testing::make_history(dice, {.price_changes = 2});
    const TimePoint last = last_answer(dice, history);
    const Truth truth = testing::truth(history, last);
    Plan run;
    run.polls = make_polls(dice, history, last);
    Totals totals;
    play(history, run, totals);
    const double tolerance = testing::kRelative * truth.total + 1e-300;
    EXPECT_NEAR(totals.paid_total(), truth.total, tolerance);
    // By the clock, so exact in spite of them.
    for (const Use use : {Use::kStarting, Use::kDriver, Use::kLingering}) {
      EXPECT_NEAR(at(totals.used, use), at(truth.used, use), tolerance) << to_string(use);
    }
  });
}

/// Clocks of pods and of Spark that are up to a minute apart: what is said of the money's uses is off by as much, the
/// sums are not.
TEST_P(LedgerProperty, AddsUpWhenClocksDiffer) {
  for_each_seed([](Dice& dice) {
    History history = testing::make_history(dice);
    for (auto& holder : history.holders) {
      const Millis skew{dice.in(-60'000, 60'000)};
      holder.held_from += skew;
      for (auto& span : holder.rates) span.from += skew;
      if (holder.released) *holder.released += skew;
      if (holder.released) holder.released = std::max(*holder.released, holder.held_from);
    }
    Plan run;
    run.polls = make_polls(dice, history, last_answer(dice, history));
    Totals totals;
    play(history, run, totals);
    Truth truth = testing::truth(history, run.polls.back());
    EXPECT_GE(totals.paid_total(), truth.total * (1 - testing::kRelative));
  });
}

std::int64_t absurd_integer(Dice& dice) {
  constexpr std::array<std::int64_t, 8> kAbsurd{INT64_MIN,     -1,       0, 1, 1'000, 1'700'000'000'000,
                                                INT64_MAX / 2, INT64_MAX};
  return dice.one_in(2) ? kAbsurd[static_cast<std::size_t>(dice.in(0, 7))] : dice.in(0, 1'000'000);
}

double absurd_rate(Dice& dice) {
  const std::array<double, 8> absurd{
      -1, 0, 1e-300, 1, 1e9, 1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()};
  return absurd[static_cast<std::size_t>(dice.in(0, 7))];
}

TimePoint absurd_time(Dice& dice) {
  return dice.one_in(6) ? TimePoint{Millis{absurd_integer(dice)}} : testing::ms(dice.in(0, 1'000'000));
}

std::optional<TimePoint> perhaps_time(Dice& dice) {
  return dice.one_in(2) ? std::optional(absurd_time(dice)) : std::nullopt;
}

Holder absurd_holder(Dice& dice) {
  Holder holder;
  holder.id = std::to_string(dice.in(0, 4));
  holder.component = dice.one_in(3) ? outcome::Component::kDriver : outcome::Component::kExecutor;
  for (std::int64_t i = dice.in(0, 3); i > 0; --i) {
    RateSpan span{absurd_time(dice), {}};
    for (double& rate : span.per_second) rate = dice.one_in(3) ? absurd_rate(dice) : 1e-6;
    holder.rates.push_back(span);
  }
  holder.held_from = absurd_time(dice);
  holder.work_from = perhaps_time(dice);
  if (dice.one_in(4)) holder.work_until = perhaps_time(dice);
  if (dice.one_in(4)) holder.released = perhaps_time(dice);
  holder.slots = absurd_integer(dice);
  holder.as_of = perhaps_time(dice);
  holder.task_time = Millis{absurd_integer(dice)};
  holder.gc_time = Millis{absurd_integer(dice)};
  holder.lost = {Millis{absurd_integer(dice)}, Millis{absurd_integer(dice)}, Millis{absurd_integer(dice)},
                 Millis{absurd_integer(dice)}};
  holder.active_tasks = absurd_integer(dice);
  holder.oldest_task = perhaps_time(dice);
  holder.counts_final = dice.one_in(5);
  return holder;
}

TEST_P(LedgerProperty, AddsUpWhateverComesIn) {
  for_each_seed([](Dice& dice) {
    Ledger ledger;
    Watcher watcher;
    for (std::int64_t i = dice.in(1, 25); i > 0; --i) {
      for (std::int64_t n = dice.in(0, 4); n > 0; --n) ledger.apply(absurd_holder(dice));
      ledger.apply_groups({{"a", Millis{absurd_integer(dice)}}, {"b", Millis{absurd_integer(dice)}}});
      ledger.advance(absurd_time(dice));
      ASSERT_TRUE(watcher.check(ledger));
      ASSERT_TRUE(std::isfinite(ledger.rate(absurd_time(dice))));
      if (dice.one_in(6)) {
        auto restored = Ledger::restore(ledger.save());
        ASSERT_TRUE(restored) << ledger.save();
        ledger = std::move(*restored);
        ASSERT_TRUE(watcher.check(ledger));
      }
      if (dice.one_in(15)) {
        ledger.close(absurd_time(dice));
        ASSERT_TRUE(watcher.check(ledger));
        EXPECT_EQ(ledger.totals().unsettled, 0);
      }
      if (dice.one_in(8)) {
        const std::array<Holder, 2> back{absurd_holder(dice), absurd_holder(dice)};
        ledger.resume({&back[0], &back[1]});
        ledger.advance(absurd_time(dice));
        ASSERT_TRUE(watcher.check(ledger));
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, LedgerProperty, ::testing::Range(0, kShards));

}  // namespace
}  // namespace spark_exporter::cost
