#include "exporter/app/quality_writes.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::app {
namespace {

using config::EmptyWrites;
using intake::CheckOutcome;

const intake::TimePoint kNow{std::chrono::milliseconds{1'795'755'600'000}};
const intake::TimePoint kEnded = kNow - std::chrono::seconds{7};

class Writes : public testing::Test {
 protected:
  void write(const std::string& dataset, std::optional<double> rows) {
    writes_.last.push_back({next_++, kEnded, dataset, rows});
    if (writes_.last.size() > limits::kSqlWrites) writes_.last.pop_front();
    ++writes_.seen;
  }
  std::vector<intake::QualityResult> news() {
    auto results = quality_.news(run_, writes_, &ledger_, kNow);
    for (const auto& result : results) ledger_.take(result, kNow);
    return results;
  }

  model::Run run_{{"spark-1", "e2e", {}, {}, {}}, kNow};
  spark::SqlWrites writes_;
  quality::Ledger ledger_;
  QualityWrites quality_{EmptyWrites::kWarn};
  std::int64_t next_ = 0;
};

TEST_F(Writes, OnlyEmptyOnesAreToldAndWhatMendsThem) {
  write("/lake/full", 12);
  EXPECT_TRUE(news().empty());
  write("/lake/empty", 0);
  write("/lake/full", 3);
  const auto empty = news();
  ASSERT_EQ(empty.size(), 1U);
  EXPECT_EQ(empty[0].dataset, "/lake/empty");
  EXPECT_EQ(empty[0].suite, "spark_writes");
  EXPECT_EQ(empty[0].rows, 0);
  EXPECT_EQ(empty[0].time, kEnded);
  EXPECT_TRUE(empty[0].success) << "a warning";
  EXPECT_EQ(count(empty[0].checks, CheckOutcome::kWarned), 1U);
  EXPECT_EQ(empty[0].not_passed.at(0).detail, "SQL execution 1 wrote 0 rows");
  EXPECT_TRUE(news().empty()) << "nothing was written";
  write("/lake/empty", 5);
  const auto mended = news();
  ASSERT_EQ(mended.size(), 1U);
  EXPECT_EQ(mended[0].rows, 5);
  EXPECT_EQ(count(mended[0].checks, CheckOutcome::kPassed), 1U);
}

TEST_F(Writes, FailOrAreIgnoredWhereThatIsWanted) {
  write("/lake/empty", 0);
  QualityWrites strict(EmptyWrites::kFail);
  const auto failed = strict.news(run_, writes_, nullptr, kNow);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_FALSE(failed[0].success);
  EXPECT_EQ(count(failed[0].checks, CheckOutcome::kFailed), 1U);
  EXPECT_EQ(failed[0].id, news().at(0).id) << "the same write, whoever tells it";
  QualityWrites deaf(EmptyWrites::kIgnore);
  EXPECT_TRUE(deaf.news(run_, writes_, nullptr, kNow).empty());
}

TEST_F(Writes, WithoutAPathGoByTheApplication) {
  write("", 0);
  EXPECT_EQ(news().at(0).dataset, "e2e");
}

TEST_F(Writes, OfAReaderThatBeganAnewAreAllNew) {
  write("/a", 0);
  write("/b", 0);
  EXPECT_EQ(news().size(), 2U);
  writes_ = {};
  write("/c", 0);
  EXPECT_EQ(news().at(0).dataset, "/c");
}

TEST_F(Writes, MoreThanAreHeldDoNoHarm) {
  for (std::size_t i = 0; i < limits::kSqlWrites + 50; ++i) write("/lake/" + std::to_string(i), 0);
  EXPECT_EQ(news().size(), limits::kSqlWrites);
}

}  // namespace
}  // namespace spark_exporter::app
