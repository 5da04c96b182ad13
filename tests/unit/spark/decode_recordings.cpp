// Every recorded answer against nlohmann's DOM of the same file: element by element, field by field.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "exporter/common/limits.hpp"
#include "exporter/outcome/failure_text.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/unit/spark/decode_support.hpp"

namespace spark_exporter::spark::test {
namespace {

using Json = nlohmann::json;

/// Fixtures of all versions and instants whose name begins so and is followed by a number, a filter or nothing; of
/// what hangs below a stage only those whose name has `part`.
std::vector<std::string> recordings(const std::string& prefix, const std::string& part = {}) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FIXTURES_DIR)) {
    const auto relative = entry.path().lexically_relative(FIXTURES_DIR).string();
    const auto name = entry.path().filename().string();
    if (!entry.is_regular_file() || !relative.starts_with("spark-") || !name.starts_with(prefix)) continue;
    const bool below = name.find("-taskSummary") != std::string::npos || name.find("-taskList") != std::string::npos;
    if (!name.ends_with(".json") || (part.empty() ? below : name.find(part) == std::string::npos)) continue;
    found.push_back(relative);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string cut(const std::string& text) {
  std::string kept;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (kept.size() + length > 1024) break;
    kept += text.substr(i, length);
    i += length;
  }
  return kept;
}

std::string text_of(const Json& element, const char* key) { return cut(element.value(key, std::string())); }
std::int64_t count_of(const Json& element, const char* key) { return element.value(key, std::int64_t{0}); }
std::vector<std::int64_t> list_of(const Json& element, const char* key) {
  return element.value(key, std::vector<std::int64_t>{});
}

/// By way of the C library's calendar, not ours.
std::optional<TimePoint> time_of(const Json& element, const char* key) {
  const auto text = element.value(key, std::string());
  if (text.empty() || text.starts_with("1969")) return std::nullopt;
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  return TimePoint{std::chrono::seconds{timegm(&parts)} + Millis{std::atoi(rest + 1)}};
}

void expect_same(const Json& json, const Application& application) {
  const Json& attempt = json.at("attempts").at(0);
  EXPECT_EQ(application.id, json.at("id"));
  EXPECT_EQ(application.name, json.at("name"));
  EXPECT_EQ(application.spark_version, attempt.at("appSparkVersion"));
  EXPECT_EQ(application.spark_user, attempt.at("sparkUser"));
  EXPECT_EQ(application.completed, attempt.at("completed"));
  ASSERT_TRUE(application.start_time);
  EXPECT_EQ(application.start_time->time_since_epoch().count(), attempt.at("startTimeEpoch"));
  EXPECT_EQ(application.start_time, time_of(attempt, "startTime"));
}

void expect_same(const Json& json, const Job& job) {
  const std::map<std::string, JobStatus> statuses = {
      {"RUNNING", JobStatus::kRunning}, {"SUCCEEDED", JobStatus::kSucceeded}, {"FAILED", JobStatus::kFailed}};
  EXPECT_EQ(job.id, json.at("jobId"));
  EXPECT_EQ(job.status, statuses.at(json.at("status")));
  EXPECT_EQ(job.name, text_of(json, "name"));
  EXPECT_EQ(job.description, text_of(json, "description"));
  EXPECT_EQ(job.group, text_of(json, "jobGroup"));
  EXPECT_EQ(job.submission_time, time_of(json, "submissionTime"));
  EXPECT_EQ(job.completion_time, time_of(json, "completionTime"));
  EXPECT_EQ(job.stage_ids, list_of(json, "stageIds"));
  EXPECT_EQ(job.tasks, count_of(json, "numTasks"));
  EXPECT_EQ(job.active_tasks, count_of(json, "numActiveTasks"));
  EXPECT_EQ(job.completed_tasks, count_of(json, "numCompletedTasks"));
  EXPECT_EQ(job.skipped_tasks, count_of(json, "numSkippedTasks"));
  EXPECT_EQ(job.failed_tasks, count_of(json, "numFailedTasks"));
  EXPECT_EQ(job.completed_stages, count_of(json, "numCompletedStages"));
  EXPECT_EQ(job.skipped_stages, count_of(json, "numSkippedStages"));
  EXPECT_EQ(job.failed_stages, count_of(json, "numFailedStages"));
}

