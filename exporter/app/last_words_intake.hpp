#pragma once
// POST /api/v1/last-words: a sidecar tells how its run ended. Believed only of the very pod that the token names.

#include <functional>

#include "exporter/app/token_reviewer.hpp"
#include "exporter/common/result.hpp"
#include "exporter/outcome/last_words.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

/// Takes a message whose sender is known. Error kNotFound: its pod is not known (yet).
using TakeLastWords = std::function<Result<void>(const outcome::LastWordsMessage&)>;

/// 200 taken; 400 not a message; 401 no good token; 403 the token of another pod, or of none; 404 the pod is not known
/// yet; 413 too long; 503 nobody can say whose the token is, now or for want of a right. Who gets 404 or 503 tries
/// again.
web::HttpResponse answer_last_words(const web::HttpRequest& request, TokenReviewer& reviewer,
                                    const TakeLastWords& take);

}  // namespace spark_exporter::app
