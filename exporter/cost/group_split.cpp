#include "exporter/cost/group_split.hpp"

#include <algorithm>
#include <utility>

#include "exporter/common/limits.hpp"

namespace spark_exporter::cost {
namespace {

constexpr const char* kOther = "other";
constexpr std::int64_t kMostMillis = 1'000'000'000'000'000;
/// Less than this of outstanding slot time, ms, is what dividing left over.
constexpr double kRounding = 1e-3;

}  // namespace

GroupSplit::Share& GroupSplit::share_of(const std::string& group) {
  const auto found = shares_.find(group);
  if (found != shares_.end()) return found->second;
  const bool has_room = shares_.size() + 1 < limits::kCostGroups && group.size() <= limits::kTextBytes;
  return shares_[has_room ? group : kOther];
}

void GroupSplit::apply(const std::map<std::string, Millis>& slot_time) {
  std::map<Share*, std::int64_t> told;  // those without room of their own add up
  for (const auto& [group, time] : slot_time) {
    std::int64_t& sum = told[&share_of(group)];
    sum = std::min(sum + std::clamp<std::int64_t>(time.count(), 0, kMostMillis), kMostMillis);
  }
  for (const auto& [share, sum] : told) {
    if (sum <= share->told) continue;
    share->weight += static_cast<double>(sum - share->told);
    share->told = sum;
  }
}

double GroupSplit::unmet(const std::map<std::string, Millis>& slot_time) const {
  double sum = 0;
  for (const auto& [group, share] : shares_) sum += share.weight;
  for (const auto& [group, time] : slot_time) {
    const auto found = shares_.find(group);
    const auto told = found == shares_.end() ? 0 : found->second.told;
    sum += static_cast<double>(std::clamp<std::int64_t>(time.count() - told, 0, kMostMillis));
  }
  return sum;
}

void GroupSplit::book_tasks(std::int64_t millis, double money) {
  double outstanding = 0;
  for (const auto& [group, share] : shares_) outstanding += share.weight;
  if (outstanding >= kRounding) {
    const double met = std::min(static_cast<double>(millis) / outstanding, 1.0);
    for (auto& [group, share] : shares_) {
      share.last = share.weight / outstanding;
      share.weight = met < 1 ? share.weight * (1 - met) : 0;
    }
  }
  double known = 0;
  for (const auto& [group, share] : shares_) known += share.last;
  if (!(known > 0)) {
    rest_ += money;
    return;
  }
  for (auto& [group, share] : shares_) share.money += money * (share.last / known);
}

std::map<std::string, double> GroupSplit::money() const {
  std::map<std::string, double> all;
  for (const auto& [group, share] : shares_) all[group] += share.money;
  all[""] += rest_;
  return all;
}

void GroupSplit::restore(std::map<std::string, Share> shares, double rest) {
  shares_ = std::move(shares);
  rest_ = rest;
}

}  // namespace spark_exporter::cost
