// Who may post to /api/v1: loopback, and from elsewhere who has the token of a file.

#include "exporter/app/api_intake.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "exporter/common/limits.hpp"
#include "tests/support/folder.hpp"

namespace spark_exporter::app {
namespace {

constexpr std::size_t kMost = 100;

web::HttpRequest request(bool loopback, const std::string& authorization = "", std::size_t body = 1) {
  web::HttpRequest request;
  request.method = "POST";
  request.peer_is_loopback = loopback;
  request.authorization = authorization;
  request.body.assign(body, 'x');
  return request;
}

int status(const IntakeGuard& guard, const web::HttpRequest& request) {
  const auto refusal = guard.refuse(request, kMost);
  return refusal ? refusal->status : 0;
}

class Guard : public testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(file_, std::ios::trunc) << text; }

  test::Folder folder_;
  const std::string file_ = folder_.path() + "/token";
};

TEST_F(Guard, IsForLoopbackAloneWithoutATokenFile) {
  const IntakeGuard guard("");
  EXPECT_EQ(status(guard, request(true)), 0);
  EXPECT_EQ(status(guard, request(false)), 403);
  EXPECT_EQ(status(guard, request(false, "Bearer anything")), 403);
  EXPECT_FALSE(guard.shows_token(request(false, "Bearer ")));
}

TEST_F(Guard, LetsInFromElsewhereWhoShowsTheToken) {
  write("  s3cret-token\r\n");
  const IntakeGuard guard(file_);
  EXPECT_EQ(status(guard, request(false, "Bearer s3cret-token")), 0);
  EXPECT_EQ(status(guard, request(false, "bearer  s3cret-token")), 0);
  EXPECT_TRUE(guard.shows_token(request(false, "Bearer s3cret-token")));
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cret-tokem", "Bearer s3cret-token2", "Basic s3cret-token",
                            "s3cret-token"}) {
    const auto refusal = guard.refuse(request(false, wrong), kMost);
    ASSERT_TRUE(refusal) << wrong;
    EXPECT_EQ(refusal->status, 401) << wrong;
    EXPECT_EQ(refusal->headers.at(0), std::pair(std::string("WWW-Authenticate"), std::string("Bearer")));
    EXPECT_FALSE(guard.shows_token(request(false, wrong))) << wrong;
  }
  EXPECT_EQ(status(guard, request(true)), 0) << "loopback needs none";
}

TEST_F(Guard, FollowsATokenThatIsReplaced) {
  write("first");
  const IntakeGuard guard(file_);
  EXPECT_EQ(status(guard, request(false, "Bearer first")), 0);
  write("second");
  EXPECT_EQ(status(guard, request(false, "Bearer first")), 401);
  EXPECT_EQ(status(guard, request(false, "Bearer second")), 0);
}

TEST_F(Guard, LetsNobodyInWhileTheTokenCannotBeRead) {
  const IntakeGuard guard(file_);
  EXPECT_EQ(status(guard, request(false, "Bearer x")), 503) << "missing";
  write(" \n");
  EXPECT_EQ(status(guard, request(false, "Bearer x")), 503) << "empty";
  EXPECT_EQ(status(guard, request(false, "Bearer ")), 503);
  write(std::string(limits::kTokenBytes + 1, 'x'));
  EXPECT_EQ(status(guard, request(false, "Bearer x")), 503) << "too long";
  write(std::string(limits::kTokenBytes, 'x'));
  EXPECT_EQ(status(guard, request(false, "Bearer " + std::string(limits::kTokenBytes, 'x'))), 0);
  EXPECT_EQ(status(guard, request(true)), 0);
}

TEST_F(Guard, BoundsTheBody) {
  const IntakeGuard guard("");
  EXPECT_EQ(status(guard, request(true, "", kMost)), 0);
  EXPECT_EQ(status(guard, request(true, "", kMost + 1)), 413);
  EXPECT_EQ(status(guard, request(false, "", kMost + 1)), 403) << "who may not post at all is told that first";
}

}  // namespace
}  // namespace spark_exporter::app
