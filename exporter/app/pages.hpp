#pragma once
// Pages for people.

#include <string>

namespace spark_exporter::app {

/// `/`: what this is, its version, and links to what it serves. HTML.
std::string landing_page(const std::string& telemetry_path);

}  // namespace spark_exporter::app
