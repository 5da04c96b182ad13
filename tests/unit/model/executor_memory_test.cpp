#include "exporter/model/executor_memory.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::model {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;
using Properties = std::map<std::string, std::string>;

TEST(ParseSize, ReadsWhatSparkReads) {
  struct Case {
    const char* text;
    std::optional<std::int64_t> bytes;
  };
  const Case cases[] = {
      {"1024", 1024 * kMiB},
      {"1g", 1024 * kMiB},
      {"1G", 1024 * kMiB},
      {" 1gb ", 1024 * kMiB},
      {"512m", 512 * kMiB},
      {"512MB", 512 * kMiB},
      {"1t", kMiB * kMiB},
      {"1p", kMiB * kMiB * 1024},
      {"5k", 5 * 1024},
      {"7b", 7},
      {"0", 0},
      {"", std::nullopt},
      {"g", std::nullopt},
      {"1.5g", std::nullopt},
      {"-1g", std::nullopt},
      {"-0", std::nullopt},
      {"1bb", std::nullopt},
      {"1gib", std::nullopt},
      {"1x", std::nullopt},
      {"1 g", std::nullopt},
      {"99999999999999999999g", std::nullopt},
      {"9223372036854775807p", std::nullopt},
  };
  for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_size(text, kMiB), bytes) << '"' << text << '"';
  EXPECT_EQ(parse_size("1024", 1), 1024);
}

TEST(ExecutorPodMemory, IsWhatSparkAsksFor) {
  struct Case {
    const char* what;
    Properties properties;
    std::optional<std::int64_t> mebibytes;
  };
  const Case cases[] = {
      {"defaults: 1g and the floor of the overhead", {}, 1024 + 384},
      {"a tenth above the floor", {{"spark.executor.memory", "8g"}}, 8192 + 819},
      {"a bare number is MiB", {{"spark.executor.memory", "2048"}}, 2048 + 384},
      {"overhead as set, even below the floor",
       {{"spark.executor.memory", "8g"}, {"spark.executor.memoryOverhead", "100m"}},
       8192 + 100},
      {"the executor's factor wins",
       {{"spark.executor.memory", "10g"},
        {"spark.executor.memoryOverheadFactor", "0.25"},
        {"spark.kubernetes.memoryOverheadFactor", "0.5"}},
       10240 + 2560},
      {"the older factor",
       {{"spark.executor.memory", "10g"}, {"spark.kubernetes.memoryOverheadFactor", "0.5"}},
       10240 + 5120},
      {"another floor (4.0)", {{"spark.executor.minMemoryOverhead", "1g"}}, 1024 + 1024},
      {"Python gets more by default",
       {{"spark.executor.memory", "10g"}, {"spark.kubernetes.resource.type", "python"}},
       10240 + 4096},
      {"R too", {{"spark.executor.memory", "10g"}, {"spark.kubernetes.resource.type", "r"}}, 10240 + 4096},
      {"Java does not", {{"spark.executor.memory", "10g"}, {"spark.kubernetes.resource.type", "java"}}, 10240 + 1024},
      {"PySpark memory of a Python job",
       {{"spark.kubernetes.resource.type", "python"},
        {"spark.executor.memoryOverhead", "1g"},
        {"spark.executor.pyspark.memory", "2g"}},
       1024 + 1024 + 2048},
      {"PySpark memory of another job", {{"spark.executor.pyspark.memory", "2g"}}, 1024 + 384},
      {"off-heap, where a bare number is bytes",
       {{"spark.memory.offHeap.enabled", "true"}, {"spark.memory.offHeap.size", "1073741824"}},
       1024 + 384 + 1024},
      {"off-heap, not enabled", {{"spark.memory.offHeap.size", "1g"}}, 1024 + 384},
      {"not Kubernetes", {{"spark.master", "local-cluster[2,1,1024]"}}, std::nullopt},
      {"a size nobody can read", {{"spark.executor.memory", "plenty"}}, std::nullopt},
      {"an overhead nobody can read", {{"spark.executor.memoryOverhead", "1.5g"}}, std::nullopt},
      {"a factor nobody can read", {{"spark.executor.memoryOverheadFactor", "nan"}}, std::nullopt},
      {"a negative factor", {{"spark.executor.memoryOverheadFactor", "-1"}}, std::nullopt},
      {"sizes beyond all memory", {{"spark.executor.memory", "9000000000000g"}}, std::nullopt},
  };
  for (const auto& c : cases) {
    auto properties = c.properties;
    properties.try_emplace("spark.master", "k8s://https://10.0.0.1:443");
    const auto expected = c.mebibytes ? std::optional(*c.mebibytes * kMiB) : std::nullopt;
    EXPECT_EQ(executor_pod_memory(properties), expected) << c.what;
  }
  EXPECT_FALSE(executor_pod_memory({}));
}

}  // namespace
}  // namespace spark_exporter::model
