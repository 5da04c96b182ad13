// What is shown of outcomes: what each state has, what nobody knows, and that no series is there twice.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

using outcome::Component;
using outcome::State;
using test::at;
using test::outcome_of;
using test::Scene;

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string samples(Scene& scene, std::string_view family) { return scene.samples(collect_outcomes, family); }

outcome::JobView job(const std::string& app = "sales") {
  outcome::JobView job;
  job.kubernetes_namespace = "prod";
  job.app = app;
  return job;
}

TEST(Outcomes, AreWrittenByOneProcessOnly) {
  Scene scene;
  EXPECT_EQ(scene.text(collect_outcomes), "");
  scene.outcomes();
  EXPECT_EQ(scene.text(collect_outcomes), "") << "nothing is known yet";
}

TEST(Outcomes, EachStateHasItsStatus) {
  struct Case {
    State state;
    const char* name;
    const char* status;
    bool ended, has_pods;
  };
  const Case cases[] = {
      {State::kPending, "pending", "0", false, true},    {State::kRunning, "running", "0", false, true},
      {State::kRetrying, "retrying", "0", true, true},   {State::kSucceeded, "succeeded", "1", true, false},
      {State::kFailed, "failed", "2", true, false},      {State::kCancelled, "cancelled", nullptr, true, false},
      {State::kUnknown, "unknown", nullptr, true, false}};
  ASSERT_EQ(std::size(cases), static_cast<std::size_t>(outcome::kStates));
  for (const auto& c : cases) {
    Scene scene;
    auto run = outcome_of(c.state);
    run.pods_known = true;
    run.verdict.started = at(100);
    run.verdict.ended = at(130);
    scene.outcomes().runs = {run};
    EXPECT_EQ(samples(scene, "spark_job_status"),
              c.status == nullptr ? "" : "spark_job_status{RUN} " + std::string(c.status) + "\n")
        << c.name;
    const auto states = samples(scene, "spark_job_state");
    EXPECT_EQ(lines(states), 7U) << c.name;
    EXPECT_NE(states.find("state=\"" + std::string(c.name) + "\"} 1\n"), std::string::npos) << states;
    EXPECT_EQ(states.find("} 1\n"), states.rfind("} 1\n")) << states;
    EXPECT_EQ(samples(scene, "spark_job_end_timestamp_seconds"),
              c.ended ? "spark_job_end_timestamp_seconds{RUN} 130\n" : "")
        << c.name;
    EXPECT_EQ(samples(scene, "spark_job_duration_seconds"), c.ended ? "spark_job_duration_seconds{RUN} 30\n" : "")
        << c.name;
    EXPECT_EQ(lines(samples(scene, "spark_job_pods")), c.has_pods ? 10U : 0U) << c.name;
    EXPECT_EQ(lines(samples(scene, "spark_job_pods_waiting")), c.has_pods ? 12U : 0U) << c.name;
    EXPECT_EQ(samples(scene, "spark_job_failure_info") != "", c.state == State::kFailed) << c.name;
  }
}

TEST(Outcomes, WhatNobodyKnowsIsAbsent) {
  Scene scene;
  auto& view = scene.outcomes();
  view.runs = {outcome_of(State::kFailed, "")};
  view.jobs = {job()};
  const std::string identity = R"({namespace="prod",app="sales")";
  EXPECT_EQ(samples(scene, "spark_job_status"), "spark_job_status" + identity + "} 2\n");
  EXPECT_EQ(samples(scene, "spark_job_info"), "spark_job_info" + identity + ",kind=\"batch\"} 1\n");
  EXPECT_EQ(samples(scene, "spark_job_failure_info"), "spark_job_failure_info" + identity + ",reason=\"Unknown\"} 1\n");
  std::set<std::string> families;
  std::istringstream in(scene.text(collect_outcomes));
  for (std::string line; std::getline(in, line);) families.insert(line.substr(0, line.find('{')));
  std::erase_if(families, [](const auto& name) { return name.starts_with('#'); });
  EXPECT_EQ(families,
            (std::set<std::string>{"spark_job_status", "spark_job_state", "spark_job_info", "spark_job_failure_info",
                                   "spark_job_runs_total", "spark_job_retries_total"}));
}

TEST(Outcomes, AStartBeforeTheClockWentBackIsNoNegativeDuration) {
  Scene scene;
  auto run = outcome_of(State::kSucceeded);
  run.verdict.started = at(100);
  run.verdict.ended = at(99);
  scene.outcomes().runs = {run};
  EXPECT_EQ(samples(scene, "spark_job_duration_seconds"), "spark_job_duration_seconds{RUN} 0\n");
}

