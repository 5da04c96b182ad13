// Which of a Job's pods' messages counts.

#include "exporter/app/job_message.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "exporter/kubernetes/decode.hpp"
#include "tests/support/fault_server.hpp"

namespace spark_exporter::app {
namespace {

using test::FaultServer;
using test::ReceivedRequest;
namespace replies = test::replies;

std::string container(const std::string& name, const std::string& message, const std::string& finished) {
  return R"({"name":")" + name + R"(","state":{"terminated":{"exitCode":0,"finishedAt":")" + finished +
         R"(","message":)" + message + "}}}";
}

std::string pod(const std::string& name, const std::string& containers) {
  return R"({"metadata":{"namespace":"etl","name":")" + name + R"("},"status":{"containerStatuses":[)" + containers +
         "]}}";
}

kubernetes::Pod decoded(const std::string& json) {
  std::istringstream in(json);
  kubernetes::Pod pod;
  EXPECT_TRUE(kubernetes::decode_object(in, pod)) << json;
  return pod;
}

TEST(JobMessage, IsTheLastThatIsAReport) {
  std::vector<Error> wrong;
  const auto note = [&wrong](const Error& error) { wrong.push_back(error); };
  const auto report =
      message_of({decoded(pod("second", container("main", R"("{\"size_bytes\":2}")", "2026-11-27T02:02:00Z") + "," +
                                            container("proxy", R"("bye")", "2026-11-27T02:09:00Z"))),
                  decoded(pod("first", container("main", R"("{\"size_bytes\":1}")", "2026-11-27T02:01:00Z"))),
                  decoded(pod("running", R"({"name":"main","state":{"running":{}}})"))},
                 note);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->size_bytes, 2);
  EXPECT_TRUE(wrong.empty());
  EXPECT_FALSE(message_of({}, note));
}

TEST(JobMessage, OneThatCannotBeReadIsTold) {
  std::vector<Error> wrong;
  const auto report = message_of({decoded(pod("bad", container("main", R"("{\"size_bytes\":\"many\"}")", "")))},
                                 [&wrong](const Error& error) { wrong.push_back(error); });
  EXPECT_FALSE(report);
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_EQ(wrong[0].kind, ErrorKind::kWrongType);
  EXPECT_NE(wrong[0].what.find("pod etl/bad: backup report.size_bytes"), std::string::npos) << wrong[0].what;
}

TEST(JobMessage, IsAskedOfThePodsOfThatJob) {
  FaultServer server;
  std::string asked;
  server.on("/api/v1/namespaces/etl/pods", [&asked](const ReceivedRequest& request) {
    asked = request.target;
    return replies::json(R"({"metadata":{},"items":[)" +
                         pod("p", container("main", R"("{\"size_bytes\":7}")", "2026-11-27T02:02:00Z")) + "]}");
  });
  const auto api = kubernetes::make_api_client({*net::parse_url(server.url()), "", "", ""}, "test");
  const auto uid = jobs::to_uid("fea96abd-b76c-4815-aa3d-b6ef38adc6ef");
  const auto report = read_job_message(*api, {"etl", "orders-1", uid}, [](const Error&) {});
  ASSERT_TRUE(report) << report.error().error.what;
  ASSERT_TRUE(*report);
  EXPECT_EQ((*report)->size_bytes, 7);
  EXPECT_NE(asked.find("labelSelector=controller-uid%3Dfea96abd-b76c-4815-aa3d-b6ef38adc6ef"), std::string::npos)
      << asked;
  server.on("/api/v1/namespaces/etl/pods", [](const ReceivedRequest&) { return replies::json("{}").with_status(403); });
  const auto refused = read_job_message(*api, {"etl", "orders-1", uid}, [](const Error&) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.kind, ErrorKind::kForbidden);
}

}  // namespace
}  // namespace spark_exporter::app
