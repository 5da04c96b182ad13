#include "exporter/kubernetes/decode_fields.hpp"

namespace spark_exporter::kubernetes {
namespace {

/// status.active[].name
Verdict active(CronJob& job, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  if (job.active.size() < limits::kRunNames) job.active.push_back(json::to_kept_text(value.text));
  return {};
}

// Kind CronJob of batch/v1.
constexpr Field<CronJob> kCronJob[] = {
    {"spec.concurrencyPolicy", json::text<&CronJob::concurrency_policy>},
    {"spec.schedule", json::text<&CronJob::schedule>},
    {"spec.startingDeadlineSeconds", seconds<&CronJob::starting_deadline>},
    {"spec.suspend", json::flag<&CronJob::suspend>},
    {"spec.timeZone", json::text<&CronJob::time_zone>},
    {"status.active[].name", active},
    {"status.lastScheduleTime", time<&CronJob::last_schedule_time>},
    {"status.lastSuccessfulTime", time<&CronJob::last_successful_time>},
};
static_assert(json::is_sorted(kCronJob));

// Kind Job of batch/v1.
constexpr Field<Job> kJob[] = {
    {"spec.activeDeadlineSeconds", seconds<&Job::active_deadline>},
    {"spec.backoffLimit", json::count<&Job::backoff_limit>},
    {"spec.suspend", json::flag<&Job::suspend>},
    {"status.active", json::count<&Job::active>},
    {"status.completionTime", time<&Job::completion_time>},
    {"status.conditions[].lastTransitionTime", condition<time<&Condition::last_transition, Condition>>},
    {"status.conditions[].message", condition<json::text<&Condition::message, Condition>>},
    {"status.conditions[].reason", condition<json::text<&Condition::reason, Condition>>},
    {"status.conditions[].status", condition<json::text<&Condition::status, Condition>>},
    {"status.conditions[].type", condition<json::text<&Condition::type, Condition>>},
    {"status.failed", json::count<&Job::failed>},
    {"status.startTime", time<&Job::start_time>},
    {"status.succeeded", json::count<&Job::succeeded>},
};
static_assert(json::is_sorted(kJob));

}  // namespace

template <>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<CronJob>& each) {
  return read_list(in, "cronjobs", kCronJob, head, each);
}
template <>
Result<DecodeReport> decode_event(std::string_view line, CronJob& out) {
  return read_event(line, "cronjob event", kCronJob, out);
}
template <>
Result<DecodeReport> decode_object(std::istream& in, CronJob& out) {
  return read_object(in, "cronjob", kCronJob, "", out);
}

template <>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<Job>& each) {
  return read_list(in, "jobs", kJob, head, each);
}
template <>
Result<DecodeReport> decode_event(std::string_view line, Job& out) {
  return read_event(line, "job event", kJob, out);
}
template <>
Result<DecodeReport> decode_object(std::istream& in, Job& out) {
  return read_object(in, "job", kJob, "", out);
}

}  // namespace spark_exporter::kubernetes
