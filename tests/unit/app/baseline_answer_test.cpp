// Who is told what earlier runs of a job were like: the endpoint against an API server that says whose each token is.

#include "exporter/app/baseline_answer.hpp"

#include <gtest/gtest.h>

#include "exporter/outcome/baseline.hpp"
#include "tests/support/fault_server.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using test::FaultServer;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

/// Token "good" is that of etl/nightly-driver, "elsewhere" of a pod of that name in another namespace, "account" of
/// none.
Reply review(const ReceivedRequest& request) {
  const auto says = [](const std::string& from, const std::string& extra) {
    return replies::json(R"({"status":{"authenticated":true,"user":{"username":"system:serviceaccount:)" + from +
                         R"(:spark","extra":{)" + extra + "}}}}")
        .with_status(201);
  };
  const std::string pod = R"("authentication.kubernetes.io/pod-name":["nightly-driver"],)"
                          R"("authentication.kubernetes.io/pod-uid":["u-1"])";
  const auto has = [&](const char* token) { return request.body.find(token) != std::string::npos; };
  if (has("\"good\"")) return says("etl", pod);
  if (has("\"elsewhere\"")) return says("other", pod);
  if (has("\"account\"")) return says("etl", "");
  return replies::json(R"({"status":{"user":{},"error":"unknown"}})").with_status(201);
}

class BaselineAnswer : public testing::Test {
 protected:
  BaselineAnswer() {
    server_.on("/apis/authentication.k8s.io/v1/tokenreviews", review);
    outcome::RunView run;
    run.kubernetes_namespace = "etl";
    run.app = "nightly";
    run.driver_pod = "nightly-driver";
    view_.runs = {run};
    outcome::JobView job;
    job.kubernetes_namespace = "etl";
    job.app = "nightly";
    job.baseline = outcome::Baseline{7, 60.5, std::nullopt, 1.5, "EUR"};
    view_.jobs = {job};
  }

  web::HttpResponse get(const std::string& authorization) {
    web::HttpRequest request;
    request.method = "GET";
    request.authorization = authorization;
    return answer_baseline(request, reviewer_, view_);
  }

  FaultServer server_;
  TokenReviewer reviewer_{{*net::parse_url(server_.url()), "", "", ""}, {300ms, 2, 60s}};
  outcome::View view_;
};

TEST_F(BaselineAnswer, IsThatOfThePodsJob) {
  const auto answer = get("Bearer good");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  const auto told = outcome::decode_baseline(answer.body);
  ASSERT_TRUE(told) << answer.body;
  EXPECT_EQ(*told, *view_.jobs[0].baseline);
}

TEST_F(BaselineAnswer, OfAJobWithoutGoodRunsIsThatThereAreNone) {
  view_.jobs[0].baseline.reset();
  EXPECT_EQ(get("Bearer good").body, "{\"runs\":0}\n");
  view_.jobs.clear();
  EXPECT_EQ(get("Bearer good").body, "{\"runs\":0}\n");
}

TEST_F(BaselineAnswer, IsForNobodyElse) {
  EXPECT_EQ(get("").status, 401);
  EXPECT_EQ(get("Basic good").status, 401);
  EXPECT_EQ(get("Bearer wrong").status, 401);
  EXPECT_EQ(get("Bearer account").status, 403);
  EXPECT_EQ(get("Bearer elsewhere").status, 404);
  view_.runs.clear();
  EXPECT_EQ(get("Bearer good").status, 404) << "not seen yet: asked again later";
  server_.on("/apis/authentication.k8s.io/v1/tokenreviews", replies::status(500));
  EXPECT_EQ(get("Bearer new").status, 503);
}

}  // namespace
}  // namespace spark_exporter::app
