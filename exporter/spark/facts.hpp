#pragma once
// What the driver's REST API says, one struct for each kind of answer, in Spark's own words.
// Durations and times keep Spark's units as chrono types; an absent field is an empty optional or
// the documented default. Field comments name the JSON path where it differs from the member's name.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spark_exporter::spark {

using Millis = std::chrono::milliseconds;
using Nanos = std::chrono::nanoseconds;
using TimePoint = std::chrono::sys_time<Millis>;

/// GET /api/v1/applications, one element; `attempts[]` of a live driver has exactly one.
struct Application {
  std::string id;
  std::string name;
  std::string spark_version;            ///< attempts[].appSparkVersion
  std::string spark_user;               ///< attempts[].sparkUser
  std::optional<TimePoint> start_time;  ///< attempts[].startTimeEpoch, else attempts[].startTime
  bool completed = false;               ///< attempts[].completed; never true on a live driver
};

enum class JobStatus { kRunning, kSucceeded, kFailed, kUnknown };

/// GET /applications/ID/jobs, one element.
struct Job {
  std::int64_t id = -1;  ///< jobId
  JobStatus status = JobStatus::kUnknown;
  std::string name;  ///< the call site
  std::string
      description;    ///< setJobDescription, unescaped; a micro-batch's is "query\nid = ..\nrunId = ..\nbatch = n"
  std::string group;  ///< jobGroup; of a micro-batch the query's runId
  std::optional<TimePoint> submission_time;
  std::optional<TimePoint> completion_time;
  std::vector<std::int64_t> stage_ids;
  std::int64_t tasks = 0;            ///< numTasks
  std::int64_t active_tasks = 0;     ///< numActiveTasks
  std::int64_t completed_tasks = 0;  ///< numCompletedTasks
  std::int64_t skipped_tasks = 0;
  std::int64_t failed_tasks = 0;
  std::int64_t completed_stages = 0;
  std::int64_t skipped_stages = 0;
  std::int64_t failed_stages = 0;
};

enum class StageStatus { kActive, kComplete, kFailed, kPending, kSkipped };

/// An element of a stage's accumulatorUpdates: the accumulator's value when the stage ended, over all stages so far.
struct Accumulator {
  std::int64_t id = -1;
  std::string name;
  double value = 0;
};

/// GET /applications/ID/stages, one element: one attempt of a stage.
struct Stage {
  std::int64_t id = -1;      ///< stageId
  std::int64_t attempt = 0;  ///< attemptId
  StageStatus status = StageStatus::kPending;
  std::string name;
  std::string description;
  std::string failure_reason;  ///< failureReason, cut
  std::optional<TimePoint> submission_time;
  std::optional<TimePoint> first_task_launched_time;
  std::optional<TimePoint> completion_time;
  std::int64_t tasks = 0;              ///< numTasks
  std::int64_t active_tasks = 0;       ///< numActiveTasks
  std::int64_t completed_tasks = 0;    ///< numCompleteTasks
  std::int64_t failed_tasks = 0;       ///< numFailedTasks
  std::int64_t killed_tasks = 0;       ///< numKilledTasks
  std::int64_t completed_indices = 0;  ///< numCompletedIndices
  Millis executor_run_time{0};
  Millis executor_deserialize_time{0};  ///< before the run time: seconds on a new executor, which has to load the code
  Millis result_serialization_time{0};  ///< after it
  Nanos executor_cpu_time{0};
  Millis jvm_gc_time{0};  ///< sum over tasks: concurrent tasks count a pause more than once
  std::int64_t memory_bytes_spilled = 0;
  std::int64_t disk_bytes_spilled = 0;
  std::int64_t input_bytes = 0;
  std::int64_t input_records = 0;
  std::int64_t output_bytes = 0;
  std::int64_t output_records = 0;
  std::int64_t shuffle_read_bytes = 0;
  std::int64_t shuffle_read_records = 0;
  std::int64_t shuffle_write_bytes = 0;
  std::int64_t shuffle_write_records = 0;
  std::vector<Accumulator> quality;  ///< accumulatorUpdates whose names begin with kQualityPrefix, as many as are kept
};
/// A driver may keep tens of thousands of stages, and a vector of them would be there twice while it grows.
using Stages = std::deque<Stage>;
inline constexpr std::string_view kQualityPrefix = "data_quality.";

/// GET /applications/ID/stages/STAGE/ATTEMPT/taskSummary?quantiles=..: over finished tasks.
struct TaskSummary {
  std::vector<double> quantiles;
  std::vector<double> executor_run_time;  ///< executorRunTime, ms at each quantile
};

enum class TaskStatus { kRunning, kSuccess, kFailed, kKilled, kUnknown };

/// GET /applications/ID/stages/STAGE/ATTEMPT/taskList, one element.
struct Task {
  std::int64_t id = -1;     ///< taskId: of the application, not of the stage
  std::string executor_id;  ///< executorId
  TaskStatus status = TaskStatus::kUnknown;
  Millis duration{0};           ///< from launch to end, as it is added to the executor's totalDuration
  Millis executor_run_time{0};  ///< taskMetrics.executorRunTime; 0 or behind of a task that died with its executor
  Millis jvm_gc_time{0};        ///< taskMetrics.jvmGcTime
  std::string error_message;    ///< errorMessage, cut; of a killed task the reason
  Millis executor_deserialize_time{0};  ///< taskMetrics.executorDeserializeTime
};

