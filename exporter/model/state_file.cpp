#include "exporter/model/state_file.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>

#include "exporter/common/file.hpp"
#include "exporter/common/limits.hpp"

namespace spark_exporter::model {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kVersion = 1;

/// A number that no counter, id or time of a run can be.
struct WrongNumber : std::runtime_error {
  WrongNumber() : std::runtime_error("a number is out of range") {}
};

constexpr double kLargest = 1e18;
constexpr int kDepth = 16;  ///< what is written is less deep

/// Whatever is in the file, numbers convert to what they are read as.
Json parse(std::string_view text) {
  return Json::parse(text, [](int depth, Json::parse_event_t event, Json& parsed) {
    const bool is_number = event == Json::parse_event_t::value && parsed.is_number();
    if (depth > kDepth || (is_number && !(std::abs(parsed.get<double>()) <= kLargest))) throw WrongNumber();
    return true;
  });
}

std::int64_t amount(const Json& json) {
  const auto value = json.get<std::int64_t>();
  if (value < 0) throw WrongNumber();
  return value;
}

std::uint64_t count(const Json& json) { return static_cast<std::uint64_t>(amount(json)); }

template <std::size_t Size>
std::array<std::uint64_t, Size> counts(const Json& json) {
  std::array<std::uint64_t, Size> read{};
  for (std::size_t i = 0; i < Size; ++i) read[i] = count(json.at(i));
  return read;
}

// --- pieces ---------------------------------------------------------------------------------------------------

Json time_json(const std::optional<spark::TimePoint>& time) {
  return time ? Json(time->time_since_epoch().count()) : Json(nullptr);
}

std::optional<spark::TimePoint> time_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return spark::TimePoint{spark::Millis{json.get<std::int64_t>()}};
}

Json totals_json(const StageTotals& totals) {
  Json list = Json::array();
  for (auto member : StageTotals::members()) list.push_back(totals.*member);
  return list;
}

StageTotals totals_of(const Json& json) {
  StageTotals totals;
  std::size_t at = 0;
  for (auto member : StageTotals::members()) {
    // A state of before the last ones were added is as good as any.
    if (at < json.size()) totals.*member = amount(json.at(at++));
  }
  if (at < StageTotals::members().size()) totals.slot_time_ms = totals.run_time_ms;
  return totals;
}

Json executor_json(const spark::Executor& e) {
  Json json{{"id", e.id},
            {"add", time_json(e.add_time)},
            {"completed", e.completed_tasks},
            {"failed", e.failed_tasks},
            {"duration", e.total_duration.count()},
            {"input", e.total_input_bytes},
            {"shuffle_read", e.total_shuffle_read},
            {"shuffle_write", e.total_shuffle_write}};
  if (e.peak) {
    json["gc"] = {e.peak->minor_gc_time.count(), e.peak->major_gc_time.count(), e.peak->total_gc_time.count()};
  }
  return json;
}

spark::Executor executor_of(const Json& json) {
  spark::Executor e;
  e.id = json.at("id").get<std::string>();
  e.add_time = time_of(json.at("add"));
  e.completed_tasks = amount(json.at("completed"));
  e.failed_tasks = amount(json.at("failed"));
  e.total_duration = spark::Millis{amount(json.at("duration"))};
  e.total_input_bytes = amount(json.at("input"));
  e.total_shuffle_read = amount(json.at("shuffle_read"));
  e.total_shuffle_write = amount(json.at("shuffle_write"));
  if (const auto gc = json.find("gc"); gc != json.end()) {
    e.peak.emplace();
    e.peak->minor_gc_time = spark::Millis{amount(gc->at(0))};
    e.peak->major_gc_time = spark::Millis{amount(gc->at(1))};
    e.peak->total_gc_time = spark::Millis{amount(gc->at(2))};
  }
  return e;
}

// --- ledgers --------------------------------------------------------------------------------------------------

