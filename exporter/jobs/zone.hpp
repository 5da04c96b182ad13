#pragma once
// A time zone: what its clocks show, and when they show it. Knows seconds; days are counted as Go's time package does.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "exporter/common/result.hpp"

namespace spark_exporter::jobs {

/// Seconds since 1970.
using Instant = std::int64_t;

/// What the clocks on the wall show.
struct Wall {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  unsigned weekday = 0;  ///< 0 is Sunday
};

class Zone {
 public:
  /// "" is UTC. Errors: kMalformed for a name that is none or that the machine's zone database does not have, kIo where
  /// it has no database.
  static Result<Zone> load(std::string_view name);

  Wall wall(Instant instant) const;
  /// When the clocks show it. Fields may be beyond their ends, the 32nd of January is the 1st of February. Of what is
  /// shown twice or never: the time that Go's time.Date() gives.
  Instant instant(const Wall& wall) const;

  /// When the clocks show it; the second is there only where they do so twice. Of a time they skip, the moment of the
  /// change.
  struct Moments {
    Instant first = 0;
    std::optional<Instant> second;
  };
  Moments moments(const Wall& wall) const;

 private:
  struct Rules;
  explicit Zone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const Rules> rules_;
};

}  // namespace spark_exporter::jobs
