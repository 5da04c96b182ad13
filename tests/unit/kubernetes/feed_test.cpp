#include "exporter/kubernetes/feed.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace spark_exporter::kubernetes {
namespace {

class Counted final : public Store<Pod> {
 public:
  void begin_list() override {}
  void put(Pod&&) override { ++puts; }
  void remove(Pod&&) override {}
  void end_list() override {}
  std::size_t puts = 0;
};

std::string page_of(std::size_t pods) {
  std::string text = R"({"metadata":{"resourceVersion":"7"},"items":[)";
  for (std::size_t i = 0; i < pods; ++i) {
    text += (i > 0 ? "," : "") + std::string(R"({"metadata":{"name":"pod","namespace":"etl","labels":{"app":")") +
            std::string(200, 'x') + "\"}}}";
  }
  return text + "]}";
}

/// A server that ignores the limit of a page, or never ends one.
TEST(StoreFeed, TakesOfAPageWhatMemoryAllowsAndElseNothing) {
  Counted store;
  StoreFeed<Pod> feed(store, 100'000);
  ListHead head;
  std::istringstream small(page_of(50));
  ASSERT_TRUE(feed.page(small, head));
  EXPECT_EQ(store.puts, 50U);
  std::istringstream large(page_of(500));
  const auto done = feed.page(large, head);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kTooLarge);
  EXPECT_NE(done.error().what.find("100000 are allowed"), std::string::npos) << done.error().what;
  EXPECT_EQ(store.puts, 50U);
}

TEST(StoreFeed, APageOf500PodsFitsIntoTheLeastMemory) {
  EXPECT_EQ(page_bytes(1), 4U << 20U);
  EXPECT_EQ(page_bytes(64ULL << 20U), 8U << 20U);
  EXPECT_EQ(page_bytes(std::nullopt), 128U << 20U);
}

}  // namespace
}  // namespace spark_exporter::kubernetes
