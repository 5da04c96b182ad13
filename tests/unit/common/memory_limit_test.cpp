#include "exporter/common/memory_limit.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/folder.hpp"

namespace spark_exporter {
namespace {

class MemoryLimit : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::optional<std::uint64_t> limit() const { return memory_limit(root_ / "proc", root_ / "cgroup"); }

  const test::Folder own_;
  const std::filesystem::path root_ = own_.path();
};

TEST_F(MemoryLimit, IsTheLowestOfTheGroupAndThoseAboveIt) {
  write("proc/self/cgroup", "0::/kubepods/pod/container\n");
  write("cgroup/kubepods/pod/container/memory.max", "max\n");
  write("cgroup/kubepods/pod/memory.max", "67108864\n");
  write("cgroup/kubepods/memory.max", "134217728\n");
  EXPECT_EQ(limit(), 67108864U);
}

TEST_F(MemoryLimit, IsTheOneThatIsSeenInANamespace) {
  write("proc/self/cgroup", "0::/\n");
  write("cgroup/memory.max", "33554432\n");
  EXPECT_EQ(limit(), 33554432U);
}

TEST_F(MemoryLimit, IsVersionOnesToo) {
  write("proc/self/cgroup", "9:cpu,cpuacct:/a\n4:memory:/a/b\n0::/\n");
  write("cgroup/memory/a/b/memory.limit_in_bytes", "33554432\n");
  write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limit(), 33554432U);
}

TEST_F(MemoryLimit, IsAbsentWhereThereIsNoneOrNobodySays) {
  EXPECT_FALSE(limit());
  write("proc/self/cgroup", "nonsense\n0::/x\n");
  EXPECT_FALSE(limit());
  write("cgroup/x/memory.max", "max\n");
  write("cgroup/memory.max", "12 apples\nmore");
  EXPECT_EQ(limit(), 12U);
  write("cgroup/memory.max", "-3");
  EXPECT_FALSE(limit());
}

}  // namespace
}  // namespace spark_exporter
