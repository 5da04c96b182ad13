#include "exporter/logs/level.hpp"

#include <gtest/gtest.h>

#include <string>

#include "exporter/logs/limits.hpp"

namespace spark_exporter::logs {
namespace {

std::string level(std::string_view line) {
  const auto found = read_level(line);
  return found ? std::string(to_string(*found)) : "-";
}

TEST(Level, IsReadFromTheLayoutsThereAre) {
  // Spark 3.5 and 4.x, log4j2-defaults.properties: %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
  EXPECT_EQ(level("26/11/27 06:10:11 INFO SparkContext: Running Spark version 3.5.9"), "info");
  EXPECT_EQ(level("26/11/27 06:10:11 ERROR Utils: text"), "error");
  EXPECT_EQ(level("26/11/27 06:10:11 FATAL x"), "fatal");
  EXPECT_EQ(level("2026-11-27 06:10:11,123 WARN  [main] org.apache.spark.Foo: text"), "warn");
  EXPECT_EQ(level("2026-11-27T06:10:11.123Z [dispatcher-2] DEBUG Foo - text"), "debug");
  EXPECT_EQ(level("[2026-11-27T06:10:11.123+0000] {job.py:12} CRITICAL - text"), "fatal");
  EXPECT_EQ(level("06:10:11.123 [main] TRACE Foo - text"), "trace");
  EXPECT_EQ(level("WARNING: Using incubator modules: jdk.incubator.vector"), "warn");
  EXPECT_EQ(level("ERROR:root:text"), "error");
  EXPECT_EQ(level("ERROR StatusLogger No Log4j 2 configuration file found"), "error");
  EXPECT_EQ(level("[main] INFO Foo - text"), "info");
  EXPECT_EQ(level("[ERROR] text"), "error");
}

TEST(Level, IsReadFromJsonLayouts) {
  // spark.log.structuredLogging.enabled
  EXPECT_EQ(level(R"({"ts":"2026-11-27T06:10:11.123Z","level":"ERROR","msg":"text","logger":"X"})"), "error");
  EXPECT_EQ(level(R"({"@timestamp":"x","log.level": "warn","message":"text"})"), "warn");   // ECS
  EXPECT_EQ(level(R"({"severity" : "NOTICE","message":"text"})"), "info");                  // Google
  EXPECT_EQ(level(R"({"msg":"it said \"level\":\"FATAL\"","level":"INFO"})"), "info");      // a text of its own
  EXPECT_EQ(level(R"({"level":30,"msg":"text"})"), "-");
  EXPECT_EQ(level(R"({"level":"ERROR)"), "error");
  EXPECT_EQ(level(R"({"level")"), "-");
  EXPECT_EQ(level(R"({"level":"a word of more than sixteen letters"})"), "-");
}

TEST(Level, IsNotReadFromWhatBeginsNoMessage) {
  for (const std::string line :
       {"", " ", "\tat org.apache.spark.Foo.bar(Foo.scala:1)", "java.lang.OutOfMemoryError: Java heap space",
        "Caused by: ERROR", "Traceback (most recent call last):", "26/11/27 06:10:11", "26/11/27 06:10:11 ",
        "26/11/27 06:10:11 INFORMATION x", "26/11/27 06:10:1x INFO x", "INFO", "INFORMED x", "Info x", "ERRORS: 4",
        "20000 rows", "2026-11-27 06:10:11 rows written", "[1, 2, 3]", "{}", "ValueError: bad record 42"}) {
    EXPECT_EQ(level(line), "-") << line;
  }
}

TEST(Level, IsLookedForInTheHeadOfALineOnly) {
  const std::string key = R"("level":"ERROR")";
  const auto line = [&](std::size_t end) { return "{" + std::string(end - key.size() - 1, ' ') + key + "}"; };
  EXPECT_EQ(level(line(limits::kLogHeadBytes)), "error");
  EXPECT_EQ(level(line(limits::kLogHeadBytes + key.size())), "-");
}

TEST(Level, OfEachByteInEachPlaceIsNoTrouble) {
  const std::string good = "26/11/27 06:10:11 INFO SparkContext: x";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      auto line = good;
      line[at] = static_cast<char>(byte);
      (void)read_level(line);
      (void)read_level(line.substr(0, at));
    }
  }
}

}  // namespace
}  // namespace spark_exporter::logs
