// The promise of every counter: whatever Spark answers, in whatever order, nothing falls.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "exporter/model/run.hpp"

namespace spark_exporter::model {
namespace {

using spark::Millis;
using spark::TimePoint;

using Counters = std::map<std::string, double>;

Counters counters(const Run& run) {
  Counters all;
  const auto& jobs = run.jobs().data();
  all["jobs succeeded"] = static_cast<double>(jobs.succeeded);
  all["jobs failed"] = static_cast<double>(jobs.failed);
  all["jobs unknown"] = static_cast<double>(jobs.unknown);
  const auto& stages = run.stages().data();
  all["stages complete"] = static_cast<double>(stages.complete);
  all["stages failed"] = static_cast<double>(stages.failed);
  all["stages skipped"] = static_cast<double>(stages.skipped_count);
  all["stage retries"] = static_cast<double>(stages.retries);
  const auto totals = run.stages().totals();
  int index = 0;
  for (auto member : StageTotals::members()) {
    all["stage total " + std::to_string(index++)] = static_cast<double>(totals.*member);
  }
  const auto& sql = run.sql().data();
  all["sql completed"] = static_cast<double>(sql.completed);
  all["sql failed"] = static_cast<double>(sql.failed);
  all["sql duration"] = sql.duration_sum_seconds;
  for (std::size_t bucket = 0; bucket < sql.buckets.size(); ++bucket) {
    all["sql bucket " + std::to_string(bucket)] = static_cast<double>(sql.buckets[bucket]);
  }
  const auto& executors = run.executors();
  all["executors dead"] = static_cast<double>(executors.dead());
  all["gc"] = static_cast<double>(executors.gc_total().value_or(Millis{0}).count());
  all["uptime"] = static_cast<double>(executors.uptime_total().value_or(Millis{0}).count());
  for (int reason = 0; reason < kRemovalReasons; ++reason) {
    all["removals " + std::to_string(reason)] =
        static_cast<double>(executors.removals()[static_cast<std::size_t>(reason)]);
  }
  for (const auto* executor : executors.by_age()) {
    const std::string id = "executor " + executor->id + ' ';
    all[id + "completed"] = static_cast<double>(executor->completed_tasks);
    all[id + "duration"] = static_cast<double>(executor->total_duration.count());
    all[id + "shuffle"] = static_cast<double>(executor->total_shuffle_write);
    if (const auto paused = stop_the_world(*executor)) all[id + "gc"] = static_cast<double>(paused->count());
  }
  for (const auto& [name, query] : run.streaming().data().queries) {
    all["batches " + name] = static_cast<double>(query.batches);
    all["failures " + name] = static_cast<double>(query.failures);
  }
  const auto work = run.work().totals();
  for (const auto& [name, time] : work.groups) all["group " + name] = static_cast<double>(time.count());
  for (const auto& [id, lost] : work.lost) {
    all["failed " + id] = static_cast<double>(lost.failed.count());
    all["retried " + id] = static_cast<double>(lost.retried.count());
    all["speculation " + id] = static_cast<double>(lost.speculation.count());
    all["killed " + id] = static_cast<double>(lost.killed.count());
  }
  for (const auto& [queue, events] : run.dropped_events()) all["queue " + queue] = static_cast<double>(events);
  if (run.dstreams()) all["dstreams"] = static_cast<double>(run.dstreams()->completed_batches);
  return all;
}

/// All run time is some group's, or waits to be.
Millis booked(const Run& run) {
  Millis sum{0};
  for (const auto& [name, time] : run.work().data().groups) sum += time;
  for (const auto& [stage, time] : run.work().data().waiting) sum += time;
  return sum;
}

/// Answers that contradict each other as much as they like.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed) {}

  void step(Run& run) {
    now_ += number(-5, 20);
    switch (number(0, 12)) {
      case 0: run.apply_jobs({job(), job(), job()}, now()); break;
      case 1: run.apply_stages({stage(), stage(), stage()}); break;
      case 2: run.apply_executors(crew(), now()); break;
      case 3: run.apply_all_executors(crew(), now()); break;
      case 4: run.apply_sql(sql()); break;
      case 5: run.lose_job(number(0, 20)); break;
      case 6: run.lose_stage(number(0, 20)); break;
      case 7: run.lose_sql(number(0, 20)); break;
      case 8: run.apply_metrics(metrics()); break;
      case 9: run.finish_poll(); break;
      case 10: run.settle_groups(); break;
      case 11: {
        const WorkLedger::Key key{number(0, 20), number(0, 2)};
        run.apply_lost_tasks(key, {task(), task(), task()}, static_cast<std::size_t>(number(1, 5)));
        break;
      }
      default: {
        spark::StreamingStatistics statistics;
        statistics.completed_batches = number(0, 50);
        run.apply_dstreams(statistics);
      }
    }
  }

