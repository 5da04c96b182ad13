#include "exporter/outcome/baseline.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace spark_exporter::outcome {
namespace {

TEST(Baseline, ComesBackAsItWas) {
  for (const auto& baseline :
       {Baseline{}, Baseline{20, 480.25, 1e12 / 3, 1.0 / 3, "EUR"}, Baseline{3, std::nullopt, 7, std::nullopt, ""}}) {
    const auto text = encode(baseline);
    EXPECT_LE(text.size(), 200U);
    const auto read = decode_baseline(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, baseline) << text;
  }
}

TEST(Baseline, LeavesOutWhatIsNoAmount) {
  for (const char* const text : {R"({"runs":2,"duration_seconds":-1,"input_bytes":"many","cost":3})",
                                 R"({"runs":2,"cost":3,"currency":"euro"})"}) {
    const auto read = decode_baseline(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, (Baseline{2})) << text;
  }
  EXPECT_EQ(encode(Baseline{1, std::numeric_limits<double>::infinity(), {}, {}, ""}), R"({"runs":1})");
}

TEST(Baseline, RefusesWhatIsNone) {
  for (const char* const text : {"", "null", "[1]", "{}", R"({"runs":1.5})", R"({"runs":-1})", R"({"runs":)",
                                 R"({"runs":2,"cost":1e999,"currency":"EUR"})"}) {
    const auto read = decode_baseline(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kMalformed) << text;
  }
}

}  // namespace
}  // namespace spark_exporter::outcome
