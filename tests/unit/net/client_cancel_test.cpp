// cancel() from another thread, whatever the client is at.

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <istream>
#include <iterator>
#include <limits>
#include <random>
#include <thread>

#include "exporter/net/client_with_lookup.hpp"
#include "tests/support/fault_server.hpp"
#include "tests/unit/net/fetch.hpp"

namespace spark_exporter::net {
namespace {

using test::End;
using test::FaultServer;
namespace replies = test::replies;

/// Cancels as soon as `ready` returns; expects the request, and the next one, to end with that.
void expect_cancelled(HttpClient& client, const Request& request, const std::function<void()>& ready) {
  std::thread canceller([&] {
    ready();
    client.cancel();
  });
  EXPECT_EQ(fetch(client, request).kind(), ErrorKind::kCancelled);
  canceller.join();
  EXPECT_EQ(fetch(client, request).kind(), ErrorKind::kCancelled);
}

Request endless(std::string target) {
  Request request = request_for(std::move(target));
  request.timeout = milliseconds{0};
  return request;
}

TEST(ClientCancel, Before) {
  FaultServer server;
  const auto client = client_for(server.url());
  client->cancel();
  client->cancel();
  EXPECT_EQ(fetch(*client, "/x").kind(), ErrorKind::kCancelled);
  EXPECT_EQ(server.requests().size(), 0u);
}

TEST(ClientCancel, WhileResolving) {
  std::promise<void> asked;
  std::promise<void> let_go;
  ClientOptions options = options_for("http://name:80");
  options.connect_timeout = milliseconds{0};
  const auto client =
      make_http_client(options, [&asked, go = let_go.get_future().share()](const std::string&) -> Result<Addresses> {
        asked.set_value();
        go.wait();
        return Addresses{"127.0.0.1"};
      });
  expect_cancelled(*client, endless("/x"), [&] { asked.get_future().wait(); });
  let_go.set_value();
}

TEST(ClientCancel, WhileWaitingForTheHead) {
  FaultServer server;
  server.on("/x", replies::nothing(End::kHang));
  const auto client = client_for(server.url());
  expect_cancelled(*client, endless("/x"), [&] { EXPECT_TRUE(server.wait_for_requests(1)); });
}

TEST(ClientCancel, WhileReadingTheBody) {
  FaultServer server;
  server.on("/x", replies::json("event\n").chunked().cut_after(6, End::kHang));
  const auto client = client_for(server.url());
  std::promise<void> reading;
  std::thread canceller([&] {
    reading.get_future().wait();
    client->cancel();
  });
  std::string line;
  const auto result = client->get(endless("/x"), [&](const ResponseHead&, std::istream& body) -> Result<void> {
    std::getline(body, line);
    reading.set_value();
    body.ignore(std::numeric_limits<std::streamsize>::max());
    return {};
  });
  canceller.join();
  EXPECT_EQ(line, "event");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kCancelled);
}

TEST(ClientCancel, WhileTheConsumerWorks) {
  FaultServer server;
  server.on("/x", replies::json("{}"));
  const auto client = client_for(server.url());
  const auto result = client->get(request_for("/x"), [&](const ResponseHead&, std::istream&) -> Result<void> {
    std::thread([&] { client->cancel(); }).join();
    return {};
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kCancelled);
}

TEST(ClientCancel, After) {
  FaultServer server;
  server.on("/x", replies::json("{}"));
  const auto client = client_for(server.url());
  EXPECT_TRUE(fetch(*client, "/x").result);
  client->cancel();
  EXPECT_EQ(fetch(*client, "/x").kind(), ErrorKind::kCancelled);
}

/// Against a client that is never idle, at moments of no particular choice: the loop must end.
TEST(ClientCancel, AtAnyMoment) {
  FaultServer server;
  server.on("/x", replies::json("{}").with_header("Connection", "close"));
  std::mt19937 random(20240229);  // NOLINT: the same moments in every run, as far as the scheduler lets them be
  for (int round = 0; round < 30; ++round) {
    const auto client = client_for(server.url());
    const std::uint64_t after_requests = random() % 8;
    std::thread canceller([&] {
      while (client->stats().requests < after_requests) {
        std::this_thread::yield();
      }
      client->cancel();
    });
    Fetched fetched;
    do {
      fetched = fetch(*client, "/x");
    } while (fetched.result);
    EXPECT_EQ(fetched.kind(), ErrorKind::kCancelled) << fetched.what();
    canceller.join();
  }
}

}  // namespace
}  // namespace spark_exporter::net
