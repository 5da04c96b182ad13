#include "exporter/cost/budget.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <system_error>
#include <utility>

#include "exporter/cost/pattern.hpp"

namespace spark_exporter::cost {
namespace {

constexpr std::array<std::string_view, 4> kWords{"run", "day", "week", "month"};

constexpr std::array<BudgetPeriod, PeriodSums::kPeriods> kSummed{BudgetPeriod::kDay, BudgetPeriod::kWeek,
                                                                 BudgetPeriod::kMonth};

}  // namespace

std::string_view to_string(BudgetPeriod period) { return kWords.at(static_cast<std::size_t>(period)); }

std::optional<BudgetPeriod> parse_budget_period(std::string_view word) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords.at(i) == word) return static_cast<BudgetPeriod>(i);
  }
  return std::nullopt;
}

TimePoint period_start(BudgetPeriod period, TimePoint when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  switch (period) {
    case BudgetPeriod::kRun: return when;
    case BudgetPeriod::kDay: return day;
    case BudgetPeriod::kWeek: return day - (std::chrono::weekday{day} - std::chrono::Monday);
    case BudgetPeriod::kMonth: break;
  }
  const std::chrono::year_month_day date{day};
  return std::chrono::sys_days{date.year() / date.month() / 1};
}

void PeriodSums::add(TimePoint when, const std::string& currency, double money) {
  if (money_.size() >= kMostCurrencies && !money_.contains(currency)) return;
  for (std::size_t i = 0; i < kPeriods; ++i) {
    const TimePoint start = period_start(kSummed[i], when);
    if (start < from_[i]) continue;
    if (start > from_[i]) {
      for (auto& [known, sums] : money_) sums[i] = 0;
      from_[i] = start;
    }
    money_[currency][i] += money;
  }
}

double PeriodSums::of(BudgetPeriod period, const std::string& currency, TimePoint now) const {
  const auto found = money_.find(currency);
  for (std::size_t i = 0; i < kPeriods; ++i) {
    if (kSummed[i] != period || found == money_.end()) continue;
    return from_[i] == period_start(period, now) ? found->second[i] : 0;
  }
  return 0;
}

void PeriodSums::restore(const std::array<TimePoint, kPeriods>& from, Money money) {
  from_ = from;
  money_ = std::move(money);
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
