#include "exporter/app/log_watch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "exporter/common/log.hpp"
#include "exporter/logs/clues.hpp"
#include "exporter/logs/limits.hpp"

namespace spark_exporter::app {
namespace {

using logs::Component;
using Json = nlohmann::json;

std::string key_of(const LoggedContainer& container) { return container.namespace_name + '/' + container.pod; }

template <std::size_t Size>
Json to_json(const std::array<std::uint64_t, Size>& counts) {
  return Json(counts);
}

/// Counts of another version's list would be counts of something else.
template <std::size_t Size>
std::array<std::uint64_t, Size> counts_from(const Json& json) {
  if (json.size() != Size) throw std::invalid_argument("another number of counts");
  const bool are_counts =
      std::all_of(json.begin(), json.end(), [](const Json& one) { return one.is_number_unsigned(); });
  if (!are_counts) throw std::invalid_argument("no counts");
  return json.get<std::array<std::uint64_t, Size>>();
}

Json to_json(const logs::Tally& tally) {
  return {{"messages", to_json(tally.messages)},
          {"signatures", to_json(tally.signatures)},
          {"skipped_bytes", tally.skipped_bytes}};
}

logs::Tally tally_from(const Json& json) {
  logs::Tally tally;
  tally.messages = counts_from<logs::kLevels>(json.at("messages"));
  tally.signatures = counts_from<logs::kSignatures>(json.at("signatures"));
  tally.skipped_bytes = json.at("skipped_bytes").get<std::uint64_t>();
  return tally;
}

Json to_json(const LogPosition& position) {
  // Any bytes: as numbers.
  const auto& before = position.file.before;
  return {{"inode", position.file.inode},
          {"offset", position.file.offset},
          {"before", std::vector<std::uint8_t>(before.begin(), before.end())},
          {"stamp", position.stamp.stamp},
          {"lines", position.stamp.lines}};
}

LogPosition position_from(const Json& json) {
  LogPosition position;
  position.file.inode = json.at("inode").get<std::uint64_t>();
  position.file.offset = json.at("offset").get<std::uint64_t>();
  const auto before = json.at("before").get<std::vector<std::uint8_t>>();
  position.file.before.assign(before.begin(), before.end());
  if (position.file.before.size() > position.file.offset) throw std::invalid_argument("no such offset");
  position.stamp.stamp = json.at("stamp").get<std::string>();
  position.stamp.lines = json.at("lines").get<std::uint64_t>();
  return position;
}

}  // namespace

LogWatch::~LogWatch() {
  // All at once, so that the last one joined has not waited for the others.
  for (auto* followers : {&drivers_, &executors_}) {
    for (auto& [key, follower] : *followers) follower->stop();
  }
}

LogPosition LogWatch::saved_position(const std::string& key) const {
  const auto found = saved_.find(key);
  return found == saved_.end() ? LogPosition{} : found->second;
}

void LogWatch::follow_file(const std::string& path) {
  drivers_[path] =
      std::make_unique<LogFollower>("the log in " + path, log_file(path, saved_position(path)), false, news_);
}

void LogWatch::follow_driver(const kubernetes::Cluster& cluster, const LoggedContainer& container) {
  const auto key = key_of(container);
  drivers_[key] = std::make_unique<LogFollower>("the log of pod " + key,
                                                pod_log(cluster, container, saved_position(key)), false, news_);
}

void LogWatch::follow_executors(const kubernetes::Cluster& cluster, const std::vector<LoggedContainer>& containers) {
  retire();
  executors_wanted_ = true;
  for (const auto& container : containers) {
    const auto key = key_of(container);
    if (executors_.contains(key) || done_.contains(key)) continue;
    if (executors_.size() >= limits::kLogExecutors) {
      // Its turn may come when another one has ended; it is counted once.
      if (!left_out_.insert(key).second) continue;
      ++past_errors_[static_cast<std::size_t>(ErrorKind::kTooLarge)];
      if (left_out_.size() == 1) {
        log::warn("not all executors' logs are read at a time",
                  {{"source", "logs"}, {"limit", std::to_string(limits::kLogExecutors)}, {"left_out", key}});
      }
      continue;
    }
    executors_[key] = std::make_unique<LogFollower>(
        "the log of pod " + key, pod_log(cluster, container, saved_position(key)), true, std::function<void()>());
  }
}

/// Takes leave of those that were read to their end.
void LogWatch::retire() {
  for (auto at = executors_.begin(); at != executors_.end();) {
    const auto status = at->second->status();
    if (!status.done) {
      ++at;
      continue;
    }
    past_[Component::kExecutor] += status.tally;
    for (std::size_t kind = 0; kind < kErrorKinds; ++kind) past_errors_[kind] += status.health.errors[kind];
    done_.insert(at->first);
    at = executors_.erase(at);
  }
}

void LogWatch::set_run(const std::string& identity) {
  if (identity == identity_) return;
  // What came before the first run is that run's: the start of its driver.
  if (!identity_.empty()) {
    past_.clear();
    for (auto* followers : {&drivers_, &executors_}) {
      for (auto& [key, follower] : *followers) follower->forget_counts();
    }
  }
  identity_ = identity;
}

void LogWatch::finish() {
  for (auto& [key, follower] : drivers_) follower->finish();
}

/// Counts, and the positions up to which they count.
LogWatch::Counted LogWatch::counted() const {
  Counted out{past_, saved_};
  for (const auto& [component, followers] :
       {std::pair{Component::kDriver, &drivers_}, std::pair{Component::kExecutor, &executors_}}) {
    for (const auto& [key, follower] : *followers) {
      const auto status = follower->status();
      out.positions[key] = status.position;
      // Until it was opened nothing is known of it; from then on none is 0.
      if (status.health.last_success) out.tallies[component] += status.tally;
    }
  }
  for (const auto& key : done_) out.positions.erase(key);
  // The same right: that no executor was there is known.
  if (executors_wanted_ && out.tallies.contains(Component::kDriver)) out.tallies.try_emplace(Component::kExecutor);
  return out;
}

std::map<Component, logs::Tally> LogWatch::tallies() const { return counted().tallies; }

outcome::Clues LogWatch::clues() const {
  outcome::Clues clues;
  for (const auto& [key, follower] : drivers_) {
    const auto failure = follower->status().failure;
    if (!failure.text.empty()) clues = logs::clues_of(failure);
  }
  return clues;
}

model::SourceHealth LogWatch::health() const {
  model::SourceHealth health;
  health.up = !drivers_.empty();
  health.errors = past_errors_;
  for (const auto* followers : {&drivers_, &executors_}) {
    for (const auto& [key, follower] : *followers) {
      const auto status = follower->status();
      if (followers == &drivers_) health.up = health.up && status.health.up;
      health.last_success = std::max(health.last_success, status.health.last_success);
      for (std::size_t kind = 0; kind < kErrorKinds; ++kind) health.errors[kind] += status.health.errors[kind];
    }
  }
  return health;
}

std::string LogWatch::save() const {
  const auto counted = this->counted();
  Json tallies = Json::object();
  for (const auto& [component, tally] : counted.tallies) tallies[std::string(to_string(component))] = to_json(tally);
  Json positions = Json::object();
  for (const auto& [key, position] : counted.positions) positions[key] = to_json(position);
  return Json{{"run", identity_}, {"counts", tallies}, {"positions", positions}, {"done", done_}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

bool LogWatch::restore(const std::string& text) {
  try {
    const auto json = Json::parse(text);
    std::map<Component, logs::Tally> counts;
    for (const auto component : {Component::kDriver, Component::kExecutor}) {
      const auto found = json.at("counts").find(std::string(to_string(component)));
      if (found != json.at("counts").end()) counts[component] = tally_from(*found);
    }
    std::map<std::string, LogPosition> positions;
    for (const auto& [key, position] : json.at("positions").items()) positions[key] = position_from(position);
    auto done = json.at("done").get<std::set<std::string>>();
    identity_ = json.at("run").get<std::string>();
    past_ = std::move(counts);
    saved_ = std::move(positions);
    done_ = std::move(done);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace spark_exporter::app
