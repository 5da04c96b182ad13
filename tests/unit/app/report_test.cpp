#include "exporter/app/report.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace spark_exporter::app {
namespace {

using Json = nlohmann::json;
using spark::Millis;
using spark::TimePoint;

TimePoint at(std::int64_t seconds) { return TimePoint{Millis{seconds * 1000}}; }

spark::Application application() {
  spark::Application application;
  application.id = "spark-1";
  application.name = "sales-0123456789abcdef";
  application.spark_version = "3.5.9";
  application.spark_user = "etl";
  application.start_time = at(1000);
  return application;
}

spark::Executor executor(const std::string& id, std::int64_t gc_milliseconds) {
  spark::Executor executor;
  executor.id = id;
  executor.add_time = at(1000);
  executor.max_tasks = 4;
  executor.completed_tasks = 7;
  executor.peak.emplace();
  executor.peak->minor_gc_time = executor.peak->total_gc_time = Millis{gc_milliseconds};
  executor.peak->jvm_heap_memory = 1 << 20;
  return executor;
}

spark::Stage stage(std::int64_t id, std::int64_t run_time) {
  spark::Stage stage;
  stage.id = id;
  stage.status = spark::StageStatus::kActive;
  stage.tasks = 10;
  stage.active_tasks = 1;
  stage.executor_run_time = Millis{run_time};
  stage.disk_bytes_spilled = 5;
  return stage;
}

struct Scene {
  model::Run run{application(), at(1001)};
  model::Snapshot snapshot;

