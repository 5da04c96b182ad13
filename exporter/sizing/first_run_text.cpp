// The request's words to numbers, each error with its flag.

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "exporter/common/text.hpp"
#include "exporter/sizing/first_run.hpp"
#include "exporter/sizing/words.hpp"

namespace spark_exporter::sizing {
namespace {

constexpr std::size_t kShownBytes = 64;
constexpr double kLargestSize = 1152921504606846976.0;  // 1 EiB
constexpr std::int64_t kMostCores = 256;
constexpr std::int64_t kMostExecutors = 100'000;
constexpr double kMostOverhead = 10;
constexpr double kMostExpansion = 100;
constexpr std::int64_t kMostPartitionsPerCore = 1'000;
constexpr std::int64_t kLeastPartition = kMiB;
constexpr std::int64_t kMostPartition = 64 * kGiB;

// Rules of thumb: what the first run shows is better, see advice.hpp.
constexpr std::array<Shape, 4> kShapes{{
    {"etl", 3, 2, 16, "one is read while the one before is written"},
    {"join-heavy", 3, 4, 8, "both sides of a join and the buffers to sort them"},
    {"ml", 3, 6, 6, "all data are cached, so that each pass reads memory"},
    {"streaming", 3, 2, 2, "a micro-batch and the state it meets"},
}};

Error wrong(const std::string& what) { return {ErrorKind::kMalformed, what}; }

Error of_flag(const char* flag, const std::string& value, const std::string& what) {
  return wrong(std::string(flag) + "=" + quoted(value, kShownBytes) + ": " + what);
}

/// Digits with a decimal point at most: no sign, exponent, inf or nan.
std::optional<double> plain_number(std::string_view text) {
  if (text.empty() || text.size() > 40 || text.front() == '.' || text.back() == '.') return std::nullopt;
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || at != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<std::int64_t> whole(const char* flag, const std::string& text, std::int64_t most) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || value < 1 || value > most) {
    return of_flag(flag, text, "must be a whole number from 1 to " + std::to_string(most));
  }
  return value;
}

Result<double> factor(const char* flag, const std::string& text, double least, double most) {
  const auto value = plain_number(text);
  if (!value || *value < least || *value > most) {
    return of_flag(flag, text, "must be a number from " + number_words(least, 2) + " to " + number_words(most, 2));
  }
  return *value;
}

Result<std::int64_t> size(const char* flag, const std::string& text, std::int64_t least, std::int64_t most) {
  auto bytes = parse_data_size(text);
  if (!bytes) return of_flag(flag, text, bytes.error().what);
  if (*bytes < least || *bytes > most) {
    return of_flag(
        flag, text,
        "must be from " + size_words(static_cast<double>(least)) + " to " + size_words(static_cast<double>(most)));
  }
  return bytes;
}

const Shape* find_shape(const std::string& name) {
  const auto at = std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& s) { return s.name == name; });
  return at == kShapes.end() ? nullptr : &*at;
}

/// 1024 to the power that the unit stands for; 0: no unit that is known.
double unit_of(std::string_view unit) {
  std::string lower;
  for (const char c : unit) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "b") return 1;
  constexpr std::string_view kLetters = "kmgtpe";
  const auto power = lower.empty() ? std::string_view::npos : kLetters.find(lower.front());
  const std::string_view rest = std::string_view(lower).substr(std::min<std::size_t>(1, lower.size()));
  if (power == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "i" || rest == "ib")) return 0;
  return std::pow(1024.0, static_cast<double>(power + 1));
}

}  // namespace

Result<std::int64_t> parse_data_size(std::string_view text) {
  constexpr char kSuch[] = " (such as 500GB, 1.5TB or 128MiB)";
  if (text.starts_with('-')) return wrong(std::string("must be more than 0") + kSuch);
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = plain_number(text.substr(0, digits));
  auto unit = text.substr(digits);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (!number) return wrong(std::string("is no size") + kSuch);
  if (*number <= 0) return wrong(std::string("must be more than 0") + kSuch);
  if (unit.empty()) return wrong(std::string("has no unit") + kSuch);
  const double factor = unit_of(unit);
  if (factor <= 0) return wrong("has no unit that is known, " + quoted(unit, kShownBytes) + kSuch);
  const double bytes = *number * factor;
  if (bytes > kLargestSize) return wrong("is too large: at most " + size_words(kLargestSize));
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::llround(bytes)));
}

Result<FirstRun> parse_first_run(const FirstRunText& text) {
  FirstRun run;
  if (text.data_size.empty()) return wrong("--data-size is missing (such as --data-size 1TB)");
  run.shape = find_shape(text.shape);
  if (run.shape == nullptr) return of_flag("--shape", text.shape, "must be one of etl, join-heavy, ml, streaming");
  run.expansion = run.shape->expansion;
  run.partitions_per_core = run.shape->partitions_per_core;

  const auto data = size("--data-size", text.data_size, 1, std::int64_t{1} << 60);
  if (!data) return data.error();
  run.data_bytes = *data;
  const auto partition = size("--partition-size", text.partition_size, kLeastPartition, kMostPartition);
  if (!partition) return partition.error();
  run.partition_bytes = *partition;
  const auto cores = whole("--cores", text.cores, kMostCores);
  if (!cores) return cores.error();
  run.cores = *cores;
  const auto overhead = factor("--overhead-factor", text.overhead_factor, 0, kMostOverhead);
  if (!overhead) return overhead.error();
  run.overhead_factor = *overhead;
  if (!text.executors.empty()) {
    const auto executors = whole("--executors", text.executors, kMostExecutors);
    if (!executors) return executors.error();
    run.executors = *executors;
  }
  if (!text.expansion_factor.empty()) {
    const auto expansion = factor("--expansion-factor", text.expansion_factor, 0.1, kMostExpansion);
    if (!expansion) return expansion.error();
    run.expansion = *expansion;
  }
  if (!text.partitions_per_core.empty()) {
    const auto held = whole("--partitions-per-core", text.partitions_per_core, kMostPartitionsPerCore);
    if (!held) return held.error();
    run.partitions_per_core = *held;
  }
  if (!text.max_node_memory.empty()) {
    const auto memory = size("--max-node-memory", text.max_node_memory, kGiB, 1024 * 1024 * kGiB);
    if (!memory) return memory.error();
    run.max_node_memory = *memory;
  }
  return run;
}

}  // namespace spark_exporter::sizing
