#pragma once
// What a CronJob or a Velero Schedule says of its backup, or of its restore drill: when it is due, what was promised.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/backup/report.hpp"
#include "exporter/backup/view.hpp"
#include "exporter/jobs/job_record.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::backup {

inline constexpr char kBackupLabel[] = "spark-exporter.io/backup";
inline constexpr char kDrillLabel[] = "spark-exporter.io/restore-drill";

/// What an object is about by its labels; both empty: nothing of ours. A drill's object may have both labels.
struct Subject {
  std::string backup;  ///< the backup's name
  Kind kind = Kind::kBackup;
  bool is_none() const { return backup.empty(); }
  friend bool operator==(const Subject&, const Subject&) = default;
};
Subject subject_of(const kubernetes::Object& object);

/// What was promised: annotations spark-exporter.io/rpo, /rto, /dataset.
struct Targets {
  std::optional<std::chrono::seconds> rpo;
  std::optional<std::chrono::seconds> rto;
  std::string dataset;  ///< "orders", "etl/orders", several with commas between
};
/// `problem`: the first annotation that cannot be read, for the log; "" if there is none.
Targets targets_of(const kubernetes::Object& object, std::string& problem);

/// "24h", "7d", "1d12h", "90m": from a second to a century; nothing for anything else.
std::optional<std::chrono::seconds> parse_target(std::string_view text);

struct Plan {
  std::string kubernetes_namespace;
  std::string name;
  Subject subject;
  Targets targets;
  jobs::ScheduleText text;
  std::optional<TimePoint> created;
  std::optional<TimePoint> last_schedule;  ///< status.lastScheduleTime
  std::uint8_t mark = 0;
  jobs::ScheduleClock clock;

  jobs::Due due(TimePoint now);
  /// Of a good end that only the status tells of: when that run was due, which is before it read its data.
  TimePoint begin_of(TimePoint ended) const;
};

/// The names of an annotation `dataset`, each with its namespace.
std::vector<std::string> dataset_names(std::string_view text, const std::string& kubernetes_namespace);

}  // namespace spark_exporter::backup
