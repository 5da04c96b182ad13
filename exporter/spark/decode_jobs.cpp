#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

Verdict status(Job& job, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a job's status");
  job.status = JobStatus::kUnknown;
  if (value.text == "RUNNING") {
    job.status = JobStatus::kRunning;
  } else if (value.text == "SUCCEEDED") {
    job.status = JobStatus::kSucceeded;
  } else if (value.text == "FAILED") {
    job.status = JobStatus::kFailed;
  } else if (value.text != "UNKNOWN") {
    return Verdict::wrong("a job's status");
  }
  return {};
}

// GET /applications/ID/jobs and /jobs/ID
constexpr Field<Job> kFields[] = {
    {"completionTime", time<&Job::completion_time>},
    {"description", free_text<&Job::description>},
    {"jobGroup", free_text<&Job::group>},
    {"jobId", count<&Job::id>},
    {"name", text<&Job::name>},
    {"numActiveTasks", count<&Job::active_tasks>},
    {"numCompletedStages", count<&Job::completed_stages>},
    {"numCompletedTasks", count<&Job::completed_tasks>},
    {"numFailedStages", count<&Job::failed_stages>},
    {"numFailedTasks", count<&Job::failed_tasks>},
    {"numSkippedStages", count<&Job::skipped_stages>},
    {"numSkippedTasks", count<&Job::skipped_tasks>},
    {"numTasks", count<&Job::tasks>},
    {"stageIds[]", each_count<&Job::stage_ids>},
    {"status", status},
    {"submissionTime", time<&Job::submission_time>},
};
static_assert(is_sorted(kFields));

const char* missing(Job& job) { return job.id < 0 ? "no jobId" : nullptr; }

}  // namespace

Result<DecodeReport> decode_jobs(std::istream& in, const Each<Job>& each) {
  return decode_elements(in, "jobs", kFields, missing, each);
}

}  // namespace spark_exporter::spark
