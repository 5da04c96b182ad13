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

TimePoint day(int year, unsigned month, unsigned day_of_month, int hour = 0) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day_of_month}};
  return std::chrono::sys_days{date} + std::chrono::hours{hour};
}

TEST(BudgetPeriod, BeginsAtMidnightMondayAndTheFirst) {
  const TimePoint friday = day(2026, 11, 27, 15);
  EXPECT_EQ(period_start(BudgetPeriod::kDay, friday), day(2026, 11, 27));
  EXPECT_EQ(period_start(BudgetPeriod::kWeek, friday), day(2026, 11, 23));
  EXPECT_EQ(period_start(BudgetPeriod::kMonth, friday), day(2026, 11, 1));
  EXPECT_EQ(period_start(BudgetPeriod::kRun, friday), friday);
  // A Sunday is the last day of its week, a Monday's midnight is in it.
  EXPECT_EQ(period_start(BudgetPeriod::kWeek, day(2027, 1, 3, 23)), day(2026, 12, 28));
  EXPECT_EQ(period_start(BudgetPeriod::kWeek, day(2027, 1, 4)), day(2027, 1, 4));
  EXPECT_EQ(period_start(BudgetPeriod::kMonth, TimePoint{}), TimePoint{});
}

TEST(PeriodSums, CountWhatEndedInThePresentPeriods) {
  PeriodSums sums;
  sums.add(day(2026, 11, 23, 1), "EUR", 5);
  sums.add(day(2026, 11, 27, 1), "EUR", 2);
  sums.add(day(2026, 11, 27, 2), "USD", 9);
  const TimePoint now = day(2026, 11, 27, 15);
  EXPECT_EQ(sums.of(BudgetPeriod::kDay, "EUR", now), 2);
  EXPECT_EQ(sums.of(BudgetPeriod::kWeek, "EUR", now), 7);
  EXPECT_EQ(sums.of(BudgetPeriod::kMonth, "EUR", now), 7);
  EXPECT_EQ(sums.of(BudgetPeriod::kMonth, "USD", now), 9);
  EXPECT_EQ(sums.of(BudgetPeriod::kRun, "EUR", now), 0);
  EXPECT_EQ(sums.of(BudgetPeriod::kDay, "GBP", now), 0);
  // What ended before the present period is in it no more, however late it is told.
  sums.add(day(2026, 11, 26, 23), "EUR", 1);
  EXPECT_EQ(sums.of(BudgetPeriod::kDay, "EUR", now), 2);
  EXPECT_EQ(sums.of(BudgetPeriod::kWeek, "EUR", now), 8);
  // The next period has nothing until something ends in it.
  EXPECT_EQ(sums.of(BudgetPeriod::kWeek, "EUR", day(2026, 11, 30)), 0);
  EXPECT_EQ(sums.of(BudgetPeriod::kMonth, "EUR", day(2026, 11, 30)), 8);
  sums.add(day(2026, 12, 1), "EUR", 4);
  EXPECT_EQ(sums.of(BudgetPeriod::kWeek, "EUR", day(2026, 12, 1)), 4);
  EXPECT_EQ(sums.of(BudgetPeriod::kMonth, "EUR", day(2026, 12, 1)), 4);
  EXPECT_EQ(sums.of(BudgetPeriod::kMonth, "USD", day(2026, 12, 1)), 0);
}

TEST(PeriodSums, HaveFewCurrencies) {
  PeriodSums sums;
  for (char c = 'A'; c <= 'Z'; ++c) sums.add(day(2026, 1, 1), std::string("XX") + c, 1);
  EXPECT_EQ(sums.money().size(), PeriodSums::kMostCurrencies);
}

}  // namespace
}  // namespace spark_exporter::cost
