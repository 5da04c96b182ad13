#include "exporter/common/file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/folder.hpp"

namespace spark_exporter {
namespace {

class File : public testing::Test {
 protected:
  const test::Folder own_;  // tests run side by side
  const std::string folder_ = own_.path();
  const std::string path_ = folder_ + "/state";
};

TEST_F(File, IsReplacedAsAWhole) {
  ASSERT_TRUE(write_atomically(path_, "old"));
  ASSERT_TRUE(write_atomically(path_, std::string("new\0er", 6)));
  EXPECT_EQ(*read_whole(path_, 6), std::string("new\0er", 6));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".tmp"));
}

TEST_F(File, IsReadUpToItsLimit) {
  ASSERT_TRUE(write_atomically(path_, std::string(40'000, 'a')));
  EXPECT_EQ(read_whole(path_, 40'000)->size(), 40'000U);
  EXPECT_EQ(read_whole(path_, 39'999).error().kind, ErrorKind::kTooLarge);
}

TEST_F(File, SaysWhatIsWrong) {
  EXPECT_EQ(read_whole(path_, 9).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(read_whole(folder_, 9).error().kind, ErrorKind::kIo);
  const auto failed = write_atomically(folder_ + "/none/state", "a");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::kIo);
  EXPECT_EQ(failed.error().what, folder_ + "/none/state.tmp: cannot write: No such file or directory");
}

TEST_F(File, StaysAsItWasWhereItCannotBeReplaced) {
  std::filesystem::create_directories(path_ + "/full");
  EXPECT_EQ(write_atomically(path_, "a").error().kind, ErrorKind::kIo);
  EXPECT_TRUE(std::filesystem::exists(path_ + "/full"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".tmp"));
}

}  // namespace
}  // namespace spark_exporter
