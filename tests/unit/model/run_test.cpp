#include "exporter/model/run.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::model {
namespace {

using spark::JobStatus;
using spark::Millis;
using spark::StageStatus;
using spark::TimePoint;

TimePoint at(std::int64_t seconds) { return TimePoint{Millis{seconds * 1000}}; }

spark::Application application(const std::string& id = "spark-1", std::int64_t start = 1000) {
  spark::Application application;
  application.id = id;
  application.name = "job";
  application.start_time = at(start);
  return application;
}

spark::Job job(std::int64_t id, JobStatus status, std::vector<std::int64_t> stages = {}) {
  spark::Job job;
  job.id = id;
  job.status = status;
  job.stage_ids = std::move(stages);
  return job;
}

spark::Stage stage(std::int64_t id, StageStatus status, const std::string& failure = {}) {
  spark::Stage stage;
  stage.id = id;
  stage.status = status;
  stage.failure_reason = failure;
  return stage;
}

TEST(Run, TellsContextsApartByStartTime) {
  const model::Run run(application(), at(1001));
  EXPECT_TRUE(run.is(application()));
  EXPECT_FALSE(run.is(application("spark-2")));
  EXPECT_FALSE(run.is(application("spark-1", 2000)));
}

TEST(Run, OwesTheStagesOfAnEndedJobUntilTheyAreAnswered) {
  model::Run run(application(), at(1000));
  run.apply_jobs({job(0, JobStatus::kRunning, {0, 1})}, at(1010));
  EXPECT_TRUE(run.owed_stages().empty());
  run.apply_jobs({job(0, JobStatus::kSucceeded, {0, 1})}, at(1020));
  EXPECT_EQ(run.owed_stages(), (std::set<std::int64_t>{0, 1}));
  run.apply_stages({stage(0, StageStatus::kComplete)});
  EXPECT_EQ(run.owed_stages(), (std::set<std::int64_t>{1}));
  run.lose_stage(1);
  EXPECT_TRUE(run.owed_stages().empty());
}

TEST(Run, OwesTheStagesOfALostJob) {
  model::Run run(application(), at(1000));
  run.apply_jobs({job(0, JobStatus::kRunning, {4, 5})}, at(1010));
  run.lose_job(0);
  EXPECT_EQ(run.owed_stages(), (std::set<std::int64_t>{4, 5}));
  EXPECT_EQ(run.jobs().data().unknown, 1U);
}

TEST(Run, AsksAgainForCountedStagesOfAJobWithFailedOnes) {
  model::Run run(application(), at(1000));
  run.apply_stages({stage(2, StageStatus::kFailed)});
  auto failed = job(0, JobStatus::kSucceeded, {2});
  failed.failed_stages = 1;
  run.apply_jobs({failed}, at(1020));
  EXPECT_EQ(run.owed_stages(), (std::set<std::int64_t>{2}));
}

TEST(Run, JudgesAFailedBatchByItsStages) {
  model::Run run(application(), at(1000));
  const auto failed_batch = [](std::int64_t id, const std::string& run_id) {
    auto one = job(id, JobStatus::kFailed, {id});
    one.description = "q\nid = 1\nrunId = " + run_id + "\nbatch = 1";
    return one;
  };
  run.apply_jobs({failed_batch(0, "stopped"), failed_batch(1, "broken")}, at(1010));
  run.apply_stages({stage(0, StageStatus::kFailed, "Job 0 cancelled part of cancelled job group stopped"),
                    stage(1, StageStatus::kFailed, "Job aborted due to stage failure")});
  run.finish_poll();
  EXPECT_EQ(run.streaming().data().queries.at("q").failures, 1U);
  EXPECT_EQ(run.jobs().data().failed, 2U);
}

TEST(Run, KnowsWhyItsLastJobFailed) {
  model::Run run(application(), at(1000));
  EXPECT_EQ(run.last_job_failure(), "");
  run.apply_jobs({job(0, JobStatus::kFailed, {0})}, at(1010));
  run.apply_stages({stage(0, StageStatus::kFailed, "Job aborted due to stage failure: x")});
  run.finish_poll();
  EXPECT_EQ(run.last_job_failure(), "Job aborted due to stage failure: x");

  // In one poll the later one counts.
  run.apply_jobs({job(2, JobStatus::kSucceeded, {2}), job(1, JobStatus::kFailed, {1})}, at(1020));
  run.apply_stages({stage(1, StageStatus::kFailed, "y"), stage(2, StageStatus::kComplete)});
  run.finish_poll();
  EXPECT_EQ(run.last_job_failure(), "");

  run.apply_jobs({job(3, JobStatus::kFailed, {3})}, at(1030));
  run.apply_stages({stage(3, StageStatus::kFailed, "Job 3 cancelled by its user")});
  run.finish_poll();
  EXPECT_EQ(run.last_job_failure(), "");
}

TEST(Run, KnowsItsKind) {
  struct Case {
    const char* name;
    bool streams;
    outcome::Kind kind;
  };
  const Case cases[] = {{"nightly", false, outcome::Kind::kBatch},
                        {"nightly", true, outcome::Kind::kStreaming},
                        {"Thrift JDBC/ODBC Server", false, outcome::Kind::kServer},
                        {"Spark Connect server", true, outcome::Kind::kServer}};
  for (const auto& c : cases) {
    auto app = application();
    app.name = c.name;
    model::Run run(app, at(1000));
    if (c.streams) run.apply_dstreams({});
    EXPECT_EQ(to_string(run.kind()), to_string(c.kind)) << c.name;
  }
}

TEST(Run, RemembersTheLastProgress) {
  model::Run run(application(), at(1000));
  EXPECT_FALSE(run.last_progress());
  auto ended = job(0, JobStatus::kSucceeded);
  ended.completion_time = at(1015);
  run.apply_jobs({ended}, at(1020));
  EXPECT_EQ(run.last_progress(), at(1015));
  auto older = stage(0, StageStatus::kComplete);
  older.completion_time = at(1005);
  run.apply_stages({older});
  EXPECT_EQ(run.last_progress(), at(1015));
  spark::Executor executor;
  executor.id = "1";
  executor.completed_tasks = 1;
  run.apply_executors({executor}, at(1030));
  run.apply_executors({executor}, at(1040));
  EXPECT_EQ(run.last_progress(), at(1030));
}

TEST(Run, KeepsDroppedEventsOfABoundedNumberOfQueues) {
  model::Run run(application(), at(1000));
  spark::MetricsDump dump;
  dump.dropped_events["appStatus"] = 7;
  run.apply_metrics(dump);
  dump.dropped_events["appStatus"] = 3;
  for (int i = 0; i < 100; ++i) dump.dropped_events["queue" + std::to_string(i)] = 1;
  run.apply_metrics(dump);
  EXPECT_EQ(run.dropped_events().at("appStatus"), 7);
  EXPECT_EQ(run.dropped_events().size(), 32U);
}

TEST(Run, GoesOnWhereASavedOneStopped) {
  model::Run run(application(), at(1000));
  run.apply_jobs({job(0, JobStatus::kSucceeded, {0}), job(1, JobStatus::kRunning, {1})}, at(1010));
  run.apply_stages({stage(0, StageStatus::kComplete)});
  model::Run restored = model::Run::restore(run.save(), at(2000));
  EXPECT_TRUE(restored.is(application()));
  restored.apply_jobs({job(0, JobStatus::kSucceeded, {0}), job(1, JobStatus::kSucceeded, {1})}, at(2010));
  EXPECT_EQ(restored.jobs().data().succeeded, 2U);
  EXPECT_EQ(restored.stages().data().complete, 1U);
  EXPECT_EQ(restored.owed_stages(), (std::set<std::int64_t>{1}));
}

}  // namespace
}  // namespace spark_exporter::model
