#include "exporter/app/job_baseline.hpp"

#include <gtest/gtest.h>

#include "tests/support/fault_server.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/reply.hpp"

namespace spark_exporter::app {
namespace {

using test::FaultServer;
namespace replies = test::replies;

constexpr char kPath[] = "/api/v1/baseline";

class JobBaselineTest : public testing::Test {
 protected:
  JobBaselineTest() {
    clock.steady = [this] { return now; };
    folder.write("token", "of-this-pod");
  }
  JobBaseline make() { return {*net::parse_url(observer.url()), {}, folder.file("token"), clock}; }

  test::Folder folder;
  FaultServer observer;
  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
  spark::Clock clock = spark::Clock::system();
};

TEST_F(JobBaselineTest, IsAskedOnceWithThePodsToken) {
  observer.on(kPath, replies::json(R"({"runs":5,"duration_seconds":60.5,"cost":1.25,"currency":"EUR"})"));
  auto baseline = make();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(baseline.get());
    EXPECT_EQ(*baseline.get(), (outcome::Baseline{5, 60.5, std::nullopt, 1.25, "EUR"}));
    now += std::chrono::hours{1};
  }
  ASSERT_EQ(observer.requests().size(), 1U);
  EXPECT_EQ(observer.requests()[0].method, "GET");
  EXPECT_EQ(observer.requests()[0].header("authorization"), "Bearer of-this-pod");
}

TEST_F(JobBaselineTest, IsAskedAgainLaterAndLater) {
  observer.on(kPath, replies::status(404));
  auto baseline = make();
  std::size_t asked = 0;
  for (std::int64_t second = 0; second <= 600; ++second) {
    EXPECT_FALSE(baseline.get());
    now += std::chrono::seconds{1};
    const auto requests = observer.requests().size();
    // At 0, 30, 90, 210 and 450 s.
    if (requests != asked) {
      EXPECT_TRUE(second == 0 || second == 30 || second == 90 || second == 210 || second == 450) << second;
    }
    asked = requests;
  }
  EXPECT_EQ(asked, 5U);
  observer.on(kPath, replies::json(R"({"runs":3})"));
  now += JobBaseline::kLongestPause;
  ASSERT_TRUE(baseline.get());
  EXPECT_EQ(baseline.get()->runs, 3U);
}

TEST_F(JobBaselineTest, TakesNoAnswerThatIsNone) {
  auto baseline = make();
  for (const char* const body : {"", "[]", "{}", R"({"runs":-1})", R"({"runs":"5"})", "<html>"}) {
    observer.on(kPath, replies::json(body));
    EXPECT_FALSE(baseline.get()) << body;
    now += JobBaseline::kLongestPause;
  }
}

}  // namespace
}  // namespace spark_exporter::app
