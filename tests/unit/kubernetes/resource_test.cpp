// Targets of requests, rights, and lines of streams.

#include "exporter/kubernetes/resource.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "exporter/kubernetes/line_reader.hpp"

namespace spark_exporter::kubernetes {
namespace {

Selection select(const Resource& resource, const std::string& space = "", const std::string& labels = "",
                 const std::string& fields = "") {
  return {.resource = resource, .namespace_name = space, .label_selector = labels, .field_selector = fields};
}

TEST(Resource, Lists) {
  EXPECT_EQ(list_target(select(kPods), 500, ""), "/api/v1/pods?limit=500");
  EXPECT_EQ(
      list_target(select(kPods, "spark", "spark-role in (driver,executor)"), 500, "a+b/c="),
      "/api/v1/namespaces/spark/pods?continue=a%2Bb%2Fc%3D&labelSelector=spark-role%20in%20%28driver%2Cexecutor%29"
      "&limit=500");
  EXPECT_EQ(list_target(select(kSparkApplications, "jobs"), 1, ""),
            "/apis/sparkoperator.k8s.io/v1beta2/namespaces/jobs/sparkapplications?limit=1");
  EXPECT_EQ(list_target(select(kCronJobs), 1, ""), "/apis/batch/v1/cronjobs?limit=1");
  EXPECT_EQ(list_target(select(kNodes, "spark"), 1, ""), "/api/v1/nodes?limit=1");
  EXPECT_EQ(list_target(select(kPods, "../x"), 1, ""), "/api/v1/namespaces/..%2Fx/pods?limit=1");
}

TEST(Resource, Watches) {
  EXPECT_EQ(watch_target(select(kPods, "spark", "", "metadata.name=a"), "42", 300),
            "/api/v1/namespaces/spark/pods?allowWatchBookmarks=true&fieldSelector=metadata.name%3Da&resourceVersion=42"
            "&timeoutSeconds=300&watch=true");
}

TEST(Resource, RightsCanBePasted) {
  EXPECT_EQ(missing_right(select(kPods, "spark")),
            "no right to read pods in namespace spark; add to a Role in namespace spark: - {apiGroups: [''], "
            "resources: [pods], verbs: [list, watch]}");
  EXPECT_EQ(missing_right(select(kSparkApplications)),
            "no right to read sparkapplications.sparkoperator.k8s.io; add to a ClusterRole: - {apiGroups: "
            "['sparkoperator.k8s.io'], resources: [sparkapplications], verbs: [list, watch]}");
  EXPECT_NE(missing_right(select(kNodes, "spark")).find("a ClusterRole"), std::string::npos);
}

TEST(LineReader, Lines) {
  std::istringstream in("one\n\n \r\n{\"two\": 2}\r\nrest");
  std::string line;
  EXPECT_EQ(read_line(*in.rdbuf(), 100, line), LineResult::kLine);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(read_line(*in.rdbuf(), 100, line), LineResult::kLine);
  EXPECT_EQ(line, "{\"two\": 2}\r");
  EXPECT_EQ(read_line(*in.rdbuf(), 100, line), LineResult::kEnd);
  EXPECT_EQ(read_line(*in.rdbuf(), 100, line), LineResult::kEnd);
}

TEST(LineReader, LongestLine) {
  const auto reading = [](const std::string& text) {
    std::istringstream in(text);
    std::string line;
    return read_line(*in.rdbuf(), 5, line);
  };
  EXPECT_EQ(reading("12345\n"), LineResult::kLine);
  EXPECT_EQ(reading("123456\n"), LineResult::kTooLong);
  EXPECT_EQ(reading("     \n1\n"), LineResult::kLine);
  EXPECT_EQ(reading("12345"), LineResult::kEnd);
}

}  // namespace
}  // namespace spark_exporter::kubernetes
