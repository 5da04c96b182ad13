#pragma once
// The subcommand `size`.

#include "exporter/config/size_options.hpp"

namespace spark_exporter::app {

/// Prints the steps and the settings, writes the values file if one is named. Returns the process's exit code: 2 for
/// a request that cannot be met.
int size(const config::SizeOptions& options);

}  // namespace spark_exporter::app
