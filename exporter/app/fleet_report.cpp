#include "exporter/app/fleet_report.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "exporter/app/report_quality.hpp"
#include "exporter/common/version.hpp"

namespace spark_exporter::app {
namespace {

using Json = nlohmann::ordered_json;

double seconds(kubernetes::TimePoint time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

void put(Json& json, const char* key, std::string_view value) {
  if (!value.empty()) json[key] = value;
}
void put(Json& json, const char* key, const std::optional<kubernetes::TimePoint>& value) {
  if (value) json[key] = seconds(*value);
}
template <class Number>
void put(Json& json, const char* key, const std::optional<Number>& value) {
  if (value) json[key] = *value;
}

template <std::size_t N, class Count, class Name>
Json counts(const std::array<Count, N>& values, Name name) {
  Json json = Json::object();
  for (std::size_t i = 0; i < N; ++i) {
    if (values[i] > 0) json[std::string(name(i))] = values[i];
  }
  return json;
}

Json pods(const outcome::RunView& run) {
  Json json = Json::object();
  for (const auto component : {outcome::Component::kDriver, outcome::Component::kExecutor}) {
    const auto at = static_cast<std::size_t>(component);
    Json one;
    one["phases"] =
        counts(run.pods[at], [](std::size_t i) { return outcome::to_string(static_cast<kubernetes::Phase>(i)); });
    one["waiting"] =
        counts(run.waiting[at], [](std::size_t i) { return outcome::to_string(static_cast<outcome::Waiting>(i)); });
    one["terminations"] = counts(
        run.terminations[at], [](std::size_t i) { return outcome::to_string(static_cast<outcome::Termination>(i)); });
    json[std::string(outcome::to_string(component))] = std::move(one);
  }
  return json;
}

Json cost_json(const cost::Final& cost) {
  Json json{{"currency", cost.currency}, {"total", cost::sum(cost.used)}};
  Json uses = Json::object();
  for (std::size_t i = 0; i < cost::kUses; ++i) {
    if (cost.used[i] > 0) uses[std::string(to_string(static_cast<cost::Use>(i)))] = cost.used[i];
  }
  json["by_use"] = std::move(uses);
  return json;
}

Json run_json(const outcome::RunView& run) {
  const auto& verdict = run.verdict;
  Json json{{"namespace", run.kubernetes_namespace}, {"app", run.app}};
  put(json, "app_from", run.app_from);
  put(json, "app_id", run.app_id);
  json["kind"] = outcome::to_string(run.kind);
  put(json, "spark_version", run.spark_version);
  put(json, "driver_pod", run.driver_pod);
  put(json, "node", run.node);
  put(json, "attempt", run.attempt);
  put(json, "max_attempts", run.max_attempts);
  json["state"] = outcome::to_string(verdict.state);
  put(json, "reason", outcome::to_string(verdict.reason));
  json["confidence"] = outcome::to_string(verdict.confidence);
  put(json, "exit_code", verdict.exit_code);
  put(json, "exception", verdict.exception);
  put(json, "evidence", verdict.evidence);
  put(json, "submitted", run.submitted);
  put(json, "started", verdict.started);
  put(json, "ended", verdict.ended);
  if (run.pods_known) json["pods"] = pods(run);
  if (run.cost) json["cost"] = cost_json(*run.cost);
  if (run.advice) {
    json["advice"] = {{"conf", run.advice->conf}};
    put(json["advice"], "saving_ratio", run.advice->saving_ratio);
  }
  return json;
}

Json job_json(const outcome::JobView& job) {
  Json json{{"namespace", job.kubernetes_namespace}, {"app", job.app}};
  json["runs"] = counts(job.runs, [](std::size_t i) { return outcome::to_string(outcome::kEndStates[i]); });
  json["retries"] = job.retries;
  put(json, "consecutive_failures", job.consecutive_failures);
  put(json, "last_success", job.last_success);
  put(json, "last_failure", job.last_failure);
  put(json, "last_due", job.last_due);
  put(json, "next_run", job.next_run);
  put(json, "deadline", job.deadline);
  if (job.quality != nullptr) json["quality"] = quality_json(*job.quality);
  return json;
}

}  // namespace

std::string fleet_report_json(const outcome::View& view, kubernetes::TimePoint now) {
  Json json{{"schema_version", 1},
            {"exporter", {{"version", kVersion}, {"revision", kRevision}, {"mode", "observer"}}},
            {"time_seconds", seconds(now)}};
  Json runs = Json::array();
  for (const auto& run : view.runs) runs.push_back(run_json(run));
  json["runs"] = std::move(runs);
  Json jobs = Json::array();
  for (const auto& job : view.jobs) jobs.push_back(job_json(job));
  json["jobs"] = std::move(jobs);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace spark_exporter::app
