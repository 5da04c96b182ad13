// The server with a web configuration: TLS, client certificates, rotation, passwords.

#include <crypt.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "exporter/web/server_tuning.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/web/tls_client.hpp"

namespace spark_exporter::web {
namespace {

using test::Identity;
using test::make_identity;

std::vector<Route> routes() {
  const auto echo = [](const HttpRequest& request) {
    HttpResponse response;
    response.body = request.method + ' ' + request.path + " peer=" + request.peer + " body=" + request.body;
    return response;
  };
  const auto large = [](const HttpRequest&) {
    HttpResponse response;
    response.body = std::string(3'000'000, 'x');
    return response;
  };
  return {{"/echo", "GET", echo}, {"/post", "POST", echo}, {"/large", "GET", large}, {"/health", "GET", echo, true}};
}

/// The settings in files of its own, so that they can rotate.
class TlsServerTest : public testing::Test {
 protected:
  TlsServerTest() {
    folder_.write("web.yml", "");
    use(identity_);
    config_.tls.emplace();
    config_.tls->certificate.file = folder_.file("tls.crt");
    config_.tls->key.file = folder_.file("tls.key");
  }

  void use(const Identity& identity) {
    folder_.write("new.crt", identity.certificate);
    folder_.write("new.key", identity.key);
    std::filesystem::rename(folder_.file("new.crt"), folder_.file("tls.crt"));
    std::filesystem::rename(folder_.file("new.key"), folder_.file("tls.key"));
  }

  std::string start() {
    ServerOptions options;
    options.listen_addresses = {"127.0.0.1:0"};
    options.web_config.file = folder_.file("web.yml");
    options.web_config.load = [this]() -> Result<WebConfig> { return config_; };
    auto server = start_server(options, routes());
    EXPECT_TRUE(server) << (server ? "" : server.error().what);
    server_ = server ? std::move(*server) : nullptr;
    return server_ ? server_->addresses().at(0) : "";
  }