void expect_same(const Json& json, const Stage& stage) {
  const std::map<std::string, StageStatus> statuses = {{"ACTIVE", StageStatus::kActive},
                                                       {"COMPLETE", StageStatus::kComplete},
                                                       {"FAILED", StageStatus::kFailed},
                                                       {"PENDING", StageStatus::kPending},
                                                       {"SKIPPED", StageStatus::kSkipped}};
  EXPECT_EQ(stage.id, json.at("stageId"));
  EXPECT_EQ(stage.attempt, json.at("attemptId"));
  EXPECT_EQ(stage.status, statuses.at(json.at("status")));
  EXPECT_EQ(stage.name, text_of(json, "name"));
  EXPECT_EQ(stage.description, text_of(json, "description"));
  const auto reason = json.value("failureReason", std::string());
  EXPECT_EQ(stage.failure_reason.substr(0, 100), reason.substr(0, 100));
  EXPECT_TRUE(reason.size() > limits::kTextBytes || stage.failure_reason == reason);
  EXPECT_EQ(stage.submission_time, time_of(json, "submissionTime"));
  EXPECT_EQ(stage.first_task_launched_time, time_of(json, "firstTaskLaunchedTime"));
  EXPECT_EQ(stage.completion_time, time_of(json, "completionTime"));
  EXPECT_EQ(stage.tasks, count_of(json, "numTasks"));
  EXPECT_EQ(stage.active_tasks, count_of(json, "numActiveTasks"));
  EXPECT_EQ(stage.completed_tasks, count_of(json, "numCompleteTasks"));
  EXPECT_EQ(stage.failed_tasks, count_of(json, "numFailedTasks"));
  EXPECT_EQ(stage.killed_tasks, count_of(json, "numKilledTasks"));
  EXPECT_EQ(stage.completed_indices, count_of(json, "numCompletedIndices"));
  EXPECT_EQ(stage.executor_run_time.count(), count_of(json, "executorRunTime"));
  EXPECT_EQ(stage.executor_deserialize_time.count(), count_of(json, "executorDeserializeTime"));
  EXPECT_EQ(stage.result_serialization_time.count(), count_of(json, "resultSerializationTime"));
  EXPECT_EQ(stage.executor_cpu_time.count(), count_of(json, "executorCpuTime"));
  EXPECT_EQ(stage.jvm_gc_time.count(), count_of(json, "jvmGcTime"));
  EXPECT_EQ(stage.memory_bytes_spilled, count_of(json, "memoryBytesSpilled"));
  EXPECT_EQ(stage.disk_bytes_spilled, count_of(json, "diskBytesSpilled"));
  EXPECT_EQ(stage.input_bytes, count_of(json, "inputBytes"));
  EXPECT_EQ(stage.input_records, count_of(json, "inputRecords"));
  EXPECT_EQ(stage.output_bytes, count_of(json, "outputBytes"));
  EXPECT_EQ(stage.output_records, count_of(json, "outputRecords"));
  EXPECT_EQ(stage.shuffle_read_bytes, count_of(json, "shuffleReadBytes"));
  EXPECT_EQ(stage.shuffle_read_records, count_of(json, "shuffleReadRecords"));
  EXPECT_EQ(stage.shuffle_write_bytes, count_of(json, "shuffleWriteBytes"));
  EXPECT_EQ(stage.shuffle_write_records, count_of(json, "shuffleWriteRecords"));
}

void expect_same(const Json& json, const PeakMetrics& peak) {
  EXPECT_EQ(peak.jvm_heap_memory, count_of(json, "JVMHeapMemory"));
  EXPECT_EQ(peak.jvm_off_heap_memory, count_of(json, "JVMOffHeapMemory"));
  EXPECT_EQ(peak.on_heap_execution_memory, count_of(json, "OnHeapExecutionMemory"));
  EXPECT_EQ(peak.off_heap_execution_memory, count_of(json, "OffHeapExecutionMemory"));
  EXPECT_EQ(peak.on_heap_storage_memory, count_of(json, "OnHeapStorageMemory"));
  EXPECT_EQ(peak.off_heap_storage_memory, count_of(json, "OffHeapStorageMemory"));
  EXPECT_EQ(peak.process_tree_jvm_rss, count_of(json, "ProcessTreeJVMRSSMemory"));
  EXPECT_EQ(peak.process_tree_python_rss, count_of(json, "ProcessTreePythonRSSMemory"));
  EXPECT_EQ(peak.process_tree_other_rss, count_of(json, "ProcessTreeOtherRSSMemory"));
  EXPECT_EQ(peak.minor_gc_time.count(), count_of(json, "MinorGCTime"));
  EXPECT_EQ(peak.major_gc_time.count(), count_of(json, "MajorGCTime"));
  EXPECT_EQ(peak.total_gc_time.count(), count_of(json, "TotalGCTime"));
}