Json jobs_json(const JobLedger::Data& data) {
  Json running = Json::array();
  for (const auto& [id, job] : data.running) running.push_back({id, job.stage_ids});
  return {{"next", data.next_id},  {"final", data.final_ids.intervals()},
          {"running", running},    {"succeeded", data.succeeded},
          {"failed", data.failed}, {"unknown", data.unknown}};
}

IdSet ids_of(const Json& json) { return IdSet(json.get<std::vector<IdSet::Interval>>()); }

JobLedger::Data jobs_of(const Json& json) {
  JobLedger::Data data;
  data.next_id = json.at("next").get<std::int64_t>();
  data.final_ids = ids_of(json.at("final"));
  for (const auto& entry : json.at("running")) {
    data.running[entry.at(0).get<std::int64_t>()].stage_ids = entry.at(1).get<std::vector<std::int64_t>>();
  }
  data.succeeded = count(json.at("succeeded"));
  data.failed = count(json.at("failed"));
  data.unknown = count(json.at("unknown"));
  return data;
}

Json stages_json(const StageLedger::Data& data) {
  Json live = Json::array();
  for (const auto& [key, stage] : data.live) {
    live.push_back({key.first, key.second, static_cast<int>(stage.status), totals_json(stage.totals)});
  }
  return {{"counted", data.counted.intervals()},
          {"counted_retries", data.counted_retries},
          {"skipped", data.skipped.intervals()},
          {"seen_retries", data.seen_retries},
          {"live", live},
          {"settled", totals_json(data.settled)},
          {"complete", data.complete},
          {"failed", data.failed},
          {"skipped_count", data.skipped_count},
          {"retries", data.retries}};
}

StageLedger::Data stages_of(const Json& json) {
  StageLedger::Data data;
  data.counted = ids_of(json.at("counted"));
  data.counted_retries = json.at("counted_retries").get<std::set<StageLedger::Key>>();
  data.skipped = ids_of(json.at("skipped"));
  data.seen_retries = json.at("seen_retries").get<std::set<StageLedger::Key>>();
  for (const auto& entry : json.at("live")) {
    auto& live = data.live[{entry.at(0).get<std::int64_t>(), entry.at(1).get<std::int64_t>()}];
    const auto status = amount(entry.at(2));
    if (status > static_cast<std::int64_t>(spark::StageStatus::kSkipped)) throw WrongNumber();
    live.status = static_cast<spark::StageStatus>(status);
    live.totals = totals_of(entry.at(3));
  }
  data.settled = totals_of(json.at("settled"));
  data.complete = count(json.at("complete"));
  data.failed = count(json.at("failed"));
  data.skipped_count = count(json.at("skipped_count"));
  data.retries = count(json.at("retries"));
  return data;
}

Json executors_json(const ExecutorLedger::Data& data) {
  Json live = Json::array();
  for (const auto& [id, executor] : data.live) live.push_back(executor_json(executor));
  Json highs = Json::array();
  for (auto member : ExecutorLedger::Highs::members()) highs.push_back(data.highs.*member);
  return {{"live", live},
          {"highs", highs},
          {"dead", data.dead},
          {"removals", data.removals},
          {"dead_gc", data.dead_gc.count()},
          {"dead_uptime", data.dead_uptime.count()},
          {"forgotten", data.forgotten}};
}

ExecutorLedger::Data executors_of(const Json& json) {
  ExecutorLedger::Data data;
  for (const auto& entry : json.at("live")) {
    auto executor = executor_of(entry);
    data.live.emplace(executor.id, std::move(executor));
  }
  data.dead = json.at("dead").get<std::set<std::string>>();
  data.removals = counts<kRemovalReasons>(json.at("removals"));
  data.dead_gc = spark::Millis{amount(json.at("dead_gc"))};
  data.dead_uptime = spark::Millis{amount(json.at("dead_uptime"))};
  data.forgotten = count(json.at("forgotten"));
  // Not in files of older versions.
  if (const auto highs = json.find("highs"); highs != json.end()) {
    std::size_t at = 0;
    for (auto member : ExecutorLedger::Highs::members()) data.highs.*member = amount(highs->at(at++));
  }
  return data;
}

