#include "exporter/app/job_baseline.hpp"

#include <algorithm>
#include <utility>

#include "exporter/common/log.hpp"
#include "exporter/delivery/exchange.hpp"

namespace spark_exporter::app {
namespace {

constexpr char kTarget[] = "/api/v1/baseline";
constexpr unsigned kUnauthorized = 401;

}  // namespace

JobBaseline::JobBaseline(net::Url url, net::TlsOptions tls, std::string token_file, spark::Clock clock)
    : where_("GET " + url.to_string() + kTarget),
      client_(delivery::make_client(std::move(url), std::move(tls))),
      token_(std::move(token_file)),
      clock_(std::move(clock)) {}

const std::optional<outcome::Baseline>& JobBaseline::get() {
  if (known_ || clock_.steady() < due_) return known_;
  auto answer = ask();
  if (answer) {
    known_ = std::move(*answer);
    log::info("earlier runs of the job are known", {{"runs", std::to_string(known_->runs)}});
    return known_;
  }
  if (answer.error().kind == ErrorKind::kCancelled) return known_;
  // An observer that has not seen our pod yet says 404, and so does one that does not know the question.
  log::info("earlier runs of the job are not known, what it will have cost is told without them",
            {{"error", answer.error().what}, {"asked_again_in_seconds", std::to_string(pause_.count())}});
  due_ = clock_.steady() + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
  return known_;
}

Result<outcome::Baseline> JobBaseline::ask() {
  const auto token = token_.get();
  if (!token) return token.error();
  net::Request request;
  request.target = kTarget;
  if (!token->empty()) request.headers.emplace_back("Authorization", "Bearer " + *token);
  auto answer = delivery::exchange(*client_, std::move(request));
  if (!answer) return answer.error();
  if (answer->status == kUnauthorized) token_.refresh();
  if (!answer->good()) {
    answer->text.clear();  // whoever answers may show the token that it was sent
    return delivery::refusal(where_, *answer);
  }
  return outcome::decode_baseline(answer->text);
}

}  // namespace spark_exporter::app
