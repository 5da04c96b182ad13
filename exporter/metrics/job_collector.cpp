// The run as a whole: what REST alone can tell of a job's outcome, which is nothing about its end.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"

namespace spark_exporter::metrics {
namespace {

constexpr std::array<std::string_view, 7> kStates = {"pending", "running",   "retrying", "succeeded",
                                                     "failed",  "cancelled", "unknown"};

struct Shown {
  const model::RunView* view;
  std::string_view state;
};

/// The runs, and before the first answer the one that flags or labels announce.
std::vector<Shown> shown(const model::Snapshot& snapshot) {
  std::vector<Shown> all;
  for (const auto* view : shown_runs(snapshot)) {
    all.push_back({view, view->fresh && !view->over ? "running" : "unknown"});
  }
  if (!snapshot.pending) return all;
  const auto& pending = *snapshot.pending;
  const bool known = std::any_of(all.begin(), all.end(), [&](const Shown& other) {
    return other.view->kubernetes_namespace == pending.kubernetes_namespace && other.view->app == pending.app &&
           other.view->app_id == pending.app_id;
  });
  if (!known) all.push_back({&pending, "pending"});
  return all;
}

/// Whatever is known; an allow-listed pod label must not stand beside one of ours under the same name.
std::vector<LabelPair> info_labels(const model::RunView& view) {
  std::vector<LabelPair> labels;
  const auto add = [&labels](std::string name, const std::string& value) {
    const auto is_taken = [&] {
      return name == "namespace" || name == "app" || name == "app_id" ||
             std::any_of(labels.begin(), labels.end(), [&](const LabelPair& other) { return other.first == name; });
    };
    while (is_taken()) name.insert(0, "label_");
    if (!value.empty()) labels.emplace_back(std::move(name), value);
  };
  if (view.run != nullptr) {
    add("kind", std::string(outcome::to_string(view.run->kind())));
    add("spark_version", view.run->application().spark_version);
    add("submitter", view.run->application().spark_user);
  }
  add("driver_pod", view.driver_pod);
  add("app_from", view.app_from);
  for (const auto& [name, value] : view.info_labels) add(name, value);
  return labels;
}

}  // namespace

void collect_job(const model::Snapshot& snapshot, Families& families) {
  const auto all = shown(snapshot);
  families.gauge("spark_job_status",
                 "0 while the run is pending or running; absent when nobody can tell. "
                 "From the driver's answers to GET /api/v1/applications.");
  for (const auto& [view, state] : all) {
    if (state != "unknown") families.add(*view, {}, 0);
  }
  families.gauge("spark_job_state",
                 "1 for the state that the run is in, 0 for the others. "
                 "From the driver's answers to GET /api/v1/applications.",
                 {"state"});
  for (const auto& [view, state] : all) {
    for (const auto other : kStates) families.add(*view, {other}, other == state ? 1 : 0);
  }
  families.gauge("spark_job_info",
                 "Always 1; the labels say what the run is. From GET /applications (attempts[].appSparkVersion, "
                 "attempts[].sparkUser), /environment (sparkProperties) and the pod's labels.");
  for (const auto& [view, state] : all) families.add_info(*view, info_labels(*view));
  families.gauge("spark_job_start_timestamp_seconds",
                 "When the SparkContext started. From GET /applications, attempts[].startTimeEpoch.");
  for (const auto& [view, state] : all) {
    if (view->run == nullptr || !view->fresh || !view->run->application().start_time) continue;
    families.add(*view, {}, timestamp(*view->run->application().start_time));
  }
  families.gauge("spark_job_last_progress_timestamp_seconds",
                 "When a task, a stage or a job last ended. From GET /applications/ID/jobs and /stages "
                 "(completionTime) and /executors (completedTasks, failedTasks).");
  for (const auto& [view, state] : all) {
    if (view->run == nullptr || !view->fresh || !view->run->last_progress()) continue;
    families.add(*view, {}, timestamp(*view->run->last_progress()));
  }
}

}  // namespace spark_exporter::metrics
