#include "exporter/cost/price_book.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace spark_exporter::cost {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

TimePoint date(int y, unsigned m, unsigned d) { return std::chrono::sys_days{year{y} / month{m} / day{d}}; }

const TimePoint kFrom = date(2025, 6, 1);

NodeTraits node(const std::string& type, const std::string& capacity = "on-demand") {
  NodeTraits traits;
  traits.name = "n1";
  traits.instance_type = type;
  traits.region = "eu-west-1";
  traits.capacity = capacity;
  traits.cores = 4;
  traits.memory_bytes = 16 * kGib;
  return traits;
}

PriceEntry defaults() {
  PriceEntry entry;
  entry.core = 0.04;
  entry.memory_gib = 0.005;
  entry.gpu = 1;
  entry.ephemeral_gib = 0.0001;
  entry.volume_gib = 0.0002;
  return entry;
}

PriceEntry of_type(const std::string& type) {
  PriceEntry entry;
  entry.instance_type = type;
  return entry;
}

/// The only span's prices.
UnitPrices only(const PriceBook& book, const NodeTraits& traits) {
  const std::vector<PriceSpan> spans = book.prices(traits, kFrom);
  EXPECT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans.front().from, kFrom);
  return spans.front().prices;
}

PriceBook book_of(std::vector<PriceEntry> entries) { return {"EUR", NodeWeights{}, std::move(entries)}; }

TEST(PriceBook, WithoutEntriesSaysThatItGuesses) {
  EXPECT_TRUE(PriceBook{}.empty());
  UnitPrices expected;
  expected.is_default = true;
  EXPECT_EQ(only(PriceBook{}, node("m5.xlarge")), expected);
}

TEST(PriceBook, LastMatchWinsMemberByMember) {
  PriceEntry family = of_type("m5.*");
  family.core = 0.05;
  family.memory_gib = 0.006;
  PriceEntry exact = of_type("m5.xlarge");
  exact.core = 0.06;
  const UnitPrices prices = only(book_of({defaults(), family, exact}), node("m5.xlarge"));
  EXPECT_EQ(prices.core, 0.06);
  EXPECT_EQ(prices.memory_gib, 0.006);
  EXPECT_EQ(prices.gpu, 1);
  EXPECT_EQ(prices.ephemeral_gib, 0.0001);
  EXPECT_EQ(prices.volume_gib, 0.0002);
  EXPECT_FALSE(prices.is_default);
  EXPECT_EQ(only(book_of({defaults(), exact, family}), node("m5.xlarge")).core, 0.05) << "order decides, not detail";
}

TEST(PriceBook, EachMatchKeyIsNeeded) {
  PriceEntry entry;
  entry.core = 9;
  for (const auto key :
       {&PriceEntry::instance_type, &PriceEntry::region, &PriceEntry::capacity, &PriceEntry::gpu_kind}) {
    NodeTraits traits = node("m5.xlarge", "spot");
    traits.gpu_kind = "Tesla-T4";
    PriceEntry matching = entry;
    matching.instance_type = "m5.xlarge";
    matching.region = "eu-west-1";
    matching.capacity = "spot";
    matching.gpu_kind = "Tesla-*";
    EXPECT_EQ(only(book_of({defaults(), matching}), traits).core, 9);
    matching.*key = "other";
    EXPECT_EQ(only(book_of({defaults(), matching}), traits).core, 0.04);
  }
}

TEST(PriceBook, WhatIsNotKnownMatchesNoKey) {
  PriceEntry entry = of_type("*");
  entry.core = 9;
  EXPECT_EQ(only(book_of({defaults(), entry}), node("")).core, 0.04);
  EXPECT_EQ(only(book_of({defaults(), entry}), node("any")).core, 9);
}

TEST(PriceBook, SplitsANodesPriceByWeights) {
  PriceEntry entry = of_type("m5.xlarge");
  entry.node_hour = 0.192;
  PriceBook book("USD", {3, 0.25, 10}, {defaults(), entry});
  NodeTraits traits = node("m5.xlarge");
  // 4 cores x 3 + 16 GiB x 0.25 = 16 shares of 0.012
  UnitPrices prices = only(book, traits);
  EXPECT_DOUBLE_EQ(prices.core, 0.036);
  EXPECT_DOUBLE_EQ(prices.memory_gib, 0.003);
  EXPECT_DOUBLE_EQ(prices.gpu, 1) << "the node has none: what the book said before stays";
  traits.gpus = 2;  // 36 shares
  prices = only(book, traits);
  EXPECT_DOUBLE_EQ(prices.core * 4 + prices.memory_gib * 16 + prices.gpu * 2, 0.192);
  EXPECT_DOUBLE_EQ(prices.gpu, 0.192 / 36 * 10);
  EXPECT_FALSE(prices.is_default);
}

