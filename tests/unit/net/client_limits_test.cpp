// Bodies of any size cost at most the limit, and little memory.

#include <gtest/gtest.h>

#include <istream>
#include <string>

#include "tests/support/fault_server.hpp"
#include "tests/unit/net/fetch.hpp"

namespace spark_exporter::net {
namespace {

using test::FaultServer;
using test::Reply;
namespace replies = test::replies;

constexpr std::uint64_t kGiB = 1ULL << 30;
constexpr std::uint64_t kLimit = 200'000;

TEST(ClientLimits, TheBodyLimitIsExactInEveryFraming) {
  struct {
    const char* name;
    Reply (*reply)(std::string body);
  } const cases[] = {
      {"length", [](std::string body) { return replies::json(std::move(body)); }},
      {"chunked", [](std::string body) { return Reply(replies::json(std::move(body)).chunked(1'000)); }},
      {"until close", [](std::string body) { return Reply(replies::json(std::move(body)).until_close()); }},
      {"gzip", [](std::string body) { return Reply(replies::json(std::move(body)).gzipped()); }},
  };
  FaultServer server;
  for (const auto& c : cases) {
    server.on("/fits", c.reply(std::string(kLimit, 'x')));
    server.on("/not", c.reply(std::string(kLimit + 1, 'x')));
    const auto client = client_for(server.url());
    Request request = request_for("/fits");
    request.body_limit = kLimit;
    EXPECT_EQ(fetch(*client, request).body.size(), kLimit) << c.name;
    request.target = "/not";
    const Fetched past = fetch(*client, request);
    EXPECT_EQ(past.kind(), ErrorKind::kTooLarge) << c.name;
    EXPECT_LE(past.body.size(), kLimit) << c.name;
    request.body_limit = 0;
    EXPECT_EQ(fetch(*client, request).body.size(), kLimit + 1) << c.name;
  }
}

TEST(ClientLimits, AGigabyteIsNotReadToItsEnd) {
  FaultServer server;
  server.on("/plain", replies::huge(kGiB));
  server.on("/declared", replies::huge(kGiB).declaring(kGiB));
  server.on("/bomb", replies::gzip_bomb(kGiB));
  for (const char* target : {"/plain", "/declared", "/bomb"}) {
    const auto client = client_for(server.url());
    Request request = request_for(target);
    request.body_limit = kLimit;
    EXPECT_EQ(fetch(*client, request).kind(), ErrorKind::kTooLarge) << target;
    EXPECT_LT(client->stats().body_bytes, kLimit + 64 * 1024) << target;
    EXPECT_LT(client->stats().bytes_received, kLimit + 128 * 1024) << target;
  }
}

/// Members without content never reach the limit; the deadline ends them.
TEST(ClientLimits, EndlessEmptyGzipEndsAtTheDeadline) {
  FaultServer server;
  Reply reply = replies::gzip_bomb(1);
  reply.generate = [empty = test::gzip("")](std::uint64_t) { return empty; };
  server.on("/x", reply);
  const auto client = client_for(server.url());
  Request request = request_for("/x");
  request.timeout = kShort;
  EXPECT_EQ(fetch(*client, request).kind(), ErrorKind::kTimeout);
}

TEST(ClientLimits, AConsumerThatWantsNothingDoesNotReadAGigabyte) {
  FaultServer server;
  server.on("/plain", replies::huge(kGiB));
  const auto client = client_for(server.url());
  EXPECT_TRUE(client->get(request_for("/plain"), [](const ResponseHead&, std::istream&) { return Result<void>(); }));
  EXPECT_LT(client->stats().bytes_received, 256u * 1024);
}

}  // namespace
}  // namespace spark_exporter::net
