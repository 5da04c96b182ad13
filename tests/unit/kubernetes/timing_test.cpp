// Pauses: how they grow, and how many there may be.

#include "exporter/kubernetes/timing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(RetryBudget, BooksAtOnceWhileThereIsRoom) {
  RetryBudget budget(2, seconds{60});
  const Instant start{};
  EXPECT_EQ(budget.reserve(start + seconds{5}, start), start + seconds{5});
  EXPECT_EQ(budget.reserve(start + seconds{1}, start), start + seconds{1});
  EXPECT_EQ(budget.reserve(start + seconds{2}, start), start + seconds{61});
  EXPECT_EQ(budget.reserve(start, start + seconds{300}), start + seconds{300});
}

TEST(RetryBudget, NoWindowHasMoreThanItMay) {
  std::mt19937 random(7);
  RetryBudget budget(9, seconds{60});
  Instant now{};
  std::vector<Instant> booked;
  for (int i = 0; i < 2'000; ++i) {
    now += Millis{random() % 10'000};
    booked.push_back(budget.reserve(now + Millis{random() % 20'000}, now));
    EXPECT_GE(booked.back(), now);
  }
  std::sort(booked.begin(), booked.end());
  for (std::size_t i = 9; i < booked.size(); ++i) EXPECT_GE(booked[i] - booked[i - 9], seconds{60});
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
