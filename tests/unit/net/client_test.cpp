// What the client does with a server that behaves.

#include <gtest/gtest.h>

#include <istream>
#include <stdexcept>
#include <thread>

#include "tests/support/fault_server.hpp"
#include "tests/unit/net/fetch.hpp"

namespace spark_exporter::net {
namespace {

using test::End;
using test::FaultServer;
using test::Gate;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

std::string long_json() {
  std::string text = "[";
  for (int i = 0; i < 20'000; ++i) {
    text += std::to_string(i * 7919 % 10007) + ",";
  }
  return text + "0]";
}

TEST(Client, ReadsBodiesOfEveryFraming) {
  FaultServer server;
  const std::string text = long_json();
  struct {
    const char* name;
    Reply reply;
    std::string body;
  } const cases[] = {
      {"length", replies::json(text), text},
      {"chunked", replies::json(text).chunked(999), text},
      {"tiny chunks", replies::json("hello").chunked(1), "hello"},
      {"until close", replies::json(text).until_close(), text},
      {"gzip", replies::json(text).gzipped(), text},
      {"gzip, chunked", replies::json(text).gzipped().chunked(777), text},
      {"gzip, until close", replies::json(text).gzipped().until_close(), text},
      {"empty", replies::json(""), ""},
      {"empty, said to be gzip", replies::json("").with_header("Content-Encoding", "gzip"), ""},
      {"identity", replies::json("x").with_header("Content-Encoding", "identity"), "x"},
      {"no body", replies::status(204), ""},
      {"after 1xx", replies::raw("HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "hi"},
  };
  for (const auto& c : cases) {
    server.on("/x", c.reply);
    const auto client = client_for(server.url());
    const Fetched fetched = fetch(*client, "/x");
    EXPECT_TRUE(fetched.result) << c.name << ": " << fetched.what();
    EXPECT_EQ(fetched.body, c.body) << c.name;
    EXPECT_EQ(client->stats().body_bytes, c.body.size()) << c.name;
  }
}

TEST(Client, PassesHeadsOnWithoutJudging) {
  FaultServer server;
  server.on("/moved", replies::redirect("https://h:4440/jobs/"));
  server.on("/starting", replies::html());
  server.on("/busy", replies::status(503).with_header("Retry-After", "9"));
  const auto client = client_for(server.url());

  const Fetched moved = fetch(*client, "/moved");
  EXPECT_EQ(moved.head.status, 302u);
  EXPECT_EQ(moved.head.location, "https://h:4440/jobs/");
  EXPECT_EQ(fetch(*client, "/starting").head.content_type, "text/html");
  EXPECT_EQ(fetch(*client, "/busy").head.retry_after_seconds, 9u);
  EXPECT_EQ(fetch(*client, "/none").head.status, 404u);
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(server.connections(), 1u);
}

TEST(Client, SendsWhatWasAsked) {
  FaultServer server;
  server.on("/proxy/x", replies::json("{}"));
  ClientOptions options = options_for(server.url("/proxy/"));
  options.user_agent = "me/1";
  const auto client = make_http_client(options);
  Request request = request_for("/x?a=b");
  request.method = "POST";
  request.headers = {{"Authorization", "Bearer t"}};
  request.body = std::string(100'000, 'b');
  ASSERT_TRUE(fetch(*client, request).result);

  const ReceivedRequest got = server.requests().at(0);
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.target, "/proxy/x?a=b");
  EXPECT_EQ(got.body, request.body);
  EXPECT_EQ(got.header("authorization"), "Bearer t");
  EXPECT_EQ(got.header("user-agent"), "me/1");
  EXPECT_EQ(got.header("accept-encoding"), "gzip");
  EXPECT_EQ(got.header("host"), "127.0.0.1:" + std::to_string(server.port()));
}

TEST(Client, HeadHasNoBodyAndKeepsTheConnection) {
  FaultServer server;
  server.on("/x", replies::json("hello"));
  const auto client = client_for(server.url());
  Request request = request_for("/x");
  request.method = "HEAD";
  EXPECT_EQ(fetch(*client, request).body, "");
  EXPECT_EQ(fetch(*client, "/x").body, "hello");
  EXPECT_EQ(client->stats().connections, 1u);
}

TEST(Client, KeepsTheConnectionWhereItCan) {
  FaultServer server;
  const std::string large(1 << 20, 'x');
  server.on("/small", replies::json("{}").chunked());
  server.on("/medium", replies::json(std::string(60'000, 'x')).chunked());
  server.on("/large", replies::json(large));
  server.on("/close", replies::json("{}").with_header("Connection", "close"));
  server.on("/overlong", replies::raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n", End::kHang));
  struct {
    const char* path;
    bool read;
    std::uint64_t connections;  ///< after it and one more request
  } const cases[] = {
      {"/small", true, 1},  {"/small", false, 1}, {"/medium", false, 1},  {"/large", true, 1},
      {"/large", false, 2}, {"/close", true, 2},  {"/overlong", true, 2},
  };
  for (const auto& c : cases) {
    const auto client = client_for(server.url());
    const auto result = client->get(request_for(c.path), [&](const ResponseHead&, std::istream& body) -> Result<void> {
      if (c.read) {
        body.ignore(std::numeric_limits<std::streamsize>::max());
      }
      return {};
    });
    EXPECT_TRUE(result) << c.path;
    EXPECT_EQ(fetch(*client, "/small").body, "{}") << c.path;
    EXPECT_EQ(client->stats().connections, c.connections) << c.path << (c.read ? "" : " unread");
    EXPECT_EQ(client->stats().requests, 2u);
  }
}

TEST(Client, KeepsTheConnectionWhenTheConsumerFails) {
  FaultServer server;
  server.on("/x", replies::json("{}"));
  const auto client = client_for(server.url());
  const auto failed = client->get(request_for("/x"), [](const ResponseHead&, std::istream&) -> Result<void> {
    return Error{ErrorKind::kMalformed, "not for me"};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(failed.error().what, "not for me");
  EXPECT_TRUE(fetch(*client, "/x").result);
  EXPECT_EQ(client->stats().connections, 1u);
}

TEST(Client, AThrowingConsumerCostsTheConnection) {
  FaultServer server;
  server.on("/x", replies::json("{}"));
  const auto client = client_for(server.url());
  EXPECT_THROW(static_cast<void>(client->get(
                   request_for("/x"),
                   [](const ResponseHead&, std::istream&) -> Result<void> { throw std::runtime_error("broken"); })),
               std::runtime_error);
  EXPECT_EQ(fetch(*client, "/x").body, "{}");
  EXPECT_EQ(client->stats().connections, 2u);
}

TEST(Client, StreamsWhatHasComeBeforeTheRestIsThere) {
  FaultServer server;
  const auto gate = std::make_shared<Gate>();
  gate->release();
  server.on("/watch", replies::json("first\nlast\n").chunked().gated(gate, 6));
  const auto client = client_for(server.url());
  Request watch = request_for("/watch");
  watch.timeout = milliseconds{0};
  watch.idle_timeout = kPatient;
  watch.body_limit = 0;
  std::string first;
  std::string last;
  const auto result = client->get(watch, [&](const ResponseHead&, std::istream& body) -> Result<void> {
    std::getline(body, first);
    gate->open();  // the rest is sent only after the first line was read here
    std::getline(body, last);
    return {};
  });
  EXPECT_TRUE(result);
  EXPECT_EQ(first, "first");
  EXPECT_EQ(last, "last");
}

TEST(Client, CountsBytesOnTheWireAndDecoded) {
  FaultServer server;
  const std::string text(100'000, 'a');
  server.on("/x", replies::json(text).gzipped());
  const auto client = client_for(server.url());
  ASSERT_TRUE(fetch(*client, "/x").result);
  const ClientStats stats = client->stats();
  EXPECT_EQ(stats.body_bytes, text.size());
  EXPECT_GT(stats.bytes_received, test::gzip(text).size());
  EXPECT_LT(stats.bytes_received, test::gzip(text).size() + 200);
}

TEST(Client, FindsLocalhost) {
  FaultServer server;
  server.on("/x", replies::json("{}"));
  const auto client = client_for("http://localhost:" + std::to_string(server.port()));
  EXPECT_TRUE(fetch(*client, "/x").result);
}

}  // namespace
}  // namespace spark_exporter::net
