// What the collectors do beyond the plain case: values that end, caps, ends of executors, odd names.

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

using test::at;
using test::executor;
using test::gone;
using test::samples_of;
using test::Scene;
using test::with_gc;

std::string render_all(Scene& scene) {
  const auto names = collector_names();
  return render(scene.snapshot(), {names.begin(), names.end()}, scene.drops());
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// "# TYPE name gauge" and the like: name to type.
std::map<std::string, std::string> types(const std::string& exposition) {
  std::map<std::string, std::string> all;
  std::istringstream in(exposition);
  for (std::string hash, word, name, rest; in >> hash >> word >> name && std::getline(in, rest);) {
    if (hash == "#" && word == "TYPE") all[name] = rest.substr(1);
    if (hash != "#") break;
    while (in.peek() != '#' && std::getline(in, rest)) {
    }
  }
  return all;
}

TEST(Freshness, GaugesEndAndCountersStay) {
  Scene scene;
  fill(scene);
  const auto live = types(render_all(scene));
  scene.view().fresh = false;
  const auto stale = types(render_all(scene));
  EXPECT_GT(live.size(), 60U);
  for (const auto& [name, type] : live) {
    // Advice is about all of the run, not about now.
    const bool of_outcomes = name.starts_with("spark_job_") && !name.starts_with("spark_job_cost_") &&
                             name != "spark_job_last_progress_timestamp_seconds";
    const bool stays = type != "gauge" || of_outcomes || name.starts_with("spark_exporter_") ||
                       name.starts_with("backup_") || name.starts_with("data_quality_");
    EXPECT_EQ(stale.contains(name), stays) << name;
  }
}

TEST(Freshness, CountersKeepTheirValues) {
  Scene scene;
  fill(scene);
  const auto before = scene.text(collect_gc);
  scene.view().fresh = false;
  scene.snapshot().now = at(9000);
  EXPECT_EQ(scene.text(collect_gc), before);
}

TEST(KnownAndNone, IsZeroFromTheStart) {
  Scene scene;
  EXPECT_EQ(scene.samples(collect_work, "spark_app_jobs_total"),
            "spark_app_jobs_total{RUN,status=\"failed\"} 0\nspark_app_jobs_total{RUN,status=\"succeeded\"} 0\n"
            "spark_app_jobs_total{RUN,status=\"unknown\"} 0\n");
  EXPECT_EQ(lines(scene.samples(collect_work, "spark_app_stages_total")), 3U);
  EXPECT_EQ(lines(scene.samples(collect_work, "spark_app_tasks_total")), 3U);
  EXPECT_EQ(lines(scene.samples(collect_sql, "spark_sql_executions_total")), 2U);
  EXPECT_EQ(lines(scene.samples(collect_executors, "spark_executor_removals_total")),
            static_cast<std::size_t>(model::kRemovalReasons));
  scene.snapshot().sources["spark"] = {};  // not asked yet
  EXPECT_EQ(lines(scene.samples(collect_self, "spark_exporter_errors_total")),
            static_cast<std::size_t>(kErrorKinds) + 1);
  EXPECT_EQ(scene.samples(collect_self, "spark_exporter_source_up"), "spark_exporter_source_up{source=\"spark\"} 0\n");
}

TEST(Work, AStageThatEndedWhileItsTasksRunHasTasksButNothingPending) {
  Scene scene;
  spark::Stage stage;
  stage.id = 0;
  stage.status = spark::StageStatus::kFailed;
  stage.tasks = 10;
  stage.active_tasks = 2;
  stage.completed_indices = 3;
  scene.run().apply_stages({stage});
  EXPECT_EQ(scene.samples(collect_work, "spark_app_tasks_active"), "spark_app_tasks_active{RUN} 2\n");
  EXPECT_EQ(scene.samples(collect_work, "spark_app_tasks_pending"), "spark_app_tasks_pending{RUN} 0\n");
  EXPECT_EQ(scene.samples(collect_work, "spark_app_stages_active"), "spark_app_stages_active{RUN} 0\n");
}

TEST(Unknown, IsAbsent) {
  Scene scene;
  scene.run().apply_executors({executor("driver"), executor("1")}, at(1990));
  EXPECT_EQ(scene.samples(collect_gc, "jvm_gc_time_seconds"), "") << "before the first heartbeat";
  EXPECT_EQ(scene.samples(collect_gc, "spark_app_jvm_gc_seconds_total"), "");
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_memory_peak_bytes"), "");
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_memory_limit_bytes"), "") << "no environment yet";
  EXPECT_EQ(scene.samples(collect_work, "spark_app_stage_task_skew_ratio"), "");
  EXPECT_EQ(scene.samples(collect_work, "spark_app_stage_task_skew_seconds"), "");
  EXPECT_EQ(scene.samples(collect_job, "spark_job_last_progress_timestamp_seconds"), "");
  scene.run().apply_executors({executor("driver"), with_gc(executor("1"), 0, 0, 900)}, at(1991));
  EXPECT_EQ(scene.samples(collect_gc, "jvm_gc_time_seconds"), "") << "ZGC";
  EXPECT_EQ(lines(scene.samples(collect_executors, "spark_executor_memory_peak_bytes")), 4U) << "no process area";
}

TEST(Driver, HasTaskFamiliesOnlyWhereItRunsTasks) {
  Scene scene;
  auto driver = executor("driver");
  scene.run().apply_executors({driver}, at(1990));
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_tasks_total"), "");
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_task_slots"), "");
  driver.max_tasks = 2;
  driver.total_duration = spark::Millis{147'782};
  scene.run().apply_executors({driver}, at(1991));
  EXPECT_EQ(lines(scene.samples(collect_executors, "spark_executor_tasks_total")), 2U);
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_task_slots"),
            "spark_executor_task_slots{RUN,executor_id=\"driver\"} 2\n");
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_task_time_seconds_total"), "") << "it is its uptime";
}

TEST(Endings, AreCountersOfTheDeadUntilTheyAreScraped) {
  Scene scene;
  auto one = with_gc(executor("1", 1500), 500, 0, 500);
  one.completed_tasks = 9;
  scene.run().apply_executors({executor("driver", 1000), one}, at(1900));
  scene.run().apply_all_executors({executor("driver", 1000), gone(one, "Executor killed by driver.", 1950)}, at(1960));
  const auto dead = [&] { return scene.samples(collect_gc, "jvm_gc_time_seconds"); };
  EXPECT_EQ(dead(), "jvm_gc_time_seconds{RUN,executor_id=\"1\"} 0.5\n");
  EXPECT_NE(scene.samples(collect_executors, "spark_executor_tasks_total").find("completed\"} 9"), std::string::npos);
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_task_slots"), "") << "a gauge of the dead";
  scene.run().executors().forget_scraped(1);
  EXPECT_NE(dead(), "");
  scene.run().executors().forget_scraped(2);
  EXPECT_EQ(dead(), "");
  EXPECT_EQ(scene.samples(collect_gc, "spark_app_jvm_gc_seconds_total"), "spark_app_jvm_gc_seconds_total{RUN} 0.5\n");
  EXPECT_NE(scene.samples(collect_executors, "spark_executor_removals_total").find("reason=\"idle\"} 1"),
            std::string::npos);
}

std::vector<spark::Executor> crew(int count) {
  std::vector<spark::Executor> all{with_gc(executor("driver", 1000), 1, 0, 1)};
  for (int id = 0; id < count; ++id) all.push_back(with_gc(executor(std::to_string(id), 1100 + id), 1, 0, 1));
  return all;
}

TEST(Caps, TakeTheOldestAndCountTheRest) {
  Scene scene;
  scene.snapshot().limits.executors = 3;
  scene.snapshot().limits.gc_executors = 4;
  scene.run().apply_executors(crew(5), at(1990));
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_storage_memory_max_bytes"),
            "spark_executor_storage_memory_max_bytes{RUN,executor_id=\"0\"} 0\n"
            "spark_executor_storage_memory_max_bytes{RUN,executor_id=\"1\"} 0\n"
            "spark_executor_storage_memory_max_bytes{RUN,executor_id=\"driver\"} 0\n");
  EXPECT_EQ(scene.drops().series().at("spark_executor_storage_memory_max_bytes"), 3U);
  EXPECT_EQ(scene.drops().series().at("spark_executor_tasks_total"), 6U);
  EXPECT_EQ(scene.drops().series().at("spark_executor_memory_peak_bytes"), 12U);
  EXPECT_EQ(lines(scene.samples(collect_gc, "jvm_gc_time_seconds")), 4U);
  EXPECT_EQ(scene.drops().series().at("jvm_gc_time_seconds"), 2U);
  scene.text(collect_gc);
  EXPECT_EQ(scene.drops().series().at("jvm_gc_time_seconds"), 4U) << "over all expositions";
  EXPECT_NE(scene.samples(collect_self, "spark_exporter_series_dropped_total").find("jvm_gc_time_seconds\"} 4"),
            std::string::npos);
}

