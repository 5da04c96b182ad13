// The usual process_* families, under the names that all Prometheus clients use.

#include <optional>

#include "exporter/metrics/collectors.hpp"

namespace spark_exporter::metrics {

std::string render_process(const ProcessStats& stats) {
  constexpr std::size_t kFamilies = 7;
  DropCounters drops;
  Families families(kFamilies, drops);
  const auto add = [&families](const auto& value) {
    if (value) families.add_plain({}, static_cast<double>(*value));
  };
  families.counter("process_cpu_seconds_total", "User and system time of this process.");
  add(stats.cpu_seconds);
  families.gauge("process_resident_memory_bytes", "Resident memory of this process.");
  add(stats.resident_memory_bytes);
  families.gauge("process_virtual_memory_bytes", "Virtual memory of this process.");
  add(stats.virtual_memory_bytes);
  families.gauge("process_start_time_seconds", "When this process started, in seconds since the epoch.");
  add(stats.start_time_seconds);
  families.gauge("process_threads", "Threads of this process.");
  add(stats.threads);
  families.gauge("process_open_fds", "File descriptors that this process has open.");
  add(stats.open_fds);
  families.gauge("process_max_fds", "File descriptors that this process may have open.");
  add(stats.max_fds);
  return families.take();
}

}  // namespace spark_exporter::metrics
