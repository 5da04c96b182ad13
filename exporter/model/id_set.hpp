#pragma once
// A set of ids that rise by one: kept as intervals, so that a million finished jobs cost one entry.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace spark_exporter::model {

class IdSet {
 public:
  using Interval = std::pair<std::int64_t, std::int64_t>;  ///< first and last, both in the set

  IdSet() = default;
  /// Intervals may overlap and stand in any order; those with first > last are ignored.
  explicit IdSet(const std::vector<Interval>& intervals) {
    for (const auto& [first, last] : intervals) insert(first, last);
  }

  bool contains(std::int64_t id) const {
    auto after = by_first_.upper_bound(id);
    return after != by_first_.begin() && std::prev(after)->second >= id;
  }

  /// Returns whether `id` was new.
  bool insert(std::int64_t id) {
    if (contains(id)) return false;
    insert(id, id);
    return true;
  }

  /// At most so many intervals, at least 1: of the lowest ones, what lies between them counts as in the set, too.
  void join_lowest(std::size_t most) {
    while (by_first_.size() > most) {
      const auto second = std::next(by_first_.begin());
      by_first_.begin()->second = second->second;
      by_first_.erase(second);
    }
  }

  std::vector<Interval> intervals() const { return {by_first_.begin(), by_first_.end()}; }
  std::size_t interval_count() const { return by_first_.size(); }

 private:
  void insert(std::int64_t first, std::int64_t last) {
    if (first > last) return;
    auto at = by_first_.upper_bound(first);
    if (at != by_first_.begin() && adjoins(std::prev(at)->second, first)) {
      --at;
      first = at->first;
    }
    while (at != by_first_.end() && adjoins(last, at->first)) {
      last = std::max(last, at->second);
      at = by_first_.erase(at);
    }
    by_first_[first] = last;
  }

  static bool adjoins(std::int64_t last, std::int64_t next_first) {
    return next_first <= last || next_first - 1 == last;
  }

  std::map<std::int64_t, std::int64_t> by_first_;
};

}  // namespace spark_exporter::model
