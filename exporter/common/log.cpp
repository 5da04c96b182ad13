#include "exporter/common/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <cstdio>
#include <ctime>
#include <memory>
#include <stdexcept>

#include "exporter/common/redact.hpp"
#include "exporter/common/text.hpp"

namespace spark_exporter::log {
namespace {

constexpr std::size_t kRateLimitedKeys = 256;

/// The process's one sink and its settings. Spdlog brings the locked write to stderr; the line is made here,
/// since its patterns escape nothing.
struct Output {
  std::atomic<Level> level{Level::kInfo};
  std::atomic<Format> format{Format::kLogfmt};
  spdlog::logger logger{"spark_exporter", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

  Output() {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
    logger.set_error_handler([](const std::string&) {});  // a broken stderr: nowhere left to say so
  }
};

Output& output() {
  static Output instance;
  return instance;
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: return "error";
  }
  return "info";
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// RFC 3339 in UTC with milliseconds.
std::string timestamp() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const std::time_t time = std::chrono::system_clock::to_time_t(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  char millis[8];
  std::snprintf(millis, sizeof millis, ".%03dZ", static_cast<int>((now - seconds).count()));
  return std::string(text, length) + millis;
}

/// Keys are ours, but a key that breaks the line would break every reader of it.
std::string safe_key(std::string_view key) {
  std::string out(key.empty() ? "_" : key);
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '_' && c != '-' && c != '.') c = '_';
  }
  return out;
}

bool is_bare(std::string_view value) {
  for (const char c : value) {
    if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') return false;
  }
  return !value.empty();
}

std::string logfmt_line(Level level, std::string_view message, Fields fields) {
  std::string line = "ts=" + timestamp() + " level=" + std::string(to_string(level)) + " msg=" + quoted(message);
  for (const auto& [key, value] : fields) {
    const auto shown = without_secrets(value);
    line += ' ' + safe_key(key) + '=' + (is_bare(shown) ? shown : quoted(shown));
  }
  return line;
}

std::string json_line(Level level, std::string_view message, Fields fields) {
  std::string line =
      R"({"ts":")" + timestamp() + R"(","level":")" + std::string(to_string(level)) + R"(","msg":)" + quoted(message);
  for (const auto& [key, value] : fields) line += ",\"" + safe_key(key) + "\":" + quoted(without_secrets(value));
  return line + '}';
}

}  // namespace

void configure(Level level, Format format) {
  output().level = level;
  output().format = format;
}

Level parse_level(std::string_view text) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    if (text == to_string(level)) return level;
  }
  throw std::invalid_argument(quoted(text, 64) + " is not a log level (debug, info, warn, error)");
}

Format parse_format(std::string_view text) {
  if (text == "logfmt") return Format::kLogfmt;
  if (text == "json") return Format::kJson;
  throw std::invalid_argument(quoted(text, 64) + " is not a log format (logfmt, json)");
}

void write(Level level, std::string_view message, Fields fields) {
  Output& out = output();
  if (level < out.level.load()) return;
  const std::string line =
      out.format.load() == Format::kJson ? json_line(level, message, fields) : logfmt_line(level, message, fields);
  out.logger.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

bool RateLimited::admit(const std::string& key, std::chrono::steady_clock::time_point now, std::uint64_t& held_back) {
  const std::lock_guard lock(mutex_);
  held_back = 0;
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= kRateLimitedKeys) {
      // Full: the longest silent key makes room. Its next event is logged as a first one, which is the lesser evil.
      auto oldest = entries_.begin();
      for (auto at = entries_.begin(); at != entries_.end(); ++at) {
        if (at->second.last < oldest->second.last) oldest = at;
      }
      entries_.erase(oldest);
    }
    entries_.emplace(key, Entry{now, 0});
    return true;
  }
  Entry& entry = found->second;
  if (now - entry.last < period_) {
    ++entry.held_back;
    return false;
  }
  held_back = entry.held_back;
  entry = Entry{now, 0};
  return true;
}

}  // namespace spark_exporter::log
