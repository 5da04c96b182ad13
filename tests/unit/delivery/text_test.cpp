#include "exporter/delivery/text.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::delivery {
namespace {

using std::chrono::milliseconds;

TEST(Clipped, CutsBetweenCodePointsAndReplacesWhatIsNone) {
  EXPECT_EQ(clipped("abc", 3), "abc");
  EXPECT_EQ(clipped("abcd", 3), "abc");
  EXPECT_EQ(clipped("abé", 3), "ab");
  EXPECT_EQ(clipped("abé", 4), "abé");
  EXPECT_EQ(clipped("a\xFF"
                    "b",
                    10),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(clipped("", 10), "");
}

TEST(Rfc3339, WritesTimes) {
  EXPECT_EQ(rfc3339(kubernetes::TimePoint{milliseconds{1'795'441'027'250}}), "2026-11-23T13:37:07.250Z");
  EXPECT_EQ(rfc3339(kubernetes::TimePoint{milliseconds{1'795'441'027'003}}), "2026-11-23T13:37:07.003Z");
  EXPECT_EQ(rfc3339_seconds(kubernetes::TimePoint{milliseconds{1'795'441'027'999}}), "2026-11-23T13:37:07Z");
  EXPECT_EQ(rfc3339_seconds(kubernetes::TimePoint{milliseconds{0}}), "1970-01-01T00:00:00Z");
}

TEST(PathSegment, EscapesWhatAPathCannotCarry) {
  EXPECT_EQ(path_segment("a-b.c_d~9"), "a-b.c_d~9");
  EXPECT_EQ(path_segment("a/b c%?#"), "a%2Fb%20c%25%3F%23");
  EXPECT_EQ(path_segment("é"), "%C3%A9");
}

TEST(Base64Url, FollowsTheVectorsOfTheStandard) {
  // RFC 4648 section 10, without padding.
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, expected] : vectors) EXPECT_EQ(base64_url(text), expected);
  EXPECT_EQ(base64_url("\xFB\xFF\xFE"), "-__-");
}

}  // namespace
}  // namespace spark_exporter::delivery
