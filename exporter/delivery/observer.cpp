#include <string_view>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/delivery/channels.hpp"
#include "exporter/delivery/exchange.hpp"
#include "exporter/kubernetes/token.hpp"

namespace spark_exporter::delivery {
namespace {

class Observer final : public Channel {
 public:
  Observer(const net::Url& url, net::TlsOptions tls, std::string token_file)
      : where_(url.to_string() + std::string(kTarget)),
        client_(make_client(url, std::move(tls))),
        token_(std::move(token_file)) {}

  Name name() const override { return Name::kObserver; }
  Result<void> deliver(const outcome::LastWordsMessage& message) override;
  void cancel() noexcept override { client_->cancel(); }

 private:
  static constexpr std::string_view kTarget = "/api/v1/last-words";
  static constexpr unsigned kUnauthorized = 401;

  Result<Answer> post(const std::string& body);

  const std::string where_;
  const std::unique_ptr<net::HttpClient> client_;
  kubernetes::TokenFile token_;
};

Result<Answer> Observer::post(const std::string& body) {
  const auto token = token_.get();
  if (!token) return token.error();
  net::Request request;
  request.method = "POST";
  request.target = kTarget;
  request.headers = {{"Content-Type", "application/json"}};
  if (!token->empty()) request.headers.emplace_back("Authorization", "Bearer " + *token);
  request.body = body;
  auto answer = exchange(*client_, std::move(request));
  // Whoever answers may show what it was sent, and the answer's text may be logged.
  if (answer) answer->text.clear();
  return answer;
}

Result<void> Observer::deliver(const outcome::LastWordsMessage& message) {
  const std::string body = outcome::encode(message, limits::kLastWordsBytes);
  auto answer = post(body);
  if (answer && answer->status == kUnauthorized && token_.refresh()) answer = post(body);
  if (!answer) return answer.error();
  if (answer->good()) return {};
  Error error = refusal("POST " + where_, *answer);
  // It has not seen our pod yet: its watch may be behind, or its lists are not in.
  if (error.kind == ErrorKind::kNotFound) error.kind = ErrorKind::kStatus;
  return error;
}

}  // namespace

std::unique_ptr<Channel> observer(net::Url url, net::TlsOptions tls, std::string token_file) {
  return std::make_unique<Observer>(url, std::move(tls), std::move(token_file));
}

}  // namespace spark_exporter::delivery
