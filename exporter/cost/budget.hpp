#pragma once
// What a job may cost: from the configuration, or from the annotation spark-exporter.io/budget of its driver.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spark_exporter::cost {

enum class BudgetPeriod { kRun, kDay, kWeek, kMonth };
std::string_view to_string(BudgetPeriod period);  ///< "run", "day", "week", "month"
std::optional<BudgetPeriod> parse_budget_period(std::string_view word);

struct Budget {
  /// "namespace/app", or "app" in any namespace; either may end in '*'. Empty in what find_budget() takes from an
  /// annotation.
  std::string job;
  double amount = 0;  ///< in the price book's currency, above 0
  BudgetPeriod period = BudgetPeriod::kRun;
  bool operator==(const Budget&) const = default;
};

inline constexpr double kLargestBudget = 1e12;

/// "12.5" (a run) or "300/month"; nothing for anything else.
std::optional<Budget> parse_budget(std::string_view annotation);

/// The last in the list that matches wins, as with prices; null: none.
const Budget* find_budget(const std::vector<Budget>& budgets, std::string_view namespace_name, std::string_view app);

}  // namespace spark_exporter::cost
