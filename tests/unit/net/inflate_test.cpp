#include "exporter/net/inflate.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/reply.hpp"

namespace spark_exporter::net {
namespace {

using test::gzip;

struct Decoded {
  bool ok = true;
  std::string text;
  bool at_boundary = false;
};

/// Feeds `in` in steps of `in_step` bytes and takes `out_step` bytes at a time.
Decoded decode(const std::string& in, std::size_t in_step, std::size_t out_step) {
  Inflater inflater;
  Decoded decoded;
  std::vector<char> out(out_step);
  for (std::size_t at = 0; at < in.size(); at += in_step) {
    std::span<const char> rest(in.data() + at, std::min(in_step, in.size() - at));
    for (;;) {
      const auto progress = inflater.decode(rest, out);
      if (!progress) {
        EXPECT_EQ(progress.error().kind, ErrorKind::kProtocol);
        decoded.ok = false;
        return decoded;
      }
      decoded.text.append(out.data(), progress->produced);
      rest = rest.subspan(progress->consumed);
      if (progress->consumed == 0 && progress->produced == 0) {
        break;
      }
    }
  }
  decoded.at_boundary = inflater.at_boundary();
  return decoded;
}

std::string some_text() {
  std::string text;
  for (int i = 0; i < 5'000; ++i) {
    text += "stage " + std::to_string(i * 7919 % 10007) + ",";
  }
  return text;
}

TEST(Inflater, DecodesWhateverTheSizeOfTheSteps) {
  const std::string text = some_text();
  const std::string in = gzip(text);
  for (const std::size_t in_step : {std::size_t{1}, std::size_t{7}, in.size()}) {
    for (const std::size_t out_step : {std::size_t{1}, std::size_t{1000}, text.size() + 1}) {
      const Decoded decoded = decode(in, in_step, out_step);
      EXPECT_TRUE(decoded.ok);
      EXPECT_EQ(decoded.text, text) << in_step << " " << out_step;
      EXPECT_TRUE(decoded.at_boundary);
    }
  }
}

/// Whatever the input so far says must come out, however small the output is: a watch's answer has no end to wait for.
TEST(Inflater, HoldsNothingBack) {
  const std::string in = gzip(std::string(1'000, 'a') + some_text());
  for (std::size_t length = 1; length < 200; ++length) {
    const std::string start = in.substr(0, length);
    EXPECT_EQ(decode(start, length, 1).text, decode(start, length, 100'000).text) << length;
  }
}

TEST(Inflater, DecodesSeveralMembers) {
  const std::string in = gzip("one,") + gzip("") + gzip("two");
  for (const std::size_t step : {std::size_t{1}, in.size()}) {
    EXPECT_EQ(decode(in, step, 100).text, "one,two");
  }
}

TEST(Inflater, RefusesWhatIsNotGzip) {
  std::string checksum = gzip("hello");
  checksum[checksum.size() - 6] ^= 1;
  for (const std::string& in : {std::string("{\"plain\": 1}"), checksum, gzip("hello") + "trailing garbage"}) {
    EXPECT_FALSE(decode(in, in.size(), 100).ok);
  }
}

TEST(Inflater, KnowsWhereTheInputMayEnd) {
  EXPECT_TRUE(Inflater().at_boundary());
  const std::string in = gzip("hello");
  EXPECT_TRUE(decode(in, in.size(), 100).at_boundary);
  EXPECT_FALSE(decode(in.substr(0, in.size() - 1), in.size(), 100).at_boundary);
}

}  // namespace
}  // namespace spark_exporter::net
