#include "exporter/common/heap.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "exporter/common/process_stats.hpp"

namespace spark_exporter {
namespace {

std::uint64_t resident_bytes() { return read_process_stats().resident_memory_bytes.value(); }

TEST(Heap, GivesBackWhatIsFreeBetweenWhatStays) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer has an allocator of its own";
#endif
  constexpr std::size_t kBytes = 1000;
  std::vector<std::unique_ptr<char[]>> parts(20'000), stay(200);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = std::make_unique<char[]>(kBytes);
    if (i % 100 == 99) stay[i / 100] = std::make_unique<char[]>(kBytes);
  }
  const auto full = resident_bytes();
  parts.clear();
  parts.shrink_to_fit();
  give_back_free_memory();
  EXPECT_LT(resident_bytes() + 15'000'000, full) << "of 20 MB";
}

}  // namespace
}  // namespace spark_exporter
