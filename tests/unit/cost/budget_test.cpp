#include "exporter/cost/budget.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::cost {
namespace {

TEST(Budget, ReadsTheAnnotation) {
  EXPECT_EQ(parse_budget("12.5"), (Budget{"", 12.5, BudgetPeriod::kRun}));
  EXPECT_EQ(parse_budget("12.5/run"), (Budget{"", 12.5, BudgetPeriod::kRun}));
  EXPECT_EQ(parse_budget("3/day"), (Budget{"", 3, BudgetPeriod::kDay}));
  EXPECT_EQ(parse_budget("3/week"), (Budget{"", 3, BudgetPeriod::kWeek}));
  EXPECT_EQ(parse_budget("300/month"), (Budget{"", 300, BudgetPeriod::kMonth}));
  EXPECT_TRUE(parse_budget("1e12"));
  for (const char* bad : {"", "/", "/day", "12.5/", "12.5/year", "12.5/Day", "0", "-1", "1e13", "nan", "inf", "12,5",
                          " 12", "12 ", "12/day/day", "$12", "+1", "0x10"}) {
    EXPECT_EQ(parse_budget(bad), std::nullopt) << bad;
  }
}

TEST(Budget, LastMatchWins) {
  const std::vector<Budget> budgets{{"*", 1, BudgetPeriod::kRun},
                                    {"nightly", 2, BudgetPeriod::kRun},
                                    {"etl/nightly", 3, BudgetPeriod::kDay},
                                    {"etl/sales-*", 4, BudgetPeriod::kRun},
                                    {"ml/*", 5, BudgetPeriod::kRun}};
  const auto amount = [&](const char* name_space, const char* app) {
    const Budget* budget = find_budget(budgets, name_space, app);
    return budget == nullptr ? 0 : budget->amount;
  };
  EXPECT_EQ(amount("etl", "nightly"), 3);
  EXPECT_EQ(amount("dev", "nightly"), 2);
  EXPECT_EQ(amount("etl", "sales-eu"), 4);
  EXPECT_EQ(amount("dev", "sales-eu"), 1);
  EXPECT_EQ(amount("ml", "train"), 5);
  EXPECT_EQ(amount("", ""), 1);
  EXPECT_EQ(find_budget({}, "etl", "nightly"), nullptr);
  EXPECT_EQ(find_budget({{"nightly", 2, BudgetPeriod::kRun}}, "etl", "nightly-2"), nullptr);
}

}  // namespace
}  // namespace spark_exporter::cost
