#pragma once
// How much memory this process may have.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace spark_exporter {

/// Bytes: the lowest limit of this process's memory cgroup (v2 or v1) and of those above it, as far as they can be
/// seen. Absent: there is none. Never throws.
std::optional<std::uint64_t> memory_limit(const std::filesystem::path& proc = "/proc",
                                          const std::filesystem::path& cgroups = "/sys/fs/cgroup") noexcept;

/// Of this process. Read once: no file is opened for it when none can be.
std::optional<std::uint64_t> allowed_memory() noexcept;

/// One of so many equal parts of `memory` (absent: no limit), but neither less than `least` nor more than `most` bytes.
std::size_t share_of(std::optional<std::uint64_t> memory, std::uint64_t parts, std::uint64_t least, std::uint64_t most);

/// Bytes of the heap that a text takes, about.
std::size_t heap_of(const std::string& text);

}  // namespace spark_exporter