TEST(Caps, AtTheLimitNothingIsLeftOut) {
  Scene scene;
  scene.snapshot().limits.executors = 6;
  scene.snapshot().limits.gc_executors = 6;
  scene.run().apply_executors(crew(5), at(1990));
  scene.text(collect_executors);
  scene.text(collect_gc);
  for (const auto& [family, series] : scene.drops().series()) EXPECT_EQ(series, 0U) << family;
}

TEST(Caps, WhatIsShownStaysShown) {
  Scene scene;
  scene.snapshot().limits.executors = 3;
  scene.run().apply_executors(crew(3), at(1990));
  const auto before = scene.samples(collect_executors, "spark_executor_input_bytes_total");
  auto more = crew(6);
  std::swap(more[1], more[6]);
  scene.run().apply_executors(more, at(1991));
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_input_bytes_total"), before);
  auto fewer = crew(6);
  fewer.erase(fewer.begin() + 1);
  scene.run().apply_executors(fewer, at(1992));
  fewer.push_back(gone(executor("0", 1100), "idle", 1992));
  scene.run().apply_all_executors(fewer, at(1992));
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_input_bytes_total"), before)
      << "its ending keeps the place";
  scene.run().executors().forget_scraped(1);
  scene.run().executors().forget_scraped(2);
  EXPECT_EQ(scene.samples(collect_executors, "spark_executor_input_bytes_total"),
            "spark_executor_input_bytes_total{RUN,executor_id=\"1\"} 0\n"
            "spark_executor_input_bytes_total{RUN,executor_id=\"2\"} 0\n");
}

