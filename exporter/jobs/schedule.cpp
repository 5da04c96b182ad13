#include "exporter/jobs/schedule.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "exporter/common/text.hpp"
#include "exporter/jobs/cron_fields.hpp"
#include "exporter/jobs/zone.hpp"

namespace spark_exporter::jobs {
namespace {

constexpr Instant kMinute = 60;
constexpr Instant kHour = 60 * kMinute;
constexpr Instant kDay = 24 * kHour;
constexpr int kYears = 5;
/// The clocks of a zone can be set such that a step never gets on; five years of days and hours are far below.
constexpr int kMostSteps = 200'000;
/// The year 9999: what is beyond is nobody's schedule.
constexpr Instant kEndOfTime = 253'402'300'799;

Instant seconds_of(TimePoint time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); }
TimePoint time_of(Instant instant) { return TimePoint{std::chrono::seconds{instant}}; }
bool is_sane(Instant instant) { return instant >= 0 && instant <= kEndOfTime; }
bool has(Bits bits, int value) { return (bits >> value & 1) != 0; }

/// Looks for the next time as robfig/cron v3 does, which the spark-operator and the CronJob controller run: it goes on
/// in months and days of the wall's clocks, but in hours and minutes that pass, and starts again with the month
/// whenever a field comes round. A schedule is what its controller makes of it, so this keeps to those steps also where
/// the clocks change (a clock that is put forward by half an hour hides the whole hour after it from them).
class Search {
 public:
  Search(const CronFields& fields, const Zone& zone, Instant from) : fields_(fields), zone_(zone) {
    move_to(from);
    last_year_ = wall_.year + kYears;
  }

  std::optional<Instant> run() {
    while (wall_.year <= last_year_ && steps_ < kMostSteps) {
      if (find_month() && find_day() && find_hour() && find_minute() && find_second()) return now_;
    }
    return std::nullopt;
  }

 private:
  void move_to(Instant instant) {
    now_ = instant;
    wall_ = zone_.wall(now_);
    ++steps_;
  }
  void move_to(const Wall& wall) { move_to(zone_.instant(wall)); }
  bool gave_up() const { return steps_ >= kMostSteps; }

  /// Before the first step the smaller fields start at their least.
  template <class Start>
  void begin(Start start) {
    if (!stepped_) start();
    stepped_ = true;
  }

  /// Each of these: false if the next larger unit came round, or the search gave up.
  bool find_month() {
    while (!has(fields_.month, wall_.month)) {
      begin([this] { move_to({.year = wall_.year, .month = wall_.month}); });
      Wall next = wall_;
      ++next.month;
      move_to(next);
      if (wall_.month == 1 || gave_up()) return false;
    }
    return true;
  }

  bool find_day() {
    while (!fields_.matches_day(static_cast<unsigned>(wall_.day), wall_.weekday)) {
      begin([this] { move_to({.year = wall_.year, .month = wall_.month, .day = wall_.day}); });
      Wall next = wall_;
      ++next.day;
      move_to(next);
      // Midnight may be skipped.
      if (wall_.hour > 12) {
        move_to(now_ + (24 - wall_.hour) * kHour);
      } else if (wall_.hour != 0) {
        move_to(now_ - wall_.hour * kHour);
      }
      if (wall_.day == 1 || gave_up()) return false;
    }
    return true;
  }

  bool find_hour() {
    while (!has(fields_.hour, wall_.hour)) {
      begin([this] { move_to({.year = wall_.year, .month = wall_.month, .day = wall_.day, .hour = wall_.hour}); });
      move_to(now_ + kHour);
      if (wall_.hour == 0 || gave_up()) return false;
    }
    return true;
  }

  bool find_minute() {
    while (!has(fields_.minute, wall_.minute)) {
      begin([this] { move_to(now_ - now_ % kMinute); });
      move_to(now_ + kMinute);
      if (wall_.minute == 0 || gave_up()) return false;
    }
    return true;
  }

  bool find_second() {
    while (wall_.second != 0) {
      stepped_ = true;
      move_to(now_ + 1);
      if (wall_.second == 0 || gave_up()) return false;
    }
    return true;
  }

