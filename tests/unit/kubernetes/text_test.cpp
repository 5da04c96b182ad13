#include "exporter/kubernetes/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spark_exporter::kubernetes {
namespace {

TEST(ParseTime, Times) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-23T13:38:00Z", 1795441080000},
      {"2026-11-23T13:38:00.5Z", 1795441080500},
      {"2026-11-23T13:38:00.123456789Z", 1795441080123},
      {"2026-11-23T14:38:00+01:00", 1795441080000},
      {"2026-11-23T08:08:00-05:30", 1795441080000},
      {"2024-02-29T00:00:00Z", 1709164800000},
      {"9999-12-31T23:59:59Z", 253402300799000},
  };
  for (const auto& [text, millis] : cases) {
    const auto time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->time_since_epoch().count(), millis) << text;
  }
}

TEST(ParseTime, Others) {
  for (const char* text :
       {"", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-11-23", "2026-11-23T13:38:00", "2026-11-23 13:38:00Z",
        "2026-11-23T13:38:00z", "2026-13-23T13:38:00Z", "2026-02-29T13:38:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T13:60:00Z", "2026-11-23T13:38:60Z", "2026-11-23T13:38:00.Z", "2026-11-23T13:38:00+0100",
        "2026-11-23T13:38:00Zx", "x026-11-23T13:38:00Z", "2026-11-23T13:38", "-026-11-23T13:38:00Z"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(ParseQuantity, Amounts) {
  const std::pair<const char*, double> cases[] = {
      {"0", 0},
      {"2", 2},
      {"500m", 0.5},
      {"1.5", 1.5},
      {".5", 0.5},
      {"1k", 1000},
      {"1Ki", 1024},
      {"1408Mi", 1476395008},
      {"256Gi", 274877906944},
      {"2M", 2e6},
      {"3G", 3e9},
      {"1T", 1e12},
      {"1Ti", 1099511627776},
      {"1P", 1e15},
      {"1E", 1e18},
      {"1Ei", 0x1p60},
      {"129e6", 129e6},
      {"1.5E3", 1500},
      {"1e+3", 1000},
      {"1e-3", 0.001},
      {"250u", 250e-6},
      {"7n", 7e-9},
      {"+4", 4},
      {"128974848", 128974848},
  };
  for (const auto& [text, amount] : cases) {
    const auto parsed = parse_quantity(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_DOUBLE_EQ(*parsed, amount) << text;
  }
}

TEST(ParseQuantity, Others) {
  for (const char* text : {"", "-1", "Mi", "1 Mi", "1Mib", "1e", "1e+", "1ex", "1e99999", "1e999999999999", "inf",
                           "nan", "0x10", "1,5", "1K", "++1", " 1"}) {
    EXPECT_EQ(parse_quantity(text), std::nullopt) << text;
  }
  EXPECT_TRUE(parse_quantity(std::string(64, '1')));
  EXPECT_FALSE(parse_quantity(std::string(65, '1')));
}

}  // namespace
}  // namespace spark_exporter::kubernetes
