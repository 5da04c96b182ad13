#include <cstdint>

#include "exporter/spark/facts.hpp"

namespace spark_exporter::spark {
namespace {

constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:dd.dddGMT";

bool matches_pattern(std::string_view text) {
  if (text.size() != kPattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = kPattern[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == kPattern[i];
    if (!fits) return false;
  }
  return true;
}

int digits(std::string_view text, std::size_t offset, std::size_t count) {
  int value = 0;
  for (const char c : text.substr(offset, count)) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

std::optional<TimePoint> parse_time(std::string_view text) {
  if (!matches_pattern(text)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{digits(text, 0, 4)},
                                         std::chrono::month{static_cast<unsigned>(digits(text, 5, 2))},
                                         std::chrono::day{static_cast<unsigned>(digits(text, 8, 2))}};
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const TimePoint time = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                         std::chrono::seconds{second} + Millis{digits(text, 20, 3)};
  if (time.time_since_epoch() < Millis::zero()) return std::nullopt;
  return time;
}

}  // namespace spark_exporter::spark
