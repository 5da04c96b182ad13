#pragma once
// A schedule's text, read into what has to match. No clocks here.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"

namespace spark_exporter::jobs {

/// One bit for each value that matches.
using Bits = std::uint64_t;

struct CronFields {
  Bits minute = 0;
  Bits hour = 0;
  Bits day = 0;  ///< of the month
  Bits month = 0;
  Bits weekday = 0;  ///< 0 is Sunday
  /// A field with a star (and no step above 1) asks for nothing: if one of the two has it, both must match, else one of
  /// them is enough.
  bool day_star = false;
  bool weekday_star = false;

  bool matches_day(unsigned day_of_month, unsigned day_of_week) const;
};

struct CronText {
  std::optional<std::string> zone;            ///< of a leading TZ= or CRON_TZ=
  std::optional<std::chrono::seconds> every;  ///< of @every; the fields do not count then
  CronFields fields;
};

/// Errors: kMalformed, naming the field.
Result<CronText> parse_cron(std::string_view text);

/// A duration as Go writes it: "90m", "2h30m", "1.5h", "-300ms". Nothing for anything else and beyond 100 years.
std::optional<std::chrono::milliseconds> parse_go_duration(std::string_view text);

}  // namespace spark_exporter::jobs
