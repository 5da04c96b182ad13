#include "exporter/quality/ledger.hpp"

#include <algorithm>
#include <utility>

#include "exporter/intake/limits.hpp"


namespace spark_exporter::quality {
namespace {

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

bool has(const std::deque<std::uint64_t>& known, std::uint64_t id) {
  return std::find(known.begin(), known.end(), id) != known.end();
}

/// Whether it was told before. One without an id never was, as far as anyone can say.
bool is_known(const Dataset& dataset, const QualityResult& result) {
  if (result.id.empty()) return false;
  const bool is_too_old = result.time && dataset.forgotten_to && *result.time <= *dataset.forgotten_to;
  return is_too_old || has(dataset.known, hash_of(result.id));
}

void remember(Dataset& dataset, const QualityResult& result, TimePoint time) {
  if (result.id.empty()) return;
  dataset.known.push_back(hash_of(result.id));
  dataset.known_times.push_back(time);
  if (dataset.known.size() <= limits::kQualityIds) return;
  const auto& oldest = dataset.known_times.front();
  dataset.forgotten_to = std::max(dataset.forgotten_to.value_or(oldest), oldest);
  dataset.known.pop_front();
  dataset.known_times.pop_front();
}

}  // namespace

/// A clock that is a little ahead is set right; what is farther ahead is no time.
void Ledger::bound_times(QualityResult& result, TimePoint now) {
  for (auto* time : {&result.time, &result.latest_data}) {
    if (!*time || **time <= now) continue;
    ++future_times_;
    if (**time > now + limits::kQualityAhead) {
      time->reset();
    } else {
      *time = now;
    }
  }
}

Ledger::Taken Ledger::take(QualityResult result, TimePoint now) {
  Key key{result.dataset, result.suite};
  const auto found = datasets_.find(key);
  if (found == datasets_.end() && datasets_.size() >= limits::kQualityDatasets) return take_other(result, now);
  auto& dataset = found == datasets_.end() ? datasets_[std::move(key)] : found->second;
  dataset.heard = now;
  if (is_known(dataset, result)) return Taken::kKnown;
  bound_times(result, now);
  remember(dataset, result, result.time.value_or(now));
  ++dataset.validations;
  dataset.violations += result.violations();
  if (result.quarantined_rows) {
    dataset.quarantined_rows += *result.quarantined_rows;
    dataset.tells_quarantined = true;
  }
  const auto time = result.time.value_or(now);
  if (dataset.validations > 1 && time < dataset.last_time) return Taken::kNew;
  dataset.last = std::move(result);
  dataset.last_time = time;
  return Taken::kNew;
}

Ledger::Taken Ledger::take_other(QualityResult& result, TimePoint now) {
  if (!result.id.empty()) {
    const auto id = hash_of(result.id);
    if (has(others_.known, id)) return Taken::kKnown;
    others_.known.push_back(id);
    if (others_.known.size() > limits::kQualityOthers) others_.known.pop_front();
  }
  bound_times(result, now);
  ++others_.validations;
  others_.violations += result.violations();
  others_.quarantined_rows += result.quarantined_rows.value_or(0);
  others_.last_time = std::max(others_.last_time, result.time.value_or(now));
  const auto name = hash_of(result.dataset + '\0' + result.suite);
  if (result.success) {
    others_.failed.erase(name);
  } else if (others_.failed.size() < limits::kQualityOthers) {
    others_.failed.insert(name);
  }
  return Taken::kNew;
}

bool Ledger::knows(const QualityResult& result) const {
  const auto found = datasets_.find({result.dataset, result.suite});
  if (found != datasets_.end()) return is_known(found->second, result);
  return !result.id.empty() && has(others_.known, hash_of(result.id));
}

void Ledger::forget(TimePoint now) {
  std::erase_if(datasets_, [now](const auto& entry) { return entry.second.heard < now - limits::kQualityKeep; });
}

}  // namespace spark_exporter::quality
