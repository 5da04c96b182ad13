#include "exporter/jobs/fleet_state.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/json/state_node.hpp"

namespace spark_exporter::jobs {
namespace {

using Json = nlohmann::json;
using json::put_number;
using json::put_text;
using json::put_time;
using json::WrongField;
using Node = json::StateNode;
constexpr int kVersion = 1;

// --- writing -----------------------------------------------------------------------------------

Json verdict_json(const outcome::Verdict& verdict) {
  Json json{{"state", outcome::to_string(verdict.state)}, {"confidence", static_cast<int>(verdict.confidence)}};
  put_text(json, "reason", std::string(outcome::to_string(verdict.reason)));
  put_number(json, "exit_code", verdict.exit_code);
  put_text(json, "exception", verdict.exception);
  put_text(json, "evidence", verdict.evidence);
  put_time(json, "started", verdict.started);
  put_time(json, "ended", verdict.ended);
  return json;
}

Json executors_json(const ExecutorCounts& counts, const std::vector<Uid>& counted) {
  Json uids = Json::array();
  for (const auto& uid : counted) uids.push_back(to_hex(uid));
  return {{"terminations", counts.terminations}, {"counted", std::move(uids)}};
}

/// Zero bytes end names and values there: as a list of both.
Json labels_json(std::string_view packed) {
  Json list = Json::array();
  while (!packed.empty()) {
    const auto end = packed.find('\0');
    list.push_back(packed.substr(0, end));
    packed.remove_prefix(end == std::string_view::npos ? packed.size() : end + 1);
  }
  return list;
}

Json run_json(const RunRecord& run) {
  Json json{{"key", to_hex(run.key)},
            {"presence", static_cast<int>(run.presence)},
            {"kind", outcome::to_string(run.kind())},
            {"verdict", verdict_json(run.verdict)}};
  put_text(json, "uid", run.odd_uid);
  put_text(json, "namespace", run.kubernetes_namespace);
  put_text(json, "pod", run.pod_name);
  put_text(json, "app", run.name.app);
  put_text(json, "app_from", run.name.from);
  put_text(json, "app_id", run.app_id);
  put_text(json, "submission", run.submission_id);
  put_text(json, "spark_version", run.spark_version);
  put_text(json, "node", run.node);
  put_text(json, "submitter", run.submitter);
  if (!run.labels.empty()) json["labels"] = labels_json(run.labels);
  if (run.application != nullptr) json["application"] = run.application->uid;
  put_time(json, "submitted", run.submitted);
  put_number(json, "attempt", run.attempt);
  put_number(json, "input_bytes", run.input_bytes);
  put_time(json, "told_start", run.told_start);
  put_time(json, "told_end", run.told_end);
  put_time(json, "ended", run.ended);
  put_time(json, "noticed", run.noticed);
  put_time(json, "unknown_since", run.unknown_since);
  if (run.counted) json["counted"] = true;
  if (run.cost_counted) json["cost_counted"] = true;
  if (run.cost != nullptr) json["cost"] = {{"currency", run.cost->currency}, {"used", run.cost->used}};
  if (run.advice != nullptr) {
    json["advice"] = {{"conf", run.advice->conf}};
    if (run.advice->saving_ratio) json["advice"]["kept"] = 1 - *run.advice->saving_ratio;
  }
  if (run.termination) json["termination"] = static_cast<int>(*run.termination);
  return json;
}

Json job_json(const JobRecord& job) {
  Json json{{"namespace", job.kubernetes_namespace},
            {"app", job.app},
            {"runs", job.runs},
            {"retries", job.retries},
            {"consecutive_failures", job.consecutive_failures},
            {"touched", job.touched.time_since_epoch().count()}};
  for (const auto& [currency, sums] : job.runs_cost) {
    json["runs_cost"].push_back({{"currency", currency}, {"sums", sums}});
  }
  for (const auto& [currency, sums] : job.spent.money()) {
    json["spent"].push_back({{"currency", currency}, {"sums", sums}});
  }
  for (const auto from : job.spent.from()) json["spent_from"].push_back(from.time_since_epoch().count());
  if (job.budget) json["budget"] = {{"amount", job.budget->amount}, {"period", cost::to_string(job.budget->period)}};
  put_time(json, "last_success", job.last_success);
  put_time(json, "last_failure", job.last_failure);
  put_time(json, "first_seen", job.first_seen);
  put_text(json, "schedule", job.annotated.schedule);
  put_text(json, "time_zone", job.annotated.zone);
  put_text(json, "deadline", job.annotated.deadline);
  put_text(json, "datasets", job.datasets);
  for (const auto failure : job.failures) json["failures"].push_back(failure.time_since_epoch().count());
  for (const auto& run : job.good) {
    Json good{{"ended", run.ended.time_since_epoch().count()}};
    put_number(good, "duration", run.duration_seconds);
    put_number(good, "input_bytes", run.input_bytes);
    put_number(good, "cost", run.cost);
    put_text(good, "currency", run.currency);
    json["good"].push_back(std::move(good));
  }
  return json;
}

/// Elements of a list, as long as they fit.
class ListWriter {
 public:
  ListWriter(std::string& text, const char* name) : text_(text) { text_.append(",\"").append(name).append("\":["); }
  ~ListWriter() { text_ += ']'; }
  ListWriter(const ListWriter&) = delete;
  ListWriter& operator=(const ListWriter&) = delete;

