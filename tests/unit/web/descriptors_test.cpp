// No file descriptor is left, or the limit is lowered while the server runs: scrapes are answered all the same.

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "exporter/common/spare_descriptors.hpp"
#include "exporter/web/server.hpp"
#include "tests/support/no_descriptors.hpp"
#include "tests/unit/web/socket_client.hpp"

namespace spark_exporter::web {
namespace {

using test::NoDescriptors;

constexpr char kRequest[] = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

std::unique_ptr<Server> started() {
  ServerOptions options;
  options.listen_addresses = {"127.0.0.1:0"};
  auto server = start_server(options, {{"/metrics", "GET", [](const HttpRequest&) {
                                          HttpResponse response;
                                          response.body = "up 1\n";
                                          return response;
                                        }}});
  EXPECT_TRUE(server) << (server ? "" : server.error().what);
  return server ? std::move(*server) : nullptr;
}

/// Clients whose sockets were opened while there were descriptors; both ends are in this process.
std::vector<std::unique_ptr<SocketClient>> clients(std::size_t count) {
  std::vector<std::unique_ptr<SocketClient>> opened(count);
  for (auto& client : opened) client = std::make_unique<SocketClient>();
  return opened;
}

TEST(NoDescriptorLeft, ScrapesAreAnsweredAllTheSame) {
  const auto server = started();
  const std::string address = server->addresses().at(0);
  auto opened = clients(200);
  const NoDescriptors none;
  for (auto& client : opened) {
    ASSERT_TRUE(client->connect(address));
    ASSERT_TRUE(client->send(kRequest));
    ASSERT_EQ(parse_answer(client->read_all()).body, "up 1\n");
    client->end_sending();
  }
  EXPECT_EQ(server->refused(), 0U);
}

TEST(NoDescriptorLeft, SeveralAtOnceAreAnsweredToo) {
  const auto server = started();
  const std::string address = server->addresses().at(0);
  auto opened = clients(SpareDescriptors::kCount / SpareDescriptors::kPerRequest - 1);
  const NoDescriptors none;
  for (auto& client : opened) ASSERT_TRUE(client->connect(address));
  for (auto& client : opened) ASSERT_TRUE(client->send(kRequest));
  for (auto& client : opened) ASSERT_EQ(parse_answer(client->read_all()).body, "up 1\n");
}

TEST(NoDescriptorLeft, WhoSaysNothingKeepsNobodyOut) {
  const auto server = started();
  const std::string address = server->addresses().at(0);
  auto silent = clients(3 * SpareDescriptors::kCount);
  auto opened = clients(20);
  const NoDescriptors none;
  for (auto& client : silent) ASSERT_TRUE(client->connect(address));
  for (auto& client : opened) {
    ASSERT_TRUE(client->connect(address));
    ASSERT_TRUE(client->send(kRequest));
    ASSERT_EQ(parse_answer(client->read_all()).body, "up 1\n");
  }
}

TEST(NoDescriptorLeft, WhoTakesWhatIsLentOnceDoesNotEndIt) {
  const auto server = started();
  const std::string address = server->addresses().at(0);
  auto opened = clients(20);
  NoDescriptors none;
  for (std::size_t i = 0; i < opened.size(); ++i) {
    ASSERT_TRUE(opened[i]->connect(address));
    ASSERT_TRUE(opened[i]->send(kRequest));
    ASSERT_EQ(parse_answer(opened[i]->read_all()).body, "up 1\n");
    opened[i]->end_sending();
    // Another thread, that was quicker; whoever opens connections asks first.
    if (!SpareDescriptors::low()) none.take_all();
  }
}

TEST(SpareDescriptors, AreLowUntilTheyCanBeTakenBack) {
  SpareDescriptors spares;
  EXPECT_FALSE(SpareDescriptors::low());
  {
    NoDescriptors none;
    {
      const auto loan = spares.lend();
      EXPECT_EQ(none.take_all(), SpareDescriptors::kPerRequest);
      EXPECT_FALSE(SpareDescriptors::low());
    }
    while (spares.lend_one()) none.take_all();
    spares.refill();
    EXPECT_TRUE(SpareDescriptors::low());
  }
  spares.refill();
  EXPECT_FALSE(SpareDescriptors::low());
}

}  // namespace
}  // namespace spark_exporter::web
