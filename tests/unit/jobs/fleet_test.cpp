#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/unit/jobs/scene.hpp"

namespace spark_exporter::jobs::test {
namespace {

using outcome::Component;
using outcome::Reason;
using outcome::State;

DriverPod nightly(int number, std::optional<int> ended = {}, std::int64_t code = 0) {
  const auto n = std::to_string(number);
  const int start = number * 3600;
  return {.name = "nightly-" + n,
          .uid = "uid-" + n,
          .app_id = "spark-" + n,
          .job = "nightly",
          .created = start,
          .runs_since = start + 5,
          .ended = ended ? std::optional(start + *ended) : std::nullopt,
          .exit_code = code};
}

class FleetTest : public testing::Test {
 protected:
  void sync() {
    fleet.set_synced();
    fleet.view(at(0));
  }
  void put(const DriverPod& pod) { fleet.pods().put(pod.pod()); }

  Fleet fleet{FleetOptions{}};
};

TEST_F(FleetTest, DecidesNothingBeforeTheListsAreIn) {
  put(nightly(1, 600, 1));
  EXPECT_TRUE(fleet.view(at(5000)).runs.empty());
  fleet.set_synced();
  EXPECT_EQ(shown(fleet.view(at(5000))), Strings{"spark-1 failed"});
}

TEST_F(FleetTest, ARunFromItsSubmissionToItsEnd) {
  sync();
  auto pod = nightly(1);
  pod.runs_since.reset();
  put(pod);
  EXPECT_EQ(shown(fleet.view(at(3601))), Strings{"spark-1 pending"});
  put(nightly(1));
  EXPECT_EQ(shown(fleet.view(at(3610))), Strings{"spark-1 running"});
  put(nightly(1, 600, 3));
  const auto view = fleet.view(at(4300));
  const auto run = run_of(view, "spark-1");
  EXPECT_EQ(run.verdict.state, State::kFailed);
  EXPECT_EQ(run.verdict.exit_code, 3);
  EXPECT_EQ(run.app, "nightly");
  EXPECT_EQ(run.app_from, "label");
  EXPECT_EQ(run.submitted, at(3600));
  EXPECT_EQ(run.verdict.started, at(3605));
  EXPECT_EQ(run.verdict.ended, at(4200));
  const auto job = job_of(view, "nightly");
  EXPECT_EQ(job.runs, (Counts{0, 1, 0, 0}));
  EXPECT_EQ(job.consecutive_failures, 1U);
  EXPECT_EQ(job.last_failure, at(4200));
  EXPECT_FALSE(job.last_success);
}

// --- what is shown -----------------------------------------------------------------------------

TEST_F(FleetTest, AFailedRunStaysUntilALaterGoodOneEnds) {
  sync();
  put(nightly(1, 600, 1));
  fleet.view(at(4300));
  put(nightly(2));
  EXPECT_EQ(shown(fleet.view(at(7300))), (Strings{"spark-1 failed", "spark-2 running"}));
  put(nightly(2, 600, 0));
  EXPECT_EQ(shown(fleet.view(at(7900))), Strings{"spark-2 succeeded"});
}

TEST_F(FleetTest, AFailedRunStaysFiveMinutesBesideALaterFailedOne) {
  sync();
  put(nightly(1, 600, 1));
  fleet.view(at(4300));
  put(nightly(2, 600, 1));
  EXPECT_EQ(shown(fleet.view(at(7900))), (Strings{"spark-1 failed", "spark-2 failed"}));
  EXPECT_EQ(shown(fleet.view(at(7900 + 299))).size(), 2U);
  EXPECT_EQ(shown(fleet.view(at(7900 + 300))), Strings{"spark-2 failed"});
}

TEST_F(FleetTest, ACancelledRunTakesNoAlertAway) {
  sync();
  put(nightly(1, 600, 1));
  fleet.view(at(4300));
  auto pod = nightly(2, 600, 143);
  pod.deletion_asked = 7200 + 599;
  put(pod);
  EXPECT_EQ(shown(fleet.view(at(7900))), (Strings{"spark-1 failed", "spark-2 cancelled"}));
  EXPECT_EQ(shown(fleet.view(at(9000))).size(), 2U);
}

TEST_F(FleetTest, TheKubeletsOwnLastDeleteIsNoLaterDeletion) {
  sync();
  auto pod = nightly(1);
  pod.deletion_asked = 3600 + 600;
  put(pod);
  pod.ended = 3600 + 600;
  pod.exit_code = 143;
  auto last = pod.pod();
  last.deletion_time = at(3600 + 601);
  last.deletion_grace_period = kubernetes::Seconds{0};
  fleet.pods().put(kubernetes::Pod(last));
  fleet.pods().remove(std::move(last));
  EXPECT_EQ(shown(fleet.view(at(4300))), Strings{"spark-1 cancelled"});
}

TEST_F(FleetTest, AnEndedRunGoesAfterRetention) {
  sync();
  put(nightly(1, 600, 1));
  EXPECT_EQ(shown(fleet.view(at(4200 + 86399))).size(), 1U);
  EXPECT_TRUE(fleet.view(at(4200 + 86400)).runs.empty());
  EXPECT_EQ(job_of(fleet.view(at(4200 + 86400)), "nightly").runs, (Counts{0, 1, 0, 0}));
}

TEST_F(FleetTest, AnEarlierRunThatEndsWellLaterTakesNoFailureAway) {
  sync();
  put(nightly(1));
  put(nightly(2, 60, 1));
  fleet.view(at(7300));
  put(nightly(1, 5000, 0));
  EXPECT_EQ(shown(fleet.view(at(8700))), (Strings{"spark-1 succeeded", "spark-2 failed"}));
}

TEST_F(FleetTest, AWeakNameSupersedesNothing) {
  sync();
  auto first = nightly(1, 600, 1);
  auto second = nightly(2, 600, 0);
  for (auto* pod : {&first, &second}) {
    pod->job.clear();
    pod->labels = {{"spark-app-name", "nightly"}};
    put(*pod);
  }
  EXPECT_EQ(shown(fleet.view(at(7900))), (Strings{"spark-1 failed", "spark-2 succeeded"}));
}

// --- each run once -----------------------------------------------------------------------------

TEST_F(FleetTest, ARunThatAllTellOfIsCountedOnce) {
  sync();
  auto pod = nightly(1, 600, 1);
  pod.application = "nightly";
  pod.submission = "s1";
  ASSERT_TRUE(fleet.take(words(pod, State::kFailed), at(4190)).has_error()) << "not known yet";
  fleet.applications().put(application("nightly", "RUNNING", "s1"));
  put(pod);
  fleet.view(at(4250));
  ASSERT_TRUE(fleet.take(words(pod, State::kFailed), at(4260)));
  fleet.applications().put(application("nightly", "FAILED", "s1"));
  fleet.view(at(4270));
  list(fleet.pods(), {pod.pod()});
  fleet.pods().remove(pod.pod());
  fleet.view(at(4280));
  list(fleet.pods(), {pod.pod()});
  ASSERT_TRUE(fleet.take(words(pod, State::kFailed), at(4290)));
  list<kubernetes::Pod>(fleet.pods(), {});
  fleet.applications().remove(application("nightly", "FAILED", "s1"));
  for (int second = 4300; second < 200000; second += 3000) {
    EXPECT_EQ(job_of(fleet.view(at(second)), "nightly").runs, (Counts{0, 1, 0, 0}));
  }
  list(fleet.pods(), {pod.pod()});
  EXPECT_TRUE(fleet.take(words(pod, State::kFailed), at(199999))) << "it was known once: no reason to try again";
  fleet.applications().put(application("nightly", "FAILED", "s1"));
  EXPECT_EQ(job_of(fleet.view(at(200000)), "nightly").runs, (Counts{0, 1, 0, 0}));
  EXPECT_TRUE(fleet.view(at(200000)).runs.empty());
}

TEST_F(FleetTest, WithoutAStateFileWhatHadEndedBeforeIsShownAndNotCounted) {
  put(nightly(1, 600, 1));
  fleet.set_synced();
  const auto view = fleet.view(at(5000));
  EXPECT_EQ(shown(view), Strings{"spark-1 failed"});
  EXPECT_EQ(job_of(view, "nightly").runs, (Counts{0, 0, 0, 0}));
  EXPECT_EQ(job_of(view, "nightly").consecutive_failures, 1U);
}

TEST_F(FleetTest, ARunThatVanishedIsUnknownUnlessSomebodyTells) {
  sync();
  put(nightly(1));
  put(nightly(2));
  fleet.view(at(7300));
  list<kubernetes::Pod>(fleet.pods(), {});
  EXPECT_EQ(shown(fleet.view(at(7310))), (Strings{"spark-1 unknown", "spark-2 unknown"}));
  EXPECT_EQ(job_of(fleet.view(at(7310)), "nightly").runs, (Counts{0, 0, 0, 0}));
  ASSERT_TRUE(fleet.take(words(nightly(2), State::kFailed, Reason::kDriverOomKilled), at(7400)));
  EXPECT_EQ(run_of(fleet.view(at(7410)), "spark-2").verdict.reason, Reason::kDriverOomKilled);
  EXPECT_EQ(job_of(fleet.view(at(7610)), "nightly").runs, (Counts{0, 1, 0, 1}));
}

TEST_F(FleetTest, LastWordsInThePodsStatusAreRead) {
  sync();
  auto pod = nightly(1);
  pod.last_words = outcome::encode(words(pod, State::kFailed, Reason::kStageAborted), 4096);
  put(pod);
  EXPECT_EQ(run_of(fleet.view(at(4300)), "spark-1").verdict.reason, Reason::kStageAborted);
  auto other = nightly(2);
  other.last_words = pod.last_words;  // of another pod
  put(other);
  EXPECT_EQ(run_of(fleet.view(at(7300)), "spark-2").verdict.state, State::kRunning);
  auto nameless = words(pod, State::kFailed);
  nameless.pod_uid.clear();
  other.last_words = outcome::encode(nameless, 4096);
  put(other);
  EXPECT_EQ(run_of(fleet.view(at(7300)), "spark-2").verdict.state, State::kRunning);
}

// --- the operator ------------------------------------------------------------------------------

DriverPod attempt(int number, std::optional<int> ended = {}, std::int64_t code = 1) {
  auto pod = nightly(number, ended, code);
  pod.job.clear();
  pod.application = "op";
  pod.submission = "s" + std::to_string(number);
  return pod;
}

TEST_F(FleetTest, ARetryIsNoFailureAndGoesOnceTheNextAttemptIsThere) {
  sync();
  fleet.applications().put(application("op", "RUNNING", "s1", 1, "OnFailure", 1));
  put(attempt(1));
  put(attempt(1, 600));
  auto view = fleet.view(at(4300));
  EXPECT_EQ(shown(view), Strings{"spark-1 retrying"});
  EXPECT_EQ(view.runs[0].attempt, 1);
  EXPECT_EQ(view.runs[0].max_attempts, 2);
  fleet.applications().put(application("op", "PENDING_RERUN", "s1", 1, "OnFailure", 1));
  fleet.pods().remove(attempt(1, 600).pod());
  EXPECT_EQ(shown(fleet.view(at(4400))), Strings{"spark-1 retrying"});
  fleet.applications().put(application("op", "SUBMITTED", "s2", 2, "OnFailure", 1));
  put(attempt(2));
  view = fleet.view(at(7300));
  EXPECT_EQ(shown(view), Strings{"spark-2 running"});
  EXPECT_EQ(view.runs[0].attempt, 2);
  put(attempt(2, 600));
  view = fleet.view(at(7900));
  EXPECT_EQ(shown(view), Strings{"spark-2 failed"});
  EXPECT_EQ(job_of(view, "op").runs, (Counts{0, 1, 0, 0}));
  EXPECT_EQ(job_of(view, "op").retries, 1U);
  EXPECT_EQ(job_of(view, "op").consecutive_failures, 1U);
}

TEST_F(FleetTest, OfAnApplicationThatIsRestartedForEverEachFailureCounts) {
  sync();
  for (int i = 1; i <= 3; ++i) {
    fleet.applications().put(application("op", "RUNNING", "s" + std::to_string(i), i, "Always"));
    put(attempt(i));
    fleet.view(at(i * 3600 + 10));
    put(attempt(i, 600));
    fleet.view(at(i * 3600 + 610));
    fleet.pods().remove(attempt(i, 600).pod());
  }
  const auto view = fleet.view(at(15000));
  EXPECT_EQ(job_of(view, "op").runs, (Counts{0, 3, 0, 0}));
  EXPECT_EQ(job_of(view, "op").retries, 0U);
  EXPECT_EQ(shown(view), Strings{"spark-3 failed"});
}

TEST_F(FleetTest, ASubmissionThatFailedIsARun) {
  sync();
  auto failed = application("op", "", "", 0);
  fleet.applications().put(kubernetes::SparkApplication(failed));
  EXPECT_EQ(shown(fleet.view(at(1))), Strings{" pending"});
  failed.state = "FAILED";
  failed.error_message = "failed to run spark-submit: no such service account";
  fleet.applications().put(kubernetes::SparkApplication(failed));
  const auto view = fleet.view(at(60));
  EXPECT_EQ(shown(view), Strings{" failed"});
  EXPECT_EQ(view.runs[0].verdict.reason, Reason::kSubmissionFailed);
  EXPECT_EQ(job_of(view, "op").runs, (Counts{0, 1, 0, 0}));
}

TEST_F(FleetTest, ASubmissionBecomesTheRunOfItsPod) {
  sync();
  fleet.applications().put(application("op", "", "", 0));
  fleet.view(at(1));
  put(attempt(1));
  fleet.applications().put(application("op", "SUBMITTED", "s1"));
  EXPECT_EQ(shown(fleet.view(at(3700))), Strings{"spark-1 running"});
}

TEST_F(FleetTest, AnApplicationsScheduleNamesTheJob) {
  sync();
  auto scheduled = application("op-1763899200000000000", "", "", 0);
  scheduled.owners.push_back({"ScheduledSparkApplication", "op", "uid-schedule", true});
  fleet.applications().put(std::move(scheduled));
  const auto view = fleet.view(at(1));
  ASSERT_EQ(view.runs.size(), 1U);
  EXPECT_EQ(view.runs[0].app, "op");
  EXPECT_EQ(view.runs[0].app_from, "scheduledsparkapplication");
}

TEST_F(FleetTest, AnEndlessJobsNextVersionReplacesIt) {
  sync();
  auto first = nightly(1);
  first.annotations = {{"spark-exporter.io/kind", "streaming"}};
  put(first);
  put(nightly(2));
  fleet.view(at(7300));
  first.ended = 7400;
  first.exit_code = 143;
  put(first);
  const auto view = fleet.view(at(7500));
  EXPECT_EQ(job_of(view, "nightly").runs, (Counts{0, 0, 1, 0}));
}

TEST_F(FleetTest, AnAttemptThatNoneFollowsAnyMoreFailed) {
  sync();
  fleet.applications().put(application("op", "PENDING_RERUN", "s1", 1, "OnFailure", 1));
  put(attempt(1, 600));
  EXPECT_EQ(shown(fleet.view(at(4300))), Strings{"spark-1 retrying"});
  fleet.applications().remove(application("op", "PENDING_RERUN", "s1", 1, "OnFailure", 1));
  EXPECT_EQ(shown(fleet.view(at(4400))), Strings{"spark-1 failed"});
}

TEST_F(FleetTest, ACrashLoopIsForgottenAsItGoesOn) {
  sync();
  for (int i = 1; i <= 20; ++i) {
    fleet.applications().put(application("op", "RUNNING", "s" + std::to_string(i), i, "Always"));
    put(attempt(i));
    fleet.view(at(i * 3600 + 10));
    put(attempt(i, 600));
    fleet.pods().remove(attempt(i, 600).pod());
    fleet.view(at(i * 3600 + 1000));
  }
  const auto view = fleet.view(at(20 * 3600 + 3000));
  EXPECT_EQ(job_of(view, "op").runs, (Counts{0, 20, 0, 0}));
  ASSERT_EQ(shown(view), Strings{"spark-20 failed"});
  EXPECT_EQ(view.runs[0].attempt, 20);
  const auto state = fleet.save(at(20 * 3600 + 3000));
  EXPECT_EQ(state.find("\"spark-17\""), std::string::npos);
  EXPECT_NE(state.find("\"spark-20\""), std::string::npos);
}

// --- what is left out --------------------------------------------------------------------------

TEST_F(FleetTest, OneRunMoreThanIsKeptIsLeftOut) {
  sync();
  const auto number = [](std::size_t i) {
    auto pod = nightly(0);
    pod.name = pod.uid = pod.app_id = "n" + std::to_string(i);
    return pod;
  };
  for (std::size_t i = 0; i < limits::kRuns; ++i) put(number(i));
  EXPECT_EQ(fleet.left_out(), 0U);
  put(number(limits::kRuns));
  put(number(limits::kRuns));
  EXPECT_EQ(fleet.left_out(), 1U);
  EXPECT_EQ(fleet.view(at(100)).runs.size(), limits::kRuns);
}

TEST_F(FleetTest, OneJobMoreThanIsKeptIsLeftOut) {
  sync();
  auto pod = nightly(1);
  for (std::size_t i = 0; i <= limits::kJobs; ++i) {
    pod.job = "job-" + std::to_string(i);
    EXPECT_EQ(fleet.left_out(), 0U);
    put(pod);  // one pod that goes by another name each time: no run is left out
  }
  EXPECT_EQ(fleet.left_out(), 1U);
}

// --- pods --------------------------------------------------------------------------------------

TEST_F(FleetTest, ExecutorsAreCountedByTheirRun) {
  sync();
  const auto put_executor = [&](const std::string& uid, auto... rest) {
    fleet.pods().put(executor(uid, "spark-1", rest...));
  };
  put_executor("e1", kubernetes::Phase::kRunning);
  put_executor("e2", kubernetes::Phase::kPending);
  put(nightly(1));
  auto run = run_of(fleet.view(at(3700)), "spark-1");
  constexpr auto kExecutor = static_cast<std::size_t>(Component::kExecutor);
  EXPECT_EQ(run.pods[kExecutor], (std::array<std::uint32_t, 5>{0, 1, 1, 0, 0}));
  EXPECT_EQ(run.waiting[kExecutor][static_cast<std::size_t>(outcome::Waiting::kOther)], 1U);

  const auto killed = executor("e1", "spark-1", kubernetes::Phase::kFailed, 137, "OOMKilled");
  fleet.pods().put(kubernetes::Pod(killed));
  fleet.pods().put(kubernetes::Pod(killed));
  fleet.pods().remove(kubernetes::Pod(killed));
  list(fleet.pods(), {nightly(1).pod(), killed, executor("e2", "spark-1", kubernetes::Phase::kPending)});
  run = run_of(fleet.view(at(3710)), "spark-1");
  EXPECT_EQ(run.terminations[kExecutor][static_cast<std::size_t>(outcome::Termination::kOomKilled)], 1U);
  EXPECT_EQ(run.pods[kExecutor], (std::array<std::uint32_t, 5>{0, 1, 0, 0, 0}));

  put(nightly(1, 600));
  run = run_of(fleet.view(at(4300)), "spark-1");
  EXPECT_EQ(run.pods[kExecutor], (std::array<std::uint32_t, 5>{}));
  EXPECT_EQ(run.terminations[kExecutor][static_cast<std::size_t>(outcome::Termination::kOomKilled)], 1U);
}

TEST_F(FleetTest, ExecutorsThatAreWantedAndNotThereWaitForQuota) {
  sync();
  auto app = application("op", "RUNNING", "s1");
  app.executor_instances = 3;
  fleet.applications().put(std::move(app));
  put(attempt(1));
  fleet.pods().put(executor("e1", "spark-1", kubernetes::Phase::kRunning));
  const auto quota = [&](int second) {
    const auto run = run_of(fleet.view(at(second)), "spark-1");
    return run
        .waiting[static_cast<std::size_t>(Component::kExecutor)][static_cast<std::size_t>(outcome::Waiting::kQuota)];
  };
  EXPECT_EQ(quota(3700), 0U);
  EXPECT_EQ(quota(3729), 0U);
  EXPECT_EQ(quota(3730), 2U);
  fleet.pods().put(executor("e2", "spark-1", kubernetes::Phase::kPending));
  EXPECT_EQ(quota(3740), 1U);
  fleet.pods().put(executor("e3", "spark-1", kubernetes::Phase::kPending));
  EXPECT_EQ(quota(3750), 0U);
}

// --- jobs --------------------------------------------------------------------------------------

TEST_F(FleetTest, TheBaselineIsTheMedianOfGoodRuns) {
  sync();
  const int durations[] = {105, 205, 1005};
  for (int i = 0; i < 3; ++i) {
    put(nightly(i + 1, durations[i]));
    auto message = words(nightly(i + 1), State::kSucceeded);
    fleet.view(at((i + 1) * 3600 + 2000));
    message.input_bytes = 100.0 * (i + 1);
    ASSERT_TRUE(fleet.take(message, at((i + 1) * 3600 + 2001)));
  }
  put(nightly(4, 3000, 1));
  const auto job = job_of(fleet.view(at(20000)), "nightly");
  ASSERT_TRUE(job.baseline);
  EXPECT_EQ(job.baseline->runs, 3U);
  EXPECT_EQ(job.baseline->duration_seconds, 200.0);
  EXPECT_EQ(job.baseline->input_bytes, 200.0);
  EXPECT_EQ(job.consecutive_failures, 1U);
}

cost::Final money(double task_ok, double idle, const char* currency = "EUR") {
  cost::Final cost;
  cost.currency = currency;
  cost::at(cost.used, cost::Use::kTaskOk) = task_ok;
  cost::at(cost.used, cost::Use::kIdle) = idle;
  return cost;
}

TEST_F(FleetTest, ACostIsCountedOnceWheneverItIsTold) {
  sync();
  // Told after the end was seen, before it, and never.
  put(nightly(1, 600));
  fleet.view(at(3600 + 1000));
  auto message = words(nightly(1), State::kSucceeded);
  message.cost = money(3, 1);
  ASSERT_TRUE(fleet.take(message, at(3600 + 1001)));
  ASSERT_TRUE(fleet.take(message, at(3600 + 1002)));
  put(nightly(2));
  message = words(nightly(2), State::kFailed);
  message.cost = money(5, 5);
  ASSERT_TRUE(fleet.take(message, at(7200 + 700)));
  put(nightly(2, 600, 1));
  put(nightly(3, 600));
  const auto view = fleet.view(at(20000));
  const auto job = job_of(view, "nightly");
  ASSERT_EQ(job.runs_cost.size(), 1U);
  EXPECT_EQ(job.runs_cost.at("EUR"), (std::array<double, 4>{4, 10, 0, 0}));
  EXPECT_EQ(job.baseline->cost, 4.0);
  EXPECT_EQ(job.baseline->currency, "EUR");
  EXPECT_EQ(job.spent.of(cost::BudgetPeriod::kDay, "EUR", at(20000)), 14);
  EXPECT_EQ(job.spent.of(cost::BudgetPeriod::kMonth, "EUR", at(20000)), 14);
  // What was counted stays, whatever is told later.
  message.cost = money(500, 500);
  ASSERT_TRUE(fleet.take(message, at(20001)));
  EXPECT_EQ(job_of(fleet.view(at(20002)), "nightly").runs_cost.at("EUR"), (std::array<double, 4>{4, 10, 0, 0}));

  Fleet next{FleetOptions{}};
  ASSERT_TRUE(next.restore(fleet.save(at(20100)), at(20200)));
  next.set_synced();
  const auto after = job_of(next.view(at(20200)), "nightly");
  EXPECT_EQ(after.runs_cost, job.runs_cost);
  EXPECT_EQ(after.baseline->cost, 4.0);
  EXPECT_EQ(after.spent.of(cost::BudgetPeriod::kWeek, "EUR", at(20200)), 14);
}

TEST_F(FleetTest, ABudgetIsThatOfTheNewestRunThatSaysOne) {
  sync();
  auto pod = nightly(1, 600);
  pod.annotations = {{"spark-exporter.io/budget", "300/month"}};
  put(pod);
  put(nightly(2, 600));
  const cost::Budget budget{"", 300, cost::BudgetPeriod::kMonth};
  EXPECT_EQ(job_of(fleet.view(at(20000)), "nightly").budget, budget);
  Fleet next{FleetOptions{}};
  ASSERT_TRUE(next.restore(fleet.save(at(20100)), at(20200)));
  next.set_synced();
  EXPECT_EQ(job_of(next.view(at(20200)), "nightly").budget, budget);
}

TEST_F(FleetTest, ShowsTheCostOfEndedRuns) {
  sync();
  put(nightly(1));
  auto message = words(nightly(1), State::kSucceeded);
  message.cost = money(3, 1);
  put(nightly(1, 600));
  fleet.view(at(3600 + 1000));
  ASSERT_TRUE(fleet.take(message, at(3600 + 1001)));
  const auto view = fleet.view(at(3600 + 1002));
  ASSERT_EQ(view.runs.size(), 1U);
  EXPECT_EQ(view.runs[0].cost, message.cost);
}

TEST_F(FleetTest, LabelsOfTheAllowList) {
  sync();
  auto pod = nightly(1);
  pod.labels = {{"team", "risk"}, {"owner", "ada"}};
  put(pod);
  EXPECT_TRUE(fleet.view(at(3700)).runs[0].info_labels.empty());
  fleet.set_job_labels({"owner", "team"});
  EXPECT_EQ(fleet.view(at(3700)).runs[0].info_labels,
            (std::vector<std::pair<std::string, std::string>>{{"owner", "ada"}, {"team", "risk"}}));
}

TEST_F(FleetTest, RunningDrivers) {
  sync();
  put(nightly(1));
  put(nightly(2, 600));
  const auto drivers = fleet.running_drivers();
  ASSERT_EQ(drivers.size(), 1U);
  EXPECT_EQ(drivers[0].name, "nightly-1");
  EXPECT_EQ(drivers[0].app_id, "spark-1");
}

// --- recorded pods -----------------------------------------------------------------------------

struct Recorded {
  const char* path;
  State state;
};

class RecordedPodTest : public testing::TestWithParam<Recorded> {};

TEST_P(RecordedPodTest, IsARunOfThatState) {
  Fleet fleet{FleetOptions{}};
  fleet.set_synced();
  fleet.view(at(0));
  auto pod = recorded_pod(GetParam().path);
  pod.labels["spark-role"] = "driver";
  fleet.pods().put(kubernetes::Pod(pod));
  const auto view = fleet.view(*pod.creation_time + std::chrono::hours{1});
  ASSERT_EQ(view.runs.size(), 1U);
  EXPECT_EQ(view.runs[0].verdict.state, GetParam().state);
  EXPECT_EQ(view.jobs.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Pods, RecordedPodTest,
    testing::Values(Recorded{"pods/succeeded.json", State::kSucceeded},
                    Recorded{"pods/failed-exit-1.json", State::kFailed},
                    Recorded{"pods/oom-killed-137.json", State::kFailed}, Recorded{"pods/evicted.json", State::kFailed},
                    Recorded{"pods/pending-unschedulable-cpu.json", State::kPending},
                    Recorded{"pods/image-pull-backoff.json", State::kPending},
                    Recorded{"pods/running.json", State::kRunning},
                    Recorded{"pods/node-lost-terminating.json", State::kFailed},
                    Recorded{"pods/driver-failed-classic-sidecar-running.json", State::kFailed},
                    Recorded{"spark/driver-cluster-oom-killed.json", State::kFailed},
                    Recorded{"spark/driver-native-sidecar-succeeded.json", State::kSucceeded},
                    Recorded{"sparkoperator-2.5.2/op-ok-driver-pod-succeeded.json", State::kSucceeded}));

// --- a sidecar's -------------------------------------------------------------------------------

class SingleRunTest : public testing::Test {
 protected:
  static FleetOptions options() {
    FleetOptions options;
    options.single_run = true;
    return options;
  }
  static RestFacts facts() {
    RestFacts facts;
    facts.kubernetes_namespace = "etl";
    facts.app = "nightly";
    facts.app_from = "spark-app-name";
    facts.app_id = "spark-1";
    facts.started = at(3605);
    facts.answers = true;
    return facts;
  }
  /// Its own pod and another driver's, which is none of its business.
  void put_all(const DriverPod& pod) {
    fleet.pods().put(nightly(9).pod());
    fleet.pods().put(pod.pod());
  }
  Fleet fleet{options()};
};

TEST_F(SingleRunTest, WithoutKubernetesItEndsUnknown) {
  EXPECT_EQ(fleet.verdict(at(1)).state, State::kPending);
  fleet.rest_says(facts(), at(3700));
  EXPECT_EQ(fleet.verdict(at(3700)).state, State::kRunning);
  auto over = facts();
  over.answers = false;
  over.over = true;
  fleet.rest_says(over, at(4000));
  EXPECT_EQ(fleet.verdict(at(4000)).state, State::kUnknown);
  const auto view = fleet.view(at(4001));
  EXPECT_EQ(job_of(view, "nightly").runs, (Counts{0, 0, 0, 1}));
  EXPECT_FALSE(job_of(view, "nightly").consecutive_failures);
  EXPECT_FALSE(job_of(view, "nightly").baseline);
}

TEST_F(SingleRunTest, EachSparkContextIsARunOfItsOwn) {
  fleet.rest_says(facts(), at(3700));
  auto second = facts();
  second.app_id = "spark-2";
  second.started = at(3800);
  fleet.rest_says(second, at(3801));
  EXPECT_EQ(fleet.verdict(at(3801)).state, State::kRunning);
  EXPECT_EQ(fleet.verdict(at(3801)).started, at(3800));
  auto view = fleet.view(at(3801));
  EXPECT_EQ(shown(view), Strings{"spark-2 running"});
  EXPECT_EQ(view.runs.front().submitted, at(3800));
  EXPECT_EQ(job_of(view, "nightly").runs, (Counts{0, 0, 0, 1}));
  second.over = true;
  second.answers = false;
  fleet.rest_says(second, at(4000));
  EXPECT_EQ(job_of(fleet.view(at(4000)), "nightly").runs, (Counts{0, 0, 0, 2}));
}

TEST_F(SingleRunTest, ItsOwnPodDecides) {
  fleet.own_pod("etl", "nightly-1");
  fleet.rest_says(facts(), at(3700));
  put_all(nightly(1));
  EXPECT_EQ(shown(fleet.view(at(3710))), Strings{"spark-1 running"});
  auto over = facts();
  over.over = true;
  over.answers = false;
  fleet.rest_says(over, at(4200));
  EXPECT_EQ(fleet.verdict(at(4200)).state, State::kRunning);
  put_all(nightly(1, 600, 1));
  EXPECT_EQ(fleet.verdict(at(4210)).state, State::kFailed);
  EXPECT_EQ(shown(fleet.view(at(4210))), Strings{"spark-1 failed"});
}

}  // namespace
}  // namespace spark_exporter::jobs::test
