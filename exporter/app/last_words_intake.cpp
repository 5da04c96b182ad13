#include "exporter/app/last_words_intake.hpp"

#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/web/http_text.hpp"

namespace spark_exporter::app {
namespace {

web::HttpResponse answer(int status, std::string text) {
  web::HttpResponse response;
  response.status = status;
  response.body = std::move(text) + '\n';
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

/// The token of "Authorization: Bearer TOKEN", "" for anything else.
std::string bearer(std::string_view authorization) {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos) return {};
  if (!web::equal_ignoring_case(authorization.substr(0, space), "Bearer")) return {};
  return std::string(web::trimmed(authorization.substr(space)));
}

web::HttpResponse refused(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kUnauthorized: return answer(401, "a valid token of the pod's service account is needed");
    case ErrorKind::kForbidden: return answer(503, "the observer may not check tokens: see its log");
    default: return answer(503, "the token cannot be checked now: try again");
  }
}

/// Whether the token is bound to the pod that the message speaks for.
bool speaks_for_itself(const kubernetes::TokenReview& sender, const outcome::LastWordsMessage& message) {
  return !sender.pod.empty() && !sender.pod_uid.empty() && sender.pod == message.pod &&
         kubernetes::service_account_namespace(sender.username) == message.kubernetes_namespace &&
         (message.pod_uid.empty() || message.pod_uid == sender.pod_uid);
}

}  // namespace

web::HttpResponse answer_last_words(const web::HttpRequest& request, TokenReviewer& reviewer,
                                    const TakeLastWords& take) {
  if (request.body.size() > limits::kLastWordsBytes) return answer(413, "too long for last words");
  const auto token = bearer(request.authorization);
  if (token.empty()) return answer(401, "a bearer token is needed: that of the pod's service account");
  auto message = outcome::decode_last_words(request.body);
  if (!message) return answer(400, message.error().what);
  const auto sender = reviewer.review(token);
  if (!sender) return refused(sender.error());
  if (!speaks_for_itself(*sender, *message)) return answer(403, "the token is not that of the pod in the message");
  // A sidecar that does not know its own pod's uid leaves it out; the API server knows it.
  message->pod_uid = sender->pod_uid;
  const auto taken = take(*message);
  if (taken) return answer(200, "taken");
  if (taken.error().kind == ErrorKind::kNotFound) return answer(404, "the pod is not known yet");
  return answer(400, taken.error().what);
}

}  // namespace spark_exporter::app
