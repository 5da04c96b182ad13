#include "tests/support/fake_driver.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace spark_exporter::test {
namespace {

using Json = nlohmann::json;

const char* text(spark::JobStatus status) {
  switch (status) {
    case spark::JobStatus::kRunning: return "RUNNING";
    case spark::JobStatus::kSucceeded: return "SUCCEEDED";
    case spark::JobStatus::kFailed: return "FAILED";
    case spark::JobStatus::kUnknown: return "UNKNOWN";
  }
  return "";
}

const char* text(spark::StageStatus status) {
  switch (status) {
    case spark::StageStatus::kActive: return "ACTIVE";
    case spark::StageStatus::kComplete: return "COMPLETE";
    case spark::StageStatus::kFailed: return "FAILED";
    case spark::StageStatus::kPending: return "PENDING";
    case spark::StageStatus::kSkipped: return "SKIPPED";
  }
  return "";
}

Json json_of(const spark::Job& job) {
  return {{"jobId", job.id},
          {"name", "count at x.py:1"},
          {"description", job.description},
          {"jobGroup", job.group},
          {"submissionTime", "2026-11-23T13:37:07.395GMT"},
          {"stageIds", job.stage_ids},
          {"status", text(job.status)},
          {"numTasks", job.tasks},
          {"numFailedStages", job.failed_stages}};
}

Json json_of(const spark::Stage& stage) {
  return {{"stageId", stage.id},
          {"attemptId", stage.attempt},
          {"status", text(stage.status)},
          {"numTasks", stage.tasks},
          {"numActiveTasks", stage.active_tasks},
          {"numCompleteTasks", stage.completed_tasks},
          {"numFailedTasks", stage.failed_tasks},
          {"numKilledTasks", stage.killed_tasks},
          {"numCompletedIndices", stage.completed_indices},
          {"executorRunTime", stage.executor_run_time.count()},
          {"executorDeserializeTime", stage.executor_deserialize_time.count()},
          {"inputBytes", stage.input_bytes},
          {"inputRecords", stage.input_records},
          {"failureReason", stage.failure_reason}};
}

Json json_of(const spark::Executor& executor) {
  Json json{{"id", executor.id},
            {"isActive", executor.is_active},
            {"addTime", "2026-11-23T13:37:07.395GMT"},
            {"completedTasks", executor.completed_tasks},
            {"failedTasks", executor.failed_tasks},
            {"maxTasks", executor.max_tasks},
            {"activeTasks", executor.active_tasks}};
  if (!executor.is_active) {
    json["removeTime"] = "2026-11-23T13:38:07.395GMT";
    json["removeReason"] = executor.remove_reason;
  }
  if (executor.peak) {
    json["peakMemoryMetrics"] = {{"MinorGCTime", executor.peak->minor_gc_time.count()},
                                 {"MajorGCTime", executor.peak->major_gc_time.count()},
                                 {"TotalGCTime", executor.peak->total_gc_time.count()}};
  }
  return json;
}

Json json_of(const spark::SqlExecution& execution) {
  const char* status = execution.status == spark::SqlStatus::kRunning     ? "RUNNING"
                       : execution.status == spark::SqlStatus::kCompleted ? "COMPLETED"
                                                                          : "FAILED";
  return {{"id", execution.id},
          {"status", status},
          {"description", execution.description},
          {"submissionTime", "2026-11-23T13:37:07.395GMT"},
          {"duration", execution.duration.count()},
          {"successJobIds", execution.job_ids}};
}

const char* text(spark::TaskStatus status) {
  switch (status) {
    case spark::TaskStatus::kRunning: return "RUNNING";
    case spark::TaskStatus::kSuccess: return "SUCCESS";
    case spark::TaskStatus::kFailed: return "FAILED";
    case spark::TaskStatus::kKilled: return "KILLED";
    case spark::TaskStatus::kUnknown: return "UNKNOWN";
  }
  return "";
}

Json json_of(const spark::Task& task) {
  return {{"taskId", task.id},
          {"executorId", task.executor_id},
          {"status", text(task.status)},
          {"duration", task.duration.count()},
          {"errorMessage", task.error_message},
          {"taskMetrics", {{"jvmGcTime", task.jvm_gc_time.count()}}}};
}

/// Spark's rule: past the bound a tenth goes, or what is over if that is more.
template <class Map, class Evictable>
void evict_from(Map& map, std::size_t retained, Evictable evictable) {
  if (map.size() <= retained) return;
  std::size_t count = std::max(retained / 10, map.size() - retained);
  for (auto at = map.begin(); at != map.end() && count > 0;) {
    if (evictable(at->second)) {
      at = map.erase(at);
      --count;
    } else {
      ++at;
    }
  }
}

}  // namespace

