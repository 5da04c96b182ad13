#include "exporter/model/work_ledger.hpp"

#include <gtest/gtest.h>

#include "exporter/model/run.hpp"
#include "exporter/model/state_file.hpp"

namespace spark_exporter::model {
namespace {

using spark::Millis;
using spark::TaskStatus;
using spark::TimePoint;

spark::Job job(std::int64_t id, std::vector<std::int64_t> stages, std::string group = {},
               std::string description = {}) {
  spark::Job job;
  job.id = id;
  job.status = spark::JobStatus::kSucceeded;
  job.stage_ids = std::move(stages);
  job.group = std::move(group);
  job.description = std::move(description);
  return job;
}

spark::SqlExecution sql(std::int64_t id, std::vector<std::int64_t> jobs, std::string description) {
  spark::SqlExecution execution;
  execution.id = id;
  execution.job_ids = std::move(jobs);
  execution.description = std::move(description);
  return execution;
}

spark::Stage stage(std::int64_t id, std::int64_t run_time, std::int64_t attempt = 0) {
  spark::Stage stage;
  stage.id = id;
  stage.attempt = attempt;
  stage.status = spark::StageStatus::kActive;
  stage.active_tasks = 1;
  stage.executor_run_time = Millis{run_time};
  return stage;
}

spark::Task task(std::int64_t id, TaskStatus status, std::int64_t duration, std::int64_t gc = 0, std::string error = {},
                 std::string executor = "1") {
  return {id, std::move(executor), status, Millis{duration}, Millis{duration}, Millis{gc}, std::move(error)};
}

using Groups = std::map<std::string, Millis>;

// --- groups -------------------------------------------------------------------------------------

TEST(WorkGroups, AreNamedByGroupThenStreamThenSqlThenDescription) {
  const std::string run_id = "9f6c7a52-0d4e-4e2f-9c59-6f8f3d1f2b11";
  const std::string micro = "clicks\nid = 1b2c\nrunId = " + run_id + "\nbatch = 7";
  struct Case {
    const char* what;
    spark::Job job;
    std::optional<std::string> sql;
    std::string group;
  };
  const Case cases[] = {
      {"a job group", job(0, {0}, "nightly", "load"), "select 1", "nightly"},
      {"a stream", job(0, {0}, run_id, micro), "clicks", "clicks"},
      {"a group beside a stream's description", job(0, {0}, "mine", micro), {}, "mine"},
      {"a SQL execution", job(0, {0}, "", "load"), "select 1", "select 1"},
      {"a SQL execution without words", job(0, {0}, "", "load"), "", "load"},
      {"a description", job(0, {0}, "", "load"), {}, "load"},
      {"nothing", job(0, {0}), {}, kNoGroup},
  };
  for (const auto& c : cases) {
    WorkLedger ledger;
    ledger.apply(c.job);
    ledger.apply(stage(0, 70), Millis{70}, false);
    EXPECT_EQ(ledger.totals().groups.size(), 0U) << c.what << ": not before SQL executions were read";
    if (c.sql) ledger.apply(sql(5, {0}, *c.sql));
    ledger.settle();
    ledger.apply(stage(0, 100), Millis{30}, true);
    EXPECT_EQ(ledger.totals().groups, (Groups{{c.group, Millis{100}}})) << c.what;
  }
}

TEST(WorkGroups, ASharedStageBelongsToTheFirstJob) {
  WorkLedger ledger;
  ledger.apply(job(0, {0, 1}, "first"));
  ledger.apply(job(1, {1, 2}, "second"));
  ledger.settle();
  for (const auto id : {0, 1, 2}) ledger.apply(stage(id, 10), Millis{10}, true);
  EXPECT_EQ(ledger.totals().groups, (Groups{{"first", Millis{20}}, {"second", Millis{10}}}));
}

TEST(WorkGroups, ARunningJobWaitsOncePerhapsItsExecutionListsIt) {
  WorkLedger ledger;
  auto running = job(0, {0}, "", "load");
  running.status = spark::JobStatus::kRunning;
  ledger.apply(running);
  ledger.apply(stage(0, 10), Millis{10}, false);
  ledger.settle();
  EXPECT_TRUE(ledger.totals().groups.empty());
  ledger.apply(sql(0, {0}, "select 1"));
  ledger.settle();
  EXPECT_EQ(ledger.totals().groups, (Groups{{"select 1", Millis{10}}}));
}

TEST(WorkGroups, AnExecutionMayBeReadBeforeItsJob) {
  WorkLedger ledger;
  ledger.apply(sql(3, {0}, "select 1"));
  ledger.settle();
  ledger.apply(job(0, {0}));
  ledger.settle();
  ledger.apply(stage(0, 10), Millis{10}, true);
  EXPECT_EQ(ledger.totals().groups, (Groups{{"select 1", Millis{10}}}));
}

TEST(WorkGroups, AStageWithoutAJobWaitsForOneThenIsNobodys) {
  WorkLedger ledger;
  ledger.apply(stage(0, 10), Millis{10}, false);
  ledger.apply(stage(1, 5), Millis{5}, false);
  ledger.settle();
  EXPECT_TRUE(ledger.totals().groups.empty());
  ledger.apply(job(0, {0}, "late"));
  ledger.settle();
  EXPECT_EQ(ledger.totals().groups, (Groups{{"late", Millis{10}}, {kNoGroup, Millis{5}}}));
}

TEST(WorkGroups, BeyondTheLimitAreOtherAndStaySo) {
  WorkLedger ledger;
  ledger.set_group_limit(2);
  for (int i = 0; i < 4; ++i) {
    ledger.apply(job(i, {i}, i == 1 ? "" : "g" + std::to_string(i)));
    ledger.settle();
    ledger.apply(stage(i, 1), Millis{1}, true);
  }
  EXPECT_EQ(ledger.totals().groups,
            (Groups{{"g0", Millis{1}}, {"g2", Millis{1}}, {kNoGroup, Millis{1}}, {kOtherGroups, Millis{1}}}));
  ledger.apply(job(9, {9}, "g2"));
  ledger.settle();
  ledger.apply(stage(9, 1), Millis{1}, true);
  EXPECT_EQ(ledger.totals().groups.at("g2"), Millis{2}) << "a known one is known";
}

TEST(WorkGroups, NamesAreCutBetweenCodePoints) {
  WorkLedger ledger;
  ledger.apply(job(0, {0}, std::string(199, 'x') + "\xC3\xA9"));
  ledger.settle();
  ledger.apply(stage(0, 1), Millis{1}, true);
  EXPECT_EQ(ledger.totals().groups.begin()->first, std::string(199, 'x'));
}

TEST(WorkGroups, MemoryIsBounded) {
  WorkLedger ledger;
  for (std::int64_t i = 0; i < 15'000; ++i) {
    ledger.apply(job(i, {i}, "g"));
    ledger.apply(sql(i, {i}, "q"));
    ledger.apply(stage(i, 2), Millis{2}, true);
    if (i % 100 == 99) ledger.settle();
  }
  EXPECT_LE(ledger.data().jobs.size(), 10'000U);
  EXPECT_LE(ledger.data().owners.size(), 2'000U);
  EXPECT_LE(ledger.data().queries.size(), 200U);
  EXPECT_TRUE(ledger.data().waiting.empty());
  EXPECT_EQ(ledger.totals().groups, (Groups{{"g", Millis{30'000}}}));
}

// --- queries ------------------------------------------------------------------------------------

TEST(WorkQueries, TheTenMostExpensiveAreKept) {
  WorkLedger ledger;
  for (std::int64_t id = 0; id < 500; ++id) {
    ledger.apply(job(id, {2 * id, 2 * id + 1}));
    ledger.apply(sql(id, {id}, "q" + std::to_string(id)));
    ledger.settle();
    const auto time = id % 50 == 7 ? 1'000 + id : id % 40 + 1;
    ledger.apply(stage(2 * id, time), Millis{time}, true);
    ledger.apply(stage(2 * id + 1, 1), Millis{1}, true);
  }
  const auto top = ledger.totals().top_queries;
  ASSERT_EQ(top.size(), 10U);
  for (std::size_t i = 0; i < top.size(); ++i) {
    const auto id = 457 - 50 * static_cast<std::int64_t>(i);
    EXPECT_EQ(top[i], (QueryWork{id, "q" + std::to_string(id), Millis{1'001 + id}}));
  }
}

// --- lost tasks ---------------------------------------------------------------------------------

spark::Stage with_lost(std::int64_t failed, std::int64_t killed, std::int64_t attempt = 0, std::int64_t good = 0) {
  auto out = stage(4, 0, attempt);
  out.failed_tasks = failed;
  out.killed_tasks = killed;
  out.completed_tasks = good;
  return out;
}

TEST(LostTasks, AreSortedByWhyTheyBoughtNothing) {
  WorkLedger ledger;
  ledger.apply(with_lost(1, 3), Millis{0}, false);
  ASSERT_EQ(ledger.owed(), (std::vector<WorkLedger::Key>{{4, 0}}));
  ledger.apply(
      {4, 0},
      {task(1, TaskStatus::kFailed, 100, 10), task(2, TaskStatus::kKilled, 200, 0, "another attempt succeeded"),
       task(3, TaskStatus::kKilled, 50, 0, "Finish but did not commit due to another attempt succeeded"),
       task(4, TaskStatus::kKilled, 7, 9, "Stage cancelled", "2"), task(5, TaskStatus::kSuccess, 1'000),
       task(6, TaskStatus::kRunning, 1'000)},
      250);
  EXPECT_TRUE(ledger.owed().empty());
  const auto lost = ledger.totals().lost;
  EXPECT_EQ(lost.at("1"), (LostTasks{Millis{90}, Millis{0}, Millis{250}, Millis{0}, 3}));
  EXPECT_EQ(lost.at("2"), (LostTasks{Millis{0}, Millis{0}, Millis{0}, Millis{0}, 1}))
      << "more collector time than duration";
}

TEST(LostTasks, ThatToldNoRunTimeAreTheirGroupsAllTheSame) {
  WorkLedger ledger;
  ledger.apply(job(1, {4}, "nightly"));
  ledger.settle();
  ledger.settle();
  ledger.apply(with_lost(4, 0), Millis{100}, false);
  auto told = task(1, TaskStatus::kFailed, 1'000);
  auto untold = task(2, TaskStatus::kFailed, 1'000);
  untold.executor_run_time = Millis{0};
  auto behind = task(3, TaskStatus::kFailed, 1'000);
  behind.executor_run_time = Millis{300};
  auto loading = task(4, TaskStatus::kFailed, 1'000);
  loading.executor_run_time = Millis{200};
  loading.executor_deserialize_time = Millis{700};
  ledger.apply({4, 0}, {told, untold, behind, loading}, 250);
  ledger.apply({4, 0}, {told, untold, behind, loading}, 250);
  EXPECT_EQ(ledger.totals().groups, (Groups{{"nightly", Millis{100 + 1'000 + 700 + 100}}}));
}

TEST(LostTasks, OfALaterAttemptAreAllThatEnded) {
  WorkLedger ledger;
  ledger.apply(with_lost(1, 0, 1, 2), Millis{0}, true);
  ledger.apply({4, 1},
               {task(1, TaskStatus::kSuccess, 100, 10), task(2, TaskStatus::kFailed, 20),
                task(3, TaskStatus::kKilled, 3), task(4, TaskStatus::kRunning, 1'000)},
               250);
  EXPECT_EQ(ledger.totals().lost.at("1"), (LostTasks{Millis{0}, Millis{113}, Millis{0}, Millis{0}, 3}));
  EXPECT_EQ(ledger.attempt({4, 1}), nullptr) << "closed and read: nothing more to remember";
}

TEST(LostTasks, AreAskedForOnlyWhenThereAreMore) {
  WorkLedger ledger;
  ledger.apply(with_lost(0, 0), Millis{5}, false);
  EXPECT_TRUE(ledger.owed().empty());
  ledger.apply(with_lost(2, 0), Millis{5}, false);
  ledger.apply({4, 0}, {task(1, TaskStatus::kFailed, 10)}, 250);  // the other was forgotten by Spark
  ledger.apply(with_lost(2, 0), Millis{5}, false);
  EXPECT_TRUE(ledger.owed().empty());
  ledger.apply(with_lost(3, 0), Millis{5}, false);
  EXPECT_EQ(ledger.owed().size(), 1U);
  ledger.apply({4, 0}, {task(9, TaskStatus::kFailed, 5)}, 250);
  EXPECT_EQ(ledger.totals().lost.at("1").failed, Millis{15}) << "what is no longer listed stays";
}

TEST(LostTasks, PagesCountEachTaskOnce) {
  WorkLedger ledger;
  ledger.apply(with_lost(5, 0), Millis{0}, false);
  ledger.apply({4, 0}, {task(1, TaskStatus::kFailed, 1), task(3, TaskStatus::kFailed, 1)}, 2);
  ASSERT_NE(ledger.attempt({4, 0}), nullptr);
  EXPECT_EQ(ledger.attempt({4, 0})->offset, 2);
  EXPECT_EQ(ledger.owed().size(), 1U);
  // Task 2 ended meanwhile and moved 3 back, more ended than the list was begun for.
  ledger.apply(with_lost(6, 0), Millis{0}, true);
  ledger.apply({4, 0}, {task(3, TaskStatus::kFailed, 1), task(4, TaskStatus::kFailed, 1)}, 2);
  ledger.apply({4, 0}, {task(5, TaskStatus::kFailed, 1)}, 2);
  EXPECT_EQ(ledger.totals().lost.at("1").failed, Millis{4});
  ASSERT_EQ(ledger.owed().size(), 1U) << "the sixth: from the beginning";
  EXPECT_EQ(ledger.attempt({4, 0})->offset, 0);
  ledger.apply({4, 0}, {task(1, TaskStatus::kFailed, 1), task(2, TaskStatus::kFailed, 1)}, 2);
  ledger.apply({4, 0}, {task(3, TaskStatus::kFailed, 1), task(4, TaskStatus::kFailed, 1)}, 2);
  ledger.apply({4, 0}, {task(5, TaskStatus::kFailed, 1)}, 2);
  EXPECT_EQ(ledger.totals().lost.at("1").failed, Millis{5});
  EXPECT_TRUE(ledger.owed().empty());
}

TEST(LostTasks, OfTooManyAttemptsAreLeftOut) {
  WorkLedger ledger;
  for (std::int64_t id = 0; id < 1'500; ++id) {
    auto failing = with_lost(1, 0);
    failing.id = id;
    ledger.apply(failing, Millis{0}, true);
  }
  EXPECT_EQ(ledger.owed().size(), 1'000U);
}

TEST(LostTasks, HostileNumbersDoNotOverflow) {
  WorkLedger ledger;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  ledger.apply(with_lost(kMost, kMost, 1, kMost), Millis{kMost}, false);
  ledger.apply({4, 1},
               {task(1, TaskStatus::kFailed, kMost), task(2, TaskStatus::kFailed, kMost),
                task(-1, TaskStatus::kFailed, 5), task(3, TaskStatus::kFailed, 5, 0, "", "")},
               250);
  EXPECT_EQ(ledger.totals().lost.size(), 1U);
  EXPECT_EQ(ledger.totals().lost.at("1").retried, Millis{kMost});
}

// --- with the run -------------------------------------------------------------------------------

TEST(Work, OfARunIsCountedOnceAndSurvivesTheStateFile) {
  model::Run run(spark::Application{}, TimePoint{});
  run.apply_jobs({job(0, {0}, "g")}, TimePoint{});
  run.apply_sql(sql(0, {0}, "select \"1\""));
  auto first = stage(0, 100);
  first.failed_tasks = 300;
  run.apply_stages({first});
  run.apply_stages({stage(0, 60)});  // an older answer
  run.settle_groups();
  run.apply_lost_tasks({0, 0}, {task(7, TaskStatus::kFailed, 10)}, 1);
  run.apply_stages({stage(5, 3)});  // nobody's yet

  auto saved = from_json(to_json(run.save()));
  ASSERT_TRUE(saved) << saved.error().what;
  model::Run next = model::Run::restore(std::move(*saved), TimePoint{});
  EXPECT_EQ(next.work().totals(), run.work().totals());
  EXPECT_EQ(next.work().totals().groups, (Groups{{"g", Millis{100}}}));
  EXPECT_EQ(next.work().totals().top_queries, (std::vector<QueryWork>{{0, "select \"1\"", Millis{100}}}));

  auto last = stage(0, 150);
  last.failed_tasks = 300;
  last.status = spark::StageStatus::kComplete;
  last.active_tasks = 0;
  for (int i = 0; i < 3; ++i) next.apply_stages({last});
  EXPECT_EQ(next.work().totals().groups, (Groups{{"g", Millis{150}}}));
  next.apply_lost_tasks({0, 0}, {task(7, TaskStatus::kFailed, 10), task(8, TaskStatus::kFailed, 5)}, 250);
  EXPECT_EQ(next.work().totals().lost.at("1").failed, Millis{15}) << "task 7 was known";
  next.settle_groups();
  next.settle_groups();
  EXPECT_EQ(next.work().totals().groups.at(kNoGroup), Millis{3});
}

TEST(Work, AStateFileWithoutItIsReadToo) {
  auto text = to_json(model::Run(spark::Application{}, TimePoint{}).save());
  const auto at = text.find(",\"work\":");
  ASSERT_NE(at, std::string::npos);
  text = text.substr(0, at) + "}";
  EXPECT_TRUE(from_json(text));
}

}  // namespace
}  // namespace spark_exporter::model
