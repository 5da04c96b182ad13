#include "exporter/model/executor_memory.hpp"

#include <algorithm>
#include <charconv>

// Spark's BasicExecutorFeatureStep sets requests and limits to ResourceProfile.getResourcesForClusterManager(): heap +
// overhead + off-heap + PySpark memory, each in whole MiB.

namespace spark_exporter::model {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = kKiB * 1024;
/// No pod is larger; keeps sums far from overflow.
constexpr std::int64_t kLargest = std::int64_t{1} << 56;

using Properties = std::map<std::string, std::string>;

std::int64_t unit_of(char letter) {
  switch (letter) {
    case 'b': return 1;
    case 'k': return kKiB;
    case 'm': return kMiB;
    case 'g': return kMiB * kKiB;
    case 't': return kMiB * kMiB;
    case 'p': return kMiB * kMiB * kKiB;
    default: return 0;
  }
}

std::string lower_and_trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  std::string out(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

const std::string* find(const Properties& properties, const std::string& key) {
  const auto at = properties.find(key);
  return at == properties.end() ? nullptr : &at->second;
}

/// The property in whole MiB; `fallback` if it is not set, nothing if it is not readable.
std::optional<std::int64_t> mebibytes(const Properties& properties, const std::string& key, std::int64_t default_unit,
                                      std::int64_t fallback) {
  const std::string* const text = find(properties, key);
  if (text == nullptr) return fallback;
  const auto bytes = parse_size(*text, default_unit);
  if (!bytes) return std::nullopt;
  return *bytes / kMiB;
}

std::optional<double> factor(const std::string& text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || !(value >= 0) || value > 1000) return std::nullopt;
  return value;
}

/// BasicDriverFeatureStep hands spark.kubernetes.memoryOverheadFactor on to the driver, with 0.4 for what is not a JVM.
std::optional<double> overhead_factor(const Properties& properties) {
  for (const char* key : {"spark.executor.memoryOverheadFactor", "spark.kubernetes.memoryOverheadFactor"}) {
    if (const std::string* const text = find(properties, key)) return factor(*text);
  }
  const std::string* const type = find(properties, "spark.kubernetes.resource.type");
  return type != nullptr && (*type == "python" || *type == "r") ? 0.4 : 0.1;
}

/// ResourceProfile.calculateOverHeadMemory; the floor is a property since Spark 4.0.
std::optional<std::int64_t> overhead(const Properties& properties, std::int64_t heap) {
  if (find(properties, "spark.executor.memoryOverhead") != nullptr) {
    return mebibytes(properties, "spark.executor.memoryOverhead", kMiB, 0);
  }
  const auto floor = mebibytes(properties, "spark.executor.minMemoryOverhead", kMiB, 384);
  const auto share = overhead_factor(properties);
  if (!floor || !share) return std::nullopt;
  return std::max(static_cast<std::int64_t>(*share * static_cast<double>(heap)), *floor);
}

std::optional<std::int64_t> off_heap(const Properties& properties) {
  const std::string* const enabled = find(properties, "spark.memory.offHeap.enabled");
  if (enabled == nullptr || lower_and_trimmed(*enabled) != "true") return 0;
  return mebibytes(properties, "spark.memory.offHeap.size", 1, 0);  // a bare number is bytes here
}

std::optional<std::int64_t> pyspark(const Properties& properties) {
  const std::string* const type = find(properties, "spark.kubernetes.resource.type");
  if (type == nullptr || *type != "python") return 0;
  return mebibytes(properties, "spark.executor.pyspark.memory", kMiB, 0);
}

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text, std::int64_t default_unit) {
  const std::string clean = lower_and_trimmed(text);
  std::int64_t number = 0;
  const auto* end = clean.data() + clean.size();
  const auto [at, error] = std::from_chars(clean.data(), end, number);
  if (error != std::errc{} || number < 0 || clean.front() == '-') return std::nullopt;
  const std::string_view suffix(at, static_cast<std::size_t>(end - at));
  std::int64_t unit = default_unit;
  if (!suffix.empty()) {
    const bool known = suffix.size() == 1 || (suffix.size() == 2 && suffix[0] != 'b' && suffix[1] == 'b');
    unit = known ? unit_of(suffix.front()) : 0;
  }
  if (unit <= 0 || number > kLargest / unit) return std::nullopt;
  return number * unit;
}

std::optional<std::int64_t> executor_pod_memory(const Properties& properties) {
  const std::string* const master = find(properties, "spark.master");
  if (master == nullptr || !master->starts_with("k8s://")) return std::nullopt;
  const auto heap = mebibytes(properties, "spark.executor.memory", kMiB, 1024);
  if (!heap) return std::nullopt;
  const auto extra = overhead(properties, *heap);
  const auto outside = off_heap(properties);
  const auto python = pyspark(properties);
  if (!extra || !outside || !python || *extra > kLargest / kMiB) return std::nullopt;
  return (*heap + *extra + *outside + *python) * kMiB;
}

}  // namespace spark_exporter::model