class FakeDriver::Client : public net::HttpClient {
 public:
  explicit Client(FakeDriver& driver) : driver_(driver) {}

  Result<void> get(const net::Request& request, const net::Consumer& consume) override {
    if (cancelled_) return Error{ErrorKind::kCancelled, "cancelled"};
    driver_.questions_.push_back(request.target);
    driver_.on_question();
    for (const auto& [part, kind] : driver_.faults) {
      if (request.target.find(part) != std::string::npos) return Error{kind, "fault at " + request.target};
    }
    const auto canned = driver_.answer(request.target);
    std::istringstream body(canned.body);
    return consume({canned.status, canned.content_type, canned.location, 0}, body);
  }
  void cancel() noexcept override { cancelled_ = true; }
  net::ClientStats stats() const override { return {driver_.questions_.size(), driver_.connections, 0, 0}; }

 private:
  FakeDriver& driver_;
  bool cancelled_ = false;
};

FakeDriver::FakeDriver(std::string app_id, std::int64_t start_ms) { restart(std::move(app_id), start_ms); }

void FakeDriver::restart(std::string app_id, std::int64_t start_ms) {
  app_id_ = std::move(app_id);
  start_ms_ = start_ms;
  next_job_ = next_stage_ = next_sql_ = 0;
  jobs_.clear();
  stages_.clear();
  tasks_.clear();
  sql_.clear();
  executors_.clear();
  add_executor("driver");
}

std::int64_t FakeDriver::start_job(int stages) {
  spark::Job job;
  job.id = next_job_++;
  job.status = spark::JobStatus::kRunning;
  for (int i = 0; i < stages; ++i) {
    spark::Stage stage;
    stage.id = next_stage_++;
    stage.status = spark::StageStatus::kPending;
    job.stage_ids.push_back(stage.id);
    stages_[{stage.id, 0}] = stage;
  }
  jobs_[job.id] = job;
  evict();
  return job.id;
}

void FakeDriver::start_stage(std::int64_t id, std::int64_t tasks, std::int64_t attempt) {
  auto& stage = stages_[{id, attempt}];
  stage.id = id;
  stage.attempt = attempt;
  stage.status = spark::StageStatus::kActive;
  stage.tasks = tasks;
  evict();
}

void FakeDriver::end_tasks(std::int64_t id, std::int64_t completed, std::int64_t failed, std::int64_t attempt) {
  auto& stage = stages_.at({id, attempt});
  stage.completed_tasks += completed;
  stage.completed_indices += completed;
  stage.failed_tasks += failed;
  stage.executor_run_time += spark::Millis{7 * (completed + failed)};
  stage.input_bytes += 100 * completed;
  stage.input_records += 3 * completed;
}

void FakeDriver::end_stage(std::int64_t id, bool good, std::int64_t attempt, std::int64_t still_active) {
  auto& stage = stages_.at({id, attempt});
  stage.status = good ? spark::StageStatus::kComplete : spark::StageStatus::kFailed;
  stage.active_tasks = still_active;
}

void FakeDriver::end_job(std::int64_t id, bool good) {
  auto& job = jobs_.at(id);
  job.status = good ? spark::JobStatus::kSucceeded : spark::JobStatus::kFailed;
  for (const auto stage : job.stage_ids) {
    const auto at = stages_.find({stage, 0});
    if (at != stages_.end() && at->second.status == spark::StageStatus::kPending) {
      at->second.status = spark::StageStatus::kSkipped;
    }
    for (const auto& [key, attempt] : stages_) {
      if (key.first == stage && attempt.status == spark::StageStatus::kFailed) ++job.failed_stages;
    }
  }
  evict();
}

