#include "exporter/app/report.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "exporter/app/report_cost.hpp"
#include "exporter/app/report_quality.hpp"
#include "exporter/app/report_text.hpp"
#include "exporter/common/version.hpp"
#include "exporter/model/bounded.hpp"
#include "exporter/model/executor_memory.hpp"

namespace spark_exporter::app {
namespace {

using Json = nlohmann::ordered_json;
using model::bounded_sum;
using model::Run;
using model::RunView;

// Together these keep the report under kReportBytes, whatever the driver answers.
constexpr std::size_t kRuns = 2;
constexpr std::size_t kExecutors = 40;
constexpr std::size_t kStages = 10;
constexpr std::size_t kQueries = 10;
constexpr std::size_t kRdds = 20;
constexpr std::size_t kLabels = 10;
constexpr std::size_t kSources = 8;
constexpr std::size_t kWarningBytes = 500;

std::string text(std::string_view raw) { return report_text(raw); }
double seconds(spark::Millis duration) { return report_seconds(duration); }
double timestamp(spark::TimePoint time) { return report_timestamp(time); }

void put_text(Json& json, const char* key, std::string_view value) {
  if (!value.empty()) json[key] = text(value);
}

std::string_view state_of(const RunView& view) { return view.fresh && !view.over ? "running" : "unknown"; }

Json identity(const RunView& view) {
  Json json = Json::object();
  json["namespace"] = text(view.kubernetes_namespace);
  json["app"] = text(view.app);
  json["app_id"] = text(view.app_id);
  put_text(json, "app_from", view.app_from);
  put_text(json, "driver_pod", view.driver_pod);
  json["state"] = state_of(view);
  Json labels = Json::object();
  for (const auto& [name, value] : view.info_labels) {
    if (labels.size() < kLabels) labels[text(name)] = text(value);
  }
  if (!labels.empty()) json["labels"] = std::move(labels);
  return json;
}

// --- parts of a run -----------------------------------------------------------------------------------------------

void put_application(Json& json, const RunView& view, spark::TimePoint now) {
  const auto& application = view.run->application();
  put_text(json, "name", application.name);
  json["kind"] = outcome::to_string(view.run->kind());
  put_text(json, "spark_version", application.spark_version);
  put_text(json, "submitter", application.spark_user);
  if (application.start_time) {
    json["start_timestamp_seconds"] = timestamp(*application.start_time);
    if (view.fresh) json["duration_seconds"] = seconds(model::span_between(*application.start_time, now));
  }
  if (const auto progress = view.run->last_progress()) {
    json["last_progress_timestamp_seconds"] = timestamp(*progress);
  }
}

Json jobs(const Run& run) {
  const auto& data = run.jobs().data();
  return {{"active", data.running.size()},
          {"succeeded", data.succeeded},
          {"failed", data.failed},
          {"unknown", data.unknown}};
}

std::vector<std::pair<model::StageLedger::Key, model::StageLedger::Live>> running_stages(const Run& run) {
  std::vector<std::pair<model::StageLedger::Key, model::StageLedger::Live>> running;
  for (const auto& [key, live] : run.stages().live()) {
    if (live.status == spark::StageStatus::kActive) running.emplace_back(key, live);
  }
  std::stable_sort(running.begin(), running.end(), [](const auto& a, const auto& b) {
    return a.second.totals.run_time_ms > b.second.totals.run_time_ms;
  });
  return running;
}

Json stages(const Run& run) {
  const auto running = running_stages(run);
  const auto& data = run.stages().data();
  Json json{{"active", running.size()},
            {"complete", data.complete},
            {"failed", data.failed},
            {"skipped", data.skipped_count},
            {"retries", data.retries}};
  Json top = Json::array();
  for (const auto& [key, live] : running) {
    if (top.size() == kStages) break;
    top.push_back({{"stage", key.first},
                   {"attempt", key.second},
                   {"tasks", live.tasks},
                   {"tasks_completed", live.completed_indices},
                   {"tasks_active", live.active_tasks},
                   {"tasks_failed", live.totals.tasks_failed},
                   {"task_time_seconds", seconds(spark::Millis{live.totals.run_time_ms})},
                   {"shuffle_read_bytes", live.totals.shuffle_read_bytes},
                   {"shuffle_write_bytes", live.totals.shuffle_write_bytes},
                   {"disk_spilled_bytes", live.totals.disk_spilled_bytes}});
  }
  json["running"] = std::move(top);
  if (const auto& skew = run.skew()) {
    json["skew"] = {{"stage", skew->stage.first}, {"attempt", skew->stage.second}, {"ratio", skew->ratio}};
  }
  return json;
}

Json tasks(const Run& run, const model::StageTotals& totals) {
  std::int64_t active = 0;
  for (const auto& [key, live] : run.stages().live()) active = bounded_sum(active, live.active_tasks);
  return {{"active", active},
          {"completed", totals.tasks_completed},
          {"failed", totals.tasks_failed},
          {"killed", totals.tasks_killed},
          {"time_seconds", seconds(spark::Millis{totals.run_time_ms})}};
}

Json volumes(const model::StageTotals& totals) {
  return {{"input_bytes", totals.input_bytes},
          {"input_records", totals.input_records},
          {"output_bytes", totals.output_bytes},
          {"output_records", totals.output_records},
          {"shuffle_read_bytes", totals.shuffle_read_bytes},
          {"shuffle_write_bytes", totals.shuffle_write_bytes},
          {"memory_spilled_bytes", totals.memory_spilled_bytes},
          {"disk_spilled_bytes", totals.disk_spilled_bytes}};
}

/// Part of its life that the JVM stood still for garbage collection.
std::optional<double> gc_ratio(std::optional<spark::Millis> paused, std::optional<spark::Millis> uptime) {
  if (!paused || !uptime || uptime->count() <= 0) return std::nullopt;
  return seconds(*paused) / seconds(*uptime);
}

std::optional<double> gc_ratio_of(const spark::Executor& e, spark::TimePoint now) {
  if (!e.add_time) return std::nullopt;
  return gc_ratio(model::stop_the_world(e), model::span_between(*e.add_time, now));
}

Json executor(const spark::Executor& e, spark::TimePoint now) {
  Json json{{"id", text(e.id)},
            {"excluded", e.is_excluded},
            {"task_slots", e.max_tasks},
            {"tasks_active", e.active_tasks},
            {"tasks_completed", e.completed_tasks},
            {"tasks_failed", e.failed_tasks}};
  if (const auto paused = model::stop_the_world(e)) json["gc_seconds"] = seconds(*paused);
  if (const auto ratio = gc_ratio_of(e, now)) json["gc_ratio"] = *ratio;
  if (e.peak) json["heap_peak_bytes"] = e.peak->jvm_heap_memory;
  json["storage_used_bytes"] = e.memory_used;
  json["storage_max_bytes"] = e.max_memory;
  return json;
}

Json removals(const model::ExecutorLedger& ledger) {
  Json json = Json::object();
  for (int reason = 0; reason < model::kRemovalReasons; ++reason) {
    const auto count = ledger.removals()[static_cast<std::size_t>(reason)];
    if (count > 0) json[std::string(model::to_string(static_cast<model::RemovalReason>(reason)))] = count;
  }
  return json;
}

/// Those that stand still most for garbage collection come first.
Json executors(const Run& run, spark::TimePoint now) {
  const auto& ledger = run.executors();
  Json json{{"active", ledger.active()}, {"excluded", ledger.excluded()}, {"dead", ledger.dead()}};
  json["removals"] = removals(ledger);
  if (const auto& environment = run.environment()) {
    if (const auto limit = model::executor_pod_memory(environment->properties)) json["memory_limit_bytes"] = *limit;
  }
  auto order = ledger.by_age();
  std::stable_sort(order.begin(), order.end(), [now](const auto* a, const auto* b) {
    return gc_ratio_of(*a, now).value_or(-1) > gc_ratio_of(*b, now).value_or(-1);
  });
  Json list = Json::array();
  for (const auto* one : order) {
    if (list.size() == kExecutors) break;
    list.push_back(executor(*one, now));
  }
  json["left_out"] = order.size() - list.size();
  json["list"] = std::move(list);
  return json;
}

Json gc(const Run& run) {
  Json json = Json::object();
  const auto paused = run.executors().gc_total();
  const auto uptime = run.executors().uptime_total();
  if (paused) json["seconds"] = seconds(*paused);
  if (uptime) json["jvm_uptime_seconds"] = seconds(*uptime);
  if (const auto ratio = gc_ratio(paused, uptime)) json["ratio"] = *ratio;
  return json;
}

Json sql(const Run& run) {
  const auto& data = run.sql().data();
  return {{"active", data.running.size()},
          {"completed", data.completed},
          {"failed", data.failed},
          {"duration_seconds_sum", data.duration_sum_seconds}};
}

template <class T>
void put(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

Json streaming(const Run& run) {
  const auto& queries = run.streaming().data().queries;
  Json list = Json::array();
  for (const auto& [name, query] : queries) {
    if (list.size() == kQueries) break;
    Json json{{"query", text(name)}, {"batches", query.batches}, {"failures", query.failures}};
    if (query.last_batch_end) json["last_batch_timestamp_seconds"] = timestamp(*query.last_batch_end);
    if (query.trigger_interval) json["trigger_interval_seconds"] = seconds(*query.trigger_interval);
    put(json, "input_rows_per_second", query.gauges.input_rate);
    put(json, "processing_rows_per_second", query.gauges.processing_rate);
    if (query.gauges.latency_ms) json["batch_duration_seconds"] = *query.gauges.latency_ms / 1000;
    put(json, "state_rows", query.gauges.state_rows);
    list.push_back(std::move(json));
  }
  Json json{{"queries", std::move(list)}};
  json["left_out"] = queries.size() - json["queries"].size();
  if (const auto& dstreams = run.dstreams()) {
    Json statistics{{"batches", dstreams->completed_batches},
                    {"batch_interval_seconds", seconds(dstreams->batch_duration)}};
    put(statistics, "input_rows_per_second", dstreams->input_rate);
    if (dstreams->processing_time) statistics["batch_duration_seconds"] = seconds(*dstreams->processing_time);
    json["dstreams"] = std::move(statistics);
  }
  return json;
}

Json cached_rdds(const Run& run) {
  Json list = Json::array();
  for (const auto& rdd : run.rdds()) {
    if (list.size() == kRdds) break;
    list.push_back({{"id", rdd.id},
                    {"name", text(rdd.name)},
                    {"storage_level", text(rdd.storage_level)},
                    {"partitions", rdd.partitions},
                    {"cached_partitions", rdd.cached_partitions},
                    {"memory_bytes", rdd.memory_used},
                    {"disk_bytes", rdd.disk_used}});
  }
  return list;
}

enum class Detail { kAll, kSums };

/// Of the run that the pod is about, also before Spark answers and when nobody asks Spark any more.
void put_outcome(Json& json, const outcome::RunView& ending) {
  const auto& verdict = ending.verdict;
  json["state"] = outcome::to_string(verdict.state);
  if (verdict.ended) json["end_timestamp_seconds"] = timestamp(*verdict.ended);
  if (!outcome::is_final(verdict.state) && verdict.reason == outcome::Reason::kNone) return;
  Json out = Json::object();
  out["confidence"] = outcome::to_string(verdict.confidence);
  put_text(out, "reason", outcome::to_string(verdict.reason));
  if (verdict.exit_code) out["exit_code"] = *verdict.exit_code;
  put_text(out, "exception", verdict.exception);
  put_text(out, "evidence", verdict.evidence);
  json["outcome"] = std::move(out);
}

Json ending_only(const outcome::RunView& ending) {
  RunView view;
  view.kubernetes_namespace = ending.kubernetes_namespace;
  view.app = ending.app;
  view.app_from = ending.app_from;
  view.app_id = ending.app_id;
  view.driver_pod = ending.driver_pod;
  view.info_labels = ending.info_labels;
  Json json = identity(view);
  put_outcome(json, ending);
  return json;
}

Json run_report(const RunView& view, spark::TimePoint now, Detail detail) {
  Json json = identity(view);
  const Run& run = *view.run;
  const auto totals = run.stages().totals();
  put_application(json, view, now);
  json["fresh"] = view.fresh;
  json["over"] = view.over;
  json["jobs"] = jobs(run);
  json["tasks"] = tasks(run, totals);
  json["gc"] = gc(run);
  json["volumes"] = volumes(totals);
  json["sql"] = sql(run);
  if (view.cost != nullptr) json["cost"] = cost_json(*view.cost);
  if (detail == Detail::kSums) return json;
  if (view.advice != nullptr) json["advice"] = advice_json(*view.advice);
  json["stages"] = stages(run);
  json["executors"] = executors(run, now);
  json["streaming"] = streaming(run);
  json["cached_rdds"] = cached_rdds(run);
  return json;
}

Json sources(const model::Snapshot& snapshot) {
  Json json = Json::object();
  for (const auto& [name, health] : snapshot.sources) {
    if (json.size() == kSources) break;
    Json source{{"up", health.up}};
    if (health.last_success) source["last_success_timestamp_seconds"] = timestamp(*health.last_success);
    put(source, "duration_seconds", health.duration_seconds);
    Json errors = Json::object();
    for (int kind = 0; kind < kErrorKinds; ++kind) {
      const auto count = health.errors[static_cast<std::size_t>(kind)];
      if (count > 0) errors[std::string(to_string(static_cast<ErrorKind>(kind)))] = count;
    }
    source["errors"] = std::move(errors);
    json[text(name)] = std::move(source);
  }
  return json;
}

}  // namespace

std::string report_json(const model::Snapshot& snapshot, const outcome::RunView* ending, std::string_view warning,
                        const quality::Ledger* quality) {
  Json json{{"schema_version", 1},
            {"exporter", {{"version", kVersion}, {"revision", kRevision}}},
            {"time_seconds", timestamp(snapshot.now)}};
  if (!warning.empty()) json["warnings"] = Json::array({std::string(warning.substr(0, kWarningBytes))});
  Json runs = Json::array();
  // The current run is the last one of the snapshot; one before it has ended.
  for (auto view = snapshot.runs.rbegin(); view != snapshot.runs.rend() && runs.size() < kRuns; ++view) {
    const bool newest = runs.empty();
    if (view->run == nullptr) continue;
    runs.push_back(run_report(*view, snapshot.now, newest ? Detail::kAll : Detail::kSums));
    if (newest && ending != nullptr) put_outcome(runs.back(), *ending);
  }
  if (runs.empty() && ending != nullptr) runs.push_back(ending_only(*ending));
  json["runs"] = std::move(runs);
  if (quality != nullptr && !quality->empty()) json["quality"] = quality_json(*quality);
  json["sources"] = sources(snapshot);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace spark_exporter::app
