#include "exporter/net/header_fields.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::net {
namespace {

TEST(HeaderFields, ReadsSingleValues) {
  EXPECT_EQ(media_type(" Application/JSON ;charset=x"), "application/json");
  EXPECT_EQ(media_type(""), "");
  EXPECT_EQ(media_type("  "), "");
  EXPECT_EQ(retry_after(" 120 "), 120u);
  EXPECT_EQ(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), 0u);
  EXPECT_EQ(retry_after("-1"), 0u);
  EXPECT_EQ(retry_after("99999999999999999999"), 0u);
  EXPECT_TRUE(may_begin_answer(""));
  EXPECT_TRUE(may_begin_answer("HT"));
  EXPECT_TRUE(may_begin_answer("HTTP/1.1 200"));
  EXPECT_FALSE(may_begin_answer("HTTQ"));
  EXPECT_EQ(printable("a\r\nb\xff"), "a??b?");
  EXPECT_LT(printable(std::string(1000, 'x')).size(), 100u);
}

TEST(HeaderFields, SerializesARequest) {
  const Url base = parse_url("http://[::1]:4040/proxy").value();
  Request request;
  request.method = "POST";
  request.target = "/api/v1/applications?status=running";
  request.headers = {{"Accept", "application/json"}};
  request.body = "{}";
  EXPECT_EQ(serialize(request, base, "me/1").value(),
            "POST /proxy/api/v1/applications?status=running HTTP/1.1\r\nHost: [::1]:4040\r\nUser-Agent: me/1\r\n"
            "Accept-Encoding: gzip\r\nAccept: application/json\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_NE(serialize(request, parse_url("https://k8s").value(), "me").value().find("Host: k8s\r\n"),
            std::string::npos);
}

TEST(HeaderFields, RefusesWhatWouldBreakTheFraming) {
  const Url base = parse_url("http://h").value();
  const auto with = [](const char* method, const char* target, const char* name, const char* value) {
    Request request;
    request.method = method;
    request.target = target;
    request.headers = {{name, value}};
    return request;
  };
  EXPECT_TRUE(serialize(with("GET", "/", "Authorization", "Bearer s\tecret"), base, "me"));
  const Request bad[] = {
      with("GET", "", "X", "y"),
      with("GET", "x", "X", "y"),
      with("GET", "/a b", "X", "y"),
      with("GET", "/a\r\nX: y", "X", "y"),
      with("GET", "/\xc3\xa9", "X", "y"),
      with("G T", "/", "X", "y"),
      with("", "/", "X", "y"),
      with("GET", "/", "X:", "y"),
      with("GET", "/", "", "y"),
      with("GET", "/", "Authorization", "Bearer secret\n"),
  };
  for (const Request& request : bad) {
    const auto message = serialize(request, base, "me");
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().kind, ErrorKind::kProtocol);
    EXPECT_EQ(message.error().what.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace spark_exporter::net
