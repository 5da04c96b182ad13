// Fields of a wrong type: left out, counted, named; the rest of the document is used.

#include <gtest/gtest.h>

#include "tests/unit/spark/decode_support.hpp"

namespace spark_exporter::spark::test {
namespace {

struct Case {
  std::string text;
  std::uint64_t wrong_types;
  std::string first;
};

template <class Decode>
void expect_reports(const std::vector<Case>& cases, const Decode& decode) {
  for (const auto& [text, wrong_types, first] : cases) {
    SCOPED_TRACE(text);
    const Result<DecodeReport> report = decode(text);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->wrong_types, wrong_types);
    EXPECT_EQ(report->first, first);
  }
}

TEST(DecodeTypes, Jobs) {
  const std::vector<Case> cases = {
      {R"([{"jobId":1},{"jobId":2,"numTasks":"3"}])", 1,
       R"(jobs[1].numTasks: string "3" where an integer is documented)"},
      {R"({"jobId":2,"numTasks":"3"})", 1, R"(jobs.numTasks: string "3" where an integer is documented)"},
      {R"([{"jobId":1,"numTasks":-1}])", 1, "jobs[0].numTasks: number -1 where an integer is documented"},
      {R"([{"jobId":1,"numTasks":1.5}])", 1, "jobs[0].numTasks: number 1.5 where an integer is documented"},
      {R"([{"jobId":1,"numTasks":9223372036854775808}])", 1,
       "jobs[0].numTasks: number 9223372036854775808 where an integer is documented"},
      {R"([{"jobId":1,"numTasks":18446744073709551616}])", 1,
       "jobs[0].numTasks: number 18446744073709551616 where an integer is documented"},
      {R"([{"jobId":1,"numTasks":-9223372036854775809}])", 1,
       "jobs[0].numTasks: number -9223372036854775808 where an integer is documented"},
      {R"([{"jobId":1,"numTasks":9007199254740994.0}])", 1,
       "jobs[0].numTasks: number 9007199254740994 where an integer is documented"},
      {R"([{"jobId":1,"numTasks":true}])", 1, "jobs[0].numTasks: boolean where an integer is documented"},
      {R"([{"jobId":1,"numTasks":{}}])", 1, "jobs[0].numTasks: object where an integer is documented"},
      {R"([{"jobId":1,"numTasks":[[{}]]}])", 1, "jobs[0].numTasks: list where an integer is documented"},
      {R"([{"jobId":1,"name":1,"numTasks":""}])", 2, "jobs[0].name: number 1 where a string is documented"},
      {R"([{"jobId":1,"submissionTime":1795441027395}])", 1,
       "jobs[0].submissionTime: number 1795441027395 where a time is documented"},
      {R"([{"jobId":1,"submissionTime":"yesterday"}])", 1,
       R"(jobs[0].submissionTime: string "yesterday" where a time is documented)"},
      {R"([{"jobId":1,"stageIds":7}])", 1, "jobs[0].stageIds: number 7 where a list is documented"},
      {R"([{"jobId":1,"stageIds":{"a":1}}])", 1, "jobs[0].stageIds: object where a list is documented"},
      {R"([{"jobId":1},{"jobId":2,"stageIds":[1,2,"3"]}])", 1,
       R"(jobs[1].stageIds[2]: string "3" where an integer is documented)"},
      {R"([{"jobId":1,"stageIds":[1,[2,3],4,{}]}])", 2, "jobs[0].stageIds[1]: list where an integer is documented"},
      {R"([{"jobId":1,"status":"WAITING"}])", 1,
       R"(jobs[0].status: string "WAITING" where a job's status is documented)"},
      {R"([{"jobId":1,"status":5}])", 1, "jobs[0].status: number 5 where a job's status is documented"},
      {R"([{"jobId":1},{"name":"x"}])", 1, "jobs[1]: dropped: no jobId"},
      {R"([{"jobId":null}])", 1, "jobs[0]: dropped: no jobId"},
      {R"([{"jobId":"1"}])", 2, R"(jobs[0].jobId: string "1" where an integer is documented)"},
      {R"({})", 1, "jobs: dropped: no jobId"},
      {R"([1,{"jobId":1}])", 1, "jobs[0]: number 1 where an object is documented"},
      {R"([{"jobId":1},[{"jobId":2}]])", 1, "jobs[1]: list where an object is documented"},
      {R"([null])", 1, "jobs[0]: null where an object is documented"},
      {R"("jobs")", 1, R"(jobs: string "jobs" where an object is documented)"},
      {"12", 1, "jobs: number 12 where an object is documented"},
      {"null", 1, "jobs: null where an object is documented"},
  };
  expect_reports(cases, [](const std::string& text) { return decode_list(decode_jobs, text).report; });
}

TEST(DecodeTypes, OtherLists) {
  expect_reports({{R"([{"stageId":1,"status":"DONE"}])", 1, "stages[0]: dropped: no known status"},
                  {R"([{"stageId":1}])", 1, "stages[0]: dropped: no known status"},
                  {R"([{"stageId":1,"status":3}])", 1, "stages[0]: dropped: no known status"},
                  {R"([{"status":"ACTIVE"}])", 1, "stages[0]: dropped: no stageId"},
                  {R"([{"stageId":1,"status":"ACTIVE","executorCpuTime":-3}])", 1,
                   "stages[0].executorCpuTime: number -3 where an integer is documented"}},
                 [](const std::string& text) { return decode_list(decode_stages, text).report; });
  expect_reports({{R"([{"id":"1","peakMemoryMetrics":7}])", 1,
                   "executors[0].peakMemoryMetrics: number 7 where an object is documented"},
                  {R"([{"id":"1","peakMemoryMetrics":[1]}])", 1,
                   "executors[0].peakMemoryMetrics: list where an object is documented"},
                  {R"([{"id":"1","peakMemoryMetrics":{"MinorGCTime":-1}}])", 1,
                   "executors[0].peakMemoryMetrics.MinorGCTime: number -1 where an integer is documented"},
                  {R"([{"id":"1","isActive":"true"}])", 1,
                   R"(executors[0].isActive: string "true" where a boolean is documented)"},
                  {R"([{"id":1}])", 2, "executors[0].id: number 1 where a string is documented"}},
                 [](const std::string& text) { return decode_list(decode_executors, text).report; });
  expect_reports({{R"([{"id":1,"status":"PAUSED"}])", 1, "sql[0]: dropped: no known status"},
                  {R"([{"status":"FAILED"}])", 1, "sql[0]: dropped: no id"},
                  {R"([{"id":1,"status":"FAILED","failedJobIds":[true]}])", 1,
                   "sql[0].failedJobIds[0]: boolean where an integer is documented"}},
                 [](const std::string& text) { return decode_list(decode_sql, text).report; });
  expect_reports(
      {{R"({"nodes":[{"nodeName":"Execute","metrics":[{"name":"number of output rows","value":"many"}]}]})", 2,
        R"(sql/ID.nodes[0].metrics[0].value: string "many" where a number of rows is documented)"},
       {R"({"id":1,"planDescription":[]})", 1, "sql/ID.planDescription: list where a string is documented"},
       {R"({"id":1,"nodes":[{"nodeName":3}]})", 1, "sql/ID.nodes[0].nodeName: number 3 where a string is documented"}},
      [](const std::string& text) { return decode_one(decode_sql_write, text).report; });
  expect_reports(
      {{R"([{"status":"FAILED"}])", 1, "taskList[0]: dropped: no taskId"},
       {R"([{"taskId":1,"status":3}])", 1, "taskList[0].status: number 3 where a task's status is documented"},
       {R"([{"taskId":1,"taskMetrics":{"jvmGcTime":-1}}])", 1,
        "taskList[0].taskMetrics.jvmGcTime: number -1 where an integer is documented"}},
      [](const std::string& text) { return decode_list(decode_tasks, text).report; });
  expect_reports({{R"([{"name":"x"}])", 1, "rdd[0]: dropped: no id"}},
                 [](const std::string& text) { return decode_list(decode_rdds, text).report; });
  expect_reports({{R"([{"name":"x"}])", 1, "applications[0]: dropped: no id"},
                  {R"([{"id":"x","attempts":[{"completed":0}]}])", 1,
                   "applications[0].attempts[0].completed: number 0 where a boolean is documented"},
                  {R"([{"id":"x","attempts":["y"]}])", 1,
                   R"(applications[0].attempts[0]: string "y" where an object is documented)"}},
                 [](const std::string& text) { return decode_list(decode_applications, text).report; });
}

TEST(DecodeTypes, SingleDocuments) {
  expect_reports({{R"({"quantiles":[0.5],"executorRunTime":[1,2]})", 1,
                   "taskSummary: dropped: not one executorRunTime for each quantile"},
                  {R"({"quantiles":["x"],"executorRunTime":[]})", 1,
                   R"(taskSummary.quantiles[0]: string "x" where a number is documented)"},
                  {R"([{"quantiles":[]}])", 1, "taskSummary: list where an object is documented"}},
                 [](const std::string& text) { return decode_one(decode_task_summary, text).report; });
  expect_reports(
      {{R"({"sparkProperties":[["spark.a","1"],["spark.b",2]]})", 1,
        "environment.sparkProperties[1][1]: number 2 where a pair of strings is documented"},
       {R"({"sparkProperties":[["spark.a","1","2"]]})", 1,
        R"(environment.sparkProperties[0][2]: string "2" where a pair of strings is documented)"},
       {R"({"sparkProperties":{"spark.a":"1"}})", 1, "environment.sparkProperties: object where a list is documented"},
       {R"({"runtime":[]})", 1, "environment.runtime: list where an object is documented"}},
      [](const std::string& text) { return decode_one(decode_environment, text).report; });
  expect_reports(
      {{R"({"gauges":{"a.driver.DAGScheduler.job.allJobs":{"value":"many"}}})", 1,
        R"(metrics.gauges."a.driver.DAGScheduler.job.allJobs".value: string "many" where an integer is documented)"},
       {R"({"gauges":{"a\n.driver.spark.streaming.q.latency":{"value":[]}}})", 1,
        R"(metrics.gauges."a\n.driver.spark.streaming.q.latency".value: list where a number is documented)"},
       {R"({"gauges":{"x":3}})", 1, R"(metrics.gauges."x": number 3 where an object is documented)"}},
      [](const std::string& text) { return decode_one(decode_metrics, text).report; });
  expect_reports({{R"({"spark":4})", 2, "version.spark: number 4 where a string is documented"},
                  {R"({})", 1, "version: dropped: no spark"}},
                 [](const std::string& text) { return decode_one(decode_version, text).report; });
  expect_reports({{R"({"avgInputRate":"fast"})", 1,
                   R"(streaming/statistics.avgInputRate: string "fast" where a number is documented)"}},
                 [](const std::string& text) { return decode_one(decode_streaming_statistics, text).report; });
}

TEST(DecodeTypes, TheRestIsUsed) {
  const auto jobs = decode_list(
      decode_jobs, R"([{"jobId":1,"numTasks":"x","name":"n","status":"WAITING","stageIds":[1,"2",3]},{},{"jobId":5}])");
  ASSERT_TRUE(jobs.report);
  EXPECT_EQ(jobs.report->wrong_types, 4U);
  ASSERT_EQ(jobs.items.size(), 2U);
  EXPECT_EQ(jobs.items[0].tasks, 0);
  EXPECT_EQ(jobs.items[0].name, "n");
  EXPECT_EQ(jobs.items[0].status, JobStatus::kUnknown);
  EXPECT_EQ(jobs.items[0].stage_ids, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(jobs.items[1].id, 5);
}

TEST(DecodeTypes, WholeDoublesAreIntegers) {
  const auto jobs = decode_list(decode_jobs, R"([{"jobId":1.0,"numTasks":1612.0,"numFailedTasks":9007199254740992.0,
      "numActiveTasks":-0.0,"numSkippedTasks":9223372036854775807,"numCompletedTasks":1e3,"numFailedStages":-0}])");
  ASSERT_TRUE(jobs.report);
  EXPECT_EQ(jobs.report->wrong_types, 0U) << jobs.report->first;
  ASSERT_EQ(jobs.items.size(), 1U);
  EXPECT_EQ(jobs.items[0].id, 1);
  EXPECT_EQ(jobs.items[0].tasks, 1612);
  EXPECT_EQ(jobs.items[0].failed_tasks, 9007199254740992);
  EXPECT_EQ(jobs.items[0].skipped_tasks, 9223372036854775807);
  EXPECT_EQ(jobs.items[0].completed_tasks, 1000);
  EXPECT_EQ(jobs.items[0].active_tasks, 0);
}

