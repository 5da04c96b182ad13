#pragma once
// What the kernel says about a process: the values of the process_* families.

#include <cstdint>
#include <filesystem>
#include <optional>

namespace spark_exporter {

/// A value that could not be read is absent. Member names follow the families' names.
struct ProcessStats {
  std::optional<double> cpu_seconds;                   ///< user and system: /proc/self/stat fields 14, 15
  std::optional<std::uint64_t> resident_memory_bytes;  ///< field 24, in pages
  std::optional<std::uint64_t> virtual_memory_bytes;   ///< field 23
  std::optional<double> start_time_seconds;            ///< epoch: field 22 after `btime` of /proc/stat
  std::optional<std::uint64_t> threads;                ///< field 20
  std::optional<std::uint64_t> open_fds;               ///< entries of /proc/self/fd
  std::optional<std::uint64_t> max_fds;                ///< soft RLIMIT_NOFILE; absent if unlimited
};

/// Never throws. `proc` is where procfs is mounted.
ProcessStats read_process_stats(const std::filesystem::path& proc = "/proc") noexcept;

}  // namespace spark_exporter
