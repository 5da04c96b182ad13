#include "exporter/common/process_stats.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace spark_exporter {
namespace {

namespace fs = std::filesystem;

/// A procfs of our own making, removed at the end.
class ProcessStatsFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "proc-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    proc_ = name;
    fs::create_directories(proc_ / "self" / "fd");
  }
  void TearDown() override { fs::remove_all(proc_); }

  void write(const std::string& path, const std::string& text) { std::ofstream(proc_ / path) << text; }

  fs::path proc_;
};

std::string stat_line(const std::string& name) {
  return "42 (" + name +
         ") S 1 42 42 0 -1 4194560 1000 0 0 0 250 150 0 0 20 0 7 0 5000 104857600 2560 18446744073709551615";
}

TEST_F(ProcessStatsFiles, ReadsEachValue) {
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  for (const std::string name : {"spark_exporter", "a b", "x) R 1 (y", ")))"}) {
    SCOPED_TRACE(name);
    write("self/stat", stat_line(name));
    write("stat", "cpu 1 2 3\nbtime 1700000000\nprocesses 5\n");
    for (const char* fd : {"0", "1", "2", "3", "4"}) write(std::string("self/fd/") + fd, "");
    const ProcessStats stats = read_process_stats(proc_);
    EXPECT_EQ(stats.cpu_seconds, 400 / ticks);
    EXPECT_EQ(stats.threads, 7U);
    EXPECT_EQ(stats.start_time_seconds, 1'700'000'000 + 5'000 / ticks);
    EXPECT_EQ(stats.virtual_memory_bytes, 104'857'600U);
    EXPECT_EQ(stats.resident_memory_bytes, 2'560 * page);
    EXPECT_EQ(stats.open_fds, 4U);
  }
}

TEST_F(ProcessStatsFiles, LeavesOutWhatItCannotRead) {
  const std::vector<std::string> broken{"",
                                        "42 (x",
                                        "42 (x)",
                                        "42 (x) S",
                                        "42 (x) S a b c",
                                        "42 (x) S -1 -1 -1 -1 -1 -1 "
                                        "-1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1"};
  for (const std::string& text : broken) {
    SCOPED_TRACE(text);
    write("self/stat", text);
    const ProcessStats stats = read_process_stats(proc_);
    EXPECT_FALSE(stats.cpu_seconds);
    EXPECT_FALSE(stats.threads);
    EXPECT_FALSE(stats.start_time_seconds);
    EXPECT_FALSE(stats.virtual_memory_bytes);
    EXPECT_FALSE(stats.resident_memory_bytes);
  }
  write("self/stat", stat_line("x"));  // but no btime
  EXPECT_FALSE(read_process_stats(proc_).start_time_seconds);
  EXPECT_TRUE(read_process_stats(proc_).cpu_seconds);
  const ProcessStats nothing = read_process_stats(proc_ / "missing");
  EXPECT_FALSE(nothing.open_fds);
  EXPECT_FALSE(nothing.cpu_seconds);
}

TEST(ProcessStats, AgreesWithTheSystem) {
  if (!fs::exists("/proc/self/stat")) GTEST_SKIP() << "no /proc";
  const ProcessStats stats = read_process_stats();
  ASSERT_TRUE(stats.cpu_seconds && stats.resident_memory_bytes && stats.virtual_memory_bytes && stats.open_fds);
  ASSERT_TRUE(stats.start_time_seconds && stats.threads);
  rusage usage{};
  ASSERT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  EXPECT_LE(*stats.cpu_seconds, seconds(usage.ru_utime) + seconds(usage.ru_stime) + 0.03);
  EXPECT_GT(*stats.resident_memory_bytes, 100'000U);
  EXPECT_GE(*stats.virtual_memory_bytes, *stats.resident_memory_bytes);
  EXPECT_GE(*stats.threads, 1U);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(*stats.start_time_seconds, now + 2);
  EXPECT_GT(*stats.start_time_seconds, now - 86'400);

  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(read_process_stats().open_fds, *stats.open_fds + 1);
  close(fd);

  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur == RLIM_INFINITY) {
    EXPECT_FALSE(stats.max_fds);
  } else {
    EXPECT_EQ(stats.max_fds, limit.rlim_cur);
  }
}

}  // namespace
}  // namespace spark_exporter
