#include "exporter/kubernetes/line_reader.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "exporter/common/limits.hpp"

namespace spark_exporter::kubernetes {
namespace {

TEST(LineReader, ALineThatIsTooLongLeavesNoMemoryBehind) {
  std::stringbuf in(std::string(limits::kWatchLineBytes, 'x'));
  std::string line;
  EXPECT_EQ(read_line(in, limits::kWatchLineBytes - 1, line), LineResult::kTooLong);
  EXPECT_GE(line.capacity(), limits::kWatchLineBytes - 1);
  give_back(line);
  EXPECT_LE(line.capacity(), limits::kWatchLineKept);
}

TEST(LineReader, AnOrdinaryBufferIsKept) {
  std::string line(1000, 'x');
  give_back(line);
  EXPECT_EQ(line.size(), 1000U);
}

TEST(LineReader, TakesShorterLinesWhereThereIsLittleMemory) {
  EXPECT_EQ(longest_line(std::nullopt), limits::kWatchLineBytes);
  EXPECT_EQ(longest_line(1ULL << 40U), limits::kWatchLineBytes);
  EXPECT_EQ(longest_line(48ULL << 20U), 3U << 20U);
  EXPECT_EQ(longest_line(32ULL << 20U), 2U << 20U);
  EXPECT_EQ(longest_line(1), 2U << 20U);
}

}  // namespace
}  // namespace spark_exporter::kubernetes