TEST(Outcomes, TerminationsStayWhenTheRunHasEnded) {
  Scene scene;
  auto run = outcome_of(State::kFailed);
  run.pods_known = true;
  run.terminations[static_cast<std::size_t>(Component::kDriver)]
                  [static_cast<std::size_t>(outcome::Termination::kOomKilled)] = 1;
  scene.outcomes().runs = {run};
  const auto text = samples(scene, "spark_job_pod_terminations_total");
  EXPECT_EQ(lines(text), static_cast<std::size_t>(outcome::kTerminations) + 1) << "of executors all, from 0 on";
  EXPECT_NE(text.find("{RUN,component=\"driver\",reason=\"OOMKilled\"} 1\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("component=\"driver\""), text.rfind("component=\"driver\"")) << text;
  scene.outcomes().runs.front().pods_known = false;
  EXPECT_EQ(samples(scene, "spark_job_pod_terminations_total"), "");
}

TEST(Outcomes, AllowedLabelsDoNotCollideWithOurs) {
  Scene scene;
  auto run = outcome_of(State::kRunning);
  run.app_from = "label";
  run.info_labels = {{"team", "data"}, {"kind", "nightly"}, {"app", "x"},     {"label_app", "y"},
                     {"owner", ""},    {"node", "z"},       {"team", "again"}};
  scene.outcomes().runs = {run};
  EXPECT_EQ(samples(scene, "spark_job_info"),
            "spark_job_info{RUN,kind=\"batch\",app_from=\"label\",team=\"data\",label_kind=\"nightly\","
            "label_app=\"x\",label_label_app=\"y\",label_node=\"z\",label_team=\"again\"} 1\n");
}

TEST(Outcomes, OfTwoRunsWithOneIdentityTheLaterWins) {
  Scene scene;
  const std::string twin(limits::kLabelValueBytes, 'x');
  auto& view = scene.outcomes();
  view.runs = {outcome_of(State::kFailed),    outcome_of(State::kRunning, twin + "1"), outcome_of(State::kPending, ""),
               outcome_of(State::kSucceeded), outcome_of(State::kFailed, twin + "2"),  outcome_of(State::kRunning, "")};
  view.jobs = {job(twin + "1"), job(twin + "2")};
  view.jobs.back().retries = 7;
  const auto text = scene.text(collect_outcomes);
  EXPECT_EQ(samples(scene, "spark_job_status"),
            "spark_job_status{RUN} 1\n"
            "spark_job_status{namespace=\"prod\",app=\"sales\",app_id=\"" +
                twin +
                "\"} 2\n"
                "spark_job_status{namespace=\"prod\",app=\"sales\"} 0\n");
  EXPECT_EQ(samples(scene, "spark_job_retries_total"),
            "spark_job_retries_total{namespace=\"prod\",app=\"" + twin + "\"} 7\n");
  std::set<std::string> seen;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second || line.starts_with('#')) << line;
  }
}

TEST(Outcomes, HostileTextIsEscapedAndCut) {
  Scene scene;
  auto run = outcome_of(State::kFailed, "a\"b\\c\nd\xFF");
  run.verdict.exception = "\n\"\\" + std::string(300, 'x');
  scene.outcomes().runs = {run};
  const auto text = scene.text(collect_outcomes);
  EXPECT_NE(text.find("app_id=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("exception=\"\\n\\\"\\\\" + std::string(197, 'x') + "\"} 1\n"), std::string::npos) << text;
}

TEST(Outcomes, TheBudgetOfSeriesHoldsForThemToo) {
  Scene scene;
  for (int i = 0; i < 20; ++i) scene.outcomes().runs.push_back(outcome_of(State::kRunning, std::to_string(i)));
  scene.snapshot().limits.series = 30;
  const auto text = scene.text(collect_outcomes);
  EXPECT_EQ(lines(test::samples_of(text, "spark_job_status")), 20U);
  EXPECT_EQ(lines(test::samples_of(text, "spark_job_state")), 10U);
  EXPECT_EQ(test::samples_of(text, "spark_job_info"), "");
  EXPECT_EQ(scene.drops().series().at("spark_job_state"), 130U);
  EXPECT_EQ(scene.drops().series().at("spark_job_info"), 20U);
}

TEST(LastWords, AreCountedByChannelAndResult) {
  Scene scene;
  EXPECT_EQ(scene.samples(collect_self, "spark_exporter_outcome_deliveries_total"), "");
  EXPECT_EQ(scene.samples(collect_self, "spark_exporter_final_scrapes"), "") << "no outcome yet";
  scene.snapshot().deliveries = {{{"event", "refused"}, 0}, {{"observer", "ok"}, 2}};
  scene.snapshot().final_scrapes = 0;
  EXPECT_EQ(scene.samples(collect_self, "spark_exporter_outcome_deliveries_total"),
            "spark_exporter_outcome_deliveries_total{channel=\"event\",result=\"refused\"} 0\n"
            "spark_exporter_outcome_deliveries_total{channel=\"observer\",result=\"ok\"} 2\n");
  EXPECT_EQ(scene.samples(collect_self, "spark_exporter_final_scrapes"), "spark_exporter_final_scrapes 0\n");
}

}  // namespace
}  // namespace spark_exporter::metrics
