#include "exporter/logs/file_tail.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/folder.hpp"

namespace spark_exporter::logs {
namespace {

const std::string kLine = "26/11/27 06:10:11 WARN X: Lost executor 1\n";

/// A log that is written and followed.
class Log {
 public:
  explicit Log(std::uint64_t backlog = limits::kLogBacklogBytes) : tail(folder.file("driver.log"), backlog) {}

  void add(const std::string& text, const std::string& name = "driver.log") const {
    std::ofstream(folder.file(name), std::ios::binary | std::ios::app) << text;
  }
  void rename(const std::string& to) const { std::filesystem::rename(folder.file("driver.log"), folder.file(to)); }
  /// Messages at WARN that were read since the last call, once nothing is new.
  std::uint64_t warned() {
    for (auto got = tail.read(reader); got && *got > 0; got = tail.read(reader)) {
    }
    tally = reader.take();
    return tally.messages[static_cast<std::size_t>(Level::kWarn)];
  }

  test::Folder folder;
  FileTail tail;
  Reader reader;
  Tally tally;
};

TEST(FileTail, ReadsWhatIsThereAndThenWhatIsAdded) {
  Log log;
  EXPECT_EQ(log.tail.read(log.reader).error().kind, ErrorKind::kNotFound);
  log.add(kLine + kLine);
  EXPECT_EQ(log.warned(), 2U);
  EXPECT_EQ(log.warned(), 0U);
  log.add(kLine.substr(0, 20));
  EXPECT_EQ(log.warned(), 0U);  // not a line yet
  log.add(kLine.substr(20));
  EXPECT_EQ(log.warned(), 1U);
  EXPECT_EQ(log.tally.signatures[static_cast<std::size_t>(Signature::kExecutorLost)], 1U);
}

TEST(FileTail, FollowsARotationByRename) {
  Log log;
  log.add(kLine);
  EXPECT_EQ(log.warned(), 1U);
  log.rename("driver.log.1");
  log.add(kLine + kLine, "driver.log.1");  // the writer has not noticed yet
  EXPECT_EQ(log.warned(), 2U);
  EXPECT_EQ(log.tail.read(log.reader).error().kind, ErrorKind::kNotFound);
  log.add(kLine + kLine.substr(0, kLine.size() - 1), "driver.log.1");
  log.add(kLine + kLine + kLine);
  EXPECT_EQ(log.warned(), 5U);  // the old one's last line has no newline, and will not get one
}

TEST(FileTail, BeginsAnewWhenTruncated) {
  Log log;
  log.add(kLine + kLine + kLine.substr(0, 30));
  EXPECT_EQ(log.warned(), 2U);
  log.folder.write("driver.log", "");
  log.add(kLine);
  EXPECT_EQ(log.warned(), 1U);
  // Truncated, and longer than it was before anybody looked.
  log.folder.write("driver.log", "26/11/27 07:00:00 WARN X: another\n" + kLine + kLine + kLine);
  EXPECT_EQ(log.warned(), 4U);
}

TEST(FileTail, PassesOverWhatIsTooFarBehind) {
  const auto lines = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += kLine;
    return text;
  };
  Log exact(4 * kLine.size());
  exact.add(lines(4));
  EXPECT_EQ(exact.warned(), 4U);
  EXPECT_EQ(exact.tally.skipped_bytes, 0U);
  Log beyond(4 * kLine.size());
  beyond.add(lines(5));
  EXPECT_EQ(beyond.warned(), 3U);  // where it goes on is not known to be a line's beginning
  EXPECT_EQ(beyond.tally.skipped_bytes, kLine.size());
  beyond.add(lines(2));
  EXPECT_EQ(beyond.warned(), 2U);
}

TEST(FileTail, GoesOnFromASavedPosition) {
  Log log;
  log.add(kLine + kLine + kLine.substr(0, 30));
  EXPECT_EQ(log.warned(), 2U);
  const auto position = log.tail.position(log.reader);
  EXPECT_EQ(position.offset, 2 * kLine.size());
  log.add(kLine.substr(30) + kLine);
  const auto read_from = [&log](const FilePosition& from) {
    FileTail tail(log.folder.file("driver.log"));
    tail.restore(from);
    Reader reader;
    while (*tail.read(reader) > 0) {
    }
    return reader.take().messages[static_cast<std::size_t>(Level::kWarn)];
  };
  EXPECT_EQ(read_from(position), 2U);
  EXPECT_EQ(read_from({}), 4U);
  auto another = position;
  another.inode += 1;
  EXPECT_EQ(read_from(another), 4U);
  another = position;
  another.before.back() = 'x';
  EXPECT_EQ(read_from(another), 4U);
}

TEST(FileTail, RefusesWhatIsNoFile) {
  test::Folder folder;
  Reader reader;
  FileTail tail(folder.path());
  const auto got = tail.read(reader);
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().kind, ErrorKind::kIo);
  EXPECT_NE(got.error().what.find(folder.path()), std::string::npos);
}

}  // namespace
}  // namespace spark_exporter::logs
