// Executors: how many, and one series for each of the oldest `limits.executors`. What is beyond is left out and
// counted, never folded into one: a counter that jumps because another was added to it is a false rate.

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"
#include "exporter/model/bounded.hpp"
#include "exporter/model/executor_memory.hpp"

namespace spark_exporter::metrics {
namespace {

using spark::Executor;

/// The executors of one run, oldest first.
struct Crew {
  const model::RunView* view;
  std::vector<const Executor*> members;
  std::uint64_t left_out = 0;  ///< beyond the cap
};

using Crews = std::vector<Crew>;

Crews crews(const std::vector<const model::RunView*>& runs, int limit,
            std::vector<const Executor*> (model::ExecutorLedger::*list)() const) {
  const auto cap = static_cast<std::size_t>(std::max(limit, 0));
  Crews all;
  for (const auto* view : runs) {
    Crew crew{view, (view->run->executors().*list)()};
    if (crew.members.size() > cap) {
      crew.left_out = crew.members.size() - cap;
      crew.members.resize(cap);
    }
    all.push_back(std::move(crew));
  }
  return all;
}

/// In a cluster the driver runs no tasks; in local mode it is the executor.
bool runs_tasks(const Executor& executor) { return executor.id != "driver" || executor.max_tasks > 0; }

double number(std::int64_t value) { return static_cast<double>(value); }

using Value = std::optional<double> (*)(const Executor&);

/// One family with no label but the executor's.
void add_each(const Crews& crews, Families& families, Value value) {
  for (const auto& crew : crews) {
    for (const auto* executor : crew.members) {
      if (const auto known = value(*executor)) families.add(*crew.view, {executor->id}, *known);
    }
    families.leave_out(crew.left_out);
  }
}

template <std::int64_t Executor::*member>
std::optional<double> of_task_runner(const Executor& executor) {
  return runs_tasks(executor) ? std::optional(number(executor.*member)) : std::nullopt;
}

void collect_removals(const std::vector<const model::RunView*>& runs, Families& families) {
  families.counter("spark_executor_removals_total",
                   "Executors that are gone, by reason. From GET /applications/ID/allexecutors, removeReason.",
                   {"reason"});
  for (const auto* view : runs) {
    const auto& removals = view->run->executors().removals();
    for (int reason = 0; reason < model::kRemovalReasons; ++reason) {
      families.add(*view, {model::to_string(static_cast<model::RemovalReason>(reason))},
                   static_cast<double>(removals[static_cast<std::size_t>(reason)]));
    }
  }
}

void collect_states(const std::vector<const model::RunView*>& fresh, Families& families) {
  families.gauge("spark_executors",
                 "Executors, the driver not among them. "
                 "From GET /applications/ID/executors and /allexecutors, isActive, isExcluded.",
                 {"state"});
  for (const auto* view : fresh) {
    const auto& executors = view->run->executors();
    families.add(*view, {"active"}, static_cast<double>(executors.active()));
    families.add(*view, {"dead"}, static_cast<double>(executors.dead()));
    families.add(*view, {"excluded"}, static_cast<double>(executors.excluded()));
  }
}

void collect_counters(const Crews& crews, Families& families) {
  families.counter("spark_executor_tasks_total",
                   "Attempts of tasks that ended on this executor. "
                   "From GET /applications/ID/executors, completedTasks, failedTasks.",
                   {"executor_id", "outcome"});
  for (const auto& crew : crews) {
    for (const auto* executor : crew.members) {
      if (!runs_tasks(*executor)) continue;
      families.add(*crew.view, {executor->id, "completed"}, number(executor->completed_tasks));
      families.add(*crew.view, {executor->id, "failed"}, number(executor->failed_tasks));
    }
    families.leave_out(2 * crew.left_out);
  }
  families.counter("spark_executor_task_time_seconds_total",
                   "Run time of tasks that ended on this executor. From GET /applications/ID/executors, totalDuration.",
                   {"executor_id"});
  add_each(crews, families, [](const Executor& e) {
    // Of the driver the field is its uptime.
    return e.id == "driver" ? std::nullopt : std::optional(seconds(e.total_duration));
  });
  families.counter("spark_executor_input_bytes_total",
                   "Bytes that tasks of this executor read from storage. "
                   "From GET /applications/ID/executors, totalInputBytes.",
                   {"executor_id"});
  add_each(crews, families, of_task_runner<&Executor::total_input_bytes>);
  families.counter("spark_executor_shuffle_read_bytes_total",
                   "Bytes that tasks of this executor read from shuffles. "
                   "From GET /applications/ID/executors, totalShuffleRead.",
                   {"executor_id"});
  add_each(crews, families, of_task_runner<&Executor::total_shuffle_read>);
  families.counter("spark_executor_shuffle_write_bytes_total",
                   "Bytes that tasks of this executor wrote to shuffles. "
                   "From GET /applications/ID/executors, totalShuffleWrite.",
                   {"executor_id"});
  add_each(crews, families, of_task_runner<&Executor::total_shuffle_write>);
}

void collect_slots(const Crews& crews, Families& families) {
  families.gauge("spark_executor_task_slots",
                 "Tasks that this executor can run at once. From GET /applications/ID/executors, maxTasks.",
                 {"executor_id"});
  add_each(crews, families, of_task_runner<&Executor::max_tasks>);
  families.gauge("spark_executor_tasks_active",
                 "Tasks running on this executor now. From GET /applications/ID/executors, activeTasks.",
                 {"executor_id"});
  add_each(crews, families, of_task_runner<&Executor::active_tasks>);
}

void collect_peaks(const Crews& crews, Families& families) {
  families.gauge("spark_executor_memory_peak_bytes",
                 "Largest use of an area of memory since the JVM's start; process: resident, where Spark measures it. "
                 "From GET /applications/ID/executors, peakMemoryMetrics.",
                 {"executor_id", "area"});
  for (const auto& crew : crews) {
    for (const auto* executor : crew.members) {
      if (!executor->peak) continue;
      const auto& peak = *executor->peak;
      const auto add = [&](std::string_view area, std::int64_t bytes) {
        families.add(*crew.view, {executor->id, area}, number(bytes));
      };
      add("heap", peak.jvm_heap_memory);
      add("off_heap", peak.jvm_off_heap_memory);
      add("execution", model::bounded_sum(peak.on_heap_execution_memory, peak.off_heap_execution_memory));
      add("storage", model::bounded_sum(peak.on_heap_storage_memory, peak.off_heap_storage_memory));
      const auto process = model::bounded_sum(
          peak.process_tree_jvm_rss, model::bounded_sum(peak.process_tree_python_rss, peak.process_tree_other_rss));
      if (process > 0) add("process", process);
    }
    families.leave_out(4 * crew.left_out);
  }
}

void collect_memory(const Crews& crews, Families& families) {
  families.gauge("spark_executor_storage_memory_used_bytes",
                 "Storage memory in use. From GET /applications/ID/executors, memoryUsed.", {"executor_id"});
  add_each(crews, families, [](const Executor& e) { return std::optional(number(e.memory_used)); });
  families.gauge("spark_executor_storage_memory_max_bytes",
                 "Memory that storage may use. From GET /applications/ID/executors, maxMemory.", {"executor_id"});
  add_each(crews, families, [](const Executor& e) { return std::optional(number(e.max_memory)); });
  collect_peaks(crews, families);
  families.gauge("spark_executor_memory_limit_bytes",
                 "Memory limit of the executor's pod as Spark asks for it, of the default resource profile. "
                 "From GET /applications/ID/environment, sparkProperties.",
                 {"executor_id"});
  for (const auto& crew : crews) {
    const auto& environment = crew.view->run->environment();
    const auto limit = environment ? model::executor_pod_memory(environment->properties) : std::nullopt;
    if (!limit) continue;
    for (const auto* executor : crew.members) {
      if (executor->id != "driver") families.add(*crew.view, {executor->id}, number(*limit));
    }
    families.leave_out(crew.left_out);
  }
}

}  // namespace

void collect_executors(const model::Snapshot& snapshot, Families& families) {
  const auto runs = shown_runs(snapshot);
  const auto fresh = fresh_only(runs);
  collect_states(fresh, families);
  collect_removals(runs, families);
  collect_counters(crews(runs, snapshot.limits.executors, &model::ExecutorLedger::by_age_with_endings), families);
  const auto live = crews(fresh, snapshot.limits.executors, &model::ExecutorLedger::by_age);
  collect_slots(live, families);
  collect_memory(live, families);
}

}  // namespace spark_exporter::metrics
