#include "exporter/app/quality_accumulators.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "exporter/app/run_key.hpp"
#include "exporter/intake/limits.hpp"

namespace spark_exporter::app {
namespace {

constexpr char kSuite[] = "accumulators";
constexpr char kRows[] = "rows";
constexpr char kQuarantined[] = "quarantined_rows";

double value_of(const std::map<std::string, double>& checks, const char* name) {
  const auto found = checks.find(name);
  return found == checks.end() ? 0 : found->second;
}

std::string words(double rows) { return std::to_string(static_cast<long long>(std::min(rows, 1e15))) + " rows"; }

}  // namespace

std::vector<intake::QualityResult> QualityAccumulators::news(const model::Run& run, intake::TimePoint now) {
  const auto values = run.quality_accumulators();
  if (values.empty()) return {};
  const auto& application = run.application();
  auto name = run_key(application);
  if (name != run_) known_.clear();
  run_ = std::move(name);

  std::map<std::string, Checks> datasets;
  for (const auto& [full, value] : values) {
    const auto rest = std::string_view(full).substr(spark::kQualityPrefix.size());
    const auto dot = rest.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == rest.size()) continue;
    datasets[intake::to_name(rest.substr(0, dot))][intake::to_name(rest.substr(dot + 1))] += value;
  }
  std::vector<intake::QualityResult> results;
  for (auto& [dataset, checks] : datasets) {
    auto& known = known_[dataset];
    if (known == checks) continue;
    intake::QualityResult result;
    result.tool = "spark";
    result.dataset = dataset;
    result.suite = kSuite;
    result.time = now;
    std::string identity = run_ + '|' + dataset;
    for (const auto& [check, value] : checks) {
      identity += '|' + check + '=' + std::to_string(value);
      if (check == kRows) {
        result.rows = std::max(value, 0.0);
      } else if (check != kQuarantined) {
        const auto outcome = value > 0 ? intake::CheckOutcome::kFailed : intake::CheckOutcome::kPassed;
        ++count(result.checks, outcome);
        if (value > 0 && result.not_passed.size() < limits::kQualityChecksKept) {
          result.not_passed.push_back({check, "", outcome, words(value)});
        }
      }
    }
    if (checks.contains(kQuarantined)) {
      const double more = std::clamp(value_of(checks, kQuarantined) - value_of(known, kQuarantined), 0.0, 1e15);
      result.quarantined_rows = static_cast<std::uint64_t>(std::llround(more));
    }
    result.success = count(result.checks, intake::CheckOutcome::kFailed) == 0;
    result.id = intake::digest(identity);
    known = std::move(checks);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace spark_exporter::app
