#pragma once
// POST /api/v1/quality, in sidecar and observer alike.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "exporter/app/api_intake.hpp"
#include "exporter/common/result.hpp"
#include "exporter/intake/quality_result.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

/// The validations in a request's body. The query may name `dataset` and `suite`, and say how many rows were put aside
/// (`quarantined_rows`), which Great Expectations and dbt do not tell. Errors: of decode_quality(), kMalformed for the
/// query.
Result<std::vector<intake::QualityResult>> read_quality_post(const web::HttpRequest& request);

/// 200, "taken: 2 validations, 1 of them new".
web::HttpResponse quality_taken(std::size_t all, std::size_t fresh);

/// Who a validation that comes to the observer is of: the pod of the token, or the job that the query names.
struct QualitySender {
  std::string kubernetes_namespace;
  std::string pod;
  std::string pod_uid;
  std::string app;  ///< of the query, with the configured token; `pod` is "" then
};
/// How many of them are new. Error kNotFound: the sender is not known (yet).
using TakeQuality =
    std::function<Result<std::size_t>(const QualitySender&, const std::vector<intake::QualityResult>&)>;

/// The observer's: a sidecar passes on what it was told, and is believed of its own pod only; who shows the configured
/// token (--api.token-file) names the job by `?namespace=&app=`. 200 taken; 400 no validation; 401 no good token; 403 a
/// token of no pod; 404 the pod is not known yet; 413 too long; 503 nobody can say whose the token is.
web::HttpResponse answer_quality(const web::HttpRequest& request, const IntakeGuard& guard, TokenReviewer& reviewer,
                                 const TakeQuality& take);

}  // namespace spark_exporter::app
