#include "exporter/config/duration.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::config {
namespace {

using std::chrono::milliseconds;

TEST(Duration, ReadsWhatGoAndPrometheusWrite) {
  const struct {
    const char* text;
    std::int64_t millis;
  } cases[] = {{"10s", 10'000},
               {"1m30s", 90'000},
               {"500ms", 500},
               {"1h", 3'600'000},
               {"0s", 0},
               {"1d", 86'400'000},
               {"1.5s", 1'500},
               {"0.25m", 15'000},
               {"1h0m0s", 3'600'000},
               {"1d2h3m4s5ms", 93'784'005},
               {"36500d", 3'153'600'000'000}};
  for (const auto& c : cases) EXPECT_EQ(parse_duration(c.text), milliseconds{c.millis}) << c.text;
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text : {"",           "10",
                           "s",          "-1s",
                           "+1s",        "1 s",
                           " 1s",        "1s ",
                           "1S",         "1w",
                           "1us",        "1s1m",
                           "1s1s",       "1..5s",
                           "1.5.5s",     "1e3s",
                           "0x1s",       "1s;",
                           "inf",        "nans",
                           "1\xC2\xB5s", "99999999999999999999d",
                           "40000d",     ".",
                           ".s",         "1,5s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_FALSE(parse_duration(std::string(10'000, '1') + "s"));
}

TEST(Duration, WritesTheShortestForm) {
  const struct {
    std::int64_t millis;
    const char* text;
  } cases[] = {{0, "0s"},         {100, "100ms"},  {10'000, "10s"},
               {90'000, "1m30s"}, {300'000, "5m"}, {93'784'005, "1d2h3m4s5ms"}};
  for (const auto& c : cases) {
    EXPECT_EQ(format_duration(milliseconds{c.millis}), c.text);
    EXPECT_EQ(parse_duration(c.text), milliseconds{c.millis});
  }
}

}  // namespace
}  // namespace spark_exporter::config
