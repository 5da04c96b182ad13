// Servers that misbehave: each fault has one error kind, a text that names the URL, and the client goes on afterwards.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <limits>
#include <string>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/spare_descriptors.hpp"
#include "exporter/net/client_with_lookup.hpp"
#include "tests/support/fault_server.hpp"
#include "tests/support/no_descriptors.hpp"
#include "tests/unit/net/fetch.hpp"

namespace spark_exporter::net {
namespace {

using test::End;
using test::FaultServer;
using test::Gate;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

struct Case {
  const char* name;
  Reply reply;
  ErrorKind kind;
  milliseconds timeout = kPatient;
  bool consumed = false;  ///< whether the consumer saw a head
};

std::vector<Case> faults() {
  const std::string text(50'000, 'x');
  const std::string head = "HTTP/1.1 200 OK\r\n";
  std::string bad_gzip = test::gzip(text);
  bad_gzip[bad_gzip.size() / 2] ^= 0x55;
  return {
      {"closed without a byte", replies::nothing(End::kClose), ErrorKind::kReset},
      {"reset without a byte", replies::nothing(End::kReset), ErrorKind::kReset},
      {"silence", replies::nothing(End::kHang), ErrorKind::kTimeout, kShort},
      {"closed in the head", replies::raw(head + "Content-", End::kClose), ErrorKind::kReset},
      {"silence in the head", replies::raw(head + "Content-", End::kHang), ErrorKind::kTimeout, kShort},
      {"garbage", replies::raw("SSH-2.0-OpenSSH_9.2p1 Debian", End::kHang), ErrorKind::kProtocol},
      {"garbage after the status line", replies::raw(head + "\x01\x02\x03\r\n\r\n", End::kHang), ErrorKind::kProtocol},
      {"endless head", replies::raw(head + "X: " + std::string(limits::kHttpHeaderBytes, 'x'), End::kHang),
       ErrorKind::kTooLarge},
      {"only 1xx", replies::raw([] {
         std::string answers;
         for (int i = 0; i <= limits::kHttpInterimAnswers; ++i) {
           answers += "HTTP/1.1 102 Wait\r\n\r\n";
         }
         return answers;
       }()),
       ErrorKind::kProtocol},
      {"unknown coding", replies::json("x").with_header("Content-Encoding", "br"), ErrorKind::kProtocol},
      {"unknown transfer coding", replies::raw(head + "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
       ErrorKind::kProtocol},
      {"closed in the body", replies::json(text).cut_after(20'000, End::kClose), ErrorKind::kReset, kPatient, true},
      {"reset in the body", replies::json(text).cut_after(20'000, End::kReset), ErrorKind::kReset, kPatient, true},
      {"silence in the body", replies::json(text).cut_after(20'000, End::kHang), ErrorKind::kTimeout, kShort, true},
      {"closed in a chunk", replies::raw(head + "Transfer-Encoding: chunked\r\n\r\n10\r\nabc", End::kClose),
       ErrorKind::kReset, kPatient, true},
      {"closed before the last chunk", replies::json(text).chunked().cut_after(text.size(), End::kClose),
       ErrorKind::kReset, kPatient, true},
      {"longer Content-Length than body", replies::json("hello").declaring(6).ending(End::kClose), ErrorKind::kReset,
       kPatient, true},
      {"bad chunk", replies::raw(head + "Transfer-Encoding: chunked\r\n\r\nnot hex\r\n"), ErrorKind::kProtocol,
       kPatient, true},
      {"chunk with an endless extension",
       replies::raw(head + "Transfer-Encoding: chunked\r\n\r\n1;x=" + std::string(100'000, 'x'), End::kHang),
       ErrorKind::kTooLarge, kPatient, true},
      {"plain said to be gzip", replies::json(text).with_header("Content-Encoding", "gzip"), ErrorKind::kProtocol,
       kPatient, true},
      {"broken gzip", replies::json(bad_gzip).with_header("Content-Encoding", "gzip"), ErrorKind::kProtocol, kPatient,
       true},
      {"gzip that ends too early",
       replies::json(test::gzip(text).substr(0, 60)).with_header("Content-Encoding", "gzip"), ErrorKind::kProtocol,
       kPatient, true},
      {"a byte now and then", replies::json(text).paced(milliseconds{10}), ErrorKind::kTimeout, milliseconds{300},
       true},
  };
}

TEST(ClientFaults, EachHasItsKind) {
  FaultServer server;
  server.on("/ok", replies::json("{}"));
  for (const Case& c : faults()) {
    server.on("/x", c.reply);
    const auto client = client_for(server.url());
    Request request = request_for("/x?q=1");
    request.timeout = c.timeout;
    const Fetched fetched = fetch(*client, request);
    EXPECT_EQ(fetched.kind(), c.kind) << c.name << ": " << fetched.what();
    if (c.kind != ErrorKind::kTimeout) {  // how far that gets depends on the machine
      EXPECT_EQ(fetched.consumed, c.consumed ? 1 : 0) << c.name;
    }
    EXPECT_NE(fetched.what().find(server.url("/x?q=1")), std::string::npos) << c.name << ": " << fetched.what();
    EXPECT_EQ(fetched.what().find_first_of("\r\n"), std::string::npos) << c.name;
    EXPECT_EQ(fetch(*client, "/ok").body, "{}") << "after " << c.name;
    EXPECT_EQ(client->stats().connections, 2u) << c.name;
  }
}

/// The consumer's word does not count once reading failed: it has judged half a body.
TEST(ClientFaults, AFailedBodyOutranksTheConsumer) {
  FaultServer server;
  server.on("/x", replies::json(std::string(50'000, 'x')).cut_after(20'000, End::kClose));
  for (const bool consumer_fails : {false, true}) {
    const auto client = client_for(server.url());
    const auto result = client->get(request_for("/x"), [&](const ResponseHead&, std::istream& body) -> Result<void> {
      body.ignore(std::numeric_limits<std::streamsize>::max());
      return consumer_fails ? Result<void>(Error{ErrorKind::kMalformed, "not JSON"}) : Result<void>();
    });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::kReset);
  }
}

TEST(ClientFaults, IdleTimeoutEndsASilentWatchOnly) {
  FaultServer server;
  server.on("/silent", replies::json("event\n").chunked().cut_after(6, End::kHang));
  server.on("/steady", replies::json(std::string(60, 'x')).chunked().paced(milliseconds{20}));
  Request watch = request_for("/silent");
  watch.timeout = milliseconds{0};
  watch.idle_timeout = kShort;
  const auto client = client_for(server.url());
  EXPECT_EQ(fetch(*client, watch).kind(), ErrorKind::kTimeout);
  watch.target = "/steady";  // takes longer than the idle timeout, but is never silent for that long
  watch.idle_timeout = milliseconds{1000};
  EXPECT_EQ(fetch(*client, watch).body.size(), 60u);
}

TEST(ClientFaults, NobodyListens) {
  FaultServer server;
  const auto client = client_for(server.url());
  server.stop();
  const Fetched fetched = fetch(*client, "/x");
  EXPECT_EQ(fetched.kind(), ErrorKind::kConnect);
  EXPECT_NE(fetched.what().find("refused"), std::string::npos) << fetched.what();
}

/// A listener whose queue is full: the kernel drops further SYNs, as a firewall would.
class FullListener {
 public:
  explicit FullListener(const char* address, std::uint16_t port = 0) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &address_.sin_addr);
    socklen_t size = sizeof address_;
    ::bind(listener_, generic(), size);
    ::listen(listener_, 0);
    ::getsockname(listener_, generic(), &size);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      ::connect(filler, generic(), size);
    }
  }
  ~FullListener() {
    for (const int filler : fillers_) {
      ::close(filler);
    }
    ::close(listener_);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }
  int listener_;
  int fillers_[4];
  sockaddr_in address_{};
};

TEST(ClientFaults, ConnectingHasADeadline) {
  const FullListener listener("127.0.0.1");
  ClientOptions options = options_for(listener.url());
  options.connect_timeout = kShort;
  const Fetched fetched = fetch(*make_http_client(options), "/x");
  EXPECT_EQ(fetched.kind(), ErrorKind::kTimeout) << fetched.what();
}

TEST(ClientFaults, TheNextAddressIsTried) {
  FaultServer server;
  server.on("/x", replies::json("{}"));
  ClientOptions options = options_for("http://name:" + std::to_string(server.port()));
  // Nobody listens on the server's port of ::1 and 127.0.0.2; the first text is no address at all.
  const auto lookup = [](const std::string&) -> Result<Addresses> {
    return Addresses{"nonsense", "::1", "127.0.0.2", "127.0.0.1"};
  };
  EXPECT_EQ(fetch(*make_http_client(options, lookup), "/x").body, "{}");
  const auto nowhere = [](const std::string&) -> Result<Addresses> { return Addresses{"::1", "127.0.0.2"}; };
  const Fetched fetched = fetch(*make_http_client(options, nowhere), "/x");
  EXPECT_EQ(fetched.kind(), ErrorKind::kConnect);
  EXPECT_NE(fetched.what().find("127.0.0.2"), std::string::npos) << fetched.what();
}

TEST(ClientFaults, AnAddressThatSwallowsPacketsLeavesTimeForTheNext) {
  FaultServer server;
  server.on("/x", replies::json("{}"));
  const FullListener black_hole("127.0.0.2", server.port());
  ClientOptions options = options_for("http://name:" + std::to_string(server.port()));
  options.connect_timeout = milliseconds{1000};
  const auto lookup = [](const std::string&) -> Result<Addresses> { return Addresses{"127.0.0.2", "127.0.0.1"}; };
  const Fetched fetched = fetch(*make_http_client(options, lookup), "/x");
  EXPECT_EQ(fetched.body, "{}") << fetched.what();
}

TEST(ClientFaults, NameServersFaults) {
  ClientOptions options = options_for("http://name:80");
  options.connect_timeout = kShort;
  const auto unknown = [](const std::string&) -> Result<Addresses> { return Error{ErrorKind::kResolve, "who?"}; };
  EXPECT_EQ(fetch(*make_http_client(options, unknown), "/x").kind(), ErrorKind::kResolve);

  std::promise<void> let_go;
  const auto hanging = [go = let_go.get_future().share()](const std::string&) -> Result<Addresses> {
    go.wait();
    return Addresses{"127.0.0.1"};
  };
  // The client is destroyed here while the look-up still hangs.
  EXPECT_EQ(fetch(*make_http_client(options, hanging), "/x").kind(), ErrorKind::kTimeout);
  let_go.set_value();
}

/// A kept-alive connection that the server has given up meanwhile is no failure of the next request.
TEST(ClientFaults, StaleConnectionsAreReplaced) {
  struct {
    const char* name;
    End end;
  } const cases[] = {{"closed", End::kClose}, {"reset", End::kReset}};
  for (const auto& c : cases) {
    FaultServer server;
    // The first connection ends when its second request has come: too late to be noticed before sending.
    server.on("/x", [&c](const ReceivedRequest& request) {
      return request.connection == 0 && request.number_on_connection == 1 ? replies::nothing(c.end)
                                                                          : replies::json("{}");
    });
    const auto client = client_for(server.url());
    EXPECT_EQ(fetch(*client, "/x").body, "{}") << c.name;
    const Fetched second = fetch(*client, "/x");
    EXPECT_EQ(second.body, "{}") << c.name << ": " << second.what();
    EXPECT_EQ(second.consumed, 1);
    EXPECT_EQ(client->stats().connections, 2u);
    EXPECT_EQ(client->stats().requests, 2u);
    EXPECT_EQ(server.requests().size(), 3u);
  }
}

TEST(ClientFaults, ConnectionsClosedWithoutAWordAreReplaced) {
  FaultServer server;
  server.on("/x", replies::json("{}"));
  server.close_after(2);
  const auto client = client_for(server.url());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(fetch(*client, "/x").body, "{}") << i;
  }
  EXPECT_EQ(client->stats().connections, 3u);
}

/// Bytes that come while nothing was asked must not become the answer to the next request.
TEST(ClientFaults, UnaskedBytesCostTheConnection) {
  FaultServer server;
  const auto gate = std::make_shared<Gate>();
  gate->release();
  server.on("/x", replies::json("hiHTTP/1.1 200 OK!").declaring(2).gated(gate, 2));
  server.on("/ok", replies::json("{}"));
  const auto client = client_for(server.url());
  EXPECT_EQ(fetch(*client, "/x").body, "hi");
  gate->release(2);
  gate->wait_for_arrivals(4);  // four more bytes are on their way
  const Fetched next = fetch(*client, "/ok");
  EXPECT_EQ(next.body, "{}") << next.what();
  EXPECT_EQ(client->stats().connections, 2u);
  gate->open();
}

TEST(ClientFaults, TheSecondTryIsTheLast) {
  FaultServer server;
  server.on("/x", [](const ReceivedRequest& request) {
    return request.connection == 0 && request.number_on_connection == 0 ? replies::json("{}")
                                                                        : replies::nothing(End::kClose);
  });
  const auto client = client_for(server.url());
  EXPECT_TRUE(fetch(*client, "/x").result);
  EXPECT_EQ(fetch(*client, "/x").kind(), ErrorKind::kReset);
  EXPECT_EQ(server.requests().size(), 3u);
}

/// What could have reached the server twice must not, once it has begun to answer or only is slow.
TEST(ClientFaults, NoSecondTryAfterAByteOrATimeout) {
  struct {
    const char* name;
    Reply reply;
    ErrorKind kind;
    milliseconds timeout;
    milliseconds idle_timeout;
  } const cases[] = {{"a byte", replies::raw("H", End::kClose), ErrorKind::kReset, kPatient, milliseconds{0}},
                     {"silence", replies::nothing(End::kHang), ErrorKind::kTimeout, kShort, milliseconds{0}},
                     {"a silent watch", replies::nothing(End::kHang), ErrorKind::kTimeout, milliseconds{0}, kShort}};
  for (const auto& c : cases) {
    FaultServer server;
    server.on("/ok", replies::json("{}"));
    server.on("/x", c.reply);
    const auto client = client_for(server.url());
    EXPECT_TRUE(fetch(*client, "/ok").result);
    Request request = request_for("/x");
    request.timeout = c.timeout;
    request.idle_timeout = c.idle_timeout;
    EXPECT_EQ(fetch(*client, request).kind(), c.kind) << c.name;
    EXPECT_TRUE(server.wait_for_requests(2));
    EXPECT_TRUE(fetch(*client, "/ok").result);
    EXPECT_EQ(server.requests().size(), 3u) << c.name;
  }
}

TEST(ClientFaults, RequestsThatCannotBeSentAreRefused) {
  FaultServer server;
  const auto client = client_for(server.url());
  EXPECT_EQ(fetch(*client, "/a b").kind(), ErrorKind::kProtocol);
  EXPECT_EQ(client->stats().connections, 0u);
}

/// Two refused connections mean that Spark is gone; our own want of descriptors says nothing of it.
TEST(ClientWithoutDescriptors, IsNoRefusalOfThePeer) {
  FaultServer server;
  server.on("/", replies::json("x"));
  // With the server's threads under way: what UBSan looks at for the first time, it needs a descriptor for.
  EXPECT_EQ(fetch(*client_for(server.url()), "/").body, "x");
  const auto client = client_for(server.url());
  {
    const test::NoDescriptors none;
    for (int i = 0; i < 2; ++i) EXPECT_EQ(fetch(*client, "/").kind(), ErrorKind::kIo);
  }
  EXPECT_EQ(fetch(*client, "/").body, "x");
}

TEST(ClientWithoutDescriptors, LeavesTheLastOnesToWhoAsksUs) {
  FaultServer server;
  server.on("/", replies::json("x"));
  EXPECT_EQ(fetch(*client_for(server.url()), "/").body, "x");  // as above
  const auto client = client_for(server.url());
  SpareDescriptors spares;
  test::NoDescriptors none;
  while (spares.lend_one()) none.take_all();
  spares.refill();
  const auto loan = spares.lend();  // free, and not for us
  EXPECT_EQ(fetch(*client, "/").kind(), ErrorKind::kIo);
}

/// Of the connections to that port: the seconds until the kernel asks the peer whether it is still there; -1: never.
double seconds_to_keepalive(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    unsigned local = 0, remote = 0, state = 0, timer = 0, jiffies = 0;
    const int read =
        std::sscanf(line.c_str(), " %*d: %*x:%x %*x:%x %x %*x:%*x %x:%x", &local, &remote, &state, &timer, &jiffies);
    constexpr unsigned kEstablished = 1, kKeepalive = 2;
    if (read != 5 || remote != port || state != kEstablished || timer != kKeepalive) continue;
    return jiffies / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return -1;
}

TEST(ClientConnections, AreAskedByTheKernelWhetherThePeerIsStillThere) {
  FaultServer server;
  server.on("/", replies::json("x"));
  const auto client = client_for(server.url());
  EXPECT_EQ(fetch(*client, "/").body, "x");
  const double seconds = seconds_to_keepalive(server.port());
  EXPECT_GE(seconds, 0);
  EXPECT_LE(seconds, 10);
}

}  // namespace
}  // namespace spark_exporter::net
