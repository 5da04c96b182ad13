#pragma once
// The subcommand `report`.

#include "exporter/config/report_options.hpp"

namespace spark_exporter::app {

/// Fetches or reads a report and prints it as text, or its patch. Returns the process's exit code: 1 if it cannot be
/// had or is none, 3 with --patch where nothing is advised.
int report(const config::ReportOptions& options);

}  // namespace spark_exporter::app