TEST(PriceBook, ANodesPriceNeedsItsSize) {
  PriceEntry entry = of_type("m5.xlarge");
  entry.node_hour = 0.192;
  NodeTraits traits = node("m5.xlarge");
  traits.cores = 0;
  const UnitPrices unknown = only(book_of({defaults(), entry}), traits);
  EXPECT_EQ(unknown.core, 0.04);
  EXPECT_TRUE(unknown.is_default);
  entry.node_cores = 4;
  entry.node_memory_gib = 16;
  const UnitPrices prices = only(book_of({defaults(), entry}), traits);
  EXPECT_NEAR(prices.core * 4 + prices.memory_gib * 16, 0.192, 1e-15);
  EXPECT_FALSE(prices.is_default);
}

TEST(PriceBook, ALaterEntryGoesBeforeANodesPrice) {
  PriceEntry by_node = of_type("m5.*");
  by_node.node_hour = 0.192;
  PriceEntry by_core = of_type("m5.xlarge");
  by_core.core = 0.5;
  EXPECT_EQ(only(book_of({defaults(), by_node, by_core}), node("m5.xlarge")).core, 0.5);
  EXPECT_LT(only(book_of({defaults(), by_core, by_node}), node("m5.xlarge")).core, 0.1);
}

TEST(PriceBook, TakesDiscountsOffAllButStorage) {
  PriceEntry spot;
  spot.capacity = "spot";
  spot.discount = 0.75;
  PriceEntry contract = defaults();
  contract.discount = 0.1;
  const PriceBook book = book_of({contract, spot});
  const UnitPrices on_demand = only(book, node("m5.xlarge"));
  EXPECT_DOUBLE_EQ(on_demand.core, 0.036);
  const UnitPrices prices = only(book, node("m5.xlarge", "spot"));
  EXPECT_DOUBLE_EQ(prices.core, 0.01) << "the last discount, not both";
  EXPECT_DOUBLE_EQ(prices.memory_gib, 0.00125);
  EXPECT_DOUBLE_EQ(prices.gpu, 0.25);
  EXPECT_EQ(prices.ephemeral_gib, 0.0001);
  EXPECT_EQ(prices.volume_gib, 0.0002);
  PriceEntry free;
  free.discount = 1;
  EXPECT_EQ(only(book_of({defaults(), free}), node("x")).core, 0);
}

TEST(PriceBook, SpansBeginWherePricesChange) {
  PriceEntry before = of_type("m5.xlarge");
  before.core = 0.05;
  before.valid_until = date(2025, 7, 1);
  PriceEntry after = of_type("m5.xlarge");
  after.core = 0.06;
  after.valid_from = date(2025, 7, 1);
  PriceEntry same = of_type("m5.xlarge");  // an edge at which nothing changes
  same.gpu = 1;
  same.valid_from = date(2025, 8, 1);
  PriceEntry past = of_type("m5.xlarge");
  past.core = 7;
  past.valid_until = date(2025, 1, 1);
  PriceEntry other = of_type("c5.xlarge");
  other.core = 8;
  other.valid_from = date(2025, 6, 15);
  const PriceBook book = book_of({defaults(), before, after, same, past, other});
  const std::vector<PriceSpan> spans = book.prices(node("m5.xlarge"), kFrom);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].from, kFrom);
  EXPECT_EQ(spans[0].prices.core, 0.05);
  EXPECT_EQ(spans[1].from, date(2025, 7, 1));
  EXPECT_EQ(spans[1].prices.core, 0.06);
  // From is inclusive, until exclusive.
  EXPECT_EQ(book.prices(node("m5.xlarge"), date(2025, 7, 1)).front().prices.core, 0.06);
  EXPECT_EQ(book.prices(node("m5.xlarge"), date(2025, 7, 1) - Millis{1}).front().prices.core, 0.05);
  EXPECT_EQ(book.prices(node("m5.xlarge"), date(2024, 1, 1)).size(), 3U);
}

