// Data quality: of each dataset what its last validation said, and counters over all of them. Written by who writes the
// outcomes (docs/metrics.md); its series are a job's, across runs.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"

namespace spark_exporter::metrics {
namespace {

using intake::kOther;
using quality::Dataset;
using quality::Ledger;

struct Job {
  Identity identity;
  const Ledger* ledger;
};

/// A sample of each dataset for which `value_of` knows one. Names are label values already.
template <class ValueOf>
void write_each(Families& families, const std::vector<Job>& jobs, ValueOf value_of) {
  for (const auto& [identity, ledger] : jobs) {
    for (const auto& [key, dataset] : ledger->datasets()) {
      if (const std::optional<double> value = value_of(dataset)) {
        families.write(identity, {key.first, key.second}, *value);
      }
    }
  }
}

/// What datasets beyond the bound have together.
template <class ValueOf>
void write_others(Families& families, const std::vector<Job>& jobs, ValueOf value_of) {
  for (const auto& [identity, ledger] : jobs) {
    if (ledger->others().validations > 0) families.write(identity, {kOther, kOther}, value_of(ledger->others()));
  }
}

std::optional<double> known(const std::optional<intake::TimePoint>& time) {
  if (!time) return std::nullopt;
  return timestamp(*time);
}

void collect_last(const std::vector<Job>& jobs, Families& families) {
  families.gauge("data_quality_score", "Checks that passed, of those that the dataset's last validation evaluated.",
                 {"dataset", "suite"});
  write_each(families, jobs, [](const Dataset& dataset) -> std::optional<double> {
    const auto evaluated = dataset.last.evaluated();
    if (evaluated == 0) return std::nullopt;
    return static_cast<double>(count(dataset.last.checks, intake::CheckOutcome::kPassed)) /
           static_cast<double>(evaluated);
  });
  families.gauge("data_quality_checks", "Checks of the dataset's last validation, by how they ended.",
                 {"dataset", "suite", "outcome"});
  for (const auto& [identity, ledger] : jobs) {
    for (const auto& [key, dataset] : ledger->datasets()) {
      for (int i = 0; i < intake::kCheckOutcomes; ++i) {
        const auto outcome = static_cast<intake::CheckOutcome>(i);
        families.write(identity, {key.first, key.second, to_string(outcome)},
                       static_cast<double>(count(dataset.last.checks, outcome)));
      }
    }
  }
  families.gauge("data_quality_last_validation_timestamp_seconds", "When the dataset was last validated.",
                 {"dataset", "suite"});
  write_each(families, jobs, [](const Dataset& dataset) { return known(dataset.last_time); });
  write_others(families, jobs, [](const auto& others) { return timestamp(others.last_time); });
  families.gauge("data_quality_last_validation_success",
                 "Whether the dataset's last validation succeeded; of dataset other, whether those of all did.",
                 {"dataset", "suite"});
  write_each(families, jobs, [](const Dataset& dataset) { return std::optional<double>(dataset.last.success ? 1 : 0); });
  write_others(families, jobs, [](const auto& others) { return others.failed.empty() ? 1.0 : 0.0; });
  for (const auto& [identity, ledger] : jobs) families.leave_out_total(identity.labels(), ledger->left_out());
}

void collect_counters(const std::vector<Job>& jobs, Families& families) {
  families.counter("data_quality_violations_total",
                   "Checks of the dataset that were evaluated and did not pass, over all validations.",
                   {"dataset", "suite"});
  write_each(families, jobs, [](const Dataset& dataset) {
    return std::optional<double>(static_cast<double>(dataset.violations));
  });
  write_others(families, jobs, [](const auto& others) { return static_cast<double>(others.violations); });
  families.counter("data_quality_quarantined_rows_total",
                   "Rows of the dataset that were put aside, over all validations that tell.", {"dataset", "suite"});
  write_each(families, jobs, [](const Dataset& dataset) -> std::optional<double> {
    if (!dataset.tells_quarantined) return std::nullopt;
    return static_cast<double>(dataset.quarantined_rows);
  });
  write_others(families, jobs, [](const auto& others) { return static_cast<double>(others.quarantined_rows); });
}

void collect_data(const std::vector<Job>& jobs, Families& families) {
  families.gauge("data_quality_rows", "Rows of the dataset at its last validation.", {"dataset", "suite"});
  write_each(families, jobs, [](const Dataset& dataset) { return dataset.last.rows; });
  families.gauge("data_quality_null_ratio", "Rows without a value in the column, of all, at the last validation.",
                 {"dataset", "suite", "column"});
  for (const auto& [identity, ledger] : jobs) {
    for (const auto& [key, dataset] : ledger->datasets()) {
      for (const auto& [column, ratio] : dataset.last.null_ratios) {
        families.write(identity, {key.first, key.second, column}, ratio);
      }
      if (dataset.last.columns_left_out > 0) families.leave_out(dataset.last.columns_left_out);
    }
  }
  families.gauge("data_quality_latest_data_timestamp_seconds", "When the dataset's newest row is of.",
                 {"dataset", "suite"});
  write_each(families, jobs, [](const Dataset& dataset) { return known(dataset.last.latest_data); });
}

}  // namespace

void collect_quality(const model::Snapshot& snapshot, Families& families) {
  std::vector<Job> jobs;
  for (const auto& view : snapshot.quality) jobs.push_back({{view.kubernetes_namespace, view.app}, view.ledger.get()});
  if (jobs.empty()) return;
  collect_last(jobs, families);
  collect_counters(jobs, families);
  collect_data(jobs, families);
}

}  // namespace spark_exporter::metrics
