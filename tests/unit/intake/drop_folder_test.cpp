// Files left for us: renamed ones at once, others when they are quiet, and nothing that is not whole.

#include "exporter/intake/drop_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "tests/support/folder.hpp"

namespace spark_exporter::intake {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// What a folder read, in its order.
class Readings {
 public:
  DropFolder::Read reader() {
    return [this](std::istream& in, const std::string& name, const std::string& version) -> Result<void> {
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      const std::lock_guard lock(mutex_);
      all_.push_back({name, text, version});
      changed_.notify_all();
      if (text.starts_with("bad")) return Error{ErrorKind::kMalformed, "bad"};
      return boost::system::in_place_value;
    };
  }
  struct Reading {
    std::string name, text, version;
  };
  /// Waits for so many; fewer after ten seconds.
  std::vector<Reading> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return all_.size() >= count; });
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Reading> all_;
};

class Folder : public testing::Test {
 protected:
  void leave(const std::string& name, const std::string& text) {
    folder_.write(name + ".tmp", text);
    fs::rename(folder_.file(name + ".tmp"), folder_.file(name));
  }
  /// As one that was written in place, a while ago.
  void age(const std::string& name) { fs::last_write_time(folder_.file(name), fs::file_time_type::clock::now() - 1h); }
  void wait_for_looks(const DropFolder& folder, std::uint64_t more) { wait_until_looks(folder, folder.looks() + more); }
  void wait_until_looks(const DropFolder& folder, std::uint64_t wanted) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (folder.looks() < wanted && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    ASSERT_GE(folder.looks(), wanted);
  }
  static std::uint64_t errors(const DropFolder& folder, ErrorKind kind) {
    return folder.health().errors[static_cast<std::size_t>(kind)];
  }

  test::Folder folder_;
  Readings readings_;
  static constexpr FolderTuning kQuick{5ms, 1h};
};

TEST_F(Folder, ReadsAFileAgainThatItHadNoMemoryFor) {
  leave("a.json", "first");
  age("a.json");
  const DropFolder folder(
      folder_.path(), 1000,
      [this, tries = 0](std::istream& in, const std::string& name, const std::string& version) mutable -> Result<void> {
        if (tries++ == 0) throw std::bad_alloc();
        return readings_.reader()(in, name, version);
      },
      kQuick);
  const auto all = readings_.wait_for(1);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].text, "first");
  EXPECT_EQ(errors(folder, ErrorKind::kIo), 1U);
}

TEST_F(Folder, ReadsARenamedFileAtOnceAndOnce) {
  const DropFolder folder(folder_.path(), 1000, readings_.reader(), {1h, 1h});
  wait_until_looks(folder, 1);
  leave("a.json", "first");
  auto all = readings_.wait_for(1);
  ASSERT_EQ(all.size(), 1U) << "told by the kernel: the next look would be in an hour";
  EXPECT_EQ(all[0].name, "a.json");
  EXPECT_EQ(all[0].text, "first");
  leave("a.json", "second!");
  all = readings_.wait_for(2);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].text, "second!");
  EXPECT_NE(all[0].version, all[1].version);
  EXPECT_TRUE(folder.health().up);
  EXPECT_TRUE(fs::exists(folder_.file("a.json"))) << "nothing in the folder is changed";
}

TEST_F(Folder, LeavesHalfWrittenAndHiddenFilesAlone) {
  for (const char* name : {"a.json", "b.json.tmp", ".hidden.json", "notes.txt", ".json"}) folder_.write(name, "half");
  const DropFolder folder(folder_.path(), 1000, readings_.reader(), kQuick);
  wait_for_looks(folder, 5);
  EXPECT_TRUE(readings_.wait_for(0).empty());
  age("a.json");
  for (const char* name : {"b.json.tmp", ".hidden.json", "notes.txt", ".json"}) age(name);
  EXPECT_EQ(readings_.wait_for(1).size(), 1U) << "quiet for an hour: it is whole, or never will be";
  wait_for_looks(folder, 5);
  EXPECT_EQ(readings_.wait_for(1).size(), 1U);
}

TEST_F(Folder, FindsWhatWasThereBefore) {
  leave("old.json", "x");
  age("old.json");
  const DropFolder folder(folder_.path(), 1000, readings_.reader(), kQuick);
  EXPECT_EQ(readings_.wait_for(1).size(), 1U);
}

TEST_F(Folder, CountsABadFileOnceAndGoesOn) {
  const DropFolder folder(folder_.path(), 1000, readings_.reader(), kQuick);
  wait_for_looks(folder, 1);
  leave("a.json", "bad one");
  readings_.wait_for(1);
  wait_for_looks(folder, 5);
  EXPECT_EQ(errors(folder, ErrorKind::kMalformed), 1U);
  EXPECT_FALSE(folder.health().up);
  leave("b.json", "good");
  EXPECT_EQ(readings_.wait_for(2).size(), 2U);
  wait_for_looks(folder, 1);
  EXPECT_TRUE(folder.health().up);
}

TEST_F(Folder, AsLargeAsIsReadAndOneByteMore) {
  const DropFolder folder(folder_.path(), 1000, readings_.reader(), kQuick);
  wait_for_looks(folder, 1);
  leave("a.json", std::string(1000, 'x'));
  EXPECT_EQ(readings_.wait_for(1).at(0).text.size(), 1000U);
  leave("b.json", std::string(1001, 'x'));
  wait_for_looks(folder, 5);
  EXPECT_EQ(errors(folder, ErrorKind::kTooLarge), 1U);
  EXPECT_EQ(readings_.wait_for(1).size(), 1U);
}

TEST_F(Folder, FollowsNoLinkAndWaitsForNoPipe) {
  ASSERT_EQ(::mkfifo(folder_.file("pipe.json").c_str(), 0600), 0);
  fs::create_symlink("/etc/passwd", folder_.file("link.json"));
  fs::create_directory(folder_.file("folder.json"));
  age("pipe.json");
  age("folder.json");
  const DropFolder folder(folder_.path(), 1000, readings_.reader(), kQuick);
  wait_for_looks(folder, 5);
  EXPECT_TRUE(readings_.wait_for(0).empty());
  EXPECT_EQ(errors(folder, ErrorKind::kIo), 3U);
}

TEST_F(Folder, MayComeLaterAndBeReplaced) {
  const std::string path = folder_.file("later");
  const DropFolder folder(path, 1000, readings_.reader(), kQuick);
  wait_for_looks(folder, 5);
  EXPECT_FALSE(folder.health().up);
  EXPECT_EQ(errors(folder, ErrorKind::kNotFound), 1U);
  fs::create_directory(path);
  std::ofstream(path + "/a.tmp") << "x";
  wait_for_looks(folder, 2);
  fs::rename(path + "/a.tmp", path + "/a.json");
  EXPECT_EQ(readings_.wait_for(1).size(), 1U);
  fs::remove_all(path);
  wait_for_looks(folder, 5);
  fs::create_directory(path);
  std::ofstream(path + "/b.tmp") << "y";
  wait_for_looks(folder, 5);
  fs::rename(path + "/b.tmp", path + "/b.json");
  EXPECT_EQ(readings_.wait_for(2).size(), 2U);
}

}  // namespace
}  // namespace spark_exporter::intake