  void add(const Json& json) {
    constexpr std::size_t kEnd = 256;  // brackets and names that still come
    const auto element = json::dump_state(json);
    if (text_.size() + element.size() + kEnd > limits::kStateFileBytes) return;
    if (!first_) text_ += ',';
    first_ = false;
    text_ += element;
  }

 private:
  std::string& text_;
  bool first_ = true;
};

// --- reading -----------------------------------------------------------------------------------

Uid read_uid(const Node& node) {
  const auto uid = parse_hex(node.text());
  if (!uid) node.wrong("is no uid");
  return *uid;
}

outcome::State read_state(const Node& node) {
  const auto state = outcome::parse_state(node.text());
  if (!state) node.wrong("is no state");
  return *state;
}

outcome::Reason read_reason(const Node& node) {
  if (!node.has("reason")) return outcome::Reason::kNone;
  const auto reason = outcome::parse_reason(node.text("reason"));
  if (!reason) node.wrong_at("reason", "is no reason");
  return *reason;
}

std::optional<std::int64_t> read_exit_code(const Node& node) {
  if (!node.has("exit_code")) return std::nullopt;
  return node.at("exit_code").integer(INT32_MIN, INT32_MAX);
}

outcome::Verdict read_verdict(const Node& node) {
  outcome::Verdict verdict;
  verdict.state = read_state(node.at("state"));
  verdict.reason = read_reason(node);
  constexpr auto kMost = static_cast<std::int64_t>(outcome::Confidence::kCertain);
  verdict.confidence = static_cast<outcome::Confidence>(node.at("confidence").integer(0, kMost));
  verdict.exit_code = read_exit_code(node);
  verdict.exception = node.text("exception");
  verdict.evidence = node.text("evidence");
  verdict.started = node.time("started");
  verdict.ended = node.time("ended");
  return verdict;
}

std::string read_labels(const Node& node) {
  std::string packed;
  for (const auto& label : node.list("labels", 2 * limits::kLabels)) packed.append(label.text()).push_back('\0');
  return packed;
}

ExecutorPods::Saved read_executors(const Node& node) {
  ExecutorPods::Saved saved;
  const auto terminations = node.at("terminations").list(outcome::kTerminations);
  for (std::size_t i = 0; i < terminations.size(); ++i) saved.terminations[i] = terminations[i].count();
  for (const auto& uid : node.list("counted", limits::kExecutorPods)) saved.counted.push_back(read_uid(uid));
  return saved;
}

std::string read_currency(const Node& node, const std::string& currency) {
  if (!cost::is_currency(currency)) node.wrong("is no currency");
  return currency;
}

/// Saved as what it keeps of the money, which is not below 0.
std::unique_ptr<const outcome::Advice> read_advice(const Node& node) {
  auto advice = std::make_unique<outcome::Advice>();
  advice->conf = node.text("conf");
  if (const auto kept = node.amount("kept")) advice->saving_ratio = 1 - *kept;
  return advice;
}

std::unique_ptr<const cost::Final> read_cost(const Node& node) {
  auto cost = std::make_unique<cost::Final>();
  cost->currency = read_currency(node, node.text("currency"));
  const auto used = node.at("used").list(cost->used.size());
  for (std::size_t i = 0; i < used.size(); ++i) cost->used[i] = used[i].amount();
  return cost;
}

struct ReadRun {
  std::unique_ptr<RunRecord> run;
  std::string application;
  ExecutorPods::Saved executors;
};

ReadRun read_run(const Node& node) {
  ReadRun read{std::make_unique<RunRecord>(), node.text("application"), {}};
  auto& run = *read.run;
  run.key = read_uid(node.at("key"));
  run.odd_uid = node.text("uid");
  run.kubernetes_namespace = node.text("namespace");
  run.pod_name = node.text("pod");
  run.name = {node.text("app"), node.text("app_from")};
  run.own_name = run.name;
  run.app_id = node.text("app_id");
  run.submission_id = node.text("submission");
  run.spark_version = node.text("spark_version");
  run.node = node.text("node");
  run.submitter = node.text("submitter");
  run.labels = read_labels(node);
  constexpr auto kMostPresence = static_cast<std::int64_t>(outcome::Presence::kVanished);
  run.presence = static_cast<outcome::Presence>(node.at("presence").integer(0, kMostPresence));
  const auto kind = outcome::parse_kind(node.at("kind").text());
  if (!kind) node.wrong_at("kind", "is no kind");
  run.seen_kind = *kind;
  run.verdict = read_verdict(node.at("verdict"));
  run.submitted = node.time("submitted");
  if (node.has("attempt")) run.attempt = node.at("attempt").integer(1, INT32_MAX);
  run.input_bytes = node.amount("input_bytes");
  run.told_start = node.time("told_start");
  run.told_end = node.time("told_end");
  run.ended = node.time("ended");
  run.noticed = node.time("noticed");
  run.unknown_since = node.time("unknown_since");
  run.counted = node.flag("counted");
  run.cost_counted = node.flag("cost_counted");
  if (node.has("cost")) run.cost = read_cost(node.at("cost"));
  if (node.has("advice")) run.advice = read_advice(node.at("advice"));
  if (run.counted && (!run.ended || !run.noticed)) node.wrong("is counted and has no end");
  if (node.has("termination")) {
    run.termination = static_cast<outcome::Termination>(node.at("termination").integer(0, outcome::kTerminations - 1));
  }
  if (node.has("executors")) read.executors = read_executors(node.at("executors"));
  return read;
}

cost::PeriodSums read_spent(const Node& node) {
  cost::PeriodSums spent;
  std::array<TimePoint, cost::PeriodSums::kPeriods> from{};
  const auto times = node.list("spent_from", from.size());
  for (std::size_t i = 0; i < times.size(); ++i) from[i] = times[i].time();
  cost::PeriodSums::Money money;
  for (const auto& cost : node.list("spent", cost::PeriodSums::kMostCurrencies)) {
    auto& sums = money[read_currency(cost, cost.text("currency"))];
    const auto amounts = cost.at("sums").list(sums.size());
    for (std::size_t i = 0; i < amounts.size(); ++i) sums[i] = amounts[i].amount();
  }
  spent.restore(from, std::move(money));
  return spent;
}

std::optional<cost::Budget> read_budget(const Node& node) {
  if (!node.has("budget")) return std::nullopt;
  const auto budget = node.at("budget");
  const auto period = cost::parse_budget_period(budget.text("period"));
  if (!period) budget.wrong_at("period", "is none");
  return cost::Budget{"", budget.at("amount").amount(cost::kLargestBudget), *period};
}

JobRecord read_job(const Node& node) {
  JobRecord job;
  job.kubernetes_namespace = node.at("namespace").text();
  job.app = node.at("app").text();
  const auto runs = node.at("runs").list(job.runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) job.runs[i] = runs[i].count();
  job.retries = node.at("retries").count();
  for (const auto& cost : node.list("runs_cost", JobRecord::kCurrencies)) {
    auto& sums = job.runs_cost[read_currency(cost, cost.text("currency"))];
    const auto amounts = cost.at("sums").list(sums.size());
    for (std::size_t i = 0; i < amounts.size(); ++i) sums[i] = amounts[i].amount();
  }
  job.spent = read_spent(node);
  job.budget = read_budget(node);
  job.consecutive_failures = node.at("consecutive_failures").count();
  job.touched = node.at("touched").time();
  job.last_success = node.time("last_success");
  job.last_failure = node.time("last_failure");
  job.first_seen = node.time("first_seen");
  job.annotated = {node.text("schedule"), node.text("time_zone"), node.text("deadline"), false};
  job.datasets = node.text("datasets");
  for (const auto& failure : node.list("failures", limits::kBaselineRuns)) job.failures.push_back(failure.time());
  for (const auto& good : node.list("good", limits::kBaselineRuns)) {
    job.good.push_back({good.at("ended").time(), good.amount("duration"), good.amount("input_bytes"),
                        good.amount("cost"), good.text("currency")});
  }
  return job;
}

struct ReadApplication {
  std::string uid;
  std::int64_t attempts = 0;
};

struct ReadQuality {
  std::string kubernetes_namespace;
  std::string app;
  std::shared_ptr<const quality::Ledger> ledger;
};

ReadQuality read_quality(const Node& node, const Json& json) {
  (void)node.at("ledger");
  auto ledger = quality::Ledger::restore(json::dump_state(json.at("ledger")));
  if (!ledger) node.wrong_at("ledger", ledger.error().what.c_str());
  return {node.at("namespace").text(), node.at("app").text(),
          std::make_shared<const quality::Ledger>(std::move(*ledger))};
}

struct ReadState {
  std::vector<JobRecord> jobs;
  std::vector<ReadApplication> applications;
  std::vector<ReadRun> runs;
  std::vector<Uid> forgotten;
  std::vector<ReadQuality> quality;
};

ReadState read_all(const Node& root, const Json& document) {
  if (root.at("version").integer(0, INT32_MAX) != kVersion) root.wrong_at("version", "is of another state file");
  ReadState state;
  for (const auto& job : root.at("jobs").list(limits::kJobs)) state.jobs.push_back(read_job(job));
  for (const auto& application : root.at("applications").list(limits::kRuns)) {
    state.applications.push_back({application.at("uid").text(), application.at("attempts").integer(-1, INT32_MAX)});
  }
  for (const auto& run : root.at("runs").list(limits::kRuns)) state.runs.push_back(read_run(run));
  for (const auto& uid : root.at("forgotten").list(2 * limits::kRuns)) state.forgotten.push_back(read_uid(uid));
  // Not in files of older versions.
  std::size_t at = 0;
  for (const auto& job : root.list("quality", limits::kJobs)) {
    state.quality.push_back(read_quality(job, document.at("quality").at(at++)));
  }
  return state;
}

void take(ReadState&& state, Roster& roster) {
  for (auto& job : state.jobs) {
    auto* kept = roster.restore_job(job.kubernetes_namespace, job.app);
    if (kept == nullptr) continue;
    job.mine = kept->mine;
    *kept = std::move(job);
  }
  for (auto& told : state.quality) {
    if (auto* job = roster.restore_job(told.kubernetes_namespace, told.app)) job->quality = std::move(told.ledger);
  }
  for (auto& application : state.applications) roster.restore_application(application.uid, application.attempts);
  for (auto& read : state.runs) roster.restore_run(std::move(read.run), read.application, read.executors);
  for (const auto& uid : state.forgotten) roster.restore_forgotten(uid);
  roster.set_restored();
}

}  // namespace

std::string save_state(const Roster& roster) {
  std::string text = "{\"version\":" + std::to_string(kVersion);
  {
    ListWriter jobs(text, "jobs");
    for (const auto& [key, job] : roster.jobs()) {
      if (job->mine && !job->is_blank()) jobs.add(job_json(*job));
    }
  }
  {
    ListWriter applications(text, "applications");
    for (const auto& [uid, record] : roster.applications()) {
      if (record->is_there && record->attempts) applications.add({{"uid", uid}, {"attempts", *record->attempts}});
    }
  }
  {
    const auto counted = roster.executors().counted();
    ListWriter runs(text, "runs");
    for (const auto& [key, run] : roster.runs()) {
      if (run->job != nullptr && !run->job->mine) continue;
      auto json = run_json(*run);
      if (run->executors != nullptr && run->executors->has_ended()) {
        const auto found = counted.find(run->executors);
        json["executors"] =
            executors_json(*run->executors, found == counted.end() ? std::vector<Uid>() : found->second);
      }
      runs.add(json);
    }
  }
  {
    ListWriter forgotten(text, "forgotten");
    for (const auto& uid : roster.forgotten().all()) forgotten.add(to_hex(uid));
  }
  {
    // The last list: where the file is full, datasets are left out before runs are.
    ListWriter quality(text, "quality");
    for (const auto& [key, job] : roster.jobs()) {
      if (!job->mine || job->quality == nullptr || job->quality->empty()) continue;
      quality.add({{"namespace", job->kubernetes_namespace},
                   {"app", job->app},
                   {"ledger", Json::parse(job->quality->save())}});
    }
  }
  return text + '}';
}

Result<void> restore_state(std::string_view json, Roster& roster) {
  if (json.size() > limits::kStateFileBytes) return Error{ErrorKind::kMalformed, "the state is too large"};
  try {
    const auto document = Json::parse(json);
    take(read_all(Node(document, ""), document), roster);
    return boost::system::in_place_value;
  } catch (const Json::parse_error& error) {
    return Error{ErrorKind::kMalformed, "byte " + std::to_string(error.byte) + ": no JSON"};
  } catch (const WrongField& error) {
    return Error{ErrorKind::kWrongType, error.what()};
  } catch (const std::exception& error) {
    return Error{ErrorKind::kMalformed, error.what()};
  }
}

}  // namespace spark_exporter::jobs
