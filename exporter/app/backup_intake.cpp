#include "exporter/app/backup_intake.hpp"

#include <utility>
#include <variant>

#include "exporter/app/api_intake.hpp"
#include "exporter/common/limits.hpp"

namespace spark_exporter::app {

web::HttpResponse answer_backup_report(const web::HttpRequest& request, TokenReviewer& reviewer,
                                       const TakeBackupReport& take) {
  if (request.body.size() > limits::kBackupReportBytes) return api_answer(413, "too long for a backup's report");
  auto sender = sender_of(request, reviewer);
  if (auto* refused = std::get_if<web::HttpResponse>(&sender)) return std::move(*refused);
  const auto& review = std::get<kubernetes::TokenReview>(sender);
  const auto from = kubernetes::service_account_namespace(review.username);
  if (from.empty()) return api_answer(403, "the token is not that of a service account");
  auto report = backup::decode_report(request.body);
  if (!report) return api_answer(400, report.error().what);
  if (report->kubernetes_namespace.empty()) report->kubernetes_namespace = from;
  if (report->kubernetes_namespace != from) return api_answer(403, "the token is of another namespace than the backup");
  const auto taken = take(*report, review.pod);
  if (taken) return api_answer(200, *taken == backup::Taken::kNew ? "taken" : "known already");
  switch (taken.error().kind) {
    case ErrorKind::kNotFound: return api_answer(404, taken.error().what);
    case ErrorKind::kTooLarge: return api_answer(503, taken.error().what);
    default: return api_answer(400, taken.error().what);
  }
}

}  // namespace spark_exporter::app
