#include "exporter/web/listen_address.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spark_exporter::web {
namespace {

TEST(ParseListenAddress, ReadsWhatPrometheusExportersTake) {
  const struct {
    std::string text, host;
    std::uint16_t port;
  } cases[] = {
      {":9817", "", 9817},         {"127.0.0.1:0", "127.0.0.1", 0}, {"localhost:65535", "localhost", 65535},
      {"[::1]:9817", "::1", 9817}, {"[::]:9817", "::", 9817},       {"[fe80::1%eth0]:80", "fe80::1%eth0", 80},
  };
  for (const auto& expected : cases) {
    const auto address = parse_listen_address(expected.text);
    ASSERT_TRUE(address) << expected.text;
    EXPECT_EQ(address->host, expected.host);
    EXPECT_EQ(address->port, expected.port);
  }
}

TEST(ParseListenAddress, NamesTheTextThatDoesNotFit) {
  for (const std::string text : {"", "9817", "localhost", "localhost:", ":x", ":65536", ":-1", ":+1", ": 80", "::1:80",
                                 "[::1:80", "::1]:80", "[]:80", "[[::1]]:80", "http://a:80"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().kind, ErrorKind::kIo);
    EXPECT_NE(address.error().what.find('"' + text + '"'), std::string::npos) << address.error().what;
  }
}

TEST(FormatListenAddress, PutsIpv6IntoBrackets) {
  EXPECT_EQ(format_listen_address("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(format_listen_address("::", 9817), "[::]:9817");
}

}  // namespace
}  // namespace spark_exporter::web
