#include "exporter/app/size.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "exporter/common/file.hpp"

namespace spark_exporter::app {
namespace {

struct Ended {
  int code = 0;
  std::string out, err;
};

Ended size_of(const config::SizeOptions& options) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ended ended;
  ended.code = size(options);
  std::fflush(stdout);
  ended.out = testing::internal::GetCapturedStdout();
  ended.err = testing::internal::GetCapturedStderr();
  return ended;
}

config::SizeOptions options_of(const std::string& data_size) {
  config::SizeOptions options;
  options.data_size = data_size;
  return options;
}

TEST(Size, ExplainsAndWritesValues) {
  const std::string path = testing::TempDir() + "size_test-" + std::to_string(getpid()) + ".yaml";
  auto options = options_of("10GB");
  options.output = path;
  options.executors = "2";
  const auto ended = size_of(options);
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(ended.out.starts_with("1. Partitions: 10 GiB / 128 MiB = 80.\n")) << ended.out;
  EXPECT_NE(ended.out.find("\n--conf spark.executor.instances=2\n"), std::string::npos) << ended.out;
  const auto yaml = read_whole(path, 10'000);
  ASSERT_TRUE(yaml);
  EXPECT_EQ(*yaml,
            "# spark_exporter size --data-size 10GB --shape etl --partition-size 128MB --cores 4 --executors 2 "
            "--overhead-factor 0.1\n"
            "sparkConf:\n"
            "  spark.sql.files.maxPartitionBytes: \"134217728\"\n"
            "  spark.sql.shuffle.partitions: \"80\"\n"
            "driver:\n  cores: 1\n  memory: 2g\n  memoryOverhead: 384m\n"
            "executor:\n  cores: 4\n  memory: 3g\n  memoryOverhead: 384m\n  instances: 2\n");
  std::filesystem::remove(path);
}

TEST(Size, SaysWhatIsWrong) {
  const auto bad = size_of(options_of("1XB"));
  EXPECT_EQ(bad.code, 2);
  EXPECT_EQ(bad.out, "");
  EXPECT_EQ(bad.err,
            "spark_exporter: --data-size=\"1XB\": has no unit that is known, \"XB\" (such as 500GB, 1.5TB or "
            "128MiB)\n");
  EXPECT_EQ(size_of(options_of("1EB")).code, 2);
  auto nowhere = options_of("1GB");
  nowhere.output = testing::TempDir() + "no/such/folder/values.yaml";
  const auto unwritten = size_of(nowhere);
  EXPECT_EQ(unwritten.code, 1);
  EXPECT_EQ(unwritten.out, "");
  EXPECT_NE(unwritten.err.find("no/such/folder"), std::string::npos) << unwritten.err;
}

TEST(Size, TellsThePrice) {
  const std::string path = testing::TempDir() + "size_test-prices-" + std::to_string(getpid()) + ".yaml";
  ASSERT_TRUE(write_atomically(path, R"(currency: EUR
prices:
  - core: 0.04
    memory_gib: 0.005
  - instance_type: m5.*
    capacity: spot
    core: 0.01
)"));
  auto options = options_of("10GB");
  options.executors = "2";
  options.prices_file = path;
  options.duration = "30m";
  // Driver 1 core, 2.375 GiB; executors 4 cores, 3.375 GiB each.
  EXPECT_NE(size_of(options).out.find("Price: 9 cores x 0.04 EUR + 9.12 GiB x 0.005 EUR = 0.405625 EUR an hour; a run "
                                      "of 30 min costs 0.202813 EUR.\n"),
            std::string::npos)
      << size_of(options).out;
  options.instance_type = "m5.large";
  options.capacity = "spot";
  EXPECT_NE(size_of(options).out.find("Price: 9 cores x 0.01 EUR"), std::string::npos) << size_of(options).out;
  options.duration = "soon";
  EXPECT_EQ(size_of(options).err,
            "spark_exporter: --duration=\"soon\": is no duration above 0 (such as 90m or 1h30m)\n");
  options.duration = "1h";
  options.prices_file = "/no/such/prices.yaml";
  EXPECT_EQ(size_of(options).code, 2);
  std::filesystem::remove(path);
}

Ended script(const std::string& environment, const std::string& arguments) {
  Ended ended;
  const std::string command =
      environment + " " SOURCE_DIR "/scripts/operations/calculate-resources.sh " + arguments + " 2>/dev/null";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {-1, "", ""};
  std::array<char, 512> chunk{};
  while (std::fgets(chunk.data(), static_cast<int>(chunk.size()), pipe) != nullptr) ended.out += chunk.data();
  ended.code = WEXITSTATUS(pclose(pipe));
  return ended;
}

TEST(Size, IsReachedByTheScript) {
  const auto given = script("SPARK_EXPORTER=/bin/echo", "--data-size 1TB --output 'a b.yaml'");
  EXPECT_EQ(given.code, 0);
  EXPECT_EQ(given.out, "size --data-size 1TB --output a b.yaml\n");
  EXPECT_EQ(script("SPARK_EXPORTER=/no/such/program", "--data-size 1TB").code, 127);

  const auto folder = std::filesystem::path(testing::TempDir()) / ("size_test-bin-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::filesystem::create_symlink("/bin/echo", folder / "spark_exporter");
  EXPECT_EQ(script("SPARK_EXPORTER= PATH=" + folder.string() + ":$PATH", "--help").out, "size --help\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace spark_exporter::app
