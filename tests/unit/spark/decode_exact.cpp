// A few elements of the recordings, checked by hand, and the forms a root may have.

#include <gtest/gtest.h>
#include <zlib.h>

#include <stdexcept>

#include "tests/support/fixtures.hpp"
#include "tests/unit/spark/decode_support.hpp"

namespace spark_exporter::spark::test {
namespace {

using spark_exporter::test::fixture;

TimePoint at(std::int64_t millis) { return TimePoint{Millis{millis}}; }

std::string gunzipped(const std::string& path) {
  const std::string full = std::string(FIXTURES_DIR) + "/" + path;
  gzFile file = gzopen(full.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot read " + full);
  std::string text;
  std::array<char, 65536> chunk{};
  for (int length = 0; (length = gzread(file, chunk.data(), chunk.size())) > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(length));
  }
  gzclose(file);
  return text;
}

TEST(DecodeExact, AccumulatorsThatTellOfDataQuality) {
  const auto decoded = decode_list(decode_stages, R"([{"stageId":3,"status":"COMPLETE","accumulatorUpdates":[
      {"id":7,"name":"data_quality.sales.orders.negative","update":null,"value":"4"},
      {"id":8,"name":"rows read","value":"100"},{"value":"2.5","name":"data_quality.a.b","id":9},
      {"id":10,"name":"data_quality.a.c","value":"[1, 2]"},{"id":11,"value":"1"}]},
      {"stageId":4,"status":"COMPLETE","accumulatorUpdates":[]}])");
  ASSERT_TRUE(decoded.report);
  EXPECT_EQ(decoded.report->wrong_types, 0U);
  ASSERT_EQ(decoded.items.size(), 2U);
  const auto& all = decoded.items[0].quality;
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].name, "data_quality.sales.orders.negative");
  EXPECT_EQ(all[0].id, 7);
  EXPECT_EQ(all[0].value, 4);
  EXPECT_EQ(all[1].name, "data_quality.a.b");
  EXPECT_EQ(all[1].value, 2.5);
  EXPECT_EQ(all[2].value, 0) << "no number";
  EXPECT_TRUE(decoded.items[1].quality.empty());
}

TEST(DecodeExact, ApplicationOfALiveDriver) {
  const auto decoded = decode_list(decode_applications, fixture("spark-4.3.0/fail/before/applications.json"));
  ASSERT_TRUE(decoded.report);
  ASSERT_EQ(decoded.items.size(), 1U);
  const Application& application = decoded.items[0];
  EXPECT_EQ(application.id, "app-20261123140018-0000");
  EXPECT_EQ(application.name, "lab-fail");
  EXPECT_EQ(application.spark_version, "4.3.0");
  EXPECT_EQ(application.spark_user, "spark");
  EXPECT_EQ(application.start_time, at(1795442398841));
  EXPECT_FALSE(application.completed);
}

