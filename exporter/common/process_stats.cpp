#include "exporter/common/process_stats.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace spark_exporter {
namespace {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = text.find_first_not_of(" \n"); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(" \n", end);
  }
  return words;
}

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Seconds since the epoch at which the kernel started: the line "btime N" of /proc/stat.
std::optional<std::uint64_t> boot_time(const std::filesystem::path& proc) {
  std::ifstream in(proc / "stat");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("btime ")) return to_number(std::string_view(line).substr(6));
  }
  return std::nullopt;
}

void read_stat(const std::filesystem::path& proc, ProcessStats& out) {
  const std::string text = read_text(proc / "self" / "stat");
  // Field 2 is the program's name in parentheses and may hold blanks and parentheses itself: count from the last ')'.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return;
  const auto fields = split(std::string_view(text).substr(name_end + 1));
  const auto field = [&fields](std::size_t number) -> std::optional<std::uint64_t> {
    return number - 3 < fields.size() ? to_number(fields[number - 3]) : std::nullopt;
  };
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (const auto user = field(14), system = field(15); user && system) {
    out.cpu_seconds = static_cast<double>(*user + *system) / ticks;
  }
  out.threads = field(20);
  if (const auto start = field(22), boot = start ? boot_time(proc) : std::nullopt; start && boot) {
    out.start_time_seconds = static_cast<double>(*boot) + static_cast<double>(*start) / ticks;
  }
  out.virtual_memory_bytes = field(23);
  if (const auto pages = field(24)) {
    out.resident_memory_bytes = *pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
}

void read_descriptors(const std::filesystem::path& proc, ProcessStats& out) {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator at(proc / "self" / "fd", error), end; !error && at != end;
       at.increment(error)) {
    ++count;
  }
  // The listing's own descriptor is one of the entries.
  if (!error && count > 0) out.open_fds = count - 1;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) out.max_fds = limit.rlim_cur;
}

}  // namespace

ProcessStats read_process_stats(const std::filesystem::path& proc) noexcept {
  ProcessStats stats;
  try {
    read_stat(proc, stats);
    read_descriptors(proc, stats);
  } catch (...) {
    // Out of memory or a vanished procfs: what was read so far stands, the rest is absent.
  }
  return stats;
}

}  // namespace spark_exporter
