#include "exporter/metrics/exposition.hpp"

#include <gtest/gtest.h>
#include <prometheus/metric_family.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"

namespace spark_exporter::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<std::pair<std::string, std::string>>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ClientMetric labelled(const Labels& labels) {
  ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

ClientMetric gauge(const Labels& labels, double value) {
  ClientMetric metric = labelled(labels);
  metric.gauge.value = value;
  return metric;
}

MetricFamily gauge_family(std::vector<ClientMetric> metrics, std::string help = "Help.") {
  return {"spark_x", std::move(help), MetricType::Gauge, std::move(metrics)};
}

std::string render(const MetricFamily& family) {
  std::string out;
  append_family(out, family);
  return out;
}

/// The value as it stands in the text.
std::string written(double value) {
  const std::string text = render(gauge_family({gauge({}, value)}));
  const std::size_t at = text.rfind("spark_x ") + 8;
  return text.substr(at, text.size() - at - 1);
}

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(16 << 20, '\0');
  std::string input = packed;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(AppendFamily, WritesHelpTypeAndSamplesSortedByLabels) {
  EXPECT_EQ(render(gauge_family({gauge({{"app", "b"}, {"executor_id", "1"}}, 2),
                                 gauge({{"app", "a"}, {"executor_id", "driver"}}, 0.25), gauge({}, -1)})),
            "# HELP spark_x Help.\n"
            "# TYPE spark_x gauge\n"
            "spark_x -1\n"
            "spark_x{app=\"a\",executor_id=\"driver\"} 0.25\n"
            "spark_x{app=\"b\",executor_id=\"1\"} 2\n");
}

TEST(AppendFamily, ReadsTheValueOfTheFamilysType) {
  ClientMetric metric;
  metric.counter.value = 1;
  metric.gauge.value = 2;
  metric.untyped.value = 3;
  const std::pair<MetricType, std::string> cases[] = {
      {MetricType::Counter, "# HELP m h\n# TYPE m counter\nm 1\n"},
      {MetricType::Gauge, "# HELP m h\n# TYPE m gauge\nm 2\n"},
      {MetricType::Untyped, "# HELP m h\n# TYPE m gauge\nm 3\n"},
  };
  for (const auto& [type, expected] : cases) EXPECT_EQ(render({"m", "h", type, {metric}}), expected);
}

TEST(AppendFamily, AppendsNothingWithoutSamples) {
  std::string out = "before";
  append_family(out, gauge_family({}));
  EXPECT_EQ(out, "before");
}

TEST(AppendFamily, KeepsWhatIsThereAlready) {
  std::string out = "before\n";
  append_family(out, gauge_family({gauge({}, 1)}));
  EXPECT_EQ(out, "before\n# HELP spark_x Help.\n# TYPE spark_x gauge\nspark_x 1\n");
}

TEST(AppendFamily, ClosesAHistogramWithInf) {
  ClientMetric metric = labelled({{"app", "a"}});
  metric.histogram = {7, 12.5, {{3, 0.5}, {5, 10}}};
  EXPECT_EQ(render({"d_seconds", "h", MetricType::Histogram, {metric}}),
            "# HELP d_seconds h\n"
            "# TYPE d_seconds histogram\n"
            "d_seconds_bucket{app=\"a\",le=\"0.5\"} 3\n"
            "d_seconds_bucket{app=\"a\",le=\"10\"} 5\n"
            "d_seconds_bucket{app=\"a\",le=\"+Inf\"} 7\n"
            "d_seconds_sum{app=\"a\"} 12.5\n"
            "d_seconds_count{app=\"a\"} 7\n");
}

TEST(AppendFamily, DoesNotRepeatAHistogramsOwnInf) {
  ClientMetric metric;
  metric.histogram = {7, 12.5, {{3, 0.5}, {7, kInfinity}}};
  EXPECT_EQ(render({"d", "h", MetricType::Histogram, {metric}}),
            "# HELP d h\n# TYPE d histogram\nd_bucket{le=\"0.5\"} 3\nd_bucket{le=\"+Inf\"} 7\nd_sum 12.5\nd_count 7\n");
}

TEST(AppendFamily, WritesAnEmptyHistogram) {
  EXPECT_EQ(render({"d", "h", MetricType::Histogram, {ClientMetric{}}}),
            "# HELP d h\n# TYPE d histogram\nd_bucket{le=\"+Inf\"} 0\nd_sum 0\nd_count 0\n");
}

TEST(AppendFamily, WritesASummary) {
  ClientMetric metric = labelled({{"app", "a"}});
  metric.summary = {4, 2.5, {{0.5, 0.125}, {0.99, std::numeric_limits<double>::quiet_NaN()}}};
  EXPECT_EQ(render({"s", "h", MetricType::Summary, {metric}}),
            "# HELP s h\n# TYPE s summary\n"
            "s{app=\"a\",quantile=\"0.5\"} 0.125\n"
            "s{app=\"a\",quantile=\"0.99\"} NaN\n"
            "s_sum{app=\"a\"} 2.5\n"
            "s_count{app=\"a\"} 4\n");
}

TEST(AppendFamily, EscapesHelpAndLabelValues) {
  EXPECT_EQ(render(gauge_family({gauge({{"app", "a\"b\\c\nd"}}, 1)}, "say \"hi\"\\\nagain")),
            "# HELP spark_x say \"hi\"\\\\\\nagain\n"
            "# TYPE spark_x gauge\n"
            "spark_x{app=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(Numbers, AreShortAndReadBackTheSame) {
  const std::pair<double, std::string> cases[] = {
      {0, "0"},
      {1, "1"},
      {-1, "-1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {0.001, "0.001"},
      {1700000000, "1700000000"},
      {1700000000.125, "1700000000.125"},
      {9007199254740992.0, "9007199254740992"},
      {18014398509481984.0, "18014398509481984"},
      {1e300, "1e+300"},
      {1e-300, "1e-300"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
      {std::numeric_limits<double>::denorm_min(), "5e-324"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {-std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {kInfinity, "+Inf"},
      {-kInfinity, "-Inf"},
  };
  for (const auto& [value, text] : cases) {
    EXPECT_EQ(written(value), text);
    if (value == value) {
      EXPECT_EQ(std::strtod(text.c_str(), nullptr), value);
    }
  }
}

TEST(Numbers, IgnoreTheLocale) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  const std::string c_before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"}) {
    if (std::setlocale(LC_ALL, name) != nullptr) break;  // the C library's, where one with a comma is installed
  }
  EXPECT_EQ(written(1234567.5), "1234567.5");
  EXPECT_EQ(written(1234567), "1234567");
  std::setlocale(LC_ALL, c_before.c_str());
  std::locale::global(before);
}

TEST(LabelValue, KeepsValidTextAndReplacesBadBytes) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"sales-2024", "sales-2024"},
      {"a \"quoted\"\n\\line\\", "a \"quoted\"\n\\line\\"},
      {"\xF0\x9F\x94\xA5 etl", "\xF0\x9F\x94\xA5 etl"},
      {"a\xFFz", "a\xEF\xBF\xBDz"},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"cut \xE2\x82", "cut \xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  for (const auto& [raw, expected] : cases) EXPECT_EQ(label_value(raw), expected);
}

TEST(LabelValue, IsCutAtTheLimitBetweenCodePoints) {
  constexpr std::size_t kLimit = limits::kLabelValueBytes;
  const std::string full(kLimit, 'x');
  EXPECT_EQ(label_value(full), full);
  EXPECT_EQ(label_value(full + "x"), full);
  EXPECT_EQ(label_value(std::string(10 * 1024, 'x')), full);
  const std::string nearly(kLimit - 3, 'x');
  EXPECT_EQ(label_value(nearly + "\xE2\x82\xAC"), nearly + "\xE2\x82\xAC");
  EXPECT_EQ(label_value(nearly + "x\xE2\x82\xAC"), nearly + "x");
  EXPECT_EQ(label_value(nearly + "\xFF\xFF"), nearly + "\xEF\xBF\xBD");
  EXPECT_EQ(label_value(nearly + "x\xFF"), nearly + "x");
}

TEST(LabelValue, IsValidUtf8WhateverComesIn) {
  std::uint32_t state = 12345;
  for (int round = 0; round < 2'000; ++round) {
    std::string raw;
    for (int i = 0; i < round % 300; ++i) {
      state = state * 1664525U + 1013904223U;
      raw += static_cast<char>(state >> 24);
    }
    const std::string value = label_value(raw);
    EXPECT_LE(value.size(), limits::kLabelValueBytes);
    EXPECT_EQ(find_invalid_utf8(value), std::string_view::npos);
  }
}

TEST(Exposition, GzipUnpacksToTheText) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "spark_x{executor_id=\"" + std::to_string(i) + "\"} 1\n";
  const Exposition exposition(text);
  EXPECT_LT(exposition.gzip().size(), text.size() / 4);
  EXPECT_EQ(gunzip(exposition.gzip()), text);
  EXPECT_EQ(gunzip(gzip_member("")), "");
}

TEST(Exposition, GzipIsMadeOnceForAllThreads) {
  const Exposition exposition(std::string(200'000, 'x'));
  std::vector<const std::string*> seen(8);
  std::vector<std::thread> threads;
  for (auto& slot : seen) threads.emplace_back([&exposition, &slot] { slot = &exposition.gzip(); });
  for (auto& thread : threads) thread.join();
  for (const auto* gzip : seen) {
    EXPECT_EQ(gzip, seen.front());
    EXPECT_EQ(gunzip(*gzip), exposition.text());
  }
}

/// A file that goes with its scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const int file = mkstemp(path_.data());
    EXPECT_GE(file, 0);
    EXPECT_EQ(write(file, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    close(file);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/exposition_test_XXXXXX";
};

TEST(Exposition, PassesPromtool) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
  std::string out;
  const std::string hostile[] = {"a\"b", "a\nb", "a\\", "\xF0\x9F\x94\xA5", "\xFF\xC0", std::string(10'240, '"'),
                                 "{}=,"};
  MetricFamily gauges = gauge_family({}, "A help\nof two \"lines\" \\ and more.");
  for (const auto& value : hostile) gauges.metric.push_back(gauge({{"app", label_value(value)}}, 1e-9));
  gauges.metric.push_back(gauge({{"app", "inf"}}, -kInfinity));
  append_family(out, gauges);
  ClientMetric histogram = labelled({{"app", "x"}});
  histogram.histogram = {7, 12.5, {{3, 0.5}, {5, 10}}};
  append_family(out, {"spark_batch_seconds", "Durations.", MetricType::Histogram, {histogram}});
  ClientMetric counter;
  counter.counter.value = 3;
  append_family(out, {"spark_things_total", "Things.", MetricType::Counter, {counter}});
  const TemporaryFile file(out);
  const TemporaryFile answer("");
  const int status = std::system(("promtool check metrics <" + file.path() + " >" + answer.path() + " 2>&1").c_str());
  std::stringstream said;
  said << std::ifstream(answer.path()).rdbuf();
  EXPECT_EQ(WEXITSTATUS(status), 0) << said.str();
}

}  // namespace
}  // namespace spark_exporter::metrics
