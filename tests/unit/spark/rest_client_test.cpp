// Lists that are too much to hold.

#include "exporter/spark/rest_client.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "exporter/spark/held_bytes.hpp"

namespace spark_exporter::spark {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

/// Answers each question with `count` elements, each of them `element` with a number for each '#'.
class ListClient final : public net::HttpClient {
 public:
  ListClient(std::string element, int count) : element_(std::move(element)), count_(count) {}
  Result<void> get(const net::Request&, const net::Consumer& consume) override {
    std::string text = "[";
    for (int i = 0; i < count_; ++i) {
      if (i > 0) text += ',';
      for (const char c : element_) text += c == '#' ? std::to_string(i) : std::string(1, c);
    }
    std::istringstream body(text + ']');
    return consume({.status = 200, .content_type = "application/json", .location = "", .retry_after_seconds = 0}, body);
  }
  void cancel() noexcept override {}
  net::ClientStats stats() const override { return {}; }

 private:
  std::string element_;
  int count_;
};

constexpr char kStage[] = R"({"stageId":#,"attemptId":0,"status":"COMPLETE","name":"count at Nightly.scala:217"})";
constexpr char kExecutor[] = R"({"id":"#","hostPort":"10.1.2.3:41234","isActive":true})";

RestClient client_of(net::HttpClient& http, std::optional<std::uint64_t> memory) {
  return RestClient(
      http, std::chrono::seconds{1}, [](const auto&, const auto&) {}, list_bytes(memory));
}

TEST(RestClient, HoldsOfAListWhatTheMemoryLimitAllows) {
  ListClient endless(kStage, 200'000);
  auto small = client_of(endless, 32 * kMiB);
  small.use_application("app-1");
  const auto refused = small.stages({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kTooLarge);
  EXPECT_TRUE(refused.error().what.starts_with("/api/v1/applications/app-1/stages: after ")) << refused.error().what;
  EXPECT_TRUE(refused.error().what.ends_with(" elements: more than the 8388608 bytes that may be held of a list"))
      << refused.error().what;
  // What is passed over is not held.
  const auto few = small.stages([](const Stage& stage) { return stage.id < 3; });
  ASSERT_TRUE(few) << few.error().what;
  EXPECT_EQ(few->size(), 3U);
}

TEST(RestClient, TakesTheListsOfLargeClusters) {
  ListClient stages(kStage, 9'000);
  EXPECT_EQ(client_of(stages, 32 * kMiB).stages({})->size(), 9'000U);
  ListClient many_stages(kStage, 50'000);
  EXPECT_EQ(client_of(many_stages, 256 * kMiB).stages({})->size(), 50'000U);
  ListClient executors(kExecutor, 1'100);
  EXPECT_EQ(client_of(executors, 32 * kMiB).executors()->size(), 1'100U);
  ListClient many_executors(kExecutor, 18'000);
  EXPECT_EQ(client_of(many_executors, std::nullopt).executors()->size(), 18'000U);
}

TEST(RestClient, CountsTextsAndInnerListsToo) {
  ListClient texts(R"({"jobId":#,"status":"RUNNING","name":")" + std::string(1'000, 'x') + R"("})", 12'000);
  EXPECT_FALSE(client_of(texts, 32 * kMiB).jobs({}));
  std::string ids = "0";
  for (int i = 1; i < 500; ++i) ids += ",7";
  ListClient lists(R"({"jobId":#,"status":"RUNNING","name":"j","stageIds":[)" + ids + "]}", 4'000);
  EXPECT_FALSE(client_of(lists, 32 * kMiB).jobs({}));
}

}  // namespace
}  // namespace spark_exporter::spark
