#pragma once
// What is kept of one SparkApplication, known by itself or only from the pods that it owns.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/jobs/job_record.hpp"
#include "exporter/jobs/run_record.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::jobs {

struct ApplicationRecord {
  std::string uid;
  bool is_there = false;  ///< listed, and not gone since
  std::uint8_t mark = 0;
  /// As it was last, without labels and annotations.
  std::optional<kubernetes::SparkApplication> facts;
  model::JobName name;
  std::string schedule;  ///< the ScheduledSparkApplication that made it
  std::optional<outcome::Kind> kind;
  ScheduleText annotated;
  std::string datasets;
  std::optional<std::int64_t> attempts;  ///< as far as they are counted as retries
  std::vector<RunRecord*> runs;

  bool is_gone() const { return facts && !is_there; }
};

}  // namespace spark_exporter::jobs
