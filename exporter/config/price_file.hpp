#pragma once
// Prices and budgets: the section `cost` of the configuration, or a file of its own (--cost.prices) that says the same.

#include "exporter/config/config_file.hpp"
#include "exporter/config/yaml_reader.hpp"

namespace spark_exporter::config {

/// Fills in `prices`, `budgets`, `group_limit` and `default_node`. docs/configuration.md has the keys.
void read_cost(YamlReader reader, Config& config);

}  // namespace spark_exporter::config
