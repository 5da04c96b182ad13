#pragma once
// What the endpoints below /api/v1 share: who may post, how much, and how they are answered.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "exporter/app/token_reviewer.hpp"
#include "exporter/common/log.hpp"
#include "exporter/kubernetes/token_review.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

/// One line of text; a 401 says which kind of token is asked for, a 503 when to come again.
web::HttpResponse api_answer(int status, std::string text);

/// The token of "Authorization: Bearer TOKEN", "" for anything else.
std::string bearer_token(std::string_view authorization);

/// The values of a query by name, decoded; of a name that comes twice the first. Error kMalformed: one is longer than
/// limits::kLabelValueBytes, no UTF-8 or badly encoded.
Result<std::map<std::string, std::string>> query_values(std::string_view query);

/// Whose token a request shows, asked of the API server; or the answer for who shows none, or none that can be judged:
/// 401, or 503 (tried again).
std::variant<kubernetes::TokenReview, web::HttpResponse> sender_of(const web::HttpRequest& request,
                                                                   TokenReviewer& reviewer);

/// Lets in who is on loopback, and from elsewhere who shows the token of a file, if there is one (--api.token-file).
/// Thread-safe.
class IntakeGuard {
 public:
  /// `token_file`: "" keeps everybody out who is not on loopback. It is read with each request from elsewhere, so that a
  /// token may be replaced; blanks around the token do not count.
  explicit IntakeGuard(std::string token_file) : token_file_(std::move(token_file)) {}

  /// The answer for who may not pass, or nothing: 403 (from elsewhere, and no token is configured), 401 (no token, or a
  /// wrong one), 503 (the file cannot be read), 413 (a body of more than `most` bytes).
  std::optional<web::HttpResponse> refuse(const web::HttpRequest& request, std::size_t most) const;

  /// Whether the request shows the configured token; false where there is none.
  bool shows_token(const web::HttpRequest& request) const;

 private:
  Result<std::string> token() const;

  const std::string token_file_;
  mutable log::RateLimited log_limit_;
};

}  // namespace spark_exporter::app
