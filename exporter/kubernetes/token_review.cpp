#include "exporter/kubernetes/token_review.hpp"

#include <algorithm>
#include <optional>

#include "exporter/common/limits.hpp"
#include "exporter/json/fields.hpp"
#include "exporter/kubernetes/resource.hpp"

namespace spark_exporter::kubernetes {
namespace {

using json::Field;
using json::Scalar;
using json::Verdict;

constexpr std::string_view kPodName = "authentication.kubernetes.io/pod-name";
constexpr std::string_view kPodUid = "authentication.kubernetes.io/pod-uid";

/// A second value of a claim that has one only says that we do not understand it: it counts as none.
Verdict claim(TokenReview& review, const Scalar& value) {
  std::string* target = nullptr;
  if (value.key == kPodName) target = &review.pod;
  if (value.key == kPodUid) target = &review.pod_uid;
  if (target == nullptr) return {};
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  *target = value.index == 0 ? json::to_kept_text(value.text) : std::string();
  return {};
}

// Kind TokenReview of authentication.k8s.io/v1.
constexpr Field<TokenReview> kFields[] = {
    {"status.authenticated", json::flag<&TokenReview::authenticated>},
    {"status.user.extra.*[]", claim},
    {"status.user.username", json::text<&TokenReview::username>},
};
static_assert(json::is_sorted(kFields));

}  // namespace

std::string service_account_namespace(std::string_view username) {
  constexpr std::string_view kPrefix = "system:serviceaccount:";
  if (!username.starts_with(kPrefix)) return {};
  username.remove_prefix(kPrefix.size());
  const auto colon = username.find(':');
  if (colon == std::string_view::npos || username.find(':', colon + 1) != std::string_view::npos) return {};
  return std::string(username.substr(0, colon));
}

bool is_bearer_token(std::string_view text) {
  constexpr std::string_view kOther = "-._~+/=";
  return !text.empty() && text.size() <= limits::kTokenBytes && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOther.find(c) != std::string_view::npos;
  });
}

Result<json::DecodeReport> decode_token_review(std::istream& in, TokenReview& out) {
  return json::decode_object<TokenReview>(in, "token review", kFields, json::nothing_missing<TokenReview>, out);
}

ApiResult<TokenReview> review_token(ApiClient& api, const std::string& token, std::chrono::milliseconds timeout) {
  net::Request request;
  request.method = "POST";
  request.target = "/apis/authentication.k8s.io/v1/tokenreviews";
  request.headers = {{"Content-Type", "application/json"}};
  request.body =
      R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":")" + token + R"("}})";
  request.timeout = timeout;
  TokenReview review;
  const auto done = api.request(std::move(request), [&](std::istream& body) -> Result<void> {
    const auto decoded = decode_token_review(body, review);
    if (!decoded) return decoded.error();
    if (decoded->wrong_types > 0) return Error{ErrorKind::kWrongType, decoded->first};
    return {};
  });
  if (!done) return done.error();
  return review;
}

std::string missing_review_right() {
  return "no right to review tokens; add to a ClusterRole: " + rule("authentication.k8s.io", "tokenreviews", "create");
}

}  // namespace spark_exporter::kubernetes