TEST(DecodeTypes, NullIsAbsent) {
  const auto jobs = decode_list(decode_jobs, R"([{"jobId":1,"name":null,"completionTime":null,"stageIds":[null,4],
      "status":null,"numTasks":null},{"jobId":2,"stageIds":null}])");
  ASSERT_TRUE(jobs.report);
  EXPECT_EQ(jobs.report->wrong_types, 0U) << jobs.report->first;
  ASSERT_EQ(jobs.items.size(), 2U);
  EXPECT_EQ(jobs.items[0].stage_ids, (std::vector<std::int64_t>{4}));
  const auto executors = decode_list(decode_executors, R"([{"id":"1","peakMemoryMetrics":null}])");
  ASSERT_TRUE(executors.report);
  EXPECT_EQ(executors.report->wrong_types, 0U);
  EXPECT_FALSE(executors.items.at(0).peak);
}

TEST(DecodeTypes, DuplicateKeysLastWinsAndListsJoin) {
  const auto jobs =
      decode_list(decode_jobs, R"([{"jobId":1,"jobId":2,"name":"a","name":"b","stageIds":[1],"stageIds":[2]}])");
  ASSERT_TRUE(jobs.report);
  ASSERT_EQ(jobs.items.size(), 1U);
  EXPECT_EQ(jobs.items[0].id, 2);
  EXPECT_EQ(jobs.items[0].name, "b");
  EXPECT_EQ(jobs.items[0].stage_ids, (std::vector<std::int64_t>{1, 2}));
}

