#include "exporter/config/web_file.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::config {
namespace {

constexpr char kHash[] = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

std::string error_of(const std::string& text) {
  const auto read = parse_web_config(text, "web.yml", "/etc/web");
  return read ? "" : read.error().what;
}

TEST(WebFile, ReadsAll) {
  const auto read = parse_web_config(R"(tls_server_config:
  cert_file: tls.crt
  key_file: /secret/tls.key
  client_ca: |
    -----BEGIN CERTIFICATE-----
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.test, 10.1.2.3]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [CurveP256, X25519]
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
    X-Content-Type-Options: nosniff
    Content-Security-Policy: default-src 'self'
    X-XSS-Protection: ""
basic_auth_users:
  alice: )" + std::string(kHash) + R"(
rate_limit:
  interval: 1s
  burst: 20
)",
                                     "web.yml", "/etc/web");
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_TRUE(read->tls);
  const auto& tls = *read->tls;
  EXPECT_EQ(tls.certificate.file, "/etc/web/tls.crt");
  EXPECT_EQ(tls.key.file, "/secret/tls.key");
  EXPECT_EQ(tls.client_ca.text, "-----BEGIN CERTIFICATE-----\n");
  EXPECT_EQ(tls.client_auth, web::ClientAuth::kRequireAndVerify);
  EXPECT_EQ(tls.client_allowed_sans, (std::vector<std::string>{"prometheus.test", "10.1.2.3"}));
  EXPECT_FALSE(tls.prefer_server_cipher_suites);
  EXPECT_EQ(tls.curves.size(), 2U);
  EXPECT_EQ(read->headers,
            (web::HeaderList{{"X-Frame-Options", "deny"}, {"Content-Security-Policy", "default-src 'self'"}}));
  EXPECT_EQ(read->users.at("alice"), kHash);
  EXPECT_EQ(*read->rate_limit, (web::RateLimit{std::chrono::seconds{1}, 20}));
}

TEST(WebFile, NothingIsPlainHttpForEverybody) {
  for (const char* text : {"", "tls_server_config: {}\n", "tls_server_config:\n  min_version: TLS13\n",
                           "basic_auth_users: {}\n", "rate_limit:\n  interval: 0\n  burst: 5\n"}) {
    const auto read = parse_web_config(text, "web.yml", "");
    ASSERT_TRUE(read) << text << read.error().what;
    EXPECT_FALSE(read->tls) << text;
    EXPECT_TRUE(read->users.empty());
    EXPECT_FALSE(read->rate_limit);
  }
}

TEST(WebFile, RefusesWhatIsWrongAndNamesThePlace) {
  const std::string tls = "tls_server_config:\n  cert_file: a\n  key_file: b\n";
  const struct {
    std::string text, says;
  } cases[] = {
      {"junk: 1\n", "web.yml:1:1: junk: unknown key"},
      {"tls_server_config:\n  junk: 1\n", "web.yml:2:3: tls_server_config.junk: unknown key"},
      {"tls_server_config:\n  key_file: b\n", "needs cert_file"},
      {"tls_server_config:\n  cert_file: a\n", "needs key_file"},
      {tls + "  cert: x\n", "tls_server_config.cert_file: cert is given as well"},
      {tls + "  min_version: TLS14\n", "one of TLS10, TLS11, TLS12, TLS13"},
      {tls + "  min_version: TLS13\n  max_version: TLS12\n", "max_version is below min_version"},
      {tls + "  client_auth_type: Please\n", "web.yml:4:21: tls_server_config.client_auth_type: \"Please\""},
      {tls + "  client_ca_file: c\n", "no client_auth_type"},
      {tls + "  client_allowed_sans: [a]\n", "client_allowed_sans needs"},
      {tls + "  client_auth_type: RequestClientCert\n  client_allowed_sans: [a]\n", "client_allowed_sans needs"},
      {"http_server_config:\n  headers:\n    X-Frame-Options: maybe\n", "headers.X-Frame-Options: is not valid"},
      {"http_server_config:\n  headers:\n    X-Content-Type-Options: sniff\n", "is not valid"},
      {"http_server_config:\n  headers:\n    Server: me\n", "headers.Server: is not valid"},
      {"http_server_config:\n  http2: perhaps\n", "no switch"},
      {"rate_limit:\n  interval: soon\n", "rate_limit.interval"},
      {"rate_limit:\n  interval: 1s\n  burst: -1\n", "out of range"},
      {"basic_auth_users: [a]\n", "basic_auth_users: is no mapping"},
  };
  for (const auto& row : cases) {
    const std::string what = error_of(row.text);
    EXPECT_NE(what.find(row.says), std::string::npos) << row.text << what;
  }
}

TEST(WebFile, ShowsNoSecretInAnError) {
  for (const std::string text : {"basic_auth_users:\n  alice: hunter2\n", "basic_auth_users:\n  alice: [hunter2]\n",
                                 "tls_server_config:\n  key: [hunter2]\n", "tls_server_config:\n  key: hunter2\n",
                                 "tls_server_config:\n  cert: a\n  key: hunter2\n  key_file: b\n"}) {
    const std::string what = error_of(text);
    EXPECT_NE(what, "") << text;
    EXPECT_EQ(what.find("hunter2"), std::string::npos) << what;
  }
}

TEST(WebFile, NamesTheFileThatIsNotThere) {
  const auto read = load_web_config("/nowhere/web.yml");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().what.find("/nowhere/web.yml"), std::string::npos);
}

}  // namespace
}  // namespace spark_exporter::config
