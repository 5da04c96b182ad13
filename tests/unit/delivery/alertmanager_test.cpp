#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "exporter/delivery/channels.hpp"
#include "exporter/kubernetes/text.hpp"
#include "tests/unit/delivery/sample.hpp"

namespace spark_exporter::delivery {
namespace {

using nlohmann::json;
using outcome::Reason;
using outcome::State;
using spark_exporter::test::FaultServer;
using test::failed_run;
using test::run_that_ended;
using test::url_of;
namespace replies = spark_exporter::test::replies;

class AlertmanagerTest : public testing::Test {
 protected:
  AlertmanagerTest() { server.on("/api/v2/alerts", replies::status(200)); }

  json sent(const outcome::LastWordsMessage& message) const {
    const auto done = alertmanager(url_of(server))->deliver(message);
    EXPECT_TRUE(done) << done.error().what;
    return json::parse(server.requests().back().body);
  }

  static kubernetes::TimePoint time(const json& alert, const char* member) {
    return kubernetes::parse_time(alert.at(member).get<std::string>()).value();
  }
  static bool fires(const json& alert) {
    return time(alert, "endsAt") > std::chrono::system_clock::now() + std::chrono::hours{23};
  }

  FaultServer server;
};

TEST_F(AlertmanagerTest, FiresForTheReasonAndEndsTheOthers) {
  const json alerts = sent(failed_run());
  EXPECT_EQ(server.requests().back().method, "POST");
  EXPECT_EQ(server.requests().back().header("content-type"), "application/json");
  ASSERT_EQ(alerts.size(), static_cast<std::size_t>(outcome::kReasons - 1));
  std::set<std::string> reasons;
  for (const json& alert : alerts) {
    json labels = alert.at("labels");
    const auto reason = labels.at("reason").get<std::string>();
    reasons.insert(reason);
    EXPECT_EQ(fires(alert), reason == "UserError") << alert;
    labels.erase("reason");
    EXPECT_EQ(labels, json::parse(R"({"alertname":"SparkJobFailedDirect","severity":"critical","namespace":"etl",
                                      "app":"nightly"})"));
    if (!fires(alert)) continue;
    EXPECT_EQ(alert.at("startsAt"), "2026-11-23T13:37:07.000Z");
    EXPECT_EQ(alert.at("annotations").at("description"),
              "nightly failed: UserError, exit code 3, java.lang.IllegalStateException: "
              "container ended with exit code 3");
  }
  EXPECT_EQ(reasons.size(), alerts.size());
}

TEST_F(AlertmanagerTest, AFailureWithoutReasonIsUnknown) {
  auto message = failed_run();
  message.verdict.reason = Reason::kNone;
  int firing = 0;
  for (const json& alert : sent(message)) {
    if (!fires(alert)) continue;
    ++firing;
    EXPECT_EQ(alert.at("labels").at("reason"), "Unknown");
  }
  EXPECT_EQ(firing, 1);
}

TEST_F(AlertmanagerTest, AGoodRunEndsAll) {
  const json alerts = sent(run_that_ended(State::kSucceeded));
  ASSERT_EQ(alerts.size(), static_cast<std::size_t>(outcome::kReasons - 1));
  for (const json& alert : alerts) {
    EXPECT_LE(time(alert, "endsAt"), std::chrono::system_clock::now()) << alert;
  }
}

TEST_F(AlertmanagerTest, OtherEndsChangeNothing) {
  const auto one = alertmanager(url_of(server));
  for (const auto state : {State::kCancelled, State::kUnknown, State::kRetrying, State::kRunning}) {
    EXPECT_TRUE(one->deliver(run_that_ended(state))) << to_string(state);
    EXPECT_EQ(one->repeat(), std::chrono::milliseconds{0}) << to_string(state);
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(AlertmanagerTest, IsResentWhileItFires) {
  const auto one = alertmanager(url_of(server), std::chrono::milliseconds{7});
  EXPECT_TRUE(one->deliver(failed_run()));
  EXPECT_EQ(one->repeat(), std::chrono::milliseconds{7});
  EXPECT_TRUE(one->deliver(run_that_ended(State::kSucceeded)));
  EXPECT_EQ(one->repeat(), std::chrono::milliseconds{0});
  EXPECT_EQ(alertmanager(url_of(server))->repeat(), std::chrono::milliseconds{0});
}

TEST_F(AlertmanagerTest, SendsValidTextOnly) {
  auto message = failed_run();
  message.app = "größe \"x\"\\\n\xFF";
  message.verdict.evidence = std::string(5000, 'e');
  const json alert = sent(message).at(0);
  EXPECT_EQ(alert.at("labels").at("app"), "größe \"x\"\\\n\xEF\xBF\xBD");
  EXPECT_LE(alert.at("annotations").at("description").get<std::string>().size(), 1024U);
}

TEST_F(AlertmanagerTest, JudgesTheAnswer) {
  const std::pair<unsigned, ErrorKind> cases[] = {{301, ErrorKind::kRedirect},
                                                  {400, ErrorKind::kMalformed},
                                                  {401, ErrorKind::kUnauthorized},
                                                  {404, ErrorKind::kNotFound},
                                                  {500, ErrorKind::kStatus}};
  for (const auto& [status, kind] : cases) {
    server.on("/api/v2/alerts", replies::status(status));
    EXPECT_EQ(alertmanager(url_of(server))->deliver(failed_run()).error().kind, kind) << status;
  }
}

}  // namespace
}  // namespace spark_exporter::delivery
