#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/unit/jobs/scene.hpp"

namespace spark_exporter::jobs::test {
namespace {

using outcome::Reason;
using outcome::State;

DriverPod pod_of(int number, std::optional<int> ended = {}, std::int64_t code = 0) {
  const auto n = std::to_string(number);
  return {.name = "nightly-" + n,
          .uid = "uid-" + n,
          .app_id = "spark-" + n,
          .job = "nightly",
          .created = number * 3600,
          .runs_since = number * 3600 + 5,
          .ended = ended ? std::optional(number * 3600 + *ended) : std::nullopt,
          .exit_code = code};
}

/// A fleet that goes on from what another one saved.
struct Restarted {
  explicit Restarted(const std::string& state, TimePoint now) { EXPECT_TRUE(fleet.restore(state, now)); }
  Fleet fleet{FleetOptions{}};
};

class StateTest : public testing::Test {
 protected:
  void SetUp() override {
    fleet.set_synced();
    fleet.view(at(0));
  }
  Fleet fleet{FleetOptions{}};
};

TEST_F(StateTest, CountersAndRunsGoOn) {
  fleet.pods().put(pod_of(1, 600).pod());
  fleet.pods().put(pod_of(2, 600, 1).pod());
  fleet.pods().put(pod_of(3).pod());
  const auto before = fleet.view(at(20000));
  Restarted next(fleet.save(at(20000)), at(20100));
  EXPECT_TRUE(next.fleet.view(at(20100)).runs.empty()) << "not synced";
  list(next.fleet.pods(), {pod_of(1, 600).pod(), pod_of(2, 600, 1).pod(), pod_of(3).pod()});
  next.fleet.set_synced();
  const auto after = next.fleet.view(at(20100));
  EXPECT_EQ(shown(after), shown(before));
  EXPECT_EQ(job_of(after, "nightly").runs, (Counts{1, 1, 0, 0}));
  EXPECT_EQ(job_of(after, "nightly").consecutive_failures, 1U);
  EXPECT_EQ(job_of(after, "nightly").baseline->runs, 1U);
  EXPECT_EQ(job_of(after, "nightly").baseline->duration_seconds, 595.0);
  EXPECT_EQ(job_of(after, "nightly").last_success, at(4200));
}

/// Our clock was an hour behind the cluster's while a run ended: what it kept is read all the same.
TEST_F(StateTest, AClockThatWasBehindCostsNoCounter) {
  fleet.pods().put(pod_of(1).pod());
  fleet.view(at(3700));
  fleet.pods().put(pod_of(1, 600).pod());
  fleet.view(at(600));
  Restarted next(fleet.save(at(4300)), at(4300));
  next.fleet.set_synced();
  const auto job = job_of(next.fleet.view(at(4300)), "nightly");
  EXPECT_EQ(job.runs, (Counts{1, 0, 0, 0}));
  EXPECT_EQ(job.baseline->duration_seconds, 595.0);
}

quality::QualityResult validation(const std::string& id, std::uint64_t failed) {
  quality::QualityResult result;
  result.id = id;
  result.tool = "dbt";
  result.dataset = "sales.orders";
  result.suite = "gates";
  result.time = at(5000);
  result.success = failed == 0;
  intake::count(result.checks, intake::CheckOutcome::kFailed) = failed;
  return result;
}

const quality::Dataset& orders(const outcome::View& view) {
  return job_of(view, "nightly").quality->datasets().at({"sales.orders", "gates"});
}

TEST_F(StateTest, AFailedCheckOutlivesThePodAndTheObserver) {
  fleet.pods().put(pod_of(1).pod());
  fleet.view(at(5000));
  const PodIdentity pod{"etl", "nightly-1", "uid-1"};
  EXPECT_EQ(fleet.take_quality(pod, {validation("a", 2)}, at(5001)).value(), 1U);
  EXPECT_EQ(fleet.take_quality(pod, {validation("a", 2)}, at(5002)).value(), 0U) << "a replay";
  EXPECT_TRUE(fleet.changed_since_save());
  fleet.pods().remove(pod_of(1, 600).pod());
  EXPECT_EQ(orders(fleet.view(at(5100))).violations, 2U);
  Restarted next(fleet.save(at(5100)), at(5200));
  next.fleet.set_synced();
  const auto view = next.fleet.view(at(5200));
  EXPECT_FALSE(orders(view).last.success);
  EXPECT_EQ(orders(view).violations, 2U);
  EXPECT_EQ(next.fleet.take_quality("etl", "nightly", {validation("a", 2)}, at(5300)).value(), 0U) << "still a replay";
  EXPECT_EQ(next.fleet.take_quality("etl", "nightly", {validation("b", 0)}, at(5300)).value(), 1U);
  EXPECT_TRUE(orders(next.fleet.view(at(5300))).last.success);
}

TEST_F(StateTest, APodThatNobodyKnowsIsToldSo) {
  const auto taken = fleet.take_quality({"etl", "nightly-9", "uid-9"}, {validation("a", 2)}, at(5001));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, ErrorKind::kNotFound);
}

TEST_F(StateTest, WhatLastWordsTellOfDatasetsCountsOnce) {
  auto pod = pod_of(1, 600, 1);
  auto message = words(pod, State::kFailed, Reason::kUserError);
  message.quality = {validation("a", 2)};
  fleet.pods().put(pod_of(1).pod());
  fleet.view(at(5000));
  fleet.take_quality({"etl", "nightly-1", "uid-1"}, {validation("a", 2)}, at(5001)).value();
  ASSERT_TRUE(fleet.take(message, at(5002)));
  pod.last_words = outcome::encode(message, 4096);
  for (int i = 0; i < 3; ++i) fleet.pods().put(pod.pod());
  EXPECT_EQ(orders(fleet.view(at(5100))).validations, 1U);
  // They may be all that arrived.
  Fleet late{FleetOptions{}};
  late.set_synced();
  late.pods().put(pod.pod());
  EXPECT_EQ(orders(late.view(at(5100))).violations, 2U);
}

TEST_F(StateTest, AFailedRunWhosePodIsGoneIsStillShown) {
  auto pod = pod_of(1, 600, 1);
  pod.labels = {{"team", "risk"}};
  fleet.pods().put(pod.pod());
  fleet.view(at(4300));
  fleet.pods().remove(pod.pod());
  Restarted next(fleet.save(at(4400)), at(4500));
  list<kubernetes::Pod>(next.fleet.pods(), {});
  next.fleet.set_synced();
  next.fleet.set_job_labels({"team"});
  const auto view = next.fleet.view(at(4500));
  ASSERT_EQ(shown(view), Strings{"spark-1 failed"});
  EXPECT_EQ(view.runs[0].verdict.exit_code, 1);
  EXPECT_EQ(view.runs[0].verdict.reason, Reason::kUserError);
  EXPECT_EQ(view.runs[0].verdict.ended, at(4200));
  EXPECT_EQ(view.runs[0].info_labels.size(), 1U);
}

TEST_F(StateTest, WhatEndedMeanwhileIsCounted) {
  fleet.pods().put(pod_of(1).pod());
  fleet.pods().put(pod_of(2).pod());
  Restarted next(fleet.save(at(8000)), at(9000));
  list(next.fleet.pods(), {pod_of(1, 5000, 1).pod(), pod_of(9, 10).pod()});
  next.fleet.set_synced();
  next.fleet.view(at(50000));
  EXPECT_EQ(job_of(next.fleet.view(at(50300)), "nightly").runs, (Counts{1, 1, 0, 1}));
}

TEST_F(StateTest, LastWordsOutliveARestart) {
  fleet.pods().put(pod_of(1).pod());
  fleet.view(at(3700));
  ASSERT_TRUE(fleet.take(words(pod_of(1), State::kUnknown), at(3800)));
  auto message = words(pod_of(2), State::kSucceeded);
  fleet.pods().put(pod_of(2).pod());
  list(fleet.pods(), {pod_of(1).pod()});
  ASSERT_TRUE(fleet.take(message, at(7300)));
  Restarted next(fleet.save(at(7300)), at(7400));
  list(next.fleet.pods(), {pod_of(1).pod()});
  next.fleet.set_synced();
  EXPECT_EQ(shown(next.fleet.view(at(7400))), (Strings{"spark-1 running", "spark-2 succeeded"}));
}

TEST_F(StateTest, ExecutorsAreNotCountedAgain) {
  const auto killed = executor("e1", "spark-1", kubernetes::Phase::kFailed, 137, "OOMKilled");
  const auto gone = executor("e2", "spark-1", kubernetes::Phase::kFailed, 52);
  fleet.pods().put(pod_of(1).pod());
  fleet.pods().put(kubernetes::Pod(killed));
  fleet.pods().put(kubernetes::Pod(gone));
  fleet.pods().remove(kubernetes::Pod(gone));
  Restarted next(fleet.save(at(3700)), at(3800));
  list(next.fleet.pods(), {killed, pod_of(1).pod()});
  next.fleet.set_synced();
  const auto run = run_of(next.fleet.view(at(3800)), "spark-1");
  const auto& terminations = run.terminations[static_cast<std::size_t>(outcome::Component::kExecutor)];
  EXPECT_EQ(terminations[static_cast<std::size_t>(outcome::Termination::kOomKilled)], 1U);
  EXPECT_EQ(terminations[static_cast<std::size_t>(outcome::Termination::kJavaHeapOom)], 1U);
}

TEST_F(StateTest, ARetryingRunWhoseAttemptsAreOverFailed) {
  auto pod = pod_of(1, 600, 1);
  pod.application = "op";
  pod.submission = "s1";
  fleet.applications().put(application("op", "RUNNING", "s1", 1, "OnFailure", 1));
  fleet.pods().put(pod.pod());
  EXPECT_EQ(shown(fleet.view(at(4300))), Strings{"spark-1 retrying"});
  Restarted next(fleet.save(at(4300)), at(4400));
  list<kubernetes::Pod>(next.fleet.pods(), {});
  list(next.fleet.applications(), {application("op", "PENDING_RERUN", "s1", 1, "OnFailure", 1)});
  next.fleet.set_synced();
  EXPECT_EQ(shown(next.fleet.view(at(4400))), Strings{"spark-1 retrying"});
  next.fleet.applications().put(application("op", "FAILED", "s1", 2, "OnFailure", 1));
  EXPECT_EQ(shown(next.fleet.view(at(4500))), Strings{"spark-1 failed"});
}

TEST_F(StateTest, RetriesAreNotCountedAgain) {
  fleet.applications().put(application("op", "RUNNING", "s1", 1, "OnFailure", 5));
  fleet.applications().put(application("op", "RUNNING", "s2", 2, "OnFailure", 5));
  EXPECT_EQ(job_of(fleet.view(at(10)), "op").retries, 1U);
  Restarted next(fleet.save(at(10)), at(20));
  list(next.fleet.applications(), {application("op", "RUNNING", "s4", 4, "OnFailure", 5)});
  next.fleet.set_synced();
  EXPECT_EQ(job_of(next.fleet.view(at(20)), "op").retries, 3U);
}

TEST_F(StateTest, SaysWhetherItChanged) {
  EXPECT_FALSE(fleet.changed_since_save());
  fleet.pods().put(pod_of(1).pod());
  EXPECT_TRUE(fleet.changed_since_save());
  fleet.save(at(3700));
  EXPECT_FALSE(fleet.changed_since_save());
  fleet.view(at(3800));
  EXPECT_FALSE(fleet.changed_since_save());
  fleet.pods().put(pod_of(1, 600).pod());
  fleet.view(at(4300));
  EXPECT_TRUE(fleet.changed_since_save());
}

// --- wrong input -------------------------------------------------------------------------------

struct Wrong {
  const char* from;
  const char* to;
  const char* place;
};

class WrongStateTest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongStateTest, IsRefusedWithItsPlace) {
  Fleet fleet{FleetOptions{}};
  fleet.set_synced();
  fleet.view(at(0));
  fleet.pods().put(pod_of(1, 600).pod());
  fleet.pods().put(executor("e1", "spark-1", kubernetes::Phase::kFailed, 1));
  auto state = fleet.save(at(5000));
  const auto where = state.find(GetParam().from);
  ASSERT_NE(where, std::string::npos) << state;
  state.replace(where, std::string_view(GetParam().from).size(), GetParam().to);
  Fleet next{FleetOptions{}};
  const auto restored = next.restore(state, at(5000));
  ASSERT_TRUE(restored.has_error());
  EXPECT_NE(restored.error().what.find(GetParam().place), std::string::npos) << restored.error().what;
  next.set_synced();
  EXPECT_TRUE(next.view(at(5000)).jobs.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Fields, WrongStateTest,
    testing::Values(Wrong{"\"version\":1", "\"version\":2", "version"}, Wrong{"\"version\":1", "\"v\":1", "version"},
                    Wrong{"\"app\":\"nightly\"", "\"app\":7", "jobs[0].app"},
                    Wrong{"\"runs\":[1,0,0,0]", "\"runs\":[-1]", "jobs[0].runs[0]"},
                    Wrong{"\"runs\":[1,0,0,0]", "\"runs\":[1,0,0,0,0]", "jobs[0].runs"},
                    Wrong{"\"retries\":0", "\"retries\":1e99", "jobs[0].retries"},
                    Wrong{"\"retries\":0", "\"retries\":18446744073709551615", "jobs[0].retries"},
                    Wrong{"\"duration\":595.0", "\"duration\":-1", "jobs[0].good[0].duration"},
                    Wrong{"\"presence\":1", "\"presence\":4", "runs[0].presence"},
                    Wrong{"\"kind\":\"batch\"", "\"kind\":\"x\"", "runs[0].kind"},
                    Wrong{"\"state\":\"succeeded\"", "\"state\":\"x\"", "runs[0].verdict.state"},
                    Wrong{"\"terminations\":[", "\"terminations\":[0,0,0,0,0,", "runs[0].executors.terminations"},
                    Wrong{"\"submitted\":", "\"submitted\":-", "runs[0].submitted"},
                    Wrong{"\"forgotten\":[", "\"forgotten\":[\"xyz\"", "forgotten[0]"},
                    Wrong{"\"version\":1,", "\"version\":1", "no JSON"}));

TEST(StateLimitTest, TooLargeIsRefused) {
  Fleet fleet{FleetOptions{}};
  std::string state = fleet.save(at(0));
  state.resize(limits::kStateFileBytes, ' ');
  EXPECT_TRUE(fleet.restore(state, at(0)));
  EXPECT_TRUE(Fleet{FleetOptions{}}.restore(state + ' ', at(0)).has_error());
}

TEST(StateLimitTest, NestingIsNoDanger) {
  Fleet fleet{FleetOptions{}};
  EXPECT_TRUE(fleet.restore(std::string(1'000'000, '['), at(0)).has_error());
  EXPECT_TRUE(fleet.restore("", at(0)).has_error());
  EXPECT_TRUE(fleet.restore("[]", at(0)).has_error());
}

}  // namespace
}  // namespace spark_exporter::jobs::test