  const CronFields& fields_;
  const Zone& zone_;
  Instant now_ = 0;
  Wall wall_;
  std::int64_t last_year_ = 0;
  int steps_ = 0;
  bool stepped_ = false;
};

/// "06:30".
std::optional<Wall> time_of_day(std::string_view text) {
  const auto number = [](std::string_view part, int most) -> std::optional<int> {
    int value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    const bool whole = error == std::errc{} && end == part.data() + part.size() && part.front() != '-';
    return whole && value <= most ? std::optional<int>(value) : std::nullopt;
  };
  const auto colon = text.find(':');
  if (colon == 0 || colon > 2 || text.size() != colon + 3) return std::nullopt;
  const auto hour = number(text.substr(0, colon), 23);
  const auto minute = number(text.substr(colon + 1), 59);
  if (!hour || !minute) return std::nullopt;
  Wall wall;
  wall.hour = *hour;
  wall.minute = *minute;
  return wall;
}

}  // namespace

struct Schedule::Fields {
  CronText text;
  Zone zone;

  /// A list may name nothing (","), and robfig/cron takes it.
  bool names_nothing() const {
    const CronFields& fields = text.fields;
    return fields.minute == 0 || fields.hour == 0 || fields.month == 0;
  }

  std::optional<Instant> next(Instant after) const {
    if (!is_sane(after)) return std::nullopt;
    if (text.every) return after + text.every->count();
    return names_nothing() ? std::nullopt : Search(text.fields, zone, after + 1).run();
  }
};

Result<Schedule> Schedule::parse(std::string_view text, std::string_view zone) {
  auto read = parse_cron(text);
  if (read.has_error()) return read.error();
  auto loaded = Zone::load(read->zone ? std::string_view(*read->zone) : zone);
  if (loaded.has_error()) return loaded.error();
  return Schedule(std::make_shared<const Fields>(Fields{*std::move(read), *std::move(loaded)}));
}

std::optional<TimePoint> Schedule::next(TimePoint after) const {
  const auto found = fields_->next(seconds_of(after));
  return found ? std::optional(time_of(*found)) : std::nullopt;
}

std::optional<TimePoint> Schedule::last(TimePoint at, TimePoint not_before) const {
  const Instant latest = seconds_of(at);
  // The first whole second that counts.
  const Instant least =
      std::max<Instant>(std::chrono::ceil<std::chrono::seconds>(not_before).time_since_epoch().count(), 0);
  if (latest < least || !is_sane(latest)) return std::nullopt;
  if (fields_->text.every) {
    const Instant step = fields_->text.every->count();
    const Instant steps = (latest - least) / step;
    return steps > 0 ? std::optional(time_of(least + steps * step)) : std::nullopt;
  }
  const auto next_in_time = [&](Instant after) {
    const auto found = fields_->next(after);
    return found && *found <= latest ? found : std::nullopt;
  };
  // Back in growing leaps until there is a run, then halve what lies between.
  constexpr Instant kLongestLeap = kYears * 365 * kDay;
  Instant low = latest;
  std::optional<Instant> found;
  for (Instant leap = kMinute; !found && low >= least; leap = std::min(leap * 4, kLongestLeap)) {
    low = std::max(low - leap, least - 1);
    found = low >= 0 ? next_in_time(low) : next_in_time(0);
  }
  if (!found) return std::nullopt;
  for (Instant high = latest; high - low > 1;) {
    const Instant middle = low + (high - low) / 2;
    if (const auto later = next_in_time(middle)) {
      found = later;
      low = std::max(middle, *later - 1);
    } else {
      high = middle;
    }
  }
  return time_of(*found);
}

Result<TimePoint> Schedule::deadline(TimePoint due, std::string_view text) const {
  constexpr std::size_t kShown = 64;
  const Instant start = seconds_of(due);
  if (!is_sane(start)) return Error{ErrorKind::kMalformed, "deadline: of a run that was due in no known year"};
  if (const auto duration = parse_go_duration(text); duration && duration->count() > 0) return due + *duration;
  const auto time = time_of_day(text);
  if (!time) {
    return Error{ErrorKind::kMalformed,
                 "deadline " + quoted(text, kShown) + " is neither a duration nor a time of day"};
  }
  const Wall today = fields_->zone.wall(start);
  Wall wall = *time;
  wall.year = today.year;
  wall.month = today.month;
  // A day that the clocks skip can lie between.
  for (wall.day = today.day;; ++wall.day) {
    const auto moments = fields_->zone.moments(wall);
    if (moments.first > start) return time_of(moments.first);
    if (moments.second && *moments.second > start) return time_of(*moments.second);
  }
}

}  // namespace spark_exporter::jobs
