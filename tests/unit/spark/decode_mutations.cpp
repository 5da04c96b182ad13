// Recordings with random damage, the same each time: no crash, facts within their bounds, memory bounded.

#include <gtest/gtest.h>

#include <random>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/unit/spark/decode_support.hpp"

namespace spark_exporter::spark::test {
namespace {

constexpr std::size_t kRounds = 150;
constexpr std::size_t kMostHeap = 256 * 1024;

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string damage(std::string text) {
    const std::size_t times = 1 + below(4);
    for (std::size_t i = 0; i < times && !text.empty(); ++i) damage_once(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void damage_once(std::string& text) {
    static const std::string kPieces[] = {
        "null", "true", "-1",      "1e400", "9223372036854775808", "1.5",    "\"",   "{",  "}", "[", "]", ",",
        ":",    "\\",   "\\ud800", "\xff",  "\xf0\x9f\x98\x80",    "\"x\":", "[[[[", "NaN"};
    const std::size_t at = below(text.size());
    switch (below(6)) {
      case 0: text[at] = static_cast<char>(random_()); break;
      case 1: text.erase(at, 1 + below(40)); break;
      case 2: text.insert(at, kPieces[below(std::size(kPieces))]); break;
      case 3: text.resize(at); break;
      case 4: text.insert(at, text.substr(below(text.size()), below(2000))); break;
      default: replace_value(text, at, kPieces[below(std::size(kPieces))]); break;
    }
  }

  /// What stands behind the next colon: keeps most documents JSON.
  static void replace_value(std::string& text, std::size_t at, const std::string& value) {
    const auto colon = text.find(" : ", at);
    if (colon == std::string::npos) return;
    const auto end = text.find_first_of(",\n", colon);
    if (end != std::string::npos) text.replace(colon + 3, end - colon - 3, value);
  }

  std::mt19937 random_;
};

void expect_text(const std::string& text) {
  EXPECT_LE(text.size(), limits::kTextBytes);
  EXPECT_EQ(find_invalid_utf8(text), std::string::npos);
}

void expect_line(const std::string& text) {
  EXPECT_LT(text.size(), 1000U);
  EXPECT_EQ(find_invalid_utf8(text), std::string::npos);
  EXPECT_EQ(text.find_first_of("\n\r"), std::string::npos);
}

void expect_within_bounds(const std::vector<Stage>& stages) {
  for (const auto& stage : stages) {
    expect_text(stage.name);
    expect_text(stage.failure_reason);
    EXPECT_GE(stage.id, 0);
    EXPECT_GE(std::min({stage.tasks, stage.failed_tasks, stage.input_bytes, stage.shuffle_write_records}), 0);
    EXPECT_GE(stage.executor_cpu_time.count(), 0);
  }
}

TEST(DecodeMutations, EveryDecoderSurvives) {
  const std::string paths[] = {
      "spark-3.5.9/fail/failed-job/applications-APP-stages.json",
      "spark-4.3.0/stream/running/applications-APP-jobs.json",
      "spark-3.5.9/lost/just-lost/applications-APP-allexecutors.json",
      "spark-4.3.0/fail/failed-sql/applications-APP-sql-details-false-planDescription-false.json",
      "spark-3.5.9/healthy/running/applications-APP-storage-rdd.json",
      "spark-3.5.9/fail/failed-job/applications-APP-stages-1-0-taskSummary-quantiles-0-0.5-0.99-1.json",
      "spark-3.5.9/stream/running/metrics-json.json",
      "spark-4.3.0/history-server/fail/applications.json",
      "spark-4.3.0/fail/before/version.json",
  };
  Mutator mutator(20261123);
  std::size_t read = 0;
  std::size_t refused = 0;
  for (const auto& path : paths) {
    SCOPED_TRACE(path);
    const std::string original = spark_exporter::test::fixture(path);
    for (std::size_t round = 0; round < kRounds; ++round) {
      const std::string text = mutator.damage(original);
      for (const auto& decoder : all_decoders()) {
        RepeatBuffer source("", text, 1, "");
        const auto [report, peak_heap] = measure(source, decoder.run);
        ASSERT_LT(peak_heap, kMostHeap);
        expect_line(report ? report->first : report.error().what);
        ++(report ? read : refused);
      }
      expect_within_bounds(decode_list(decode_stages, text).items);
    }
  }
  EXPECT_GT(read, 1000U);
  EXPECT_GT(refused, 1000U);
}

TEST(DecodeMutations, NoiseIsSurvived) {
  std::mt19937 random(7);
  for (std::size_t round = 0; round < 500; ++round) {
    std::string noise(random() % 300, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    for (const auto& decoder : all_decoders()) {
      std::istringstream in(noise);
      const auto report = decoder.run(in);
      expect_line(report ? report->first : report.error().what);
    }
  }
}

}  // namespace
}  // namespace spark_exporter::spark::test