TEST(PriceBook, OutsideItsValidityAnEntryNamesNothing) {
  PriceEntry entry = of_type("m5.xlarge");
  entry.core = 0.05;
  entry.valid_until = date(2025, 7, 1);
  const std::vector<PriceSpan> spans = book_of({defaults(), entry}).prices(node("m5.xlarge"), kFrom);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_FALSE(spans[0].prices.is_default);
  EXPECT_TRUE(spans[1].prices.is_default);
  EXPECT_EQ(spans[1].prices.core, 0.04);
}

TEST(PriceBook, SaysWhereItGuesses) {
  PriceEntry named = of_type("m5.xlarge");
  named.core = 0.05;
  EXPECT_TRUE(only(book_of({defaults(), named}), node("c5.xlarge")).is_default);
  EXPECT_FALSE(only(book_of({defaults(), named}), node("m5.xlarge")).is_default);
  EXPECT_FALSE(only(book_of({defaults(), named}), node("")).is_default) << "no type, no unknown type";
  EXPECT_FALSE(only(book_of({defaults()}), node("k3s")).is_default) << "such a book has one price for all";
  PriceEntry half;
  half.core = 0.05;
  EXPECT_TRUE(only(book_of({half}), node("k3s")).is_default) << "nothing prices memory";
  half.memory_gib = 0;
  EXPECT_FALSE(only(book_of({half}), node("k3s")).is_default) << "somebody said that memory is free";
  NodeTraits with_gpu = node("k3s");
  with_gpu.gpus = 1;
  EXPECT_TRUE(only(book_of({half}), with_gpu).is_default) << "nothing prices the GPU";
}

TEST(PriceBook, OpenCostGoesBeforeTheBook) {
  PriceEntry named = of_type("m5.xlarge");
  named.core = 0.05;
  NodeTraits traits = node("c5.xlarge");
  traits.opencost_core_hour = 0.031;
  const PriceBook book = book_of({defaults(), named});
  UnitPrices prices = only(book, traits);
  EXPECT_EQ(prices.core, 0.031);
  EXPECT_EQ(prices.memory_gib, 0.005) << "what OpenCost does not say is the book's";
  EXPECT_TRUE(prices.is_default);
  traits.opencost_gib_hour = 0.004;
  traits.opencost_gpu_hour = 0;
  prices = only(book, traits);
  EXPECT_EQ(prices.memory_gib, 0.004);
  EXPECT_EQ(prices.gpu, 0);
  EXPECT_FALSE(prices.is_default);
  traits.gpus = 1;
  EXPECT_EQ(only(book, traits).gpu, 1) << "0 for a GPU that is there is no price";
  EXPECT_EQ(only(PriceBook{}, node("x")).core, 0);
  EXPECT_EQ(only(PriceBook{}, traits).core, 0.031) << "it needs no book";
}

TEST(PriceBook, TheAnnotationGoesBeforeOpenCost) {
  NodeTraits traits = node("c5.xlarge");
  traits.opencost_core_hour = 0.031;
  traits.opencost_gib_hour = 0.004;
  traits.node_hour = 0.3;
  PriceEntry entry = defaults();
  entry.discount = 0.5;
  const UnitPrices prices = only(book_of({entry}), traits);
  EXPECT_NEAR(prices.core * 4 + prices.memory_gib * 16, 0.3, 1e-15) << "and has no discount taken off";
  EXPECT_FALSE(prices.is_default);
  traits.memory_bytes = 0;
  EXPECT_EQ(only(book_of({entry}), traits).core, 0.031) << "a price that cannot be split says nothing";
}

TEST(PriceBook, PassesOverWhatIsNoPrice) {
  for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    NodeTraits traits = node("m5.xlarge");
    traits.node_hour = bad;
    traits.opencost_core_hour = bad;
    traits.opencost_gib_hour = bad;
    traits.opencost_gpu_hour = bad;
    traits.gpus = bad;
    const UnitPrices prices = only(book_of({defaults()}), traits);
    EXPECT_EQ(prices.core, 0.04);
    EXPECT_EQ(prices.memory_gib, 0.005);
    EXPECT_EQ(prices.gpu, 1);
  }
}

TEST(PriceBook, WeightsOfZeroSplitNothing) {
  PriceEntry entry = defaults();
  entry.node_hour = 1;
  entry.core.reset();
  entry.memory_gib.reset();
  const UnitPrices prices = only(PriceBook("USD", {0, 0, 0}, {entry}), node("x"));
  EXPECT_EQ(prices.core, 0);
  EXPECT_TRUE(prices.is_default);
}

}  // namespace
}  // namespace spark_exporter::cost
