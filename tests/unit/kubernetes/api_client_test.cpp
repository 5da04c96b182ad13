// The client against a server: tokens, statuses, bodies.

#include "exporter/kubernetes/api_client.hpp"

#include <gtest/gtest.h>

#include <iterator>

#include "exporter/common/limits.hpp"
#include "tests/support/fault_server.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/support/folder.hpp"

namespace spark_exporter::kubernetes {
namespace {

using spark_exporter::test::End;
using spark_exporter::test::FaultServer;
using spark_exporter::test::fixture;
using spark_exporter::test::Folder;
using spark_exporter::test::ReceivedRequest;
using spark_exporter::test::Reply;
namespace replies = spark_exporter::test::replies;

class ApiClientTest : public testing::Test {
 protected:
  ApiClientTest() { folder.write("token", "token-1"); }

  std::unique_ptr<ApiClient> client() const {
    Cluster cluster;
    cluster.api_server = *net::parse_url(server.url());
    cluster.token_file = folder.file("token");
    return make_api_client(cluster, "spark_exporter/test");
  }

  static ApiResult<std::string> fetch(ApiClient& api, const std::string& target) {
    std::string text;
    net::Request request;
    request.target = target;
    const auto done = api.request(std::move(request), [&](std::istream& body) -> Result<void> {
      text.assign(std::istreambuf_iterator<char>(body), {});
      return {};
    });
    if (!done) return done.error();
    return text;
  }

  Folder folder;
  FaultServer server;
};

TEST_F(ApiClientTest, SendsTokenAndReadsTheBody) {
  server.on("/api/v1/pods", replies::json("{}"));
  const auto api = client();
  const auto fetched = fetch(*api, "/api/v1/pods");
  ASSERT_TRUE(fetched) << fetched.error().error.what;
  EXPECT_EQ(*fetched, "{}");
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.header("authorization"), "Bearer token-1");
  EXPECT_EQ(request.header("accept"), "application/json");
  EXPECT_EQ(request.header("user-agent"), "spark_exporter/test");
  EXPECT_EQ(api->stats().requests, 1U);
}

TEST_F(ApiClientTest, ARotatedTokenIsTheNextRequests) {
  server.on("/x", replies::json("{}"));
  const auto api = client();
  EXPECT_TRUE(fetch(*api, "/x"));
  folder.write("token", "token-two");
  EXPECT_TRUE(fetch(*api, "/x"));
  EXPECT_EQ(server.requests().at(1).header("authorization"), "Bearer token-two");
}

TEST_F(ApiClientTest, A401AsksAgainOnlyWithAnotherToken) {
  server.set_fallback([&](const ReceivedRequest& request) {
    if (request.header("authorization") == "Bearer token-2") return replies::json("{}");
    folder.write("token", "token-2");
    return replies::json(fixture("kubernetes/auth/401-expired-token.json")).with_status(401);
  });
  const auto api = client();
  EXPECT_TRUE(fetch(*api, "/x"));
  EXPECT_EQ(server.requests().size(), 2U);

  server.set_fallback([](const ReceivedRequest&) { return replies::status(401); });
  const auto refused = fetch(*api, "/x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.kind, ErrorKind::kUnauthorized);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(ApiClientTest, AMissingTokenIsNoRequest) {
  std::filesystem::remove(folder.file("token"));
  const auto api = client();
  const auto failed = fetch(*api, "/x");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().error.kind, ErrorKind::kIo);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(ApiClientTest, Statuses) {
  struct {
    const char* name;
    Reply reply;
    ErrorKind kind;
    std::int64_t status;
    int retry_after;
    const char* what;
  } const cases[] = {
      {"forbidden", replies::json(fixture("kubernetes/auth/403-list-pods-cluster-wide.json")).with_status(403),
       ErrorKind::kForbidden, 403, 0,
       R"(/x: HTTP 403: "pods is forbidden: User \"system:serviceaccount:spark:spark-exporter\" cannot list resource )"
       R"(\"pods\" in API group \"\" at the cluster scope")"},
      {"no such object", replies::json(fixture("kubernetes/auth/404-pod.json")).with_status(404), ErrorKind::kNotFound,
       404, 0, R"(/x: HTTP 404: "pods \"nope\" not found")"},
      {"no such kind",
       replies::raw("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 19\r\n\r\n"
                    "404 page not found\n"),
       ErrorKind::kNotFound, 404, 0, "/x: HTTP 404"},
      {"gone", replies::json(fixture("kubernetes/lists/410-list-exact.json")).with_status(410), ErrorKind::kStatus, 410,
       0, R"(/x: HTTP 410: "The resourceVersion for the provided list is too old.")"},
      {"asked to wait", replies::json("{}").with_status(429).with_header("Retry-After", "9"), ErrorKind::kStatus, 429,
       9, "/x: HTTP 429"},
      {"asked in the body", replies::json(fixture("kubernetes/lists/504-list-future-rv.json")).with_status(504),
       ErrorKind::kStatus, 504, 1, R"(/x: HTTP 504: "Timeout: Too large resource version: 99999999, current: 1660")"},
      {"for ever",
       replies::json(R"({"details":{"retryAfterSeconds":9223372036854775807}})")
           .with_status(503)
           .with_header("Retry-After", "18446744073709551615"),
       ErrorKind::kStatus, 503, static_cast<int>(limits::kRetryAfter.count()), "/x: HTTP 503"},
      {"not JSON", replies::json("<oops").with_status(500), ErrorKind::kStatus, 500, 0, "/x: HTTP 500"},
      {"a redirect", replies::redirect("https://elsewhere/"), ErrorKind::kRedirect, 302, 0, "/x: HTTP 302"},
      {"a login page", replies::html(), ErrorKind::kProtocol, 0, 0, R"(/x: content type "text/html")"},
      {"cut in the answer", replies::json("{\"message\":\"long\"}").with_status(500).cut_after(4, End::kReset),
       ErrorKind::kStatus, 500, 0, "/x: HTTP 500"},
  };
  const auto api = client();
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    server.on("/x", c.reply);
    const auto failed = fetch(*api, "/x");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().error.kind, c.kind);
    EXPECT_EQ(failed.error().status, c.status);
    EXPECT_EQ(failed.error().retry_after, Seconds{c.retry_after});
    EXPECT_EQ(failed.error().error.what, c.what);
  }
}

TEST_F(ApiClientTest, NobodyThere) {
  server.stop();
  const auto api = client();
  const auto failed = fetch(*api, "/x");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().error.kind, ErrorKind::kConnect);
  EXPECT_EQ(failed.error().status, 0);
}

TEST_F(ApiClientTest, CancelledForGood) {
  server.on("/x", replies::json("{}"));
  const auto api = client();
  api->cancel();
  const auto failed = fetch(*api, "/x");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().error.kind, ErrorKind::kCancelled);
}

TEST(ApiFailure, OfAnErrorEvent) {
  const Failure failure =
      failure_of({.code = 410, .reason = "Expired", .message = "too old\nline", .retry_after = {}}, "watch of pods");
  EXPECT_EQ(failure.status, 410);
  EXPECT_EQ(failure.error.kind, ErrorKind::kStatus);
  EXPECT_EQ(failure.error.what, R"(watch of pods: HTTP 410: "too old\nline")");
}

}  // namespace
}  // namespace spark_exporter::kubernetes