void expect_same(const Json& json, const Executor& executor) {
  EXPECT_EQ(executor.id, json.at("id"));
  EXPECT_EQ(executor.host_port, text_of(json, "hostPort"));
  EXPECT_EQ(executor.is_active, json.at("isActive"));
  EXPECT_EQ(executor.is_excluded, json.at("isExcluded"));
  EXPECT_EQ(executor.add_time, time_of(json, "addTime"));
  EXPECT_EQ(executor.remove_time, time_of(json, "removeTime"));
  EXPECT_EQ(executor.remove_reason, text_of(json, "removeReason"));
  EXPECT_EQ(executor.total_cores, count_of(json, "totalCores"));
  EXPECT_EQ(executor.max_tasks, count_of(json, "maxTasks"));
  EXPECT_EQ(executor.active_tasks, count_of(json, "activeTasks"));
  EXPECT_EQ(executor.completed_tasks, count_of(json, "completedTasks"));
  EXPECT_EQ(executor.failed_tasks, count_of(json, "failedTasks"));
  EXPECT_EQ(executor.total_duration.count(), count_of(json, "totalDuration"));
  EXPECT_EQ(executor.total_gc_time.count(), count_of(json, "totalGCTime"));
  EXPECT_EQ(executor.total_input_bytes, count_of(json, "totalInputBytes"));
  EXPECT_EQ(executor.total_shuffle_read, count_of(json, "totalShuffleRead"));
  EXPECT_EQ(executor.total_shuffle_write, count_of(json, "totalShuffleWrite"));
  EXPECT_EQ(executor.memory_used, count_of(json, "memoryUsed"));
  EXPECT_EQ(executor.max_memory, count_of(json, "maxMemory"));
  EXPECT_EQ(executor.disk_used, count_of(json, "diskUsed"));
  ASSERT_EQ(executor.peak.has_value(), json.contains("peakMemoryMetrics"));
  if (executor.peak) expect_same(json.at("peakMemoryMetrics"), *executor.peak);
}

void expect_same(const Json& json, const SqlExecution& execution) {
  const std::map<std::string, SqlStatus> statuses = {
      {"RUNNING", SqlStatus::kRunning}, {"COMPLETED", SqlStatus::kCompleted}, {"FAILED", SqlStatus::kFailed}};
  std::multiset<std::int64_t> ids;
  for (const char* key : {"runningJobIds", "successJobIds", "failedJobIds"}) {
    for (const auto id : list_of(json, key)) ids.insert(id);
  }
  EXPECT_EQ(execution.id, json.at("id"));
  EXPECT_EQ(execution.status, statuses.at(json.at("status")));
  EXPECT_EQ(execution.description, text_of(json, "description"));
  EXPECT_EQ(execution.submission_time, time_of(json, "submissionTime"));
  EXPECT_EQ(execution.duration.count(), count_of(json, "duration"));
  EXPECT_EQ(std::multiset<std::int64_t>(execution.job_ids.begin(), execution.job_ids.end()), ids);
}

void expect_same(const Json& json, const Task& task) {
  const std::map<std::string, TaskStatus> statuses = {
      {"SUCCESS", TaskStatus::kSuccess}, {"FAILED", TaskStatus::kFailed}, {"KILLED", TaskStatus::kKilled}};
  EXPECT_EQ(task.id, json.at("taskId"));
  EXPECT_EQ(task.executor_id, json.at("executorId"));
  EXPECT_EQ(task.status, statuses.at(json.at("status")));
  EXPECT_EQ(task.duration.count(), json.at("duration"));
  // A task that could not fetch, or whose executor died, has no metrics.
  EXPECT_EQ(task.jvm_gc_time.count(), json.contains("taskMetrics") ? count_of(json.at("taskMetrics"), "jvmGcTime") : 0);
  EXPECT_EQ(task.executor_deserialize_time.count(),
            json.contains("taskMetrics") ? count_of(json.at("taskMetrics"), "executorDeserializeTime") : 0);
  EXPECT_EQ(task.error_message, text_of(json, "errorMessage"));
}