TEST(Caps, TheWholeExpositionStaysUnderItsLimit) {
  for (const int limit : {100, 500, 2000}) {
    Scene scene;
    fill(scene);
    scene.snapshot().limits.series = limit;
    scene.run().apply_executors(crew(1000), at(1991));
    std::size_t samples = 0;
    const auto text = render_all(scene);
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) samples += line.starts_with('#') ? 0U : 1U;
    EXPECT_LE(samples, static_cast<std::size_t>(limit));
    EXPECT_NE(text.find("spark_job_status{"), std::string::npos);
    EXPECT_NE(text.find("spark_exporter_source_up{"), std::string::npos) << "its own families are not lost";
  }
}

TEST(Caps, TheFirstQueriesAreShown) {
  Scene scene;
  scene.snapshot().limits.streaming_queries = 2;
  spark::MetricsDump dump;
  dump.streaming["m"].input_rate = 1;
  dump.streaming["n"];
  scene.run().apply_metrics(dump);
  scene.text(collect_streaming);
  EXPECT_EQ(scene.drops().series().at("spark_streaming_batches_total"), 0U);
  dump.streaming["a"].input_rate = 1;
  scene.run().apply_metrics(dump);
  EXPECT_EQ(scene.samples(collect_streaming, "spark_streaming_batches_total"),
            "spark_streaming_batches_total{RUN,query=\"m\"} 0\nspark_streaming_batches_total{RUN,query=\"n\"} 0\n");
  EXPECT_EQ(scene.drops().series().at("spark_streaming_batches_total"), 1U);
  EXPECT_EQ(scene.drops().series().at("spark_streaming_input_rows_per_second"), 1U);
  EXPECT_FALSE(scene.drops().series().contains("spark_streaming_state_rows")) << "there was nothing to leave out";
}

