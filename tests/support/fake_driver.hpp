#pragma once
// A Spark driver's REST API in memory, behind net::HttpClient: jobs, stages, SQL and executors with Spark's own
// eviction (a tenth at once when a bound is passed), and faults by path. Counts what was asked.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "exporter/net/http_client.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::test {

class FakeDriver {
 public:
  explicit FakeDriver(std::string app_id = "app-1", std::int64_t start_ms = 1'000);

  // --- what the application does ------------------------------------------------------------------
  /// Submits a job with `stages` new stages, all pending. Returns its id.
  std::int64_t start_job(int stages);
  void start_stage(std::int64_t id, std::int64_t tasks, std::int64_t attempt = 0);
  /// Ends `completed` tasks of a running attempt, each with 7 ms run time, 100 input bytes and 3 input records.
  void end_tasks(std::int64_t id, std::int64_t completed, std::int64_t failed = 0, std::int64_t attempt = 0);
  void end_stage(std::int64_t id, bool good, std::int64_t attempt = 0, std::int64_t still_active = 0);
  /// Pending stages of the job become skipped.
  void end_job(std::int64_t id, bool good);
  /// start, all stages with `tasks` tasks each, end.
  std::int64_t run_job(int stages, std::int64_t tasks);
  std::int64_t start_sql(const std::string& description = "query");
  void end_sql(std::int64_t id, bool good, std::int64_t duration_ms);
  /// It runs a job and ends well; its plan says that it wrote so many rows to that path.
  void write_sql(std::int64_t id, const std::string& path, std::int64_t rows);
  /// A job id that Spark gives out but never shows (its stage could not be created).
  void waste_job_id() { ++next_job_; }
  void add_executor(const std::string& id);
  void kill_executor(const std::string& id, const std::string& reason);
  spark::Executor& executor(const std::string& id) { return executors_.at(id); }
  spark::SqlExecution& sql(std::int64_t id) { return sql_.at(id); }
  spark::Job& job(std::int64_t id) { return jobs_.at(id); }
  spark::Stage& stage(std::int64_t id, std::int64_t attempt = 0) { return stages_.at({id, attempt}); }
  /// A task of an attempt, in any order; the stage's counts are the caller's.
  void add_task(std::int64_t stage, std::int64_t attempt, const spark::Task& task) {
    tasks_[{stage, attempt}][task.id] = task;
  }
  /// Another SparkContext, everything from the beginning.
  void restart(std::string app_id, std::int64_t start_ms);

  // --- how it answers -----------------------------------------------------------------------------
  std::size_t retained_jobs = 1000;
  std::size_t retained_stages = 1000;
  std::size_t retained_sql = 1000;
  /// Answers instead of the API where it returns a value: status, content type and body.
  struct Canned {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string location;
  };
  std::map<std::string, Canned> canned;     ///< by a part of the target
  std::map<std::string, ErrorKind> faults;  ///< by a part of the target: "" is every question
  std::string application_name = "fake";
  std::uint64_t connections = 1;              ///< raise it to look like a new connection
  std::function<void()> on_question = [] {};  ///< called with each
  std::string metrics_extra;                  ///< more gauges of /metrics/json, ", \"x\": {...}"

  /// What the driver says to GET `target`.
  Canned answer(const std::string& target);
  /// Questions since the last call, in order.
  std::vector<std::string> take_questions();
  /// A client of this driver.
  std::shared_ptr<net::HttpClient> client();

 private:
  class Client;
  void evict();
  std::string jobs_json(const std::function<bool(const spark::Job&)>& keep) const;
  std::string stages_json(const std::function<bool(const spark::Stage&)>& keep) const;
  std::string executors_json(bool dead) const;
  std::string sql_json(std::int64_t offset, std::int64_t length) const;
  std::string tasks_json(const std::string& target) const;

  std::string app_id_;
  std::int64_t start_ms_;
  std::int64_t next_job_ = 0;
  std::int64_t next_stage_ = 0;
  std::int64_t next_sql_ = 0;
  std::map<std::int64_t, spark::Job> jobs_;
  std::map<std::pair<std::int64_t, std::int64_t>, spark::Stage> stages_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::map<std::int64_t, spark::Task>> tasks_;
  std::map<std::int64_t, spark::SqlExecution> sql_;
  struct Written {
    std::string path;
    std::int64_t rows;
  };
  std::map<std::int64_t, Written> written_;  ///< by SQL execution
  std::map<std::string, spark::Executor> executors_;
  std::vector<std::string> questions_;
};

}  // namespace spark_exporter::test
