#pragma once
// What the Kubernetes API says about the objects we look at: one struct for each kind, with the fields we need only, in
// the API's own words. Field comments name the JSON path where it differs from the member's name. Absent is an empty
// optional, an empty text or the documented default. Texts and lists are cut as limits.hpp says.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spark_exporter::kubernetes {

using Seconds = std::chrono::seconds;
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// metadata.ownerReferences[]
struct Owner {
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
};

/// What every object has: metadata.
struct Object {
  std::string namespace_name;  ///< metadata.namespace
  std::string name;
  std::string uid;
  std::string resource_version;  ///< opaque: compared for equality only
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;  ///< those of kept_annotation() only
  std::optional<TimePoint> creation_time;          ///< creationTimestamp
  /// deletionTimestamp: when the grace period ends, not when the deletion was asked for.
  std::optional<TimePoint> deletion_time;
  std::optional<Seconds> deletion_grace_period;  ///< deletionGracePeriodSeconds
  std::vector<Owner> owners;                     ///< ownerReferences

  /// The label's value, "" if there is none.
  std::string_view label(const std::string& key) const;
  /// deletion_time less the grace period.
  std::optional<TimePoint> deletion_requested() const;
};

/// Annotations can be large and hold secrets (kubectl's last-applied-configuration): only those of our own prefix and
/// those that say when a run was due are kept.
bool kept_annotation(std::string_view key);

/// status.conditions[]
struct Condition {
  std::string type;
  std::string status;  ///< "True", "False", "Unknown"
  std::string reason;
  std::string message;
  std::optional<TimePoint> last_transition;  ///< lastTransitionTime

  bool is_true() const { return status == "True"; }
};

/// The condition of that type, or null.
const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type);

// --- pods --------------------------------------------------------------------------------------

/// resources.requests or resources.limits; status.capacity or .allocatable of a node.
struct Resources {
  std::optional<double> cpu;                ///< cores
  std::optional<double> memory;             ///< bytes
  std::optional<double> gpu;                ///< sum of all "<vendor>/gpu"
  std::optional<double> ephemeral_storage;  ///< bytes
};

/// spec.containers[], spec.initContainers[]
struct ContainerSpec {
  std::string name;
  std::string image;
  std::string restart_policy;  ///< restartPolicy; "Always" makes an init container a native sidecar
  Resources requests;          ///< resources.requests
  Resources limits;            ///< resources.limits
};

/// state.terminated, lastState.terminated
struct Terminated {
  std::int64_t exit_code = 0;
  std::int64_t signal = 0;
  std::string reason;   ///< "Completed", "Error", "OOMKilled", "ContainerStatusUnknown", ...
  std::string message;  ///< the termination message, at most limits::kTerminationMessageBytes
  std::optional<TimePoint> started_at;
  std::optional<TimePoint> finished_at;
};

/// status.containerStatuses[], status.initContainerStatuses[]
struct ContainerStatus {
  /// No state at all stands for waiting, says the API's documentation.
  enum class State { kWaiting, kRunning, kTerminated };

  std::string name;
  State state = State::kWaiting;
  std::string waiting_reason;                 ///< state.waiting.reason
  std::string waiting_message;                ///< state.waiting.message
  std::optional<TimePoint> running_since;     ///< state.running.startedAt
  Terminated terminated;                      ///< state.terminated; of kTerminated only
  std::optional<Terminated> last_terminated;  ///< lastState.terminated
  std::int64_t restart_count = 0;
};

enum class Phase { kUnknown, kPending, kRunning, kSucceeded, kFailed };

struct Pod : Object {
  std::string node;                                 ///< spec.nodeName
  std::string service_account;                      ///< spec.serviceAccountName
  std::string restart_policy;                       ///< spec.restartPolicy
  std::optional<Seconds> termination_grace_period;  ///< spec.terminationGracePeriodSeconds
  std::vector<ContainerSpec> containers;            ///< spec.containers
  std::vector<ContainerSpec> init_containers;       ///< spec.initContainers
  /// Bytes of the volumes that are made for the pod and go with it: sum of
  /// spec.volumes[].ephemeral.volumeClaimTemplate.spec.resources.requests.storage.
  double ephemeral_volumes = 0;
  std::string exporter_job;             ///< value of env SPARK_EXPORTER_JOB in any container
  Phase phase = Phase::kUnknown;        ///< status.phase
  std::string reason;                   ///< status.reason: "Evicted", "DeadlineExceeded", ...
  std::string message;                  ///< status.message
  std::string ip;                       ///< status.podIP
  std::optional<TimePoint> start_time;  ///< status.startTime: when the kubelet accepted it
  std::vector<Condition> conditions;
  std::vector<ContainerStatus> container_statuses;
  std::vector<ContainerStatus> init_container_statuses;
};

