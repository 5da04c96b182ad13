// Pauses: how they grow, and how many there may be.

#include "exporter/kubernetes/timing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

namespace spark_exporter::kubernetes {
namespace {

using std::chrono::seconds;

TEST(Backoff, DoublesToItsBound) {
  Backoff backoff(seconds{1}, seconds{15});
  std::vector<Millis::rep> pauses;
  for (int i = 0; i < 6; ++i) pauses.push_back(backoff.next(0.5).count());
  EXPECT_EQ(pauses, (std::vector<Millis::rep>{1000, 2000, 4000, 8000, 15000, 15000}));
  backoff.reset();
  EXPECT_EQ(backoff.next(0.0), Millis{750});
  EXPECT_EQ(backoff.next(0.999999), Millis{2499});
}

TEST(RetryBudget, BooksAFewAtOnceThenOneForEachInterval) {
  RetryBudget budget(2, seconds{12});
  const Instant start{};
  EXPECT_EQ(budget.reserve(start + seconds{5}, start), start + seconds{5});
  EXPECT_EQ(budget.reserve(start + seconds{1}, start), start + seconds{1});
  EXPECT_EQ(budget.reserve(start + seconds{2}, start), start + seconds{13});
  EXPECT_EQ(budget.reserve(start + seconds{2}, start), start + seconds{25});
  EXPECT_EQ(budget.reserve(start, start + seconds{300}), start + seconds{300});
}

TEST(RetryBudget, NoMinuteHasMoreThanNineAndNoneIsWaitedForLong) {
  std::mt19937 random(7);
  RetryBudget budget;
  Instant now{};
  std::vector<Instant> booked;
  for (int i = 0; i < 2'000; ++i) {
    // Five watches that fail side by side: each books again when its turn has come.
    if (booked.size() >= 5) now = std::max(now, *std::min_element(booked.end() - 5, booked.end()));
    booked.push_back(budget.reserve(now + Millis{random() % 15'000}, now));
    EXPECT_GE(booked.back(), now);
  }
  std::sort(booked.begin(), booked.end());
  for (std::size_t i = 9; i < booked.size(); ++i) EXPECT_GE(booked[i] - booked[i - 9], seconds{60});
}

TEST(RetryBudget, SpacesTheTriesOfALongOutage) {
  RetryBudget budget;
  const Instant start{};
  Instant last = start;
  for (int i = 0; i < 50; ++i) {
    const Instant next = budget.reserve(last, last);
    EXPECT_LE(next - last, seconds{12});
    last = next;
  }
}

TEST(RetryBudget, WhoIsAnsweredWakesTheOthers) {
  RetryBudget budget;
  const auto timing = make_timing();
  const auto end = Instant::clock::now() + seconds{20};
  std::atomic<bool> awake{false};
  std::thread sleeper([&] {
    budget.sleep(*timing, std::chrono::hours{1});
    awake = true;
  });
  while (!awake && Instant::clock::now() < end) budget.answered();
  EXPECT_TRUE(awake);
  timing->wake();
  sleeper.join();
}

TEST(RetryBudget, WhoIsWokenGivesItsTurnBack) {
  RetryBudget budget(1, std::chrono::hours{1});
  const auto timing = make_timing();
  const Instant start = timing->now();
  budget.reserve(start, start);
  timing->interrupt();
  budget.sleep(*timing, Millis{0});  // would have been in an hour
  const Instant next = budget.reserve(start, start);
  EXPECT_LT(next - start, std::chrono::minutes{61});
}

TEST(Timing, WakesASleeperForGood) {
  const auto timing = make_timing();
  std::thread waker([&] { timing->wake(); });
  EXPECT_FALSE(timing->sleep(std::chrono::hours{1}));
  waker.join();
  EXPECT_FALSE(timing->sleep(std::chrono::hours{1}));
}

TEST(Timing, SleepsAndDraws) {
  const auto timing = make_timing();
  const Instant before = timing->now();
  EXPECT_TRUE(timing->sleep(Millis{1}));
  EXPECT_GE(timing->now() - before, Millis{1});
  for (int i = 0; i < 1'000; ++i) {
    const double drawn = timing->random();
    EXPECT_GE(drawn, 0);
    EXPECT_LT(drawn, 1);
  }
}

}  // namespace
}  // namespace spark_exporter::kubernetes
