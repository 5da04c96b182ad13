#pragma once
// What a job may cost: from the configuration, or from the annotation spark-exporter.io/budget of its driver.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/cost/money.hpp"

namespace spark_exporter::cost {

enum class BudgetPeriod { kRun, kDay, kWeek, kMonth };
std::string_view to_string(BudgetPeriod period);  ///< "run", "day", "week", "month"
std::optional<BudgetPeriod> parse_budget_period(std::string_view word);

/// When the day, the week (from Monday) or the month of that moment began, in UTC; of a run: that moment.
TimePoint period_start(BudgetPeriod period, TimePoint when);

struct Budget {
  /// "namespace/app", or "app" in any namespace; either may end in '*'. Empty in what find_budget() takes from an
  /// annotation.
  std::string job;
  double amount = 0;  ///< in the price book's currency, above 0
  BudgetPeriod period = BudgetPeriod::kRun;
  bool operator==(const Budget&) const = default;
};

/// Money of the present day, week and month, by currency.
class PeriodSums {
 public:
  static constexpr std::size_t kPeriods = 3;  ///< kDay, kWeek, kMonth
  static constexpr std::size_t kMostCurrencies = 4;
  using Money = std::map<std::string, std::array<double, kPeriods>>;

  /// Counts in what was spent at that moment: in the periods that it is in, where none began later.
  void add(TimePoint when, const std::string& currency, double money);
  /// 0 for a period of which nothing is known, and for kRun.
  double of(BudgetPeriod period, const std::string& currency, TimePoint now) const;

  const std::array<TimePoint, kPeriods>& from() const { return from_; }
  const Money& money() const { return money_; }
  void restore(const std::array<TimePoint, kPeriods>& from, Money money);

 private:
  std::array<TimePoint, kPeriods> from_{};
  Money money_;
};

inline constexpr double kLargestBudget = 1e12;

/// "12.5" (a run) or "300/month"; nothing for anything else.
std::optional<Budget> parse_budget(std::string_view annotation);

/// The last in the list that matches wins, as with prices; null: none.
const Budget* find_budget(const std::vector<Budget>& budgets, std::string_view namespace_name, std::string_view app);

}  // namespace spark_exporter::cost
