#include "exporter/spark/discovery.hpp"

#include <algorithm>

#include "exporter/common/limits.hpp"
#include "exporter/spark/rest_client.hpp"

namespace spark_exporter::spark {
namespace {

/// One port, with the redirect to its TLS twin.
Result<FoundDriver> try_port(net::Url url, const DiscoveryOptions& options, const ClientFactory& make_client) {
  for (int redirects = 0;; ++redirects) {
    auto http = make_client(url);
    auto application = identify(*http, options);
    if (application) return FoundDriver{std::move(http), url, std::move(*application)};
    if (application.error().kind != ErrorKind::kRedirect || redirects == limits::kHttpRedirects) {
      return application.error();
    }
    auto next = https_redirect(url, application.error().what);
    if (next.has_error()) return next.error();
    url = *next;
  }
}

/// A port that hangs would hang the others' turn as well: better to try again from the first one.
bool may_try_next(ErrorKind kind) { return kind != ErrorKind::kTimeout && kind != ErrorKind::kCancelled; }

}  // namespace

Result<net::Url> https_redirect(const net::Url& asked, const std::string& location) {
  auto url = net::parse_url(location);
  if (url && url->scheme == "https" && asked.scheme == "http" && url->host == asked.host) {
    url->path = asked.path;
    return url;
  }
  return Error{ErrorKind::kRedirect, asked.to_string() + " redirects to \"" + location.substr(0, limits::kTextBytes) +
                                         "\", which is not its own TLS port: not followed"};
}

Result<Application> identify(net::HttpClient& http, const DiscoveryOptions& options) {
  RestClient rest(http, options.timeout, [](const auto&, const auto&) {});
  auto applications = rest.applications();
  if (applications.has_error()) return applications.error();
  for (auto& application : *applications) {
    if (options.app_id.empty() || application.id == options.app_id) return std::move(application);
  }
  if (applications->empty()) return Error{ErrorKind::kStarting, "no application yet"};
  return Error{ErrorKind::kWrongApplication,
               "application " + applications->front().id + " answers where " + options.app_id + " is expected"};
}

Result<FoundDriver> find_driver(const DiscoveryOptions& options, const ClientFactory& make_client) {
  auto first = try_port(options.url, options, make_client);
  if (first || options.app_id.empty() || !may_try_next(first.error().kind)) return first;
  auto url = options.url;
  for (int next = 1; next < limits::kUiPortTries && url.port < UINT16_MAX; ++next) {
    ++url.port;
    auto found = try_port(url, options, make_client);
    if (found) return found;
    if (!may_try_next(found.error().kind)) break;
  }
  return first;
}

}  // namespace spark_exporter::spark
