#include <gtest/gtest.h>

#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

logs::View view() {
  logs::View view;
  view.kubernetes_namespace = "prod";
  view.app = "sales";
  view.app_id = "spark-1";
  return view;
}

TEST(LogCollector, ShowsNothingWhereNoLogIsRead) {
  test::Scene scene;
  EXPECT_EQ(scene.text(collect_logs), "");
}

TEST(LogCollector, ShowsEachLevelAndSignatureFromTheStart) {
  test::Scene scene;
  scene.snapshot().logs = view();
  auto& tally = scene.snapshot().logs->components[logs::Component::kDriver];
  tally.messages[static_cast<std::size_t>(logs::Level::kError)] = 7;
  tally.signatures[static_cast<std::size_t>(logs::Signature::kDiskFull)] = 2;
  tally.skipped_bytes = 4096;
  EXPECT_EQ(scene.samples(collect_logs, "spark_log_messages_total"),
            R"(spark_log_messages_total{RUN,component="driver",level="trace"} 0
spark_log_messages_total{RUN,component="driver",level="debug"} 0
spark_log_messages_total{RUN,component="driver",level="info"} 0
spark_log_messages_total{RUN,component="driver",level="warn"} 0
spark_log_messages_total{RUN,component="driver",level="error"} 7
spark_log_messages_total{RUN,component="driver",level="fatal"} 0
spark_log_messages_total{RUN,component="driver",level="none"} 0
)");
  const auto signatures = scene.samples(collect_logs, "spark_log_signatures_total");
  EXPECT_NE(signatures.find(R"({RUN,component="driver",signature="disk_full"} 2)"), std::string::npos) << signatures;
  EXPECT_NE(signatures.find(R"({RUN,component="driver",signature="heap_oom"} 0)"), std::string::npos);
  EXPECT_EQ(scene.samples(collect_logs, "spark_log_skipped_bytes_total"),
            "spark_log_skipped_bytes_total{RUN,component=\"driver\"} 4096\n");
}

TEST(LogCollector, TellsComponentsApart) {
  test::Scene scene;
  scene.snapshot().logs = view();
  scene.snapshot().logs->components[logs::Component::kDriver];
  scene.snapshot().logs->components[logs::Component::kExecutor].skipped_bytes = 1;
  EXPECT_EQ(scene.samples(collect_logs, "spark_log_skipped_bytes_total"),
            "spark_log_skipped_bytes_total{RUN,component=\"driver\"} 0\n"
            "spark_log_skipped_bytes_total{RUN,component=\"executor\"} 1\n");
}

}  // namespace
}  // namespace spark_exporter::metrics
