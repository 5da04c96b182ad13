#include "exporter/app/report_cost.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "exporter/app/report_text.hpp"

namespace spark_exporter::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kHolders = 30;
constexpr std::size_t kGroups = 24;
constexpr std::size_t kPrices = 12;
constexpr std::size_t kEvidenceBytes = 300;

template <class T>
void put(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

void put_time(Json& json, const char* key, const std::optional<cost::TimePoint>& time) {
  if (time) json[key] = report_timestamp(*time);
}

Json by_component(const cost::Totals& totals) {
  Json json = Json::object();
  for (std::size_t i = 0; i < totals.paid.size(); ++i) {
    Json resources = Json::object();
    for (std::size_t r = 0; r < cost::kResources; ++r) {
      const auto resource = static_cast<cost::Resource>(r);
      if (resource == cost::Resource::kStorage && !(totals.paid[i][r] > 0)) continue;
      resources[std::string(to_string(resource))] = totals.paid[i][r];
    }
    json[std::string(to_string(static_cast<outcome::Component>(i)))] = std::move(resources);
  }
  return json;
}

Json by_use(const cost::Totals& totals) {
  Json json = Json::object();
  for (std::size_t i = 0; i < cost::kUses; ++i) {
    json[std::string(to_string(static_cast<cost::Use>(i)))] = totals.used[i];
  }
  return json;
}

/// Dearest first.
Json by_group(const cost::Totals& totals) {
  std::vector<std::pair<std::string, double>> groups(totals.groups.begin(), totals.groups.end());
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (groups.size() > kGroups) groups.resize(kGroups);
  Json list = Json::array();
  for (const auto& [group, money] : groups) {
    list.push_back({{"group", group.empty() ? "unattributed" : report_text(group)}, {"cost", money}});
  }
  return list;
}

Json queries(const std::vector<cost::QueryView>& views) {
  Json list = Json::array();
  for (const auto& query : views) {
    list.push_back({{"id", query.id},
                    {"description", report_text(query.description, 120)},
                    {"run_time_seconds", report_seconds(query.run_time)},
                    {"cost", query.cost}});
  }
  return list;
}

Json prices(const std::vector<cost::PriceView>& views) {
  Json list = Json::array();
  for (const auto& price : views) {
    if (list.size() == kPrices) break;
    Json json{{"resource", price.resource}, {"per_hour", price.per_hour}};
    if (!price.instance_type.empty()) json["instance_type"] = report_text(price.instance_type);
    if (!price.capacity.empty()) json["capacity"] = report_text(price.capacity);
    list.push_back(std::move(json));
  }
  return list;
}

Json holders(const std::vector<cost::HolderView>& views) {
  Json list = Json::array();
  for (const auto& holder : views) {
    if (list.size() == kHolders) break;
    Json json{{"id", report_text(holder.id)}, {"component", to_string(holder.component)}};
    json["held_from_timestamp_seconds"] = report_timestamp(holder.held_from);
    put_time(json, "work_from_timestamp_seconds", holder.work_from);
    put_time(json, "ended_timestamp_seconds", holder.ended);
    json["cores"] = holder.cores;
    json["memory_bytes"] = holder.memory_bytes;
    if (holder.gpus > 0) json["gpus"] = holder.gpus;
    if (!holder.instance_type.empty()) json["instance_type"] = report_text(holder.instance_type);
    if (!holder.capacity.empty()) json["capacity"] = report_text(holder.capacity);
    json["cost"] = holder.paid;
    list.push_back(std::move(json));
  }
  return list;
}

/// Uses that bought nothing.
double wasted(const cost::Totals& totals) {
  using cost::Use;
  double sum = 0;
  for (const Use use :
       {Use::kGc, Use::kTaskFailed, Use::kStageRetry, Use::kSpeculation, Use::kKilled, Use::kIdle, Use::kLingering}) {
    sum += cost::at(totals.used, use);
  }
  return sum;
}

}  // namespace

Json cost_json(const cost::View& view) {
  const double total = view.totals.paid_total();
  Json json{{"currency", view.currency}, {"final", view.final}, {"total", total}};
  json["wasted"] = wasted(view.totals);
  if (total > 0) json["wasted_ratio"] = std::min(wasted(view.totals) / total, 1.0);
  json["unsettled"] = view.totals.unsettled;
  json["per_hour"] = view.per_hour;
  put(json, "projected", view.projected);
  put(json, "budget", view.budget);
  put(json, "memory_unused", view.memory_unused);
  json["by_component"] = by_component(view.totals);
  json["by_use"] = by_use(view.totals);
  json["by_group"] = by_group(view.totals);
  json["queries"] = queries(view.queries);
  json["prices"] = prices(view.prices);
  json["pods"] = holders(view.holders);
  json["pods_left_out"] = view.holders.size() - std::min(view.holders.size(), kHolders);
  return json;
}

Json advice_json(const sizing::Advice& advice) {
  if (advice.recommendations.empty()) {
    return {{"recommendations", Json::array()}, {"quiet_because", report_text(advice.quiet_because, kEvidenceBytes)}};
  }
  Json list = Json::array();
  for (const auto& one : advice.recommendations) {
    list.push_back({{"setting", "spark." + one.setting},
                    {"from", one.from},
                    {"to", one.to},
                    {"evidence", report_text(one.evidence, kEvidenceBytes)}});
  }
  Json json{{"recommendations", std::move(list)}};
  put(json, "saving_ratio", advice.saving_ratio);
  json["patch"] = patch_yaml(advice);
  Json lines = Json::array();
  std::istringstream conf(conf_lines(advice));
  for (std::string line; std::getline(conf, line);) lines.push_back(line);
  json["conf"] = std::move(lines);
  return json;
}

}  // namespace spark_exporter::app
