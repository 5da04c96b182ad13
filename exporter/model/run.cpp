#include "exporter/model/run.hpp"

#include <algorithm>

#include "exporter/intake/limits.hpp"
#include "exporter/model/bounded.hpp"

namespace spark_exporter::model {

namespace {

/// Spark has four queues; listeners may name more.
constexpr std::size_t kEventQueues = 32;

}  // namespace

Run::Run(spark::Application application, spark::TimePoint first_seen)
    : application_(std::move(application)), first_seen_(first_seen) {}

bool Run::is(const spark::Application& application) const {
  return application_.id == application.id && application_.start_time == application.start_time;
}

void Run::progress(std::optional<spark::TimePoint> at) {
  if (at && (!last_progress_ || *at > *last_progress_)) last_progress_ = at;
}

void Run::apply_jobs(std::vector<spark::Job> jobs, spark::TimePoint now) {
  std::sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (auto& job : jobs) {
    if (jobs_.is_final(job.id)) continue;
    work_.apply(job);
    const bool ended = jobs_.apply(job) == JobLedger::Change::kEnded;
    if (ended) {
      progress(job.completion_time.value_or(now));
      for (const auto id : job.stage_ids) {
        // A failed stage may have been tried again: later attempts of stages that are already counted.
        if (job.failed_stages > 0 || stages_.is_open(id)) owed_stages_.insert(id);
      }
    }
    if (ended) {
      last_ended_job_ = job.id;
      last_job_failure_.clear();
    }
    if (ended && job.status == spark::JobStatus::kFailed) {
      failed_jobs_.push_back(std::move(job));
    } else {
      streaming_.apply(job, false);
    }
  }
}

void Run::lose_job(std::int64_t id) {
  const auto at = jobs_.running().find(id);
  if (at != jobs_.running().end()) {
    for (const auto stage : at->second.stage_ids) {
      if (stages_.is_open(stage)) owed_stages_.insert(stage);
    }
  }
  jobs_.lose(id);
}

void Run::apply_stages(const spark::Stages& stages) {
  for (const auto& stage : stages) {
    const bool settled = stages_.is_settled(stage);
    const spark::Millis before{stages_.slot_time_ms({stage.id, stage.attempt})};
    if (stages_.apply(stage)) progress(stage.completion_time);
    const bool ran = stage.status != spark::StageStatus::kPending && stage.status != spark::StageStatus::kSkipped;
    if (!settled && ran) {
      work_.apply(stage, std::max(slot_time(stage), before) - before, stages_.is_settled(stage));
    }
    if (stage.status == spark::StageStatus::kComplete || stage.status == spark::StageStatus::kFailed) {
      add_quality(stage);
    }
    if (stage.status == spark::StageStatus::kFailed) {
      stage_failures_[stage.id] = stage.failure_reason;
    }
  }
  for (const auto& stage : stages) {
    if (!stages_.is_open(stage.id)) owed_stages_.erase(stage.id);
  }
}

/// Accumulators only grow, and an answer may be older than the last one.
void Run::add_quality(const spark::Stage& stage) {
  for (const auto& one : stage.quality) {
    const auto [known, is_new] = quality_.try_emplace({one.name, one.id}, one.value);
    if (!is_new) known->second = std::max(known->second, one.value);
    if (is_new && quality_.size() > limits::kQualityAccumulators) quality_.erase(known);
  }
}

std::map<std::string, double> Run::quality_accumulators() const {
  std::map<std::string, double> values;
  for (const auto& [key, value] : quality_) values[key.first] += value;
  return values;
}

void Run::lose_stage(std::int64_t id) {
  stages_.lose(id);
  owed_stages_.erase(id);
}

bool Run::apply_executors(const std::vector<spark::Executor>& executors, spark::TimePoint now) {
  const bool ask_all = executors_.apply_live(executors, now);
  std::int64_t ended = 0;
  for (const auto& executor : executors) {
    ended = bounded_sum(ended, bounded_sum(executor.completed_tasks, executor.failed_tasks));
  }
  if (ended > tasks_ended_) progress(now);
  tasks_ended_ = ended;
  return ask_all;
}

void Run::apply_all_executors(const std::vector<spark::Executor>& executors, spark::TimePoint now) {
  executors_.apply_all(executors, now);
}

void Run::apply_sql(const spark::SqlExecution& execution) {
  sql_.apply(execution);
  work_.apply(execution);
}

void Run::apply_metrics(const spark::MetricsDump& dump) {
  for (const auto& [queue, count] : dump.dropped_events) {
    if (dropped_events_.size() >= kEventQueues && !dropped_events_.contains(queue)) continue;
    auto& known = dropped_events_[queue];
    known = std::max(known, count);
  }
  streaming_.apply(dump.streaming);
}

void Run::apply_dstreams(spark::StreamingStatistics statistics) {
  if (dstreams_) statistics.completed_batches = std::max(statistics.completed_batches, dstreams_->completed_batches);
  dstreams_ = statistics;
}

void Run::judge_failed_job(const spark::Job& job) {
  bool cancelled = false;
  std::string reason;
  for (const auto id : job.stage_ids) {
    const auto at = stage_failures_.find(id);
    if (at == stage_failures_.end()) continue;
    cancelled = cancelled || at->second.find("cancelled") != std::string::npos;
    reason = at->second;
  }
  streaming_.apply(job, cancelled);
  if (job.id == last_ended_job_ && !cancelled) last_job_failure_ = std::move(reason);
}

void Run::finish_poll() {
  for (const auto& job : failed_jobs_) judge_failed_job(job);
  failed_jobs_.clear();
  stage_failures_.clear();
}

std::string Run::property(const std::string& key, const std::string& fallback) const {
  if (!environment_) return fallback;
  const auto at = environment_->properties.find(key);
  return at == environment_->properties.end() ? fallback : at->second;
}

outcome::Kind Run::kind() const {
  // The names that start-thriftserver.sh and start-connect-server.sh give their applications.
  if (application_.name.starts_with("Thrift JDBC/ODBC Server") || application_.name == "Spark Connect server") {
    return outcome::Kind::kServer;
  }
  return streaming_.any() || dstreams_ ? outcome::Kind::kStreaming : outcome::Kind::kBatch;
}

Run::Saved Run::save() const {
  return {application_, jobs_.data(),      stages_.data(), executors_.data(),
          sql_.data(),  streaming_.data(), owed_stages_,   work_.data()};
}

Run Run::restore(Saved saved, spark::TimePoint now) {
  Run run(std::move(saved.application), now);
  run.jobs_ = JobLedger(std::move(saved.jobs));
  run.stages_ = StageLedger(std::move(saved.stages));
  run.executors_ = ExecutorLedger(std::move(saved.executors));
  run.sql_ = SqlLedger(std::move(saved.sql));
  run.streaming_ = StreamingLedger(std::move(saved.streaming));
  run.work_ = WorkLedger(std::move(saved.work));
  run.owed_stages_ = std::move(saved.owed_stages);
  return run;
}

}  // namespace spark_exporter::model
