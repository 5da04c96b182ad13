// Against a server that answers as an observer does, or as none should.

#include <gtest/gtest.h>

#include <future>

#include "exporter/common/limits.hpp"
#include "exporter/delivery/channels.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/delivery/sample.hpp"

namespace spark_exporter::delivery {
namespace {

using spark_exporter::test::End;
using spark_exporter::test::FaultServer;
using spark_exporter::test::Folder;
using spark_exporter::test::ReceivedRequest;
using test::failed_run;
using test::url_of;
namespace replies = spark_exporter::test::replies;

constexpr const char* kPath = "/api/v1/last-words";
constexpr const char* kToken = "secret-token-1";

class ObserverTest : public testing::Test {
 protected:
  ObserverTest() { folder.write("token", kToken); }

  std::unique_ptr<Channel> channel() const { return observer(url_of(server), {}, folder.file("token")); }

  Folder folder;
  FaultServer server;
};

TEST_F(ObserverTest, PostsTheMessageWithTheToken) {
  server.on(kPath, replies::json("{}"));
  const auto one = channel();
  EXPECT_EQ(one->name(), Name::kObserver);
  EXPECT_EQ(one->repeat(), std::chrono::milliseconds{0});
  const auto done = one->deliver(failed_run());
  ASSERT_TRUE(done) << done.error().what;
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.header("authorization"), std::string("Bearer ") + kToken);
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.body, outcome::encode(failed_run(), limits::kLastWordsBytes));
}

TEST_F(ObserverTest, SpeaksBelowTheUrlsPath) {
  server.on("/spark/api/v1/last-words", replies::status(204));
  const auto one = observer(url_of(server, "/spark/"), {}, folder.file("token"));
  EXPECT_TRUE(one->deliver(failed_run()));
}

TEST_F(ObserverTest, ReadsTheTokenAtEachTry) {
  server.on(kPath, replies::status(202));
  const auto one = channel();
  EXPECT_TRUE(one->deliver(failed_run()));
  folder.write("token", "secret-token-two");
  EXPECT_TRUE(one->deliver(failed_run()));
  EXPECT_EQ(server.requests().at(1).header("authorization"), "Bearer secret-token-two");
}

TEST_F(ObserverTest, SendsNoTokenWhereThereIsNone) {
  server.on(kPath, replies::status(200));
  EXPECT_TRUE(observer(url_of(server), {}, "")->deliver(failed_run()));
  EXPECT_EQ(server.requests().at(0).headers.count("authorization"), 0U);
}

TEST_F(ObserverTest, ATokenThatIsNotThereYetIsTriedAgain) {
  const auto one = observer(url_of(server), {}, folder.file("none"));
  const auto done = one->deliver(failed_run());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kIo);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(ObserverTest, ARefusedTokenIsReadAgainOnce) {
  server.set_fallback([&](const ReceivedRequest& request) {
    if (request.header("authorization") == "Bearer secret-token-2") return replies::status(200);
    folder.write("token", "secret-token-2");
    return replies::status(401);
  });
  EXPECT_TRUE(channel()->deliver(failed_run()));
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(ObserverTest, ATokenThatStaysIsNotShownTwice) {
  server.set_fallback([](const ReceivedRequest&) { return replies::status(401); });
  EXPECT_EQ(channel()->deliver(failed_run()).error().kind, ErrorKind::kUnauthorized);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(ObserverTest, JudgesTheAnswer) {
  const std::pair<unsigned, ErrorKind> cases[] = {
      {301, ErrorKind::kRedirect},  {400, ErrorKind::kMalformed}, {401, ErrorKind::kUnauthorized},
      {403, ErrorKind::kForbidden}, {404, ErrorKind::kStatus},  // it does not know the pod yet
      {408, ErrorKind::kStatus},    {413, ErrorKind::kTooLarge},  {429, ErrorKind::kStatus},
      {500, ErrorKind::kStatus},    {503, ErrorKind::kStatus}};
  for (const auto& [status, kind] : cases) {
    server.on(kPath, replies::status(status));
    const auto done = channel()->deliver(failed_run());
    ASSERT_FALSE(done) << status;
    EXPECT_EQ(done.error().kind, kind) << status;
    EXPECT_NE(done.error().what.find("HTTP " + std::to_string(status)), std::string::npos) << done.error().what;
  }
}

TEST_F(ObserverTest, NamesTheTransportsErrors) {
  server.on(kPath, replies::nothing(End::kReset));
  EXPECT_EQ(channel()->deliver(failed_run()).error().kind, ErrorKind::kReset);
  server.stop();
  EXPECT_EQ(channel()->deliver(failed_run()).error().kind, ErrorKind::kConnect);
}

TEST_F(ObserverTest, NoErrorShowsTheToken) {
  const auto echo = [](const ReceivedRequest& request) {
    return replies::json(request.header("authorization")).with_header("X-Seen", request.header("authorization"));
  };
  for (const unsigned status : {302U, 400U, 401U, 403U, 404U, 500U}) {
    server.on(kPath, [&](const ReceivedRequest& request) { return echo(request).with_status(status); });
    const auto done = channel()->deliver(failed_run());
    ASSERT_FALSE(done) << status;
    EXPECT_EQ(done.error().what.find("secret"), std::string::npos) << done.error().what;
  }
  folder.write("token", "secret with a blank");
  EXPECT_EQ(channel()->deliver(failed_run()).error().what.find("with a blank"), std::string::npos);
  folder.write("token", kToken);
  server.stop();
  EXPECT_EQ(channel()->deliver(failed_run()).error().what.find("secret"), std::string::npos);
}

TEST_F(ObserverTest, CancelEndsATryUnderWay) {
  server.on(kPath, replies::nothing(End::kHang));
  const auto one = channel();
  auto done = std::async(std::launch::async, [&] { return one->deliver(failed_run()); });
  ASSERT_TRUE(server.wait_for_requests(1));
  one->cancel();
  EXPECT_EQ(done.get().error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace spark_exporter::delivery
