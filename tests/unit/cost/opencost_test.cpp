#include "exporter/cost/opencost.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "exporter/common/limits.hpp"

namespace spark_exporter::cost {
namespace {

Result<OpenCostNodes> parse(const std::string& text) {
  std::istringstream in(text);
  return parse_opencost(in);
}

TEST(OpenCost, ReadsEachNodesPrices) {
  const auto nodes = parse(R"(# HELP node_cpu_hourly_cost node_cpu_hourly_cost hourly cost for each cpu on this node
# TYPE node_cpu_hourly_cost gauge
node_cpu_hourly_cost{arch="amd64",instance="a",instance_type="m5.xlarge",node="a",provider_id="i-1",region="eu",uid="u"} 0.031611
node_cpu_hourly_cost{instance="b"} 4e-2 1764000000000
node_gpu_count{node="a"} 1
node_gpu_hourly_cost{node="a"} 0.95
node_ram_hourly_cost{node="a",} 0.004237
node_ram_hourly_cost { node = "c\\d\"e\n" , instance="x" } +0.5
node_total_hourly_cost{node="a"} 99
node_cpu_hourly_cost_other{node="a"} 99
go_goroutines 12
)");
  ASSERT_TRUE(nodes) << nodes.error().what;
  const OpenCostNodes expected{{"a", {0.031611, 0.004237, 0.95}},
                               {"b", {0.04, std::nullopt, std::nullopt}},
                               {"c\\d\"e\n", {std::nullopt, 0.5, std::nullopt}}};
  EXPECT_EQ(*nodes, expected);
}

TEST(OpenCost, LeavesOutWhatIsNoPrice) {
  const auto nodes = parse(
      "node_cpu_hourly_cost{node=\"a\"} NaN\nnode_ram_hourly_cost{node=\"a\"} +Inf\n"
      "node_gpu_hourly_cost{node=\"a\"} -1\nnode_cpu_hourly_cost{node=\"b\"} 1000001\n"
      "node_cpu_hourly_cost{node=\"c\"} 1e999\nnode_cpu_hourly_cost{} 1\nnode_cpu_hourly_cost 1\n"
      "node_cpu_hourly_cost{node=\"d\"} 1000000\r\nnode_ram_hourly_cost{node=\"d\"} 0");
  ASSERT_TRUE(nodes) << nodes.error().what;
  EXPECT_EQ(*nodes, (OpenCostNodes{{"d", {1e6, 0, std::nullopt}}}));
}

TEST(OpenCost, TakesTheLaterOfTwo) {
  const auto nodes =
      parse("node_cpu_hourly_cost{node=\"a\",uid=\"1\"} 1\nnode_cpu_hourly_cost{node=\"a\",uid=\"2\"} 2\n");
  ASSERT_TRUE(nodes);
  EXPECT_EQ(nodes->at("a").core_hour, 2);
}

TEST(OpenCost, SaysWhichLineIsBroken) {
  for (const char* rest : {"{node=\"a\"", "{node=\"a\"}", "{node=\"a\"} x", "{node=\"a\" 1", "{node=a} 1", "{node} 1",
                           "{=\"a\"} 1", "{node=\"a\\", "{node=\"a\" b=\"c\"} 1", "{node=\"a\"} 1x", " ", "{"}) {
    const auto nodes = parse("go_goroutines 1\nnode_cpu_hourly_cost" + std::string(rest) + "\n");
    ASSERT_FALSE(nodes) << rest;
    EXPECT_EQ(nodes.error().what, "OpenCost's metrics, line 2: no sample") << rest;
    EXPECT_EQ(nodes.error().kind, ErrorKind::kMalformed);
  }
}

TEST(OpenCost, TellsWhereThereAreNoPrices) {
  for (const char* text : {"", "\n\n", "<html></html>", "go_goroutines 1\n", "node_cpu_hourly_cost{node=\"a\"} NaN"}) {
    const auto nodes = parse(text);
    ASSERT_FALSE(nodes) << text;
    EXPECT_EQ(nodes.error().kind, ErrorKind::kNotFound);
  }
}

TEST(OpenCost, BoundsNodesAndLines) {
  std::string text;
  for (std::size_t i = 0; i < limits::kOpenCostNodes; ++i) {
    text += "node_cpu_hourly_cost{node=\"n" + std::to_string(i) + "\"} 1\n";
  }
  const auto full = parse(text);
  ASSERT_TRUE(full) << full.error().what;
  EXPECT_EQ(full->size(), limits::kOpenCostNodes);
  const auto crowded = parse(text + "node_cpu_hourly_cost{node=\"more\"} 1\n");
  ASSERT_FALSE(crowded);
  EXPECT_EQ(crowded.error().kind, ErrorKind::kTooLarge);

  const auto line = [](std::size_t size) {
    const std::string head = "node_cpu_hourly_cost{node=\"a\",x=\"", tail = "\"} 1";
    return head + std::string(size - head.size() - tail.size(), 'x') + tail + '\n';
  };
  EXPECT_TRUE(parse(line(limits::kOpenCostLineBytes)));
  const auto longer = parse(line(limits::kOpenCostLineBytes + 1));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().kind, ErrorKind::kTooLarge);
  // Another family's may be as long as it likes.
  EXPECT_TRUE(parse(std::string(limits::kOpenCostLineBytes * 3, 'y') + "\nnode_cpu_hourly_cost{node=\"a\"} 1\n"));
}

TEST(OpenCost, IsPutIntoTheNodeOfThatName) {
  const OpenCostNodes prices{{"a", {1, 2, 3}}};
  NodeTraits node;
  node.name = "a";
  apply_opencost(node, prices);
  EXPECT_EQ(node.opencost_core_hour, 1);
  EXPECT_EQ(node.opencost_gib_hour, 2);
  EXPECT_EQ(node.opencost_gpu_hour, 3);
  apply_opencost(node, {});
  NodeTraits bare;
  bare.name = "a";
  EXPECT_EQ(node, bare);
}

TEST(OpenCost, SurvivesEveryCutAndFlip) {
  const std::string good = "node_cpu_hourly_cost{node=\"a\\\"\",uid=\"u\"} 0.5 1\nnode_ram_hourly_cost{node=\"b\"} 1\n";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    (void)parse(good.substr(0, cut));
    for (const char c : {'\0', '{', '}', '"', '\\', '\n', '=', ',', '\xFF', ' '}) {
      std::string changed = good;
      changed[cut] = c;
      (void)parse(changed);
    }
  }
}

}  // namespace
}  // namespace spark_exporter::cost
