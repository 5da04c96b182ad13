#include <gtest/gtest.h>

#include <string>

#include "exporter/common/limits.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::net {
namespace {

struct Good {
  std::string text;
  Url url;
  std::string printed;
};

TEST(Url, ParsesAndPrints) {
  const Good cases[] = {
      {"http://localhost:4040", {"http", "localhost", 4040, ""}, "http://localhost:4040"},
      {"http://localhost:4040/", {"http", "localhost", 4040, ""}, "http://localhost:4040"},
      {"HTTP://LocalHost", {"http", "localhost", 80, ""}, "http://localhost:80"},
      {"https://kubernetes.default.svc",
       {"https", "kubernetes.default.svc", 443, ""},
       "https://kubernetes.default.svc:443"},
      {"http://[::1]:4040/a/b/", {"http", "::1", 4040, "/a/b"}, "http://[::1]:4040/a/b"},
      {"https://[FE80::2]", {"https", "fe80::2", 443, ""}, "https://[fe80::2]:443"},
      {"http://10.1.2.3:1/x@y:z", {"http", "10.1.2.3", 1, "/x@y:z"}, "http://10.1.2.3:1/x@y:z"},
      {"http://h:65535///", {"http", "h", 65535, ""}, "http://h:65535"},
  };
  for (const Good& c : cases) {
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url) << c.text << ": " << url.error().what;
    EXPECT_EQ(*url, c.url) << c.text;
    EXPECT_EQ(url->to_string(), c.printed);
    EXPECT_EQ(parse_url(c.printed).value(), c.url);
  }
}

TEST(Url, RefusesWhatIsNone) {
  const std::string cases[] = {
      "",
      "localhost:4040",
      "ftp://h",
      "://h",
      "http:/h",
      "http://",
      "http:///path",
      "http://:80",
      "http://h:",
      "http://h:0",
      "http://h:65536",
      "http://h:4o40",
      "http://h:-1",
      "http://h:+1",
      "http://h: 80",
      "http://h:80:81",
      "http://h /",
      "http://h/a b",
      "http://h/a\r\nX: y",
      std::string("http://h\0x", 10),
      "http://h\xc3\xa9",
      "http://[::1",
      "http://[::1]x",
      "http://[::1]4040",
      "http://[localhost]",
      "http://[]",
      "http://[fe80::1%eth0]",
      "http://::1",
      "http://h?x=1",
      "http://h/p?x=1",
      "http://h/#top",
      "http://user@h",
      "http://user:pw@h:80",
      "http://h_!",
      "http://" + std::string(254, 'a'),
  };
  for (const auto& text : cases) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::kProtocol);
    EXPECT_EQ(url.error().what.find('\n'), std::string::npos);
  }
}

TEST(Url, NeverShowsCredentials) {
  for (const std::string text :
       {"http://root:hunter2@h", "ftp://root:hunter2@h", "http://root:hunter2@h:x", "http://root:hunter2@ h"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().what.find("hunter2"), std::string::npos) << url.error().what;
  }
}

TEST(Url, HasALimit) {
  const std::string start = "http://h/";
  EXPECT_TRUE(parse_url(start + std::string(limits::kUrlBytes - start.size(), 'a')));
  EXPECT_FALSE(parse_url(start + std::string(limits::kUrlBytes - start.size() + 1, 'a')));
}

}  // namespace
}  // namespace spark_exporter::net
