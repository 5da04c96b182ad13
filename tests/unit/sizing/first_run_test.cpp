#include "exporter/sizing/first_run.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

namespace spark_exporter::sizing {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = kMiB << 10;

Plan plan_of(const FirstRunText& text) {
  const auto request = parse_first_run(text);
  if (!request) throw std::runtime_error(request.error().what);
  auto plan = plan_first_run(*request);
  if (!plan) throw std::runtime_error(plan.error().what);
  return *plan;
}

std::string refusal(const FirstRunText& text) {
  const auto request = parse_first_run(text);
  if (!request) return request.error().what;
  const auto plan = plan_first_run(*request);
  return plan ? "accepted" : plan.error().what;
}

TEST(DataSize, IsReadWithItsUnit) {
  const std::pair<const char*, std::int64_t> good[] = {{"1TB", kGiB * 1024},
                                                       {"1tb", kGiB * 1024},
                                                       {"1T", kGiB * 1024},
                                                       {"1TiB", kGiB * 1024},
                                                       {"1.5GB", kGiB * 3 / 2},
                                                       {"500 GB", kGiB * 500},
                                                       {"128MiB", kMiB * 128},
                                                       {"7b", 7},
                                                       {"2k", 2048},
                                                       {"0.5b", 1},
                                                       {"1EB", std::int64_t{1} << 60},
                                                       {"1PB", std::int64_t{1} << 50}};
  for (const auto& [text, bytes] : good) {
    const auto parsed = parse_data_size(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, bytes) << text;
  }
}

TEST(FirstRun, IsRefusedWithAClearWord) {
  constexpr char kSuch[] = " (such as 500GB, 1.5TB or 128MiB)";
  struct Case {
    std::string FirstRunText::*flag;
    std::string value, said;
  };
  const Case cases[] = {
      {&FirstRunText::data_size, "", "--data-size is missing (such as --data-size 1TB)"},
      {&FirstRunText::data_size, "1XB", "--data-size=\"1XB\": has no unit that is known, \"XB\"" + std::string(kSuch)},
      {&FirstRunText::data_size, "1TBB",
       "--data-size=\"1TBB\": has no unit that is known, \"TBB\"" + std::string(kSuch)},
      {&FirstRunText::data_size, "0", "--data-size=\"0\": must be more than 0" + std::string(kSuch)},
      {&FirstRunText::data_size, "0GB", "--data-size=\"0GB\": must be more than 0" + std::string(kSuch)},
      {&FirstRunText::data_size, "-1GB", "--data-size=\"-1GB\": must be more than 0" + std::string(kSuch)},
      {&FirstRunText::data_size, "1000", "--data-size=\"1000\": has no unit" + std::string(kSuch)},
      {&FirstRunText::data_size, "1e3GB",
       "--data-size=\"1e3GB\": has no unit that is known, \"e3GB\"" + std::string(kSuch)},
      {&FirstRunText::data_size, "nanGB", "--data-size=\"nanGB\": is no size" + std::string(kSuch)},
      {&FirstRunText::data_size, "1.2.3GB", "--data-size=\"1.2.3GB\": is no size" + std::string(kSuch)},
      {&FirstRunText::data_size, "1..GB", "--data-size=\"1..GB\": is no size" + std::string(kSuch)},
      {&FirstRunText::data_size, "1.1EB", "--data-size=\"1.1EB\": is too large: at most 1024 PiB"},
      {&FirstRunText::data_size, "99999999999999999999PB",
       "--data-size=\"99999999999999999999PB\": is too large: at most 1024 PiB"},
      {&FirstRunText::partition_size, "1KB", "--partition-size=\"1KB\": must be from 1 MiB to 64 GiB"},
      {&FirstRunText::partition_size, "65GB", "--partition-size=\"65GB\": must be from 1 MiB to 64 GiB"},
      {&FirstRunText::cores, "0", "--cores=\"0\": must be a whole number from 1 to 256"},
      {&FirstRunText::cores, "257", "--cores=\"257\": must be a whole number from 1 to 256"},
      {&FirstRunText::cores, "4.5", "--cores=\"4.5\": must be a whole number from 1 to 256"},
      {&FirstRunText::executors, "-3", "--executors=\"-3\": must be a whole number from 1 to 100000"},
      {&FirstRunText::executors, "100001", "--executors=\"100001\": must be a whole number from 1 to 100000"},
      {&FirstRunText::overhead_factor, "-0.1", "--overhead-factor=\"-0.1\": must be a number from 0 to 10"},
      {&FirstRunText::overhead_factor, "10.1", "--overhead-factor=\"10.1\": must be a number from 0 to 10"},
      {&FirstRunText::overhead_factor, "inf", "--overhead-factor=\"inf\": must be a number from 0 to 10"},
      {&FirstRunText::expansion_factor, "0", "--expansion-factor=\"0\": must be a number from 0.1 to 100"},
      {&FirstRunText::partitions_per_core, "0", "--partitions-per-core=\"0\": must be a whole number from 1 to 1000"},
      {&FirstRunText::max_node_memory, "1MB", "--max-node-memory=\"1MB\": must be from 1 GiB to 1 PiB"},
      {&FirstRunText::max_node_memory, "1GB",
       "an executor with one core takes 1.12 GiB, a node has 1 GiB: take a smaller --partition-size or fewer "
       "--partitions-per-core"},
      {&FirstRunText::shape, "wide", "--shape=\"wide\": must be one of etl, join-heavy, ml, streaming"},
      {&FirstRunText::data_size, "1EB",
       "8589934592 partitions want 134217728 executors: take a larger --partition-size, or say how many --executors "
       "there are"},
  };
  for (const auto& c : cases) {
    FirstRunText text;
    text.data_size = "1TB";
    text.*c.flag = c.value;
    EXPECT_EQ(refusal(text), c.said);
  }
  EXPECT_EQ(refusal({.data_size = "1EB", .executors = "1", .shape = "ml"}),
            "an executor would need 3072 PiB of heap: take a smaller --partition-size, fewer --cores or more "
            "--executors");
}

TEST(FirstRun, FollowsTheFormula) {
  struct Case {
    const char* what;
    FirstRunText text;
    std::int64_t executors, cores, heap, overhead, shuffle;  // MiB
  };
  const Case cases[] = {
      {"etl", {.data_size = "1TB"}, 128, 4, 3072, 384, 8192},
      {"join-heavy", {.data_size = "1TB", .shape = "join-heavy"}, 256, 4, 6144, 614, 8192},
      {"ml", {.data_size = "1TB", .shape = "ml"}, 342, 4, 9216, 921, 8208},
      {"streaming", {.data_size = "1GB", .shape = "streaming"}, 1, 4, 3072, 384, 4},
      {"Python", {.data_size = "1TB", .overhead_factor = "0.4"}, 128, 4, 3072, 1228, 8192},
      {"executors as asked", {.data_size = "1TB", .executors = "50"}, 50, 4, 3072, 384, 8200},
      {"cached data in few executors",
       {.data_size = "1TB", .executors = "50", .shape = "ml"},
       50,
       4,
       62976,
       6297,
       8200},
      {"own figures",
       {.data_size = "10GB",
        .partition_size = "64MB",
        .cores = "2",
        .expansion_factor = "4",
        .partitions_per_core = "3"},
       5,
       2,
       1536,
       384,
       160},
      {"tiny data", {.data_size = "1MB", .partition_size = "1MB", .cores = "1"}, 1, 1, 512, 384, 1},
      {"a small node", {.data_size = "1TB", .max_node_memory = "2GB"}, 256, 2, 1536, 384, 8192},
      {"a node that just fits", {.data_size = "1TB", .max_node_memory = "3.375GB"}, 128, 4, 3072, 384, 8192},
      {"an odd split", {.data_size = "1TB", .max_node_memory = "3GB"}, 171, 3, 2304, 384, 8208},
  };
  for (const auto& c : cases) {
    const auto plan = plan_of(c.text);
    EXPECT_EQ(plan.executors, c.executors) << c.what;
    EXPECT_EQ(plan.cores, c.cores) << c.what;
    EXPECT_EQ(plan.heap_bytes, c.heap * kMiB) << c.what;
    EXPECT_EQ(plan.overhead_bytes, c.overhead * kMiB) << c.what;
    EXPECT_EQ(plan.shuffle_partitions, c.shuffle) << c.what;
  }
}

TEST(FirstRun, DriverGrowsWithThePartitions) {
  EXPECT_EQ(plan_of({.data_size = "1GB"}).driver_heap_bytes, 2 * kGiB);
  EXPECT_EQ(plan_of({.data_size = "1TB"}).driver_heap_bytes, 3 * kGiB);
  EXPECT_EQ(plan_of({.data_size = "1PB", .partition_size = "1GB"}).driver_heap_bytes, 16 * kGiB);
  EXPECT_EQ(plan_of({.data_size = "1GB"}).driver_cores, 1);
  EXPECT_EQ(plan_of({.data_size = "1TB"}).driver_cores, 2);
}

TEST(FirstRun, KeepsItsPromisesForAnyRequest) {
  std::mt19937_64 random{11};
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  const char* const kShapes[] = {"etl", "join-heavy", "ml", "streaming"};
  int planned = 0;
  for (int i = 0; i < 20'000; ++i) {
    FirstRunText text;
    text.data_size = std::to_string(pick(1, 100'000)) + (pick(0, 1) != 0 ? "GB" : "MB");
    text.partition_size = std::to_string(pick(1, 2'000)) + "MB";
    text.cores = std::to_string(pick(1, 16));
    text.shape = kShapes[pick(0, 3)];
    if (pick(0, 2) == 0) text.executors = std::to_string(pick(1, 500));
    if (pick(0, 1) == 0) text.max_node_memory = std::to_string(pick(1, 256)) + "GB";
    const auto request = parse_first_run(text);
    ASSERT_TRUE(request);
    const auto plan = plan_first_run(*request);
    if (!plan) continue;
    ++planned;
    ASSERT_GE(plan->executors, 1);
    ASSERT_GE(plan->cores, 1);
    ASSERT_LE(plan->cores, request->cores);
    ASSERT_GE(plan->heap_bytes, 512 * kMiB);
    ASSERT_GE(plan->overhead_bytes, 384 * kMiB);
    ASSERT_EQ(plan->heap_bytes % kMiB, 0);
    ASSERT_GE(plan->partitions * plan->partition_bytes, request->data_bytes);
    if (request->max_node_memory) {
      ASSERT_LE(plan->pod_bytes(), *request->max_node_memory);
    }
    if (request->executors) {
      ASSERT_GE(plan->executors * plan->cores, *request->executors * request->cores) << "no slot is lost to a split";
    }
    ASSERT_EQ(plan->shuffle_partitions % (plan->executors * plan->cores), 0);
    // More data never take less.
    auto more = *request;
    more.data_bytes *= 2;
    if (const auto larger = plan_first_run(more)) {
      ASSERT_GE(larger->executors * larger->heap_bytes, plan->executors * plan->heap_bytes) << i;
    }
  }
  EXPECT_GT(planned, 10'000);
}

std::string block_after(const std::string& text, const std::string& heading, const std::string& fence) {
  const auto start = text.find(heading);
  if (start == std::string::npos) return "no " + heading;
  const auto open = text.find("```" + fence + "\n", start);
  const auto body = open + 4 + fence.size();
  const auto close = text.find("```\n", body);
  return open == std::string::npos || close == std::string::npos ? "no block" : text.substr(body, close - body);
}

TEST(FirstRun, WorkedExampleOfTheDocs) {
  std::ifstream file(SOURCE_DIR "/docs/sizing.md");
  std::stringstream buffer;
  buffer << file.rdbuf();
  const std::string docs = buffer.str();
  auto plan = plan_of({.data_size = "1TB", .shape = "join-heavy", .max_node_memory = "6GB"});
  EXPECT_NEAR(price_per_hour(plan, {.core = 0.04, .memory_gib = 0.005}), 49.6000390625, 1e-9);
  plan.steps.push_back(price_step(plan, {.core = 0.04, .memory_gib = 0.005}, "USD", 5400));
  EXPECT_EQ(block_after(docs, "## Worked example", "text"), explanation(plan) + "\n" + conf_lines(plan));
  EXPECT_EQ(block_after(docs, "## Worked example", "yaml"),
            values_yaml(plan,
                        "spark_exporter size --data-size 1TB --shape join-heavy --partition-size 128MB --cores 4 "
                        "--overhead-factor 0.1 --max-node-memory 6GB"));
}

TEST(FirstRun, SaysWhereAPriceIsAGuess) {
  const auto plan = plan_of({.data_size = "1GB"});
  EXPECT_NE(price_step(plan, {.core = 1, .is_default = true}, "EUR", 60).find("does not know that node"),
            std::string::npos);
}

}  // namespace
}  // namespace spark_exporter::sizing