void expect_same(const Json& json, const Rdd& rdd) {
  EXPECT_EQ(rdd.id, json.at("id"));
  EXPECT_EQ(rdd.name, text_of(json, "name"));
  EXPECT_EQ(rdd.storage_level, text_of(json, "storageLevel"));
  EXPECT_EQ(rdd.partitions, count_of(json, "numPartitions"));
  EXPECT_EQ(rdd.cached_partitions, count_of(json, "numCachedPartitions"));
  EXPECT_EQ(rdd.memory_used, count_of(json, "memoryUsed"));
  EXPECT_EQ(rdd.disk_used, count_of(json, "diskUsed"));
}

/// Both forms of a root, as a list. Returns the number of elements compared.
template <class T>
std::size_t expect_same_list(Result<DecodeReport> (&decode)(std::istream&, const Each<T>&), const std::string& path) {
  SCOPED_TRACE(path);
  const std::string text = spark_exporter::test::fixture(path);
  Json dom = Json::parse(text);
  if (dom.is_object()) dom = Json::array({dom});
  const auto decoded = decode_list(decode, text);
  if (!decoded.report) {
    ADD_FAILURE() << decoded.report.error().what;
    return 0;
  }
  EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
  EXPECT_EQ(decoded.items.size(), dom.size());
  if (decoded.items.size() != dom.size()) return 0;
  for (std::size_t i = 0; i < dom.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(dom[i], decoded.items[i]);
  }
  return dom.size();
}

template <class T>
void expect_same_lists(Result<DecodeReport> (&decode)(std::istream&, const Each<T>&), const std::string& prefix,
                       std::size_t at_least) {
  std::size_t elements = 0;
  for (const auto& path : recordings(prefix)) elements += expect_same_list(decode, path);
  EXPECT_GE(elements, at_least);
}

TEST(DecodeRecordings, Applications) {
  expect_same_lists(decode_applications, "applications.json", 30);
  expect_same_lists(decode_applications, "applications-APP.json", 30);
}
TEST(DecodeRecordings, Jobs) { expect_same_lists(decode_jobs, "applications-APP-jobs", 200); }
TEST(DecodeRecordings, Stages) { expect_same_lists(decode_stages, "applications-APP-stages", 300); }
TEST(DecodeRecordings, Executors) {
  expect_same_lists(decode_executors, "applications-APP-executors", 60);
  expect_same_lists(decode_executors, "applications-APP-allexecutors", 60);
}
TEST(DecodeRecordings, Sql) { expect_same_lists(decode_sql, "applications-APP-sql", 100); }
TEST(DecodeRecordings, Rdds) { expect_same_lists(decode_rdds, "applications-APP-storage-rdd", 4); }

// Five attempts of each version: failed tasks, one killed with its stage, fetch failures, and two later attempts.
TEST(DecodeRecordings, LostTasks) {
  std::size_t tasks = 0;
  for (const auto& path : recordings("applications-APP-stages", "-taskList")) {
    SCOPED_TRACE(path);
    const std::string text = spark_exporter::test::fixture(path);
    const Json dom = Json::parse(text);
    const auto decoded = decode_list(decode_tasks, text);
    ASSERT_TRUE(decoded.report) << decoded.report.error().what;
    EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
    ASSERT_EQ(decoded.items.size(), dom.size());
    for (std::size_t i = 0; i < dom.size(); ++i) expect_same(dom[i], decoded.items[i]);
    tasks += dom.size();
  }
  EXPECT_EQ(tasks, 17U + 18U);
}