TEST(DecodeTypes, NothingOfAnItemLeaksIntoTheNext) {
  const auto executors = decode_list(
      decode_executors,
      R"([{"id":"1","isBlacklisted":true,"peakMemoryMetrics":{"MinorGCTime":5},"removeReason":"x"},{"id":"2"}])");
  ASSERT_TRUE(executors.report);
  ASSERT_EQ(executors.items.size(), 2U);
  EXPECT_TRUE(executors.items[0].is_excluded);
  EXPECT_EQ(executors.items[0].peak->minor_gc_time, Millis{5});
  EXPECT_FALSE(executors.items[1].is_excluded);
  EXPECT_FALSE(executors.items[1].peak);
  EXPECT_EQ(executors.items[1].remove_reason, "");
}

TEST(DecodeTypes, ExcludedByEitherName) {
  struct Flags {
    const char* text;
    bool excluded;
  };
  const Flags cases[] = {{R"({"id":"1"})", false},
                         {R"({"id":"1","isExcluded":true})", true},
                         {R"({"id":"1","isBlacklisted":true})", true},
                         {R"({"id":"1","isBlacklisted":false,"isExcluded":true})", true}};
  for (const auto& [text, excluded] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(decode_list(decode_executors, text).items.at(0).is_excluded, excluded);
  }
}

