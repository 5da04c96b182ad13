// The front before a backend of the test's own, which sees every byte that comes through.

#include "exporter/web/front.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>

#include "tests/unit/web/socket_client.hpp"

namespace spark_exporter::web {
namespace {

/// Takes one connection: says `answer`, then reads until the front closes or `expected` bytes have come.
class OneShotBackend {
 public:
  OneShotBackend(std::string answer, std::size_t expected)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)), expected_(expected) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, generic, length), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, generic, &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  OneShotBackend(const OneShotBackend&) = delete;
  OneShotBackend& operator=(const OneShotBackend&) = delete;
  ~OneShotBackend() {
    shutdown(listener_, SHUT_RDWR);  // nobody came: accept() ends
    if (thread_.joinable()) thread_.join();
    close(listener_);
  }

  std::uint16_t port() const { return port_; }
  std::string received() {
    thread_.join();
    return received_;
  }

 private:
  void serve() {
    const int client = accept(listener_, nullptr, nullptr);
    char bytes[4096];
    while (received_.size() < expected_) {
      const ssize_t got = recv(client, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      received_.append(bytes, static_cast<std::size_t>(got));
    }
    send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    shutdown(client, SHUT_WR);
    // Whatever else the front hands on would come before it closes.
    for (ssize_t got = 1; got > 0;) {
      got = recv(client, bytes, sizeof bytes, 0);
      if (got > 0) received_.append(bytes, static_cast<std::size_t>(got));
    }
    close(client);
  }

  int listener_;
  std::string answer_;
  std::size_t expected_;
  std::uint16_t port_ = 0;
  std::string received_;
  std::thread thread_;
};

std::unique_ptr<Front> before(std::uint16_t backend_port, FrontTuning tuning = {}) {
  FrontOptions options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.backend_port = backend_port;
  options.secret = "s3cret";
  options.tuning = tuning;
  auto front = start_front(std::move(options));
  EXPECT_TRUE(front) << (front ? "" : front.error().what);
  return front ? std::move(*front) : nullptr;
}

TEST(Front, HandsOnOneRequestAndNoByteMore) {
  const std::string lines =
      "X-Spark-Exporter-Secret: s3cret\r\nX-Spark-Exporter-Peer: 127.0.0.1\r\n"
      "Host: localhost\r\nConnection: close\r\n";
  const std::string second = "GET /second HTTP/1.1\r\nX-Spark-Exporter-Peer: 9.9.9.9\r\n\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"GET /a HTTP/1.1\r\nX-Spark-Exporter-Secret: x\r\nCookie: c\r\n\r\n" + second,
       "GET /a HTTP/1.1\r\n" + lines + "\r\n"},
      {"GET /a HTTP/1.1\r\nContent-Length: " + std::to_string(second.size()) + "\r\n\r\n" + second,
       "GET /a HTTP/1.1\r\n" + lines + "\r\n"},
      {"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" + second,
       "POST /a HTTP/1.1\r\n" + lines + "Content-Length: 3\r\n\r\nabc"},
  };
  for (const auto& [sent, expected] : cases) {
    OneShotBackend backend("HTTP/1.1 200 OK\r\n\r\nfine", expected.size());
    const auto front = before(backend.port());
    EXPECT_EQ(ask(front->addresses().at(0), sent).body, "fine");
    EXPECT_EQ(backend.received(), expected);
  }
}

TEST(Front, Answers502WhereTheBackendSaysNothing) {
  OneShotBackend backend("", 1);
  const auto front = before(backend.port());
  EXPECT_EQ(get(front->addresses().at(0), "/").status, 502);
  EXPECT_EQ(front->refused(), 1U);
}

TEST(Front, Answers502WhereNobodyListens) {
  std::uint16_t free_port = 0;
  {
    OneShotBackend backend("", 0);
    free_port = backend.port();
    SocketClient last("127.0.0.1:" + std::to_string(free_port));
  }
  EXPECT_EQ(get(before(free_port)->addresses().at(0), "/").status, 502);
}

TEST(Front, PassesOnAnAnswerThatEndsEarly) {
  OneShotBackend backend("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 1);
  EXPECT_EQ(get(before(backend.port())->addresses().at(0), "/").body, "half");
}

TEST(Front, LetsAClientFinishWhatItsAnswerCutShort) {
  FrontTuning tuning;
  tuning.linger = std::chrono::hours{1};
  const auto front = before(1, tuning);
  SocketClient client(front->addresses().at(0));
  client.send("GET / HTTP/1.1\n");
  EXPECT_EQ(parse_answer(client.read_all()).status, 400);
  // After a reset for the first of these the second would fail.
  EXPECT_TRUE(client.send("Host: a\n"));
  EXPECT_TRUE(client.send("\n"));
}

}  // namespace
}  // namespace spark_exporter::web
