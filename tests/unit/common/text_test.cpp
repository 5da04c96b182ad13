#include "exporter/common/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace spark_exporter {
namespace {

using std::string_view_literals::operator""sv;

struct Case {
  std::string_view raw;
  std::string_view shown;
};

TEST(Quoted, MakesOneHarmlessLine) {
  const Case cases[] = {
      {"", R"("")"},
      {"plain text", R"("plain text")"},
      {"a \"quote\" and \\", R"("a \"quote\" and \\")"},
      {"two\nlines\r\tend", R"("two\nlines\r\tend")"},
      {"\x1b[31mred\x7f", R"("\u001b[31mred\u007f")"},
      {"nul\0nul"sv, R"("nul\u0000nul")"},
      {"\xC2\x85", R"("\u0085")"},  // NEL, a line end to some readers
      {"h\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x94\xA5", "\"h\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x94\xA5\""},
      {"a\xFFz", "\"a\xEF\xBF\xBDz\""},
      {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                  // broken off
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                  // overlong
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},  // a surrogate
  };
  for (const Case& c : cases) EXPECT_EQ(quoted(c.raw), c.shown);
}

TEST(Quoted, CutsBetweenCodePoints) {
  EXPECT_EQ(quoted("abcd", 4), R"("abcd")");
  EXPECT_EQ(quoted("abcde", 4), R"("abcd...")");
  EXPECT_EQ(quoted("abc\xE2\x82\xAC", 5), R"("abc...")");
  EXPECT_EQ(quoted("abc\xE2\x82\xAC", 6), "\"abc\xE2\x82\xAC\"");
  EXPECT_EQ(quoted("\n\n\n", 2), R"("\n\n...")");
}

TEST(Utf8, FindsTheFirstWrongByte) {
  const struct {
    std::string_view text;
    std::size_t offset;
  } cases[] = {
      {"", std::string_view::npos},
      {"all \xF4\x8F\xBF\xBF fine", std::string_view::npos},  // U+10FFFF
      {"ab\xF4\x90\x80\x80", 2},                              // one past it
      {"\x80", 0},
      {"a\xC3", 1},
      {"\xE0\x9F\xBF", 0},
      {"\xE0\xA0\x80", std::string_view::npos},
      {"\xF0\x8F\xBF\xBF", 0},
      {"\xF0\x90\x80\x80", std::string_view::npos},
      {"\xED\x9F\xBF", std::string_view::npos},
  };
  for (const auto& c : cases) EXPECT_EQ(find_invalid_utf8(c.text), c.offset) << quoted(c.text);
}

}  // namespace
}  // namespace spark_exporter
