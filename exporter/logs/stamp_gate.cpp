#include "exporter/logs/stamp_gate.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "exporter/kubernetes/text.hpp"

namespace spark_exporter::logs {
namespace {

constexpr std::size_t kMostBytes = 40;
constexpr std::size_t kSecondsBytes = 19;  ///< "2026-11-27T06:10:11"

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The stamp that `line` begins with, "" if none.
std::string_view stamp_of(std::string_view line) {
  const auto end = line.substr(0, kMostBytes).find(' ');
  if (end == std::string_view::npos || end <= kSecondsBytes) return {};
  const bool shaped = is_digit(line[0]) && is_digit(line[3]) && line[4] == '-' && line[7] == '-' && line[10] == 'T' &&
                      line[13] == ':' && line[16] == ':';
  return shaped ? line.substr(0, end) : std::string_view();
}

/// Milliseconds since 1970, and the nanoseconds beyond them.
std::pair<std::int64_t, std::uint32_t> instant(std::string_view stamp) {
  const auto time = kubernetes::parse_time(stamp);
  if (!time) return {std::numeric_limits<std::int64_t>::max(), 0};
  std::uint32_t nanos = 0;
  std::uint32_t weight = 100'000'000;
  for (std::size_t at = kSecondsBytes + 1; at < stamp.size() && is_digit(stamp[at]); ++at, weight /= 10) {
    // The first three digits are milliseconds, which parse_time() has read.
    if (weight < 1'000'000) nanos += weight * static_cast<std::uint32_t>(stamp[at] - '0');
  }
  return {time->time_since_epoch().count(), nanos};
}

}  // namespace

int compare_stamps(std::string_view left, std::string_view right) {
  if (left == right) return 0;
  const auto a = instant(left);
  const auto b = instant(right);
  return a < b ? -1 : (b < a ? 1 : 0);
}

void StampGate::reconnected() {
  repeating_ = !position_.stamp.empty();
  repeated_ = 0;
}

void StampGate::restore(StampPosition position) {
  position_ = std::move(position);
  reconnected();
}

bool StampGate::pass(std::string_view& line) {
  const auto stamp = stamp_of(line);
  if (stamp.empty()) return !repeating_;
  if (repeating_) {
    const int order = compare_stamps(stamp, position_.stamp);
    if (order < 0 || (order == 0 && repeated_ < position_.lines)) {
      if (order == 0) ++repeated_;
      return false;
    }
    repeating_ = false;
  }
  if (stamp == position_.stamp) {
    ++position_.lines;
  } else {
    position_.stamp.assign(stamp);
    position_.lines = 1;
  }
  line.remove_prefix(stamp.size() + 1);
  return true;
}

}  // namespace spark_exporter::logs
