#pragma once
// The memory that Spark reserves for an executor and for the driver. When it makes a pod, request and limit are the
// same number.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spark_exporter::model {

/// Bytes of a size as Spark reads it (JavaUtils.byteStringAs): "1g", "512m", "1024" in units of `default_unit` bytes,
/// suffixes b, k, m, g, t, p, each with a b behind it or not, any case. Nothing for anything else.
std::optional<std::int64_t> parse_size(std::string_view text, std::int64_t default_unit);

/// Memory of an executor's pod in bytes, of the default resource profile. `properties`: sparkProperties of the
/// environment. Absent unless spark.master is Kubernetes, and if a size is not readable.
std::optional<std::int64_t> executor_pod_memory(const std::map<std::string, std::string>& properties);

/// Memory of an executor in bytes, whatever runs it: Kubernetes and YARN add an overhead to what the JVM and Python
/// may take. Absent if a size is not readable.
std::optional<std::int64_t> executor_memory(const std::map<std::string, std::string>& properties);
/// The same of the driver.
std::optional<std::int64_t> driver_memory(const std::map<std::string, std::string>& properties);

bool is_on_kubernetes(const std::map<std::string, std::string>& properties);

}  // namespace spark_exporter::model
