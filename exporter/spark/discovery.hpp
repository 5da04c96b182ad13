#pragma once
// Finds the UI of the driver we are to read: at --spark.url, at the TLS port that it redirects to, or, when the
// application id is known and another application has that port, at one of the sixteen ports after it.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/net/http_client.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::spark {

using ClientFactory = std::function<std::shared_ptr<net::HttpClient>(const net::Url&)>;

struct FoundDriver {
  std::shared_ptr<net::HttpClient> http;
  net::Url url;
  Application application;
};

struct DiscoveryOptions {
  net::Url url;
  std::string app_id;  ///< empty: whatever runs at `url`, and only there
  std::chrono::milliseconds timeout{10'000};
};

/// One attempt. Errors: of the first port what its client says, kStarting while the driver's REST API is not up, or
/// kWrongApplication if only other applications answer.
Result<FoundDriver> find_driver(const DiscoveryOptions& options, const ClientFactory& make_client);

/// Asks `http` which application runs there and whether it is the wanted one.
Result<Application> identify(net::HttpClient& http, const DiscoveryOptions& options);

/// The https URL that a driver with TLS redirects to: same host, another port. Anything else is kRedirect.
Result<net::Url> https_redirect(const net::Url& asked, const std::string& location);

}  // namespace spark_exporter::spark
