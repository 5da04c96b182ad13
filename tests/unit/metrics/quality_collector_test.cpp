// What is shown of datasets.

#include <gtest/gtest.h>

#include "exporter/intake/limits.hpp"
#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

using test::at;

intake::QualityResult result(const std::string& dataset, bool success) {
  intake::QualityResult result;
  result.id = dataset;
  result.dataset = dataset;
  result.suite = "s";
  result.time = at(1000);
  result.success = success;
  count(result.checks, success ? intake::CheckOutcome::kPassed : intake::CheckOutcome::kFailed) = 1;
  return result;
}

TEST(QualityCollector, ShowsTheLastValidationAndTheCounters) {
  test::Scene scene;
  scene.snapshot().quality = {{"prod", "sales", test::ledger()}};
  const auto text = scene.text(collect_quality);
  const std::string run = R"(namespace="prod",app="sales",dataset="sales.orders",suite="nightly")";
  for (const auto& line :
       {"data_quality_score{" + run + "} 0.5", "data_quality_checks{" + run + R"(,outcome="passed"} 4)",
        "data_quality_checks{" + run + R"(,outcome="failed"} 2)",
        "data_quality_checks{" + run + R"(,outcome="skipped"} 5)",
        "data_quality_last_validation_success{" + run + "} 0",
        "data_quality_last_validation_timestamp_seconds{" + run + "} 1000",
        "data_quality_violations_total{" + run + "} 4", "data_quality_quarantined_rows_total{" + run + "} 13",
        "data_quality_rows{" + run + "} 1200", "data_quality_null_ratio{" + run + R"(,column="customer_id"} 0.25)",
        "data_quality_latest_data_timestamp_seconds{" + run + "} 900"}) {
    EXPECT_NE(text.find(line + '\n'), std::string::npos) << line << "\n" << text;
  }
  const std::string good = R"({namespace="prod",app="sales",dataset="sales.customers",suite="nightly"})";
  EXPECT_NE(text.find("data_quality_last_validation_success" + good + " 1\n"), std::string::npos);
  EXPECT_EQ(text.find("data_quality_quarantined_rows_total" + good), std::string::npos) << "nobody told";
  EXPECT_EQ(text.find("data_quality_rows" + good), std::string::npos);
  EXPECT_EQ(scene.drops().series().at("data_quality_null_ratio"), 7U);
}

TEST(QualityCollector, ShowsNothingOfWhatAnotherProcessOwns) {
  test::Scene scene;
  EXPECT_EQ(scene.text(collect_quality), "");
}

TEST(QualityCollector, ThousandsOfDatasetsAreBoundedAndCounted) {
  test::Scene scene;
  auto ledger = std::make_shared<quality::Ledger>();
  for (int i = 0; i < 3'000; ++i) ledger->take(result("d" + std::to_string(i), i != 2'500), at(1000));
  scene.snapshot().quality = {{"prod", "sales", ledger}};
  const auto text = scene.text(collect_quality);
  const std::string other = R"({namespace="prod",app="sales",dataset="other",suite="other"})";
  EXPECT_NE(text.find("data_quality_last_validation_success" + other + " 0\n"), std::string::npos);
  EXPECT_NE(text.find("data_quality_violations_total" + other + " 1\n"), std::string::npos);
  const auto left_out = 3'000 - limits::kQualityDatasets;
  EXPECT_EQ(scene.drops().series().at("data_quality_last_validation_success"), left_out);
  scene.text(collect_quality);
  EXPECT_EQ(scene.drops().series().at("data_quality_last_validation_success"), left_out) << "each once";
  std::size_t lines = 0;
  for (std::size_t i = text.find("data_quality_score{"); i != std::string::npos;
       i = text.find("data_quality_score{", i + 1)) {
    ++lines;
  }
  EXPECT_EQ(lines, limits::kQualityDatasets);
}

TEST(QualityCollector, HostileNamesAreEscaped) {
  test::Scene scene;
  auto ledger = std::make_shared<quality::Ledger>();
  ledger->take(result("a\"b\\c", true), at(1000));
  scene.snapshot().quality = {{"prod", "sales", ledger}};
  EXPECT_NE(scene.text(collect_quality).find(R"(dataset="a\"b\\c")"), std::string::npos);
}

}  // namespace
}  // namespace spark_exporter::metrics
