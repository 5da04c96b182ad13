#pragma once
// Validations that a job makes with nothing installed: how many rows its SQL executions wrote, out of their plans'
// metrics. Only writes of no rows are told, and the next good one of the same dataset: a healthy job has no series of
// it.

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/config/options.hpp"
#include "exporter/model/run.hpp"
#include "exporter/quality/ledger.hpp"
#include "exporter/spark/sql_write.hpp"

namespace spark_exporter::app {

/// The `suite` of them.
inline constexpr char kWritesSuite[] = "spark_writes";

/// One thread.
class QualityWrites {
 public:
  explicit QualityWrites(config::EmptyWrites empty) : empty_(empty) {}

  /// What was written since the last call and is worth telling. `known`: what is shown already; null: nothing.
  std::vector<intake::QualityResult> news(const model::Run& run, const spark::SqlWrites& writes,
                                          const quality::Ledger* known, intake::TimePoint now);

 private:
  const config::EmptyWrites empty_;
  std::string run_;  ///< that `seen_` is of
  std::uint64_t seen_ = 0;
};

}  // namespace spark_exporter::app