TEST(DecodeExact, FailedJob) {
  const auto decoded = decode_list(decode_jobs, fixture("spark-3.5.9/fail/failed-job/applications-APP-jobs.json"));
  ASSERT_TRUE(decoded.report);
  ASSERT_EQ(decoded.items.size(), 2U);
  const Job& job = decoded.items[0];
  EXPECT_EQ(job.id, 1);
  EXPECT_EQ(job.status, JobStatus::kFailed);
  EXPECT_EQ(job.name, "collect at /opt/spark/work-dir/workloads.py:162");
  EXPECT_EQ(job.description, "Job that fails");
  EXPECT_EQ(job.group, "");
  EXPECT_EQ(job.submission_time, parse_time("2026-11-23T13:39:51.359GMT"));
  EXPECT_EQ(job.completion_time, parse_time("2026-11-23T13:39:53.680GMT"));
  EXPECT_EQ(job.stage_ids, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(job.tasks, 8);
  EXPECT_EQ(job.completed_tasks, 3);
  EXPECT_EQ(job.skipped_tasks, 4);
  EXPECT_EQ(job.failed_tasks, 4);
  EXPECT_EQ(job.completed_stages, 0);
  EXPECT_EQ(job.skipped_stages, 1);
  EXPECT_EQ(job.failed_stages, 1);
}

TEST(DecodeExact, JobTextsAreUnescaped) {
  const auto decoded = decode_list(decode_jobs, fixture("spark-3.5.9/healthy/finished/applications-APP-jobs.json"));
  ASSERT_TRUE(decoded.report);
  EXPECT_EQ(decoded.items.at(0).description, "Slow export with \"quotes\" & \u00fcn\u00efcode");
  EXPECT_EQ(decoded.items.at(0).group, "export");
  const auto stream = decode_list(decode_jobs, fixture("spark-4.3.0/stream/running/applications-APP-jobs.json"));
  ASSERT_TRUE(stream.report);
  EXPECT_EQ(stream.items.at(0).description,
            "passthrough\nid = 6aa3cb29-b5a9-4512-b6b5-ce2cdde057e8\n"
            "runId = 0b298652-7ed6-46a3-8c78-8295c1cba9ad\nbatch = 10");
  EXPECT_EQ(stream.items.at(0).group, "0b298652-7ed6-46a3-8c78-8295c1cba9ad");
  EXPECT_EQ(stream.items.at(0).status, JobStatus::kRunning);
  EXPECT_FALSE(stream.items.at(0).completion_time);
}

TEST(DecodeExact, FailedStage) {
  const auto decoded = decode_list(decode_stages, fixture("spark-4.3.0/fail/failed-job/applications-APP-stages.json"));
  ASSERT_TRUE(decoded.report);
  ASSERT_EQ(decoded.items.size(), 3U);
  EXPECT_EQ(decoded.items[0].status, StageStatus::kSkipped);
  EXPECT_FALSE(decoded.items[0].submission_time);
  const Stage& stage = decoded.items[1];
  EXPECT_EQ(stage.id, 1);
  EXPECT_EQ(stage.attempt, 0);
  EXPECT_EQ(stage.status, StageStatus::kFailed);
  EXPECT_EQ(stage.tasks, 4);
  EXPECT_EQ(stage.completed_tasks, 3);
  EXPECT_EQ(stage.failed_tasks, 4);
  EXPECT_EQ(stage.completed_indices, 3);
  EXPECT_EQ(stage.executor_run_time, Millis{29229});
  EXPECT_EQ(stage.executor_cpu_time, Nanos{1105717196});
  EXPECT_EQ(stage.jvm_gc_time, Millis{271});
  EXPECT_EQ(stage.shuffle_write_bytes, 630);
  EXPECT_EQ(stage.shuffle_write_records, 9);
  EXPECT_EQ(stage.first_task_launched_time, parse_time("2026-11-23T14:02:30.036GMT"));
  EXPECT_EQ(stage.failure_reason.size(), 1024U);  // of 1,194
  EXPECT_TRUE(stage.failure_reason.starts_with("[PYTHON_EXCEPTION] An exception was thrown"));
}

TEST(DecodeExact, LostExecutor) {
  const auto decoded =
      decode_list(decode_executors, fixture("spark-3.5.9/lost/just-lost/applications-APP-allexecutors.json"));
  ASSERT_TRUE(decoded.report);
  ASSERT_GE(decoded.items.size(), 3U);
  const Executor& lost = decoded.items[0];
  EXPECT_EQ(lost.id, "0");
  EXPECT_EQ(lost.host_port, "localhost:39719");
  EXPECT_FALSE(lost.is_active);
  EXPECT_FALSE(lost.is_excluded);
  EXPECT_EQ(lost.remove_time, at(1795441577602));
  EXPECT_EQ(lost.remove_reason, "Command exited with code 137");
  EXPECT_EQ(lost.total_cores, 1);
  EXPECT_EQ(lost.completed_tasks, 11);
  EXPECT_EQ(lost.failed_tasks, 1);
  EXPECT_EQ(lost.total_duration, Millis{66456});
  EXPECT_EQ(lost.total_gc_time, Millis{808});
  EXPECT_EQ(lost.total_shuffle_write, 492);
  EXPECT_EQ(lost.memory_used, 83764);
  EXPECT_EQ(lost.max_memory, 455501414);
  ASSERT_TRUE(lost.peak);
  EXPECT_EQ(lost.peak->jvm_heap_memory, 187123544);
  EXPECT_EQ(lost.peak->minor_gc_time, Millis{1318});
  EXPECT_EQ(lost.peak->major_gc_time, Millis{0});
  EXPECT_EQ(lost.peak->total_gc_time, Millis{1318});
  EXPECT_EQ(decoded.items[2].id, "driver");
}

TEST(DecodeExact, FailedQueries) {
  const auto decoded = decode_list(
      decode_sql, fixture("spark-4.3.0/fail/failed-sql/applications-APP-sql-details-false-planDescription-false.json"));
  ASSERT_TRUE(decoded.report);
  ASSERT_EQ(decoded.items.size(), 3U);
  EXPECT_EQ(decoded.items[0].status, SqlStatus::kCompleted);
  EXPECT_EQ(decoded.items[1].status, SqlStatus::kFailed);  // in analysis: no job
  EXPECT_TRUE(decoded.items[1].job_ids.empty());
  EXPECT_EQ(decoded.items[2].id, 2);
  EXPECT_EQ(decoded.items[2].duration, Millis{18225});
  EXPECT_EQ(decoded.items[2].job_ids, (std::vector<std::int64_t>{2}));
}

struct Written {
  const char* id;
  const char* dataset;
  std::optional<double> rows;
};

TEST(DecodeExact, WhatExecutionsHaveWritten) {
  for (const std::string version : {"3.5.9", "4.3.0"}) {
    const auto noop = version == "4.3.0" ? std::optional<double>(100'000) : std::nullopt;
    for (const auto& [id, dataset, rows] : std::initializer_list<Written>{
             {"0", "file:/opt/lab/lake/full", 1234},  // to .../dt=2026-11-27
             {"1", "file:/opt/lab/lake/empty", 0},
             {"2", "file:/opt/lab/lake/empty2", 0},  // found to be empty on the way: the plan has changed
             {"3", "", std::nullopt},                // count()
             {"7", "default.t", 0},
             {"8", "default.t", 3},
             {"12", "", noop},  // a data source that is no file: 3.5 does not count its rows
             {"13", "file:/opt/lab/lake/bad", std::nullopt}}) {  // failed
      const auto decoded = decode_one(
          decode_sql_write, fixture("spark-" + version + "/writes/finished/applications-APP-plan-" + id + ".json"));
      const auto& write = decoded.items[0];
      ASSERT_TRUE(decoded.report) << version << ' ' << id;
      EXPECT_EQ(decoded.report->wrong_types, 0U) << version << ' ' << id;
      EXPECT_EQ(std::to_string(write.id), id);
      EXPECT_EQ(write.dataset, dataset) << version << ' ' << id;
      EXPECT_EQ(write.rows, rows) << version << ' ' << id;
      EXPECT_TRUE(write.ended.has_value());
    }
  }
}

TEST(DecodeExact, SecretsInAPathAreNotKept) {
  const auto decoded = decode_one(decode_sql_write, R"({"id": 4, "planDescription":
    "(3) Execute InsertIntoHadoopFsRelationCommand\nInput: []\nArguments: s3a://key:hunter2@lake/a/b=1/c=2, false, JSON"})");
  EXPECT_EQ(decoded.items[0].dataset, "s3a://***@lake/a");
}

TEST(DecodeExact, TaskSummaryOfAFailedStage) {
  const auto decoded = decode_one(
      decode_task_summary,
      fixture("spark-3.5.9/fail/failed-job/applications-APP-stages-1-0-taskSummary-quantiles-0-0.5-0.99-1.json"));
  ASSERT_TRUE(decoded.report);
  EXPECT_EQ(decoded.items[0].quantiles, (std::vector<double>{0, 0.5, 0.99, 1}));
  EXPECT_EQ(decoded.items[0].executor_run_time, (std::vector<double>{354, 831, 1331, 1331}));
}

TEST(DecodeExact, StreamingGauges) {
  const auto decoded = decode_one(decode_metrics, fixture("spark-3.5.9/stream/running/metrics-json.json"));
  ASSERT_TRUE(decoded.report);
  const MetricsDump& dump = decoded.items[0];
  EXPECT_EQ(dump.all_jobs, 20);
  EXPECT_EQ(dump.dropped_events, (std::map<std::string, std::int64_t>{
                                     {"appStatus", 0}, {"eventLog", 0}, {"executorManagement", 0}, {"streams", 0}}));
  ASSERT_EQ(dump.streaming.size(), 2U);
  const StreamingGauges& counts = dump.streaming.at("windowed counts");
  EXPECT_EQ(counts.input_rate, 50.868396192137205);
  EXPECT_EQ(counts.processing_rate, 67.84260515603799);
  EXPECT_EQ(counts.latency_ms, 10318);
  EXPECT_EQ(counts.watermark_ms, 1795441830694);
  EXPECT_EQ(counts.state_rows, 30);
  EXPECT_EQ(counts.state_used_bytes, 13000);
  EXPECT_EQ(dump.streaming.at("passthrough").watermark_ms, 0);
}

TEST(DecodeExact, StreamingStatistics) {
  const auto decoded = decode_one(decode_streaming_statistics, R"({
    "startTime" : "2026-11-23T13:46:17.602GMT", "batchDuration" : 1000, "numReceivers" : 1, "numActiveReceivers" : 1,
    "numInactiveReceivers" : 0, "numTotalCompletedBatches" : 217, "numRetainedCompletedBatches" : 217,
    "numActiveBatches" : 1, "numProcessedRecords" : 434000, "numReceivedRecords" : 435000,
    "avgInputRate" : 1999.25, "avgSchedulingDelay" : 9, "avgProcessingTime" : 120, "avgTotalDelay" : 129 })");
  ASSERT_TRUE(decoded.report);
  EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
  const StreamingStatistics& statistics = decoded.items[0];
  EXPECT_EQ(statistics.start_time, at(1795441577602));
  EXPECT_EQ(statistics.batch_duration, Millis{1000});
  EXPECT_EQ(statistics.completed_batches, 217);
  EXPECT_EQ(statistics.active_batches, 1);
  EXPECT_EQ(statistics.processed_records, 434000);
  EXPECT_EQ(statistics.input_rate, 1999.25);
  EXPECT_EQ(statistics.processing_time, Millis{120});
}

