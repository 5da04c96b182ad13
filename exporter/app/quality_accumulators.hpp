#pragma once
// Validations that a job makes with nothing installed: Spark's named accumulators data_quality.DATASET.CHECK, which count
// the rows that break a check, as its REST API tells them when a stage has ended.

#include <map>
#include <string>
#include <vector>

#include "exporter/intake/quality_result.hpp"
#include "exporter/model/run.hpp"

namespace spark_exporter::app {

/// One thread.
class QualityAccumulators {
 public:
  /// A validation of each dataset whose accumulators have changed since the last call. A check fails once its
  /// accumulator is above 0 (Spark tells of none that is 0); CHECK `rows` tells the dataset's rows, `quarantined_rows` those that were put aside.
  std::vector<intake::QualityResult> news(const model::Run& run, intake::TimePoint now);

 private:
  using Checks = std::map<std::string, double>;

  std::string run_;  ///< that `known_` is of
  std::map<std::string, Checks> known_;
};

}  // namespace spark_exporter::app
