#include "exporter/kubernetes/token_review.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "exporter/common/limits.hpp"

namespace spark_exporter::kubernetes {
namespace {

Result<TokenReview> decode(const std::string& text) {
  std::istringstream in(text);
  TokenReview review;
  const auto decoded = decode_token_review(in, review);
  if (!decoded) return decoded.error();
  if (decoded->wrong_types > 0) return Error{ErrorKind::kWrongType, decoded->first};
  return review;
}

// As kube-apiserver 1.36 answers for a projected token.
constexpr char kBound[] = R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1",
 "metadata":{"managedFields":[{"manager":"spark_exporter"}]},"spec":{"token":"aaa.bbb.ccc"},
 "status":{"authenticated":true,"user":{"username":"system:serviceaccount:etl:spark","uid":"1",
 "groups":["system:serviceaccounts","system:authenticated"],
 "extra":{"authentication.kubernetes.io/credential-id":["JTI=7"],"authentication.kubernetes.io/node-name":["n"],
 "authentication.kubernetes.io/pod-name":["nightly-driver"],
 "authentication.kubernetes.io/pod-uid":["8f1a"]}},"audiences":["https://kubernetes.default.svc"]}})";

TEST(TokenReview, NamesThePodOfABoundToken) {
  const auto review = decode(kBound);
  ASSERT_TRUE(review) << review.error().what;
  EXPECT_TRUE(review->authenticated);
  EXPECT_EQ(review->username, "system:serviceaccount:etl:spark");
  EXPECT_EQ(review->pod, "nightly-driver");
  EXPECT_EQ(review->pod_uid, "8f1a");
}

TEST(TokenReview, KnowsNoPodWhereNoneIsNamedPlainly) {
  EXPECT_FALSE(decode(R"({"status":{"user":{},"error":"token is expired"}})")->authenticated);
  const auto unbound = decode(R"({"status":{"authenticated":true,"user":{"username":"admin"}}})");
  EXPECT_TRUE(unbound->authenticated);
  EXPECT_EQ(unbound->pod, "");
  const auto twice = decode(
      R"({"status":{"authenticated":true,"user":{"extra":{"authentication.kubernetes.io/pod-name":["a","b"]}}}})");
  EXPECT_EQ(twice->pod, "");
}

TEST(TokenReview, ErrorsAreNamed) {
  EXPECT_EQ(decode("{").error().kind, ErrorKind::kMalformed);
  EXPECT_FALSE(decode(R"({"status":{"authenticated":"true"}})"));
  EXPECT_FALSE(decode(R"({"status":{"user":{"extra":{"authentication.kubernetes.io/pod-uid":[7]}}}})"));
}

TEST(TokenReview, ReadsTheNamespaceOfServiceAccountsOnly) {
  EXPECT_EQ(service_account_namespace("system:serviceaccount:etl:spark"), "etl");
  EXPECT_EQ(service_account_namespace("system:serviceaccount:etl"), "");
  EXPECT_EQ(service_account_namespace("system:serviceaccount:etl:spark:x"), "");
  EXPECT_EQ(service_account_namespace("system:node:etl:spark"), "");
  EXPECT_EQ(service_account_namespace("x:system:serviceaccount:etl:spark"), "");
}

TEST(TokenReview, TakesForATokenOnlyWhatCanBeOne) {
  EXPECT_TRUE(is_bearer_token("eyJhbGciOi.J9-_~+/=="));
  EXPECT_TRUE(is_bearer_token(std::string(limits::kTokenBytes, 'a')));
  EXPECT_FALSE(is_bearer_token(std::string(limits::kTokenBytes + 1, 'a')));
  for (const char* text : {"", "a b", "a\"b", "a\\b", "a\nb", "\xC3\xA4"}) EXPECT_FALSE(is_bearer_token(text)) << text;
}

TEST(TokenReview, SaysWhichRightIsMissing) {
  EXPECT_EQ(missing_review_right(),
            "no right to review tokens; add to a ClusterRole: - {apiGroups: ['authentication.k8s.io'], resources: "
            "[tokenreviews], verbs: [create]}");
}

}  // namespace
}  // namespace spark_exporter::kubernetes
