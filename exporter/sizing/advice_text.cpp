#include <string>

#include "exporter/sizing/advice.hpp"

namespace spark_exporter::sizing {
namespace {

/// Spark's size strings are whole MiB ("m"); rounded up, so that nothing is asked for that does not fit.
std::string mebibytes(std::int64_t bytes) {
  constexpr std::int64_t kMiB = std::int64_t{1} << 20;
  return std::to_string((bytes + kMiB - 1) / kMiB) + "m";
}

}  // namespace

std::string patch_yaml(const Advice& advice) {
  if (advice.recommendations.empty()) return {};
  std::string yaml = "spec:\n  executor:\n";
  if (advice.cores) yaml += "    cores: " + std::to_string(*advice.cores) + "\n";
  if (advice.memory_bytes) yaml += "    memory: " + mebibytes(*advice.memory_bytes) + "\n";
  if (advice.overhead_bytes) yaml += "    memoryOverhead: " + mebibytes(*advice.overhead_bytes) + "\n";
  if (advice.instances) yaml += "    instances: " + std::to_string(*advice.instances) + "\n";
  return yaml;
}

std::string conf_lines(const Advice& advice) {
  if (advice.recommendations.empty()) return {};
  std::string lines;
  const auto line = [&](const char* key, const std::string& value) {
    lines += std::string("--conf spark.executor.") + key + "=" + value + "\n";
  };
  if (advice.cores) line("cores", std::to_string(*advice.cores));
  if (advice.memory_bytes) line("memory", mebibytes(*advice.memory_bytes));
  if (advice.overhead_bytes) line("memoryOverhead", mebibytes(*advice.overhead_bytes));
  if (advice.instances) line("instances", std::to_string(*advice.instances));
  return lines;
}

}  // namespace spark_exporter::sizing