/// executors[].peakMemoryMetrics: by heartbeat (10 s), peaks since the JVM's start; GC values are totals.
struct PeakMetrics {
  std::int64_t jvm_heap_memory = 0;  ///< JVMHeapMemory, bytes, as all below
  std::int64_t jvm_off_heap_memory = 0;
  std::int64_t on_heap_execution_memory = 0;
  std::int64_t off_heap_execution_memory = 0;
  std::int64_t on_heap_storage_memory = 0;
  std::int64_t off_heap_storage_memory = 0;
  std::int64_t process_tree_jvm_rss = 0;  ///< 0 unless spark.executor.processTreeMetrics.enabled
  std::int64_t process_tree_python_rss = 0;
  std::int64_t process_tree_other_rss = 0;
  Millis minor_gc_time{0};
  Millis major_gc_time{0};
  Millis total_gc_time{0};  ///< concurrent phases included
};

/// GET /applications/ID/executors (live) or /allexecutors (dead ones too), one element. "driver" is one of them.
struct Executor {
  std::string id;
  std::string host_port;
  bool is_active = true;
  bool is_excluded = false;  ///< isExcluded, or isBlacklisted of old versions
  std::optional<TimePoint> add_time;
  std::optional<TimePoint> remove_time;
  std::string remove_reason;
  std::int64_t total_cores = 0;
  std::int64_t max_tasks = 0;
  std::int64_t active_tasks = 0;
  std::int64_t completed_tasks = 0;
  std::int64_t failed_tasks = 0;
  Millis total_duration{0};  ///< sum of its tasks' run times; of the driver in a cluster: its uptime
  Millis total_gc_time{0};   ///< sum of its finished tasks' jvmGcTime; of the driver: its real GC time
  std::int64_t total_input_bytes = 0;
  std::int64_t total_shuffle_read = 0;
  std::int64_t total_shuffle_write = 0;
  std::int64_t memory_used = 0;  ///< storage memory
  std::int64_t max_memory = 0;   ///< storage memory
  std::int64_t disk_used = 0;
  std::optional<PeakMetrics> peak;  ///< absent before the first heartbeat
};

/// GET /applications/ID/environment: what we read of it.
struct Environment {
  std::string java_version;                       ///< runtime.javaVersion
  std::map<std::string, std::string> properties;  ///< sparkProperties, keys starting with "spark."
};

enum class SqlStatus { kRunning, kCompleted, kFailed };

/// GET /applications/ID/sql?details=false&planDescription=false, one element.
struct SqlExecution {
  std::int64_t id = -1;
  SqlStatus status = SqlStatus::kRunning;
  std::string description;
  std::optional<TimePoint> submission_time;
  Millis duration{0};
  std::vector<std::int64_t> job_ids;  ///< runningJobIds, successJobIds and failedJobIds together
};

/// GET /applications/ID/storage/rdd, one element.
struct Rdd {
  std::int64_t id = -1;
  std::string name;
  std::string storage_level;
  std::int64_t partitions = 0;         ///< numPartitions
  std::int64_t cached_partitions = 0;  ///< numCachedPartitions
  std::int64_t memory_used = 0;
  std::int64_t disk_used = 0;
};

/// GET /applications/ID/streaming/statistics: DStreams only, 404 otherwise.
struct StreamingStatistics {
  Millis batch_duration{0};
  std::int64_t completed_batches = 0;     ///< numTotalCompletedBatches
  std::int64_t active_batches = 0;        ///< numActiveBatches
  std::optional<double> input_rate;       ///< avgInputRate, rows a second
  std::optional<Millis> processing_time;  ///< avgProcessingTime
  std::optional<TimePoint> start_time;
  std::int64_t processed_records = 0;  ///< numProcessedRecords
};

/// Gauges of one Structured Streaming query in /metrics/json, "<app>.driver.spark.streaming.<query>.<gauge>".
struct StreamingGauges {
  std::optional<double> input_rate;        ///< inputRate-total, rows a second
  std::optional<double> processing_rate;   ///< processingRate-total
  std::optional<double> latency_ms;        ///< latency
  std::optional<double> watermark_ms;      ///< eventTime-watermark, epoch; 0: none
  std::optional<double> state_rows;        ///< states-rowsTotal
  std::optional<double> state_used_bytes;  ///< states-usedBytes
};

/// GET /metrics/json/: what we read of it.
struct MetricsDump {
  std::optional<std::int64_t> all_jobs;                ///< "<app>.driver.DAGScheduler.job.allJobs": jobs ever submitted
  std::map<std::string, std::int64_t> dropped_events;  ///< by queue: "LiveListenerBus.queue.<q>.numDroppedEvents"
  std::map<std::string, StreamingGauges> streaming;    ///< by query name
};

/// "2026-11-23T13:37:07.395GMT" to a time. Empty for anything else, and for Spark's "no end" (1969).
std::optional<TimePoint> parse_time(std::string_view text);

}  // namespace spark_exporter::spark
