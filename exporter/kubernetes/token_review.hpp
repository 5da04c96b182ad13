#pragma once
// Whose token is this? The API server's answer to a TokenReview (authentication.k8s.io/v1).

#include <chrono>
#include <istream>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/json/report.hpp"
#include "exporter/kubernetes/api_client.hpp"

namespace spark_exporter::kubernetes {

struct TokenReview {
  bool authenticated = false;  ///< status.authenticated
  std::string username;        ///< status.user.username, "system:serviceaccount:NAMESPACE:NAME"
  std::string pod;             ///< status.user.extra["authentication.kubernetes.io/pod-name"][0]: of a bound token
  std::string pod_uid;         ///< ...["authentication.kubernetes.io/pod-uid"][0]
};

/// The namespace of a service account's user name, "" for other users.
std::string service_account_namespace(std::string_view username);

/// Whether `text` can be a bearer token at all (RFC 6750's b64token), at most limits::kTokenBytes long.
bool is_bearer_token(std::string_view text);

/// Errors: kMalformed, kWrongType for another document; whatever read_items() says.
Result<json::DecodeReport> decode_token_review(std::istream& in, TokenReview& out);

/// Asks about `token` (of is_bearer_token()). Errors: the client's; kForbidden: we may not ask.
ApiResult<TokenReview> review_token(ApiClient& api, const std::string& token, std::chrono::milliseconds timeout);

/// What to add where review_token() is forbidden, as one line.
std::string missing_review_right();

}  // namespace spark_exporter::kubernetes
