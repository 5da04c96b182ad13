#include "exporter/config/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace spark_exporter::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t millis;
};

constexpr std::array<Unit, 5> kUnits{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr double kLongestMillis = 100.0 * 366 * 86'400'000;

/// Index in kUnits, or its size.
std::size_t find_unit(std::string_view name) {
  std::size_t at = 0;
  while (at < kUnits.size() && kUnits[at].name != name) ++at;
  return at;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty() || text.size() > 64) return std::nullopt;
  double total = 0;
  std::size_t smallest_free = 0;  // units before this index are used up
  while (!text.empty()) {
    const std::size_t number_end = std::min(text.find_first_not_of("0123456789."), text.size());
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + number_end, value, std::chars_format::fixed);
    if (error != std::errc{} || end != text.data() + number_end) return std::nullopt;
    text.remove_prefix(number_end);
    const std::size_t name_end = std::min(text.find_first_of("0123456789."), text.size());
    const std::size_t unit = find_unit(text.substr(0, name_end));
    if (unit == kUnits.size() || unit < smallest_free) return std::nullopt;
    smallest_free = unit + 1;
    text.remove_prefix(name_end);
    total += value * static_cast<double>(kUnits[unit].millis);
    if (!(total <= kLongestMillis)) return std::nullopt;
  }
  return std::chrono::milliseconds{std::llround(total)};
}

std::string format_duration(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  for (const Unit& unit : kUnits) {
    if (const std::int64_t count = rest / unit.millis; count > 0) {
      out += std::to_string(count) + std::string(unit.name);
      rest %= unit.millis;
    }
  }
  return out;
}

}  // namespace spark_exporter::config
