// Clients that wait, trickle, read slowly or come in crowds: they must disturb nobody.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/web/server_tuning.hpp"
#include "tests/unit/web/socket_client.hpp"

namespace spark_exporter::web {
namespace {

using std::chrono::milliseconds;

constexpr auto kShort = milliseconds{150};
/// Longer than any test: what ends by this deadline fails by ctest's.
constexpr auto kNever = std::chrono::hours{1};

constexpr std::string_view kGet = "GET /ok HTTP/1.1\r\n\r\n";
constexpr std::string_view kGetBig = "GET /big HTTP/1.1\r\n\r\n";

FrontTuning patient() {
  FrontTuning tuning;
  tuning.head_timeout = kNever;
  tuning.write_idle_timeout = kNever;
  tuning.response_timeout = kNever;
  return tuning;
}

/// A handler that says when it is reached, and waits until it may answer.
struct Door {
  explicit Door(int visitors) : reached(visitors) {}
  std::latch reached;
  std::latch may_answer{1};

  HttpResponse answer() {
    reached.count_down();
    may_answer.wait();
    HttpResponse response;
    response.body = "in";
    return response;
  }
};

std::unique_ptr<Server> started(const FrontTuning& tuning, int max_requests = 40, Door* door = nullptr) {
  const auto big = std::make_shared<const std::string>(5'000'000, 'b');
  std::vector<Route> routes;
  routes.push_back({"/ok", "GET", [](const HttpRequest&) {
                      HttpResponse response;
                      response.body = "ok";
                      return response;
                    }});
  routes.push_back({"/big", "GET", [big](const HttpRequest&) {
                      HttpResponse response;
                      response.keep_alive = big;
                      response.shared = *big;
                      return response;
                    }});
  routes.push_back({"/door", "GET", [door](const HttpRequest&) { return door->answer(); }});
  routes.push_back({"/post", "POST", [](const HttpRequest&) { return HttpResponse{}; }});
  ServerOptions options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.max_requests = max_requests;
  auto server = start_server(options, std::move(routes), tuning);
  EXPECT_TRUE(server) << (server ? "" : server.error().what);
  return server ? std::move(*server) : nullptr;
}

using Clients = std::vector<std::unique_ptr<SocketClient>>;

/// Connections whose request is under way: the first bytes of a body that does not fit into any buffer have come.
Clients slow_readers(const std::string& address, int count) {
  constexpr int kSmallBuffer = 4096;
  Clients clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<SocketClient>(address, kSmallBuffer));
    clients.back()->send(kGetBig);
    EXPECT_TRUE(clients.back()->read_some(16).starts_with("HTTP/1.1 200"));
  }
  return clients;
}

std::future<int> status_of_door(const std::string& address) {
  return std::async(std::launch::async, [address] { return get(address, "/door").status; });
}

TEST(SlowClients, DoNotDelayAScrape) {
  const auto server = started(patient());
  const std::string address = server->addresses().at(0);
  Clients idle;
  for (int i = 0; i < 100; ++i) idle.push_back(std::make_unique<SocketClient>(address));
  const Clients slow = slow_readers(address, 20);
  EXPECT_EQ(get(address, "/ok").body, "ok");
  EXPECT_EQ(get(address, "/big").body.size(), 5'000'000U);
  EXPECT_EQ(server->refused(), 0U);
  for (const auto& client : idle) {
    client->send(kGet);
    EXPECT_EQ(parse_answer(client->read_all()).body, "ok");
  }
}

TEST(SlowClients, DoNotDelayTheEnd) {
  auto server = started(patient());
  const std::string address = server->addresses().at(0);
  SocketClient idle(address);
  SocketClient half(address);
  half.send("GET /ok HTT");
  const Clients slow = slow_readers(address, 3);
  server.reset();
  idle.await_close();
  half.await_close();
  for (const auto& client : slow) client->await_close();
}

TEST(SlowClients, ReadWholeAnswersAtTheirOwnPace) {
  const auto server = started(patient());
  const Clients slow = slow_readers(server->addresses().at(0), 2);
  for (const auto& client : slow) {
    std::size_t total = 16;
    for (std::string more = client->read_some(3'000); !more.empty(); more = client->read_some(3'000)) {
      total += more.size();
    }
    EXPECT_GT(total, 5'000'000U);
  }
}

TEST(HeadTimeout, Answers408ToWhoHasBegunAndNothingToWhoHasNot) {
  FrontTuning tuning = patient();
  tuning.head_timeout = kShort;
  const auto server = started(tuning);
  const std::string address = server->addresses().at(0);
  SocketClient silent(address);
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_EQ(server->refused(), 0U);
  EXPECT_EQ(ask(address, "GET /ok HTTP/1.1\r\nHost:").status, 408);
  EXPECT_EQ(ask(address, "POST /post HTTP/1.1\r\nContent-Length: 3\r\n\r\nab").status, 408);
  EXPECT_EQ(server->refused(), 2U);
}

TEST(WriteTimeout, CutsOffWhoDoesNotRead) {
  FrontTuning tuning = patient();
  tuning.write_idle_timeout = kShort;
  const auto server = started(tuning, 1);
  const std::string address = server->addresses().at(0);
  const Clients slow = slow_readers(address, 1);
  slow.front()->await_close();
  EXPECT_EQ(server->refused(), 1U);
  EXPECT_EQ(get(address, "/ok").body, "ok") << "its place is free again";
}

