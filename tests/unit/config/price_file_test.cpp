#include "exporter/config/price_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "exporter/common/file.hpp"

namespace spark_exporter::config {
namespace {

using cost::TimePoint;

Result<Config> parse(const std::string& text) { return parse_config(text, "c.yml", {}); }

TimePoint day(int year, unsigned month, unsigned day_of_month) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day_of_month)};
}

constexpr char kFull[] = R"(currency: EUR
weights: {core: 0.03, memory_gib: 0.004, gpu: 1}
groups: 5
default_node: {instance_type: m5.large, region: eu-west-1, capacity: spot}
prices:
  - core: 0.04
    memory_gib: 0.005
    gpu: 2.5
    ephemeral_gib: 0.0001
    volume_gib: 0.0002
  - instance_type: m5.*
    region: eu-west-1
    capacity: spot
    gpu_kind: nvidia-a100
    valid_from: 2026-01-01
    valid_until: 2026-07-01T12:00:00Z
    node_hour: 0.2
    discount: 0.1
    node_cores: 4
    node_memory_gib: 16
    node_gpus: 1
budgets:
  - {job: spark/etl, amount: 12.5}
  - {job: nightly*, amount: 300, period: month}
)";

TEST(PriceFile, ReadsEveryKey) {
  std::string section = "cost:\n";
  for (std::string rest = kFull; !rest.empty();) {
    const auto end = rest.find('\n') + 1;
    section += "  " + rest.substr(0, end);
    rest.erase(0, end);
  }
  const auto config = parse(section);
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->prices.currency(), "EUR");
  EXPECT_EQ(config->group_limit, 5U);
  EXPECT_EQ(config->default_node.instance_type, "m5.large");
  EXPECT_EQ(config->default_node.region, "eu-west-1");
  EXPECT_EQ(config->default_node.capacity, "spot");
  const auto& entries = config->prices.entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].core, 0.04);
  EXPECT_EQ(entries[0].memory_gib, 0.005);
  EXPECT_EQ(entries[0].gpu, 2.5);
  EXPECT_EQ(entries[0].ephemeral_gib, 0.0001);
  EXPECT_EQ(entries[0].volume_gib, 0.0002);
  EXPECT_FALSE(entries[0].node_hour || entries[0].discount || entries[0].valid_from || entries[0].valid_until);
  EXPECT_EQ(entries[1].instance_type, "m5.*");
  EXPECT_EQ(entries[1].region, "eu-west-1");
  EXPECT_EQ(entries[1].capacity, "spot");
  EXPECT_EQ(entries[1].gpu_kind, "nvidia-a100");
  EXPECT_EQ(entries[1].valid_from, day(2026, 1, 1));
  EXPECT_EQ(entries[1].valid_until, day(2026, 7, 1) + std::chrono::hours{12});
  EXPECT_EQ(entries[1].node_hour, 0.2);
  EXPECT_EQ(entries[1].discount, 0.1);
  EXPECT_EQ(entries[1].node_cores, 4);
  EXPECT_EQ(entries[1].node_memory_gib, 16);
  EXPECT_EQ(entries[1].node_gpus, 1);
  EXPECT_EQ(config->budgets, (std::vector<cost::Budget>{{"spark/etl", 12.5, cost::BudgetPeriod::kRun},
                                                        {"nightly*", 300, cost::BudgetPeriod::kMonth}}));
}

