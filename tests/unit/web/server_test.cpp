#include "exporter/web/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/web/backend.hpp"
#include "tests/unit/web/socket_client.hpp"

namespace spark_exporter::web {
namespace {

HttpResponse said(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

/// What a handler was asked, as text.
HttpResponse echo(const HttpRequest& request) {
  return said(request.method + ' ' + request.path + " ?" + request.query + " peer=" + request.peer +
              (request.peer_is_loopback ? " loopback" : "") + (request.accepts_gzip ? " gzip" : "") +
              (request.accepts_html ? " html" : "") +
              (request.authorization.empty() ? "" : " as=" + request.authorization) +
              " body=" + std::to_string(request.body.size()));
}

std::vector<Route> echo_routes() { return {{"/echo", "GET", echo}, {"/post", "POST", echo}}; }

std::unique_ptr<Server> started(std::vector<Route> routes, std::string address = "127.0.0.1:0", int max_requests = 40) {
  ServerOptions options;
  options.listen_addresses = {std::move(address)};
  options.max_requests = max_requests;
  auto server = start_server(options, std::move(routes));
  EXPECT_TRUE(server) << (server ? "" : server.error().what);
  return server ? std::move(*server) : nullptr;
}

bool has_ipv6() { return SocketClient("[::1]:1").connected() || started({}, "[::1]:0") != nullptr; }

TEST(Server, HandsTheRequestToItsHandler) {
  const auto server = started(echo_routes());
  const std::string address = server->addresses().at(0);
  EXPECT_EQ(get(address, "/echo?a=%20b").body, "GET /echo ?a=%20b peer=127.0.0.1 loopback body=0");
  EXPECT_EQ(get(address, "/%65cho").body, "GET /echo ? peer=127.0.0.1 loopback body=0");
  EXPECT_EQ(get(address, "/echo", "Accept-Encoding: gzip\r\nAccept: text/html\r\n").body,
            "GET /echo ? peer=127.0.0.1 loopback gzip html body=0");
  EXPECT_EQ(get(address, "/echo", "Accept-Encoding: gzip;q=0\r\n").body, "GET /echo ? peer=127.0.0.1 loopback body=0");
  EXPECT_EQ(get(address, "/echo", "authorization: Bearer a.b\r\n").body,
            "GET /echo ? peer=127.0.0.1 loopback as=Bearer a.b body=0");
  EXPECT_EQ(ask(address, "GET /echo HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_EQ(server->refused(), 0U);
}

TEST(Server, SendsSafeHeadersAndNoVersion) {
  const auto server = started(echo_routes());
  for (const char* path : {"/echo", "/nothing"}) {
    const Answer answer = get(server->addresses().at(0), path);
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(answer.header("Content-Length"), std::to_string(answer.body.size()));
    EXPECT_EQ(answer.header("Server"), "");
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "");
  }
}

TEST(Server, SendsASharedBodyWithItsEncoding) {
  const auto text = std::make_shared<const std::string>(300'000, 'z');
  const auto server = started({{"/z", "GET", [text](const HttpRequest&) {
                                  HttpResponse response = said("not this");
                                  response.keep_alive = text;
                                  response.shared = *text;
                                  response.content_encoding = "gzip";
                                  response.negotiated = true;
                                  response.headers.emplace_back("X-Own", "yes");
                                  return response;
                                }}});
  const Answer answer = get(server->addresses().at(0), "/z");
  EXPECT_EQ(answer.body, *text);
  EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
  EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(answer.header("X-Own"), "yes");
}

TEST(Server, AnswersHeadWithoutABody) {
  const auto server = started(echo_routes());
  const std::string address = server->addresses().at(0);
  const Answer answer = ask(address, "HEAD /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_NE(answer.header("Content-Length"), "0");
  EXPECT_EQ(ask(address, "HEAD /x HTTP/1.1\r\n\r\n").body, "");
}

TEST(Server, KnowsItsPathsAndMethods) {
  const auto server = started(echo_routes());
  const std::string address = server->addresses().at(0);
  EXPECT_EQ(get(address, "/").status, 404);
  EXPECT_EQ(get(address, "/x/../echo").status, 404);
  EXPECT_EQ(get(address, "/echo/").status, 404);
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const Answer answer = ask(address, method + " /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD") << method;
  }
  EXPECT_EQ(get(address, "/post").header("Allow"), "POST");
  const Answer unknown = ask(address, "BREW /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(unknown.body, "Bad Request\n");
}

TEST(Server, SurvivesHandlersThatThrow) {
  const auto server =
      started({{"/std", "GET", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("no"); }},
               {"/int", "GET", [](const HttpRequest&) -> HttpResponse { throw 1; }},
               {"/echo", "GET", echo}});
  const std::string address = server->addresses().at(0);
  EXPECT_EQ(get(address, "/std").status, 500);
  EXPECT_EQ(get(address, "/int").status, 500);
  EXPECT_EQ(get(address, "/echo").status, 200);
}

TEST(Server, AnswersRequestsReallyInParallel) {
  constexpr int kTogether = 16;
  std::barrier<> all_here(kTogether);
  const auto server = started({{"/meet", "GET", [&all_here](const HttpRequest&) {
                                  all_here.arrive_and_wait();
                                  return said("met");
                                }}});
  std::vector<std::future<int>> clients;
  for (int i = 0; i < kTogether; ++i) {
    clients.push_back(
        std::async(std::launch::async, [address = server->addresses().at(0)] { return get(address, "/meet").status; }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 200);
}

TEST(Server, BelievesOnlyTheFrontAboutThePeer) {
  const auto server = started(echo_routes());
  const Answer answer = get(server->addresses().at(0), "/echo",
                            "X-Spark-Exporter-Peer: 9.9.9.9\r\nX-Spark-Exporter-Secret: 0\r\n"
                            "x-spark-exporter-peer: 8.8.8.8\r\nX-Forwarded-For: 7.7.7.7\r\n");
  EXPECT_EQ(answer.body, "GET /echo ? peer=127.0.0.1 loopback body=0");
}

TEST(Backend, AnswersNobodyWithoutTheSecret) {
  BackendOptions options;
  options.secret = "0123456789abcdef";
  const auto backend = start_backend(options, echo_routes());
  ASSERT_TRUE(backend);
  const std::string address = "127.0.0.1:" + std::to_string((*backend)->port());
  const std::string peer = "X-Spark-Exporter-Peer: 10.1.2.3\r\n";
  EXPECT_EQ(get(address, "/echo", peer).status, 403);
  EXPECT_EQ(get(address, "/nothing", peer).status, 403);
  for (const std::string guess : {"", "0", "0123456789abcdeF", "0123456789abcdef0"}) {
    EXPECT_EQ(get(address, "/echo", peer + "X-Spark-Exporter-Secret: " + guess + "\r\n").status, 403) << guess;
  }
  EXPECT_EQ(get(address, "/echo", peer + "X-Spark-Exporter-Secret: 0123456789abcdef\r\n").body,
            "GET /echo ? peer=10.1.2.3 body=0");
}

TEST(Server, RefusesRequestsThatCouldBeReadInTwoWays) {
  std::atomic<int> calls{0};
  const auto handler = [&calls](const HttpRequest& request) {
    ++calls;
    return echo(request);
  };
  const auto server = started({{"/echo", "GET", handler}, {"/post", "POST", handler}});
  const std::string inner = "GET /echo HTTP/1.1\r\nX-Spark-Exporter-Peer: 9.9.9.9\r\n\r\n";
  const std::string length = "Content-Length: " + std::to_string(inner.size()) + "\r\n";
  const std::pair<std::string, int> cases[] = {
      {"POST /post HTTP/1.1\r\n" + length + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 400},
      {"POST /post HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 411},
      {"POST /post HTTP/1.1\r\nContent-Length: 0\r\n" + length + "\r\n" + inner, 400},
      {"POST /post HTTP/1.1\r\nContent-Length : 0\r\n\r\n" + inner, 400},
      {"POST /post HTTP/1.1\r\nA: b\r\n Content-Length: 3\r\n\r\n" + inner, 400},
      {"GET /echo HTTP/1.1\r\nA: b\nX-Spark-Exporter-Peer: 9.9.9.9\r\n\r\n", 400},
      {"GET /echo HTTP/1.1\r\nA: b\rX-Spark-Exporter-Peer: 9.9.9.9\r\n\r\n", 400},
      {"GET /echo HTTP/1.1\n\n", 400},
      {std::string("GET /echo HTTP/1.1\r\nA: \0b\r\n\r\n", 29), 400},
      {"GET /echo%00 HTTP/1.1\r\n\r\n", 400},
  };
  std::uint64_t refused = 0;
  for (const auto& [request, status] : cases) {
    EXPECT_EQ(ask(server->addresses().at(0), request).status, status) << request;
    EXPECT_EQ(server->refused(), ++refused) << request;
  }
  EXPECT_EQ(calls, 0);
}

TEST(Server, AnswersOneRequestForEachConnection) {
  std::atomic<int> calls{0};
  const auto server = started({{"/echo", "GET", [&calls](const HttpRequest& request) {
                                  ++calls;
                                  return echo(request);
                                }}});
  const std::string request = "GET /echo HTTP/1.1\r\n\r\n";
  for (const std::string& sent : {request + request, "GET /echo HTTP/1.1\r\nContent-Length: 22\r\n\r\n" + request}) {
    const Answer answer = ask(server->addresses().at(0), sent);
    EXPECT_EQ(answer.body, "GET /echo ? peer=127.0.0.1 loopback body=0");
    EXPECT_EQ(calls.exchange(0), 1);
  }
}

TEST(Server, AnswersAClientThatHasEndedItsHalf) {
  const auto server = started(echo_routes());
  SocketClient client(server->addresses().at(0));
  client.send("GET /echo HTTP/1.1\r\n\r\n");
  client.end_sending();
  EXPECT_EQ(parse_answer(client.read_all()).status, 200);
}

TEST(Server, ReadsARequestInPieces) {
  const auto server = started(echo_routes());
  SocketClient client(server->addresses().at(0));
  for (const char c : std::string("POST /post HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")) client.send({&c, 1});
  EXPECT_EQ(parse_answer(client.read_all()).body, "POST /post ? peer=127.0.0.1 loopback body=3");
}

TEST(Server, TakesAHeadUpToTheLimit) {
  const auto server = started(echo_routes());
  const std::string start = "GET /echo HTTP/1.1\r\nAccept: ";
  const std::string full = start + std::string(limits::kRequestHeadBytes - start.size() - 4, 'x') + "\r\n\r\n";
  ASSERT_EQ(full.size(), limits::kRequestHeadBytes);
  EXPECT_EQ(ask(server->addresses().at(0), full).status, 200);
  EXPECT_EQ(server->refused(), 0U);
  EXPECT_EQ(ask(server->addresses().at(0), start + "x" + full.substr(start.size())).status, 431);
  EXPECT_EQ(ask(server->addresses().at(0), std::string(1 << 20, 'x')).status, 431);
  EXPECT_EQ(server->refused(), 2U);
}

TEST(Server, TakesABodyUpToTheLimit) {
  const auto server = started(echo_routes());
  const std::string address = server->addresses().at(0);
  const auto post = [&address](std::size_t bytes) {
    return ask(address, "POST /post HTTP/1.1\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
                            std::string(bytes, 'b'));
  };
  EXPECT_EQ(post(0).body, "POST /post ? peer=127.0.0.1 loopback body=0");
  EXPECT_EQ(post(limits::kRequestBodyBytes).body, "POST /post ? peer=127.0.0.1 loopback body=4194304");
  EXPECT_EQ(post(limits::kRequestBodyBytes + 1).status, 413);
  EXPECT_EQ(ask(address, "POST /post HTTP/1.1\r\n\r\n").body, "POST /post ? peer=127.0.0.1 loopback body=0");
}

TEST(Server, IgnoresABodyThatWasAbandoned) {
  std::atomic<int> calls{0};
  const auto server = started({{"/post", "POST", [&calls](const HttpRequest& request) {
                                  ++calls;
                                  return echo(request);
                                }}});
  SocketClient client(server->addresses().at(0));
  client.send("POST /post HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  client.end_sending();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(calls, 0);
}

TEST(Server, SaysContinueToWhoWaitsForIt) {
  const auto server = started(echo_routes());
  SocketClient client(server->addresses().at(0));
  client.send("POST /post HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_some(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(parse_answer(client.read_all()).body, "POST /post ? peer=127.0.0.1 loopback body=3");
}

TEST(Server, ListensOnIpv6) {
  if (!has_ipv6()) GTEST_SKIP() << "this kernel has no IPv6 loopback";
  const auto server = started(echo_routes(), "[::1]:0");
  const std::string address = server->addresses().at(0);
  EXPECT_TRUE(address.starts_with("[::1]:")) << address;
  EXPECT_EQ(get(address, "/echo").body, "GET /echo ? peer=::1 loopback body=0");
}

TEST(Server, ListensOnAllAddressesOfBothFamilies) {
  const auto server = started(echo_routes(), ":0");
  const std::string port = server->addresses().at(0).substr(server->addresses().at(0).rfind(':'));
  EXPECT_EQ(get("127.0.0.1" + port, "/echo").body, "GET /echo ? peer=127.0.0.1 loopback body=0");
  if (!has_ipv6()) GTEST_SKIP() << "this kernel has no IPv6 loopback";
  EXPECT_EQ(get("[::1]" + port, "/echo").body, "GET /echo ? peer=::1 loopback body=0");
}

TEST(Server, ListensOnSeveralAddressesAndNames) {
  ServerOptions options;
  options.listen_addresses = {"127.0.0.1:0", "localhost:0"};
  const auto server = start_server(options, echo_routes());
  ASSERT_TRUE(server) << server.error().what;
  ASSERT_EQ((*server)->addresses().size(), 2U);
  for (const auto& address : (*server)->addresses()) EXPECT_EQ(get(address, "/echo").status, 200) << address;
}

TEST(Server, NamesTheAddressItCannotListenOn) {
  const auto first = started({});
  const std::string taken = first->addresses().at(0);
  const std::pair<std::string, std::string> cases[] = {
      {taken, "cannot listen on " + taken + ": address already in use"},
      {"192.0.2.1:0", "cannot listen on 192.0.2.1:0: cannot assign requested address"},
      {"no port", "listen address \"no port\": no port"},
  };
  for (const auto& [address, text] : cases) {
    ServerOptions options;
    options.listen_addresses = {"127.0.0.1:0", address};
    const auto server = start_server(options, {});
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().kind, ErrorKind::kIo);
    EXPECT_TRUE(server.error().what.starts_with(text)) << server.error().what;
  }
  EXPECT_FALSE(start_server(ServerOptions{}, {}));
}

TEST(Server, RestartsOnTheSamePort) {
  std::string address = "127.0.0.1:0";
  for (int i = 0; i < 5; ++i) {
    const auto server = started(echo_routes(), address);
    ASSERT_NE(server, nullptr);
    address = server->addresses().at(0);
    EXPECT_EQ(get(address, "/echo").status, 200);
  }
}

TEST(Server, AnswersAThousandRequestsInARow) {
  const auto server = started(echo_routes());
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(get(server->addresses().at(0), "/echo").status, 200) << i;
  EXPECT_EQ(server->refused(), 0U);
}

}  // namespace
}  // namespace spark_exporter::web
