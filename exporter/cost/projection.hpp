#pragma once
// What a run will have cost when it is done. Pure; nothing while the evidence is thin. docs/cost.md has the formulas.

#include <cstdint>
#include <optional>

namespace spark_exporter::cost {

/// Of a run that will end by itself: a streaming query or a server has no completion to project to.
struct Outlook {
  double paid = 0;             ///< so far
  double per_hour = 0;         ///< what the run costs now
  double elapsed_seconds = 0;  ///< since its application's start
  bool ended = false;
  std::optional<double> work_done;  ///< tasks that succeeded / tasks of all stages known so far, 0 to 1
  // Medians of the job's last good runs.
  std::uint64_t baseline_runs = 0;
  std::optional<double> baseline_cost;
  std::optional<double> baseline_duration_seconds;
};

/// Earlier runs from which on they count as evidence.
inline constexpr std::uint64_t kBaselineEvidence = 3;
/// Progress says nothing before so much time and so much work.
inline constexpr double kProgressSeconds = 60;
inline constexpr double kProgressShare = 0.05;

std::optional<double> project(const Outlook& outlook);

}  // namespace spark_exporter::cost
