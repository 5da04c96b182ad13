#include "exporter/jobs/job_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "exporter/common/limits.hpp"
#include "exporter/jobs/uid.hpp"
#include "tests/unit/jobs/scene.hpp"

namespace spark_exporter::jobs::test {
namespace {

TEST(JobRecordTest, FailuresInARowDoNotDependOnTheOrderOfTheNews) {
  // Ends at 0, 1, ... and whether they were good: two failures follow the last good one.
  const bool good[] = {false, true, false, true, false, false};
  std::vector<int> order{0, 1, 2, 3, 4, 5};
  do {
    JobRecord job;
    for (const int i : order) {
      if (good[i]) {
        job.note_success({at(i), {}, {}, {}, {}});
      } else {
        job.note_failure(at(i));
      }
    }
    ASSERT_EQ(job.consecutive_failures, 2U);
    ASSERT_EQ(job.last_success, at(3));
    ASSERT_EQ(job.last_failure, at(5));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(JobRecordTest, MoreFailuresThanAreKept) {
  JobRecord job;
  constexpr int kMany = static_cast<int>(limits::kBaselineRuns) + 5;
  for (int i = 0; i < kMany; ++i) job.note_failure(at(100 + i));
  job.note_success({at(10), {}, {}, {}, {}});  // late news of a good run before all of them
  EXPECT_EQ(job.consecutive_failures, static_cast<std::uint64_t>(kMany));
  EXPECT_EQ(job.failures.size(), limits::kBaselineRuns);
  job.note_success({at(1000), {}, {}, {}, {}});
  EXPECT_EQ(job.consecutive_failures, 0U);
}

TEST(JobRecordTest, CostsAreSummedByCurrency) {
  JobRecord job;
  cost::Final cost;
  cost.used[0] = 2;
  cost.used[1] = 0.5;
  for (const char* currency : {"AAA", "BBB", "CCC", "DDD", "EEE", "AAA"}) {
    cost.currency = currency;
    job.count_cost(outcome::State::kFailed, TimePoint{}, cost);
  }
  ASSERT_EQ(job.runs_cost.size(), JobRecord::kCurrencies);
  EXPECT_EQ(job.runs_cost.at("AAA")[1], 5.0);
  EXPECT_EQ(job.runs_cost.at("BBB")[1], 2.5);
  EXPECT_EQ(job.runs_cost.at("BBB")[0], 0.0);
}

TEST(JobRecordTest, TheBaselineOfCostIsInTheNewestCurrency) {
  JobRecord job;
  for (int i = 1; i <= 6; ++i) job.note_success({at(i), {}, {}, {}, {}});
  EXPECT_FALSE(job.baseline().cost);
  cost::Final cost;
  cost.currency = "USD";
  cost.used[0] = 100;
  job.note_cost(at(1), cost);
  EXPECT_EQ(job.baseline().cost, 100.0);
  cost.currency = "EUR";
  for (int i = 2; i <= 4; ++i) {
    cost.used[0] = i;
    job.note_cost(at(i), cost);
  }
  EXPECT_EQ(job.baseline().cost, 3.0);
}

TEST(JobRecordTest, TheBaselineIsOfTheLastRuns) {
  JobRecord job;
  constexpr int kMost = static_cast<int>(limits::kBaselineRuns);
  for (int i = kMost; i >= 0; --i) job.note_success({at(i), 1.0 * i, {}, {}, {}});
  EXPECT_EQ(job.baseline().runs, limits::kBaselineRuns);
  EXPECT_EQ(job.baseline().duration_seconds, (kMost + 1) / 2.0);  // of 1 to kMost
  EXPECT_FALSE(job.baseline().input_bytes);
  job.note_input(at(3), 7);
  EXPECT_EQ(job.baseline().input_bytes, 7);
}

TEST(UidTest, AreTheNumbersThatUuidsWrite) {
  const auto uid = to_uid("0791e250-8fe4-4541-89f0-78d34e653390");
  EXPECT_EQ(to_hex(uid), "0791e2508fe4454189f078d34e653390");
  EXPECT_EQ(to_uuid(uid), "0791e250-8fe4-4541-89f0-78d34e653390");
  EXPECT_EQ(parse_hex(to_hex(uid)), uid);
  EXPECT_FALSE(parse_hex("0791E2508fe4454189f078d34e653390"));
  EXPECT_FALSE(to_uid("a") == to_uid("b"));
}

TEST(UidTest, TheHashOfShardsIsFnv1a) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8ULL);
}

}  // namespace
}  // namespace spark_exporter::jobs::test
