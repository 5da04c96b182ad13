#include "exporter/cost/projection.hpp"

#include <algorithm>
#include <cmath>

namespace spark_exporter::cost {
namespace {

bool is_amount(double number) { return std::isfinite(number) && number >= 0; }

/// By how fast the known work went: the rest of it takes as long for its share, at what the run costs now.
std::optional<double> by_progress(const Outlook& outlook) {
  if (!outlook.work_done || !std::isfinite(*outlook.work_done)) return std::nullopt;
  const double done = std::min(*outlook.work_done, 1.0);
  if (outlook.elapsed_seconds < kProgressSeconds || done < kProgressShare) return std::nullopt;
  const double rest_seconds = outlook.elapsed_seconds * (1 - done) / done;
  return outlook.paid + outlook.per_hour * rest_seconds / 3600;
}

/// By what earlier runs cost; where only their duration is known, by that and what the run costs now.
std::optional<double> by_history(const Outlook& outlook) {
  if (outlook.baseline_runs < kBaselineEvidence) return std::nullopt;
  if (outlook.baseline_cost && is_amount(*outlook.baseline_cost)) return *outlook.baseline_cost;
  if (!outlook.baseline_duration_seconds || !is_amount(*outlook.baseline_duration_seconds)) return std::nullopt;
  const double rest_seconds = std::max(*outlook.baseline_duration_seconds - outlook.elapsed_seconds, 0.0);
  return outlook.paid + outlook.per_hour * rest_seconds / 3600;
}

/// How much of the usual run is over: the further it is, the less earlier runs say of it.
double usual_share(const Outlook& outlook) {
  if (outlook.baseline_cost && *outlook.baseline_cost > 0) return std::min(outlook.paid / *outlook.baseline_cost, 1.0);
  const double usual = outlook.baseline_duration_seconds.value_or(0);
  return usual > 0 ? std::min(outlook.elapsed_seconds / usual, 1.0) : 1;
}

}  // namespace

std::optional<double> project(const Outlook& outlook) {
  if (!is_amount(outlook.paid) || !is_amount(outlook.per_hour) || !is_amount(outlook.elapsed_seconds)) {
    return std::nullopt;
  }
  if (outlook.ended) return outlook.paid;
  const auto progress = by_progress(outlook);
  const auto history = by_history(outlook);
  if (!history) return progress;
  const double share = usual_share(outlook);
  if (!progress) return share < 1 ? std::optional(std::max(*history, outlook.paid)) : std::nullopt;
  return std::max((1 - share) * *history + share * *progress, outlook.paid);
}

}  // namespace spark_exporter::cost
