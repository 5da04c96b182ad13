#include "exporter/app/report_quality.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

#include "exporter/app/report_text.hpp"

namespace spark_exporter::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDatasets = 12;
constexpr std::size_t kChecks = 5;
constexpr std::size_t kColumns = 5;
constexpr std::size_t kNameBytes = 80;
constexpr std::size_t kDetailBytes = 120;

std::string name(const std::string& text) { return report_text(text, kNameBytes); }

/// The most first.
Json nulls(const quality::QualityResult& result) {
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [column, ratio] : result.null_ratios) {
    if (ratio > 0) order.emplace_back(-ratio, column);
  }
  std::sort(order.begin(), order.end());
  Json json = Json::object();
  for (const auto& [ratio, column] : order) {
    if (json.size() < kColumns) json[name(column)] = -ratio;
  }
  return json;
}

Json dataset_json(const quality::Dataset& dataset) {
  const auto& last = dataset.last;
  Json json{{"dataset", name(last.dataset)},
            {"suite", name(last.suite)},
            {"tool", name(last.tool)},
            {"success", last.success},
            {"time_seconds", report_timestamp(dataset.last_time)}};
  Json checks = Json::object();
  for (int i = 0; i < intake::kCheckOutcomes; ++i) {
    const auto outcome = static_cast<intake::CheckOutcome>(i);
    if (const auto number = count(last.checks, outcome); number > 0) checks[std::string(to_string(outcome))] = number;
  }
  json["checks"] = std::move(checks);
  Json failed = Json::array();
  for (const auto& check : last.not_passed) {
    if (failed.size() == kChecks) break;
    Json one{{"name", name(check.name)}, {"outcome", to_string(check.outcome)}};
    if (!check.column.empty()) one["column"] = name(check.column);
    if (!check.detail.empty()) one["detail"] = report_text(check.detail, kDetailBytes);
    failed.push_back(std::move(one));
  }
  if (!failed.empty()) json["not_passed"] = std::move(failed);
  if (last.rows) json["rows"] = *last.rows;
  if (last.latest_data) json["latest_data_seconds"] = report_timestamp(*last.latest_data);
  if (auto most = nulls(last); !most.empty()) json["null_ratios"] = std::move(most);
  json["validations"] = dataset.validations;
  json["violations"] = dataset.violations;
  if (dataset.tells_quarantined) json["quarantined_rows"] = dataset.quarantined_rows;
  return json;
}

}  // namespace

Json quality_json(const quality::Ledger& ledger) {
  std::vector<const quality::Dataset*> order;
  for (const auto& [key, dataset] : ledger.datasets()) order.push_back(&dataset);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::tuple(a->last.success, b->last_time) < std::tuple(b->last.success, a->last_time);
  });
  Json list = Json::array();
  for (const auto* dataset : order) {
    if (list.size() < kDatasets) list.push_back(dataset_json(*dataset));
  }
  Json json{{"datasets", std::move(list)}};
  json["left_out"] = order.size() - json["datasets"].size();
  if (const auto& others = ledger.others(); others.validations > 0) {
    json["others"] = {{"validations", others.validations},
                      {"violations", others.violations},
                      {"failed_datasets", others.failed.size()}};
  }
  return json;
}

}  // namespace spark_exporter::app
