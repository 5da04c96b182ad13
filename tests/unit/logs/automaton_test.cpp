#include "exporter/logs/automaton.hpp"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "exporter/logs/signatures.hpp"

namespace spark_exporter::logs {
namespace {

using Needles = std::vector<std::string_view>;

NeedleSet find(const Automaton& automaton, std::string_view text) {
  NeedleSet found;
  automaton.scan(Automaton::kStart, text, found);
  return found;
}

TEST(Automaton, FindsNeedlesThatShareOverlapAndContainEachOther) {
  const Needles needles{"he", "she", "his", "hers", "e", "ushe"};
  const Automaton automaton(needles);
  EXPECT_EQ(find(automaton, "ushers").to_string().substr(kMostNeedles - 6), "111011");
  EXPECT_EQ(find(automaton, "hi, his"), NeedleSet(0b100));
  EXPECT_TRUE(find(automaton, "").none());
  EXPECT_TRUE(find(automaton, "HIS").none());
}

TEST(Automaton, AnswersAsAPlainSearchForEachNeedleDoes) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const auto text_of = [&random](std::size_t most) {
      std::string text(1 + random() % most, ' ');
      for (char& c : text) c = static_cast<char>("ab\0\xff"[random() % 4]);
      return text;
    };
    std::vector<std::string> needles;
    for (std::size_t i = 0; i < 1 + random() % 12; ++i) needles.push_back(text_of(5));
    const auto text = text_of(60);
    const Automaton automaton(Needles(needles.begin(), needles.end()));
    NeedleSet expected;
    for (std::size_t i = 0; i < needles.size(); ++i) expected.set(i, text.find(needles[i]) != std::string::npos);
    // The same needle twice is found twice.
    EXPECT_EQ(find(automaton, text), expected);
    const auto cut = random() % (text.size() + 1);
    NeedleSet in_pieces;
    const auto state = automaton.scan(Automaton::kStart, std::string_view(text).substr(0, cut), in_pieces);
    automaton.scan(state, std::string_view(text).substr(cut), in_pieces);
    EXPECT_EQ(in_pieces, expected);
  }
}

TEST(Automaton, RefusesWhatItCannotHold) {
  EXPECT_NO_THROW(Automaton(Needles(kMostNeedles, "x")));
  EXPECT_THROW(Automaton(Needles(kMostNeedles + 1, "x")), std::invalid_argument);
  EXPECT_THROW(Automaton(Needles{"x", ""}), std::invalid_argument);
}

TEST(Automaton, OfAllSignaturesFitsIntoTheSecondLevelCache) { EXPECT_LT(automaton().table_bytes(), 512U * 1024); }

}  // namespace
}  // namespace spark_exporter::logs
