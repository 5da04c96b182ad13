#include "exporter/common/log.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace spark_exporter::log {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

/// What `call` writes to stderr.
template <class Call>
std::string captured(Call call) {
  testing::internal::CaptureStderr();
  call();
  return testing::internal::GetCapturedStderr();
}

bool looks_like_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !is_digit : text[i] != kForm[i]) return false;
  }
  return true;
}

/// The line with TIME in place of its time, which is checked to be one.
std::string without_time(std::string line) {
  const std::size_t start =
      line.starts_with('{') ? std::string_view("{\"ts\":\"").size() : std::string_view("ts=").size();
  EXPECT_TRUE(line.size() > start + 24 && looks_like_time(std::string_view(line).substr(start, 24))) << line;
  return line.replace(start, 24, "TIME");
}

class Log : public testing::Test {
 protected:
  void TearDown() override { configure(Level::kInfo, Format::kLogfmt); }
};

struct Case {
  const char* name;
  std::string message;
  std::string value;
  std::string logfmt;
  std::string json;
};

TEST_F(Log, WritesOneLineInBothFormats) {
  const Case cases[] = {
      {"plain", "poll failed", "timeout", R"(msg="poll failed" k=timeout)", R"("msg":"poll failed","k":"timeout"})"},
      {"secret", "m", "GET http://ann:hunter2@db/ failed", R"(msg="m" k="GET http://***@db/ failed")",
       R"("msg":"m","k":"GET http://***@db/ failed"})"},
      {"blank", "m", "a b", R"(msg="m" k="a b")", R"("msg":"m","k":"a b"})"},
      {"empty", "", "", R"(msg="" k="")", R"("msg":"","k":""})"},
      {"equals", "m", "a=b", R"(msg="m" k="a=b")", R"("msg":"m","k":"a=b"})"},
      {"quote", "say \"hi\"", "\"", R"(msg="say \"hi\"" k="\"")", R"("msg":"say \"hi\"","k":"\""})"},
      {"newline", "two\nlines", "x\ny", R"(msg="two\nlines" k="x\ny")", R"("msg":"two\nlines","k":"x\ny"})"},
      {"backslash", "m", "C:\\x", R"(msg="m" k="C:\\x")", R"("msg":"m","k":"C:\\x"})"},
      {"not UTF-8", "m", "\xFF", "msg=\"m\" k=\"\xEF\xBF\xBD\"", "\"msg\":\"m\",\"k\":\"\xEF\xBF\xBD\"}"},
      {"braces", "{} %s", "{0}", R"(msg="{} %s" k={0})", R"("msg":"{} %s","k":"{0}"})"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    configure(Level::kInfo, Format::kLogfmt);
    EXPECT_EQ(without_time(captured([&c] {
                warn(c.message, {{"k", c.value}});
              })),
              "ts=TIME level=warn " + c.logfmt + "\n");
    configure(Level::kInfo, Format::kJson);
    EXPECT_EQ(without_time(captured([&c] {
                error(c.message, {{"k", c.value}});
              })),
              R"({"ts":"TIME","level":"error",)" + c.json + "\n");
  }
}

TEST_F(Log, KeepsKeysPlain) {
  const std::string line = captured([] { info("m", {{"a b\n=\"", "1"}, {"", "2"}}); });
  EXPECT_EQ(without_time(line), "ts=TIME level=info msg=\"m\" a_b___=1 _=2\n");
}

TEST_F(Log, WritesWhatTheLevelAdmits) {
  const Level levels[] = {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError};
  for (const Level threshold : levels) {
    configure(threshold, Format::kLogfmt);
    for (const Level level : levels) {
      const std::string line = captured([level] { write(level, "m"); });
      EXPECT_EQ(!line.empty(), level >= threshold);
    }
  }
}

TEST_F(Log, ReadsLevelsAndFormats) {
  EXPECT_EQ(parse_level("debug"), Level::kDebug);
  EXPECT_EQ(parse_level("info"), Level::kInfo);
  EXPECT_EQ(parse_level("warn"), Level::kWarn);
  EXPECT_EQ(parse_level("error"), Level::kError);
  EXPECT_EQ(parse_format("logfmt"), Format::kLogfmt);
  EXPECT_EQ(parse_format("json"), Format::kJson);
  for (const char* text : {"", "INFO", "trace", "inf", "info "}) {
    EXPECT_THROW(parse_level(text), std::invalid_argument) << text;
    EXPECT_THROW(parse_format(text), std::invalid_argument) << text;
  }
  try {
    parse_level("loud");
    FAIL();
  } catch (const std::invalid_argument& problem) {
    EXPECT_NE(std::string(problem.what()).find("\"loud\""), std::string::npos);
  }
}

TEST_F(Log, KeepsLinesOfThreadsApart) {
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  const std::string text = captured([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < kLines; ++i) info("from a thread", {{"padding", std::string(100, 'x')}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  const std::string expected = "ts=TIME level=info msg=\"from a thread\" padding=" + std::string(100, 'x');
  std::istringstream in(text);
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) ASSERT_EQ(without_time(line), expected);
  EXPECT_EQ(lines, kThreads * kLines);
}

TEST(RateLimited, AdmitsTheFirstAndOneAPeriod) {
  RateLimited limited(seconds{60});
  const steady_clock::time_point start{};
  const struct {
    int second;
    bool admitted;
    std::uint64_t held_back;
  } events[] = {{0, true, 0},   {1, false, 0},  {59, false, 0}, {60, true, 2},
                {61, false, 0}, {500, true, 1}, {600, true, 0}};
  for (const auto& event : events) {
    std::uint64_t held_back = 99;
    EXPECT_EQ(limited.admit("key", start + seconds{event.second}, held_back), event.admitted) << event.second;
    EXPECT_EQ(held_back, event.held_back) << event.second;
  }
}

TEST(RateLimited, KeysDoNotDisturbEachOther) {
  RateLimited limited;
  const steady_clock::time_point now{};
  std::uint64_t held_back = 0;
  EXPECT_TRUE(limited.admit("a", now, held_back));
  EXPECT_TRUE(limited.admit("b", now, held_back));
  EXPECT_FALSE(limited.admit("a", now, held_back));
  EXPECT_FALSE(limited.admit("b", now, held_back));
}

TEST(RateLimited, ForgetsTheOldestKeyWhenFull) {
  RateLimited limited(seconds{10'000});
  std::uint64_t held_back = 0;
  const auto at = [](int second) { return steady_clock::time_point{} + seconds{second}; };
  for (int i = 0; i < 256; ++i) EXPECT_TRUE(limited.admit(std::to_string(i), at(i), held_back));
  EXPECT_FALSE(limited.admit("0", at(300), held_back));  // 256 keys: still known
  EXPECT_TRUE(limited.admit("one more", at(301), held_back));
  EXPECT_FALSE(limited.admit("1", at(302), held_back));
  EXPECT_FALSE(limited.admit("255", at(302), held_back));
  EXPECT_TRUE(limited.admit("0", at(303), held_back));  // was the oldest
}

}  // namespace
}  // namespace spark_exporter::log
