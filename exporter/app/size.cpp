#include "exporter/app/size.hpp"

#include <cstdio>

#include <chrono>

#include "exporter/common/file.hpp"
#include "exporter/common/text.hpp"
#include "exporter/config/config_file.hpp"
#include "exporter/config/duration.hpp"
#include "exporter/sizing/first_run.hpp"

namespace spark_exporter::app {
namespace {

int fail(const std::string& what, int code) {
  std::fprintf(stderr, "spark_exporter: %s\n", what.c_str());
  return code;
}

sizing::FirstRunText request_of(const config::SizeOptions& options) {
  return {.data_size = options.data_size,
          .partition_size = options.partition_size,
          .cores = options.cores,
          .executors = options.executors,
          .overhead_factor = options.overhead_factor,
          .shape = options.shape,
          .expansion_factor = options.expansion_factor,
          .partitions_per_core = options.partitions_per_core,
          .max_node_memory = options.max_node_memory};
}

/// How to make the file again; every part was judged to be a number or a word before.
std::string heading_of(const config::SizeOptions& options) {
  std::string text = "spark_exporter size --data-size " + options.data_size + " --shape " + options.shape +
                     " --partition-size " + options.partition_size + " --cores " + options.cores;
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) text += std::string(" ") + flag + " " + value;
  };
  add("--executors", options.executors);
  add("--overhead-factor", options.overhead_factor);
  add("--expansion-factor", options.expansion_factor);
  add("--partitions-per-core", options.partitions_per_core);
  add("--max-node-memory", options.max_node_memory);
  return text;
}

/// The step about money; nothing without prices.
Result<void> add_price(const config::SizeOptions& options, sizing::Plan& plan) {
  const auto duration = config::parse_duration(options.duration);
  if (!duration || duration->count() <= 0) {
    return Error{ErrorKind::kMalformed,
                 "--duration=" + quoted(options.duration, 64) + ": is no duration above 0 (such as 90m or 1h30m)"};
  }
  if (options.prices_file.empty()) return boost::system::in_place_value;
  const auto config = config::load_config("", options.prices_file, {});
  if (!config) return config.error();
  cost::NodeTraits node = config->default_node;
  if (!options.instance_type.empty()) node.instance_type = options.instance_type;
  if (!options.region.empty()) node.region = options.region;
  if (!options.capacity.empty()) node.capacity = options.capacity;
  const auto now = std::chrono::floor<cost::Millis>(std::chrono::system_clock::now());
  const auto prices = config->prices.prices(node, now).front().prices;
  const double seconds = std::chrono::duration<double>(*duration).count();
  plan.steps.push_back(sizing::price_step(plan, prices, config->prices.currency(), seconds));
  return boost::system::in_place_value;
}

}  // namespace

int size(const config::SizeOptions& options) {
  const auto request = sizing::parse_first_run(request_of(options));
  if (!request) return fail(request.error().what, 2);
  auto plan = sizing::plan_first_run(*request);
  if (!plan) return fail(plan.error().what, 2);
  if (const auto priced = add_price(options, *plan); priced.has_error()) return fail(priced.error().what, 2);
  if (!options.output.empty()) {
    const auto written = write_atomically(options.output, sizing::values_yaml(*plan, heading_of(options)));
    if (!written) return fail(written.error().what, 1);
  }
  std::printf("%s\n%s", sizing::explanation(*plan).c_str(), sizing::conf_lines(*plan).c_str());
  return 0;
}

}  // namespace spark_exporter::app