  test::Folder folder_;
  const Identity identity_ = make_identity("DNS:localhost");
  const Identity client_ = make_identity("DNS:prometheus.test,IP:10.1.2.3,email:ops@example.com,URI:spiffe://a/b");
  WebConfig config_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsServerTest, ServesOverTls) {
  const std::string address = start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto got = get_tls(address, "/echo", {nullptr, version});
    EXPECT_EQ(got.answer.status, 200);
    EXPECT_EQ(got.answer.body, "GET /echo peer=127.0.0.1 body=");
    EXPECT_EQ(got.peer, identity_.certificate);
    EXPECT_TRUE(got.goodbye);
  }
  EXPECT_EQ(get_tls(address, "/large").answer.body.size(), 3'000'000U);
  const std::string body(200'000, 'b');
  const std::string head = "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size());
  EXPECT_EQ(ask_tls(address, head + "\r\n\r\n" + body).answer.body, "POST /post peer=127.0.0.1 body=" + body);
  EXPECT_EQ(ask_tls(address, "GET /echo HTTP/9.9\r\n\r\n").answer.status, 505);
}

TEST_F(TlsServerTest, TellsWhoSpeaksPlainHttp) {
  const std::string address = start();
  const Answer answer = get(address, "/echo");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "this port speaks HTTPS\n");
  SocketClient junk(address);
  ASSERT_TRUE(junk.send(std::string(100, '\x16')));
  junk.await_close();
  EXPECT_EQ(get_tls(address, "/echo").answer.status, 200);
}

TEST_F(TlsServerTest, CutsOffWhoIsSilentInTheHandshake) {
  ServerOptions options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.web_config.file = folder_.file("web.yml");
  options.web_config.load = [this]() -> Result<WebConfig> { return config_; };
  FrontTuning tuning;
  tuning.head_timeout = std::chrono::milliseconds{50};
  const auto server = start_server(options, routes(), tuning);
  ASSERT_TRUE(server);
  SocketClient silent((*server)->addresses().at(0));
  silent.await_close();
  EXPECT_GE((*server)->refused(), 1U);
}

TEST_F(TlsServerTest, KeepsToVersionsAndCiphers) {
  config_.tls->max_version = TlsVersion::k12;
  config_.tls->cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
  config_.tls->curves = {"CurveP384"};
  const std::string address = start();
  EXPECT_EQ(get_tls(address, "/echo").version, "TLSv1.2");
  EXPECT_EQ(get_tls(address, "/echo").cipher, "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(get_tls(address, "/echo", {nullptr, TLS1_3_VERSION}).answer.status, 0);

  config_.tls->max_version = TlsVersion::k13;
  config_.tls->cipher_suites = {"TLS_AES_128_GCM_SHA256"};
  const std::string only_13 = start();
  EXPECT_EQ(get_tls(only_13, "/echo", {nullptr, TLS1_2_VERSION}).answer.status, 0);
  EXPECT_EQ(get_tls(only_13, "/echo").version, "TLSv1.3");
}

TEST_F(TlsServerTest, AsksForClientCertificates) {
  const Identity stranger = make_identity("DNS:prometheus.test");
  const struct {
    ClientAuth auth;
    int with_good, with_stranger, without;
  } cases[] = {{ClientAuth::kNone, 200, 200, 200},
               {ClientAuth::kRequest, 200, 200, 200},
               {ClientAuth::kRequireAny, 200, 200, 0},
               {ClientAuth::kVerifyIfGiven, 200, 0, 200},
               {ClientAuth::kRequireAndVerify, 200, 0, 0}};
  for (const auto& row : cases) {
    config_.tls->client_auth = row.auth;
    config_.tls->client_ca.text = client_.certificate;
    const std::string address = start();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      SCOPED_TRACE(testing::Message() << "auth " << static_cast<int>(row.auth) << " version " << version);
      EXPECT_EQ(get_tls(address, "/echo", {&client_, version}).answer.status, row.with_good);
      EXPECT_EQ(get_tls(address, "/echo", {&stranger, version}).answer.status, row.with_stranger);
      EXPECT_EQ(get_tls(address, "/echo", {nullptr, version}).answer.status, row.without);
    }
  }
}

TEST_F(TlsServerTest, LetsInOnlyAllowedNames) {
  for (const auto& [san, status] : std::vector<std::pair<std::string, int>>{{"prometheus.test", 200},
                                                                            {"10.1.2.3", 200},
                                                                            {"ops@example.com", 200},
                                                                            {"spiffe://a/b", 200},
                                                                            {"other.test", 0},
                                                                            {"prometheus", 0}}) {
    config_.tls->client_auth = ClientAuth::kRequireAndVerify;
    config_.tls->client_ca.text = client_.certificate;
    config_.tls->client_allowed_sans = {san};
    EXPECT_EQ(get_tls(start(), "/echo", {&client_}).answer.status, status) << san;
    config_.tls->client_auth = ClientAuth::kRequireAny;
    EXPECT_EQ(get_tls(start(), "/echo", {&client_}).answer.status, status) << san;
  }
}

TEST_F(TlsServerTest, TakesANewCertificateAndKeepsTheOldOneWhenItIsBad) {
  const std::string address = start();
  EXPECT_EQ(get_tls(address, "/echo").peer, identity_.certificate);
  const Identity next = make_identity("DNS:next");
  use(next);
  EXPECT_EQ(get_tls(address, "/echo").peer, next.certificate);
  EXPECT_TRUE(server_->web_config().good());

  folder_.write("tls.key", "junk");
  EXPECT_EQ(get_tls(address, "/echo").peer, next.certificate);
  EXPECT_FALSE(server_->web_config().good());
  EXPECT_GE(server_->web_config().failures(), 1U);
  std::filesystem::remove(folder_.file("tls.key"));
  EXPECT_EQ(get_tls(address, "/echo").peer, next.certificate);

  use(identity_);
  EXPECT_EQ(get_tls(address, "/echo").peer, identity_.certificate);
  EXPECT_TRUE(server_->web_config().good());
}

TEST_F(TlsServerTest, LosesNoRequestWhileCertificatesRotate) {
  const std::string address = start();
  std::atomic<bool> done{false};
  std::thread rotation([this, &done] {
    while (!done) use(make_identity("DNS:rotating"));
  });
  int answered = 0;
  for (int i = 0; i < 100; ++i) answered += get_tls(address, "/echo").answer.status == 200 ? 1 : 0;
  done = true;
  rotation.join();
  EXPECT_EQ(answered, 100);
}

TEST_F(TlsServerTest, DoesNotStartWithWhatOpenSslRefuses) {
  const auto error = [this] {
    ServerOptions options;
    options.listen_addresses = {"127.0.0.1:0"};
    options.web_config.file = folder_.file("web.yml");
    options.web_config.load = [this]() -> Result<WebConfig> { return config_; };
    const auto server = start_server(options, routes());
    return server ? std::string("started") : server.error().what;
  };
  const TlsSettings good = *config_.tls;
  const auto says = [&error](std::string_view part) {
    const std::string what = error();
    EXPECT_NE(what.find(part), std::string::npos) << what;
    EXPECT_EQ(what.find("PRIVATE KEY"), std::string::npos);
  };
  config_.tls->certificate.file = folder_.file("nowhere");
  says("nowhere");
  *config_.tls = good;
  config_.tls->key.file = folder_.path();
  says("key_file (" + folder_.path() + "): no regular file");
  *config_.tls = good;
  config_.tls->key = {make_identity("DNS:other").key, ""};
  says("key: ");
  *config_.tls = good;
  config_.tls->certificate = {"junk", ""};
  says("cert: ");
  *config_.tls = good;
  config_.tls->client_auth = ClientAuth::kRequireAndVerify;
  config_.tls->client_ca = {"-----BEGIN nothing", ""};
  says("client_ca: ");
  *config_.tls = good;
  config_.tls->cipher_suites = {"TLS_MADE_UP"};
  says("cipher_suites: unknown name TLS_MADE_UP");
  *config_.tls = good;
  config_.tls->curves = {"CurveP1"};
  says("curve_preferences: unknown name CurveP1");
  *config_.tls = good;
  EXPECT_EQ(error(), "started");
}

std::string hashed(const char* password) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  crypt_gensalt_rn("$2y$", 4, nullptr, 0, salt.data(), salt.size());
  crypt_data scratch{};
  return crypt_r(password, salt.data(), &scratch);
}

