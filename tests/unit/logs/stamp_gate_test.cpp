#include "exporter/logs/stamp_gate.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spark_exporter::logs {
namespace {

std::string at(const std::string& second_and_fraction, const std::string& text) {
  return "2026-11-27T06:10:" + second_and_fraction + "Z " + text;
}

std::vector<std::string> pass(StampGate& gate, const std::vector<std::string>& lines) {
  std::vector<std::string> passed;
  for (const auto& line : lines) {
    std::string_view rest = line;
    if (gate.pass(rest)) passed.emplace_back(rest);
  }
  return passed;
}

TEST(StampGate, TakesTheStampOff) {
  StampGate gate;
  EXPECT_EQ(pass(gate, {at("11.000000001", "a b"), at("11.000000001", ""), "2026-11-27T06:10:12.5+02:00 c"}),
            (std::vector<std::string>{"a b", "", "c"}));
  EXPECT_EQ(gate.position(), (StampPosition{"2026-11-27T06:10:12.5+02:00", 1}));
}

TEST(StampGate, PassesOfAConnectionThatRepeatsOnlyWhatIsNew) {
  StampGate gate;
  const std::vector<std::string> first{at("11.1", "a"), at("11.2", "b"), at("11.2", "c")};
  EXPECT_EQ(pass(gate, first).size(), 3U);
  EXPECT_EQ(gate.position(), (StampPosition{"2026-11-27T06:10:11.2Z", 2}));
  gate.reconnected();
  auto again = first;
  again.push_back(at("11.2", "d"));  // the same instant, and not seen before
  again.push_back(at("11.3", "e"));
  EXPECT_EQ(pass(gate, again), (std::vector<std::string>{"d", "e"}));
  gate.reconnected();
  EXPECT_EQ(pass(gate, {at("11.2", "x"), at("11.3", "x")}).size(), 0U);
  EXPECT_EQ(pass(gate, {at("11.3", "f"), at("12.0", "g")}), (std::vector<std::string>{"f", "g"}));
}

TEST(StampGate, GoesOnWhereItsLogBeginsAnew) {
  StampGate gate;
  pass(gate, {at("11.1", "a"), at("11.2", "b")});
  gate.reconnected();  // rotated, or another container: what was read is not there any more
  EXPECT_EQ(pass(gate, {at("20.1", "c"), at("20.2", "d")}), (std::vector<std::string>{"c", "d"}));
}

TEST(StampGate, GoesOnFromASavedPosition) {
  StampGate gate;
  gate.restore({"2026-11-27T06:10:11.2Z", 1});
  EXPECT_EQ(pass(gate, {at("11.1", "a"), at("11.2", "b"), at("11.2", "c")}), (std::vector<std::string>{"c"}));
}

TEST(StampGate, PassesTheKubeletsOwnLinesUnlessItRepeats) {
  StampGate gate;
  const std::string own = "failed to try resolving symlinks in path \"/var/log/pods/x\"";
  EXPECT_EQ(pass(gate, {own, "2026-11-27 x", ""}).size(), 3U);
  pass(gate, {at("11.1", "a")});
  gate.reconnected();
  EXPECT_EQ(pass(gate, {own}).size(), 0U);
}

TEST(StampGate, ComparesToTheNanosecondInAnyZone) {
  const std::string one = "2026-11-27T06:10:11.123456789Z";
  EXPECT_EQ(compare_stamps(one, "2026-11-27T08:10:11.123456789+02:00"), 0);
  EXPECT_LT(compare_stamps("2026-11-27T06:10:11.123456788Z", one), 0);
  EXPECT_GT(compare_stamps(one, "2026-11-27T06:10:11.1234Z"), 0);
  EXPECT_EQ(compare_stamps("2026-11-27T06:10:11.5Z", "2026-11-27T06:10:11.500000000Z"), 0);
  EXPECT_EQ(compare_stamps("2026-11-27T06:10:11.5+02:00", "2026-11-27T04:10:11.5Z"), 0);
  EXPECT_LT(compare_stamps("2026-11-27T06:10:11Z", "2026-11-27T06:10:11.000000001Z"), 0);
  EXPECT_GT(compare_stamps("2026-99-99T99:99:99Z", one), 0);
}

}  // namespace
}  // namespace spark_exporter::logs
