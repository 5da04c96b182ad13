#pragma once
// What is shown of backups and of the drills that restore them: the catalog fills this in, the collector only reads.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::backup {

using TimePoint = kubernetes::TimePoint;

/// How an attempt ended; the `outcome` label of backup_runs_total.
enum class Outcome : std::uint8_t {
  kSucceeded,
  kFailed,
  kUnknown,  ///< its object is gone, and nobody saw how it ended
};
inline constexpr std::size_t kOutcomes = 3;
std::string_view to_string(Outcome outcome);

/// One backup under its name, across its runs. What is not known is absent.
struct BackupView {
  std::string kubernetes_namespace;
  std::string name;

  bool is_backup = false;                       ///< false: only drills are known of it
  std::array<std::uint64_t, kOutcomes> runs{};  ///< ended ones, each once
  std::optional<TimePoint> last_success;        ///< when the last good one ended
  std::optional<TimePoint> last_attempt;        ///< when the newest one began, one that runs included
  std::optional<bool> last_attempt_success;     ///< of the newest one that has ended
  std::optional<TimePoint> running_since;       ///< begin of the oldest one that runs
  std::optional<double> duration_seconds;       ///< of the last good one
  std::optional<double> size_bytes;             ///< likewise, as reported
  std::optional<TimePoint> data;                ///< what was written up to then is in the last good one
  std::optional<TimePoint> unprotected_since;   ///< the oldest write that no good one has; absent: there is none

  std::optional<std::chrono::seconds> rpo;
  std::optional<std::chrono::seconds> rto;
  std::optional<bool> suspended;
  std::optional<TimePoint> last_due;
  std::optional<TimePoint> next_due;

  std::optional<TimePoint> verification;     ///< end of the last drill
  std::optional<bool> verification_success;  ///< how it ended
  std::optional<double> restore_seconds;     ///< of the last drill that restored
};

struct View {
  std::vector<BackupView> backups;  ///< by namespace and name
  std::uint64_t left_out = 0;       ///< backups and runs that a cap left out, since the process began
};

}  // namespace spark_exporter::backup
