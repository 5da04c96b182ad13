#include "exporter/delivery/exchange.hpp"

#include <istream>
#include <utility>

#include "exporter/common/text.hpp"

namespace spark_exporter::delivery {
namespace {

constexpr std::size_t kShownBytes = 300;

ErrorKind kind_of(unsigned status) {
  if (status >= 300 && status < 400) return ErrorKind::kRedirect;
  switch (status) {
    case 400:
    case 422: return ErrorKind::kMalformed;
    case 401: return ErrorKind::kUnauthorized;
    case 403: return ErrorKind::kForbidden;
    case 404: return ErrorKind::kNotFound;
    case 413: return ErrorKind::kTooLarge;
    default: return ErrorKind::kStatus;
  }
}

}  // namespace

Error unread(Error error) {
  if (error.kind == ErrorKind::kTooLarge || error.kind == ErrorKind::kMalformed) error.kind = ErrorKind::kProtocol;
  return error;
}

std::unique_ptr<net::HttpClient> make_client(net::Url url, net::TlsOptions tls) {
  net::ClientOptions options;
  options.base = std::move(url);
  options.tls = std::move(tls);
  options.connect_timeout = kStepTimeout;
  return net::make_http_client(std::move(options));
}

Result<Answer> exchange(net::HttpClient& client, net::Request request) {
  request.timeout = kTryTimeout;
  Answer answer;
  const auto done = client.get(request, [&](const net::ResponseHead& head, std::istream& body) -> Result<void> {
    answer.status = head.status;
    answer.text.resize(kShownBytes);
    body.read(answer.text.data(), static_cast<std::streamsize>(kShownBytes));
    answer.text.resize(static_cast<std::size_t>(body.gcount()));
    return {};
  });
  // The status says it all: a connection that breaks in the body after it changes nothing.
  if (!done && (answer.status == 0 || done.error().kind == ErrorKind::kCancelled)) return unread(done.error());
  return answer;
}

Error refusal(std::string_view where, const Answer& answer) {
  std::string what = std::string(where) + ": HTTP " + std::to_string(answer.status);
  if (!answer.text.empty()) what += ": " + quoted(answer.text, kShownBytes);
  return {kind_of(answer.status), std::move(what)};
}

}  // namespace spark_exporter::delivery
