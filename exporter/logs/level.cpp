#include "exporter/logs/level.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "exporter/logs/limits.hpp"

namespace spark_exporter::logs {
namespace {

/// Where a pattern still has its level: after the time and the thread's name.
constexpr std::size_t kPatternBytes = 160;
/// "[2026-11-27T06:10:11"
constexpr std::size_t kTimeBytes = 24;

constexpr std::array<std::pair<std::string_view, Level>, 10> kWords{{{"INFO", Level::kInfo},
                                                                     {"WARN", Level::kWarn},
                                                                     {"ERROR", Level::kError},
                                                                     {"DEBUG", Level::kDebug},
                                                                     {"TRACE", Level::kTrace},
                                                                     {"FATAL", Level::kFatal},
                                                                     {"WARNING", Level::kWarn},
                                                                     {"CRITICAL", Level::kFatal},
                                                                     {"SEVERE", Level::kError},
                                                                     {"NOTICE", Level::kInfo}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word(char c) { return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z') || c == '_'; }

std::optional<Level> find_word(std::string_view word) {
  for (const auto& [name, level] : kWords) {
    if (word == name) return level;
  }
  return std::nullopt;
}

/// The upper-case word that `text` begins with.
std::string_view upper_word(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_upper(text[size])) ++size;
  return size < text.size() && is_word(text[size]) ? std::string_view() : text.substr(0, size);
}

/// "26/11/27 06:10:11 INFO ..."
std::optional<Level> read_spark_pattern(std::string_view line) {
  constexpr std::string_view kShape = "00/00/00 00:00:00 ";
  if (line.size() <= kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? !is_digit(line[i]) : line[i] != kShape[i]) return std::nullopt;
  }
  return find_word(upper_word(line.substr(kShape.size())));
}

/// The place after the first "00:00:00", or npos.
std::size_t end_of_time(std::string_view line) {
  constexpr std::size_t kSize = 8;
  for (std::size_t at = 0; at + kSize <= std::min(line.size(), kTimeBytes + kSize); ++at) {
    const auto time = line.substr(at, kSize);
    if (time[2] == ':' && time[5] == ':' && is_digit(time[0]) && is_digit(time[1]) && is_digit(time[3]) &&
        is_digit(time[4]) && is_digit(time[6]) && is_digit(time[7])) {
      return at + kSize;
    }
  }
  return std::string_view::npos;
}

std::optional<Level> read_pattern(std::string_view line) {
  auto rest = line.substr(0, kPatternBytes);
  const auto begin = end_of_time(rest);
  if (begin == std::string_view::npos && !rest.starts_with('[')) return std::nullopt;
  if (begin != std::string_view::npos) rest.remove_prefix(begin);
  bool in_word = is_word(rest.empty() ? ' ' : rest.front());
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const bool starts = !in_word && is_upper(rest[at]);
    in_word = is_word(rest[at]);
    if (!starts) continue;
    if (const auto level = find_word(upper_word(rest.substr(at)))) return level;
  }
  return std::nullopt;
}

std::optional<Level> read_bare(std::string_view line) {
  const auto word = upper_word(line.substr(0, kPatternBytes));
  if (word.size() < 4 || word.size() == line.size()) return std::nullopt;
  const char after = line[word.size()];
  return after == ' ' || after == ':' ? find_word(word) : std::nullopt;
}

/// The text after `key` and a colon, if it is a string: a key in an escaped text has a backslash before its quote.
std::optional<Level> read_json_key(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  auto rest = line.substr(at + key.size());
  for (const char wanted : {':', '"'}) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (!rest.starts_with(wanted)) return std::nullopt;
    rest.remove_prefix(1);
  }
  std::string word(rest.substr(0, std::min(rest.find('"'), std::size_t{16})));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return find_word(word);
}

std::optional<Level> read_json(std::string_view line) {
  for (const std::string_view key : {"\"level\"", "\"log.level\"", "\"severity\"", "\"levelname\""}) {
    if (const auto level = read_json_key(line, key)) return level;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kTrace: return "trace";
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: return "error";
    case Level::kFatal: return "fatal";
    case Level::kNone: return "none";
  }
  return "none";
}

std::optional<Level> read_level(std::string_view line) {
  line = line.substr(0, limits::kLogHeadBytes);
  if (line.empty()) return std::nullopt;
  const char first = line.front();
  if (is_digit(first) || first == '[') {
    if (const auto level = read_spark_pattern(line)) return level;
    return read_pattern(line);
  }
  if (first == '{') return read_json(line);
  return is_upper(first) ? read_bare(line) : std::nullopt;
}

}  // namespace spark_exporter::logs
