#include "exporter/jobs/cron_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"

namespace spark_exporter::jobs {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

struct FieldKind {
  const char* name;
  unsigned least;
  unsigned most;
  std::span<const std::string_view> names;  ///< of the values from `least` on
};

constexpr std::array<std::string_view, 12> kMonthNames{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdayNames{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

constexpr unsigned kSunday = 0;
constexpr unsigned kOtherSunday = 7;

const FieldKind kMinute{"minute", 0, 59, {}};
const FieldKind kHour{"hour", 0, 23, {}};
const FieldKind kDay{"day of month", 1, 31, {}};
const FieldKind kMonth{"month", 1, 12, kMonthNames};
const FieldKind kWeekday{"day of week", 0, 6, kWeekdayNames};

Error wrong(std::string_view what, std::string_view text) {
  constexpr std::size_t kShown = 64;
  return {ErrorKind::kMalformed, "schedule: " + std::string(what) + ": " + quoted(text, kShown)};
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    words.push_back(text.substr(0, text.find_first_of(kBlanks)));
    text.remove_prefix(words.back().size());
  }
  return words;
}

bool same_name(std::string_view text, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(text.begin(), text.end(), name.begin(), name.end(),
                    [lower](char a, char b) { return lower(a) == b; });
}

std::optional<unsigned> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> number_or_name(std::string_view text, const FieldKind& kind) {
  for (std::size_t i = 0; i < kind.names.size(); ++i) {
    if (same_name(text, kind.names[i])) return kind.least + static_cast<unsigned>(i);
  }
  return number(text);
}

struct Range {
  unsigned first = 0;
  unsigned last = 0;
  unsigned step = 1;
  bool star = false;
};

/// "*", "5", "1-5", each with or without "/step"; "5/10" goes on to the end.
std::optional<Range> read_range(std::string_view text, const FieldKind& kind) {
  const auto stepped = split(text, '/');
  const auto ends = split(stepped.front(), '-');
  if (stepped.size() > 2 || ends.size() > 2) return std::nullopt;
  Range range;
  if (ends.front() == "*" || ends.front() == "?") {
    range = {kind.least, kind.most, 1, true};
    if (ends.size() == 2 && ends.back().empty()) return std::nullopt;
  } else {
    const auto first = number_or_name(ends.front(), kind);
    const auto last = ends.size() == 2 ? number_or_name(ends.back(), kind) : first;
    if (!first || !last) return std::nullopt;
    range = {*first, *last, 1, false};
  }
  if (stepped.size() == 2) {
    const auto step = number(stepped.back());
    if (!step) return std::nullopt;
    range.step = *step;
    if (ends.size() == 1) range.last = kind.most;
    if (range.step > 1) range.star = false;
  }
  return range;
}

Result<void> read_part(std::string_view text, const FieldKind& kind, Bits& bits, bool& star) {
  const auto range = read_range(text, kind);
  const unsigned most = &kind == &kWeekday ? kOtherSunday : kind.most;
  if (!range || range->first < kind.least || range->last > most || range->first > range->last || range->step == 0) {
    return wrong(kind.name, text);
  }
  for (unsigned value = range->first; value <= range->last; value += range->step) {
    bits |= Bits{1} << (&kind == &kWeekday && value == kOtherSunday ? kSunday : value);
    if (range->step > most) break;
  }
  star = star || range->star;
  return boost::system::in_place_value;
}

Result<void> read_field(std::string_view text, const FieldKind& kind, Bits& bits, bool& star) {
  for (const auto part : split(text, ',')) {
    if (part.empty()) continue;
    const auto read = read_part(part, kind, bits, star);
    if (read.has_error()) return read.error();
  }
  return boost::system::in_place_value;
}

Result<CronFields> read_fields(std::string_view text) {
  const auto words = words_of(text);
  if (words.size() != 5) return wrong("five fields are wanted", text);
  CronFields fields;
  bool any = false;
  const struct {
    const FieldKind& kind;
    Bits& bits;
    bool& star;
  } all[] = {{kMinute, fields.minute, any},
             {kHour, fields.hour, any},
             {kDay, fields.day, fields.day_star},
             {kMonth, fields.month, any},
             {kWeekday, fields.weekday, fields.weekday_star}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto read = read_field(words[i], all[i].kind, all[i].bits, all[i].star);
    if (read.has_error()) return read.error();
  }
  return fields;
}

/// What stands for a macro; "" if there is no such macro.
std::string_view expansion(std::string_view macro) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kMacros{{
      {"@yearly", "0 0 1 1 *"},
      {"@annually", "0 0 1 1 *"},
      {"@monthly", "0 0 1 * *"},
      {"@weekly", "0 0 * * 0"},
      {"@daily", "0 0 * * *"},
      {"@midnight", "0 0 * * *"},
      {"@hourly", "0 * * * *"},
  }};
  for (const auto& [name, text] : kMacros) {
    if (macro == name) return text;
  }
  return {};
}

/// robfig/cron knows whole seconds, one at least.
std::optional<std::chrono::seconds> read_every(std::string_view text) {
  const auto duration = parse_go_duration(text);
  if (!duration) return std::nullopt;
  return std::max(std::chrono::floor<std::chrono::seconds>(*duration), std::chrono::seconds{1});
}

/// Takes "TZ=Zone " off the front.
std::optional<std::string> take_zone(std::string_view& text) {
  for (const std::string_view prefix : {"TZ=", "CRON_TZ="}) {
    if (!text.starts_with(prefix)) continue;
    const auto end = std::min(text.find_first_of(kBlanks), text.size());
    const std::string zone(text.substr(prefix.size(), end - prefix.size()));
    text = trimmed(text.substr(end));
    return zone;
  }
  return std::nullopt;
}

}  // namespace

