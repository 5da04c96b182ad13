#pragma once
// The command line of `spark_exporter size`, as it was written: sizing/first_run.hpp judges it.

#include <chrono>
#include <optional>
#include <string>

namespace spark_exporter::config {

struct SizeOptions {
  std::string data_size;
  std::string partition_size = "128MB";
  std::string cores = "4";
  std::string executors;
  std::string overhead_factor = "0.1";
  std::string shape = "etl";
  std::string expansion_factor;
  std::string partitions_per_core;
  std::string max_node_memory;
  std::string output;  ///< file for the values; empty: none

  std::string prices_file;  ///< empty: no price
  std::string instance_type, region, capacity;
  std::string duration = "1h";
};

}  // namespace spark_exporter::config
