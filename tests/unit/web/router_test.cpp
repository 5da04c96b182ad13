#include "exporter/web/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "exporter/web/http_text.hpp"

namespace spark_exporter::web {
namespace {

HttpResponse said(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

HttpResponse ask(Router& router, std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  return router.dispatch(request);
}

TEST(Router, MatchesPathAndMethodExactly) {
  Router router({{"/a", "GET", [](const HttpRequest& request) { return said("get " + request.method); }},
                 {"/a", "POST", [](const HttpRequest&) { return said("post"); }},
                 {"/p", "POST", [](const HttpRequest&) { return said("p"); }}});
  const struct {
    std::string method, path;
    int status;
    std::string body, allow;
  } cases[] = {
      {"GET", "/a", 200, "get GET", ""},
      {"HEAD", "/a", 200, "get HEAD", ""},
      {"POST", "/a", 200, "post", ""},
      {"PUT", "/a", 405, "method not allowed\n", "GET, HEAD, POST"},
      {"GET", "/p", 405, "method not allowed\n", "POST"},
      {"HEAD", "/p", 405, "method not allowed\n", "POST"},
      {"GET", "/", 404, "not found\n", ""},
      {"GET", "/A", 404, "not found\n", ""},
      {"GET", "/a/", 404, "not found\n", ""},
      {"GET", "/ab", 404, "not found\n", ""},
      {"get", "/a", 405, "method not allowed\n", "GET, HEAD, POST"},
  };
  for (const auto& expected : cases) {
    const HttpResponse response = ask(router, expected.method, expected.path);
    EXPECT_EQ(response.status, expected.status) << expected.method << ' ' << expected.path;
    EXPECT_EQ(response.body, expected.body);
    EXPECT_EQ(response.headers.empty() ? "" : response.headers.front().second, expected.allow);
  }
}

TEST(Router, TurnsExceptionsInto500) {
  Router router({{"/std", "GET", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret"); }},
                 {"/int", "GET", [](const HttpRequest&) -> HttpResponse { throw 7; }}});
  for (const char* path : {"/std", "/int"}) {
    const HttpResponse response = ask(router, "GET", path);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, "internal error\n");
  }
}

TEST(ResponseHead, LeavesOutHeadersThatWouldSplitIt) {
  EXPECT_EQ(response_head(404, "text/plain", 3, {{"A", "b\r\nC: d"}, {"E F", "g"}, {"H", "i"}}),
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\nH: i\r\n\r\n");
}

TEST(ResponseHead, HasAPhraseForAnyStatus) { EXPECT_TRUE(response_head(299, "a/b", 0).starts_with("HTTP/1.1 299 ")); }

}  // namespace
}  // namespace spark_exporter::web
