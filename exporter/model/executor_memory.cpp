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
/// `role`: "spark.executor." or "spark.driver."
std::optional<double> overhead_factor(const Properties& properties, const std::string& role) {
  for (const auto& key : {role + "memoryOverheadFactor", std::string("spark.kubernetes.memoryOverheadFactor")}) {
    if (const std::string* const text = find(properties, key)) return factor(*text);
  }
  const std::string* const type = find(properties, "spark.kubernetes.resource.type");
  return type != nullptr && (*type == "python" || *type == "r") ? 0.4 : 0.1;
}

/// ResourceProfile.calculateOverHeadMemory; the floor is a property since Spark 4.0.
std::optional<std::int64_t> overhead(const Properties& properties, const std::string& role, std::int64_t heap) {
  if (find(properties, role + "memoryOverhead") != nullptr) {
    return mebibytes(properties, role + "memoryOverhead", kMiB, 0);
  }
  const auto floor = mebibytes(properties, role + "minMemoryOverhead", kMiB, 384);
  const auto share = overhead_factor(properties, role);
  if (!floor || !share) return std::nullopt;
  return std::max(static_cast<std::int64_t>(*share * static_cast<double>(heap)), *floor);
}

std::optional<std::int64_t> off_heap(const Properties& properties) {
  const std::string* const enabled = find(properties, "spark.memory.offHeap.enabled");
  if (enabled == nullptr || lower_and_trimmed(*enabled) != "true") return 0;
  return mebibytes(properties, "spark.memory.offHeap.size", 1, 0);  // a bare number is bytes here
}

/// Spark counts it of Python applications only, which elsewhere than on Kubernetes it does not tell.
std::optional<std::int64_t> pyspark(const Properties& properties) {
  const std::string* const type = find(properties, "spark.kubernetes.resource.type");
  if (is_on_kubernetes(properties) && (type == nullptr || *type != "python")) return 0;
  return mebibytes(properties, "spark.executor.pyspark.memory", kMiB, 0);
}

bool starts_with(const Properties& properties, const std::string& key, std::string_view start) {
  const std::string* const text = find(properties, key);
  return text != nullptr && text->starts_with(start);
}

bool is_on_yarn(const Properties& properties) { return starts_with(properties, "spark.master", "yarn"); }

/// Heap and, in a container, the overhead, in MiB.
std::optional<std::int64_t> heap_and_overhead(const Properties& properties, const std::string& role, bool contained) {
  const auto heap = mebibytes(properties, role + "memory", kMiB, 1024);
  if (!heap) return std::nullopt;
  const auto extra = contained ? overhead(properties, role, *heap) : std::optional<std::int64_t>(0);
  if (!extra || *extra > kLargest / kMiB) return std::nullopt;
  return *heap + *extra;
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

bool is_on_kubernetes(const Properties& properties) { return starts_with(properties, "spark.master", "k8s://"); }

std::optional<std::int64_t> executor_pod_memory(const Properties& properties) {
  return is_on_kubernetes(properties) ? executor_memory(properties) : std::nullopt;
}

std::optional<std::int64_t> executor_memory(const Properties& properties) {
  const bool contained = is_on_kubernetes(properties) || is_on_yarn(properties);
  const auto inside = heap_and_overhead(properties, "spark.executor.", contained);
  const auto outside = off_heap(properties);
  const auto python = pyspark(properties);
  if (!inside || !outside || !python) return std::nullopt;
  return (*inside + *outside + *python) * kMiB;
}

// BasicDriverFeatureStep and YARN's Client take heap and overhead only, of a driver that they start themselves. A local
// one is an executor, too, and uses memory off the heap.
std::optional<std::int64_t> driver_memory(const Properties& properties) {
  const bool on_yarn = is_on_yarn(properties) && starts_with(properties, "spark.submit.deployMode", "cluster");
  const auto inside = heap_and_overhead(properties, "spark.driver.", is_on_kubernetes(properties) || on_yarn);
  const bool is_local =
      starts_with(properties, "spark.master", "local") && !starts_with(properties, "spark.master", "local-cluster");
  const auto outside = is_local ? off_heap(properties) : std::optional<std::int64_t>(0);
  if (!inside || !outside) return std::nullopt;
  return (*inside + *outside) * kMiB;
}

}  // namespace spark_exporter::model
