#include <gtest/gtest.h>

#include "exporter/spark/facts.hpp"

namespace spark_exporter::spark {
namespace {

struct Case {
  std::string_view text;
  std::optional<std::int64_t> millis;
};

TEST(DecodeTime, ReadsSparksFormAndNothingElse) {
  const Case cases[] = {
      {"2026-11-23T13:37:07.395GMT", 1795441027395},
      {"1970-01-01T00:00:00.000GMT", 0},
      {"2024-02-29T23:59:59.999GMT", 1709251199999},
      {"9999-12-31T23:59:59.999GMT", 253402300799999},
      {"1969-12-31T23:59:59.999GMT", std::nullopt},  // Spark's "no end"
      {"0000-01-01T00:00:00.000GMT", std::nullopt},
      {"2023-02-29T00:00:00.000GMT", std::nullopt},
      {"2026-13-01T00:00:00.000GMT", std::nullopt},
      {"2026-00-01T00:00:00.000GMT", std::nullopt},
      {"2026-11-00T00:00:00.000GMT", std::nullopt},
      {"2026-11-31T00:00:00.000GMT", std::nullopt},
      {"2026-11-23T24:00:00.000GMT", std::nullopt},
      {"2026-11-23T00:60:00.000GMT", std::nullopt},
      {"2026-11-23T00:00:60.000GMT", std::nullopt},
      {"2026-11-23T13:37:07.395Z", std::nullopt},
      {"2026-11-23T13:37:07.395gmt", std::nullopt},
      {"2026-11-23T13:37:07.395GMT ", std::nullopt},
      {" 2026-11-23T13:37:07.395GMT", std::nullopt},
      {"2026-11-23 13:37:07.395GMT", std::nullopt},
      {"2026-11-23T13:37:07GMT", std::nullopt},
      {"2026-11-23T13:37:0+.395GMT", std::nullopt},
      {"-026-11-23T13:37:07.395GMT", std::nullopt},
      {"", std::nullopt},
      {"1795441027395", std::nullopt},
  };
  for (const auto& [text, millis] : cases) {
    SCOPED_TRACE(text);
    const auto time = parse_time(text);
    ASSERT_EQ(time.has_value(), millis.has_value());
    EXPECT_EQ(time.value_or(TimePoint{}).time_since_epoch().count(), millis.value_or(0));
  }
}

}  // namespace
}  // namespace spark_exporter::spark
