#pragma once
// The subcommand `healthcheck`: the probe of a container without a shell or curl.

#include <string>

#include "exporter/common/result.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::app {

/// One GET, within five seconds. Success is a 2xx; everything else is the error that says why.
Result<void> check_health(const net::Url& url, const net::TlsOptions& tls);

}  // namespace spark_exporter::app
