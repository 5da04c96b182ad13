#pragma once
// How much memory this process may have.

#include <cstdint>
#include <filesystem>
#include <optional>

namespace spark_exporter {

/// Bytes: the lowest limit of this process's memory cgroup (v2 or v1) and of those above it, as far as they can be
/// seen. Absent: there is none. Never throws.
std::optional<std::uint64_t> memory_limit(const std::filesystem::path& proc = "/proc",
                                          const std::filesystem::path& cgroups = "/sys/fs/cgroup") noexcept;

}  // namespace spark_exporter
