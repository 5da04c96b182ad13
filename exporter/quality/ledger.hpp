#pragma once
// What is known of the quality of one job's datasets: the last validation of each, and counters over all of them.
//
// A validation is counted once, however often it is told: its id is remembered, and one that is older than all that are
// remembered counts as known. Times in the future are not believed. One thread, or one lock of the owner's.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/common/result.hpp"
#include "exporter/intake/quality_result.hpp"

namespace spark_exporter::quality {

using intake::QualityResult;
using intake::TimePoint;

/// Of one dataset and suite.
struct Dataset {
  QualityResult last;      ///< by its time
  TimePoint last_time;     ///< of it: as told, or when it came
  TimePoint heard;         ///< when anything of it came last
  std::uint64_t validations = 0;
  std::uint64_t violations = 0;
  std::uint64_t quarantined_rows = 0;
  bool tells_quarantined = false;          ///< some validation told of quarantined rows, be it none
  std::deque<std::uint64_t> known;         ///< hashes of ids, oldest first, at most limits::kQualityIds
  std::deque<TimePoint> known_times;       ///< their times
  std::optional<TimePoint> forgotten_to;   ///< validations up to then were told before, as far as anyone can say
};

/// Datasets beyond the bound, together.
struct Others {
  std::uint64_t validations = 0;
  std::uint64_t violations = 0;
  std::uint64_t quarantined_rows = 0;
  TimePoint last_time;
  std::set<std::uint64_t> failed;  ///< hashes of those whose last validation failed, at most limits::kQualityOthers
  std::deque<std::uint64_t> known;
};

class Ledger {
 public:
  using Key = std::pair<std::string, std::string>;  ///< dataset, suite

  enum class Taken { kNew, kKnown };
  /// `now`: when it came.
  Taken take(QualityResult result, TimePoint now);
  /// Whether that validation was taken before. Without an id nobody can say: it was not.
  bool knows(const QualityResult& result) const;
  /// Drops what nobody validated for limits::kQualityKeep.
  void forget(TimePoint now);

  const std::map<Key, Dataset>& datasets() const { return datasets_; }
  const Others& others() const { return others_; }
  bool empty() const { return datasets_.empty() && others_.validations == 0; }
  /// Validations of datasets beyond the bound, and times that were in the future, since the beginning.
  std::uint64_t left_out() const { return others_.validations; }
  std::uint64_t future_times() const { return future_times_; }

  /// For a state file, as JSON; and from one. Errors: kMalformed, kWrongType with the place; nothing is taken then.
  std::string save() const;
  static Result<Ledger> restore(std::string_view json);

 private:
  void bound_times(QualityResult& result, TimePoint now);
  Taken take_other(QualityResult& result, TimePoint now);

  std::map<Key, Dataset> datasets_;
  Others others_;
  std::uint64_t future_times_ = 0;
};

}  // namespace spark_exporter::quality
