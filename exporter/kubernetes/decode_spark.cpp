#include "exporter/kubernetes/decode_fields.hpp"

namespace spark_exporter::kubernetes {
namespace {

// Kind SparkApplication of sparkoperator.k8s.io/v1beta2.
constexpr Field<SparkApplication> kApplication[] = {
    {"spec.dynamicAllocation.enabled", json::flag<&SparkApplication::dynamic_allocation>},
    {"spec.executor.instances", json::count<&SparkApplication::executor_instances>},
    {"spec.restartPolicy.onFailureRetries", json::count<&SparkApplication::failure_retries>},
    {"spec.restartPolicy.onSubmissionFailureRetries", json::count<&SparkApplication::submission_failure_retries>},
    {"spec.restartPolicy.type", json::text<&SparkApplication::restart_type>},
    {"spec.sparkVersion", json::text<&SparkApplication::spark_version>},
    {"spec.suspend", json::flag<&SparkApplication::suspend>},
    {"status.applicationState.errorMessage", long_text<&SparkApplication::error_message, limits::kErrorMessageBytes>},
    {"status.applicationState.state", json::text<&SparkApplication::state>},
    {"status.driverInfo.podName", json::text<&SparkApplication::driver_pod>},
    {"status.executionAttempts", json::count<&SparkApplication::execution_attempts>},
    {"status.lastSubmissionAttemptTime", time<&SparkApplication::last_submission_time>},
    {"status.sparkApplicationId", json::text<&SparkApplication::app_id>},
    {"status.submissionAttempts", json::count<&SparkApplication::submission_attempts>},
    {"status.submissionID", json::text<&SparkApplication::submission_id>},
    {"status.terminationTime", time<&SparkApplication::termination_time>},
};
static_assert(json::is_sorted(kApplication));

// Kind ScheduledSparkApplication of the same.
constexpr Field<ScheduledSparkApplication> kScheduled[] = {
    {"spec.concurrencyPolicy", json::text<&ScheduledSparkApplication::concurrency_policy>},
    {"spec.schedule", json::text<&ScheduledSparkApplication::schedule>},
    {"spec.suspend", json::flag<&ScheduledSparkApplication::suspend>},
    {"spec.timeZone", json::text<&ScheduledSparkApplication::time_zone>},
    {"status.lastRun", time<&ScheduledSparkApplication::last_run>},
    {"status.lastRunName", json::text<&ScheduledSparkApplication::last_run_name>},
    {"status.nextRun", time<&ScheduledSparkApplication::next_run>},
    {"status.pastFailedRunNames[]", each_text<&ScheduledSparkApplication::past_failed_runs, limits::kRunNames>},
    {"status.pastSuccessfulRunNames[]", each_text<&ScheduledSparkApplication::past_successful_runs, limits::kRunNames>},
    {"status.reason", json::text<&ScheduledSparkApplication::reason>},
    {"status.scheduleState", json::text<&ScheduledSparkApplication::schedule_state>},
};
static_assert(json::is_sorted(kScheduled));

}  // namespace

template <>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<SparkApplication>& each) {
  return read_list(in, "sparkapplications", kApplication, head, each);
}
template <>
Result<DecodeReport> decode_event(std::string_view line, SparkApplication& out) {
  return read_event(line, "sparkapplication event", kApplication, out);
}
template <>
Result<DecodeReport> decode_object(std::istream& in, SparkApplication& out) {
  return read_object(in, "sparkapplication", kApplication, "", out);
}

template <>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<ScheduledSparkApplication>& each) {
  return read_list(in, "scheduledsparkapplications", kScheduled, head, each);
}
template <>
Result<DecodeReport> decode_event(std::string_view line, ScheduledSparkApplication& out) {
  return read_event(line, "scheduledsparkapplication event", kScheduled, out);
}
template <>
Result<DecodeReport> decode_object(std::istream& in, ScheduledSparkApplication& out) {
  return read_object(in, "scheduledsparkapplication", kScheduled, "", out);
}

}  // namespace spark_exporter::kubernetes
