#pragma once
// What holds for every ledger at every moment.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "exporter/cost/ledger.hpp"

namespace spark_exporter::cost::testing {

inline constexpr double kRelative = 1e-9;

template <class Numbers>
double sum(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0);
}

inline double group_sum(const Totals& totals) {
  double all = 0;
  for (const auto& [group, money] : totals.groups) all += money;
  return all;
}

/// Watches one ledger: its sums agree, nothing falls, all is a number of 0 and more.
class Watcher {
 public:
  [[nodiscard]] ::testing::AssertionResult check(const Ledger& ledger) {
    const Totals& now = ledger.totals();
    const double paid = now.paid_total();
    const double used = sum(now.used);
    if (!(now.unsettled >= 0)) return ::testing::AssertionFailure() << "unsettled " << now.unsettled;
    if (std::abs(paid - used - now.unsettled) > kRelative * paid) {
      return ::testing::AssertionFailure() << "paid " << paid << ", used " << used << ", unsettled " << now.unsettled;
    }
    if (std::abs(group_sum(now) - used) > kRelative * paid) {
      return ::testing::AssertionFailure() << "groups " << group_sum(now) << ", used " << used;
    }
    if (!now.groups.contains("")) return ::testing::AssertionFailure() << "no unattributed";
    for (std::size_t i = 0; i < kUses; ++i) {
      if (falls(before_.used[i], now.used[i])) return ::testing::AssertionFailure() << to_string(static_cast<Use>(i));
    }
    for (std::size_t c = 0; c < now.paid.size(); ++c) {
      for (std::size_t r = 0; r < kResources; ++r) {
        if (falls(before_.paid[c][r], now.paid[c][r])) return ::testing::AssertionFailure() << "paid " << c << ' ' << r;
      }
    }
    for (const auto& [group, money] : now.groups) {
      const auto was = before_.groups.find(group);
      if (falls(was == before_.groups.end() ? 0 : was->second, money)) return ::testing::AssertionFailure() << group;
    }
    for (const auto& [group, money] : before_.groups) {
      if (!now.groups.contains(group)) return ::testing::AssertionFailure() << "gone: " << group;
    }
    before_ = now;
    return ::testing::AssertionSuccess();
  }

 private:
  static bool falls(double before, double now) { return !std::isfinite(now) || now < 0 || now < before; }
  Totals before_;
};

}  // namespace spark_exporter::cost::testing
