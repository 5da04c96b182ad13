// The whole exposition under the eyes of Prometheus's own linter.

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

/// What promtool says about `exposition`, one complaint a line.
std::string complaints(const std::string& exposition) {
  const std::string path = testing::TempDir() + "/promtool_test.prom";
  std::ofstream(path, std::ios::binary) << exposition;
  FILE* const pipe = popen(("promtool check metrics < '" + path + "' 2>&1").c_str(), "r");
  if (pipe == nullptr) return "cannot start promtool";
  std::string said;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) said += buffer;
  pclose(pipe);
  std::remove(path.c_str());
  return said;
}

TEST(Promtool, HasNothingToSayButTheDocumentedException) {
  const int found = std::system("command -v promtool > /dev/null");
  if (!WIFEXITED(found) || WEXITSTATUS(found) != 0) GTEST_SKIP() << "promtool is not installed";
  test::Scene scene;
  fill(scene);
  const auto names = collector_names();
  const auto text =
      render(scene.snapshot(), {names.begin(), names.end()}, scene.drops()) + render_process(read_process_stats());
  EXPECT_EQ(complaints(text), "jvm_gc_time_seconds counter metrics should have \"_total\" suffix\n");
  EXPECT_NE(complaints(text + "spark_job_status 1 2 3\n"), complaints(text)) << "it does look";
}

}  // namespace
}  // namespace spark_exporter::metrics
