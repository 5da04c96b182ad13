#include "exporter/metrics/collectors.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <tuple>
#include <unordered_map>

#include "exporter/common/log.hpp"
#include "exporter/metrics/exposition.hpp"

namespace spark_exporter::metrics {
namespace {

/// Lines kept free for the exporter's own families, which must not fall to the cap that they report.
constexpr std::size_t kOwnSeries = 150;

constexpr Collector kTable[] = {
    {"outcome", "what became of runs and jobs", collect_outcomes, true},
    {"job", "progress of the run", collect_job, true},
    {"gc", "garbage collection of the JVMs", collect_gc, true},
    {"work", "Spark jobs, stages, tasks, shuffle and spill", collect_work, true},
    {"sql", "SQL executions", collect_sql, true},
    {"streaming", "Structured Streaming queries and DStreams", collect_streaming, true},
    {"cost", "what the run costs, and what the money bought", collect_cost, true},
    {"sizing", "what the run should have asked for", collect_sizing, true},
    {"quality", "validations of datasets", collect_quality, true},
    {"backup", "backups and the drills that restore them", collect_backups, true},
    {"logs", "what the logs say: messages by level, known troubles", collect_logs, true},
    {"executors", "executors: tasks, memory, removals", collect_executors, true},
    {"self", "the exporter's own sources, errors and caps", collect_self, true},
};

void run(const Collector& collector, const model::Snapshot& snapshot, Families& families, DropCounters& drops) {
  std::string cause = "not a std::exception";
  try {
    collector.collect(snapshot, families);
    return;
  } catch (const std::exception& error) {
    cause = error.what();
  } catch (...) {
    // Counted and logged below like the others.
  }
  families.discard();
  drops.add_failure();
  std::uint64_t held_back = 0;
  const std::string name(collector.name);
  if (drops.failure_log().admit(name, std::chrono::steady_clock::now(), held_back)) {
    log::error("collector failed", {{"collector", name}, {"cause", cause}, {"repeated", std::to_string(held_back)}});
  }
}

void run_all(std::span<const Collector> table, const model::Snapshot& snapshot, const std::set<std::string>& enabled,
             Families& families, DropCounters& drops) {
  const auto total = static_cast<std::size_t>(std::max(snapshot.limits.series, 0));
  families.set_budget(total - std::min(kOwnSeries, total / 2));
  for (const auto& collector : table) {
    if (!enabled.contains(std::string(collector.name))) continue;
    if (collector.name == "self") families.set_budget(total);
    run(collector, snapshot, families, drops);
  }
}

/// What decides between two runs of one identity.
auto rank(const model::RunView& view) {
  const auto start = view.run->application().start_time.value_or(spark::TimePoint::min());
  return std::tuple(!view.over, view.fresh, start);
}

}  // namespace

std::span<const Collector> collector_table() { return kTable; }

std::vector<std::string> collector_names() {
  std::vector<std::string> names;
  for (const auto& collector : kTable) names.emplace_back(collector.name);
  return names;
}

std::string render(const model::Snapshot& snapshot, const std::set<std::string>& enabled, DropCounters& drops,
                   std::span<const Collector> table) {
  Families families(0, drops);
  run_all(table, snapshot, enabled, families, drops);
  return families.take();
}

Packed render_packed(const model::Snapshot& snapshot, const std::set<std::string>& enabled, DropCounters& drops,
                     const ProcessStats& stats, Packer& packer, std::span<const Collector> table) {
  Families families(0, drops, packer);
  run_all(table, snapshot, enabled, families, drops);
  families.append(render_process(stats));
  return families.take_packed();
}

std::vector<const model::RunView*> shown_runs(const model::Snapshot& snapshot) {
  std::vector<const model::RunView*> shown;
  std::unordered_map<std::string, std::size_t> places;
  for (const auto& view : snapshot.runs) {
    if (view.run == nullptr) continue;
    const Identity identity(view.kubernetes_namespace, view.app, view.app_id);
    const auto [place, is_new] = places.try_emplace(identity.labels(), shown.size());
    if (is_new) {
      shown.push_back(&view);
    } else if (auto& twin = shown[place->second]; rank(view) > rank(*twin)) {
      twin = &view;
    }
  }
  return shown;
}

std::vector<const model::RunView*> fresh_only(std::vector<const model::RunView*> runs) {
  std::erase_if(runs, [](const model::RunView* view) { return !view->fresh; });
  return runs;
}

}  // namespace spark_exporter::metrics
