#include "exporter/model/naming.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::model {
namespace {

TEST(RunSuffix, IsCutAndNothingElse) {
  struct Case {
    const char* name;
    const char* expected;
  };
  const Case cases[] = {
      {"sales-2024", "sales-2024"},
      {"sales", "sales"},
      {"", ""},
      {"sales-1700000000000000001", "sales"},
      {"sales-170000000000000000", "sales-170000000000000000"},      // 18 digits
      {"sales-17000000000000000011", "sales-17000000000000000011"},  // 20 digits
      {"sales_1700000000000000001", "sales_1700000000000000001"},
      {"-1700000000000000001", "-1700000000000000001"},
      {"sales-0123456789abcdef", "sales"},
      {"sales-0123456789abcdef-driver", "sales"},
      {"sales-0123456789ABCDEF", "sales-0123456789ABCDEF"},
      {"sales-0123456789abcde", "sales-0123456789abcde"},      // 15
      {"sales-0123456789abcdef0", "sales-0123456789abcdef0"},  // 17
      {"sales-0123456789abcdeg", "sales-0123456789abcdeg"},
      {"sales-driver", "sales-driver"},
      {"sales-1700000000000000001-driver", "sales-1700000000000000001-driver"},
      {"sales-2024-1700000000000000001", "sales-2024"},
      {"a-1700000000000000001-1700000000000000002", "a-1700000000000000001"},
      {"-driver", "-driver"},
  };
  for (const auto& [name, expected] : cases) EXPECT_EQ(without_run_suffix(name), expected) << name;
}

TEST(JobName, TakesTheFirstSourceThatHasOne) {
  const std::string suffix = "-1700000000000000001";
  NameSources sources;
  sources.label_name = "spark-exporter.io/job";
  const auto expect = [&](const std::string& app, const std::string& from) {
    const auto name = job_name(sources);
    EXPECT_EQ(name.app, app);
    EXPECT_EQ(name.from, from);
  };
  sources.application_name = "by application" + suffix;
  expect("by application", "application");
  sources.pod_labels["spark-app-name"] = "by-spark" + suffix;
  expect("by-spark", "spark-app-name");
  sources.pod_labels["sparkoperator.k8s.io/app-name"] = "by-operator" + suffix;
  expect("by-operator", "sparkapplication");
  sources.pod_labels["sparkoperator.k8s.io/scheduled-app-name"] = "by-schedule" + suffix;
  expect("by-schedule" + suffix, "scheduledsparkapplication");
  sources.pod_labels["spark-exporter.io/job"] = "by-label" + suffix;
  expect("by-label" + suffix, "label");
  sources.flag = "by-flag" + suffix;
  expect("by-flag" + suffix, "flag");
}

TEST(JobName, PassesOverEmptyLabels) {
  NameSources sources;
  sources.label_name = "job";
  sources.pod_labels = {{"job", ""}, {"spark-app-name", ""}};
  sources.application_name = "x";
  EXPECT_EQ(job_name(sources).from, "application");
}

TEST(DriverLabels, ComeFromTheEnvironment) {
  const auto labels = driver_labels({{"spark.kubernetes.driver.label", "no"},
                                     {"spark.kubernetes.driver.label.team", "data"},
                                     {"spark.kubernetes.driver.label.spark-exporter.io/job", "sales"},
                                     {"spark.kubernetes.driver.labels", "no"},
                                     {"spark.master", "k8s://x"}});
  EXPECT_EQ(labels, (std::map<std::string, std::string>{{"spark-exporter.io/job", "sales"}, {"team", "data"}}));
}

}  // namespace
}  // namespace spark_exporter::model
