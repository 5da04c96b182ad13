#include <gtest/gtest.h>

#include "exporter/delivery/channels.hpp"
#include "tests/unit/delivery/sample.hpp"

namespace spark_exporter::delivery {
namespace {

using outcome::State;
using spark_exporter::test::FaultServer;
using spark_exporter::test::ReceivedRequest;
using test::failed_run;
using test::run_that_ended;
using test::url_of;
namespace replies = spark_exporter::test::replies;

class PushgatewayTest : public testing::Test {
 protected:
  PushgatewayTest() {
    server.set_fallback([](const ReceivedRequest&) { return replies::status(200); });
  }

  ReceivedRequest sent(const outcome::LastWordsMessage& message) const {
    const auto done = pushgateway(url_of(server))->deliver(message);
    EXPECT_TRUE(done) << done.error().what;
    return server.requests().back();
  }

  FaultServer server;
};

TEST_F(PushgatewayTest, PutsTheLastOutcomeUnderTheJob) {
  const auto request = sent(failed_run());
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/metrics/job/spark_exporter/namespace/etl/app/nightly");
  EXPECT_EQ(request.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(request.body,
            R"(# HELP spark_job_last_outcome How the job's last run ended: 1 for its state, 0 for the others.
# TYPE spark_job_last_outcome gauge
spark_job_last_outcome{state="succeeded"} 0
spark_job_last_outcome{state="failed"} 1
spark_job_last_outcome{state="cancelled"} 0
spark_job_last_outcome{state="unknown"} 0
# HELP spark_job_last_end_timestamp_seconds When the job's last run ended.
# TYPE spark_job_last_end_timestamp_seconds gauge
spark_job_last_end_timestamp_seconds 1795441027.000
# HELP spark_job_last_duration_seconds How long the job's last run took.
# TYPE spark_job_last_duration_seconds gauge
spark_job_last_duration_seconds 600.000
)");
}

TEST_F(PushgatewayTest, LeavesOutWhatIsNotKnown) {
  auto message = run_that_ended(State::kSucceeded);
  message.verdict.started.reset();
  const auto body = sent(message).body;
  EXPECT_NE(body.find("{state=\"succeeded\"} 1\n"), std::string::npos);
  EXPECT_NE(body.find("spark_job_last_end_timestamp_seconds 1795441027.000\n"), std::string::npos);
  EXPECT_EQ(body.find("duration"), std::string::npos);
  message.verdict.ended.reset();
  EXPECT_EQ(sent(message).body.find("timestamp"), std::string::npos);
  message = failed_run();
  message.verdict.ended = *message.verdict.started - std::chrono::seconds{1};  // clocks of two machines
  EXPECT_EQ(sent(message).body.find("duration"), std::string::npos);
}

TEST_F(PushgatewayTest, WhatHasNotEndedIsUnknown) {
  for (const auto state : {State::kUnknown, State::kRunning, State::kPending, State::kRetrying}) {
    const auto body = sent(run_that_ended(state)).body;
    EXPECT_NE(body.find("{state=\"unknown\"} 1\n"), std::string::npos) << to_string(state);
    EXPECT_EQ(body.find("\"} 1\n"), body.rfind("\"} 1\n")) << to_string(state);
  }
}

TEST_F(PushgatewayTest, EncodesNamesThatAPathDoesNotCarry) {
  const std::pair<std::string, std::string> cases[] = {
      {"sales-2024_v1.2~x", "/app/sales-2024_v1.2~x"},
      {"a/b", "/app@base64/YS9i"},
      {"say \"hi\"", "/app@base64/c2F5ICJoaSI"},
      {"größe", "/app@base64/Z3LDtsOfZQ"},
      {"..", "/app@base64/Li4"},
      {".", "/app@base64/Lg"},
      {"", "/app@base64/="},
      {"bad\xFF", "/app@base64/YmFk77-9"},
      {std::string(300, 'a'), "/app/" + std::string(200, 'a')},
  };
  for (const auto& [app, expected] : cases) {
    auto message = failed_run();
    message.app = app;
    EXPECT_EQ(sent(message).target, "/metrics/job/spark_exporter/namespace/etl" + expected);
  }
}

TEST_F(PushgatewayTest, SpeaksBelowTheUrlsPath) {
  EXPECT_TRUE(pushgateway(url_of(server, "/push"))->deliver(failed_run()));
  EXPECT_EQ(server.requests().back().path, "/push/metrics/job/spark_exporter/namespace/etl/app/nightly");
}

TEST_F(PushgatewayTest, ShowsWhyItWasRefused) {
  server.set_fallback([](const ReceivedRequest&) {
    auto reply = replies::status(400);
    reply.body = "text format parsing error\nin line 1";
    return reply;
  });
  const auto done = pushgateway(url_of(server))->deliver(failed_run());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kMalformed);
  EXPECT_NE(done.error().what.find("HTTP 400: \"text format parsing error\\nin line 1\""), std::string::npos)
      << done.error().what;
  server.set_fallback([](const ReceivedRequest&) { return replies::status(503); });
  EXPECT_EQ(pushgateway(url_of(server))->deliver(failed_run()).error().kind, ErrorKind::kStatus);
}

/// Whoever is in between for a moment says nothing about the message: it is tried again.
TEST_F(PushgatewayTest, AnAnswerThatCannotBeReadIsNoRefusal) {
  const std::string flood = "HTTP/1.1 200 OK\r\nX-Fill: " + std::string(1U << 20U, 'f') + "\r\n";
  for (const auto& bytes : {flood, std::string("\x01\x02 no HTTP\r\n\r\n")}) {
    server.set_fallback([&](const ReceivedRequest&) { return replies::raw(bytes); });
    EXPECT_EQ(pushgateway(url_of(server))->deliver(failed_run()).error().kind, ErrorKind::kProtocol);
  }
}

}  // namespace
}  // namespace spark_exporter::delivery
