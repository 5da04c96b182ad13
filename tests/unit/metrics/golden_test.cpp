// Each collector's exposition of one known state, to the letter.

#include <gtest/gtest.h>

#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

using test::Scene;

struct Golden {
  const char* name;
  void (*collect)(const model::Snapshot&, Families&);
  const char* text;
};

constexpr Golden kGolden[] = {
    {"outcome", collect_outcomes, R"(# TYPE spark_job_status gauge
spark_job_status{namespace="prod",app="sales",app_id="spark-0"} 2
spark_job_status{RUN} 0
# TYPE spark_job_state gauge
spark_job_state{namespace="prod",app="sales",app_id="spark-0",state="pending"} 0
spark_job_state{namespace="prod",app="sales",app_id="spark-0",state="running"} 0
spark_job_state{namespace="prod",app="sales",app_id="spark-0",state="retrying"} 0
spark_job_state{namespace="prod",app="sales",app_id="spark-0",state="succeeded"} 0
spark_job_state{namespace="prod",app="sales",app_id="spark-0",state="failed"} 1
spark_job_state{namespace="prod",app="sales",app_id="spark-0",state="cancelled"} 0
spark_job_state{namespace="prod",app="sales",app_id="spark-0",state="unknown"} 0
spark_job_state{RUN,state="pending"} 0
spark_job_state{RUN,state="running"} 1
spark_job_state{RUN,state="retrying"} 0
spark_job_state{RUN,state="succeeded"} 0
spark_job_state{RUN,state="failed"} 0
spark_job_state{RUN,state="cancelled"} 0
spark_job_state{RUN,state="unknown"} 0
# TYPE spark_job_info gauge
spark_job_info{namespace="prod",app="sales",app_id="spark-0",kind="batch",driver_pod="sales-0-driver",node="node-2"} 1
spark_job_info{RUN,kind="streaming",spark_version="3.5.9",driver_pod="sales-driver",node="node-1",submitter="etl",attempt="2",max_attempts="4",app_from="label",team="data"} 1
# TYPE spark_job_failure_info gauge
spark_job_failure_info{namespace="prod",app="sales",app_id="spark-0",reason="UserError",exit_code="1",exception="java.lang.IllegalStateException",driver_pod="sales-0-driver",node="node-2"} 1
# TYPE spark_job_submission_timestamp_seconds gauge
spark_job_submission_timestamp_seconds{RUN} 990
# TYPE spark_job_start_timestamp_seconds gauge
spark_job_start_timestamp_seconds{namespace="prod",app="sales",app_id="spark-0"} 100
spark_job_start_timestamp_seconds{RUN} 1000
# TYPE spark_job_end_timestamp_seconds gauge
spark_job_end_timestamp_seconds{namespace="prod",app="sales",app_id="spark-0"} 700
# TYPE spark_job_duration_seconds gauge
spark_job_duration_seconds{namespace="prod",app="sales",app_id="spark-0"} 600
# TYPE spark_job_pods gauge
spark_job_pods{RUN,component="driver",phase="unknown"} 0
spark_job_pods{RUN,component="driver",phase="pending"} 0
spark_job_pods{RUN,component="driver",phase="running"} 1
spark_job_pods{RUN,component="driver",phase="succeeded"} 0
spark_job_pods{RUN,component="driver",phase="failed"} 0
spark_job_pods{RUN,component="executor",phase="unknown"} 0
spark_job_pods{RUN,component="executor",phase="pending"} 2
spark_job_pods{RUN,component="executor",phase="running"} 1
spark_job_pods{RUN,component="executor",phase="succeeded"} 0
spark_job_pods{RUN,component="executor",phase="failed"} 0
# TYPE spark_job_pods_waiting gauge
spark_job_pods_waiting{RUN,component="driver",reason="Unschedulable"} 0
spark_job_pods_waiting{RUN,component="driver",reason="ImagePull"} 0
spark_job_pods_waiting{RUN,component="driver",reason="ConfigError"} 0
spark_job_pods_waiting{RUN,component="driver",reason="CrashLoop"} 0
spark_job_pods_waiting{RUN,component="driver",reason="Quota"} 0
spark_job_pods_waiting{RUN,component="driver",reason="Other"} 0
spark_job_pods_waiting{RUN,component="executor",reason="Unschedulable"} 0
spark_job_pods_waiting{RUN,component="executor",reason="ImagePull"} 2
spark_job_pods_waiting{RUN,component="executor",reason="ConfigError"} 0
spark_job_pods_waiting{RUN,component="executor",reason="CrashLoop"} 0
spark_job_pods_waiting{RUN,component="executor",reason="Quota"} 0
spark_job_pods_waiting{RUN,component="executor",reason="Other"} 0
# TYPE spark_job_pod_terminations_total counter
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="driver",reason="Error"} 1
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="Completed"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="OOMKilled"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="JavaHeapOOM"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="Evicted"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="Preempted"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="NodeLost"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="DeadlineExceeded"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="Rejected"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="ConfigError"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="Deleted"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="Decommissioned"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="Killed"} 0
spark_job_pod_terminations_total{namespace="prod",app="sales",app_id="spark-0",component="executor",reason="Error"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="Completed"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="OOMKilled"} 3
spark_job_pod_terminations_total{RUN,component="executor",reason="JavaHeapOOM"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="Evicted"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="Preempted"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="NodeLost"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="DeadlineExceeded"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="Rejected"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="ConfigError"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="Deleted"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="Decommissioned"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="Killed"} 0
spark_job_pod_terminations_total{RUN,component="executor",reason="Error"} 0
# TYPE spark_job_run_cost gauge
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="task_ok",currency="EUR"} 1.25
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="gc",currency="EUR"} 0
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="task_failed",currency="EUR"} 0
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="stage_retry",currency="EUR"} 0
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="speculation",currency="EUR"} 0
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="killed",currency="EUR"} 0
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="idle",currency="EUR"} 0.5
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="starting",currency="EUR"} 0
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="driver",currency="EUR"} 0
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="lingering",currency="EUR"} 0
spark_job_run_cost{namespace="prod",app="sales",app_id="spark-0",use="unobserved",currency="EUR"} 0
# TYPE spark_job_runs_total counter
spark_job_runs_total{namespace="prod",app="sales",outcome="succeeded"} 5
spark_job_runs_total{namespace="prod",app="sales",outcome="failed"} 1
spark_job_runs_total{namespace="prod",app="sales",outcome="cancelled"} 2
spark_job_runs_total{namespace="prod",app="sales",outcome="unknown"} 0
# TYPE spark_job_runs_cost_total counter
spark_job_runs_cost_total{namespace="prod",app="sales",outcome="succeeded",currency="EUR"} 8
spark_job_runs_cost_total{namespace="prod",app="sales",outcome="failed",currency="EUR"} 1.75
spark_job_runs_cost_total{namespace="prod",app="sales",outcome="cancelled",currency="EUR"} 0
spark_job_runs_cost_total{namespace="prod",app="sales",outcome="unknown",currency="EUR"} 0
# TYPE spark_job_retries_total counter
spark_job_retries_total{namespace="prod",app="sales"} 3
# TYPE spark_job_consecutive_failures gauge
spark_job_consecutive_failures{namespace="prod",app="sales"} 1
# TYPE spark_job_last_success_timestamp_seconds gauge
spark_job_last_success_timestamp_seconds{namespace="prod",app="sales"} 50
# TYPE spark_job_last_failure_timestamp_seconds gauge
spark_job_last_failure_timestamp_seconds{namespace="prod",app="sales"} 700
# TYPE spark_job_last_due_timestamp_seconds gauge
spark_job_last_due_timestamp_seconds{namespace="prod",app="sales"} 980
# TYPE spark_job_next_run_timestamp_seconds gauge
spark_job_next_run_timestamp_seconds{namespace="prod",app="sales"} 4580
# TYPE spark_job_deadline_timestamp_seconds gauge
spark_job_deadline_timestamp_seconds{namespace="prod",app="sales"} 2500
# TYPE spark_job_baseline_duration_seconds gauge
spark_job_baseline_duration_seconds{namespace="prod",app="sales"} 480.5
# TYPE spark_job_baseline_input_bytes gauge
spark_job_baseline_input_bytes{namespace="prod",app="sales"} 1000000000
# TYPE spark_job_baseline_cost gauge
spark_job_baseline_cost{namespace="prod",app="sales"} 1.5
# TYPE spark_job_baseline_runs gauge
spark_job_baseline_runs{namespace="prod",app="sales"} 5
# TYPE spark_job_budget gauge
spark_job_budget{namespace="prod",app="sales",period="month",currency="EUR"} 300
# TYPE spark_job_budget_spent gauge
spark_job_budget_spent{namespace="prod",app="sales",period="month",currency="EUR"} 9.75
)"},
    {"job", collect_job, R"(# TYPE spark_job_last_progress_timestamp_seconds gauge
spark_job_last_progress_timestamp_seconds{RUN} 1990
)"},
    {"gc", collect_gc, R"(# TYPE jvm_gc_time_seconds counter
jvm_gc_time_seconds{RUN,executor_id="1"} 0.78
jvm_gc_time_seconds{RUN,executor_id="driver"} 0.04
# TYPE spark_app_jvm_gc_seconds_total counter
spark_app_jvm_gc_seconds_total{RUN} 0.82
# TYPE spark_app_jvm_uptime_seconds_total counter
spark_app_jvm_uptime_seconds_total{RUN} 1480
)"},
    {"work", collect_work, R"(# TYPE spark_app_jobs_total counter
spark_app_jobs_total{RUN,status="failed"} 0
spark_app_jobs_total{RUN,status="succeeded"} 3
spark_app_jobs_total{RUN,status="unknown"} 0
# TYPE spark_app_stages_total counter
spark_app_stages_total{RUN,status="complete"} 0
spark_app_stages_total{RUN,status="failed"} 0
spark_app_stages_total{RUN,status="skipped"} 0
# TYPE spark_app_stage_retries_total counter
spark_app_stage_retries_total{RUN} 0
# TYPE spark_app_tasks_total counter
spark_app_tasks_total{RUN,status="completed"} 3
spark_app_tasks_total{RUN,status="failed"} 0
spark_app_tasks_total{RUN,status="killed"} 0
# TYPE spark_app_task_time_seconds_total counter
spark_app_task_time_seconds_total{RUN} 1.5
# TYPE spark_app_input_bytes_total counter
spark_app_input_bytes_total{RUN} 0
# TYPE spark_app_input_records_total counter
spark_app_input_records_total{RUN} 0
# TYPE spark_app_output_bytes_total counter
spark_app_output_bytes_total{RUN} 0
# TYPE spark_app_output_records_total counter
spark_app_output_records_total{RUN} 0
# TYPE spark_app_shuffle_read_bytes_total counter
spark_app_shuffle_read_bytes_total{RUN} 0
# TYPE spark_app_shuffle_read_records_total counter
spark_app_shuffle_read_records_total{RUN} 0
# TYPE spark_app_shuffle_write_bytes_total counter
spark_app_shuffle_write_bytes_total{RUN} 0
# TYPE spark_app_shuffle_write_records_total counter
spark_app_shuffle_write_records_total{RUN} 0
# TYPE spark_app_memory_spilled_bytes_total counter
spark_app_memory_spilled_bytes_total{RUN} 0
# TYPE spark_app_disk_spilled_bytes_total counter
spark_app_disk_spilled_bytes_total{RUN} 0
# TYPE spark_app_jobs_active gauge
spark_app_jobs_active{RUN} 0
# TYPE spark_app_stages_active gauge
spark_app_stages_active{RUN} 1
# TYPE spark_app_tasks_active gauge
spark_app_tasks_active{RUN} 2
# TYPE spark_app_tasks_pending gauge
spark_app_tasks_pending{RUN} 5
# TYPE spark_app_stage_task_skew_ratio gauge
spark_app_stage_task_skew_ratio{RUN} 2.5
# TYPE spark_app_stage_task_skew_seconds gauge
spark_app_stage_task_skew_seconds{RUN} 3
)"},
    {"sql", collect_sql, R"(# TYPE spark_sql_executions_total counter
spark_sql_executions_total{RUN,status="completed"} 1
spark_sql_executions_total{RUN,status="failed"} 0
# TYPE spark_sql_execution_duration_seconds histogram
spark_sql_execution_duration_seconds_bucket{RUN,le="0.1"} 0
spark_sql_execution_duration_seconds_bucket{RUN,le="0.5"} 0
spark_sql_execution_duration_seconds_bucket{RUN,le="1"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="5"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="10"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="30"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="60"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="300"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="600"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="1800"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="3600"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="10800"} 1
spark_sql_execution_duration_seconds_bucket{RUN,le="+Inf"} 1
spark_sql_execution_duration_seconds_sum{RUN} 0.7
spark_sql_execution_duration_seconds_count{RUN} 1
# TYPE spark_sql_executions_active gauge
spark_sql_executions_active{RUN} 0
)"},
    {"streaming", collect_streaming, R"(# TYPE spark_streaming_batches_total counter
spark_streaming_batches_total{RUN,query="clicks"} 2
# TYPE spark_streaming_failures_total counter
spark_streaming_failures_total{RUN,query="clicks"} 0
# TYPE spark_streaming_input_rows_per_second gauge
spark_streaming_input_rows_per_second{RUN,query="clicks"} 100.5
# TYPE spark_streaming_processing_rows_per_second gauge
spark_streaming_processing_rows_per_second{RUN,query="clicks"} 250
# TYPE spark_streaming_batch_duration_seconds gauge
spark_streaming_batch_duration_seconds{RUN,query="clicks"} 4
# TYPE spark_streaming_trigger_interval_seconds gauge
spark_streaming_trigger_interval_seconds{RUN,query="clicks"} 10
# TYPE spark_streaming_last_batch_timestamp_seconds gauge
spark_streaming_last_batch_timestamp_seconds{RUN,query="clicks"} 1814
# TYPE spark_streaming_watermark_timestamp_seconds gauge
spark_streaming_watermark_timestamp_seconds{RUN,query="clicks"} 1700000000.5
# TYPE spark_streaming_state_rows gauge
spark_streaming_state_rows{RUN,query="clicks"} 12
# TYPE spark_streaming_state_memory_bytes gauge
spark_streaming_state_memory_bytes{RUN,query="clicks"} 4096
)"},
    {"cost", collect_cost, R"(# TYPE spark_job_cost_total counter
spark_job_cost_total{RUN,component="driver",resource="cpu",currency="EUR"} 1
spark_job_cost_total{RUN,component="driver",resource="gpu",currency="EUR"} 0
spark_job_cost_total{RUN,component="driver",resource="memory",currency="EUR"} 0.5
spark_job_cost_total{RUN,component="executor",resource="cpu",currency="EUR"} 8
spark_job_cost_total{RUN,component="executor",resource="gpu",currency="EUR"} 0
spark_job_cost_total{RUN,component="executor",resource="memory",currency="EUR"} 2
# TYPE spark_job_cost_use_total counter
spark_job_cost_use_total{RUN,use="driver",currency="EUR"} 1.5
spark_job_cost_use_total{RUN,use="gc",currency="EUR"} 0.5
spark_job_cost_use_total{RUN,use="idle",currency="EUR"} 2
spark_job_cost_use_total{RUN,use="killed",currency="EUR"} 0
spark_job_cost_use_total{RUN,use="lingering",currency="EUR"} 0
spark_job_cost_use_total{RUN,use="speculation",currency="EUR"} 0
spark_job_cost_use_total{RUN,use="stage_retry",currency="EUR"} 0
spark_job_cost_use_total{RUN,use="starting",currency="EUR"} 0
spark_job_cost_use_total{RUN,use="task_failed",currency="EUR"} 0
spark_job_cost_use_total{RUN,use="task_ok",currency="EUR"} 6
spark_job_cost_use_total{RUN,use="unobserved",currency="EUR"} 0
# TYPE spark_job_cost_group_total counter
spark_job_cost_group_total{RUN,group="nightly",currency="EUR"} 4
spark_job_cost_group_total{RUN,group="other",currency="EUR"} 2.5
spark_job_cost_group_total{RUN,group="unattributed",currency="EUR"} 3.5
# TYPE spark_job_cost_unsettled gauge
spark_job_cost_unsettled{RUN,currency="EUR"} 1.5
# TYPE spark_job_cost_per_hour gauge
spark_job_cost_per_hour{RUN,currency="EUR"} 12.25
# TYPE spark_job_cost_projected gauge
spark_job_cost_projected{RUN,currency="EUR"} 20
# TYPE spark_job_cost_budget gauge
spark_job_cost_budget{RUN,currency="EUR"} 25
# TYPE spark_job_cost_memory_unused gauge
spark_job_cost_memory_unused{RUN,currency="EUR"} 0.75
# TYPE spark_price_per_hour gauge
spark_price_per_hour{RUN,resource="cpu",instance_type="m5.xlarge",capacity="spot",currency="EUR"} 0.02
spark_price_per_hour{RUN,resource="memory",instance_type="m5.xlarge",capacity="spot",currency="EUR"} 0.003
)"},
    {"backup", collect_backups, R"(# TYPE backup_runs_total counter
backup_runs_total{namespace="prod",backup="orders",outcome="succeeded"} 30
backup_runs_total{namespace="prod",backup="orders",outcome="failed"} 2
backup_runs_total{namespace="prod",backup="orders",outcome="unknown"} 1
# TYPE backup_last_success_timestamp_seconds gauge
backup_last_success_timestamp_seconds{namespace="prod",backup="orders"} 1500
# TYPE backup_last_attempt_timestamp_seconds gauge
backup_last_attempt_timestamp_seconds{namespace="prod",backup="orders"} 1900
# TYPE backup_last_attempt_success gauge
backup_last_attempt_success{namespace="prod",backup="orders"} 1
# TYPE backup_running_since_timestamp_seconds gauge
backup_running_since_timestamp_seconds{namespace="prod",backup="orders"} 1900
# TYPE backup_duration_seconds gauge
backup_duration_seconds{namespace="prod",backup="orders"} 300.5
# TYPE backup_size_bytes gauge
backup_size_bytes{namespace="prod",backup="orders"} 1000000000
# TYPE backup_data_timestamp_seconds gauge
backup_data_timestamp_seconds{namespace="prod",backup="orders"} 1200
# TYPE backup_unprotected_since_timestamp_seconds gauge
backup_unprotected_since_timestamp_seconds{namespace="prod",backup="orders"} 1300
# TYPE backup_rpo_target_seconds gauge
backup_rpo_target_seconds{namespace="prod",backup="orders"} 86400
# TYPE backup_rto_target_seconds gauge
backup_rto_target_seconds{namespace="prod",backup="orders"} 3600
# TYPE backup_suspended gauge
backup_suspended{namespace="prod",backup="orders"} 0
# TYPE backup_last_due_timestamp_seconds gauge
backup_last_due_timestamp_seconds{namespace="prod",backup="orders"} 1895
# TYPE backup_next_due_timestamp_seconds gauge
backup_next_due_timestamp_seconds{namespace="prod",backup="orders"} 2895
# TYPE backup_verification_timestamp_seconds gauge
backup_verification_timestamp_seconds{namespace="prod",backup="orders"} 1000
# TYPE backup_verification_success gauge
backup_verification_success{namespace="prod",backup="orders"} 1
# TYPE backup_restore_time_seconds gauge
backup_restore_time_seconds{namespace="prod",backup="orders"} 41.5
)"},
    {"sizing", collect_sizing, R"(# TYPE spark_job_recommended_executor_memory_bytes gauge
spark_job_recommended_executor_memory_bytes{RUN} 2147483648
# TYPE spark_job_recommended_executor_memory_overhead_bytes gauge
spark_job_recommended_executor_memory_overhead_bytes{RUN} 402653184
# TYPE spark_job_recommended_executor_cores gauge
spark_job_recommended_executor_cores{RUN} 2
# TYPE spark_job_recommended_executor_instances gauge
spark_job_recommended_executor_instances{RUN} 3
# TYPE spark_job_recommended_saving_ratio gauge
spark_job_recommended_saving_ratio{RUN} 0.4
)"},
    {"executors", collect_executors, R"(# TYPE spark_executors gauge
spark_executors{RUN,state="active"} 1
spark_executors{RUN,state="dead"} 0
spark_executors{RUN,state="excluded"} 0
# TYPE spark_executor_removals_total counter
spark_executor_removals_total{RUN,reason="decommissioned"} 0
spark_executor_removals_total{RUN,reason="disconnected"} 0
spark_executor_removals_total{RUN,reason="error"} 0
spark_executor_removals_total{RUN,reason="evicted"} 0
spark_executor_removals_total{RUN,reason="heartbeat_timeout"} 0
spark_executor_removals_total{RUN,reason="idle"} 0
spark_executor_removals_total{RUN,reason="java_heap_oom"} 0
spark_executor_removals_total{RUN,reason="killed"} 0
spark_executor_removals_total{RUN,reason="node_lost"} 0
spark_executor_removals_total{RUN,reason="oom_killed"} 0
spark_executor_removals_total{RUN,reason="stopped"} 0
spark_executor_removals_total{RUN,reason="unknown"} 0
# TYPE spark_executor_tasks_total counter
spark_executor_tasks_total{RUN,executor_id="1",outcome="completed"} 30
spark_executor_tasks_total{RUN,executor_id="1",outcome="failed"} 1
# TYPE spark_executor_task_time_seconds_total counter
spark_executor_task_time_seconds_total{RUN,executor_id="1"} 60.5
# TYPE spark_executor_input_bytes_total counter
spark_executor_input_bytes_total{RUN,executor_id="1"} 1000
# TYPE spark_executor_shuffle_read_bytes_total counter
spark_executor_shuffle_read_bytes_total{RUN,executor_id="1"} 2000
# TYPE spark_executor_shuffle_write_bytes_total counter
spark_executor_shuffle_write_bytes_total{RUN,executor_id="1"} 3000
# TYPE spark_executor_task_slots gauge
spark_executor_task_slots{RUN,executor_id="1"} 4
# TYPE spark_executor_tasks_active gauge
spark_executor_tasks_active{RUN,executor_id="1"} 2
# TYPE spark_executor_storage_memory_used_bytes gauge
spark_executor_storage_memory_used_bytes{RUN,executor_id="1"} 50
spark_executor_storage_memory_used_bytes{RUN,executor_id="driver"} 0
# TYPE spark_executor_storage_memory_max_bytes gauge
spark_executor_storage_memory_max_bytes{RUN,executor_id="1"} 500
spark_executor_storage_memory_max_bytes{RUN,executor_id="driver"} 0
# TYPE spark_executor_memory_peak_bytes gauge
spark_executor_memory_peak_bytes{RUN,executor_id="1",area="execution"} 113
spark_executor_memory_peak_bytes{RUN,executor_id="1",area="heap"} 11
spark_executor_memory_peak_bytes{RUN,executor_id="1",area="off_heap"} 12
spark_executor_memory_peak_bytes{RUN,executor_id="1",area="process"} 1500
spark_executor_memory_peak_bytes{RUN,executor_id="1",area="storage"} 214
spark_executor_memory_peak_bytes{RUN,executor_id="driver",area="execution"} 0
spark_executor_memory_peak_bytes{RUN,executor_id="driver",area="heap"} 0
spark_executor_memory_peak_bytes{RUN,executor_id="driver",area="off_heap"} 0
spark_executor_memory_peak_bytes{RUN,executor_id="driver",area="storage"} 0
# TYPE spark_executor_memory_limit_bytes gauge
spark_executor_memory_limit_bytes{RUN,executor_id="1"} 1476395008
)"},
};

class GoldenTest : public testing::TestWithParam<Golden> {};

TEST_P(GoldenTest, IsExact) {
  Scene scene;
  fill(scene);
  EXPECT_EQ(scene.text(GetParam().collect), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Collectors, GoldenTest, testing::ValuesIn(kGolden),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace spark_exporter::metrics
