#include "exporter/common/memory_limit.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace spark_exporter {
namespace {

/// Version 1 says "none" by the highest page there is.
constexpr std::uint64_t kNone = 1ULL << 60;

std::optional<std::uint64_t> read_limit(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text;
  std::uint64_t bytes = 0;
  if (!(in >> text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();  // or "max"
  return is_number && bytes < kNone ? std::optional(bytes) : std::nullopt;
}

/// Of the group and all above it. In a namespace of its own a group's path is "/"; one that cannot be seen has no file.
std::optional<std::uint64_t> lowest(const std::filesystem::path& root, std::filesystem::path group, const char* file) {
  std::optional<std::uint64_t> least;
  for (;; group = group.parent_path()) {
    if (const auto limit = read_limit(root / group.relative_path() / file)) {
      least = std::min(least.value_or(*limit), *limit);
    }
    if (group.relative_path().empty()) return least;
  }
}

bool names_memory(std::string_view controllers) {
  return ("," + std::string(controllers) + ",").find(",memory,") != std::string::npos;
}

}  // namespace

std::optional<std::uint64_t> memory_limit(const std::filesystem::path& proc,
                                          const std::filesystem::path& cgroups) noexcept {
  try {
    std::optional<std::uint64_t> least;
    std::ifstream in(proc / "self" / "cgroup");
    // "HIERARCHY:CONTROLLERS:PATH"; version 2 is "0::PATH".
    for (std::string line; std::getline(in, line);) {
      const auto first = line.find(':');
      const auto second = first == std::string::npos ? first : line.find(':', first + 1);
      if (second == std::string::npos) continue;
      const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
      const std::string group = line.substr(second + 1);
      std::optional<std::uint64_t> limit;
      if (controllers.empty()) limit = lowest(cgroups, group, "memory.max");
      if (names_memory(controllers)) limit = lowest(cgroups / "memory", group, "memory.limit_in_bytes");
      if (limit) least = std::min(least.value_or(*limit), *limit);
    }
    return least;
  } catch (...) {
    return std::nullopt;
  }
}

std::optional<std::uint64_t> allowed_memory() noexcept {
  static const auto kAllowed = memory_limit();
  return kAllowed;
}

std::size_t share_of(std::optional<std::uint64_t> memory, std::uint64_t parts, std::uint64_t least,
                     std::uint64_t most) {
  return static_cast<std::size_t>(std::clamp(memory.value_or(UINT64_MAX) / parts, least, most));
}

std::size_t heap_of(const std::string& text) {
  constexpr std::size_t kInside = 15;  // no longer text is on the heap
  return text.capacity() > kInside ? text.capacity() + 16 : 0;
}

}  // namespace spark_exporter
