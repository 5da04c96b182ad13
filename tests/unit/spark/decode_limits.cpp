// Each bound at the limit and one past it, and how much memory hostile documents take.

#include <gtest/gtest.h>

#include <algorithm>

#include "exporter/common/limits.hpp"
#include "tests/unit/spark/decode_support.hpp"

namespace spark_exporter::spark::test {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string repeated;
  repeated.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

template <class Decoded>
void expect_too_large(const Decoded& decoded, const std::string& what) {
  ASSERT_FALSE(decoded.report);
  EXPECT_EQ(decoded.report.error().kind, ErrorKind::kTooLarge);
  EXPECT_EQ(decoded.report.error().what, what);
}

TEST(DecodeLimits, Depth) {
  // The root list and the job take two of the levels.
  const auto nested = [](std::size_t lists) {
    return R"([{"jobId":1,"unknown":)" + repeat("[", lists) + repeat("]", lists) + "}]";
  };
  const auto limit = static_cast<std::size_t>(limits::kJsonDepth);
  const auto fits = decode_list(decode_jobs, nested(limit - 2));
  ASSERT_TRUE(fits.report) << fits.report.error().what;
  EXPECT_EQ(fits.items.size(), 1U);
  expect_too_large(decode_list(decode_jobs, nested(limit - 1)),
                   "jobs: byte " + std::to_string(21 + limit) + ": nested deeper than 64");
}

TEST(DecodeLimits, DepthIsTheSameWhereverItIs) {
  const std::size_t deep = 100'000;
  const std::string documents[] = {
      repeat("[", deep),
      repeat(R"({"a":)", deep),
      repeat(R"([{"stageIds":)", deep),
      R"([{"jobId":1,"stageIds":)" + repeat("[", deep),
      R"({"gauges":)" + repeat(R"({"value":)", deep),
      R"({"sparkProperties":)" + repeat("[", deep),
  };
  for (const auto& decoder : all_decoders()) {
    for (const auto& document : documents) {
      SCOPED_TRACE(std::string(decoder.name) + " " + document.substr(0, 30));
      std::istringstream in(document);
      const auto report = decoder.run(in);
      ASSERT_FALSE(report);
      EXPECT_EQ(report.error().kind, ErrorKind::kTooLarge);
    }
  }
}

TEST(DecodeLimits, StringBytes) {
  const auto with_name = [](std::size_t bytes) { return R"([{"jobId":1,"name":")" + std::string(bytes, 'x') + "\"}]"; };
  const auto fits = decode_list(decode_jobs, with_name(limits::kJsonStringBytes));
  ASSERT_TRUE(fits.report) << fits.report.error().what;
  EXPECT_EQ(fits.items.at(0).name, std::string(limits::kTextBytes, 'x'));
  expect_too_large(decode_list(decode_jobs, with_name(limits::kJsonStringBytes + 1)),
                   "jobs: byte " + std::to_string(20 + limits::kJsonStringBytes) + ": a string is too long");
}

TEST(DecodeLimits, StringBytesCountEscapesAndKeys) {
  const auto half = limits::kJsonStringBytes / 2;
  const auto quotes = [](std::size_t count) { return R"([{"jobId":1,"name":")" + repeat("\\\"", count) + "\"}]"; };
  EXPECT_TRUE(decode_list(decode_jobs, quotes(half)).report);
  EXPECT_FALSE(decode_list(decode_jobs, quotes(half + 1)).report);
  const auto key = [](std::size_t bytes) { return R"([{"jobId":1,")" + std::string(bytes, 'k') + "\":1}]"; };
  EXPECT_TRUE(decode_list(decode_jobs, key(limits::kJsonStringBytes)).report);
  EXPECT_FALSE(decode_list(decode_jobs, key(limits::kJsonStringBytes + 1)).report);
}

TEST(DecodeLimits, NumberBytes) {
  const auto with_tasks = [](std::size_t zeros) {
    return R"([{"jobId":1,"numTasks":1.)" + std::string(zeros, '0') + "}]";
  };
  const auto fits = decode_list(decode_jobs, with_tasks(limits::kJsonNumberBytes - 2));
  ASSERT_TRUE(fits.report) << fits.report.error().what;
  EXPECT_EQ(fits.items.at(0).tasks, 1);
  expect_too_large(decode_list(decode_jobs, with_tasks(limits::kJsonNumberBytes - 1)),
                   "jobs: byte " + std::to_string(23 + limits::kJsonNumberBytes) + ": a number is too long");
}

TEST(DecodeLimits, GapBytes) {
  const auto spaced = [](std::string_view gap, std::size_t bytes) {
    return "[" + repeat(gap, bytes / gap.size()) + "]";
  };
  for (const std::string_view gap : {" ", "\n"}) {
    EXPECT_TRUE(decode_list(decode_jobs, spaced(gap, limits::kJsonGapBytes - 2)).report);
    expect_too_large(
        decode_list(decode_jobs, spaced(gap, limits::kJsonGapBytes - 1)),
        "jobs: byte " + std::to_string(limits::kJsonGapBytes) + ": the space between two values is too long");
  }
  expect_too_large(
      decode_list(decode_jobs, R"([{"jobId":1,"unknown":[)" + repeat("[],", limits::kJsonGapBytes / 3) + "[]]}]"),
      "jobs: byte " + std::to_string(limits::kJsonGapBytes + 21) + ": the space between two values is too long");
}

