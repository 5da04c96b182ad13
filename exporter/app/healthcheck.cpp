#include "exporter/app/healthcheck.hpp"

#include <istream>
#include <memory>

namespace spark_exporter::app {

Result<void> check_health(const net::Url& url, const net::TlsOptions& tls) {
  constexpr std::chrono::milliseconds kTimeout{5'000};
  net::ClientOptions options;
  options.base = url;
  options.base.path.clear();
  options.tls = tls;
  options.user_agent = "spark_exporter healthcheck";
  net::Request request;
  request.target = url.path.empty() ? "/" : url.path;
  request.timeout = kTimeout;
  const net::Consumer judge = [&url](const net::ResponseHead& head, std::istream&) -> Result<void> {
    if (head.status >= 200 && head.status < 300) return {};
    return Error{ErrorKind::kStatus, url.to_string() + ": HTTP status " + std::to_string(head.status)};
  };
  return net::make_http_client(std::move(options))->get(request, judge);
}

}  // namespace spark_exporter::app
