#include "exporter/app/quality_answer.hpp"

#include <charconv>
#include <utility>
#include <variant>

#include "exporter/intake/limits.hpp"
#include "exporter/intake/quality_decode.hpp"
#include "exporter/kubernetes/token_review.hpp"

namespace spark_exporter::app {
namespace {

constexpr char kDocument[] = "body";

using Query = std::map<std::string, std::string>;

std::string value_of(const Query& query, const char* name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

Result<std::vector<intake::QualityResult>> read(const web::HttpRequest& request, const Query& query) {
  auto document = intake::decode_quality(request.body, kDocument, {value_of(query, "dataset"), value_of(query, "suite")});
  if (!document) return document.error();
  const auto quarantined = value_of(query, "quarantined_rows");
  if (quarantined.empty()) return std::move(document->results);
  std::uint64_t rows = 0;
  const auto [end, error] = std::from_chars(quarantined.data(), quarantined.data() + quarantined.size(), rows);
  if (error != std::errc{} || end != quarantined.data() + quarantined.size() || rows > INT64_MAX) {
    return Error{ErrorKind::kMalformed, "quarantined_rows is no number of rows"};
  }
  if (document->results.size() != 1) {
    return Error{ErrorKind::kMalformed, "quarantined_rows goes with one validation, not with several"};
  }
  document->results.front().quarantined_rows = rows;
  return std::move(document->results);
}

}  // namespace

Result<std::vector<intake::QualityResult>> read_quality_post(const web::HttpRequest& request) {
  const auto query = query_values(request.query);
  if (!query) return query.error();
  return read(request, *query);
}

web::HttpResponse quality_taken(std::size_t all, std::size_t fresh) {
  return api_answer(200, "taken: " + std::to_string(all) + (all == 1 ? " validation, " : " validations, ") +
                             std::to_string(fresh) + " new");
}

web::HttpResponse answer_quality(const web::HttpRequest& request, const IntakeGuard& guard, TokenReviewer& reviewer,
                                 const TakeQuality& take) {
  if (request.body.size() > limits::kQualityBodyBytes) return api_answer(413, "too long for results of checks");
  const auto query = query_values(request.query);
  if (!query) return api_answer(400, query.error().what);
  QualitySender sender;
  if (guard.shows_token(request)) {
    sender.kubernetes_namespace = value_of(*query, "namespace");
    sender.app = value_of(*query, "app");
    if (sender.app.empty()) return api_answer(400, "which job? add ?namespace=&app=");
  } else {
    auto reviewed = sender_of(request, reviewer);
    if (auto* const refused = std::get_if<web::HttpResponse>(&reviewed)) return std::move(*refused);
    const auto& review = std::get<kubernetes::TokenReview>(reviewed);
    if (review.pod.empty() || review.pod_uid.empty()) return api_answer(403, "the token is not that of a pod");
    sender = {kubernetes::service_account_namespace(review.username), review.pod, review.pod_uid, ""};
  }
  const auto results = read(request, *query);
  if (!results) return api_answer(400, results.error().what);
  const auto fresh = take(sender, *results);
  if (fresh) return quality_taken(results->size(), *fresh);
  if (fresh.error().kind == ErrorKind::kNotFound) return api_answer(404, fresh.error().what);
  return api_answer(503, fresh.error().what);
}

}  // namespace spark_exporter::app