TEST(DecodeLimits, Elements) {
  for (const std::string element : {R"({"jobId":1})", R"({"x":""})", "1"}) {
    SCOPED_TRACE(element);
    RepeatBuffer fits("[", element + ",", limits::kListItems - 1, element + "]");
    std::istream in(&fits);
    std::size_t delivered = 0;
    const Each<Job> count = [&delivered](Job&&) { ++delivered; };
    const auto report = decode_jobs(in, count);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(delivered, element.find("jobId") == std::string::npos ? 0 : limits::kListItems);
    RepeatBuffer past("[", element + ",", limits::kListItems, element + "]");
    std::istream past_in(&past);
    const auto refused = decode_jobs(past_in, count);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kTooLarge);
    EXPECT_TRUE(refused.error().what.ends_with(": more than 200000 elements")) << refused.error().what;
  }
}

TEST(DecodeLimits, InnerLists) {
  const auto run = [](std::size_t ids, std::size_t& read) {
    RepeatBuffer source(R"([{"jobId":1,"stageIds":[)", "7,", ids - 1, "7]}]");
    std::istream in(&source);
    const Each<Job> each = [&read](Job&& job) { read = job.stage_ids.size(); };
    return decode_jobs(in, each);
  };
  std::size_t read = 0;
  ASSERT_TRUE(run(limits::kListItems, read));
  EXPECT_EQ(read, limits::kListItems);
  const auto refused = run(limits::kListItems + 1, read);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kTooLarge);
  EXPECT_TRUE(refused.error().what.ends_with(": more values than are taken at jobs[0].stageIds[200000]"))
      << refused.error().what;
}

TEST(DecodeLimits, TextsAreCutBetweenCodePoints) {
  const std::size_t limit = limits::kTextBytes;
  const std::string emoji = "\U0001F600";
  const std::pair<std::string, std::size_t> cases[] = {
      {std::string(limit, 'x'), limit},
      {std::string(limit + 1, 'x'), limit},
      {std::string(limit - 4, 'x') + emoji, limit},
      {std::string(limit - 3, 'x') + emoji, limit - 3},
      {std::string(limit - 1, 'x') + emoji, limit - 1},
      {std::string(limit, 'x') + emoji, limit},
      {repeat("\u00fc", 10'000), limit},
      {"x" + repeat("\u00fc", 10'000), limit - 1},
  };
  for (const auto& [name, kept] : cases) {
    const auto decoded = decode_list(decode_jobs, R"({"jobId":1,"name":")" + name + "\"}");
    ASSERT_TRUE(decoded.report) << decoded.report.error().what;
    EXPECT_EQ(decoded.items.at(0).name, name.substr(0, kept));
  }
}

TEST(DecodeLimits, Properties) {
  for (const std::size_t count : {limits::kSparkProperties, limits::kSparkProperties + 1}) {
    std::string pairs = R"(["not.spark","x"])";
    for (std::size_t i = 0; i < count; ++i) pairs += ",[\"spark.k" + std::to_string(i) + "\",\"v\"]";
    pairs += R"(,["spark.k0","again"])";
    const auto decoded = decode_one(decode_environment, R"({"sparkProperties":[)" + pairs + "]}");
    ASSERT_TRUE(decoded.report);
    EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
    EXPECT_EQ(decoded.items[0].properties.size(), limits::kSparkProperties);
    EXPECT_EQ(decoded.items[0].properties.at("spark.k0"), "again");
  }
}

struct Flood {
  std::string_view decoder;
  const char* name;
  std::string head;
  std::string body;
  std::size_t times;
  std::size_t most;  ///< bytes of extra heap
};

TEST(DecodeLimits, MemoryOfFloods) {
  if (heap_bytes() == 0) GTEST_SKIP() << "the allocator does not tell";
  const std::size_t kilobyte = 1024;
  const std::string text(4096, 'x');
  const Flood floods[] = {
      {"stages", "long details", "[", R"({"stageId":1,"status":"COMPLETE","details":")" + text + text + "\"},", 2'000,
       256 * kilobyte},
      {"jobs", "blanks", "[", std::string(4096, ' '), 10'000, 2048 * kilobyte},
      {"jobs", "empty lists", R"([{"unknown":[)", repeat("[],", 1000), 10'000, 2048 * kilobyte},
      {"jobs", "literals", R"([{"unknown":[)", repeat("null,", 1000), 10'000, 2048 * kilobyte},
      {"jobs", "one number", "[{\"jobId\":1", std::string(4096, '1'), 10'000, 256 * kilobyte},
      {"jobs", "one string", "[{\"name\":\"", text, 10'000, 40 * kilobyte * kilobyte},
      {"metrics", "one key", "{\"gauges\":{\"", text, 10'000, 40 * kilobyte * kilobyte},
      {"jobs", "keys", "[{\"jobId\":1", R"(,"k":1)", 100'000, 256 * kilobyte},
      {"jobs", "one list again and again", "[{\"jobId\":1", R"(,"stageIds":[1,2,3,4])", 100'000, 8192 * kilobyte},
      {"jobs", "wrong types", "[{\"jobId\":1", R"(,"numTasks":"x")", 100'000, 256 * kilobyte},
      {"metrics", "gauges", R"({"gauges":{"a":{})", R"(,"x.driver.spark.streaming.q.latency":{"value":1})", 50'000,
       256 * kilobyte},
      {"environment", "properties", R"({"sparkProperties":[[])", R"(,["spark.a","b"])", 50'000, 256 * kilobyte},
  };
  for (const auto& flood : floods) {
    SCOPED_TRACE(flood.name);
    const auto decoder = std::find_if(all_decoders().begin(), all_decoders().end(),
                                      [&flood](const Decoder& each) { return each.name == flood.decoder; });
    ASSERT_NE(decoder, all_decoders().end());
    RepeatBuffer source(flood.head, flood.body, flood.times, "");
    const auto [report, peak_heap] = measure(source, decoder->run);
    EXPECT_FALSE(report);
    EXPECT_LT(peak_heap, flood.most);
  }
}

}  // namespace
}  // namespace spark_exporter::spark::test
