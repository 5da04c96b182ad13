#pragma once
// Durations as Go and Prometheus spell them: "10s", "1m30s", "500ms", "1.5h".

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace spark_exporter::config {

/// Numbers with a unit each (ms, s, m, h, d), each unit at most once, from the largest to the smallest; decimals
/// down to milliseconds. Nothing for anything else, also for a sign, blanks, a bare number and more than 100 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest spelling that parse_duration() reads back: "1m30s", "0s".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace spark_exporter::config
