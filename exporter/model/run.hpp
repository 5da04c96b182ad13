#pragma once
// One run of a job: one SparkContext's life, as its driver's REST API told it so far. Facts go in by apply_*(), the
// metrics read the members. Owned and used by one thread, the poller's.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/model/executor_ledger.hpp"
#include "exporter/model/job_ledger.hpp"
#include "exporter/model/sql_ledger.hpp"
#include "exporter/model/stage_ledger.hpp"
#include "exporter/model/streaming_ledger.hpp"
#include "exporter/model/work_ledger.hpp"
#include "exporter/outcome/view.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

/// Slowest against median task of a heavy stage.
struct StageSkew {
  StageLedger::Key stage;
  double ratio = 1;
  spark::TimePoint as_of;
  spark::Millis slowest{0};
};

class Run {
 public:
  Run(spark::Application application, spark::TimePoint first_seen);

  /// A second SparkContext in the same driver is another run, even under the same application id.
  bool is(const spark::Application& application) const;

  // --- facts in ---------------------------------------------------------------------------------
  void set_environment(spark::Environment environment) { environment_ = std::move(environment); }
  /// Jobs in any order; `now` is the poll's time.
  void apply_jobs(std::vector<spark::Job> jobs, spark::TimePoint now);
  void lose_job(std::int64_t id);
  void apply_stages(const spark::Stages& stages);
  void lose_stage(std::int64_t id);
  /// Both return whether the other list must be asked, see ExecutorLedger.
  bool apply_executors(const std::vector<spark::Executor>& executors, spark::TimePoint now);
  void apply_all_executors(const std::vector<spark::Executor>& executors, spark::TimePoint now);
  void apply_sql(const spark::SqlExecution& execution);
  void lose_sql(std::int64_t id) { sql_.lose(id); }
  /// A page of lost tasks, see WorkLedger.
  void apply_lost_tasks(const WorkLedger::Key& stage, const std::vector<spark::Task>& tasks, std::size_t length) {
    work_.apply(stage, tasks, length);
  }
  void lose_lost_tasks(const WorkLedger::Key& stage) { work_.lose(stage); }
  /// SQL executions were read after the jobs.
  void settle_groups() { work_.settle(); }
  void set_group_limit(std::size_t groups) { work_.set_group_limit(groups); }
  void apply_metrics(const spark::MetricsDump& dump);
  void apply_dstreams(spark::StreamingStatistics statistics);
  void apply_rdds(std::vector<spark::Rdd> rdds) { rdds_ = std::move(rdds); }
  void apply_skew(StageSkew skew) {
    longest_task_ = std::max(longest_task_, skew.slowest);
    skew_ = skew;
  }
  void clear_skew() { skew_.reset(); }
  /// The end of a poll: stages of jobs that ended were asked, so failed micro-batches can be judged.
  void finish_poll();

  // --- what is still to be asked ----------------------------------------------------------------
  /// Stages of ended jobs, and such as were seen running, whose final numbers are owed.
  const std::set<std::int64_t>& owed_stages() const { return owed_stages_; }
  void owe_stage(std::int64_t id) { owed_stages_.insert(id); }

  // --- state ------------------------------------------------------------------------------------
  const spark::Application& application() const { return application_; }
  const std::optional<spark::Environment>& environment() const { return environment_; }
  /// A "spark." property of the environment, or `fallback`.
  std::string property(const std::string& key, const std::string& fallback = {}) const;
  const JobLedger& jobs() const { return jobs_; }
  const StageLedger& stages() const { return stages_; }
  const ExecutorLedger& executors() const { return executors_; }
  ExecutorLedger& executors() { return executors_; }
  const SqlLedger& sql() const { return sql_; }
  const WorkLedger& work() const { return work_; }
  const StreamingLedger& streaming() const { return streaming_; }
  const std::optional<spark::StreamingStatistics>& dstreams() const { return dstreams_; }
  const std::vector<spark::Rdd>& rdds() const { return rdds_; }
  const std::map<std::string, std::int64_t>& dropped_events() const { return dropped_events_; }
  const std::optional<StageSkew>& skew() const { return skew_; }
  /// Accumulators that tell of data quality, by name: their values as of the stages that ended.
  std::map<std::string, double> quality_accumulators() const;
  /// Of the stages whose skew was looked at; 0 if there was none.
  spark::Millis longest_task() const { return longest_task_; }
  /// Last end of a task, a stage or a job.
  std::optional<spark::TimePoint> last_progress() const { return last_progress_; }
  spark::TimePoint first_seen() const { return first_seen_; }
  outcome::Kind kind() const;
  /// Why the last ended Spark job failed (its stage's failureReason); "" if it succeeded, was cancelled, or none ended.
  const std::string& last_job_failure() const { return last_job_failure_; }

  /// The counters' part, for the state file.
  struct Saved {
    spark::Application application;
    JobLedger::Data jobs;
    StageLedger::Data stages;
    ExecutorLedger::Data executors;
    SqlLedger::Data sql;
    StreamingLedger::Data streaming;
    std::set<std::int64_t> owed_stages;
    WorkLedger::Data work;
  };
  Saved save() const;
  /// Continues a run that an earlier process watched.
  static Run restore(Saved saved, spark::TimePoint now);

 private:
  void progress(std::optional<spark::TimePoint> at);
  void judge_failed_job(const spark::Job& job);
  void add_quality(const spark::Stage& stage);

  spark::Application application_;
  spark::TimePoint first_seen_;
  std::optional<spark::Environment> environment_;
  JobLedger jobs_;
  StageLedger stages_;
  ExecutorLedger executors_;
  SqlLedger sql_;
  StreamingLedger streaming_;
  WorkLedger work_;
  std::optional<spark::StreamingStatistics> dstreams_;
  std::vector<spark::Rdd> rdds_;
  std::map<std::string, std::int64_t> dropped_events_;
  std::optional<StageSkew> skew_;
  spark::Millis longest_task_{0};
  std::optional<spark::TimePoint> last_progress_;
  std::set<std::int64_t> owed_stages_;
  std::vector<spark::Job> failed_jobs_;                 ///< of this poll, not judged yet
  std::map<std::int64_t, std::string> stage_failures_;  ///< failed stages of this poll: failureReason
  std::int64_t last_ended_job_ = -1;
  std::string last_job_failure_;
  std::int64_t tasks_ended_ = 0;
  std::map<std::pair<std::string, std::int64_t>, double> quality_;  ///< by name and id
};

}  // namespace spark_exporter::model
