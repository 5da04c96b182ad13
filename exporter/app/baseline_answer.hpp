#pragma once
// GET /api/v1/baseline: what earlier good runs of a job were like, told to the sidecar of its next run. Whose job is
// meant says the token, which is a driver pod's.

#include "exporter/app/token_reviewer.hpp"
#include "exporter/outcome/view.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

/// 200 with outcome::encode()'s JSON; 401 no good token; 403 the token of no pod; 404 no run of that pod is known
/// (yet); 503 nobody can say whose the token is, now or for want of a right.
web::HttpResponse answer_baseline(const web::HttpRequest& request, TokenReviewer& reviewer, const outcome::View& view);

}  // namespace spark_exporter::app
