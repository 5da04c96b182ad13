#include "exporter/kubernetes/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

namespace spark_exporter::kubernetes {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kQuantityBytes = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes characters from the front of a text; once one does not fit, nothing does.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      good_ = good_ && i < text_.size() && is_digit(text_[i]);
      if (good_) value = value * 10 + (text_[i] - '0');
    }
    if (good_) text_.remove_prefix(digits);
    return value;
  }

  bool accept(char c) {
    if (!good_ || text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) { good_ = accept(c); }

  /// Digits after the point, as milliseconds; more of them are cut off.
  milliseconds fraction() {
    if (!accept('.')) return milliseconds{0};
    int value = 0;
    int weight = 100;
    std::size_t digits = 0;
    for (; digits < text_.size() && is_digit(text_[digits]); ++digits, weight /= 10) {
      value += weight * (text_[digits] - '0');
    }
    good_ = good_ && digits > 0;
    text_.remove_prefix(digits);
    return milliseconds{value};
  }

  bool done() const { return good_ && text_.empty(); }

 private:
  std::string_view text_;
  bool good_ = true;
};

/// East of Greenwich is positive.
std::chrono::minutes offset(Scanner& in) {
  if (in.accept('Z')) return std::chrono::minutes{0};
  const bool east = in.accept('+');
  if (!east) in.expect('-');
  const int hours = in.number(2);
  in.expect(':');
  const int minutes = in.number(2);
  const std::chrono::minutes size{hours * 60 + minutes};
  return east ? size : -size;
}

std::optional<double> scale_of(std::string_view suffix) {
  static constexpr std::array<std::pair<std::string_view, double>, 16> kSuffixes{{
      {"", 1.0},
      {"n", 1e-9},
      {"u", 1e-6},
      {"m", 1e-3},
      {"k", 1e3},
      {"M", 1e6},
      {"G", 1e9},
      {"T", 1e12},
      {"P", 1e15},
      {"E", 1e18},
      {"Ki", 1024.0},
      {"Mi", 1048576.0},
      {"Gi", 0x1p30},
      {"Ti", 0x1p40},
      {"Pi", 0x1p50},
      {"Ei", 0x1p60},
  }};
  for (const auto& [text, scale] : kSuffixes) {
    if (text == suffix) return scale;
  }
  if (suffix.size() < 2 || (suffix.front() != 'e' && suffix.front() != 'E')) return std::nullopt;
  suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc{} || end != suffix.data() + suffix.size()) return std::nullopt;
  return std::pow(10.0, exponent);
}

}  // namespace

std::optional<TimePoint> parse_time(std::string_view text) {
  Scanner in(text);
  const int year = in.number(4);
  in.expect('-');
  const int month = in.number(2);
  in.expect('-');
  const int day = in.number(2);
  in.expect('T');
  const int hour = in.number(2);
  in.expect(':');
  const int minute = in.number(2);
  in.expect(':');
  const int second = in.number(2);
  const milliseconds fraction = in.fraction();
  const auto east = offset(in);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!in.done() || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const TimePoint time = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                         std::chrono::seconds{second} + fraction - east;
  if (time.time_since_epoch() < milliseconds::zero()) return std::nullopt;
  return time;
}

std::optional<double> parse_quantity(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.size() > kQuantityBytes || (!is_digit(text.front()) && text.front() != '.')) {
    return std::nullopt;
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  const auto scale = scale_of(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!scale || !std::isfinite(number * *scale)) return std::nullopt;
  return number * *scale;
}

}  // namespace spark_exporter::kubernetes
