// Any bytes as a configuration file: an error names a place, and what is accepted is within its bounds.

#include <cstdint>

#include "exporter/config/config_file.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string text(data, data + size);
  const auto config = config::parse_config(text, "c.yml", {"gc", "sql"});
  if (!config) {
    fuzz::require_line(config.error().what);
    fuzz::require(config.error().what.starts_with("c.yml:"));
    return 0;
  }
  fuzz::require(config->limits.series >= 100 && config->limits.series <= 1'000'000);
  fuzz::require(config->limits.executors >= 0 && config->limits.gc_executors >= 0);
  fuzz::require(config->job_labels.size() <= 20 && config->collectors.size() <= 2);
  for (const std::string& label : config->job_labels) {
    fuzz::require(!label.empty() && label.find_first_of("\"\n {}=") == std::string::npos);
  }
  return 0;
}
