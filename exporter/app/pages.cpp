#include "exporter/app/pages.hpp"

#include "exporter/common/version.hpp"

namespace spark_exporter::app {
namespace {

std::string html_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string landing_page(const std::string& telemetry_path) {
  const auto metrics = html_escaped(telemetry_path);
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>spark_exporter</title>"
         "<style>body{font-family:sans-serif;max-width:40em;margin:3em auto;padding:0 1em}</style></head><body>"
         "<h1>spark_exporter</h1><p>Prometheus exporter for Apache Spark. Version " +
         std::string(kVersion) + ", revision " + kRevision + ".</p><ul><li><a href=\"" + metrics +
         "\">Metrics</a></li><li><a href=\"/report\">Report of this run</a> (JSON)</li>"
         "<li><a href=\"/runbooks/\">Runbooks</a></li>"
         "<li><a href=\"/-/healthy\">Healthy</a>, <a href=\"/-/ready\">ready</a></li></ul></body></html>\n";
}

}  // namespace spark_exporter::app