  Scene() {
    snapshot.now = at(2000);
    auto& view = snapshot.runs.emplace_back();
    view.run = &run;
    view.kubernetes_namespace = "prod";
    view.app = "sales";
    view.app_from = "application";
    view.app_id = "spark-1";
    view.fresh = true;
    view.info_labels = {{"team", "data"}};
  }
  Json report() const { return Json::parse(report_json(snapshot)); }
};

TEST(Report, SaysWhatIsKnown) {
  Scene scene;
  scene.run.apply_stages({stage(3, 2000)});
  scene.run.apply_skew({{3, 0}, 4.5, at(1900)});
  scene.run.apply_executors({executor("driver", 0), executor("1", 250'000)}, at(2000));
  scene.run.apply_rdds({{5, "cached table", "Disk Memory Deserialized 1x Replicated", 8, 6, 100, 50}});
  auto& source = scene.snapshot.sources["spark"];
  source.up = true;
  source.errors[static_cast<std::size_t>(ErrorKind::kTimeout)] = 2;
  const auto report = scene.report();
  EXPECT_EQ(report["schema_version"], 1);
  const auto& run = report["runs"][0];
  EXPECT_EQ(run["app"], "sales");
  EXPECT_EQ(run["state"], "running");
  EXPECT_EQ(run["kind"], "batch");
  EXPECT_EQ(run["labels"]["team"], "data");
  EXPECT_EQ(run["duration_seconds"], 1000);
  EXPECT_EQ(run["stages"]["skew"], (Json{{"stage", 3}, {"attempt", 0}, {"ratio", 4.5}}));
  EXPECT_EQ(run["stages"]["running"][0]["stage"], 3);
  EXPECT_EQ(run["volumes"]["disk_spilled_bytes"], 5);
  EXPECT_EQ(run["gc"]["seconds"], 250);
  EXPECT_EQ(run["gc"]["ratio"], 0.125);
  EXPECT_EQ(run["executors"]["list"][0]["id"], "1") << "the one with most garbage collection first";
  EXPECT_EQ(run["executors"]["list"][0]["gc_ratio"], 0.25);
  EXPECT_EQ(run["cached_rdds"][0]["cached_partitions"], 6);
  EXPECT_EQ(report["sources"]["spark"]["errors"], (Json{{"timeout", 2}}));
}

TEST(Report, LeavesOutWhatIsNotKnown) {
  Scene scene;
  const auto run = scene.report()["runs"][0];
  EXPECT_FALSE(run.contains("driver_pod"));
  EXPECT_FALSE(run.contains("last_progress_timestamp_seconds"));
  EXPECT_FALSE(run["gc"].contains("seconds"));
  EXPECT_FALSE(run["stages"].contains("skew"));
  EXPECT_FALSE(run["executors"].contains("memory_limit_bytes"));
}

TEST(Report, AnswersBeforeThereIsARun) {
  model::Snapshot snapshot;
  EXPECT_EQ(Json::parse(report_json(snapshot))["runs"], Json::array());
  outcome::RunView ending;
  ending.app_id = "spark-9";
  ending.verdict.state = outcome::State::kPending;
  const auto report = Json::parse(report_json(snapshot, &ending));
  EXPECT_EQ(report["runs"][0]["state"], "pending");
  EXPECT_EQ(report["runs"][0]["app_id"], "spark-9");
  EXPECT_FALSE(report["runs"][0].contains("outcome"));
}

TEST(Report, TellsTheOutcomeAndTheWarning) {
  Scene scene;
  outcome::RunView ending;
  ending.verdict.state = outcome::State::kFailed;
  ending.verdict.reason = outcome::Reason::kUserError;
  ending.verdict.confidence = outcome::Confidence::kCertain;
  ending.verdict.exit_code = 3;
  ending.verdict.exception = "java.lang.IllegalStateException";
  ending.verdict.ended = at(77);
  const auto report = Json::parse(report_json(scene.snapshot, &ending, "too short"));
  const auto& run = report["runs"][0];
  EXPECT_EQ(run["state"], "failed");
  EXPECT_EQ(run["end_timestamp_seconds"], 77);
  EXPECT_EQ(run["outcome"], Json::parse(R"({"confidence":"certain","reason":"UserError","exit_code":3,
                                            "exception":"java.lang.IllegalStateException"})"));
  EXPECT_EQ(report["warnings"], Json::parse(R"(["too short"])"));
  EXPECT_FALSE(Json::parse(report_json(scene.snapshot)).contains("warnings"));
}

TEST(Report, PutsTheCurrentRunFirst) {
  Scene scene;
  auto older = application();
  older.id = "spark-0";
  const model::Run ended(older, at(10));
  auto view = scene.snapshot.runs.front();
  view.run = &ended;
  view.app_id = "spark-0";
  view.over = true;
  scene.snapshot.runs.insert(scene.snapshot.runs.begin(), view);
  const auto report = scene.report();
  ASSERT_EQ(report["runs"].size(), 2U);
  EXPECT_EQ(report["runs"][0]["app_id"], "spark-1");
  EXPECT_EQ(report["runs"][1]["state"], "unknown");
}

TEST(Report, ListsAtMostTenRunningStages) {
  Scene scene;
  spark::Stages stages;
  for (std::int64_t id = 0; id < 30; ++id) stages.push_back(stage(id, id * 10));
  scene.run.apply_stages(stages);
  const auto all = scene.report()["runs"][0]["stages"];
  EXPECT_EQ(all["active"], 30);
  ASSERT_EQ(all["running"].size(), 10U);
  EXPECT_EQ(all["running"][0]["stage"], 29) << "the longest first";
}

/// Everything as large as it can be at once.
void fill_to_the_brim(Scene& scene) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const std::string odd = std::string("\"\\\x01\n\xFF") + std::string(2000, '"');
  auto& view = scene.snapshot.runs.front();
  view.kubernetes_namespace = view.app = view.app_id = view.driver_pod = odd;
  std::vector<spark::Executor> executors;
  spark::Stages stages;
  std::vector<spark::Rdd> rdds;
  spark::MetricsDump dump;
  for (int i = 0; i < 500; ++i) {
    const std::string name = odd.substr(0, 5) + std::to_string(i) + odd;
    view.info_labels.emplace_back(name, odd);
    auto one = executor(name, kMost);
    one.max_tasks = one.active_tasks = one.completed_tasks = one.failed_tasks = kMost;
    one.memory_used = one.max_memory = one.peak->jvm_heap_memory = kMost;
    executors.push_back(one);
    stages.push_back(stage(i, kMost));
    stages.back().tasks = stages.back().completed_indices = stages.back().disk_bytes_spilled = kMost;
    rdds.push_back({kMost, name, odd, kMost, kMost, kMost, kMost});
    dump.streaming[name] = {1e-300 / 3, 1e300 / 3, 1e300 / 7, 1e300 / 9, 1e300 / 11, 1e300};
    auto& source = scene.snapshot.sources[name];
    source.errors.fill(std::numeric_limits<std::uint64_t>::max());
    source.duration_seconds = 1e300 / 3;
    source.last_success = at(1'700'000'000);
  }
  scene.run.apply_executors(executors, at(1'700'000'000));
  scene.run.apply_stages(stages);
  scene.run.apply_rdds(rdds);
  scene.run.apply_metrics(dump);
  scene.snapshot.now = at(1'700'000'000);
}

TEST(Report, StaysSmallAndValidWhateverTheRun) {
  Scene scene;
  fill_to_the_brim(scene);
  scene.snapshot.runs.push_back(scene.snapshot.runs.front());
  const auto text = report_json(scene.snapshot);
  EXPECT_LT(text.size(), kReportBytes);
  const auto report = Json::parse(text);
  EXPECT_EQ(report["runs"].size(), 2U);
  EXPECT_EQ(report["runs"][0]["executors"]["left_out"], 460);
}

TEST(Report, SurvivesTimesBeyondAllClocks) {
  Scene scene;
  auto odd = application();
  odd.start_time = TimePoint::min();
  const model::Run run(odd, TimePoint::max());
  scene.snapshot.runs.front().run = &run;
  scene.snapshot.now = TimePoint::max();
  EXPECT_EQ(scene.report()["runs"].size(), 1U);
}

}  // namespace
}  // namespace spark_exporter::app
