// Garbage collection as the JVMs measure it themselves: never estimated from task times, never folded.

#include <algorithm>

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"

namespace spark_exporter::metrics {
namespace {

void collect_each_jvm(const model::Snapshot& snapshot, const std::vector<const model::RunView*>& runs,
                      Families& families) {
  families.counter("jvm_gc_time_seconds",
                   "Stop-the-world garbage collection of this JVM since its start. "
                   "From GET /applications/ID/executors, peakMemoryMetrics.MinorGCTime + MajorGCTime.",
                   {"executor_id"});
  const auto cap = static_cast<std::size_t>(std::max(snapshot.limits.gc_executors, 0));
  for (const auto* view : runs) {
    const auto executors = view->run->executors().by_age_with_endings();
    std::size_t shown = 0;
    std::uint64_t left_out = 0;
    for (const auto* executor : executors) {
      const auto paused = model::stop_the_world(*executor);
      const bool has_room = shown++ < cap;
      if (paused && has_room) families.add(*view, {executor->id}, seconds(*paused));
      if (!has_room) ++left_out;
    }
    families.leave_out(left_out);
  }
}

}  // namespace

void collect_gc(const model::Snapshot& snapshot, Families& families) {
  const auto runs = shown_runs(snapshot);
  collect_each_jvm(snapshot, runs, families);
  families.counter("spark_app_jvm_gc_seconds_total",
                   "Stop-the-world garbage collection of all JVMs of the run, dead ones included. "
                   "From GET /applications/ID/allexecutors, peakMemoryMetrics.MinorGCTime + MajorGCTime.");
  for (const auto* view : runs) {
    if (const auto paused = view->run->executors().gc_total()) families.add(*view, {}, seconds(*paused));
  }
  families.counter("spark_app_jvm_uptime_seconds_total",
                   "Time that the JVMs of the run have lived, dead ones included, up to the last answer. "
                   "From GET /applications/ID/allexecutors, addTime and removeTime.");
  for (const auto* view : runs) {
    if (const auto uptime = view->run->executors().uptime_total()) families.add(*view, {}, seconds(*uptime));
  }
}

}  // namespace spark_exporter::metrics