TEST(PriceFile, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"cost: {currency: euro}",
       "c.yml:1:18: cost.currency: \"euro\" is not valid (three capital letters, as of ISO 4217)"},
      {"cost:\n  prices:\n  - core: -1\n",
       "c.yml:3:11: cost.prices[0].core: \"-1\" is out of range (a number from 0 to 1000000)"},
      {"cost:\n  prices:\n  - core: 1e3\n",
       "c.yml:3:11: cost.prices[0].core: \"1e3\" is no number (a number from 0 to 1000000)"},
      {"cost:\n  prices:\n  - core: .nan\n",
       "c.yml:3:11: cost.prices[0].core: \".nan\" is no number (a number from 0 to 1000000)"},
      {"cost:\n  prices:\n  - core: 1000001\n",
       "c.yml:3:11: cost.prices[0].core: \"1000001\" is out of range (a number from 0 to 1000000)"},
      {"cost:\n  prices:\n  - discount: 1.1\n",
       "c.yml:3:15: cost.prices[0].discount: \"1.1\" is out of range (a number from 0 to 1)"},
      {"cost:\n  prices:\n  - valid_from: yesterday\n",
       "c.yml:3:17: cost.prices[0].valid_from: \"yesterday\" is not valid (a day such as 2026-01-31, or a time such as "
       "2026-01-31T12:00:00Z)"},
      {"cost:\n  prices:\n  - {valid_from: 2026-02-01, valid_until: 2026-02-01}\n",
       "c.yml:3:43: cost.prices[0].valid_until: is not after valid_from"},
      {"cost:\n  prices: {core: 1}\n", "c.yml:2:11: cost.prices: a mapping is no list (of mappings)"},
      {"cost:\n  prices: [1]\n", "c.yml:2:12: cost.prices[0]: \"1\" is no mapping (key: value)"},
      {"cost:\n  prices: [{cpu: 1}]\n",
       "c.yml:2:13: cost.prices[0].cpu: unknown key (known: capacity, core, discount, ephemeral_gib, gpu, gpu_kind, "
       "instance_type, memory_gib, node_cores, node_gpus, node_hour, node_memory_gib, region, valid_from, valid_until, "
       "volume_gib)"},
      {"cost:\n  budgets: [{job: a, amount: 0}]\n", "c.yml:2:30: cost.budgets[0].amount: must be more than 0"},
      {"cost:\n  budgets: [{job: a}]\n", "c.yml:2:13: cost.budgets[0]: a budget needs both job and amount"},
      {"cost:\n  budgets: [{amount: 1}]\n", "c.yml:2:13: cost.budgets[0]: a budget needs both job and amount"},
      {"cost:\n  budgets: [{job: a/b/c, amount: 1}]\n",
       "c.yml:2:19: cost.budgets[0].job: \"a/b/c\" is not valid (app or namespace/app, with a star at most at its "
       "end)"},
      {"cost:\n  budgets: [{job: 'a*/b', amount: 1}]\n",
       "c.yml:2:19: cost.budgets[0].job: the text \"a*/b\" is not valid (app or namespace/app, with a star at most at "
       "its end)"},
      {"cost:\n  weights: {core: 0, memory_gib: 0}\n",
       "c.yml:2:12: cost.weights: core and memory_gib are both worth nothing"},
      {"cost:\n  prices: [{instance_type: m5.large}]\n",
       "c.yml:2:12: cost.prices[0]: sets no price (core, memory_gib, gpu, node_hour, ... or discount)"},
      {"cost:\n  prices: [{instance_type: m*.large, core: 1}]\n",
       "c.yml:2:28: cost.prices[0].instance_type: \"m*.large\" is not valid (a text of at most 256 bytes on one line, "
       "with a star at most at its end)"},
      {"cost:\n  prices: [{region: us-*, core: 1}]\n",
       "c.yml:2:21: cost.prices[0].region: \"us-*\" is not valid (a text of at most 256 bytes on one line, without a "
       "star)"},
      {"cost:\n  prices: [{core: 1, core: 2}]\n", "c.yml:2:22: cost.prices.core: duplicate key (each key once)"},
      {"cost:\n  budgets: [{job: a, amount: 1, period: year}]\n",
       "c.yml:2:41: cost.budgets[0].period: \"year\" is not valid (run, day, week or month)"},
  };
  for (const auto& [text, what] : cases) {
    const auto config = parse(text);
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().what, what);
  }
}

