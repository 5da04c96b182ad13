#include "exporter/model/job_ledger.hpp"

#include <algorithm>

#include "exporter/model/bounded.hpp"

namespace spark_exporter::model {

JobLedger::Change JobLedger::apply(const spark::Job& job) {
  if (!is_id(job.id)) return Change::kNone;
  data_.next_id = std::max(data_.next_id, job.id + 1);
  if (is_final(job.id)) return Change::kNone;
  if (job.status != spark::JobStatus::kSucceeded && job.status != spark::JobStatus::kFailed) {
    auto [at, started] = data_.running.insert_or_assign(job.id, Running{job.stage_ids, job.completed_tasks});
    return started ? Change::kStarted : Change::kNone;
  }
  data_.running.erase(job.id);
  data_.final_ids.insert(job.id);
  ++(job.status == spark::JobStatus::kSucceeded ? data_.succeeded : data_.failed);
  return Change::kEnded;
}

void JobLedger::lose(std::int64_t id) {
  data_.running.erase(id);
  if (data_.final_ids.insert(id)) ++data_.unknown;
}

}  // namespace spark_exporter::model