TEST(Caps, QueriesThatAreNotEvenKeptAreCountedOnce) {
  Scene scene;
  scene.snapshot().limits.streaming_queries = 2000;
  spark::MetricsDump dump;
  for (std::size_t i = 0; i <= limits::kStreamingQueries; ++i) dump.streaming["q" + std::to_string(i)];
  scene.run().apply_metrics(dump);
  scene.text(collect_streaming);
  scene.text(collect_streaming);
  EXPECT_EQ(scene.drops().series().at("spark_streaming_batches_total"), 1U);
}

TEST(Streaming, LeavesOutWhatIsNotKnown) {
  Scene scene;
  spark::MetricsDump dump;
  dump.streaming["q"].watermark_ms = 0;
  scene.run().apply_metrics(dump);
  EXPECT_EQ(scene.text(collect_streaming),
            "# TYPE spark_streaming_batches_total counter\nspark_streaming_batches_total{RUN,query=\"q\"} 0\n"
            "# TYPE spark_streaming_failures_total counter\nspark_streaming_failures_total{RUN,query=\"q\"} 0\n");
}

TEST(Streaming, ShowsDStreamsAsOneQuery) {
  Scene scene;
  spark::StreamingStatistics statistics;
  statistics.batch_duration = spark::Millis{5000};
  statistics.completed_batches = 12;
  statistics.input_rate = 99.5;
  statistics.processing_time = spark::Millis{1250};
  scene.run().apply_dstreams(statistics);
  EXPECT_EQ(scene.text(collect_streaming),
            "# TYPE spark_streaming_batches_total counter\n"
            "spark_streaming_batches_total{RUN,query=\"dstream\"} 12\n"
            "# TYPE spark_streaming_input_rows_per_second gauge\n"
            "spark_streaming_input_rows_per_second{RUN,query=\"dstream\"} 99.5\n"
            "# TYPE spark_streaming_batch_duration_seconds gauge\n"
            "spark_streaming_batch_duration_seconds{RUN,query=\"dstream\"} 1.25\n"
            "# TYPE spark_streaming_trigger_interval_seconds gauge\n"
            "spark_streaming_trigger_interval_seconds{RUN,query=\"dstream\"} 5\n");
  spark::MetricsDump dump;
  dump.streaming["dstream"].input_rate = 1;
  scene.run().apply_metrics(dump);
  EXPECT_EQ(scene.samples(collect_streaming, "spark_streaming_input_rows_per_second"),
            "spark_streaming_input_rows_per_second{RUN,query=\"dstream\"} 1\n")
      << "no series twice";
}

TEST(HostileNames, AreEscapedCutAndNeverTwice) {
  Scene scene;
  const std::string odd = "a\"b\\c\nd\xFF\xF0\x9F\x94\xA5";
  scene.run().apply_executors(
      {executor(odd + std::string(300, 'x') + "1"), executor(odd + std::string(300, 'x') + "2"), executor("")},
      at(1990));
  spark::MetricsDump dump;
  dump.streaming[odd].input_rate = 1;
  dump.dropped_events[odd] = 1;
  scene.run().apply_metrics(dump);
  scene.view().app = odd;
  const auto text = render_all(scene);
  EXPECT_NE(text.find("app=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\xF0\x9F\x94\xA5\""), std::string::npos);
  EXPECT_EQ(lines(samples_of(text, "spark_executor_task_slots")), 2U);
  EXPECT_EQ(text.find('\xFF'), std::string::npos);
}

