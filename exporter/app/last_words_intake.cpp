#include "exporter/app/last_words_intake.hpp"

#include <utility>
#include <variant>

#include "exporter/app/api_intake.hpp"
#include "exporter/common/limits.hpp"

namespace spark_exporter::app {
namespace {

/// Whether the token is bound to the pod that the message speaks for.
bool speaks_for_itself(const kubernetes::TokenReview& sender, const outcome::LastWordsMessage& message) {
  return !sender.pod.empty() && !sender.pod_uid.empty() && sender.pod == message.pod &&
         kubernetes::service_account_namespace(sender.username) == message.kubernetes_namespace &&
         (message.pod_uid.empty() || message.pod_uid == sender.pod_uid);
}

}  // namespace

web::HttpResponse answer_last_words(const web::HttpRequest& request, TokenReviewer& reviewer,
                                    const TakeLastWords& take) {
  if (request.body.size() > limits::kLastWordsBytes) return api_answer(413, "too long for last words");
  if (bearer_token(request.authorization).empty()) {
    return api_answer(401, "a bearer token is needed: that of the pod's service account");
  }
  auto message = outcome::decode_last_words(request.body);
  if (!message) return api_answer(400, message.error().what);
  auto reviewed = sender_of(request, reviewer);
  if (auto* const refused = std::get_if<web::HttpResponse>(&reviewed)) return std::move(*refused);
  const auto& sender = std::get<kubernetes::TokenReview>(reviewed);
  if (!speaks_for_itself(sender, *message)) return api_answer(403, "the token is not that of the pod in the message");
  // A sidecar that does not know its own pod's uid leaves it out; the API server knows it.
  message->pod_uid = sender.pod_uid;
  const auto taken = take(*message);
  if (taken) return api_answer(200, "taken");
  if (taken.error().kind == ErrorKind::kNotFound) return api_answer(404, "the pod is not known yet");
  return api_answer(400, taken.error().what);
}

}  // namespace spark_exporter::app
