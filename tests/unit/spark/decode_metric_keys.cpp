// The keys of /metrics/json hold the namespace and the query's name, both free text.

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/unit/spark/decode_support.hpp"

namespace spark_exporter::spark::test {
namespace {

MetricsDump decode(const std::string& text) {
  auto decoded = decode_one(decode_metrics, text);
  EXPECT_TRUE(decoded.report) << decoded.report.error().what;
  EXPECT_EQ(decoded.report->wrong_types, 0U) << decoded.report->first;
  return decoded.items[0];
}

MetricsDump decode_gauge(const std::string& key, const std::string& value) {
  return decode(R"({"gauges":{")" + key + R"(":{"value":)" + value + "}}}");
}

TEST(DecodeMetricKeys, NamespaceMayHaveDotsOrBeEmpty) {
  for (const char* prefix : {"app-1.", "my.own.name.space.", "driver.", "x.driver.y.", ""}) {
    SCOPED_TRACE(prefix);
    EXPECT_EQ(decode_gauge(std::string(prefix) + "driver.DAGScheduler.job.allJobs", "1300").all_jobs, 1300);
    const auto dump = decode_gauge(std::string(prefix) + "driver.spark.streaming.q.latency", "7");
    EXPECT_EQ(dump.streaming.at("q").latency_ms, 7);
  }
}

TEST(DecodeMetricKeys, OthersArePassedOver) {
  for (const char* key : {"app.xdriver.DAGScheduler.job.allJobs", "app.driver.DAGScheduler.job.allJobs.x",
                          "app.1.DAGScheduler.job.allJobs", "app.driver.spark.streaming.q.other",
                          "app.driver.spark.streaming.latency", "app.driver.spark.streaming.", ""}) {
    SCOPED_TRACE(key);
    const auto dump = decode_gauge(key, "5");
    EXPECT_FALSE(dump.all_jobs);
    EXPECT_TRUE(dump.streaming.empty());
  }
  EXPECT_TRUE(
      decode(R"({"counters":{"a.driver.LiveListenerBus.numEventsPosted":{"count":9}}})").dropped_events.empty());
}

TEST(DecodeMetricKeys, QueryNamesAreFreeText) {
  const std::string tail = ".states-rowsTotal";
  const std::string long_name(10'000, 'n');
  const std::pair<std::string, std::string> cases[] = {
      {"windowed counts", "windowed counts"},
      {"a.b.c", "a.b.c"},
      {"driver.spark.streaming.x", "driver.spark.streaming.x"},
      {R"(say \"hi\"\n)", "say \"hi\"\n"},
      {"\u00fc\U0001F600", "\u00fc\U0001F600"},
      {R"(\ud83d\ude00)", "\U0001F600"},
      {R"(nul\u0000!)", std::string("nul\0!", 5)},
      {"", ""},
      {long_name, std::string(limits::kTextBytes, 'n')},
  };
  for (const auto& [written, read] : cases) {
    SCOPED_TRACE(written);
    const auto dump = decode_gauge("app.driver.spark.streaming." + written + tail, "3");
    ASSERT_EQ(dump.streaming.size(), 1U);
    EXPECT_EQ(dump.streaming.begin()->first, read);
    EXPECT_EQ(dump.streaming.begin()->second.state_rows, 3);
  }
}

TEST(DecodeMetricKeys, NotANumberIsAbsent) {
  for (const char* value : {R"("NaN")", R"("Infinity")", R"("-Infinity")", "null"}) {
    SCOPED_TRACE(value);
    EXPECT_TRUE(decode_gauge("a.driver.spark.streaming.q.inputRate-total", value).streaming.empty());
  }
}

TEST(DecodeMetricKeys, KeyBytesAtTheLimitAndOnePast) {
  const std::string head = "app.driver.spark.streaming.";
  const std::string tail = ".latency";
  const std::string fits(limits::kMetricKeyBytes - head.size() - tail.size(), 'q');
  EXPECT_EQ(decode_gauge(head + fits + tail, "1").streaming.size(), 1U);
  EXPECT_EQ(decode_gauge(head + fits + "q" + tail, "1").streaming.size(), 0U);
}

TEST(DecodeMetricKeys, QueriesAndQueuesAtTheLimitAndOnePast) {
  for (const std::size_t count : {limits::kMetricNames, limits::kMetricNames + 1}) {
    std::string gauges;
    std::string counters;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string comma = i == 0 ? "" : ",";
      gauges += comma + "\"a.driver.spark.streaming.q" + std::to_string(i) + ".latency\":{\"value\":1}";
      counters +=
          comma + "\"a.driver.LiveListenerBus.queue.q" + std::to_string(i) + ".numDroppedEvents\":{\"count\":1}";
    }
    const std::string again = ",\"a.driver.spark.streaming.q0.latency\":{\"value\":2}";
    const auto dump = decode("{\"gauges\":{" + gauges + again + "},\"counters\":{" + counters + "}}");
    EXPECT_EQ(dump.streaming.size(), limits::kMetricNames);
    EXPECT_EQ(dump.dropped_events.size(), limits::kMetricNames);
    EXPECT_EQ(dump.streaming.at("q0").latency_ms, 2);
  }
}

}  // namespace
}  // namespace spark_exporter::spark::test
