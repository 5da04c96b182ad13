#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/support/fault_server.hpp"
#include "tests/unit/net/fetch.hpp"
#include "tests/unit/net/tls_server.hpp"

namespace spark_exporter::net {
namespace {

const std::string kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

class ClientTls : public testing::Test {
 protected:
  ClientTls() { write_file(ca_file_, local_.certificate); }

  ClientOptions options(const std::string& host, std::uint16_t port) const {
    ClientOptions options = options_for("https://" + host + ":" + std::to_string(port));
    options.tls.ca_file = ca_file_;
    return options;
  }

  const TemporaryDirectory directory_;
  const std::string ca_file_ = directory_.path("ca.pem");
  const Identity local_ = make_identity("DNS:localhost,DNS:spark.test,IP:127.0.0.1");
};

TEST_F(ClientTls, VerifiesNamesAndAddresses) {
  TlsServer server(local_, kAnswer);
  struct {
    const char* host;
    const char* server_name;  ///< option
    bool insecure;
    std::optional<ErrorKind> kind;
    const char* sni;
  } const cases[] = {
      {"localhost", "", false, {}, "localhost"},
      {"127.0.0.1", "", false, {}, ""},
      {"127.0.0.1", "spark.test", false, {}, "spark.test"},
      {"127.0.0.1", "other.test", false, ErrorKind::kTls, nullptr},
      {"127.0.0.1", "127.0.0.2", false, ErrorKind::kTls, nullptr},
      {"127.0.0.1", "other.test", true, {}, "other.test"},
  };
  for (const auto& c : cases) {
    ClientOptions with = options(c.host, server.port());
    with.tls.server_name = c.server_name;
    with.tls.insecure = c.insecure;
    const Fetched fetched = fetch(*make_http_client(with), "/x");
    EXPECT_EQ(fetched.kind(), c.kind) << c.host << " " << c.server_name << ": " << fetched.what();
    if (!c.kind) {
      EXPECT_EQ(fetched.body, "{}");
      EXPECT_EQ(server.server_name(), c.sni);
    } else {
      EXPECT_NE(fetched.what().find("mismatch"), std::string::npos) << fetched.what();
    }
  }
}

TEST_F(ClientTls, RefusesCertificatesOfOthers) {
  TlsServer server(local_, kAnswer);
  const std::string other = directory_.path("other.pem");
  write_file(other, make_identity("DNS:localhost").certificate);
  const std::string junk = directory_.path("junk.pem");
  write_file(junk, "no certificate at all");
  for (const std::string& ca_file : {other, junk, directory_.path("absent.pem"), std::string()}) {
    ClientOptions with = options("localhost", server.port());
    with.tls.ca_file = ca_file;
    const auto client = make_http_client(with);
    const Fetched fetched = fetch(*client, "/x");
    EXPECT_EQ(fetched.kind(), ErrorKind::kTls) << ca_file;
    EXPECT_NE(fetched.what().find("https://localhost:"), std::string::npos) << fetched.what();
    EXPECT_EQ(fetched.what().find('\n'), std::string::npos) << fetched.what();
  }
}

TEST_F(ClientTls, ReadsTheCaFileAnewForEachConnection) {
  TlsServer server(local_, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", TlsEnd::kNotify);
  const auto client = make_http_client(options("localhost", server.port()));
  EXPECT_TRUE(fetch(*client, "/x").result);
  const Identity next = make_identity("DNS:localhost");
  server.use(next);
  EXPECT_EQ(fetch(*client, "/x").kind(), ErrorKind::kTls);
  write_file(ca_file_, next.certificate);
  const Fetched fetched = fetch(*client, "/x");
  EXPECT_TRUE(fetched.result) << fetched.what();
}

TEST_F(ClientTls, KeepsTheConnectionAndCountsItsBytes) {
  TlsServer server(local_, kAnswer);
  const auto client = make_http_client(options("localhost", server.port()));
  for (int i = 0; i < 3; ++i) {
    const Fetched fetched = fetch(*client, "/x");
    EXPECT_EQ(fetched.body, "{}") << fetched.what();
  }
  EXPECT_EQ(client->stats().connections, 1u);
  EXPECT_EQ(client->stats().body_bytes, 6u);
  // Handshake, session tickets, records' frames.
  EXPECT_GT(client->stats().bytes_received, 3 * kAnswer.size() + 500);
}

/// Without a length only the close_notify tells an end from a cut.
TEST_F(ClientTls, TellsACutFromAnEnd) {
  const std::string endless = "HTTP/1.1 200 OK\r\n\r\nhello";
  TlsServer whole(local_, endless, TlsEnd::kNotify);
  EXPECT_EQ(fetch(*make_http_client(options("localhost", whole.port())), "/x").body, "hello");
  TlsServer cut(local_, endless, TlsEnd::kTruncate);
  EXPECT_EQ(fetch(*make_http_client(options("localhost", cut.port())), "/x").kind(), ErrorKind::kReset);
}

TEST_F(ClientTls, PeersThatDoNotSpeakTls) {
  test::FaultServer plain;
  // A client's first message is no HTTP request, so the server would wait for more of it.
  struct {
    const char* name;
    test::End end;
    ErrorKind kind;
    milliseconds timeout;
  } const cases[] = {{"closed", test::End::kClose, ErrorKind::kTls, kPatient},
                     {"silence", test::End::kHang, ErrorKind::kTimeout, kShort}};
  for (const auto& c : cases) {
    plain.on_accept([&c](std::size_t) { return c.end; });
    ClientOptions with = options("127.0.0.1", plain.port());
    with.connect_timeout = c.timeout;
    const Fetched fetched = fetch(*make_http_client(with), "/x");
    EXPECT_EQ(fetched.kind(), c.kind) << c.name << ": " << fetched.what();
  }
  // And the other way round: HTTP to the TLS port.
  TlsServer server(local_, kAnswer);
  const Fetched fetched = fetch(*client_for("http://127.0.0.1:" + std::to_string(server.port())), "/x");
  EXPECT_TRUE(fetched.kind() == ErrorKind::kReset || fetched.kind() == ErrorKind::kProtocol) << fetched.what();
}

TEST_F(ClientTls, CancelEndsAHandshake) {
  test::FaultServer silent;
  silent.on_accept([](std::size_t) { return test::End::kHang; });
  const auto client = make_http_client(options("127.0.0.1", silent.port()));
  std::thread canceller([&] {
    EXPECT_TRUE(silent.wait_for_connections(1));
    client->cancel();
  });
  EXPECT_EQ(fetch(*client, "/x").kind(), ErrorKind::kCancelled);
  canceller.join();
}

}  // namespace
}  // namespace spark_exporter::net
