#include "exporter/app/node_prices.hpp"

#include <gtest/gtest.h>

#include "tests/support/fault_server.hpp"
#include "tests/support/reply.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using test::FaultServer;
namespace replies = test::replies;

constexpr char kNode[] = R"({"kind":"Node","metadata":{"name":"n1","labels":{
  "node.kubernetes.io/instance-type":"m5.large","topology.kubernetes.io/region":"eu-west-1"}}})";
constexpr char kMetrics[] =
    "node_cpu_hourly_cost{node=\"n1\"} 0.5\nnode_ram_hourly_cost{node=\"n1\"} 0.1\nnode_cpu_hourly_cost{node=\"n2\"} "
    "2\n";

std::size_t count(const model::SourceHealth& health, ErrorKind kind) {
  return health.errors[static_cast<std::size_t>(kind)];
}

class Servers : public testing::Test {
 protected:
  Servers() {
    clock.steady = [this] { return now; };
    default_node.instance_type = "usual";
  }
  NodePrices make(bool with_api, bool with_opencost) {
    std::unique_ptr<kubernetes::ApiClient> client;
    if (with_api) client = kubernetes::make_api_client({*net::parse_url(api.url()), "", "", ""}, "test");
    std::unique_ptr<net::HttpClient> other;
    if (with_opencost) {
      net::ClientOptions options;
      options.base = *net::parse_url(opencost.url());
      other = net::make_http_client(std::move(options));
    }
    return NodePrices(std::move(client), std::move(other), clock);
  }

  FaultServer api, opencost;
  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
  spark::Clock clock = spark::Clock::system();
  cost::NodeTraits default_node;
};

using NodePricesTest = Servers;

TEST_F(NodePricesTest, ReadsEachNodeOnceAndOpenCostNowAndThen) {
  api.on("/api/v1/nodes/n1", replies::json(kNode));
  opencost.on("/metrics", replies::json(kMetrics));
  auto prices = make(true, true);
  for (int i = 0; i < 3; ++i) {
    const auto nodes = prices.of({"n1", "n2"}, default_node);
    EXPECT_EQ(nodes.at("n1").instance_type, "m5.large");
    EXPECT_EQ(nodes.at("n1").opencost_core_hour, 0.5);
    EXPECT_EQ(nodes.at("n2").instance_type, "usual") << "there is no such node";
    EXPECT_EQ(nodes.at("n2").name, "n2");
    EXPECT_EQ(nodes.at("n2").opencost_core_hour, 2);
  }
  EXPECT_EQ(api.requests().size(), 2U);
  EXPECT_EQ(opencost.requests().size(), 1U);
  EXPECT_TRUE(prices.health().at("nodes").up);
  EXPECT_TRUE(prices.health().at("opencost").up);
  now += 6min;
  prices.of({"n1"}, default_node);
  EXPECT_EQ(opencost.requests().size(), 2U);
}

TEST_F(NodePricesTest, AsksNoMoreWhereItMayNot) {
  api.on("/api/v1/nodes/n1", replies::json(R"({"kind":"Status","code":403,"reason":"Forbidden"})").with_status(403));
  auto prices = make(true, false);
  testing::internal::CaptureStderr();
  EXPECT_EQ(prices.of({"n1"}, default_node).at("n1").instance_type, "usual");
  now += 10min;
  prices.of({"n1"}, default_node);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("nodes"), std::string::npos);
  EXPECT_EQ(api.requests().size(), 1U);
  EXPECT_EQ(count(prices.health().at("nodes"), ErrorKind::kForbidden), 1U);
}

TEST_F(NodePricesTest, TriesAgainLaterAndKeepsWhatOpenCostSaid) {
  api.on("/api/v1/nodes/n1", replies::json("{}").with_status(500));
  opencost.on("/metrics", replies::json(kMetrics));
  auto prices = make(true, true);
  testing::internal::CaptureStderr();
  prices.of({"n1"}, default_node);
  prices.of({"n1"}, default_node);
  EXPECT_EQ(api.requests().size(), 1U);
  api.on("/api/v1/nodes/n1", replies::json(kNode));
  opencost.on("/metrics", replies::json("nothing of it"));
  now += 6min;
  const auto nodes = prices.of({"n1"}, default_node);
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(nodes.at("n1").instance_type, "m5.large");
  EXPECT_EQ(nodes.at("n1").opencost_core_hour, 0.5);
  EXPECT_FALSE(prices.health().at("opencost").up);
  EXPECT_TRUE(prices.health().at("nodes").up);
}

TEST_F(NodePricesTest, AsksForNoNameThatIsNone) {
  auto prices = make(true, false);
  EXPECT_EQ(prices.of({"../secrets", "N1", "a b"}, default_node).size(), 3U);
  EXPECT_TRUE(api.requests().empty());
  EXPECT_TRUE(prices.of({}, default_node).empty());
}

}  // namespace
}  // namespace spark_exporter::app
