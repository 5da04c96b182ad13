#pragma once
// A process without a file descriptor to spare.

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <vector>

namespace spark_exporter::test {

/// Lowers this process's limit to what is open, and fills the gaps.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int highest = eventfd(0, EFD_CLOEXEC);
    taken_.push_back(highest);
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(highest) + 1;
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
    take_all();
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() {
    setrlimit(RLIMIT_NOFILE, &before_);
    for (const int fd : taken_) close(fd);
  }

  /// What is free now.
  std::size_t take_all() {
    std::size_t got = 0;
    for (int fd = eventfd(0, EFD_CLOEXEC); fd >= 0; fd = eventfd(0, EFD_CLOEXEC), ++got) taken_.push_back(fd);
    return got;
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

}  // namespace spark_exporter::test