Json sql_json(const SqlLedger::Data& data) {
  Json running = Json::array();
  for (const auto& [id, execution] : data.running) running.push_back(id);
  return {{"next", data.next_id},
          {"final", data.final_ids.intervals()},
          {"running", running},
          {"completed", data.completed},
          {"failed", data.failed},
          {"buckets", data.buckets},
          {"duration_sum", data.duration_sum_seconds}};
}

SqlLedger::Data sql_of(const Json& json) {
  SqlLedger::Data data;
  data.next_id = json.at("next").get<std::int64_t>();
  data.final_ids = ids_of(json.at("final"));
  for (const auto& id : json.at("running")) data.running[id.get<std::int64_t>()].id = id.get<std::int64_t>();
  data.completed = count(json.at("completed"));
  data.failed = count(json.at("failed"));
  data.buckets = counts<std::tuple_size_v<decltype(data.buckets)>>(json.at("buckets"));
  data.duration_sum_seconds = json.at("duration_sum").get<double>();
  return data;
}

Json streaming_json(const StreamingLedger::Data& data) {
  Json queries = Json::array();
  for (const auto& [name, query] : data.queries) {
    queries.push_back({{"name", name},
                       {"last_batch", query.last_batch},
                       {"failed_runs", query.failed_runs},
                       {"batches", query.batches},
                       {"failures", query.failures},
                       {"last_end", time_json(query.last_batch_end)},
                       {"start", time_json(query.batch_start)},
                       {"newest", query.newest_batch}});
  }
  return {{"queries", queries}, {"dropped", data.dropped}};
}

StreamingLedger::Data streaming_of(const Json& json) {
  StreamingLedger::Data data;
  for (const auto& entry : json.at("queries")) {
    auto& query = data.queries[entry.at("name").get<std::string>()];
    query.last_batch = entry.at("last_batch").get<std::map<std::string, std::int64_t>>();
    query.failed_runs = entry.at("failed_runs").get<std::set<std::string>>();
    query.batches = count(entry.at("batches"));
    query.failures = count(entry.at("failures"));
    query.last_batch_end = time_of(entry.at("last_end"));
    query.batch_start = time_of(entry.at("start"));
    query.newest_batch = entry.at("newest").get<std::int64_t>();
  }
  data.dropped = count(json.at("dropped"));
  return data;
}

Json attempts_json(const std::map<WorkLedger::Key, WorkLedger::Attempt>& attempts) {
  Json list = Json::array();
  for (const auto& [key, attempt] : attempts) {
    list.push_back({{"stage", key.first},
                    {"attempt", key.second},
                    {"wanted", attempt.wanted},
                    {"asked", attempt.asked},
                    {"read", attempt.read.intervals()},
                    {"closed", attempt.closed}});
  }
  return list;
}

Json work_json(const WorkLedger::Data& data) {
  Json lost = Json::array();
  for (const auto& [id, time] : data.lost) {
    lost.push_back(
        {id, time.failed.count(), time.retried.count(), time.speculation.count(), time.killed.count(), time.tasks});
  }
  Json groups = Json::array();
  for (const auto& [name, time] : data.groups) groups.push_back({name, time.count()});
  Json queries = Json::array();
  for (const auto& query : data.queries) queries.push_back({query.id, query.description, query.run_time.count()});
  Json owners = Json::array();
  for (const auto& [job, owner] : data.owners) owners.push_back({job, owner.group, owner.query});
  Json waiting = Json::array();
  for (const auto& [stage, time] : data.waiting) waiting.push_back({stage, time.count()});
  return {{"lost", lost},
          {"groups", groups},
          {"queries", queries},
          {"jobs", data.jobs},
          {"owners", owners},
          {"waiting", waiting},
          {"attempts", attempts_json(data.attempts)}};
}

spark::Millis millis_of(const Json& json) { return spark::Millis{amount(json)}; }

