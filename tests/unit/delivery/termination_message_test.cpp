// Into files as the kubelet makes them, and into what is none.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "exporter/common/limits.hpp"
#include "exporter/delivery/channels.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/delivery/sample.hpp"

namespace spark_exporter::delivery {
namespace {

using spark_exporter::test::Folder;
using test::failed_run;

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class TerminationMessageTest : public testing::Test {
 protected:
  std::unique_ptr<Channel> channel(const std::string& path) const {
    return termination_message(path, [this] { return most; });
  }

  Folder folder;
  std::size_t most = limits::kTerminationMessageBytes;
};

TEST_F(TerminationMessageTest, ReplacesWhatTheFileHeld) {
  folder.write("log", std::string(9000, 'x'));
  const auto log = channel(folder.file("log"));
  EXPECT_EQ(log->name(), Name::kTerminationMessage);
  EXPECT_EQ(log->repeat(), std::chrono::milliseconds{0});
  ASSERT_TRUE(log->deliver(failed_run()));
  EXPECT_EQ(read(folder.file("log")), outcome::encode(failed_run(), most));
  const auto decoded = outcome::decode_last_words(read(folder.file("log")));
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(decoded->app, "nightly");

  auto shorter = failed_run();
  shorter.verdict.evidence.clear();
  ASSERT_TRUE(log->deliver(shorter));
  EXPECT_EQ(read(folder.file("log")), outcome::encode(shorter, most));
}

TEST_F(TerminationMessageTest, AsksForItsCapAtEachTry) {
  folder.write("log", "");
  const auto log = channel(folder.file("log"));
  auto message = failed_run();
  message.verdict.evidence = std::string(limits::kTextBytes, 'e');
  ASSERT_TRUE(log->deliver(message));
  const auto long_one = read(folder.file("log"));
  EXPECT_GT(long_one.size(), limits::kTextBytes);
  EXPECT_LE(long_one.size(), most);
  most = 600;
  ASSERT_TRUE(log->deliver(message));
  EXPECT_LE(read(folder.file("log")).size(), 600U);
  EXPECT_TRUE(outcome::decode_last_words(read(folder.file("log"))));
}

TEST_F(TerminationMessageTest, NeverMakesTheFile) {
  const auto done = channel(folder.file("log"))->deliver(failed_run());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(done.error().what.find("No such file"), std::string::npos) << done.error().what;
  EXPECT_FALSE(std::filesystem::exists(folder.file("log")));
}

TEST_F(TerminationMessageTest, WritesIntoNothingButAFile) {
  EXPECT_EQ(channel(folder.path())->deliver(failed_run()).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(channel("")->deliver(failed_run()).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(channel("/dev/null")->deliver(failed_run()).error().kind, ErrorKind::kNotFound);
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(channel(pipe)->deliver(failed_run()).error().kind, ErrorKind::kNotFound);  // and does not hang
}

TEST_F(TerminationMessageTest, AFileThatMayNotBeWrittenIsGivenUp) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everything";
  folder.write("log", "");
  ASSERT_EQ(::chmod(folder.file("log").c_str(), 0400), 0);
  EXPECT_EQ(channel(folder.file("log"))->deliver(failed_run()).error().kind, ErrorKind::kForbidden);
}

TEST_F(TerminationMessageTest, LeavesNoHalfMessageWhereThereIsNoRoom) {
  folder.write("log", "");
  // A file that may not grow beyond 100 bytes stands for a full disk: the write ends early in the same way.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto done = channel(folder.file("log"))->deliver(failed_run());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kIo);
  EXPECT_EQ(read(folder.file("log")), "");
}

}  // namespace
}  // namespace spark_exporter::delivery
