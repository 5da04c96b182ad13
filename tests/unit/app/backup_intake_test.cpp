// Whose reports are believed: the endpoint against an API server that says whose each token is.

#include "exporter/app/backup_intake.hpp"

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/support/fault_server.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using test::FaultServer;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

/// Token "account" is that of a service account of etl, "pod" is bound to one of its pods, "user" is no service
/// account's; all others are none.
Reply review(const ReceivedRequest& request) {
  const auto has = [&](const char* token) {
    return request.body.find(R"("token":")" + std::string(token) + '"') != std::string::npos;
  };
  const auto of = [](const std::string& user, const std::string& extra = "") {
    return replies::json(R"({"status":{"authenticated":true,"user":{"username":")" + user + '"' + extra + "}}}")
        .with_status(201);
  };
  if (has("account")) return of("system:serviceaccount:etl:backup");
  if (has("pod")) {
    return of("system:serviceaccount:etl:backup", R"(,"extra":{"authentication.kubernetes.io/pod-name":["orders-1-x"],)"
                                                  R"("authentication.kubernetes.io/pod-uid":["u-1"]})");
  }
  if (has("user")) return of("etl");
  return replies::json(R"({"status":{"user":{},"error":"unknown"}})").with_status(201);
}

class BackupIntake : public testing::Test {
 protected:
  BackupIntake() { server_.on("/apis/authentication.k8s.io/v1/tokenreviews", review); }

  web::HttpResponse post(const std::string& body, const std::string& token) {
    web::HttpRequest request;
    request.method = "POST";
    request.body = body;
    request.authorization = token.empty() ? "" : "Bearer " + token;
    return answer_backup_report(request, reviewer_,
                                [this](const backup::Report& report, const std::string& pod) -> Result<backup::Taken> {
                                  if (error_) return *error_;
                                  reports_.push_back(report);
                                  pods_.push_back(pod);
                                  return reports_.size() == 1 ? backup::Taken::kNew : backup::Taken::kKnown;
                                });
  }

  FaultServer server_;
  TokenReviewer reviewer_{{*net::parse_url(server_.url()), "", "", ""}, {300ms, 2, 60s}};
  std::optional<Error> error_;
  std::vector<backup::Report> reports_;
  std::vector<std::string> pods_;
};

constexpr char kReport[] = R"({"backup":"orders","success":true})";

TEST_F(BackupIntake, TakesWhatTheNamespacesOwnAccountsSay) {
  auto answer = post(kReport, "account");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "taken\n");
  answer = post(R"({"backup":"orders","namespace":"etl","success":true})", "pod");
  EXPECT_EQ(answer.body, "known already\n");
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[0].kubernetes_namespace, "etl") << "the token's";
  EXPECT_EQ(pods_, (std::vector<std::string>{"", "orders-1-x"}));
}

TEST_F(BackupIntake, TakesNothingElse) {
  const auto sized = [](std::size_t size) {
    const std::string start = R"({"backup":"orders","success":true,"pad":")";
    return start + std::string(size - start.size() - 2, 'x') + "\"}";
  };
  struct {
    const char* what;
    std::string body, token;
    int status;
  } const cases[] = {
      {"no token", kReport, "", 401},
      {"a token that is none", kReport, "garbage", 401},
      {"a user", kReport, "user", 403},
      {"another namespace", R"({"backup":"orders","namespace":"crm","success":true})", "account", 403},
      {"no JSON", "orders", "account", 400},
      {"a wrong type", R"({"backup":"orders","success":"yes"})", "account", 400},
      {"too long", sized(limits::kBackupReportBytes + 1), "account", 413},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(post(c.body, c.token).status, c.status) << c.what;
    EXPECT_TRUE(reports_.empty()) << c.what;
  }
  EXPECT_EQ(post(sized(limits::kBackupReportBytes), "account").status, 200);
}

TEST_F(BackupIntake, SaysWhyItWasNotTaken) {
  struct {
    ErrorKind kind;
    int status;
  } const cases[] = {{ErrorKind::kNotFound, 404}, {ErrorKind::kTooLarge, 503}, {ErrorKind::kMalformed, 400}};
  for (const auto& c : cases) {
    error_ = Error{c.kind, "because"};
    const auto answer = post(kReport, "account");
    EXPECT_EQ(answer.status, c.status);
    EXPECT_EQ(answer.body, "because\n");
  }
}

TEST_F(BackupIntake, WithoutTheRightToCheckTokensIsTriedAgain) {
  server_.on("/apis/authentication.k8s.io/v1/tokenreviews",
             [](const ReceivedRequest&) { return replies::json("{}").with_status(403); });
  const auto answer = post(kReport, "account");
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(reports_.empty());
}

}  // namespace
}  // namespace spark_exporter::app