 private:
  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  TimePoint now() const { return TimePoint{Millis{now_ * 1000}}; }

  spark::Job job() {
    spark::Job job;
    job.id = number(0, 20);
    job.status = static_cast<spark::JobStatus>(number(0, 3));
    job.stage_ids = {number(0, 20), number(0, 20)};
    job.failed_stages = number(0, 1);
    job.submission_time = TimePoint{Millis{number(0, 1'000'000)}};
    if (number(0, 1) == 1) {
      job.description = "q" + std::to_string(number(0, 2)) + "\nid = 1\nrunId = r" + std::to_string(number(0, 2)) +
                        "\nbatch = " + std::to_string(number(0, 9));
    }
    return job;
  }

  spark::Stage stage() {
    spark::Stage stage;
    stage.id = number(0, 20);
    stage.attempt = number(0, 2);
    stage.status = static_cast<spark::StageStatus>(number(0, 4));
    stage.active_tasks = number(0, 2);
    stage.completed_tasks = number(-1, 100);
    stage.failed_tasks = number(0, 5);
    stage.killed_tasks = number(0, 5);
    stage.executor_run_time = Millis{number(0, 10'000)};
    stage.executor_deserialize_time = Millis{number(-10, 2'000)};
    stage.result_serialization_time = Millis{number(0, 100)};
    stage.input_bytes = number(0, 1000);
    stage.shuffle_write_bytes = number(0, 1000);
    stage.disk_bytes_spilled = number(0, 1000);
    stage.failure_reason = number(0, 1) == 0 ? "cancelled" : "failed";
    return stage;
  }

  spark::Task task() {
    spark::Task task;
    task.id = number(-1, 50);
    task.executor_id = std::to_string(number(0, 5));
    task.status = static_cast<spark::TaskStatus>(number(0, 4));
    task.duration = Millis{number(0, 1000)};
    task.executor_run_time = task.duration;  // all of it was told to the stage: groups have what stages have
    task.jvm_gc_time = Millis{number(0, 500)};
    if (number(0, 1) == 0) task.error_message = "another attempt succeeded";
    return task;
  }

  spark::SqlExecution sql() {
    spark::SqlExecution execution;
    execution.id = number(0, 20);
    execution.status = static_cast<spark::SqlStatus>(number(0, 2));
    execution.duration = Millis{number(-10, 100'000)};
    execution.job_ids = {number(-1, 20), number(0, 20)};
    execution.description = "select " + std::to_string(number(0, 30));
    return execution;
  }

  std::vector<spark::Executor> crew() {
    std::vector<spark::Executor> all;
    for (int id = -1; id < 6; ++id) {
      if (number(0, 3) == 0) continue;
      spark::Executor executor;
      executor.id = id < 0 ? "driver" : std::to_string(id);
      executor.is_active = number(0, 4) > 0;
      if (number(0, 5) > 0) executor.add_time = TimePoint{Millis{id * 1000}};
      if (!executor.is_active) executor.remove_time = TimePoint{Millis{number(0, 100'000)}};
      executor.completed_tasks = number(-1, 100);
      executor.total_duration = Millis{number(0, 1000)};
      executor.total_shuffle_write = number(0, 1000);
      if (number(0, 2) > 0) {
        executor.peak.emplace();
        executor.peak->minor_gc_time = Millis{number(1, 500)};
        executor.peak->major_gc_time = Millis{number(0, 500)};
        executor.peak->total_gc_time = Millis{number(0, 1000)};
      }
      all.push_back(std::move(executor));
    }
    return all;
  }

  spark::MetricsDump metrics() {
    spark::MetricsDump dump;
    dump.dropped_events["appStatus"] = number(0, 10);
    return dump;
  }

  std::mt19937_64 random_;
  std::int64_t now_ = 1000;
};

TEST(NeverFalling, HoldsForAnySequenceOfAnswers) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Chaos chaos(seed);
    spark::Application application;
    application.id = "spark-1";
    model::Run run(application, TimePoint{});
    Counters before = counters(run);
    for (int step = 0; step < 300; ++step) {
      chaos.step(run);
      const Counters after = counters(run);
      ASSERT_EQ(booked(run).count(), run.stages().totals().slot_time_ms) << "seed " << seed << ", step " << step;
      for (const auto& [name, value] : before) {
        // A series may end (a dead executor's), but while it is there it does not fall.
        const auto at = after.find(name);
        if (at == after.end()) {
          ASSERT_TRUE(name.starts_with("executor ")) << name << " is gone, seed " << seed << ", step " << step;
        } else {
          ASSERT_GE(at->second, value) << name << ", seed " << seed << ", step " << step;
        }
      }
      before = after;
    }
  }
}

}  // namespace
}  // namespace spark_exporter::model