TEST(PriceFile, RefusesTwoPricesForTheSameAtTheSameTime) {
  const auto book = [](const std::string& first, const std::string& second) {
    return parse("cost:\n  prices:\n  - {" + first + "}\n  - {core: 9, region: other}\n  - {" + second + "}\n");
  };
  const std::pair<const char*, const char*> good[] = {
      {"core: 1, valid_until: 2026-01-01", "core: 2, valid_from: 2026-01-01"},
      {"core: 2, valid_from: 2026-01-01", "core: 1, valid_until: 2026-01-01"},
      {"core: 1", "memory_gib: 2"},
      {"core: 1", "core: 2, capacity: spot"},
      {"core: 1", "core: 2, instance_type: m5.*"},
      {"core: 1, gpu_kind: a", "core: 2, gpu_kind: b"},
      {"node_hour: 1, node_cores: 1, node_memory_gib: 1", "discount: 0.1"},
  };
  for (const auto& [first, second] : good) {
    const auto config = book(first, second);
    EXPECT_TRUE(config) << first << " | " << second << ' ' << config.error().what;
  }
  const std::array<std::string, 3> bad[] = {
      {"core: 1", "core: 2", "core"},
      {"core: 1", "core: 2, valid_from: 2026-01-01", "core"},
      {"core: 1, valid_until: 2026-01-02", "core: 2, valid_from: 2026-01-01", "core"},
      {"core: 1, valid_from: 2026-01-01", "core: 2, valid_until: 2026-01-01T00:00:01Z", "core"},
      {"memory_gib: 1, node_hour: 2", "memory_gib: 2", "memory_gib"},
      {"node_hour: 1", "gpu: 1", "gpu"},
      {"ephemeral_gib: 1", "ephemeral_gib: 1", "ephemeral_gib"},
      {"volume_gib: 1", "volume_gib: 1", "volume_gib"},
      {"discount: 0.1", "discount: 0.1", "discount"},
      {"core: 1, instance_type: m5.*, region: eu, capacity: spot, gpu_kind: a",
       "core: 1, instance_type: m5.*, region: eu, capacity: spot, gpu_kind: a", "core"},
  };
  for (const auto& [first, second, what] : bad) {
    const auto config = book(first, second);
    ASSERT_FALSE(config) << first << " | " << second;
    EXPECT_EQ(config.error().what, "c.yml:5:5: cost.prices[2]: sets " + what +
                                       " for what prices[0] sets it for, at the same time (valid_from, valid_until)");
  }
}

TEST(PriceFile, HoldsSoManyEntriesAndNoMore) {
  const auto list = [](int count) {
    std::string text = "cost:\n  prices:\n";
    for (int i = 0; i < count; ++i) text += "  - {instance_type: t" + std::to_string(i) + ", core: 1}\n";
    return text;
  };
  ASSERT_TRUE(parse(list(2'000)));
  ASSERT_FALSE(parse(list(2'001)));
}

TEST(PriceFile, MayBeAFileOfItsOwn) {
  const std::string folder = testing::TempDir() + "price_file_test-" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  const std::string prices = folder + "/prices.yaml", plain = folder + "/plain.yaml", both = folder + "/both.yaml";
  ASSERT_TRUE(write_atomically(prices, kFull));
  ASSERT_TRUE(write_atomically(plain, "limits: {executors: 7}\n"));
  ASSERT_TRUE(write_atomically(both, "cost: {prices: [{core: 1}]}\n"));

  const auto alone = load_config("", prices, {});
  ASSERT_TRUE(alone) << alone.error().what;
  EXPECT_EQ(alone->prices.entries().size(), 2U);
  const auto beside = load_config(plain, prices, {});
  ASSERT_TRUE(beside) << beside.error().what;
  EXPECT_EQ(beside->limits.executors, 7);
  EXPECT_EQ(beside->budgets.size(), 2U);
  const auto none = load_config(both, "", {});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->prices.entries().size(), 1U);
  const auto twice = load_config(both, prices, {});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().what, prices + ": the configuration file has a section cost as well (only one of them)");
  EXPECT_FALSE(load_config("", folder + "/nothing.yaml", {}));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace spark_exporter::config