WorkLedger::Data work_of(const Json& json) {
  WorkLedger::Data data;
  // How many tasks they were is not in files of older versions.
  for (const auto& entry : json.at("lost")) {
    data.lost[entry.at(0).get<std::string>()] = {millis_of(entry.at(1)), millis_of(entry.at(2)), millis_of(entry.at(3)),
                                                 millis_of(entry.at(4)), entry.size() > 5 ? amount(entry.at(5)) : 0};
  }
  for (const auto& entry : json.at("groups")) data.groups[entry.at(0).get<std::string>()] = millis_of(entry.at(1));
  for (const auto& entry : json.at("queries")) {
    data.queries.push_back({entry.at(0).get<std::int64_t>(), entry.at(1).get<std::string>(), millis_of(entry.at(2))});
  }
  const auto jobs = json.at("jobs").get<std::map<std::int64_t, std::int64_t>>();
  data.jobs.insert(boost::container::ordered_unique_range, jobs.begin(), jobs.end());
  for (const auto& entry : json.at("owners")) {
    data.owners[entry.at(0).get<std::int64_t>()] = {entry.at(1).get<std::string>(), entry.at(2).get<std::int64_t>()};
  }
  for (const auto& entry : json.at("waiting")) data.waiting[entry.at(0).get<std::int64_t>()] = millis_of(entry.at(1));
  for (const auto& entry : json.at("attempts")) {
    auto& attempt = data.attempts[{entry.at("stage").get<std::int64_t>(), entry.at("attempt").get<std::int64_t>()}];
    attempt.wanted = entry.at("wanted").get<std::int64_t>();
    attempt.asked = entry.at("asked").get<std::int64_t>();
    attempt.read = ids_of(entry.at("read"));
    attempt.closed = entry.at("closed").get<bool>();
  }
  return data;
}

}  // namespace

std::string to_json(const Run::Saved& saved) {
  const Json json{{"version", kVersion},
                  {"app_id", saved.application.id},
                  {"name", saved.application.name},
                  {"start", time_json(saved.application.start_time)},
                  {"jobs", jobs_json(saved.jobs)},
                  {"stages", stages_json(saved.stages)},
                  {"executors", executors_json(saved.executors)},
                  {"sql", sql_json(saved.sql)},
                  {"streaming", streaming_json(saved.streaming)},
                  {"owed_stages", saved.owed_stages},
                  {"work", work_json(saved.work)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Run::Saved> from_json(std::string_view text) {
  try {
    const Json json = parse(text);
    if (json.at("version").get<int>() != kVersion) {
      return Error{ErrorKind::kMalformed, "state of another version: " + json.at("version").dump()};
    }
    Run::Saved saved;
    saved.application.id = json.at("app_id").get<std::string>();
    saved.application.name = json.at("name").get<std::string>();
    saved.application.start_time = time_of(json.at("start"));
    saved.jobs = jobs_of(json.at("jobs"));
    saved.stages = stages_of(json.at("stages"));
    saved.executors = executors_of(json.at("executors"));
    saved.sql = sql_of(json.at("sql"));
    saved.streaming = streaming_of(json.at("streaming"));
    saved.owed_stages = json.at("owed_stages").get<std::set<std::int64_t>>();
    if (const auto work = json.find("work"); work != json.end()) saved.work = work_of(*work);
    return saved;
  } catch (const nlohmann::json::parse_error& error) {
    return Error{ErrorKind::kMalformed, "byte " + std::to_string(error.byte) + ": no JSON"};
  } catch (const WrongNumber& error) {
    return Error{ErrorKind::kWrongType, error.what()};
  } catch (const nlohmann::json::exception& error) {
    return Error{ErrorKind::kWrongType, error.what()};
  }
}

Result<void> save_state(const std::string& path, const Run::Saved& saved) {
  return write_atomically(path, to_json(saved));
}

Result<Run::Saved> load_state(const std::string& path) {
  const auto text = read_whole(path, limits::kStateFileBytes);
  if (text.has_error()) return text.error();
  auto saved = from_json(*text);
  if (saved.has_error()) return Error{saved.error().kind, path + ": " + saved.error().what};
  return saved;
}

}  // namespace spark_exporter::model
