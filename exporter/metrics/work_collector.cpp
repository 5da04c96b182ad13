// Spark jobs, stages and tasks of a run, and what they read, wrote and spilled.

#include <algorithm>
#include <string_view>

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"
#include "exporter/model/bounded.hpp"

namespace spark_exporter::metrics {
namespace {

using model::StageTotals;
using Runs = std::vector<const model::RunView*>;

struct Sum {
  Literal name;
  Literal help;
  std::int64_t StageTotals::*member;
};

constexpr Sum kSums[] = {
    {"spark_app_input_bytes_total", "Bytes read from storage. From GET /applications/ID/stages, inputBytes.",
     &StageTotals::input_bytes},
    {"spark_app_input_records_total", "Records read from storage. From GET /applications/ID/stages, inputRecords.",
     &StageTotals::input_records},
    {"spark_app_output_bytes_total", "Bytes written to storage. From GET /applications/ID/stages, outputBytes.",
     &StageTotals::output_bytes},
    {"spark_app_output_records_total", "Records written to storage. From GET /applications/ID/stages, outputRecords.",
     &StageTotals::output_records},
    {"spark_app_shuffle_read_bytes_total",
     "Bytes read from shuffles, local and remote. From GET /applications/ID/stages, shuffleReadBytes.",
     &StageTotals::shuffle_read_bytes},
    {"spark_app_shuffle_read_records_total",
     "Records read from shuffles. From GET /applications/ID/stages, shuffleReadRecords.",
     &StageTotals::shuffle_read_records},
    {"spark_app_shuffle_write_bytes_total",
     "Bytes written to shuffles. From GET /applications/ID/stages, shuffleWriteBytes.",
     &StageTotals::shuffle_write_bytes},
    {"spark_app_shuffle_write_records_total",
     "Records written to shuffles. From GET /applications/ID/stages, shuffleWriteRecords.",
     &StageTotals::shuffle_write_records},
    {"spark_app_memory_spilled_bytes_total",
     "Size in memory of what was spilled. From GET /applications/ID/stages, memoryBytesSpilled.",
     &StageTotals::memory_spilled_bytes},
    {"spark_app_disk_spilled_bytes_total",
     "Size on disk of what was spilled. From GET /applications/ID/stages, diskBytesSpilled.",
     &StageTotals::disk_spilled_bytes},
};

struct LiveWork {
  std::int64_t stages = 0;
  std::int64_t tasks_active = 0;
  std::int64_t tasks_pending = 0;
};

LiveWork live_work(const model::Run& run) {
  LiveWork work;
  for (const auto& [key, stage] : run.stages().live()) {
    const auto active = std::max<std::int64_t>(stage.active_tasks, 0);
    work.tasks_active = model::bounded_sum(work.tasks_active, active);
    if (stage.status != spark::StageStatus::kActive) continue;
    ++work.stages;
    const auto begun = model::bounded_sum(std::max<std::int64_t>(stage.completed_indices, 0), active);
    work.tasks_pending =
        model::bounded_sum(work.tasks_pending, std::max<std::int64_t>(model::bounded_sum(stage.tasks, -begun), 0));
  }
  return work;
}

double number(std::uint64_t value) { return static_cast<double>(value); }
double number(std::int64_t value) { return static_cast<double>(value); }

void collect_counts(const Runs& runs, Families& families) {
  families.counter("spark_app_jobs_total",
                   "Spark jobs that ended, unknown: evicted before its end could be read. "
                   "From GET /applications/ID/jobs, status.",
                   {"status"});
  for (const auto* view : runs) {
    const auto& jobs = view->run->jobs().data();
    families.add(*view, {"succeeded"}, number(jobs.succeeded));
    families.add(*view, {"failed"}, number(jobs.failed));
    families.add(*view, {"unknown"}, number(jobs.unknown));
  }
  families.counter("spark_app_stages_total",
                   "Attempts of stages that ended, and stages that were skipped. "
                   "From GET /applications/ID/stages, status.",
                   {"status"});
  for (const auto* view : runs) {
    const auto& stages = view->run->stages().data();
    families.add(*view, {"complete"}, number(stages.complete));
    families.add(*view, {"failed"}, number(stages.failed));
    families.add(*view, {"skipped"}, number(stages.skipped_count));
  }
  families.counter("spark_app_stage_retries_total",
                   "Attempts of stages beyond the first. From GET /applications/ID/stages, attemptId.");
  for (const auto* view : runs) families.add(*view, {}, number(view->run->stages().data().retries));
}

void collect_tasks(const Runs& runs, Families& families) {
  families.counter("spark_app_tasks_total",
                   "Attempts of tasks that ended. "
                   "From GET /applications/ID/stages, numCompleteTasks, numFailedTasks, numKilledTasks.",
                   {"status"});
  for (const auto* view : runs) {
    const auto totals = view->run->stages().totals();
    families.add(*view, {"completed"}, number(totals.tasks_completed));
    families.add(*view, {"failed"}, number(totals.tasks_failed));
    families.add(*view, {"killed"}, number(totals.tasks_killed));
  }
  families.counter("spark_app_task_time_seconds_total",
                   "Time that tasks ran on executors. From GET /applications/ID/stages, executorRunTime.");
  for (const auto* view : runs) {
    families.add(*view, {}, seconds(spark::Millis{view->run->stages().totals().run_time_ms}));
  }
}

void collect_now(const Runs& runs, Families& families) {
  families.gauge("spark_app_jobs_active", "Spark jobs running now. From GET /applications/ID/jobs, status RUNNING.");
  for (const auto* view : runs) families.add(*view, {}, number(view->run->jobs().running().size()));
  families.gauge("spark_app_stages_active", "Stages running now. From GET /applications/ID/stages, status ACTIVE.");
  for (const auto* view : runs) families.add(*view, {}, number(live_work(*view->run).stages));
  families.gauge("spark_app_tasks_active", "Tasks running now. From GET /applications/ID/stages, numActiveTasks.");
  for (const auto* view : runs) families.add(*view, {}, number(live_work(*view->run).tasks_active));
  families.gauge("spark_app_tasks_pending",
                 "Tasks of running stages that have not begun. "
                 "From GET /applications/ID/stages, numTasks - numCompletedIndices - numActiveTasks.");
  for (const auto* view : runs) families.add(*view, {}, number(live_work(*view->run).tasks_pending));
  families.gauge("spark_app_stage_task_skew_ratio",
                 "Slowest task against the median in the worst running or just-ended heavy stage. "
                 "From GET /applications/ID/stages/STAGE/ATTEMPT/taskSummary, executorRunTime.");
  for (const auto* view : runs) {
    if (const auto& skew = view->run->skew()) families.add(*view, {}, skew->ratio);
  }
  families.gauge("spark_app_stage_task_skew_seconds",
                 "How much longer than the median the slowest task took, in the same stage. "
                 "From GET /applications/ID/stages/STAGE/ATTEMPT/taskSummary, executorRunTime.");
  for (const auto* view : runs) {
    if (const auto& skew = view->run->skew()) {
      families.add(*view, {}, seconds(skew->slowest) * (1 - 1 / std::max(skew->ratio, 1.0)));
    }
  }
}

}  // namespace

void collect_work(const model::Snapshot& snapshot, Families& families) {
  const auto runs = shown_runs(snapshot);
  collect_counts(runs, families);
  collect_tasks(runs, families);
  for (const auto& sum : kSums) {
    families.counter(sum.name, sum.help);
    for (const auto* view : runs) families.add(*view, {}, number(view->run->stages().totals().*sum.member));
  }
  collect_now(fresh_only(runs), families);
}

}  // namespace spark_exporter::metrics
