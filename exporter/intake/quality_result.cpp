#include "exporter/intake/quality_result.hpp"

#include "exporter/common/limits.hpp"
#include "exporter/common/redact.hpp"
#include "exporter/common/text.hpp"
#include "exporter/intake/limits.hpp"

namespace spark_exporter::intake {
namespace {

constexpr std::array<std::string_view, kCheckOutcomes> kOutcomes = {"passed", "failed", "warned", "errored", "skipped"};

std::string one_line(std::string_view text, std::size_t most) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string line;
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    auto next = length == 0 ? kReplacement : text.substr(0, length);
    const auto code = static_cast<unsigned char>(next[0]);
    const bool c1 = code == 0xC2 && static_cast<unsigned char>(next[1]) < 0xA0;
    if (code < 0x20 || code == 0x7F || c1) next = " ";
    if (line.size() + next.size() > most) break;
    line += next;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return line;
}

/// Reads from the left; the first thing that is not as expected spoils all.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  int number(int digits) {
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      if (text_.empty() || text_.front() < '0' || text_.front() > '9') {
        good_ = false;
        return 0;
      }
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }
  bool accept(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) { good_ = accept(c) && good_; }
  int milliseconds() {
    if (!accept('.') && !accept(',')) return 0;
    int value = 0;
    int digits = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1), ++digits) {
      if (digits < 3) value = value * 10 + (text_.front() - '0');
    }
    if (digits == 0) good_ = false;
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }
  bool at_end() const { return text_.empty(); }
  bool good() const { return good_ && text_.empty(); }

 private:
  std::string_view text_;
  bool good_ = true;
};

std::chrono::minutes zone(Digits& in) {
  if (in.at_end() || in.accept('Z')) return std::chrono::minutes{0};
  const bool east = in.accept('+');
  if (!east) in.expect('-');
  const int hours = in.number(2);
  in.accept(':');
  const int minutes = in.at_end() ? 0 : in.number(2);
  const std::chrono::minutes size{hours * 60 + minutes};
  return east ? size : -size;
}

}  // namespace

std::string_view to_string(CheckOutcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome)]; }

std::optional<CheckOutcome> parse_check_outcome(std::string_view text) {
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    if (kOutcomes[i] == text) return static_cast<CheckOutcome>(i);
  }
  return std::nullopt;
}

std::string to_name(std::string_view text) { return one_line(text, limits::kLabelValueBytes); }
std::string to_detail(std::string_view text) {
  // Of a long text no more is looked at than may be shown of it.
  return one_line(without_secrets(text.substr(0, 4 * limits::kQualityDetailBytes)), limits::kQualityDetailBytes);
}

/// Two runs of FNV-1a with different beginnings.
std::string digest(std::string_view text) {
  std::string hex;
  for (std::uint64_t hash : {14695981039346656037ULL, 0x9E3779B97F4A7C15ULL}) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[hash >> shift & 15];
  }
  return hex;
}

std::optional<TimePoint> parse_quality_time(std::string_view text) {
  using namespace std::chrono;
  Digits in(text);
  const int year = in.number(4);
  const bool dashes = in.accept('-');
  const int month = in.number(2);
  if (dashes) in.expect('-');
  const int day = in.number(2);
  int hour = 0, minute = 0, second = 0, millis = 0;
  minutes east{0};
  if (!in.at_end()) {
    if (!in.accept('T')) in.expect(' ');
    hour = in.number(2);
    const bool colons = in.accept(':');
    minute = in.number(2);
    if (colons) in.expect(':');
    second = in.number(2);
    millis = in.milliseconds();
    east = zone(in);
  }
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!in.good() || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const TimePoint time = sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + milliseconds{millis} - east;
  if (time.time_since_epoch() < milliseconds::zero()) return std::nullopt;
  return time;
}

}  // namespace spark_exporter::intake
