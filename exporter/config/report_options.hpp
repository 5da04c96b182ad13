#pragma once
// The command line of `spark_exporter report`.

#include <string>

#include "exporter/net/http_client.hpp"

namespace spark_exporter::config {

struct ReportOptions {
  std::string source;  ///< URL of an exporter, or a file; "-": standard input
  bool patch = false;
  net::TlsOptions tls;
};

}  // namespace spark_exporter::config
