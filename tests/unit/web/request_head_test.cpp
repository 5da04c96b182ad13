#include "exporter/web/request_head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "exporter/common/limits.hpp"

namespace spark_exporter::web {
namespace {

/// The status of the refusal, or 200.
int verdict(const std::string& head) {
  const auto parsed = parse_request_head(head);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  return refusal == nullptr ? 200 : refusal->status;
}

RequestHead parsed(const std::string& head) {
  const auto result = parse_request_head(head);
  EXPECT_TRUE(std::holds_alternative<RequestHead>(result)) << head;
  return std::holds_alternative<RequestHead>(result) ? std::get<RequestHead>(result) : RequestHead{};
}

TEST(ScanHead, FindsTheEmptyLineWhereverTheReadsWereCut) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = head + "GET /second HTTP/1.1\r\n\r\n";
  for (std::size_t seen = 0; seen < head.size(); ++seen) {
    EXPECT_EQ(scan_head(bytes.substr(0, seen)).state, HeadScan::State::kIncomplete) << seen;
    const HeadScan scan = scan_head(bytes, seen);
    EXPECT_EQ(scan.state, HeadScan::State::kComplete) << seen;
    EXPECT_EQ(scan.length, head.size()) << seen;
  }
}

TEST(ScanHead, FindsBareLineEndsWhereverTheReadsWereCut) {
  for (const std::string bad : {"GET / HTTP/1.1\n\n", "\n", "GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", "GET /\r\r\n",
                                "GET / HTTP/1.1\r\nA: b\n\r\n\r\n"}) {
    HeadScan scan;
    std::size_t seen = 0;
    for (std::size_t size = 1; size <= bad.size() && scan.state == HeadScan::State::kIncomplete; ++size) {
      scan = scan_head(bad.substr(0, size), seen);
      seen = size;
    }
    EXPECT_EQ(scan.state, HeadScan::State::kBad) << bad;
    EXPECT_EQ(scan_head(bad).state, HeadScan::State::kBad) << bad;
  }
}

TEST(ParseRequestHead, KeepsWhatTheExporterReads) {
  const RequestHead head = parsed(
      "POST /api?a=b%20c HTTP/1.0\r\nhost: x\r\ncontent-length:\t 12 \r\nACCEPT: text/html\r\n"
      "Accept-Encoding: br\r\nAccept-Encoding:\r\naccept-encoding: gzip;q=0.5\r\nExpect: 100-Continue\r\n"
      "authorization:  Bearer a.b \r\nX-Other: "
      "\xC3\xA4\r\n\r\n");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/api?a=b%20c");
  EXPECT_EQ(head.body_bytes, 12U);
  EXPECT_EQ(head.accept, "text/html");
  EXPECT_EQ(head.accept_encoding, "br, gzip;q=0.5");
  EXPECT_EQ(head.authorization, "Bearer a.b");
  EXPECT_TRUE(head.expects_continue);
}

TEST(ParseRequestHead, RefusesWhatCouldBeReadInTwoWays) {
  const std::string get = "GET / HTTP/1.1\r\n";
  const std::string post = "POST / HTTP/1.1\r\n";
  const std::pair<std::string, int> cases[] = {
      {get + "\r\n", 200},
      {get + "Host: a\r\n\r\n", 200},
      {"\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET / FTP/1.1\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\n\r\n", 400},
      {"GET / x HTTP/1.1\r\n\r\n", 400},
      {" GET / HTTP/1.1\r\n\r\n", 400},
      {"G@T / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET / HTTP/1.10\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\n", 505},
      {"GET http://other/ HTTP/1.1\r\n\r\n", 400},
      {"OPTIONS * HTTP/1.1\r\n\r\n", 400},
      {"GET /% HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n", 400},
      {"GET /%4 HTTP/1.1\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\n\r\n", 400},
      {"GET /metrics%00.html HTTP/1.1\r\n\r\n", 400},
      {"GET /%41 HTTP/1.1\r\n\r\n", 200},
      {"GET /\xC3\xA4 HTTP/1.1\r\n\r\n", 400},
      {get + "Host: a\r\nHost: b\r\n\r\n", 400},
      {get + "NoColon\r\n\r\n", 400},
      {get + ": empty\r\n\r\n", 400},
      {get + "Host : a\r\n\r\n", 400},
      {get + " Folded: a\r\n\r\n", 400},
      {get + "A: b\r\n\tc\r\n\r\n", 400},
      {get + std::string("A: b\0c\r\n\r\n", 10), 400},
      {get + "A: b\x01\r\n\r\n", 400},
      {get + "A: b\x7F\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n", 411},
      {get + "transfer-encoding: identity\r\n\r\n", 411},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
      {post + "Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
      {post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
      {post + "Content-Length: 5, 5\r\n\r\n", 400},
      {post + "Content-Length: +5\r\n\r\n", 400},
      {post + "Content-Length: -5\r\n\r\n", 400},
      {post + "Content-Length: 0x5\r\n\r\n", 400},
      {post + "Content-Length: 5 5\r\n\r\n", 400},
      {post + "Content-Length:\r\n\r\n", 400},
      {post + "Content-Length: 18446744073709551616\r\n\r\n", 400},
      {post + "Content-Length: 0\r\n\r\n", 200},
      {post + "Expect: miracles\r\n\r\n", 417},
  };
  for (const auto& [head, status] : cases) EXPECT_EQ(verdict(head), status) << head;
}

TEST(ParseRequestHead, BoundsTheNumberOfHeaders) {
  std::string head = "GET / HTTP/1.1\r\n";
  for (std::size_t i = 0; i < limits::kRequestHeaders; ++i) head += "A: b\r\n";
  EXPECT_EQ(verdict(head + "\r\n"), 200);
  EXPECT_EQ(verdict(head + "A: b\r\n\r\n"), 431);
}

TEST(ParseRequestHead, BoundsTheBodyOfAPost) {
  const std::string limit = std::to_string(limits::kRequestBodyBytes);
  const std::string past = std::to_string(limits::kRequestBodyBytes + 1);
  EXPECT_EQ(verdict("POST / HTTP/1.1\r\nContent-Length: " + limit + "\r\n\r\n"), 200);
  EXPECT_EQ(verdict("POST / HTTP/1.1\r\nContent-Length: " + past + "\r\n\r\n"), 413);
}

TEST(ParseRequestHead, TakesAnyTextWithoutATerminator) {
  for (const char* text : {"", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA", "\r", "\n\n"}) {
    const int status = verdict(text);
    EXPECT_TRUE(status == 200 || status == 400) << text;
  }
}

TEST(ForwardedHead, IsWrittenAnewAndDropsWhatOnlyTheFrontMaySay) {
  const RequestHead head = parsed(
      "GET /metrics HTTP/1.1\r\nX-Spark-Exporter-Secret: guess\r\nx-spark-exporter-peer: 9.9.9.9\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 3\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(forwarded_head(head, "s3cret", "10.0.0.7"),
            "GET /metrics HTTP/1.1\r\nX-Spark-Exporter-Secret: s3cret\r\nX-Spark-Exporter-Peer: 10.0.0.7\r\n"
            "Host: localhost\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n");
}

TEST(ForwardedHead, AlwaysGivesAPostALength) {
  EXPECT_NE(forwarded_head(parsed("POST / HTTP/1.1\r\n\r\n"), "s", "p").find("Content-Length: 0\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace spark_exporter::web
