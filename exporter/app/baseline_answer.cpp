#include "exporter/app/baseline_answer.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "exporter/app/api_intake.hpp"
#include "exporter/outcome/baseline.hpp"

namespace spark_exporter::app {

web::HttpResponse answer_baseline(const web::HttpRequest& request, TokenReviewer& reviewer, const outcome::View& view) {
  auto reviewed = sender_of(request, reviewer);
  if (auto* const refused = std::get_if<web::HttpResponse>(&reviewed)) return std::move(*refused);
  const auto& sender = std::get<kubernetes::TokenReview>(reviewed);
  if (sender.pod.empty()) return api_answer(403, "the token is not that of a pod");
  const auto from = kubernetes::service_account_namespace(sender.username);
  const auto run = std::find_if(view.runs.begin(), view.runs.end(), [&](const auto& one) {
    return one.driver_pod == sender.pod && one.kubernetes_namespace == from;
  });
  if (run == view.runs.end()) return api_answer(404, "no run of the pod is known yet");
  const auto job = std::find_if(view.jobs.begin(), view.jobs.end(), [&](const auto& one) {
    return one.app == run->app && one.kubernetes_namespace == from;
  });
  const bool known = job != view.jobs.end() && job->baseline;
  auto answer = api_answer(200, encode(known ? *job->baseline : outcome::Baseline{}));
  answer.content_type = "application/json";
  return answer;
}

}  // namespace spark_exporter::app
