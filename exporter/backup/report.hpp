#pragma once
// What a backup or a restore drill says of itself: the body of POST /api/v1/backups, and the termination message of a
// Job's pod (docs/backups.md).
//
//   {"backup":"orders","namespace":"etl","kind":"backup","id":"2026-11-27","success":true,
//    "started":"2026-11-27T02:00:00Z","ended":1795744800,"size_bytes":1234567,"data_timestamp":"2026-11-27T02:00:00Z"}
//   {"backup":"orders","kind":"restore","success":true,"restore_seconds":41.5}
//
// Absent members are not known; unknown members are ignored, so that older and newer versions understand each other.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/backup/view.hpp"
#include "exporter/common/result.hpp"

namespace spark_exporter::backup {

enum class Kind : std::uint8_t { kBackup, kRestore };

struct Report {
  std::string backup;
  std::string kubernetes_namespace;
  Kind kind = Kind::kBackup;
  std::string id;   ///< two reports with the same one are the same report
  std::string job;  ///< the Job that it speaks of
  std::string dataset;
  std::optional<bool> success;
  std::optional<TimePoint> started;
  std::optional<TimePoint> ended;
  std::optional<TimePoint> data;  ///< data_timestamp: what was written up to then is in it
  std::optional<double> size_bytes;
  std::optional<double> restore_seconds;
  std::optional<std::chrono::seconds> rpo;
  std::optional<std::chrono::seconds> rto;
};

/// Errors: kMalformed, kWrongType, kTooLarge (over limits::kBackupReportBytes), with the member's name. A name with
/// control characters, one that is longer than a label's value may be, a time before 1970 and an end before the start
/// are kWrongType. Which members must be there is for the taker to say.
Result<Report> decode_report(std::string_view text);

/// The first of its times that lies more than limits::kBackupClockSkew after `now`, by the member's name; "" if none
/// does.
std::string_view future_member(const Report& report, TimePoint now);

/// Whether a termination message may be one: it begins like an object.
bool looks_like_report(std::string_view text);

}  // namespace spark_exporter::backup
