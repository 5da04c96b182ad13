#include "exporter/cost/budget.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "exporter/cost/pattern.hpp"

namespace spark_exporter::cost {
namespace {

constexpr std::array<std::string_view, 4> kPeriods{"run", "day", "week", "month"};

}  // namespace

std::string_view to_string(BudgetPeriod period) { return kPeriods.at(static_cast<std::size_t>(period)); }

std::optional<BudgetPeriod> parse_budget_period(std::string_view word) {
  for (std::size_t i = 0; i < kPeriods.size(); ++i) {
    if (kPeriods.at(i) == word) return static_cast<BudgetPeriod>(i);
  }
  return std::nullopt;
}

std::optional<Budget> parse_budget(std::string_view annotation) {
  const std::size_t slash = annotation.find('/');
  const std::string_view number = annotation.substr(0, slash);
  Budget budget;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), budget.amount);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  if (!std::isfinite(budget.amount) || budget.amount <= 0 || budget.amount > kLargestBudget) return std::nullopt;
  if (slash == std::string_view::npos) return budget;
  const auto period = parse_budget_period(annotation.substr(slash + 1));
  if (!period) return std::nullopt;
  budget.period = *period;
  return budget;
}

const Budget* find_budget(const std::vector<Budget>& budgets, std::string_view namespace_name, std::string_view app) {
  const std::string full = std::string(namespace_name) + '/' + std::string(app);
  const Budget* found = nullptr;
  for (const Budget& budget : budgets) {
    const bool has_namespace = budget.job.find('/') != std::string::npos;
    if (matches_pattern(budget.job, has_namespace ? std::string_view(full) : app)) found = &budget;
  }
  return found;
}

}  // namespace spark_exporter::cost
