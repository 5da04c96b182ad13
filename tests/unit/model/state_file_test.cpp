#include "exporter/model/state_file.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::model {
namespace {

std::string good() { return to_json(Run(spark::Application{}, spark::TimePoint{}).save()); }

std::string with(const std::string& part, const std::string& other) {
  std::string text = good();
  const auto at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part << " in " << text;
  return text.replace(at, part.size(), other);
}

TEST(StateFile, SaysOnOneLineWhereItIsBroken) {
  const auto read = from_json("{\"version\":1,\n\xff}");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(read.error().what, "byte 15: no JSON");
}

TEST(StateFile, TakesNoNumberThatNoRunHas) {
  ASSERT_TRUE(from_json(good()));
  const std::pair<const char*, const char*> cases[] = {
      {R"("succeeded":0)", R"("succeeded":-1)"},
      {R"("unknown":0)", R"("unknown":18446744073709551615)"},
      {R"("dead_gc":0)", R"("dead_gc":1e300)"},
      {R"("owed_stages":[])", R"("owed_stages":[-9223372036854775808])"},
      {R"("removals":[0)", R"("removals":[-1)"},
      {R"("live":[])", R"("live":[[0,0,77,[0]]])"},
      {R"("lost":[])", R"("lost":[["1",0,0,0,0,-1]])"},
      {R"("owed_stages":[])", R"("owed_stages":[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]])"},
  };
  for (const auto& [part, other] : cases) {
    const auto read = from_json(with(part, other));
    ASSERT_FALSE(read) << other;
    EXPECT_EQ(read.error().kind, ErrorKind::kWrongType) << other;
    EXPECT_EQ(read.error().what, "a number is out of range") << other;
  }
}

TEST(StateFile, OfBeforeLostTasksWereCountedIsAsGoodAsAny) {
  const auto read = from_json(with(R"("lost":[])", R"("lost":[["1",5,0,0,0]])"));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->work.lost.at("1"), (LostTasks{spark::Millis{5}, {}, {}, {}, 0}));
}

}  // namespace
}  // namespace spark_exporter::model
