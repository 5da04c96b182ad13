// The token's file, as the kubelet replaces it and as it should not be.

#include "exporter/kubernetes/token.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "exporter/common/limits.hpp"
#include "tests/support/folder.hpp"

namespace spark_exporter::kubernetes {
namespace {

using spark_exporter::test::Folder;

TEST(TokenFile, NoPathIsNoToken) {
  TokenFile token("");
  ASSERT_TRUE(token.get());
  EXPECT_EQ(*token.get(), "");
  EXPECT_FALSE(token.refresh());
}

TEST(TokenFile, IsReadAgainWhenItChanges) {
  const Folder folder;
  folder.write("token", "first\n");
  TokenFile token(folder.file("token"));
  EXPECT_EQ(*token.get(), "first");
  folder.write("token", "second-and-longer");
  EXPECT_EQ(*token.get(), "second-and-longer");
}

// The kubelet's way: token -> ..data/token, ..data -> a folder with a date, swapped by a rename.
TEST(TokenFile, FollowsTheKubeletsLinks) {
  namespace fs = std::filesystem;
  const Folder folder;
  const auto version = [&](const std::string& name, const std::string& text) {
    fs::create_directory(folder.file(name));
    folder.write(name + "/token", text);
    fs::create_directory_symlink(name, folder.file("..data_tmp"));
    fs::rename(folder.file("..data_tmp"), folder.file("..data"));
  };
  version("..2026_11_23_1", "token-1");
  fs::create_symlink("..data/token", folder.file("token"));
  TokenFile token(folder.file("token"));
  EXPECT_EQ(*token.get(), "token-1");
  version("..2026_11_23_2", "token-2");
  EXPECT_EQ(*token.get(), "token-2");
}

TEST(TokenFile, AnotherFileOfTheSameTimeAndSize) {
  const Folder folder;
  folder.write("token", "one");
  folder.write("next", "two");
  const timespec times[] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, folder.file("token").c_str(), times, 0), 0);
  ASSERT_EQ(::utimensat(AT_FDCWD, folder.file("next").c_str(), times, 0), 0);
  TokenFile token(folder.file("token"));
  EXPECT_EQ(*token.get(), "one");
  std::filesystem::rename(folder.file("next"), folder.file("token"));
  EXPECT_EQ(*token.get(), "two");
}

TEST(TokenFile, RefreshReadsWhateverTheTimesSay) {
  const Folder folder;
  folder.write("token", "one");
  TokenFile token(folder.file("token"));
  EXPECT_EQ(*token.get(), "one");
  EXPECT_FALSE(token.refresh());

  struct stat before {};
  ASSERT_EQ(::stat(folder.file("token").c_str(), &before), 0);
  folder.write("token", "two");
  const timespec times[] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, folder.file("token").c_str(), times, 0), 0);
  EXPECT_EQ(*token.get(), "one");  // nothing shows that it changed
  EXPECT_TRUE(token.refresh());
  EXPECT_EQ(*token.get(), "two");
}

TEST(TokenFile, WhatIsNoToken) {
  const Folder folder;
  const std::string most(limits::kTokenBytes, 'a');
  const std::pair<std::string, const char*> cases[] = {
      {"", ": empty"},
      {" \n", ": empty"},
      {"a b", ": not a token"},
      {"a\r\nX-Evil: 1", ": not a token"},
      {std::string("a\0b", 3), ": not a token"},
      {"\xc3\xa9", ": not a token"},
      {most + "a", ": too long for a token"},
  };
  for (const auto& [text, what] : cases) {
    folder.write("token", text);
    TokenFile token(folder.file("token"));
    const auto read = token.get();
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kIo);
    EXPECT_EQ(read.error().what, folder.file("token") + what);
  }
  folder.write("token", most);
  EXPECT_EQ(*TokenFile(folder.file("token")).get(), most);
}

TEST(TokenFile, ComesAndGoes) {
  const Folder folder;
  TokenFile token(folder.file("token"));
  const auto missing = token.get();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, folder.file("token") + ": No such file or directory");
  folder.write("token", "here");
  EXPECT_EQ(*token.get(), "here");
  std::filesystem::remove(folder.file("token"));
  EXPECT_FALSE(token.get());
  folder.write("token", "back");
  EXPECT_EQ(*token.get(), "back");
}

}  // namespace
}  // namespace spark_exporter::kubernetes
