#include "exporter/app/quality_accumulators.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace spark_exporter::app {
namespace {

using intake::CheckOutcome;

const intake::TimePoint kNow{std::chrono::milliseconds{1'795'755'600'000}};

class Accumulators : public testing::Test {
 protected:
  /// A stage ends with these values.
  void end_stage(std::vector<spark::Accumulator> values, spark::StageStatus status = spark::StageStatus::kComplete) {
    spark::Stage stage;
    stage.id = next_++;
    stage.status = status;
    stage.quality = std::move(values);
    run_.apply_stages({stage});
  }
  std::vector<intake::QualityResult> news() { return accumulators_.news(run_, kNow); }

  model::Run run_{{"spark-1", "e2e", {}, {}, {}}, kNow};
  QualityAccumulators accumulators_;
  std::int64_t next_ = 0;
};

TEST_F(Accumulators, AreAValidationOfEachDatasetThatChanged) {
  EXPECT_TRUE(news().empty());
  end_stage({{1, "data_quality.sales.orders.negative", 4}, {2, "data_quality.sales.orders.no_currency", 0},
             {3, "data_quality.sales.orders.rows", 200}, {4, "data_quality.customers.rows", 7}});
  const auto all = news();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].dataset, "customers");
  EXPECT_TRUE(all[0].success);
  const auto& orders = all[1];
  EXPECT_EQ(orders.dataset, "sales.orders");
  EXPECT_EQ(orders.suite, "accumulators");
  EXPECT_EQ(orders.rows, 200);
  EXPECT_FALSE(orders.success);
  EXPECT_EQ(count(orders.checks, CheckOutcome::kFailed), 1U);
  EXPECT_EQ(count(orders.checks, CheckOutcome::kPassed), 1U);
  EXPECT_EQ(orders.not_passed.at(0).name, "negative");
  EXPECT_EQ(orders.not_passed.at(0).detail, "4 rows");
  EXPECT_TRUE(news().empty()) << "nothing changed";
  QualityAccumulators again;
  EXPECT_EQ(again.news(run_, kNow).at(1).id, orders.id) << "for an exporter that begins anew it is the same";
}

TEST_F(Accumulators, GrowAndNeverFall) {
  end_stage({{1, "data_quality.a.bad", 4}, {2, "data_quality.a.quarantined_rows", 4}});
  EXPECT_EQ(news().at(0).quarantined_rows, 4U);
  end_stage({{1, "data_quality.a.bad", 6}, {2, "data_quality.a.quarantined_rows", 10}});
  EXPECT_EQ(news().at(0).quarantined_rows, 6U) << "since the last one";
  end_stage({{1, "data_quality.a.bad", 5}});
  EXPECT_TRUE(news().empty()) << "an older answer";
  end_stage({{1, "data_quality.a.bad", 50}}, spark::StageStatus::kActive);
  EXPECT_TRUE(news().empty()) << "not ended";
}

TEST_F(Accumulators, TwoOfOneNameAddUp) {
  end_stage({{1, "data_quality.a.rows", 4}, {2, "data_quality.a.rows", 3}});
  EXPECT_EQ(news().at(0).rows, 7);
}

TEST_F(Accumulators, OddNamesAndNumbersDoNoHarm) {
  end_stage({{1, "data_quality.", 4}, {2, "data_quality.a", 3}, {3, "data_quality..x", 1}, {4, "data_quality.a.", 1},
             {5, "data_quality.b.quarantined_rows", std::numeric_limits<double>::max()},
             {6, "data_quality.b.rows", -5}});
  const auto all = news();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].rows, 0);
  EXPECT_EQ(all[0].quarantined_rows, 1'000'000'000'000'000U);
}

}  // namespace
}  // namespace spark_exporter::app
