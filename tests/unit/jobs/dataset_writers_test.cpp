// Which jobs write a dataset, and when they did.

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/unit/jobs/scene.hpp"

namespace spark_exporter::jobs::test {
namespace {

DriverPod run(int number, std::int64_t exit_code = 0, const std::string& dataset = "orders") {
  const auto n = std::to_string(number);
  DriverPod pod{.name = "nightly-" + n,
                .uid = "uid-" + n,
                .app_id = "spark-" + n,
                .job = "nightly",
                .created = number * 3600,
                .runs_since = number * 3600 + 5,
                .ended = number * 3600 + 600,
                .exit_code = exit_code};
  if (!dataset.empty()) pod.annotations = {{"spark-exporter.io/dataset", dataset}};
  return pod;
}

class Writers : public testing::Test {
 protected:
  Writers() { fleet.set_synced(); }
  Fleet::DatasetWriter only() {
    fleet.view(at(1'000'000));
    const auto writers = fleet.dataset_writers();
    EXPECT_EQ(writers.size(), 1U);
    return writers.empty() ? Fleet::DatasetWriter{} : writers.front();
  }
  Fleet fleet{FleetOptions{}};
};

TEST_F(Writers, AreThoseThatSaySo) {
  fleet.pods().put(run(1, 0, "").pod());
  fleet.view(at(1'000'000));
  EXPECT_TRUE(fleet.dataset_writers().empty());
  fleet.pods().put(run(2, 0, "orders, crm/customers").pod());
  fleet.pods().put(run(3, 1).pod());
  const auto writer = only();
  EXPECT_EQ(writer.kubernetes_namespace, "etl");
  EXPECT_EQ(writer.app, "nightly");
  EXPECT_EQ(writer.datasets, "orders") << "as its newest run says";
  EXPECT_EQ(writer.written, (std::vector<TimePoint>{at(4200), at(7800)})) << "a failed run is no write";
  EXPECT_EQ(writer.known_since, at(3600));
  EXPECT_FALSE(writer.is_endless);
}

TEST_F(Writers, AreKnownAsFarAsTheirRunsAreKept) {
  const int all = static_cast<int>(limits::kBaselineRuns) + 3;
  for (int i = 1; i <= all; ++i) fleet.pods().put(run(i).pod());
  const auto writer = only();
  EXPECT_EQ(writer.written.size(), limits::kBaselineRuns);
  EXPECT_EQ(writer.known_since, writer.written.front());
}

TEST_F(Writers, EndlessOnesWriteAllTheTime) {
  auto pod = run(1);
  pod.ended.reset();
  pod.annotations.emplace_back("spark-exporter.io/kind", "streaming");
  fleet.pods().put(pod.pod());
  EXPECT_TRUE(only().is_endless);
}

TEST_F(Writers, GoOnAfterARestart) {
  fleet.pods().put(run(1).pod());
  const auto before = only();
  Fleet next{FleetOptions{}};
  ASSERT_TRUE(next.restore(fleet.save(at(1'000'000)), at(1'000'000)));
  const auto writers = next.dataset_writers();
  ASSERT_EQ(writers.size(), 1U);
  EXPECT_EQ(writers[0].datasets, before.datasets);
  EXPECT_EQ(writers[0].written, before.written);
  EXPECT_EQ(writers[0].known_since, before.known_since);
}

}  // namespace
}  // namespace spark_exporter::jobs::test
