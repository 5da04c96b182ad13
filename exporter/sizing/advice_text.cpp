#include <string>
#include <string_view>

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

namespace {

std::string settings(const Advice& advice, std::string_view before, std::string_view after) {
  if (advice.recommendations.empty()) return {};
  std::string text;
  const auto add = [&](const char* key, const std::string& value) {
    text += std::string(before) + "spark.executor." + key + "=" + value + std::string(after);
  };
  if (advice.cores) add("cores", std::to_string(*advice.cores));
  if (advice.memory_bytes) add("memory", mebibytes(*advice.memory_bytes));
  if (advice.overhead_bytes) add("memoryOverhead", mebibytes(*advice.overhead_bytes));
  if (advice.instances) add("instances", std::to_string(*advice.instances));
  return text;
}

}  // namespace

std::string conf_lines(const Advice& advice) { return settings(advice, "--conf ", "\n"); }

std::string conf_words(const Advice& advice) {
  auto words = settings(advice, "", " ");
  if (!words.empty()) words.pop_back();
  return words;
}

}  // namespace spark_exporter::sizing