std::int64_t FakeDriver::run_job(int stages, std::int64_t tasks) {
  const auto id = start_job(stages);
  for (const auto stage : std::vector<std::int64_t>(jobs_.at(id).stage_ids)) {
    start_stage(stage, tasks);
    end_tasks(stage, tasks);
    end_stage(stage, true);
  }
  end_job(id, true);
  return id;
}

std::int64_t FakeDriver::start_sql(const std::string& description) {
  spark::SqlExecution execution;
  execution.id = next_sql_++;
  execution.description = description;
  sql_[execution.id] = execution;
  evict();
  return execution.id;
}

void FakeDriver::end_sql(std::int64_t id, bool good, std::int64_t duration_ms) {
  auto& execution = sql_.at(id);
  execution.status = good ? spark::SqlStatus::kCompleted : spark::SqlStatus::kFailed;
  execution.duration = spark::Millis{duration_ms};
}

void FakeDriver::write_sql(std::int64_t id, const std::string& path, std::int64_t rows) {
  sql_.at(id).job_ids = {run_job(1, 1)};
  written_[id] = {path, rows};
  end_sql(id, true, 100);
}

void FakeDriver::add_executor(const std::string& id) {
  spark::Executor executor;
  executor.id = id;
  executor.is_active = true;
  executors_[id] = executor;
}

void FakeDriver::kill_executor(const std::string& id, const std::string& reason) {
  auto& executor = executors_.at(id);
  executor.is_active = false;
  executor.remove_reason = reason;
}

void FakeDriver::evict() {
  evict_from(jobs_, retained_jobs, [](const spark::Job& job) { return job.status != spark::JobStatus::kRunning; });
  evict_from(stages_, retained_stages, [](const spark::Stage& stage) {
    return stage.status != spark::StageStatus::kActive && stage.status != spark::StageStatus::kPending;
  });
  evict_from(sql_, retained_sql,
             [](const spark::SqlExecution& execution) { return execution.status != spark::SqlStatus::kRunning; });
}

std::vector<std::string> FakeDriver::take_questions() { return std::exchange(questions_, {}); }

std::shared_ptr<net::HttpClient> FakeDriver::client() { return std::make_shared<Client>(*this); }

std::string FakeDriver::jobs_json(const std::function<bool(const spark::Job&)>& keep) const {
  Json list = Json::array();
  for (auto at = jobs_.rbegin(); at != jobs_.rend(); ++at) {
    if (keep(at->second)) list.push_back(json_of(at->second));
  }
  return list.dump();
}

std::string FakeDriver::stages_json(const std::function<bool(const spark::Stage&)>& keep) const {
  Json list = Json::array();
  for (auto at = stages_.rbegin(); at != stages_.rend(); ++at) {
    if (keep(at->second)) list.push_back(json_of(at->second));
  }
  return list.dump();
}

std::string FakeDriver::executors_json(bool dead) const {
  Json list = Json::array();
  for (const auto& [id, executor] : executors_) {
    if (dead || executor.is_active) list.push_back(json_of(executor));
  }
  return list.dump();
}

std::string FakeDriver::sql_json(std::int64_t offset, std::int64_t length) const {
  Json list = Json::array();
  std::int64_t at = 0;
  for (const auto& [id, execution] : sql_) {
    if (at >= offset && at < offset + length) list.push_back(json_of(execution));
    ++at;
  }
  return list.dump();
}

/// "/stages/ID/ATTEMPT/taskList?status=..&status=..&offset=..&length=..", by task id.
std::string FakeDriver::tasks_json(const std::string& target) const {
  const auto number = [&](std::size_t at) { return std::strtoll(target.c_str() + at, nullptr, 10); };
  const auto id = number(8);
  const auto attempt = number(target.find('/', 8) + 1);
  const auto offset = number(target.find("offset=") + 7);
  const auto length = number(target.find("length=") + 7);
  Json list = Json::array();
  std::int64_t position = 0;
  const auto at = tasks_.find({id, attempt});
  if (at == tasks_.end()) return list.dump();
  for (const auto& [task_id, task] : at->second) {
    std::string status = text(task.status);
    std::transform(status.begin(), status.end(), status.begin(), [](unsigned char c) { return std::tolower(c); });
    if (target.find("status=" + status) == std::string::npos) continue;
    if (position >= offset && position < offset + length) list.push_back(json_of(task));
    ++position;
  }
  return list.dump();
}

