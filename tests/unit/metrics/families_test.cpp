#include "exporter/metrics/families.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::metrics {
namespace {

model::RunView view(const std::string& app = "sales") {
  model::RunView view;
  view.kubernetes_namespace = "prod";
  view.app = app;
  view.app_id = "spark-1";
  return view;
}

TEST(Families, WriteThemOneAfterAnother) {
  DropCounters drops;
  Families families(100, drops);
  families.counter("a_total", "Help of a.", {"status"});
  families.add(view(), {"ok"}, 1);
  families.add(view(), {"bad"}, 0.5);
  families.gauge("nothing", "A family without samples is not shown.");
  families.gauge("b", "Help of b.");
  families.add(view(), {}, -2);
  families.add_plain({}, 3);
  EXPECT_EQ(families.series(), 4U);
  EXPECT_EQ(families.take(), R"(# HELP a_total Help of a.
# TYPE a_total counter
a_total{namespace="prod",app="sales",app_id="spark-1",status="bad"} 0.5
a_total{namespace="prod",app="sales",app_id="spark-1",status="ok"} 1
# HELP b Help of b.
# TYPE b gauge
b 3
b{namespace="prod",app="sales",app_id="spark-1"} -2
)");
  EXPECT_EQ(families.take(), "");
  EXPECT_TRUE(drops.series().empty());
}

TEST(Families, HistogramsAreCumulative) {
  DropCounters drops;
  Families families(100, drops);
  families.histogram("d", "Help.");
  const double bounds[] = {0.1, 1};
  const std::uint64_t counts[] = {1, 2, 4};
  families.add_histogram(view(), bounds, counts, 12.5);
  EXPECT_EQ(families.series(), 5U);
  EXPECT_EQ(families.take(), R"(# HELP d Help.
# TYPE d histogram
d_bucket{namespace="prod",app="sales",app_id="spark-1",le="0.1"} 1
d_bucket{namespace="prod",app="sales",app_id="spark-1",le="1"} 3
d_bucket{namespace="prod",app="sales",app_id="spark-1",le="+Inf"} 7
d_sum{namespace="prod",app="sales",app_id="spark-1"} 12.5
d_count{namespace="prod",app="sales",app_id="spark-1"} 7
)");
}

TEST(Families, EscapeAndCutForeignText) {
  DropCounters drops;
  Families families(100, drops);
  families.gauge("g", "Help.", {"query"});
  families.add(view("a\"b\\c\nd"), {"\xFF" + std::string(300, 'x')}, 1);
  const auto text = families.take();
  EXPECT_NE(text.find(R"(app="a\"b\\c\nd")"), std::string::npos) << text;
  EXPECT_NE(text.find("query=\"\xEF\xBF\xBD" + std::string(197, 'x') + "\""), std::string::npos) << text;
}

TEST(Families, KeepOneOfTwoSamplesThatCuttingMadeTheSame) {
  DropCounters drops;
  Families families(100, drops);
  families.gauge("g", "Help.", {"executor_id"});
  families.add(view(), {std::string(250, 'x') + "1"}, 1);
  families.add(view(), {std::string(250, 'x') + "2"}, 2);
  const auto text = families.take();
  EXPECT_EQ(text.find("} 2"), std::string::npos);
  EXPECT_NE(text.find("} 1"), std::string::npos);
  EXPECT_EQ(drops.series().at("g"), 1U);
}

TEST(Families, CountWhatTheBudgetLeavesOut) {
  DropCounters drops;
  Families families(2, drops);
  families.gauge("g", "Help.", {"n"});
  for (const auto* n : {"1", "2", "3"}) families.add(view(), {n}, 1);
  families.histogram("h", "Help.");
  const double bounds[] = {1};
  const std::uint64_t counts[] = {1, 1};
  families.add_histogram(view(), bounds, counts, 1);
  const auto text = families.take();
  EXPECT_NE(text.find("n=\"2\""), std::string::npos);
  EXPECT_EQ(text.find("n=\"3\""), std::string::npos);
  EXPECT_EQ(text.find("h_bucket"), std::string::npos) << "a histogram is shown whole or not at all";
  EXPECT_EQ(drops.series().at("g"), 1U);
  EXPECT_EQ(drops.series().at("h"), 4U);
}

TEST(Families, ABudgetThatIsJustEnoughLeavesNothingOut) {
  DropCounters drops;
  Families families(4, drops);
  families.histogram("h", "Help.");
  const double bounds[] = {1};
  const std::uint64_t counts[] = {1, 1};
  families.add_histogram(view(), bounds, counts, 1);
  EXPECT_NE(families.take().find("h_bucket"), std::string::npos);
  EXPECT_TRUE(drops.series().empty());
}

TEST(Families, DiscardEndsOnlyTheCurrentOne) {
  DropCounters drops;
  Families families(100, drops);
  families.gauge("a", "Help.");
  families.add_plain({}, 1);
  families.gauge("b", "Help.");
  families.add_plain({}, 1);
  families.discard();
  EXPECT_EQ(families.take(), "# HELP a Help.\n# TYPE a gauge\na 1\n");
}

TEST(Families, WriteLinesInTheOrderOfTheCalls) {
  DropCounters drops;
  Families families(5, drops);
  families.gauge("nothing", "Nobody has one.");
  families.counter("a_total", "Help of a.", {"status"});
  families.write({"prod", "sa\"les", "spark-1"}, {"ok"}, 1);
  families.write({"prod", "sales"}, {"bad"}, 0.5);
  families.write({"prod", "sales", ""}, {"odd"}, 7);
  families.gauge("b_info", "Help of b.");
  const LabelPair labels[] = {{"team", "da\nta"}};
  families.write_info({"", "sales", "spark-1"}, labels);
  families.write_info({"prod", "sales", "spark-1"}, {});
  families.write_info({"prod", "sales", "spark-2"}, {});
  families.gauge("c", "Help of c.");
  families.write({"prod", "sales"}, {}, 1);
  EXPECT_EQ(families.series(), 5U);
  EXPECT_EQ(families.take(), R"(# HELP a_total Help of a.
# TYPE a_total counter
a_total{namespace="prod",app="sa\"les",app_id="spark-1",status="ok"} 1
a_total{namespace="prod",app="sales",status="bad"} 0.5
a_total{namespace="prod",app="sales",status="odd"} 7
# HELP b_info Help of b.
# TYPE b_info gauge
b_info{namespace="",app="sales",app_id="spark-1",team="da\nta"} 1
b_info{namespace="prod",app="sales",app_id="spark-1"} 1
)");
  EXPECT_EQ(drops.series().at("b_info"), 1U);
  EXPECT_EQ(drops.series().at("c"), 1U);
}

TEST(Families, DiscardWrittenLinesOfTheCurrentOneOnly) {
  DropCounters drops;
  Families families(100, drops);
  families.gauge("a", "Help.");
  families.write({"prod", "sales"}, {}, 1);
  families.gauge("b", "Help.");
  families.write({"prod", "sales"}, {}, 1);
  families.discard();
  EXPECT_EQ(families.take(), "# HELP a Help.\n# TYPE a gauge\na{namespace=\"prod\",app=\"sales\"} 1\n");
}

TEST(Families, RefuseMisuse) {
  DropCounters drops;
  Families families(100, drops);
  EXPECT_THROW(families.add_plain({}, 1), std::logic_error);
  families.gauge("g", "Help.", {"a", "b"});
  EXPECT_THROW(families.add(view(), {"one"}, 1), std::logic_error);
  EXPECT_THROW(families.write({"prod", "sales"}, {"one"}, 1), std::logic_error);
  families.write({"prod", "sales"}, {"one", "two"}, 1);
  EXPECT_THROW(families.add_plain({"one", "two"}, 1), std::logic_error);
  families.gauge("h", "Help.");
  families.add_plain({}, 1);
  EXPECT_THROW(families.write({"prod", "sales"}, {}, 1), std::logic_error);
}

TEST(DropCounters, SumUpAndFollowTotals) {
  DropCounters drops;
  drops.add("f", 0);
  EXPECT_EQ(drops.series().at("f"), 0U);
  drops.add("f", 3);
  drops.add_total("f", "run 1", 5);
  drops.add_total("f", "run 1", 5);
  drops.add_total("f", "run 1", 7);
  drops.add_total("f", "run 2", 1);
  drops.add_total("f", "run 1", 2);
  EXPECT_EQ(drops.series().at("f"), 11U);
}

}  // namespace
}  // namespace spark_exporter::metrics
