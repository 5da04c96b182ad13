#include "exporter/app/quality_writes.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "exporter/app/run_key.hpp"

namespace spark_exporter::app {

std::vector<intake::QualityResult> QualityWrites::news(const model::Run& run, const spark::SqlWrites& writes,
                                                       const quality::Ledger* known, intake::TimePoint now) {
  if (empty_ == config::EmptyWrites::kIgnore) return {};
  const auto& application = run.application();
  auto name = run_key(application);
  // Another run, or its reader began anew.
  if (name != run_ || writes.seen < seen_) seen_ = 0;
  run_ = std::move(name);
  const auto fresh = std::min<std::uint64_t>(writes.seen - seen_, writes.last.size());
  seen_ = writes.seen;

  std::vector<intake::QualityResult> results;
  std::set<std::string> told;
  for (auto write = writes.last.end() - static_cast<std::ptrdiff_t>(fresh); write != writes.last.end(); ++write) {
    const auto dataset = intake::to_name(write->dataset.empty() ? application.name : write->dataset);
    const bool empty = write->rows.value_or(0) <= 0;
    const bool shown =
        told.contains(dataset) || (known != nullptr && known->datasets().contains({dataset, kWritesSuite}));
    if (!empty && !shown) continue;
    told.insert(dataset);
    intake::QualityResult result;
    result.id = intake::digest(run_ + "|sql|" + std::to_string(write->id));
    result.tool = "spark";
    result.dataset = dataset;
    result.suite = kWritesSuite;
    result.time = write->ended.value_or(now);
    result.rows = write->rows;
    const auto outcome = !empty                                 ? intake::CheckOutcome::kPassed
                         : empty_ == config::EmptyWrites::kFail ? intake::CheckOutcome::kFailed
                                                                : intake::CheckOutcome::kWarned;
    ++count(result.checks, outcome);
    if (empty) {
      result.not_passed.push_back(
          {"rows_written", "", outcome, "SQL execution " + std::to_string(write->id) + " wrote 0 rows"});
    }
    result.success = outcome != intake::CheckOutcome::kFailed;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace spark_exporter::app
