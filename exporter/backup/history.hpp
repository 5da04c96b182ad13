#pragma once
// The attempts of one backup, or of its drills: what each came to, counted once. For one thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/backup/report.hpp"
#include "exporter/backup/view.hpp"
#include "exporter/jobs/uid.hpp"

namespace spark_exporter::backup {

using jobs::Uid;

/// Where an attempt is known from.
enum class Origin : std::uint8_t { kJob, kVelero, kReport };

struct Attempt {
  Uid uid;
  Origin origin = Origin::kJob;
  std::string job;  ///< the object's name
  std::optional<TimePoint> started;
  std::optional<TimePoint> ended;
  std::optional<Outcome> end;  ///< as the object says; of a report by itself what that says

  // As a report or a termination message says.
  std::optional<bool> told_success;
  std::optional<TimePoint> data;
  std::optional<double> size_bytes;
  std::optional<double> restore_seconds;
  std::optional<Uid> report;  ///< the last one that was taken

  bool is_there = false;  ///< its object is in the API
  bool read = false;      ///< its pods were asked for a message
  bool settled = false;   ///< its end is not waited on any more: it is shown, and counted if it is to be

  bool runs() const { return !end; }
  /// A Job that went well failed all the same if its report says so. Where nobody saw the end, the report's word
  /// counts.
  Outcome outcome() const;
  /// What was written up to then is in it: as it says, else its begin.
  std::optional<TimePoint> data_time() const;
  std::optional<double> seconds() const;
  /// Takes what the report says beyond the end.
  void take(const Report& report);
};

struct History {
  std::vector<Attempt> attempts;
  std::array<std::uint64_t, kOutcomes> counts{};
  std::optional<TimePoint> dropped_to;    ///< the latest end of those that made room
  std::optional<TimePoint> told_success;  ///< a good end that a CronJob's status tells of

  Attempt* find(const Uid& uid);
  /// The newest one of that Job.
  Attempt* find_job(const std::string& job);
  /// Null if there is no room: all others run, or are needed.
  Attempt* add(const Uid& uid);
  /// Whether what ended then may have been here and made room.
  bool is_past(TimePoint ended) const { return dropped_to && ended <= *dropped_to; }

  const Attempt* last_good() const;
  const Attempt* last_ended() const;
  std::optional<TimePoint> last_begin() const;
  std::optional<TimePoint> running_since() const;
  /// A good end that only the CronJob tells of is the last one.
  bool is_told_later() const;
};

}  // namespace spark_exporter::backup
