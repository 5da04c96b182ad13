#pragma once
// When a job was due last and will run next: five-field cron in a time zone, as CronJobs and the spark-operator read
// it, and the deadline that follows from it.

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::jobs {

using TimePoint = kubernetes::TimePoint;

class Schedule {
 public:
  /// Five fields (lists, ranges, steps, names of months and days, 7 for Sunday, '?' for '*'), @yearly ... @hourly,
  /// "@every 90m"; a leading "TZ=Zone " or "CRON_TZ=Zone " wins over `zone` ("" is UTC). Errors: kMalformed, naming the
  /// field; an unknown zone.
  static Result<Schedule> parse(std::string_view text, std::string_view zone);

  /// The first time after `after`; nothing if there is none within five years. Where the clocks change it is what
  /// robfig/cron v3 makes of it, which both operators use: of a time that the clocks skip there is no run, one that
  /// comes twice runs twice.
  std::optional<TimePoint> next(TimePoint after) const;
  /// The last time at or before `at`, not before `not_before`. "@every" counts from `not_before`.
  std::optional<TimePoint> last(TimePoint at, TimePoint not_before) const;

  /// When a run that was due at `due` must be done: `text` is a duration ("90m", "2h30m") after it, or a time of day
  /// ("06:30"), the first one after it in the schedule's zone.
  Result<TimePoint> deadline(TimePoint due, std::string_view text) const;

 private:
  struct Fields;
  explicit Schedule(std::shared_ptr<const Fields> fields) : fields_(std::move(fields)) {}
  std::shared_ptr<const Fields> fields_;
};

}  // namespace spark_exporter::jobs
