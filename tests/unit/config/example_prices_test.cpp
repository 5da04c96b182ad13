// The price books under examples/: they load, each price says where it comes from and from when, and they price nodes.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "exporter/config/config_file.hpp"
#include "exporter/kubernetes/text.hpp"

namespace spark_exporter::config {
namespace {

namespace fs = std::filesystem;

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
const fs::path kFolder = fs::path(SOURCE_DIR) / "examples" / "prices";
const cost::TimePoint kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24};

/// "Date: 2026-01-19"
bool has_day(const std::string& line) {
  const std::size_t at = line.find("Date: ");
  return at != std::string::npos && kubernetes::parse_time(line.substr(at + 6, 10) + "T00:00:00Z").has_value();
}

cost::PriceBook book(const std::string& file) {
  const auto config = load_config("", (kFolder / file).string(), {});
  if (!config) {
    ADD_FAILURE() << config.error().what;
    return {};
  }
  return config->prices;
}

cost::NodeTraits node(const std::string& type, const std::string& region, double cores, double gib, double gpus = 0) {
  cost::NodeTraits traits;
  traits.instance_type = type;
  traits.region = region;
  traits.capacity = "on-demand";
  traits.cores = cores;
  traits.memory_bytes = gib * kGib;
  traits.gpus = gpus;
  return traits;
}

cost::UnitPrices price(const cost::PriceBook& prices, const cost::NodeTraits& traits) {
  return prices.prices(traits, kNow).front().prices;
}

double of_all(const cost::UnitPrices& prices, const cost::NodeTraits& traits) {
  return prices.core * traits.cores + prices.memory_gib * traits.memory_bytes / kGib + prices.gpu * traits.gpus;
}

TEST(ExamplePrices, SayWhereEachPriceComesFromAndWhen) {
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    files.insert(entry.path().filename().string());
    std::ifstream in(entry.path());
    bool in_head = true, has_source = false, has_date = false, had_entry = false;
    int number = 0;
    for (std::string line; std::getline(in, line); ++number) {
      const bool is_comment =
          line.find_first_not_of(' ') != std::string::npos && line[line.find_first_not_of(' ')] == '#';
      const bool begins_block = line.empty() || (is_comment && had_entry && line.find("Source:") != std::string::npos);
      if (begins_block && !in_head) has_source = has_date = false;
      if (begins_block) in_head = false;
      if (is_comment && line.find("Source: ") != std::string::npos) has_source = true;
      if (is_comment && has_day(line)) has_date = true;
      if (!line.starts_with("  - ")) continue;
      had_entry = true;
      EXPECT_TRUE(has_source && has_date) << entry.path() << ':' << number + 1;
    }
    EXPECT_TRUE(had_entry) << entry.path();
  }
  EXPECT_EQ(files, (std::set<std::string>{"list-prices.yaml", "on-premises.yaml"}));
}

TEST(ExamplePrices, ListedNodesCostWhatIsListed) {
  const auto prices = book("list-prices.yaml");
  EXPECT_EQ(prices.currency(), "USD");
  int nodes = 0;
  for (const auto& entry : prices.entries()) {
    if (!entry.node_hour) continue;
    ++nodes;
    SCOPED_TRACE(entry.instance_type);
    const auto traits =
        node(entry.instance_type, entry.region, entry.node_cores, entry.node_memory_gib, entry.node_gpus);
    const auto found = price(prices, traits);
    EXPECT_FALSE(found.is_default);
    EXPECT_NEAR(of_all(found, traits), *entry.node_hour, 1e-12);
    // Its size is there, so that it is priced where the node itself cannot be read, too.
    auto unread = traits;
    unread.cores = unread.memory_bytes = 0;
    EXPECT_EQ(price(prices, unread).core, found.core);
  }
  EXPECT_GE(nodes, 50);
}

TEST(ExamplePrices, ListedPricesAreThoseOfTheirSources) {
  const auto prices = book("list-prices.yaml");
  const std::pair<cost::NodeTraits, double> cases[] = {
      {node("m5.xlarge", "us-east-1", 4, 16), 0.192},         {node("g5.xlarge", "us-east-1", 4, 16, 1), 1.006},
      {node("n2-highmem-8", "us-central1", 8, 64), 0.524056}, {node("n2-highmem-80", "us-central1", 80, 640), 5.24056},
      {node("Standard_D4s_v5", "eastus2", 4, 16), 0.192},
  };
  for (const auto& [traits, amount] : cases) {
    EXPECT_NEAR(of_all(price(prices, traits), traits), amount, 1e-9) << traits.instance_type;
    EXPECT_FALSE(price(prices, traits).is_default) << traits.instance_type;
  }
}

TEST(ExamplePrices, WhatIsNotListedIsPricedAndSaidToBeAGuess) {
  const auto prices = book("list-prices.yaml");
  auto spot = node("m5.xlarge", "us-east-1", 4, 16);
  spot.capacity = "spot";
  for (const auto& traits : {node("x9.huge", "us-east-1", 4, 16), node("m5.xlarge", "mars", 4, 16), spot}) {
    EXPECT_TRUE(price(prices, traits).is_default);
    EXPECT_GT(price(prices, traits).core, 0);
    EXPECT_GT(price(prices, traits).memory_gib, 0);
  }
}

TEST(ExamplePrices, OnPremisesPricesAreWhatTheirCalculationSays) {
  const auto prices = book("on-premises.yaml");
  EXPECT_EQ(prices.currency(), "EUR");
  const auto machine = node("", "", 64, 512);
  const double hour = (12000 / 35064.0 + 0.45 * 1.5 * 0.22 + 2200 / 8766.0) / 0.7;
  EXPECT_NEAR(of_all(price(prices, machine), machine), hour, 0.002);
  EXPECT_FALSE(price(prices, machine).is_default);
  auto with_gpu = node("", "", 64, 512, 4);
  EXPECT_TRUE(price(prices, with_gpu).is_default);
  with_gpu.gpu_kind = "NVIDIA-A100-SXM4-40GB";
  EXPECT_NEAR(price(prices, with_gpu).gpu, 30000 / 4.0 / 26298 + 0.20, 0.01);
  EXPECT_FALSE(price(prices, with_gpu).is_default);
}

}  // namespace
}  // namespace spark_exporter::config