// Of 3,074 bytes the exception's name is at 1,209 in 3.5.9, of 1,194 near the end in 4.3.0.
TEST(DecodeRecordings, AFailureReasonKeepsItsException) {
  for (const std::string version : {"spark-3.5.9", "spark-4.3.0"}) {
    SCOPED_TRACE(version);
    const auto text = spark_exporter::test::fixture(version + "/fail/failed-job/applications-APP-stages.json");
    const auto decoded = decode_list(decode_stages, text);
    ASSERT_TRUE(decoded.report);
    const auto failed = std::find_if(decoded.items.begin(), decoded.items.end(),
                                     [](const Stage& stage) { return !stage.failure_reason.empty(); });
    ASSERT_NE(failed, decoded.items.end());
    EXPECT_LE(failed->failure_reason.size(), limits::kTextBytes);
    EXPECT_EQ(outcome::exception_class(failed->failure_reason), "ValueError") << failed->failure_reason;
    EXPECT_EQ(failed->failure_reason.find("\tat "), std::string::npos);
  }
}

TEST(DecodeRecordings, TaskSummaries) {
  std::size_t documents = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FIXTURES_DIR)) {
    const auto name = entry.path().filename().string();
    if (name.find("-taskSummary") == std::string::npos || !name.ends_with(".json")) continue;
    const auto path = entry.path().lexically_relative(FIXTURES_DIR).string();
    SCOPED_TRACE(path);
    const std::string text = spark_exporter::test::fixture(path);
    const Json dom = Json::parse(text);
    const auto decoded = decode_one(decode_task_summary, text);
    ASSERT_TRUE(decoded.report) << decoded.report.error().what;
    EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
    EXPECT_EQ(decoded.items[0].quantiles, dom.at("quantiles").get<std::vector<double>>());
    EXPECT_EQ(decoded.items[0].executor_run_time, dom.at("executorRunTime").get<std::vector<double>>());
    ++documents;
  }
  EXPECT_GE(documents, 20U);
}

TEST(DecodeRecordings, Versions) {
  for (const auto& path : recordings("version")) {
    SCOPED_TRACE(path);
    const auto decoded = decode_one(decode_version, spark_exporter::test::fixture(path));
    ASSERT_TRUE(decoded.report) << decoded.report.error().what;
    EXPECT_EQ(decoded.items[0], path.starts_with("spark-3.5.9") ? "3.5.9" : "4.3.0");
  }
}

TEST(DecodeRecordings, Environment) {
  const std::string text =
      spark_exporter::test::fixture("spark-3.5.9/healthy/finished/applications-APP-environment.json");
  const Json dom = Json::parse(text);
  const auto decoded = decode_one(decode_environment, text);
  ASSERT_TRUE(decoded.report) << decoded.report.error().what;
  EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
  EXPECT_EQ(decoded.items[0].java_version, "17.0.15 (Debian)");
  std::map<std::string, std::string> expected;
  for (const auto& pair : dom.at("sparkProperties")) {
    if (pair.at(0).get<std::string>().starts_with("spark.")) expected[pair.at(0)] = cut(pair.at(1));
  }
  EXPECT_EQ(decoded.items[0].properties, expected);
  EXPECT_EQ(decoded.items[0].properties.at("spark.app.name"), "lab-healthy");
}

TEST(DecodeRecordings, Metrics) {
  std::size_t with_queries = 0;
  for (const auto& path : recordings("metrics-json")) {
    SCOPED_TRACE(path);
    const std::string text = spark_exporter::test::fixture(path);
    const Json dom = Json::parse(text);
    const auto decoded = decode_one(decode_metrics, text);
    ASSERT_TRUE(decoded.report) << decoded.report.error().what;
    EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
    const MetricsDump& dump = decoded.items[0];
    std::size_t gauges = 0;
    for (const auto& [key, gauge] : dom.at("gauges").items()) {
      if (key.ends_with(".driver.DAGScheduler.job.allJobs")) {
        EXPECT_EQ(dump.all_jobs, gauge.at("value"));
      }
      if (key.find(".driver.spark.streaming.") != std::string::npos) ++gauges;
    }
    std::size_t queues = 0;
    for (const auto& [key, counter] : dom.at("counters").items()) {
      if (key.ends_with(".numDroppedEvents")) ++queues;
    }
    EXPECT_EQ(dump.streaming.size() * 6, gauges);
    EXPECT_EQ(dump.dropped_events.size(), queues);
    if (!dump.streaming.empty()) ++with_queries;
  }
  EXPECT_GE(with_queries, 1U);
}

}  // namespace
}  // namespace spark_exporter::spark::test
