#include "exporter/app/baseline_answer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "exporter/outcome/baseline.hpp"
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

std::string bearer_token(std::string_view authorization) {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos) return {};
  if (!web::equal_ignoring_case(authorization.substr(0, space), "Bearer")) return {};
  return std::string(web::trimmed(authorization.substr(space)));
}

web::HttpResponse told(const kubernetes::TokenReview& sender, const outcome::View& view) {
  if (sender.pod.empty()) return answer(403, "the token is not that of a pod");
  const auto from = kubernetes::service_account_namespace(sender.username);
  const auto run = std::find_if(view.runs.begin(), view.runs.end(), [&](const auto& one) {
    return one.driver_pod == sender.pod && one.kubernetes_namespace == from;
  });
  if (run == view.runs.end()) return answer(404, "no run of the pod is known yet");
  const auto job = std::find_if(view.jobs.begin(), view.jobs.end(), [&](const auto& one) {
    return one.app == run->app && one.kubernetes_namespace == from;
  });
  const bool known = job != view.jobs.end() && job->baseline;
  auto response = answer(200, encode(known ? *job->baseline : outcome::Baseline{}));
  response.content_type = "application/json";
  return response;
}

}  // namespace

web::HttpResponse answer_baseline(const web::HttpRequest& request, TokenReviewer& reviewer, const outcome::View& view) {
  const auto token = bearer_token(request.authorization);
  if (token.empty()) return answer(401, "a bearer token is needed: that of the pod's service account");
  const auto sender = reviewer.review(token);
  if (sender) return told(*sender, view);
  if (sender.error().kind == ErrorKind::kUnauthorized) return answer(401, "a valid token of the pod is needed");
  return answer(503, "the token cannot be checked now: try again");
}

}  // namespace spark_exporter::app