TEST(ResponseTimeout, CutsOffWhoReadsForTooLong) {
  FrontTuning tuning = patient();
  tuning.response_timeout = kShort;
  const auto server = started(tuning, 1);
  const Clients slow = slow_readers(server->addresses().at(0), 1);
  slow.front()->await_close();
  EXPECT_EQ(server->refused(), 1U);
}

TEST(ResponseTimeout, Answers504WhereTheHandlerHangs) {
  FrontTuning tuning = patient();
  tuning.response_timeout = kShort;
  Door door(1);
  const auto server = started(tuning, 2, &door);
  EXPECT_EQ(get(server->addresses().at(0), "/door").status, 504);
  EXPECT_EQ(get(server->addresses().at(0), "/ok").status, 200);
  door.may_answer.count_down();
}

TEST(MaxRequests, AnswersOneMoreWith503) {
  Door door(2);
  const auto server = started(patient(), 2, &door);
  const std::string address = server->addresses().at(0);
  auto first = status_of_door(address);
  auto second = status_of_door(address);
  door.reached.wait();
  const Answer refused = get(address, "/ok");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(server->refused(), 1U);
  door.may_answer.count_down();
  EXPECT_EQ(first.get(), 200);
  EXPECT_EQ(second.get(), 200);
  EXPECT_EQ(get(address, "/ok").status, 200);
}

TEST(OpenConnections, GiveTheOldestIdleOnesPlaceToANewOne) {
  FrontTuning tuning = patient();
  tuning.open_connections = 3;
  const auto server = started(tuning);
  const std::string address = server->addresses().at(0);
  SocketClient oldest(address);
  SocketClient second(address);
  SocketClient third(address);
  EXPECT_EQ(get(address, "/ok").body, "ok");
  EXPECT_EQ(oldest.read_all(), "");
  EXPECT_EQ(server->refused(), 1U);
  second.send(kGet);
  EXPECT_EQ(parse_answer(second.read_all()).body, "ok");
  third.send(kGet);
  EXPECT_EQ(parse_answer(third.read_all()).body, "ok");
}

TEST(OpenConnections, AreNotTakenFromRequestsUnderWay) {
  FrontTuning tuning = patient();
  tuning.open_connections = 2;
  Door door(2);
  const auto server = started(tuning, 2, &door);
  const std::string address = server->addresses().at(0);
  auto first = status_of_door(address);
  auto second = status_of_door(address);
  door.reached.wait();
  SocketClient third(address);
  third.await_close();
  EXPECT_EQ(server->refused(), 1U);
  door.may_answer.count_down();
  EXPECT_EQ(first.get(), 200);
  EXPECT_EQ(second.get(), 200);
}

/// Both ends of every connection are in this process.
bool may_open_files(rlim_t count) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= count) return true;
  limit.rlim_cur = std::min(count, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

TEST(OpenConnections, AreBoundedByDefaultToo) {
  if (!may_open_files(2 * limits::kOpenConnections + 256)) GTEST_SKIP() << "too few file descriptors allowed";
  const auto server = started(patient());
  const std::string address = server->addresses().at(0);
  Clients clients;
  for (std::size_t i = 0; i < limits::kOpenConnections - 1; ++i) {
    clients.push_back(std::make_unique<SocketClient>(address));
    ASSERT_TRUE(clients.back()->connected());
  }
  EXPECT_EQ(get(address, "/ok").body, "ok");
  EXPECT_EQ(server->refused(), 0U);
  clients.push_back(std::make_unique<SocketClient>(address));
  clients.push_back(std::make_unique<SocketClient>(address));
  clients.front()->await_close();
  EXPECT_EQ(get(address, "/ok").body, "ok");
}

TEST(RequestBodies, AreBoundedTogether) {
  const auto server = started(patient());
  const std::string address = server->addresses().at(0);
  const std::string head =
      "POST /post HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(limits::kRequestBodyBytes) +
      "\r\n\r\n";
  Clients clients;
  for (std::size_t i = 0; i < limits::kRequestBodiesBytes / limits::kRequestBodyBytes; ++i) {
    clients.push_back(std::make_unique<SocketClient>(address));
    clients.back()->send(head);
    ASSERT_TRUE(clients.back()->read_some().starts_with("HTTP/1.1 100"));
  }
  EXPECT_EQ(ask(address, "POST /post HTTP/1.1\r\nContent-Length: 1\r\n\r\nx").status, 503);
  EXPECT_EQ(get(address, "/ok").status, 200);
  clients.front()->send(std::string(limits::kRequestBodyBytes, 'x'));
  EXPECT_EQ(parse_answer(clients.front()->read_all()).status, 200);
  EXPECT_EQ(ask(address, "POST /post HTTP/1.1\r\nContent-Length: 1\r\n\r\nx").status, 200);
}

TEST(Clients, MayLeaveInTheMiddle) {
  const auto server = started(patient(), 2);
  const std::string address = server->addresses().at(0);
  for (int i = 0; i < 20; ++i) {
    for (const std::string_view sent : {kGetBig, kGet, kGet.substr(0, 7), std::string_view()}) {
      SocketClient(address).send(sent);
    }
    SocketClient client(address);
    client.send(kGetBig);
    client.read_some(16);
  }
  // Places are freed as soon as the front sees that a client has gone; until then it says 503.
  int status = 0;
  for (int i = 0; i < 1'000 && status != 200; ++i) status = get(address, "/ok").status;
  EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace spark_exporter::web