TEST(HostileNumbers, DoNotBreakTheExposition) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  Scene scene;
  spark::Stage stage;
  stage.id = 0;
  stage.status = spark::StageStatus::kActive;
  stage.tasks = kLeast;
  stage.active_tasks = kMost;
  stage.completed_indices = kMost;
  scene.run().apply_stages({stage});
  ++stage.id;
  stage.tasks = kMost;
  stage.active_tasks = kLeast;
  stage.completed_indices = kLeast;
  scene.run().apply_stages({stage});
  auto odd = with_gc(executor("1"), kMost, kMost, kMost);
  odd.peak->on_heap_execution_memory = odd.peak->off_heap_execution_memory = kMost;
  odd.peak->process_tree_jvm_rss = odd.peak->process_tree_other_rss = kMost;
  scene.run().apply_executors({odd}, at(1990));
  EXPECT_EQ(scene.samples(collect_work, "spark_app_tasks_pending"),
            "spark_app_tasks_pending{RUN} 9223372036854775808\n");
}

TEST(Render, ShowsOnlyWhatIsEnabled) {
  Scene scene;
  fill(scene);
  const auto text = render(scene.snapshot(), {"gc"}, scene.drops());
  EXPECT_TRUE(text.starts_with("# HELP jvm_gc_time_seconds "));
  EXPECT_EQ(text.find("spark_job_"), std::string::npos);
  EXPECT_EQ(render(scene.snapshot(), {}, scene.drops()), "");
}

void fail_midway(const model::Snapshot& snapshot, Families& families) {
  families.gauge("whole", "Help.");
  families.add_plain({}, 1);
  families.gauge("half", "Help.");
  families.add_plain({}, 1);
  throw std::out_of_range("a broken collector, " + std::to_string(snapshot.runs.size()) + " run");
}

void fail_oddly(const model::Snapshot&, Families&) { throw 7; }

TEST(Render, ACollectorThatThrowsTakesNoOtherWithIt) {
  const Collector table[] = {{"odd", "", fail_oddly, true},
                             {"broken", "", fail_midway, true},
                             {"sql", "", collect_sql, true},
                             {"self", "", collect_self, true}};
  Scene scene;
  fill(scene);
  const auto text = render(scene.snapshot(), {"odd", "broken", "sql", "self"}, scene.drops(), table);
  EXPECT_NE(text.find("\nwhole 1\n"), std::string::npos);
  EXPECT_EQ(text.find("half"), std::string::npos);
  EXPECT_NE(text.find("spark_sql_executions_total"), std::string::npos);
  EXPECT_NE(text.find("spark_exporter_errors_total{source=\"exporter\",kind=\"exception\"} 2\n"), std::string::npos);
}

TEST(Render, AnswersWithoutARun) {
  model::Snapshot snapshot;
  DropCounters drops;
  const auto names = collector_names();
  const auto text = render(snapshot, {names.begin(), names.end()}, drops);
  EXPECT_TRUE(text.starts_with("# HELP spark_exporter_build_info "));
}

TEST(ShownRuns, TellRunsOfOneApplicationIdApart) {
  Scene scene;
  spark::Application second = scene.run().application();
  second.start_time = at(1900);
  model::Run newer(second, at(1901));
  auto view = scene.view();
  view.run = &newer;
  scene.view().over = true;
  scene.snapshot().runs.push_back(view);
  ASSERT_EQ(shown_runs(scene.snapshot()).size(), 1U);
  EXPECT_EQ(shown_runs(scene.snapshot()).front()->run, &newer);
  std::swap(scene.snapshot().runs.front(), scene.snapshot().runs.back());
  EXPECT_EQ(shown_runs(scene.snapshot()).front()->run, &newer);
  scene.snapshot().runs.back().app_id = "spark-0";
  EXPECT_EQ(shown_runs(scene.snapshot()).size(), 2U);
}

TEST(Process, ShowsWhatIsKnown) {
  EXPECT_EQ(render_process({}), "");
  ProcessStats stats;
  stats.cpu_seconds = 1.5;
  stats.open_fds = 9;
  EXPECT_EQ(render_process(stats),
            "# HELP process_cpu_seconds_total User and system time of this process.\n"
            "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 1.5\n"
            "# HELP process_open_fds File descriptors that this process has open.\n"
            "# TYPE process_open_fds gauge\nprocess_open_fds 9\n");
}

}  // namespace
}  // namespace spark_exporter::metrics
