#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "exporter/report/html.hpp"
#include "exporter/report/text.hpp"
#include "exporter/report/words.hpp"

namespace spark_exporter::report {
namespace {

using Json = nlohmann::json;

Json full_report() {
  return Json::parse(R"({
    "schema_version": 1, "exporter": {"version": "0.1.0", "revision": "abc"}, "time_seconds": 1700000600,
    "warnings": ["the grace period is too short"],
    "runs": [{
      "namespace": "etl", "app": "nightly", "app_id": "spark-1", "driver_pod": "nightly-driver", "spark_version": "3.5.9",
      "state": "failed", "start_timestamp_seconds": 1700000000, "end_timestamp_seconds": 1700000540,
      "outcome": {"reason": "StageAborted", "exit_code": 1, "exception": "org.apache.spark.SparkException",
                  "evidence": "Job aborted <b>due</b> to stage failure"},
      "jobs": {"active": 0, "succeeded": 3, "failed": 1},
      "tasks": {"completed": 1234, "failed": 8, "killed": 2},
      "gc": {"ratio": 0.31},
      "volumes": {"input_bytes": 1073741824, "shuffle_write_bytes": 1048576, "disk_spilled_bytes": 5368709120},
      "stages": {"retries": 2, "skew": {"stage": 7, "attempt": 0, "ratio": 9.5}},
      "executors": {"removals": {"oom_killed": 2, "idle": 4}},
      "cost": {"currency": "EUR", "final": true, "total": 10, "wasted": 6, "wasted_ratio": 0.6, "unsettled": 0,
        "per_hour": 0, "budget": 8, "memory_unused": 1.5,
        "by_use": {"task_ok": 3, "gc": 1.5, "task_failed": 0.5, "idle": 4, "driver": 1, "killed": 0},
        "by_group": [{"group": "load", "cost": 6}, {"group": "unattributed", "cost": 4}],
        "queries": [{"id": 3, "description": "SELECT 'a' < 2", "run_time_seconds": 95, "cost": 2.5}],
        "pods": [{"id": "driver", "component": "driver", "held_from_timestamp_seconds": 1700000000,
                  "work_from_timestamp_seconds": 1700000010, "ended_timestamp_seconds": 1700000540, "cost": 1},
                 {"id": "1", "component": "executor", "held_from_timestamp_seconds": 1700000100,
                  "work_from_timestamp_seconds": 1700000120, "ended_timestamp_seconds": 1700000500, "cost": 9}],
        "pods_left_out": 3},
      "advice": {"saving_ratio": 0.4, "patch": "spec:\n  executor:\n    instances: 2\n",
        "conf": ["--conf spark.executor.instances=2"],
        "recommendations": [
          {"setting": "spark.executor.instances", "from": 4, "to": 2, "evidence": "half the slots were idle all the time, as far as the polls of this run could see, and no stage had more than eight tasks"},
          {"setting": "spark.executor.memory", "from": 4294967296, "to": 2147483648, "evidence": "1.2 GiB at most"}]}
    }]})");
}

Document document_of(const Json& json) {
  auto document = Document::parse(json.dump());
  EXPECT_TRUE(document) << (document ? "" : document.error().what);
  return *document;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

TEST(Words, Money) {
  EXPECT_EQ(money_words(0, "EUR"), "0.00 EUR");
  EXPECT_EQ(money_words(1234567.891, "EUR"), "1,234,567.89 EUR");
  EXPECT_EQ(money_words(0.5, ""), "0.50");
  EXPECT_EQ(money_words(0.0421, "USD"), "0.042 USD");
  EXPECT_EQ(money_words(0.000123, "USD"), "0.00012 USD");
  EXPECT_EQ(money_words(0.999, ""), "1.00");
  EXPECT_EQ(money_words(1e300, ""), "1,000,000,000,000,000.00");
  EXPECT_EQ(count_words(1234567), "1,234,567");
  EXPECT_EQ(time_words(1700000000), "2023-11-14 22:13:20 UTC");
  EXPECT_EQ(time_words(-5), "?");
  EXPECT_EQ(time_words(1e300), "?");
}

TEST(Text, SaysWhatHappenedAndWhatItCost) {
  const std::string text = to_text(document_of(full_report()));
  for (const char* part : {"warning: the grace period is too short",
                           "nightly  failed: StageAborted, exit code 1, org.apache.spark.SparkException",
                           "took 9 min",
                           "Job aborted <b>due</b> to stage failure",
                           "1,234 good, 8 failed",
                           "! 8 tasks failed",
                           "! 2 stages were done again",
                           "! 5 GiB spilled to disk",
                           "! stage 7 is skewed",
                           "31 %",
                           "! 2 executors lost: oom killed",
                           "Cost  10.00 EUR, of it wasted 6.00 EUR (60 %)",
                           "budget 8.00 EUR",
                           "slots without a task",
                           "load",
                           "SELECT 'a' < 2",
                           "Advice  saves 40 % of the executors' money",
                           "spark.executor.memory  4 GiB -> 2 GiB",
                           "spark.executor.instances  4 -> 2",
                           "--conf spark.executor.instances=2"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << '\n' << text;
  }
  EXPECT_EQ(text.find("idle"), text.find("idle all the time")) << "idle executors are no trouble";
}

TEST(Text, FitsTheColumnsWhateverComesIn) {
  Json report = full_report();
  const std::string long_word(400, 'x');
  const std::string umlauts = [] {
    std::string text;
    for (int i = 0; i < 300; ++i) text += "\xC3\xA4";
    return text;
  }();
  auto& run = report["runs"][0];
  for (const auto& text : {long_word, umlauts, std::string("a b\n\tc\x1b[31m d") + long_word}) {
    run["app"] = run["app_id"] = run["outcome"]["evidence"] = run["outcome"]["exception"] = text;
    run["cost"]["currency"] = text;
    run["cost"]["by_use"] = Json{{text, 5}};
    run["executors"]["removals"] = Json{{text, 2}};
    run["cost"]["by_group"][0]["group"] = run["cost"]["queries"][0]["description"] = text;
    run["advice"]["recommendations"][0]["evidence"] = run["advice"]["recommendations"][0]["setting"] = text;
    run["advice"]["conf"][0] = text;
    run["cost"]["total"] = 1e18;
    const std::string out = to_text(document_of(report));
    for (const auto& line : lines_of(out)) {
      EXPECT_LE(columns(line), kColumns) << line;
      for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
    }
  }
}

TEST(Text, MissingAndWrongMembersCostTheirLinesOnly) {
  Json report = full_report();
  std::vector<std::string> members;
  for (const auto& [name, value] : report["runs"][0].items()) members.push_back(name);
  for (const auto& name : members) {
    for (const Json& wrong : {Json(), Json("text"), Json(7), Json::array({1, "x", nullptr}), Json{{"a", {{"b", 1}}}}}) {
      Json changed = report;
      changed["runs"][0][name] = wrong;
      const auto document = document_of(changed);
      EXPECT_NE(to_text(document), "");
      EXPECT_NE(to_html(document).find("</html>"), std::string::npos);
      to_patch(document);
    }
  }
  EXPECT_EQ(to_text(document_of({{"schema_version", 1}})), "no run yet\n");
}

TEST(Patch, IsThePatchAndTheLines) {
  EXPECT_EQ(to_patch(document_of(full_report())),
            "spec:\n  executor:\n    instances: 2\n--conf spark.executor.instances=2\n");
  Json quiet = full_report();
  quiet["runs"][0].erase("advice");
  EXPECT_EQ(to_patch(document_of(quiet)), "");
  Json hostile = full_report();
  hostile["runs"][0]["advice"]["patch"] = "spec:\n  \x1b[2Ja: 1";
  EXPECT_EQ(to_patch(document_of(hostile)), "spec:\n   [2Ja: 1\n--conf spark.executor.instances=2\n");
}

TEST(Document, RefusesWhatIsNone) {
  for (const char* text : {"", "nonsense", "[]", "7", "{}", R"({"schema_version":"1"})", R"({"schema_version":2})"}) {
    EXPECT_TRUE(Document::parse(text).has_error()) << text;
  }
  EXPECT_TRUE(Document::parse(std::string(2'000'000, '[')).has_error());
  EXPECT_EQ(Document::parse(std::string(kDocumentBytes + 1, ' ')).error().kind, ErrorKind::kTooLarge);
}

TEST(Html, EscapesWhatComesFromOutside) {
  Json report = full_report();
  const std::string evil = "\"><script>alert(1)</script>'&";
  auto& run = report["runs"][0];
  run["app"] = run["namespace"] = run["state"] = run["outcome"]["evidence"] = run["cost"]["currency"] = evil;
  run["cost"]["by_use"][evil] = 5;
  run["cost"]["by_group"][0]["group"] = run["cost"]["pods"][0]["id"] = run["cost"]["queries"][0]["description"] = evil;
  run["advice"]["patch"] = run["advice"]["conf"][0] = evil;
  for (auto& one : run["advice"]["recommendations"]) one["setting"] = one["evidence"] = evil;
  report["warnings"][0] = report["exporter"]["version"] = evil;
  const std::string html = to_html(document_of(report));
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find(evil), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
}

TEST(Html, ShowsWasteAndNeedsNothingFromElsewhere) {
  const std::string html = to_html(document_of(full_report()));
  for (const char* part : {"Where the money went", "slots without a task", "wasted", "Time line", "executor 1",
                           "Dearest queries", "Advice: saves 40 %", "badge failed", "prefers-color-scheme:dark"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part;
  }
  for (const char* part : {"http://", "https://", "<script", "@import", "url("}) {
    EXPECT_EQ(html.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace spark_exporter::report
