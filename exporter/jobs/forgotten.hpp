#pragma once
// Uids of what was concluded and is gone: whoever brings it up again is not believed to bring news.

#include <cstddef>
#include <deque>
#include <unordered_set>

#include "exporter/jobs/uid.hpp"

namespace spark_exporter::jobs {

class Forgotten {
 public:
  explicit Forgotten(std::size_t most) : most_(most) {}

  void add(const Uid& uid) {
    if (!known_.insert(uid).second) return;
    order_.push_back(uid);
    if (order_.size() <= most_) return;
    known_.erase(order_.front());
    order_.pop_front();
  }
  bool has(const Uid& uid) const { return known_.contains(uid); }
  /// The oldest first.
  const std::deque<Uid>& all() const { return order_; }

 private:
  const std::size_t most_;
  std::unordered_set<Uid, UidHash> known_;
  std::deque<Uid> order_;
};

}  // namespace spark_exporter::jobs