TEST(DecodeTypes, StartTimeOfAnApplication) {
  struct Start {
    const char* attempt;
    std::optional<std::int64_t> millis;
  };
  const Start cases[] = {
      {R"({"startTime":"2026-11-23T13:37:07.395GMT","startTimeEpoch":5})", 5},
      {R"({"startTimeEpoch":5,"startTime":"2026-11-23T13:37:07.395GMT"})", 5},
      {R"({"startTime":"2026-11-23T13:37:07.395GMT"})", 1795441027395},
      {R"({"startTime":"2026-11-23T13:37:07.395GMT","startTimeEpoch":-1})", 1795441027395},
      {R"({"startTimeEpoch":-1})", std::nullopt},
      {R"({})", std::nullopt},
  };
  for (const auto& [attempt, millis] : cases) {
    SCOPED_TRACE(attempt);
    const auto decoded = decode_list(decode_applications, std::string(R"([{"id":"a","attempts":[)") + attempt + "]}]");
    ASSERT_TRUE(decoded.report);
    EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
    const auto start = decoded.items.at(0).start_time;
    ASSERT_EQ(start.has_value(), millis.has_value());
    EXPECT_EQ(start.value_or(TimePoint{}).time_since_epoch().count(), millis.value_or(0));
  }
}

TEST(DecodeTypes, KeysMustBeInTheirPlace) {
  const auto executors = decode_list(
      decode_executors, R"([{"id":"1","peakMemoryMetrics.MinorGCTime":5,"other":{"maxTasks":3},"MinorGCTime":4}])");
  ASSERT_TRUE(executors.report);
  EXPECT_EQ(executors.report->wrong_types, 0U) << executors.report->first;
  EXPECT_FALSE(executors.items.at(0).peak);
  EXPECT_EQ(executors.items.at(0).max_tasks, 0);
}

}  // namespace
}  // namespace spark_exporter::spark::test