/// The entry of that name in containers, init_containers or one of the statuses, or null.
template <class Named>
const Named* find_named(const std::vector<Named>& list, std::string_view name) {
  for (const auto& entry : list) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// --- sparkoperator.k8s.io/v1beta2 --------------------------------------------------------------

struct SparkApplication : Object {
  std::string spark_version;                       ///< spec.sparkVersion
  bool suspend = false;                            ///< spec.suspend
  std::optional<std::int64_t> executor_instances;  ///< spec.executor.instances
  bool dynamic_allocation = false;                 ///< spec.dynamicAllocation.enabled
  std::string restart_type;                        ///< spec.restartPolicy.type: Never, OnFailure, Always
  std::int64_t failure_retries = 0;                ///< spec.restartPolicy.onFailureRetries
  std::int64_t submission_failure_retries = 0;     ///< spec.restartPolicy.onSubmissionFailureRetries
  std::string state;                               ///< status.applicationState.state, "" while it is submitted first
  std::string error_message;                       ///< status.applicationState.errorMessage
  std::string driver_pod;                          ///< status.driverInfo.podName
  std::int64_t execution_attempts = 0;             ///< status.executionAttempts
  std::int64_t submission_attempts = 0;            ///< status.submissionAttempts
  std::optional<TimePoint> last_submission_time;   ///< status.lastSubmissionAttemptTime
  std::optional<TimePoint> termination_time;       ///< status.terminationTime
  std::string app_id;                              ///< status.sparkApplicationId: of the newest attempt
  std::string submission_id;                       ///< status.submissionID
};

struct ScheduledSparkApplication : Object {
  std::string schedule;                           ///< spec.schedule
  std::string time_zone;                          ///< spec.timeZone
  std::string concurrency_policy;                 ///< spec.concurrencyPolicy
  bool suspend = false;                           ///< spec.suspend
  std::optional<TimePoint> last_run;              ///< status.lastRun
  std::string last_run_name;                      ///< status.lastRunName
  std::optional<TimePoint> next_run;              ///< status.nextRun
  std::vector<std::string> past_successful_runs;  ///< status.pastSuccessfulRunNames
  std::vector<std::string> past_failed_runs;      ///< status.pastFailedRunNames
  std::string schedule_state;                     ///< status.scheduleState
  std::string reason;                             ///< status.reason
};

// --- batch/v1 ----------------------------------------------------------------------------------

struct CronJob : Object {
  std::string schedule;                           ///< spec.schedule
  std::string time_zone;                          ///< spec.timeZone
  std::string concurrency_policy;                 ///< spec.concurrencyPolicy
  bool suspend = false;                           ///< spec.suspend
  std::optional<Seconds> starting_deadline;       ///< spec.startingDeadlineSeconds
  std::vector<std::string> active;                ///< status.active[].name
  std::optional<TimePoint> last_schedule_time;    ///< status.lastScheduleTime
  std::optional<TimePoint> last_successful_time;  ///< status.lastSuccessfulTime
};

struct Job : Object {
  bool suspend = false;                      ///< spec.suspend
  std::int64_t backoff_limit = 6;            ///< spec.backoffLimit
  std::optional<Seconds> active_deadline;    ///< spec.activeDeadlineSeconds
  std::optional<TimePoint> start_time;       ///< status.startTime
  std::optional<TimePoint> completion_time;  ///< status.completionTime: of a successful end only
  std::int64_t active = 0;                   ///< status.active
  std::int64_t succeeded = 0;                ///< status.succeeded
  std::int64_t failed = 0;                   ///< status.failed
  std::vector<Condition> conditions;         ///< Complete, Failed, FailureTarget, SuccessCriteriaMet, Suspended
};

// --- velero.io/v1 ------------------------------------------------------------------------------

struct VeleroSchedule : Object {
  std::string schedule;  ///< spec.schedule, with a leading CRON_TZ= where it has a zone
  bool paused = false;   ///< spec.paused
};

struct VeleroBackup : Object {
  std::string phase;                         ///< status.phase: New, InProgress, Completed, PartiallyFailed, ...
  std::optional<TimePoint> start_time;       ///< status.startTimestamp
  std::optional<TimePoint> completion_time;  ///< status.completionTimestamp
};

// --- nodes and answers -------------------------------------------------------------------------

/// spec.taints[]
struct Taint {
  std::string key;
  std::string effect;
};

struct Node : Object {
  bool unschedulable = false;  ///< spec.unschedulable
  std::vector<Taint> taints;
  Resources capacity;
  Resources allocatable;
  std::vector<Condition> conditions;
};

/// What the API answers instead of an object.
struct Status {
  std::int64_t code = 0;  ///< the HTTP status
  std::string reason;     ///< "Forbidden", "Expired", ...
  std::string message;
  Seconds retry_after{0};  ///< details.retryAfterSeconds
};

/// metadata of a list.
struct ListHead {
  std::string resource_version;
  std::string continue_token;  ///< metadata.continue, "" on the last page
};

enum class EventType { kAdded, kModified, kDeleted, kBookmark, kError };

/// One line of a watch without its object.
struct WatchHead {
  EventType type = EventType::kError;
  std::string resource_version;     ///< object.metadata.resourceVersion
  bool initial_events_end = false;  ///< a bookmark with annotation k8s.io/initial-events-end
  Status status;                    ///< of kError
};

}  // namespace spark_exporter::kubernetes
