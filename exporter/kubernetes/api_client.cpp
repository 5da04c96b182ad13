#include "exporter/kubernetes/api_client.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/kubernetes/decode.hpp"

namespace spark_exporter::kubernetes {
namespace {

constexpr std::size_t kShownMessage = 400;

ErrorKind kind_of(std::int64_t status) {
  if (status >= 300 && status < 400) return ErrorKind::kRedirect;
  switch (status) {
    case 401: return ErrorKind::kUnauthorized;
    case 403: return ErrorKind::kForbidden;
    case 404: return ErrorKind::kNotFound;
    default: return ErrorKind::kStatus;
  }
}

Failure plain(Error error) { return {.error = std::move(error)}; }

/// An answer that is no success: JSON Status from the API, text or HTML from whatever stands before it.
Failure judge(const net::ResponseHead& head, std::istream& body, const std::string& target) {
  Status status;
  if (head.content_type == "application/json") {
    // Its code is the HTTP status; what does not decode says nothing.
    static_cast<void>(decode_status(body, status));
  }
  status.code = head.status;
  const auto most = static_cast<std::uint64_t>(limits::kRetryAfter.count());
  const Seconds header{static_cast<Seconds::rep>(std::min(head.retry_after_seconds, most))};
  status.retry_after = std::max(header, status.retry_after);
  return failure_of(status, target);
}

}  // namespace

Failure failure_of(const Status& status, const std::string& what) {
  std::string text = what + ": HTTP " + std::to_string(status.code);
  if (!status.message.empty()) text += ": " + quoted(status.message, kShownMessage);
  return {.error = {kind_of(status.code), std::move(text)},
          .status = status.code,
          .retry_after = std::min<Seconds>(status.retry_after, limits::kRetryAfter)};
}

ApiClient::ApiClient(std::unique_ptr<net::HttpClient> http, TokenFile token)
    : http_(std::move(http)), token_(std::move(token)) {}

ApiResult<void> ApiClient::ask(const net::Request& request, const Consumer& consume, std::string_view content_type) {
  std::optional<Failure> refused;
  const auto done = http_->get(request, [&](const net::ResponseHead& head, std::istream& body) -> Result<void> {
    if (head.status < 200 || head.status >= 300) {
      refused = judge(head, body, request.target);
      return refused->error;
    }
    if (head.content_type != content_type) {
      return Error{ErrorKind::kProtocol, request.target + ": content type " + quoted(head.content_type, 60)};
    }
    return consume(body);
  });
  if (done) return {};
  // A connection that breaks in an error's body changes nothing about the status.
  return refused && done.error().kind != ErrorKind::kCancelled ? *refused : plain(done.error());
}

ApiResult<void> ApiClient::request(net::Request request, const Consumer& consume, std::string_view content_type) {
  const auto headers = request.headers;
  for (bool again = false;; again = true) {
    const auto token = token_.get();
    if (!token) return plain(token.error());
    request.headers = headers;
    // Errors are JSON whatever was asked for.
    const bool json = content_type == "application/json";
    request.headers.emplace_back("Accept", json ? "application/json" : "application/json, */*");
    if (!token->empty()) request.headers.emplace_back("Authorization", "Bearer " + *token);
    auto done = ask(request, consume, content_type);
    if (done || done.error().error.kind != ErrorKind::kUnauthorized || again || !token_.refresh()) return done;
  }
}

std::unique_ptr<ApiClient> make_api_client(const Cluster& cluster, const std::string& user_agent) {
  net::ClientOptions options;
  options.base = cluster.api_server;
  options.tls.ca_file = cluster.ca_file;
  options.user_agent = user_agent;
  return std::make_unique<ApiClient>(net::make_http_client(std::move(options)), TokenFile(cluster.token_file));
}

}  // namespace spark_exporter::kubernetes
