#pragma once
// Whose tasks money was spent on: slot time that settles goes to the groups whose own grew. What tasks tell of it is a
// little less than what executors count (the way to an executor and back is not in it), so groups share in proportion.

#include <cstdint>
#include <map>
#include <string>

#include "exporter/cost/money.hpp"

namespace spark_exporter::cost {

class GroupSplit {
 public:
  struct Share {
    std::int64_t told = 0;  ///< slot time so far, ms
    double weight = 0;      ///< of it, not yet met by settled slot time
    double last = 0;        ///< its part of the last booking, 0 to 1
    double money = 0;
  };

  /// Cumulative slot time of each group.
  void apply(const std::map<std::string, Millis>& slot_time);
  /// Milliseconds that no settled slot time would have met yet, were `slot_time` applied. Of groups beyond the bound at
  /// most too many.
  double unmet(const std::map<std::string, Millis>& slot_time) const;
  /// Settled slot time of tasks and its money.
  void book_tasks(std::int64_t millis, double money);
  /// Money that no task caused.
  void book_rest(double money) { rest_ += money; }

  /// With "" for what is unattributed.
  std::map<std::string, double> money() const;

  const std::map<std::string, Share>& shares() const { return shares_; }
  double rest() const { return rest_; }
  void restore(std::map<std::string, Share> shares, double rest);

 private:
  Share& share_of(const std::string& group);

  std::map<std::string, Share> shares_;
  double rest_ = 0;
};

}  // namespace spark_exporter::cost
