#pragma once
// All that a ledger remembers: what its state file holds.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exporter/common/in_order.hpp"
#include "exporter/cost/account.hpp"
#include "exporter/cost/group_split.hpp"
#include "exporter/cost/ledger.hpp"

namespace spark_exporter::cost {

using PaidCells = std::array<PerResource<double>, outcome::kComponents>;

double sum(const PaidCells& cells);

struct Ledger::Data {
  TimePoint now{};
  std::optional<TimePoint> closed;
  std::map<std::string, Account, std::less<>> accounts;  ///< that still change
  std::map<std::string, double, std::less<>> finished;   ///< what was paid for those that do not
  PaidCells finished_paid{};
  /// Paid beyond what holders turned out to cost, of releases that were learnt late: known at the close.
  PaidCells overpaid{};
  GroupSplit groups;
  Totals totals;
  InOrder<decltype(accounts)> in_order{accounts};  ///< anew after each erasing

  void advance(TimePoint until);
  void close(TimePoint end);
  void resume(const std::vector<const Holder*>& going_on);
  /// What follows from the rest: unsettled, groups.
  void sum_up();

 private:
  void add(const Booking& booking);
  void finish_accounts();
  void count_paid();
  /// What all holders cost up to now, by their times as they are known.
  PaidCells held() const;
};

}  // namespace spark_exporter::cost
