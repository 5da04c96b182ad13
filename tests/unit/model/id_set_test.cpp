#include "exporter/model/id_set.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

namespace spark_exporter::model {
namespace {

using Intervals = std::vector<IdSet::Interval>;

TEST(IdSet, KeepsAMillionRisingIdsInOneInterval) {
  IdSet ids;
  for (std::int64_t id = 0; id < 1'000'000; ++id) ASSERT_TRUE(ids.insert(id));
  EXPECT_EQ(ids.interval_count(), 1U);
  EXPECT_FALSE(ids.insert(999'999));
  EXPECT_FALSE(ids.contains(1'000'000));
}

TEST(IdSet, JoinsNeighboursFromBothSides) {
  IdSet ids;
  ids.insert(1);
  ids.insert(3);
  EXPECT_EQ(ids.intervals(), (Intervals{{1, 1}, {3, 3}}));
  ids.insert(2);
  EXPECT_EQ(ids.intervals(), (Intervals{{1, 3}}));
}

TEST(IdSet, ReadsIntervalsInAnyOrderAndForm) {
  const IdSet ids(Intervals{{5, 9}, {1, 2}, {3, 6}, {20, 10}, {12, 12}});
  EXPECT_EQ(ids.intervals(), (Intervals{{1, 9}, {12, 12}}));
}

TEST(IdSet, TakesTheEndsOfTheRange) {
  constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHighest = std::numeric_limits<std::int64_t>::max();
  IdSet ids;
  EXPECT_TRUE(ids.insert(kHighest));
  EXPECT_TRUE(ids.insert(kLowest));
  EXPECT_TRUE(ids.insert(kHighest - 1));
  EXPECT_TRUE(ids.insert(kLowest + 1));
  EXPECT_EQ(ids.intervals(), (Intervals{{kLowest, kLowest + 1}, {kHighest - 1, kHighest}}));
}

/// Against std::set, with ids close together so that intervals meet and merge all the time.
TEST(IdSet, BehavesAsASet) {
  std::mt19937_64 random(20240117);
  for (int round = 0; round < 50; ++round) {
    IdSet ids;
    std::set<std::int64_t> expected;
    std::uniform_int_distribution<std::int64_t> pick(-40, 40);
    for (int step = 0; step < 200; ++step) {
      const auto id = pick(random);
      ASSERT_EQ(ids.insert(id), expected.insert(id).second) << id;
      const auto probe = pick(random);
      ASSERT_EQ(ids.contains(probe), expected.contains(probe)) << probe;
    }
    std::set<std::int64_t> listed;
    std::int64_t previous_last = -1000;
    for (const auto& [first, last] : ids.intervals()) {
      ASSERT_GT(first, previous_last + 1) << "intervals that touch must be one";
      previous_last = last;
      for (auto id = first; id <= last; ++id) listed.insert(id);
    }
    ASSERT_EQ(listed, expected);
    ASSERT_EQ(IdSet(ids.intervals()).intervals(), ids.intervals());
  }
}

TEST(IdSet, JoinsItsLowestIntervals) {
  IdSet ids({{0, 1}, {4, 4}, {8, 9}, {20, 20}});
  ids.join_lowest(4);
  EXPECT_EQ(ids.interval_count(), 4U);
  ids.join_lowest(2);
  EXPECT_EQ(ids.intervals(), (std::vector<IdSet::Interval>{{0, 9}, {20, 20}}));
  EXPECT_TRUE(ids.contains(6));
  EXPECT_FALSE(ids.contains(10));
}

}  // namespace
}  // namespace spark_exporter::model
