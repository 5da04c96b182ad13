#pragma once
// How a line of a log begins: whether it is a message of its own, and of which level.

#include <cstdint>
#include <optional>
#include <string_view>

namespace spark_exporter::logs {

enum class Level : std::uint8_t {
  kTrace,
  kDebug,
  kInfo,
  kWarn,
  kError,
  kFatal,
  kNone,  ///< text without one: what a program prints, a traceback, the JVM's own last words
};
inline constexpr int kLevels = static_cast<int>(Level::kNone) + 1;

/// "trace", "debug", ... "none"
std::string_view to_string(Level level);

/// The level that `line` begins a message with; nothing if it does not begin one. Understood are
///   Log4j2's patterns of Spark 3.5 and 4.x  26/11/27 06:10:11 INFO SparkContext: text
///   a time of another shape and a level     2026-11-27T06:10:11,123Z [main] WARN text, [2026-11-27 06:10:11] {x} INFO - text
///   a level with nothing before it          ERROR StatusLogger text, WARNING:root:text, [main] INFO text
///   an object of JSON with a level          {"ts":"...","level":"ERROR","msg":"..."}
/// Only the first limits::kLogHeadBytes are looked at.
std::optional<Level> read_level(std::string_view line);

}  // namespace spark_exporter::logs
