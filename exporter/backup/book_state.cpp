// The state file of a book: compact JSON.

#include <nlohmann/json.hpp>
#include <utility>

#include "exporter/backup/book.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/json/state_node.hpp"

namespace spark_exporter::backup {
namespace {

using Json = nlohmann::json;
using json::put_number;
using json::put_text;
using json::put_time;
using json::WrongField;
using Node = json::StateNode;
constexpr int kVersion = 1;

// --- writing -----------------------------------------------------------------------------------

Json attempt_json(const Attempt& attempt) {
  Json json{{"uid", jobs::to_hex(attempt.uid)}, {"origin", static_cast<int>(attempt.origin)}};
  put_text(json, "job", attempt.job);
  put_time(json, "started", attempt.started);
  put_time(json, "ended", attempt.ended);
  if (attempt.end) json["end"] = static_cast<int>(*attempt.end);
  put_number(json, "told_success", attempt.told_success);
  put_time(json, "data", attempt.data);
  put_number(json, "size_bytes", attempt.size_bytes);
  put_number(json, "restore_seconds", attempt.restore_seconds);
  if (attempt.report) json["report"] = jobs::to_hex(*attempt.report);
  if (attempt.read) json["read"] = true;
  if (attempt.settled) json["settled"] = true;
  return json;
}

Json history_json(const History& history) {
  Json json{{"counts", history.counts}};
  put_time(json, "dropped_to", history.dropped_to);
  put_time(json, "told_success", history.told_success);
  for (const auto& attempt : history.attempts) json["attempts"].push_back(attempt_json(attempt));
  return json;
}

Json targets_json(const Targets& targets) {
  Json json = Json::object();
  if (targets.rpo) json["rpo"] = targets.rpo->count();
  if (targets.rto) json["rto"] = targets.rto->count();
  put_text(json, "dataset", targets.dataset);
  return json;
}

Json record_json(const Record& record) {
  Json json{{"namespace", record.kubernetes_namespace},
            {"name", record.name},
            {"planned", record.planned},
            {"backups", history_json(record.backups)},
            {"drills", history_json(record.drills)},
            {"job_targets", targets_json(record.job_targets)},
            {"told", targets_json(record.told)}};
  put_time(json, "job_targets_of", record.job_targets_of);
  put_time(json, "seen", record.seen);
  put_time(json, "gone", record.gone);
  put_time(json, "unprotected_since", record.unprotected_since);
  put_time(json, "since_data", record.since_data);
  return json;
}

// --- reading -----------------------------------------------------------------------------------

Uid read_uid(const Node& node) {
  const auto uid = jobs::parse_hex(node.text());
  if (!uid) node.wrong("is no uid");
  return *uid;
}

Attempt read_attempt(const Node& node) {
  Attempt attempt;
  attempt.uid = read_uid(node.at("uid"));
  attempt.origin = static_cast<Origin>(node.at("origin").integer(0, static_cast<int>(Origin::kReport)));
  attempt.job = node.text("job");
  attempt.started = node.time("started");
  attempt.ended = node.time("ended");
  if (node.has("end")) {
    attempt.end = static_cast<Outcome>(node.at("end").integer(0, static_cast<int>(Outcome::kUnknown)));
    if (!attempt.ended) node.wrong_at("ended", "is missing");
  }
  if (node.has("told_success")) attempt.told_success = node.at("told_success").flag();
  attempt.data = node.time("data");
  attempt.size_bytes = node.amount("size_bytes");
  attempt.restore_seconds = node.amount("restore_seconds");
  if (node.has("report")) attempt.report = read_uid(node.at("report"));
  attempt.read = node.flag("read");
  attempt.settled = attempt.end && node.flag("settled");
  return attempt;
}

History read_history(const Node& node) {
  History history;
  const auto counts = node.at("counts").list(kOutcomes);
  for (std::size_t i = 0; i < counts.size(); ++i) history.counts[i] = counts[i].count();
  history.dropped_to = node.time("dropped_to");
  history.told_success = node.time("told_success");
  for (const auto& attempt : node.list("attempts", limits::kBackupAttempts)) {
    history.attempts.push_back(read_attempt(attempt));
  }
  return history;
}

Targets read_targets(const Node& node) {
  constexpr std::int64_t kMost = 101LL * 366 * 24 * 3600;
  Targets targets;
  if (node.has("rpo")) targets.rpo = std::chrono::seconds{node.at("rpo").integer(1, kMost)};
  if (node.has("rto")) targets.rto = std::chrono::seconds{node.at("rto").integer(1, kMost)};
  targets.dataset = node.text("dataset");
  return targets;
}

Record read_record(const Node& node) {
  Record record;
  record.kubernetes_namespace = node.text("namespace");
  record.name = node.text("name");
  record.planned = static_cast<std::uint8_t>(node.at("planned").integer(0, kByCronJob | kBySchedule));
  record.backups = read_history(node.at("backups"));
  record.drills = read_history(node.at("drills"));
  record.job_targets = read_targets(node.at("job_targets"));
  record.told = read_targets(node.at("told"));
  record.job_targets_of = node.time("job_targets_of");
  record.seen = node.time("seen");
  record.gone = node.time("gone");
  record.unprotected_since = node.time("unprotected_since");
  record.since_data = node.time("since_data");
  return record;
}

}  // namespace

std::string Book::save() {
  std::string text = "{\"version\":" + std::to_string(kVersion) +
                     ",\"since\":" + std::to_string(since_.time_since_epoch().count()) + ",\"backups\":[";
  constexpr std::size_t kEnd = 16;
  bool is_first = true;
  for (const auto& [key, record] : records_) {
    const auto element = json::dump_state(record_json(record));
    if (text.size() + element.size() + kEnd > limits::kStateFileBytes) continue;
    if (!is_first) text += ',';
    is_first = false;
    text += element;
  }
  return text + "]}";
}

Result<void> Book::restore(std::string_view json) {
  if (json.size() > limits::kStateFileBytes) return Error{ErrorKind::kMalformed, "the state is too large"};
  try {
    const auto document = Json::parse(json);
    const Node node(document, "");
    if (node.at("version").integer(0, INT32_MAX) != kVersion) node.wrong_at("version", "is another one");
    const auto since = node.at("since").time();
    std::map<std::string, Record> records;
    for (const auto& each : node.at("backups").list(limits::kBackups)) {
      auto record = read_record(each);
      if (!is_mine(record.kubernetes_namespace, record.name)) continue;
      records.insert_or_assign(record.kubernetes_namespace + '\0' + record.name, std::move(record));
    }
    records_ = std::move(records);
    since_ = since;
    return boost::system::in_place_value;
  } catch (const Json::parse_error& error) {
    return Error{ErrorKind::kMalformed, "byte " + std::to_string(error.byte) + ": no JSON"};
  } catch (const WrongField& error) {
    return Error{ErrorKind::kWrongType, error.what()};
  } catch (const std::exception& error) {
    return Error{ErrorKind::kMalformed, error.what()};
  }
}

}  // namespace spark_exporter::backup
