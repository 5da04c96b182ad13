#pragma once
// Figures as sentences show them.

#include <cstdint>
#include <string>

namespace spark_exporter::sizing {

inline constexpr std::int64_t kMiB = std::int64_t{1} << 20;
inline constexpr std::int64_t kGiB = kMiB << 10;

std::string size_words(double bytes);                  ///< "384 MiB", "2.5 GiB", "1 TiB"
std::string percent_words(double share);               ///< "12 %", "0.4 %"
std::string seconds_words(double seconds);             ///< "45 s", "12.5 min", "3.2 h"
std::string number_words(double value, int decimals);  ///< without trailing zeros
/// "1 executor", "3 executors"
std::string count_words(std::int64_t count, const std::string& noun);

/// Whole MiB as Spark and Kubernetes' operator read it: "4096m", whole GiB as "4g". Rounded up.
std::string spark_size(std::int64_t bytes);

}  // namespace spark_exporter::sizing
