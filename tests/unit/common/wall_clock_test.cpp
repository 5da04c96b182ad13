#include "exporter/common/wall_clock.hpp"

#include <gtest/gtest.h>

namespace spark_exporter {
namespace {

using namespace std::chrono_literals;

const WallClock::Wall kNoon{12h};
const WallClock::Steady kBoot{100s};

TEST(WallClock, GoesOnEvenlyWhileTheSystemsIsAway) {
  WallClock clock;
  EXPECT_EQ(clock.now(kNoon, kBoot), kNoon);
  for (const auto jump : {24h, -24h}) {
    EXPECT_EQ(clock.now(kNoon + 10s + jump, kBoot + 10s), kNoon + 10s);
    EXPECT_EQ(clock.now(kNoon + 69s + jump, kBoot + 69s), kNoon + 69s);
    EXPECT_EQ(clock.now(kNoon + 69s, kBoot + 69s), kNoon + 69s) << "and it is back";
  }
}

TEST(WallClock, FollowsOneThatStaysAway) {
  WallClock clock;
  clock.now(kNoon, kBoot);
  EXPECT_EQ(clock.now(kNoon + 1h + 1s, kBoot + 1s), kNoon + 1s);
  EXPECT_EQ(clock.now(kNoon + 1h + 61s, kBoot + 61s), kNoon + 1h + 61s);
  EXPECT_EQ(clock.now(kNoon + 1h + 62s, kBoot + 62s), kNoon + 1h + 62s);
}

TEST(WallClock, FollowsSmallCorrectionsAtOnce) {
  WallClock clock;
  clock.now(kNoon, kBoot);
  EXPECT_EQ(clock.now(kNoon + 11s, kBoot + 10s), kNoon + 11s);
  EXPECT_EQ(clock.now(kNoon + 20s, kBoot + 20s), kNoon + 20s);
}

}  // namespace
}  // namespace spark_exporter
