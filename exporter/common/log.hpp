#pragma once
// Structured logging: one line an event, logfmt or JSON, on stderr. Thread-safe.
// A failure that repeats is logged once, then at most once a minute with the number of times it was held back
// (RateLimited): the counter beside it tells the rest.

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace spark_exporter::log {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class Format { kLogfmt, kJson };

using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;

/// Once, before the first thread. Unset: info, logfmt.
void configure(Level level, Format format);
/// "debug", "info", "warn", "error"; throws std::invalid_argument naming the value otherwise.
Level parse_level(std::string_view text);
/// "logfmt", "json"; throws likewise.
Format parse_format(std::string_view text);

void write(Level level, std::string_view message, Fields fields = {});
inline void debug(std::string_view message, Fields fields = {}) { write(Level::kDebug, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::kInfo, message, fields); }
inline void warn(std::string_view message, Fields fields = {}) { write(Level::kWarn, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::kError, message, fields); }

/// Lets the first event of a key through, then one a minute. Holds at most 256 keys.
class RateLimited {
 public:
  explicit RateLimited(std::chrono::seconds period = std::chrono::seconds{60}) : period_(period) {}
  /// Returns whether to log now; `held_back` is the number of events of that key not logged since the last one.
  bool admit(const std::string& key, std::chrono::steady_clock::time_point now, std::uint64_t& held_back);

 private:
  struct Entry {
    std::chrono::steady_clock::time_point last;
    std::uint64_t held_back = 0;
  };
  std::chrono::seconds period_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace spark_exporter::log