FakeDriver::Canned FakeDriver::answer(const std::string& target) {
  for (const auto& [part, reply] : canned) {
    if (target.find(part) != std::string::npos) return reply;
  }
  const Canned unknown{404, "text/plain", "unknown", ""};
  if (target == "/api/v1/applications") {
    return {200, "application/json",
            Json::array({{{"id", app_id_},
                          {"name", application_name},
                          {"attempts", Json::array({{{"startTimeEpoch", start_ms_}, {"appSparkVersion", "3.5.9"}}})}}})
                .dump(),
            ""};
  }
  if (target == "/metrics/json/") {
    return {200, "text/json",
            "{\"gauges\": {\"" + app_id_ + ".driver.DAGScheduler.job.allJobs\": {\"value\": " +
                std::to_string(next_job_) + "}" + metrics_extra + "}, \"counters\": {}}",
            ""};
  }
  const std::string prefix = "/api/v1/applications/" + app_id_;
  if (!target.starts_with(prefix)) return unknown;
  const std::string rest = target.substr(prefix.size());
  const auto json = [](std::string body) { return Canned{200, "application/json", std::move(body), ""}; };
  const auto number = [&](std::size_t at) { return std::strtoll(rest.c_str() + at, nullptr, 10); };

  if (rest == "/jobs") return json(jobs_json([](const auto&) { return true; }));
  if (rest == "/jobs?status=running") {
    return json(jobs_json([](const auto& job) { return job.status == spark::JobStatus::kRunning; }));
  }
  if (rest.starts_with("/jobs/")) {
    const auto at = jobs_.find(number(6));
    return at == jobs_.end() ? unknown : json(json_of(at->second).dump());
  }
  if (rest == "/stages") return json(stages_json([](const auto&) { return true; }));
  if (rest == "/stages?status=active") {
    return json(stages_json([](const auto& stage) { return stage.status == spark::StageStatus::kActive; }));
  }
  if (rest.find("/taskSummary") != std::string::npos) {
    return json("{\"quantiles\": [0.5, 1.0], \"executorRunTime\": [100.0, 700.0]}");
  }
  if (rest.find("/taskList?") != std::string::npos) return json(tasks_json(rest));
  if (rest.starts_with("/stages/")) {
    const auto id = number(8);
    const auto body = stages_json([&](const auto& stage) { return stage.id == id; });
    return body == "[]" ? unknown : json(body);
  }
  if (rest == "/executors") return json(executors_json(false));
  if (rest == "/allexecutors") return json(executors_json(true));
  if (rest.starts_with("/sql?")) {
    return json(sql_json(number(rest.find("offset=") + 7), number(rest.find("length=") + 7)));
  }
  if (rest.starts_with("/sql/")) {
    const auto at = sql_.find(number(5));
    if (at == sql_.end()) return unknown;
    auto body = json_of(at->second);
    const auto written = written_.find(at->first);
    if (rest.ends_with("planDescription=true") && written != written_.end()) {
      body["planDescription"] = "(1) Execute Insert\nInput: []\nArguments: " + written->second.path + ", false, CSV";
      body["nodes"] = Json::array({{{"nodeName", "Execute Insert"},
                                    {"metrics", Json::array({{{"name", "number of written files"}, {"value", "1"}},
                                                             {{"name", "number of output rows"},
                                                              {"value", std::to_string(written->second.rows)}}})}}});
    }
    return json(body.dump());
  }
  if (rest == "/environment") return json(R"({"runtime": {"javaVersion": "17"}, "sparkProperties": []})");
  if (rest == "/storage/rdd") return json("[]");
  return unknown;
}

}  // namespace spark_exporter::test
