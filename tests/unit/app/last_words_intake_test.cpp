// Whose last words are believed: the endpoint against an API server that says whose each token is.

#include "exporter/app/last_words_intake.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "exporter/common/limits.hpp"
#include "tests/support/fault_server.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using test::End;
using test::FaultServer;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

constexpr char kReviews[] = "/apis/authentication.k8s.io/v1/tokenreviews";

std::string review_json(const std::string& username, const std::string& pod, const std::string& uid) {
  return R"({"status":{"authenticated":true,"user":{"username":")" + username +
         R"(","extra":{"authentication.kubernetes.io/pod-name":[")" + pod +
         R"("],"authentication.kubernetes.io/pod-uid":[")" + uid + R"("]}}}})";
}

/// Token "good" is that of pod etl/nightly-driver with uid u-1; "account" is of no pod; all others are none.
Reply review(const ReceivedRequest& request) {
  const auto has = [&](const char* token) {
    return request.body.find(R"("token":")" + std::string(token) + '"') != std::string::npos;
  };
  if (has("good")) {
    return replies::json(review_json("system:serviceaccount:etl:spark", "nightly-driver", "u-1")).with_status(201);
  }
  if (has("user")) return replies::json(review_json("etl", "nightly-driver", "u-1")).with_status(201);
  if (has("account")) {
    return replies::json(R"({"status":{"authenticated":true,"user":{"username":"system:serviceaccount:etl:spark"}}})")
        .with_status(201);
  }
  return replies::json(R"({"status":{"user":{},"error":"unknown"}})").with_status(201);
}

class Intake : public testing::Test {
 protected:
  Intake() { server_.on(kReviews, review); }

  web::HttpResponse post(const std::string& body, const std::string& authorization) {
    web::HttpRequest request;
    request.method = "POST";
    request.body = body;
    request.authorization = authorization;
    return answer_last_words(request, reviewer_, [this](const outcome::LastWordsMessage& message) -> Result<void> {
      taken_.push_back(message);
      if (message.pod == "nightly-driver" && known_) return {};
      return Error{ErrorKind::kNotFound, "no such pod"};
    });
  }

  FaultServer server_;
  TokenReviewer reviewer_{{*net::parse_url(server_.url()), "", "", ""}, {300ms, 2, 60s}};
  std::vector<outcome::LastWordsMessage> taken_;
  bool known_ = true;
};

std::string words(const std::string& pod = "nightly-driver", const std::string& uid = "u-1",
                  const std::string& from = "etl") {
  return R"({"spark_exporter":1,"namespace":")" + from + R"(","pod":")" + pod + R"(","pod_uid":")" + uid +
         R"(","app":"nightly","outcome":"failed","reason":"UserError","exit_code":3})";
}

TEST_F(Intake, BelievesThePodItself) {
  EXPECT_EQ(post(words(), "Bearer good").status, 200);
  ASSERT_EQ(taken_.size(), 1U);
  EXPECT_EQ(taken_[0].verdict.state, outcome::State::kFailed);
  EXPECT_EQ(taken_[0].verdict.exit_code, 3);
}

TEST_F(Intake, TakesTheUidFromTheTokenWhereTheMessageHasNone) {
  EXPECT_EQ(post(words("nightly-driver", ""), "bearer  good").status, 200);
  ASSERT_EQ(taken_.size(), 1U);
  EXPECT_EQ(taken_[0].pod_uid, "u-1");
}

TEST_F(Intake, BelievesNobodyElse) {
  struct {
    const char* what;
    std::string body, authorization;
    int status;
  } const cases[] = {
      {"no header", words(), "", 401},
      {"another scheme", words(), "Basic good", 401},
      {"no token", words(), "Bearer ", 401},
      {"what can be no token", words(), "Bearer go\"od", 401},
      {"a token of nobody", words(), "Bearer bad", 401},
      {"a token of no pod", words(), "Bearer account", 403},
      {"a user who is called like a namespace", words(), "Bearer user", 403},
      {"another pod", words("other-driver"), "Bearer good", 403},
      {"the pod's namesake of yesterday", words("nightly-driver", "u-0"), "Bearer good", 403},
      {"the pod's namesake elsewhere", words("nightly-driver", "u-1", "prod"), "Bearer good", 403},
      {"no JSON", "outcome=failed", "Bearer good", 400},
      {"no message", "{}", "Bearer good", 400},
  };
  for (const auto& one : cases) EXPECT_EQ(post(one.body, one.authorization).status, one.status) << one.what;
  EXPECT_TRUE(taken_.empty());
}

TEST_F(Intake, AsksThatAnUnknownPodIsToldAgain) {
  known_ = false;
  EXPECT_EQ(post(words(), "Bearer good").status, 404);
}

TEST_F(Intake, TakesAsManyBytesAsLastWordsHave) {
  auto body = words();
  body.insert(body.size() - 1, std::string(limits::kLastWordsBytes - body.size(), ' '));
  ASSERT_EQ(body.size(), limits::kLastWordsBytes);
  EXPECT_EQ(post(body, "Bearer good").status, 200);
  EXPECT_EQ(post(body + ' ', "Bearer good").status, 413);
}

TEST_F(Intake, RemembersGoodTokensOnly) {
  for (int i = 0; i < 3; ++i) post(words(), "Bearer good");
  EXPECT_EQ(server_.requests().size(), 1U);
  for (int i = 0; i < 3; ++i) post(words(), "Bearer bad");
  EXPECT_EQ(server_.requests().size(), 4U);
}

TEST_F(Intake, SaysThatItCannotTellWhereNobodyTellsIt) {
  server_.on(kReviews, replies::status(403));
  const auto forbidden = post(words(), "Bearer good");
  EXPECT_EQ(forbidden.status, 503);
  EXPECT_NE(forbidden.body.find("may not check"), std::string::npos);
  server_.on(kReviews, replies::status(401));  // our own token
  EXPECT_EQ(post(words(), "Bearer good").status, 503);
  server_.on(kReviews, replies::nothing(End::kHang));
  EXPECT_EQ(post(words(), "Bearer good").status, 503);
  server_.on(kReviews, replies::json(R"({"status":{"authenticated":"yes"}})").with_status(201));
  EXPECT_EQ(post(words(), "Bearer good").status, 503);
  EXPECT_TRUE(taken_.empty());
}

TEST_F(Intake, AsksSoManyQuestionsAtOnceAndNoMore) {
  const auto gate = std::make_shared<test::Gate>();
  server_.on(kReviews, [gate](const ReceivedRequest& request) { return review(request).gated(gate, 1'000); });
  TokenReviewer reviewer({*net::parse_url(server_.url()), "", "", ""}, {10s, 2, 60s});
  std::atomic<int> good{0};
  std::vector<std::thread> askers;
  for (int i = 0; i < 2; ++i) askers.emplace_back([&] { good += reviewer.review("good") ? 1 : 0; });
  gate->wait_for_arrivals(2);
  EXPECT_EQ(reviewer.review("good").error().kind, ErrorKind::kTooLarge);
  gate->open();
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(good, 2);
}

TEST_F(Intake, LetsTheProcessEndInTheMiddleOfAQuestion) {
  server_.on(kReviews, replies::nothing(End::kHang));
  TokenReviewer reviewer({*net::parse_url(server_.url()), "", "", ""}, {60s, 2, 60s});
  std::thread asker([&] { EXPECT_EQ(reviewer.review("good").error().kind, ErrorKind::kCancelled); });
  ASSERT_TRUE(server_.wait_for_requests(1));
  reviewer.cancel();
  asker.join();
  EXPECT_EQ(reviewer.review("good").error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace spark_exporter::app
