#include "exporter/backup/history.hpp"

#include <algorithm>
#include <tuple>

#include "exporter/common/limits.hpp"

namespace spark_exporter::backup {
namespace {

bool is_later(const std::optional<TimePoint>& time, const std::optional<TimePoint>& than) {
  return time && (!than || *time > *than);
}

}  // namespace

Outcome Attempt::outcome() const {
  const auto said = end.value_or(Outcome::kUnknown);
  if (!told_success) return said;
  if (said == Outcome::kSucceeded && !*told_success) return Outcome::kFailed;
  if (said == Outcome::kUnknown) return *told_success ? Outcome::kSucceeded : Outcome::kFailed;
  return said;
}

std::optional<TimePoint> Attempt::data_time() const {
  // It cannot hold what was written after its end, whatever it says.
  if (data) return ended ? std::min(*data, *ended) : *data;
  return started ? started : ended;
}

std::optional<double> Attempt::seconds() const {
  if (!started || !ended || *ended < *started) return std::nullopt;
  return std::chrono::duration<double>(*ended - *started).count();
}

void Attempt::take(const Report& said) {
  if (said.success) told_success = said.success;
  if (said.data) data = said.data;
  if (said.size_bytes) size_bytes = said.size_bytes;
  if (said.restore_seconds) restore_seconds = said.restore_seconds;
}

Attempt* History::find(const Uid& uid) {
  const auto found = std::find_if(attempts.begin(), attempts.end(), [&](const auto& a) { return a.uid == uid; });
  return found == attempts.end() ? nullptr : &*found;
}

Attempt* History::find_job(const std::string& job) {
  Attempt* found = nullptr;
  for (auto& attempt : attempts) {
    if (attempt.origin != Origin::kJob || attempt.job != job) continue;
    if (found == nullptr || is_later(attempt.started, found->started)) found = &attempt;
  }
  return found;
}

Attempt* History::add(const Uid& uid) {
  if (attempts.size() >= limits::kBackupAttempts) {
    // The oldest that has ended, one whose object is gone before one that a list may bring again.
    const auto* good = last_good();
    const auto* ended = last_ended();
    auto oldest = attempts.end();
    for (auto at = attempts.begin(); at != attempts.end(); ++at) {
      if (!at->settled || !at->ended || &*at == good || &*at == ended) continue;
      if (oldest == attempts.end() || std::tie(at->is_there, *at->ended) < std::tie(oldest->is_there, *oldest->ended)) {
        oldest = at;
      }
    }
    if (oldest == attempts.end()) return nullptr;
    dropped_to = std::max(dropped_to.value_or(*oldest->ended), *oldest->ended);
    attempts.erase(oldest);
  }
  auto& added = attempts.emplace_back();
  added.uid = uid;
  return &added;
}

const Attempt* History::last_good() const {
  const Attempt* last = nullptr;
  for (const auto& attempt : attempts) {
    if (!attempt.settled || attempt.outcome() != Outcome::kSucceeded) continue;
    if (last == nullptr || is_later(attempt.ended, last->ended)) last = &attempt;
  }
  return last;
}

const Attempt* History::last_ended() const {
  const Attempt* last = nullptr;
  for (const auto& attempt : attempts) {
    if (!attempt.settled) continue;
    if (last == nullptr || is_later(attempt.ended, last->ended)) last = &attempt;
  }
  return last;
}

std::optional<TimePoint> History::last_begin() const {
  std::optional<TimePoint> last;
  for (const auto& attempt : attempts) {
    const auto begin = attempt.started ? attempt.started : attempt.ended;
    if (is_later(begin, last)) last = begin;
  }
  return last;
}

std::optional<TimePoint> History::running_since() const {
  std::optional<TimePoint> first;
  for (const auto& attempt : attempts) {
    if (attempt.runs() && attempt.started && (!first || *attempt.started < *first)) first = attempt.started;
  }
  return first;
}

bool History::is_told_later() const {
  const auto* good = last_good();
  return told_success && (good == nullptr || is_later(told_success, good->ended));
}

}  // namespace spark_exporter::backup
