#include "exporter/net/response_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "exporter/common/limits.hpp"

namespace spark_exporter::net {
namespace {

struct Parsed {
  std::optional<ErrorKind> error;
  std::string body;
  std::size_t left = 0;  ///< bytes after the answer
};

/// Feeds as a connection would: `step` more bytes whenever the parser needs some, then the end if `closed`.
Parsed parse(ResponseParser& parser, const std::string& wire, std::size_t step, bool closed) {
  Parsed parsed;
  std::array<char, 5> out;
  std::size_t begin = 0;
  std::size_t end = 0;
  while (!parser.done()) {
    const auto progress = parser.feed({wire.data() + begin, end - begin}, out);
    if (!progress) {
      parsed.error = progress.error().kind;
      return parsed;
    }
    begin += progress->consumed;
    parsed.body.append(out.data(), progress->produced);
    if (progress->consumed > 0 || progress->produced > 0) {
      continue;
    }
    if (end == wire.size()) {
      break;
    }
    end = std::min(wire.size(), end + step);
  }
  if (closed && !parser.done()) {
    const auto finished = parser.finish();
    parsed.error = finished ? std::nullopt : std::optional<ErrorKind>(finished.error().kind);
  }
  parsed.left = wire.size() - begin;
  return parsed;
}

struct Case {
  const char* name;
  std::string wire;
  std::optional<ErrorKind> error;
  std::string body;
};

const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST(ResponseParser, ReadsAnswersInPiecesOfAnySize) {
  const Case cases[] = {
      {"length", kOk + "Content-Length: 11\r\n\r\nhello world", {}, "hello world"},
      {"empty", kOk + "Content-Length: 0\r\n\r\n", {}, ""},
      {"chunked",
       kOk + "Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\n\r\n",
       {},
       "hello world"},
      {"trailer", kOk + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n", {}, "hi"},
      {"no chunk but the last", kOk + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {}, ""},
      {"a digit for a chunk", kOk + "Transfer-Encoding: chunked\r\n\r\n1\r\n0\r\n0\r\n\r\n", {}, "0"},
      {"mid last chunk", kOk + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r", ErrorKind::kReset, ""},
      {"until close", kOk + "\r\nhello", {}, "hello"},
      {"old", "HTTP/1.0 200 OK\r\n\r\nhello", {}, "hello"},
      {"no reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi", {}, "hi"},
      {"204", "HTTP/1.1 204 None\r\n\r\n", {}, ""},
      {"304", "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", {}, ""},
      {"short", kOk + "Content-Length: 11\r\n\r\nhello", ErrorKind::kReset, ""},
      {"mid chunk", kOk + "Transfer-Encoding: chunked\r\n\r\n6\r\nhel", ErrorKind::kReset, ""},
      {"no last chunk", kOk + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", ErrorKind::kReset, ""},
      {"mid head", kOk + "Content-Le", ErrorKind::kReset, ""},
      {"nothing", "", ErrorKind::kReset, ""},
      {"not HTTP", "SSH-2.0-OpenSSH_9.2", ErrorKind::kProtocol, ""},
      {"TLS alert", std::string("\x15\x03\x01\x00\x02\x02", 6), ErrorKind::kProtocol, ""},
      {"HTTP/2", "HTTP/2 200\r\n\r\n", ErrorKind::kProtocol, ""},
      {"bad status", "HTTP/1.1 2x0 OK\r\n\r\n", ErrorKind::kProtocol, ""},
      {"bad length", kOk + "Content-Length: -1\r\n\r\n", ErrorKind::kProtocol, ""},
      {"two lengths", kOk + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", ErrorKind::kProtocol, ""},
      {"bad chunk", kOk + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", ErrorKind::kProtocol, ""},
      {"huge chunk", kOk + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", ErrorKind::kProtocol, ""},
      {"coded", kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", ErrorKind::kProtocol, ""},
      {"no colon", kOk + "Nonsense\r\n\r\n", ErrorKind::kProtocol, ""},
  };
  for (const Case& c : cases) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, c.wire.size() + 1}) {
      ResponseParser parser(BodyExpected::kYes);
      const Parsed parsed = parse(parser, c.wire, step, true);
      EXPECT_EQ(parsed.error, c.error) << c.name << " by " << step;
      if (!c.error && !parsed.error) {
        EXPECT_TRUE(parser.done()) << c.name << " by " << step;
        EXPECT_EQ(parsed.body, c.body) << c.name << " by " << step;
      }
    }
  }
}

TEST(ResponseParser, LeavesWhatFollowsTheAnswer) {
  ResponseParser parser(BodyExpected::kYes);
  const Parsed parsed = parse(parser, kOk + "Content-Length: 2\r\n\r\nhiHTTP/1.1", 1000, false);
  EXPECT_EQ(parsed.body, "hi");
  EXPECT_EQ(parsed.left, 8u);
}

TEST(ResponseParser, ReadsTheHead) {
  ResponseParser parser(BodyExpected::kYes);
  const Parsed parsed = parse(parser,
                              "HTTP/1.1 503 Busy\r\ncontent-type: Text/HTML ; charset=UTF-8\r\nRetry-After: 7\r\n"
                              "LOCATION: https://h:4440/jobs/\r\nContent-Encoding: GZip\r\nContent-Length: 0\r\n\r\n",
                              1, false);
  ASSERT_FALSE(parsed.error);
  EXPECT_EQ(parser.head().status, 503u);
  EXPECT_EQ(parser.head().content_type, "text/html");
  EXPECT_EQ(parser.head().location, "https://h:4440/jobs/");
  EXPECT_EQ(parser.head().retry_after_seconds, 7u);
  EXPECT_EQ(parser.content_encoding(), "gzip");
  EXPECT_FALSE(parser.interim());
}

TEST(ResponseParser, TellsWhetherTheConnectionGoesOn) {
  struct {
    std::string wire;
    bool keep_alive;
  } const cases[] = {
      {kOk + "Content-Length: 0\r\n\r\n", true},
      {kOk + "Connection: close\r\nContent-Length: 0\r\n\r\n", false},
      {kOk + "\r\n", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", true},
  };
  for (const auto& c : cases) {
    ResponseParser parser(BodyExpected::kYes);
    ASSERT_FALSE(parse(parser, c.wire, 1000, true).error) << c.wire;
    EXPECT_EQ(parser.keep_alive(), c.keep_alive) << c.wire;
  }
}

TEST(ResponseParser, AnswerToHeadHasNoBody) {
  ResponseParser parser(BodyExpected::kNo);
  parse(parser, kOk + "Content-Length: 5\r\n\r\n", 1000, false);
  EXPECT_TRUE(parser.done());
}

/// One long field, or many short ones: in whatever pieces they come, the sum counts.
TEST(ResponseParser, BoundsTheHead) {
  const auto padded = [](std::size_t head_bytes, std::size_t field_bytes) {
    const std::string last = "Content-Length: 0\r\n\r\n";
    std::string head = kOk;
    while (head.size() + last.size() < head_bytes) {
      const std::size_t left = head_bytes - head.size() - last.size();
      const std::size_t field = left < 2 * field_bytes ? left : field_bytes;
      head += "X: " + std::string(field - 5, 'a') + "\r\n";
    }
    return head + last;
  };
  for (const std::size_t field_bytes : {std::size_t{50}, limits::kHttpHeaderBytes}) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, limits::kHttpHeaderBytes * 2}) {
      const std::string fits = padded(limits::kHttpHeaderBytes, field_bytes);
      ASSERT_EQ(fits.size(), limits::kHttpHeaderBytes);
      ResponseParser at_limit(BodyExpected::kYes);
      EXPECT_FALSE(parse(at_limit, fits, step, false).error) << field_bytes << " by " << step;
      EXPECT_TRUE(at_limit.done());
      ResponseParser past_limit(BodyExpected::kYes);
      EXPECT_EQ(parse(past_limit, padded(limits::kHttpHeaderBytes + 1, field_bytes), step, false).error,
                ErrorKind::kTooLarge)
          << field_bytes << " by " << step;
    }
  }
}

TEST(ResponseParser, HasNoBodyLimitOfItsOwn) {
  constexpr std::size_t kMoreThanBeastsDefault = 9 << 20;
  ResponseParser parser(BodyExpected::kYes);
  std::string wire = kOk + "Content-Length: " + std::to_string(kMoreThanBeastsDefault) + "\r\n\r\n";
  wire.append(kMoreThanBeastsDefault, 'x');
  EXPECT_EQ(parse(parser, wire, wire.size(), false).body.size(), kMoreThanBeastsDefault);
}

}  // namespace
}  // namespace spark_exporter::net