bool CronFields::matches_day(unsigned day_of_month, unsigned day_of_week) const {
  const bool by_day = (day >> day_of_month & 1) != 0;
  const bool by_weekday = (weekday >> day_of_week & 1) != 0;
  return day_star || weekday_star ? by_day && by_weekday : by_day || by_weekday;
}

Result<CronText> parse_cron(std::string_view text) {
  if (text.size() > limits::kTextBytes) return wrong("too long", text);
  text = trimmed(text);
  CronText read;
  read.zone = take_zone(text);
  constexpr std::string_view kEvery = "@every ";
  if (text.starts_with(kEvery)) {
    read.every = read_every(text.substr(kEvery.size()));
    if (!read.every) return wrong("@every wants a duration", text);
    return read;
  }
  if (text.starts_with('@')) {
    const auto macro = expansion(text);
    if (macro.empty()) return wrong("unknown macro", text);
    text = macro;
  }
  auto fields = read_fields(text);
  if (fields.has_error()) return fields.error();
  read.fields = *fields;
  return read;
}

std::optional<std::chrono::milliseconds> parse_go_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 8> kUnits{{{"ns", 1e-6},
                                                                              {"us", 1e-3},
                                                                              {"\xC2\xB5s", 1e-3},
                                                                              {"\xCE\xBCs", 1e-3},
                                                                              {"ms", 1},
                                                                              {"s", 1e3},
                                                                              {"m", 6e4},
                                                                              {"h", 3.6e6}}};
  constexpr std::string_view kDigits = "0123456789.";
  constexpr double kMost = 100.0 * 366 * 86'400'000;
  const bool below = text.starts_with('-');
  if (below || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::milliseconds{0};
  if (text.empty() || text.size() > 64) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto number_end = std::min(text.find_first_not_of(kDigits), text.size());
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + number_end, value, std::chars_format::fixed);
    if (error != std::errc{} || end != text.data() + number_end) return std::nullopt;
    text.remove_prefix(number_end);
    const auto name = text.substr(0, text.find_first_of(kDigits));
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [name](const auto& u) { return u.first == name; });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(name.size());
    total += value * unit->second;
    if (!(total <= kMost)) return std::nullopt;
  }
  return std::chrono::milliseconds{std::llround(below ? -total : total)};
}

}  // namespace spark_exporter::jobs