TEST(DecodeExact, ListsAfterEviction) {
  const auto jobs = decode_list(decode_jobs, gunzipped("spark-3.5.9/many/finished/applications-APP-jobs.json.gz"));
  ASSERT_TRUE(jobs.report) << jobs.report.error().what;
  ASSERT_EQ(jobs.items.size(), 1000U);
  EXPECT_EQ(jobs.items.front().id, 1299);
  EXPECT_EQ(jobs.items.back().id, 300);
  const auto stages =
      decode_list(decode_stages, gunzipped("spark-3.5.9/many/finished/applications-APP-stages.json.gz"));
  ASSERT_TRUE(stages.report) << stages.report.error().what;
  ASSERT_EQ(stages.items.size(), 1000U);
  EXPECT_EQ(stages.items.front().id, 2599);
  EXPECT_EQ(stages.items.back().id, 1600);
}

TEST(DecodeExact, RootIsAListOrOneObject) {
  struct Case {
    const char* text;
    std::vector<std::int64_t> ids;
  };
  const Case cases[] = {{"[]", {}},
                        {R"({"jobId":7})", {7}},
                        {R"([{"jobId":7}])", {7}},
                        {R"( [ {"jobId":2}, {"jobId":1} ] )", {2, 1}},
                        {"\xEF\xBB\xBF[{\"jobId\":3}]", {3}}};
  for (const auto& [text, ids] : cases) {
    SCOPED_TRACE(text);
    const auto decoded = decode_list(decode_jobs, text);
    ASSERT_TRUE(decoded.report);
    EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
    std::vector<std::int64_t> read;
    for (const auto& job : decoded.items) read.push_back(job.id);
    EXPECT_EQ(read, ids);
  }
}

}  // namespace
}  // namespace spark_exporter::spark::test
