// Elements of lists inside of an item: where they begin and end, which place a value has, and who drops one.

#include <gtest/gtest.h>

#include <array>
#include <sstream>
#include <string>
#include <vector>

#include "exporter/json/fields.hpp"
#include "exporter/json/sax_reader.hpp"

namespace spark_exporter::json {
namespace {

constexpr std::array<std::string_view, 4> kPaths{"items[].list[].deep.name", "items[].name", "metadata.version",
                                                 "numbers[]"};

/// Writes down all it is told.
class Recorder final : public ItemSink {
 public:
  explicit Recorder(std::size_t most = 100) : most_(most) {}

  void begin() override { said.emplace_back("begin"); }
  const char* end() override {
    said.emplace_back("end");
    return nullptr;
  }
  Verdict set(std::size_t path, const Scalar& value) override {
    const bool text = value.kind == Scalar::Kind::kText;
    said.push_back(std::to_string(path) + "@" + std::to_string(value.index) + "=" +
                   (text ? std::string(value.text) : describe(value)));
    return {};
  }
  bool begin_element(std::string_view list) override {
    said.push_back("<" + std::string(list));
    return ++elements_ <= most_;
  }
  const char* end_element(std::string_view list) override {
    said.push_back(">" + std::string(list));
    return said[said.size() - 2].ends_with("=drop") ? "asked for" : nullptr;
  }

  std::vector<std::string> said;

 private:
  std::size_t most_;
  std::size_t elements_ = 0;
};

Result<DecodeReport> read(const std::string& text, Recorder& recorder) {
  std::istringstream in(text);
  return read_items(in, "doc", Root::kObject, kPaths, recorder);
}

TEST(SaxReader, TellsOfTheElementsOfLists) {
  Recorder recorder;
  const auto report =
      read(R"({"items":[{"name":"a","list":[{"deep":{"name":"x"}},{"other":[{}]},{"deep":{"name":"y"}}]},
                               {"name":"b"}],"numbers":[5,6],"metadata":{}})",
           recorder);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_types, 0U);
  EXPECT_EQ(recorder.said, (std::vector<std::string>{
                               "begin", "<items[]", "1@0=a", "<items[].list[]", "0@0=x", ">items[].list[]",
                               "<items[].list[]", ">items[].list[]", "<items[].list[]", "0@2=y", ">items[].list[]",
                               ">items[]", "<items[]", "1@1=b", ">items[]", "3@0=number 5", "3@1=number 6", "end"}));
}

TEST(SaxReader, ReportsADroppedElement) {
  Recorder recorder;
  const auto report = read(R"({"items":[{"name":"keep"},{"name":"drop"}]})", recorder);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_types, 1U);
  EXPECT_EQ(report->first, "doc.items[1]: dropped: asked for");
}

TEST(SaxReader, StopsAtOneElementTooMany) {
  const std::string two = R"({"items":[{"name":"a"},{"name":"b"}]})";
  Recorder enough(2);
  EXPECT_TRUE(read(two, enough));
  Recorder few(1);
  const auto report = read(two, few);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::kTooLarge);
  EXPECT_EQ(report.error().what, "doc: byte 24: more elements than are taken at doc.items[1]");
}

TEST(SaxReader, PassesOverWhatIsNoElement) {
  Recorder recorder;
  const auto report = read(R"({"items":[null,{"name":"a"},7,[{"name":"no"}],{"name":"b"}]})", recorder);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_types, 2U);
  EXPECT_EQ(recorder.said, (std::vector<std::string>{"begin", "<items[]", "1@1=a", ">items[]", "<items[]", "1@4=b",
                                                     ">items[]", "end"}));
}

TEST(Fields, KeptEndsAreCutBetweenCodePoints) {
  EXPECT_EQ(to_kept_ends(std::string(40, 'a'), 40), std::string(40, 'a'));
  EXPECT_EQ(to_kept_ends(std::string(30, 'a') + "bbbbbbbbbbb", 40), std::string(30, 'a') + " ... bbbbb");
  EXPECT_EQ(to_kept_ends(std::string(29, 'a') + "\u00fc" + std::string(6, 'b') + "\u20ac\u20ac", 40),
            std::string(29, 'a') + " ... \u20ac");
  EXPECT_EQ(to_kept_ends("abcdefghijklm", 12), "abcdefghijkl");
  EXPECT_EQ(to_kept_ends(std::string(limits::kTextBytes + 1, 'x')).size(), limits::kTextBytes);
  EXPECT_EQ(to_kept_ends(std::string(100, '\x80'), 40), " ... ");
}

TEST(Fields, KeptTextIsCutBetweenCodePoints) {
  EXPECT_EQ(to_kept_text("abc", 3), "abc");
  EXPECT_EQ(to_kept_text("abcd", 3), "abc");
  EXPECT_EQ(to_kept_text("ab\u00fc", 3), "ab");
  EXPECT_EQ(to_kept_text(std::string(limits::kTextBytes + 1, 'x')).size(), limits::kTextBytes);
}

}  // namespace
}  // namespace spark_exporter::json
