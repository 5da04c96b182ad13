// A meter's state file: the ledger's own, and who was held when it was written.

#include <cstdint>
#include <nlohmann/json.hpp>

#include "exporter/app/cost_meter.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/json/state_node.hpp"

namespace spark_exporter::app {
namespace {

using Json = nlohmann::json;
using json::StateNode;

constexpr std::int64_t kVersion = 2;
constexpr double kMostAmount = 1e18;

spark::Millis millis(const StateNode& node, const char* name) {
  return spark::Millis{node.at(name).integer(0, INT64_MAX / 4)};
}

Json holder_json(const cost::Holder& holder) {
  Json json{{"id", holder.id},
            {"driver", holder.component == outcome::Component::kDriver},
            {"slots", holder.slots},
            {"task_time", holder.task_time.count()},
            {"gc_time", holder.gc_time.count()},
            {"failed", holder.lost.failed.count()},
            {"retried", holder.lost.retried.count()},
            {"speculation", holder.lost.speculation.count()},
            {"killed", holder.lost.killed.count()},
            {"active", holder.active_tasks}};
  json::put_time(json, "held_from", holder.held_from);
  json::put_time(json, "work_from", holder.work_from);
  json::put_time(json, "work_until", holder.work_until);
  json::put_time(json, "released", holder.released);
  return json;
}

cost::Holder read_holder(const StateNode& node) {
  cost::Holder holder;
  holder.id = node.at("id").text();
  holder.component = node.flag("driver") ? outcome::Component::kDriver : outcome::Component::kExecutor;
  holder.slots = node.at("slots").integer(0, INT64_MAX / 4);
  holder.task_time = millis(node, "task_time");
  holder.gc_time = millis(node, "gc_time");
  holder.lost = {millis(node, "failed"), millis(node, "retried"), millis(node, "speculation"), millis(node, "killed")};
  holder.active_tasks = node.at("active").integer(0, INT64_MAX / 4);
  holder.held_from = node.at("held_from").time();
  holder.work_from = node.time("work_from");
  holder.work_until = node.time("work_until");
  holder.released = node.time("released");
  return holder;
}

void put_node(Json& json, const cost::NodeTraits& node) {
  json::put_text(json, "instance_type", node.instance_type);
  json::put_text(json, "capacity", node.capacity);
  json::put_text(json, "region", node.region);
  json::put_text(json, "gpu_kind", node.gpu_kind);
  json["node_cores"] = node.cores;
  json["node_memory"] = node.memory_bytes;
  json["node_gpus"] = node.gpus;
  json::put_number(json, "node_hour", node.node_hour);
  json::put_number(json, "opencost_core", node.opencost_core_hour);
  json::put_number(json, "opencost_gib", node.opencost_gib_hour);
  json::put_number(json, "opencost_gpu", node.opencost_gpu_hour);
}

cost::NodeTraits read_node(const StateNode& node) {
  cost::NodeTraits traits;
  traits.instance_type = node.text("instance_type");
  traits.capacity = node.text("capacity");
  traits.region = node.text("region");
  traits.gpu_kind = node.text("gpu_kind");
  traits.cores = node.at("node_cores").amount(kMostAmount);
  traits.memory_bytes = node.at("node_memory").amount(kMostAmount);
  traits.gpus = node.at("node_gpus").amount(kMostAmount);
  traits.node_hour = node.amount("node_hour");
  traits.opencost_core_hour = node.amount("opencost_core");
  traits.opencost_gib_hour = node.amount("opencost_gib");
  traits.opencost_gpu_hour = node.amount("opencost_gpu");
  return traits;
}

}  // namespace

std::optional<std::string> CostMeter::save() const {
  if (!view_) return std::nullopt;
  Json json{{"version", kVersion},
            {"app_id", app_id_},
            {"first_run", first_run_},
            {"closed", closed_},
            {"prices_missing", prices_missing_},
            {"ledger", ledger_.save()},
            {"holders", Json::array()}};
  json::put_time(json, "started", started_);
  for (const auto& [id, tracked] : tracked_) {
    Json one = holder_json(tracked.holder);
    one["cores"] = tracked.reservation.cores;
    one["memory"] = tracked.reservation.memory_bytes;
    one["gpus"] = tracked.reservation.gpus;
    one["ephemeral"] = tracked.reservation.ephemeral_bytes;
    one["volumes"] = tracked.reservation.volume_bytes;
    put_node(one, tracked.node == nullptr ? cost::NodeTraits{} : *tracked.node);
    json::put_number(one, "peak", tracked.peak_bytes);
    one["priced"] = tracked.priced;
    one["ended"] = tracked.ended;
    one["counted_out"] = tracked.counted_out;
    one["unended"] = tracked.unended;
    one["lost_tasks"] = tracked.lost_tasks;
    one["lost_before"] = tracked.lost_before.time.count();
    one["lost_tasks_before"] = tracked.lost_before.tasks;
    if (tracked.ended) json::put_time(one, "end_seen", tracked.end_seen);
    json["holders"].push_back(std::move(one));
  }
  return json::dump_state(json);
}

bool CostMeter::restore(std::string_view text) {
  if (text.size() > limits::kStateFileBytes) return false;
  try {
    const Json parsed = Json::parse(text);
    const StateNode root(parsed, "");
    root.at("version").integer(kVersion, kVersion);
    auto ledger = cost::Ledger::restore(root.at("ledger").text(limits::kStateFileBytes));
    if (!ledger) return false;
    std::map<std::string, Tracked> tracked;
    for (const auto& node : root.at("holders").list(limits::kHolders)) {
      Tracked one;
      one.holder = read_holder(node);
      one.reservation = {node.at("cores").amount(kMostAmount), node.at("memory").amount(kMostAmount),
                         node.at("gpus").amount(kMostAmount), node.at("ephemeral").amount(kMostAmount),
                         node.at("volumes").amount(kMostAmount)};
      if (auto traits = read_node(node); !(traits == cost::NodeTraits{})) {
        one.node = std::make_shared<const cost::NodeTraits>(std::move(traits));
      }
      one.peak_bytes = node.amount("peak");
      one.priced = node.flag("priced");
      one.ended = node.flag("ended");
      one.counted_out = node.flag("counted_out");
      one.unended = node.at("unended").integer(0, INT64_MAX / 4);
      one.lost_tasks = node.at("lost_tasks").integer(0, INT64_MAX / 4);
      one.lost_before = {millis(node, "lost_before"), node.at("lost_tasks_before").integer(0, INT64_MAX / 4)};
      one.end_seen = node.time("end_seen").value_or(spark::TimePoint{});
      one.holder.counts_final = one.counted_out;
      const auto id = one.holder.id;
      if (!tracked.emplace(id, std::move(one)).second) node.wrong_at("id", "stands there twice");
    }
    app_id_ = root.at("app_id").text();
    started_ = root.time("started");
    first_run_ = root.flag("first_run");
    closed_ = root.flag("closed");
    prices_missing_ = root.at("prices_missing").count();
    ledger_ = std::move(*ledger);
    tracked_ = std::move(tracked);
    return true;
  } catch (const Json::exception&) {
    return false;
  } catch (const json::WrongField&) {
    return false;
  }
}

}  // namespace spark_exporter::app
