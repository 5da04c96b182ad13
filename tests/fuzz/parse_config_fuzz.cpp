// Any bytes as a configuration file: an error names a place, and what is accepted is within its bounds.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "exporter/config/config_file.hpp"
#include "tests/fuzz/require.hpp"

namespace {

/// A file that is only in memory.
class Memory {
 public:
  explicit Memory(std::string_view text) : file_(memfd_create("config", MFD_CLOEXEC)) {
    const bool whole = file_ >= 0 && write(file_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    spark_exporter::fuzz::require(whole);
  }
  ~Memory() { close(file_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = config::parse_config(text, "c.yml", {"gc", "sql"});
  if (access("/proc/self/fd", F_OK) == 0) {
    const Memory file(text);
    const auto loaded = config::load_config(file.path(), {"gc", "sql"});
    fuzz::require(loaded.has_value() == config.has_value() && (!config || *loaded == *config));
    const auto with_prices = config::load_config("", file.path(), {"gc", "sql"});
    if (!with_prices) fuzz::require_line(with_prices.error().what);
    const auto twice = config::load_config(file.path(), file.path(), {"gc", "sql"});
    if (!twice) fuzz::require_line(twice.error().what);
  }
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
  fuzz::require(config->group_limit <= 10'000);
  for (const auto& budget : config->budgets) {
    fuzz::require(!budget.job.empty() && budget.amount > 0);
    static_cast<void>(cost::find_budget(config->budgets, "etl", "nightly"));
  }
  // The epoch, and a day of today.
  for (const std::int64_t at : {0LL, 1795780800LL}) {
    const cost::TimePoint from{std::chrono::seconds{at}};
    cost::NodeTraits node = config->default_node;
    if (node.instance_type.empty()) node.instance_type = "m5.xlarge";
    const auto spans = config->prices.prices(node, from);
    fuzz::require(!spans.empty() && spans.front().from == from);
    for (const auto& span : spans) {
      fuzz::require(span.from >= from);
      for (const double price : {span.prices.core, span.prices.memory_gib, span.prices.gpu}) {
        fuzz::require(std::isfinite(price) && price >= 0);
      }
    }
  }
  return 0;
}