TEST_F(TlsServerTest, AsksForAPasswordAndSendsHeaders) {
  config_.users = {{"alice", hashed("open sesame")}};
  config_.headers = {{"X-Frame-Options", "deny"}};
  const std::string address = start();
  const auto as = [&address](const std::string& path, const std::string& base64) {
    return ask_tls(address, "GET " + path + " HTTP/1.1\r\nAuthorization: Basic " + base64 + "\r\n\r\n").answer;
  };
  const std::string alice = "YWxpY2U6b3BlbiBzZXNhbWU=";
  EXPECT_EQ(as("/echo", alice).status, 200);
  EXPECT_EQ(as("/echo", alice).header("X-Frame-Options"), "deny");
  EXPECT_EQ(as("/nothing", alice).status, 404);
  EXPECT_EQ(as("/echo", "YWxpY2U6b3BlbiBzZXNhbQ==").status, 401);  // open sesam
  EXPECT_EQ(as("/echo", "Ym9iOm9wZW4gc2VzYW1l").status, 401);      // bob, the same password
  const Answer without = get_tls(address, "/echo").answer;
  EXPECT_EQ(without.status, 401);
  EXPECT_EQ(without.header("WWW-Authenticate"), "Basic realm=\"spark_exporter\", charset=\"UTF-8\"");
  EXPECT_EQ(without.header("X-Frame-Options"), "deny");
  EXPECT_EQ(get_tls(address, "/nothing").answer.status, 401);
  EXPECT_EQ(get_tls(address, "/health").answer.status, 200);

  config_.users.clear();
  folder_.write("web.yml", "# changed\n");
  EXPECT_EQ(get_tls(address, "/echo").answer.status, 200);
}

TEST_F(TlsServerTest, TurnsTlsOnAndOffByARestartOnly) {
  const std::string address = start();
  const auto tls = config_.tls;
  config_.tls.reset();
  folder_.write("web.yml", "# no TLS\n");
  EXPECT_EQ(get_tls(address, "/echo").answer.status, 200);
  EXPECT_FALSE(server_->web_config().good());
  EXPECT_EQ(get(start(), "/echo").status, 200);
}

}  // namespace
}  // namespace spark_exporter::web
