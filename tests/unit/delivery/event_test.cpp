// Against a server that answers as the API server does.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "exporter/delivery/channels.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/delivery/sample.hpp"

namespace spark_exporter::delivery {
namespace {

using nlohmann::json;
using outcome::State;
using spark_exporter::test::FaultServer;
using spark_exporter::test::Folder;
using test::failed_run;
using test::run_that_ended;
namespace replies = spark_exporter::test::replies;

constexpr const char* kPath = "/api/v1/namespaces/etl/events";

class EventTest : public testing::Test {
 protected:
  EventTest() {
    folder.write("token", "secret-token");
    server.on(kPath, replies::json("{}").with_status(201));
  }

  std::unique_ptr<Channel> channel() const {
    kubernetes::Cluster cluster;
    cluster.api_server = test::url_of(server);
    cluster.token_file = folder.file("token");
    return event(kubernetes::make_api_client(cluster, "spark_exporter/test"));
  }
  json sent(const outcome::LastWordsMessage& message) const {
    const auto done = channel()->deliver(message);
    EXPECT_TRUE(done) << done.error().what;
    return json::parse(server.requests().back().body);
  }

  Folder folder;
  FaultServer server;
};

TEST_F(EventTest, TellsOfAFailureAboutTheDriverPod) {
  const json expected = json::parse(R"({
    "apiVersion": "v1", "kind": "Event",
    "metadata": {"namespace": "etl", "name": "spark-exporter.0b7f3c62-5d1b-4f6c-9b3e-6a2f1f0f9a11.failed"},
    "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": "etl", "name": "nightly-driver",
                       "uid": "0b7f3c62-5d1b-4f6c-9b3e-6a2f1f0f9a11"},
    "type": "Warning", "reason": "SparkJobFailed",
    "message": "nightly failed: UserError, exit code 3, java.lang.IllegalStateException: container ended with exit code 3",
    "firstTimestamp": "2026-11-23T13:37:07Z", "lastTimestamp": "2026-11-23T13:37:07Z", "count": 1,
    "source": {"component": "spark-exporter"},
    "reportingComponent": "spark-exporter", "reportingInstance": "nightly-driver"})");
  EXPECT_EQ(sent(failed_run()), expected);
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, kPath);
  EXPECT_EQ(request.header("authorization"), "Bearer secret-token");
  EXPECT_EQ(request.header("content-type"), "application/json");
}

TEST_F(EventTest, HasAReasonForEachEnd) {
  const std::tuple<State, const char*, const char*> cases[] = {
      {State::kSucceeded, "SparkJobSucceeded", "succeeded"},
      {State::kCancelled, "SparkJobCancelled", "cancelled"},
      {State::kUnknown, "SparkJobUnknown", "unknown"},
      {State::kRunning, "SparkJobUnknown", "unknown"},
  };
  for (const auto& [state, reason, suffix] : cases) {
    const json event = sent(run_that_ended(state));
    EXPECT_EQ(event["type"], "Normal") << reason;
    EXPECT_EQ(event["reason"], reason);
    EXPECT_TRUE(event["metadata"]["name"].get<std::string>().ends_with(suffix)) << event["metadata"]["name"];
  }
}

TEST_F(EventTest, HasTheSameNameAtEachTry) {
  EXPECT_EQ(sent(failed_run())["metadata"], sent(failed_run())["metadata"]);
}

TEST_F(EventTest, WithoutUidItIsNamedByThePod) {
  auto message = failed_run();
  message.pod_uid.clear();
  const json event = sent(message);
  EXPECT_EQ(event["metadata"]["name"], "spark-exporter.nightly-driver.failed");
  EXPECT_FALSE(event["involvedObject"].contains("uid"));
}

TEST_F(EventTest, CutsItsMessageBetweenCharacters) {
  auto message = failed_run();
  message.verdict.evidence = "x";
  while (message.verdict.evidence.size() < 2000) message.verdict.evidence += "é";
  const auto text = sent(message)["message"].get<std::string>();
  EXPECT_LE(text.size(), 1024U);
  EXPECT_GE(text.size(), 1023U);
  message.verdict.evidence = "bad \xFF byte";
  EXPECT_TRUE(sent(message)["message"].get<std::string>().ends_with("bad \xEF\xBF\xBD byte"));
}

TEST_F(EventTest, OneThatIsThereIsDelivered) {
  server.on(kPath, replies::json(R"({"kind":"Status","code":409,"reason":"AlreadyExists"})").with_status(409));
  EXPECT_TRUE(channel()->deliver(failed_run()));
}

TEST_F(EventTest, JudgesTheAnswer) {
  const std::pair<unsigned, ErrorKind> cases[] = {
      {400, ErrorKind::kMalformed}, {401, ErrorKind::kUnauthorized}, {403, ErrorKind::kForbidden},
      {404, ErrorKind::kNotFound},  {413, ErrorKind::kTooLarge},     {422, ErrorKind::kMalformed},
      {429, ErrorKind::kStatus},    {500, ErrorKind::kStatus},       {503, ErrorKind::kStatus}};
  for (const auto& [status, kind] : cases) {
    server.on(kPath, replies::json(R"({"kind":"Status","message":"no"})").with_status(status));
    const auto done = channel()->deliver(failed_run());
    ASSERT_FALSE(done) << status;
    EXPECT_EQ(done.error().kind, kind) << status;
    EXPECT_EQ(done.error().what.find("secret"), std::string::npos) << done.error().what;
  }
}

TEST_F(EventTest, AnAnswerThatCannotBeReadIsNoRefusal) {
  server.on(kPath, replies::raw("HTTP/1.1 201 Created\r\nX-Fill: " + std::string(1U << 20U, 'f') + "\r\n"));
  EXPECT_EQ(channel()->deliver(failed_run()).error().kind, ErrorKind::kProtocol);
}

TEST_F(EventTest, NamesTheRightThatIsMissing) {
  server.on(kPath, replies::json(R"({"kind":"Status","message":"events is forbidden"})").with_status(403));
  const auto what = channel()->deliver(failed_run()).error().what;
  EXPECT_NE(what.find("add to a Role: - {apiGroups: [''], resources: [events], verbs: [create]}"), std::string::npos)
      << what;
}

TEST_F(EventTest, AsksNothingForWhatIsNoPod) {
  for (const auto change :
       {+[](outcome::LastWordsMessage& m) { m.kubernetes_namespace = "../kube-system"; },
        +[](outcome::LastWordsMessage& m) { m.kubernetes_namespace.clear(); },
        +[](outcome::LastWordsMessage& m) { m.pod = "a b"; }, +[](outcome::LastWordsMessage& m) { m.pod.clear(); },
        +[](outcome::LastWordsMessage& m) { m.pod_uid = "a/b"; }}) {
    auto message = failed_run();
    change(message);
    EXPECT_EQ(channel()->deliver(message).error().kind, ErrorKind::kMalformed);
  }
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace spark_exporter::delivery
