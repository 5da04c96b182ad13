"""Alerts about streaming queries."""
from case import Case, Fires

INFO = """
    spark_job_info{@run,kind="streaming",driver_pod="clicks-driver",node="n1",team="web"} 1x400
    spark_job_start_timestamp_seconds{@run} 0x400
"""
Q = {"query": "clicks"}
OF = '{@run,query="clicks"}'

CASES = [
    Case("SparkStreamingBehind", "rows arrive faster than they are processed", INFO + f"""
        spark_streaming_input_rows_per_second{OF} 500x3 1120x100
        spark_streaming_processing_rows_per_second{OF} 1000x103
        spark_streaming_batch_duration_seconds{OF} 9x103
        spark_streaming_trigger_interval_seconds{OF} 10x103
        spark_streaming_last_batch_timestamp_seconds{OF} 0+60x103
        spark_executors{{@run,state="active"}} 4x103
        """,
         [Fires("19m", labels=Q, says=
                "Query clicks of job etl/sales of team web falls behind. 1120 rows arrive each second, 1000 are "
                "processed. Its last batch took 9s. Its last good batch ended 0s ago. The job holds 4 executors. Its"
                " log: kubectl -n etl logs clicks-driver -c spark-kubernetes-driver.")], ("18m",)),
    Case("SparkStreamingBehind", "batches take longer than their interval", f"""
        spark_streaming_batch_duration_seconds{OF} 11.2x100
        spark_streaming_trigger_interval_seconds{OF} 10x100
        """,
         [Fires("15m", labels=Q, says=
                "Query clicks of job etl/sales falls behind. Its last batch took 11.2s. No batch of it has ended "
                "well. Which pod its driver is in is not known; the dashboard leads to its log.")], ("14m",)),
    Case("SparkStreamingBehind", "no batch ends although rows arrive", f"""
        spark_streaming_input_rows_per_second{OF} 500x100
        spark_streaming_processing_rows_per_second{OF} 1000x100
        spark_streaming_last_batch_timestamp_seconds{OF} 60x100
        """,
         [Fires("27m", labels=Q, says=
                "Query clicks of job etl/sales falls behind. 500 rows arrive each second, 1000 are processed. Its "
                "last good batch ended 26m 0s ago. Which pod its driver is in is not known; the dashboard leads to "
                "its log.")], ("26m",)),
    Case("SparkStreamingBehind", "its watermark falls back more than ten minutes in half an hour; a query of the same name that "
         "ended has none", f"""
        spark_streaming_input_rows_per_second{OF} 500x100
        spark_streaming_processing_rows_per_second{OF} 1000x100
        spark_streaming_last_batch_timestamp_seconds{OF} 0+60x100
        spark_streaming_watermark_timestamp_seconds{OF} 0+39.8x100
        """,
         [Fires("46m", labels=Q, says=
                "Query clicks of job etl/sales falls behind. 500 rows arrive each second, 1000 are processed. Its "
                "last good batch ended 0s ago. Its watermark is 15m 29s old. Which pod its driver is in is not "
                "known; the dashboard leads to its log.")], ("44m",)),
    Case("SparkStreamingBehind", "all at their limits; catching up; idle", f"""
        spark_streaming_input_rows_per_second{OF} 1100x100
        spark_streaming_processing_rows_per_second{OF} 1000x100
        spark_streaming_batch_duration_seconds{OF} 11x100
        spark_streaming_trigger_interval_seconds{OF} 10x100
        spark_streaming_last_batch_timestamp_seconds{OF} -600+60x100
        spark_streaming_watermark_timestamp_seconds{OF} 0+40x100
        spark_streaming_input_rows_per_second{{@run,query="late"}} 900x100
        spark_streaming_processing_rows_per_second{{@run,query="late"}} 1000x100
        spark_streaming_last_batch_timestamp_seconds{{@run,query="late"}} 0+60x100
        spark_streaming_watermark_timestamp_seconds{{@run,query="late"}} -90000+600x100
        spark_streaming_input_rows_per_second{{@run,query="idle"}} 0x100
        spark_streaming_processing_rows_per_second{{@run,query="idle"}} 0x100
        spark_streaming_last_batch_timestamp_seconds{{@run,query="idle"}} 0x100
        spark_streaming_watermark_timestamp_seconds{{@run,query="idle"}} 0x100
        """,
         silent=("16m", "30m", "46m", "60m", "90m")),
    Case("SparkStreamingQueryFailed", "it failed, and its driver lives on", INFO + f"""
        spark_streaming_failures_total{OF} 0x10 1x400
        spark_streaming_last_batch_timestamp_seconds{OF} 540x400
        spark_app_jobs_active{{@run}} 0x410
        spark_job_cost_per_hour{{@run,currency="USD"}} 2x410
        """,
         [Fires("16m", labels=Q, says=
                "Query clicks of job etl/sales of team web has failed 1 time in the last 6 hours, and no good batch "
                "followed: nothing of its input is processed until it is started again. Its last good batch ended 7m"
                " 0s ago. The driver lives on, so no other alert tells. It has been running for 16m 0s. It costs "
                "2.00 USD an hour. Do not delete the checkpoint. Its log: kubectl -n etl logs clicks-driver -c "
                "spark-kubernetes-driver."), Fires("369m", labels=Q, says=
                "Query clicks of job etl/sales of team web has failed 1 time in the last 6 hours, and no good batch "
                "followed: nothing of its input is processed until it is started again. Its last good batch ended 6h"
                " 0m 0s ago. The driver lives on, so no other alert tells. It has been running for 6h 9m 0s. It "
                "costs 2.00 USD an hour. Do not delete the checkpoint. Its log: kubectl -n etl logs clicks-driver -c"
                " spark-kubernetes-driver.")], ("10m", "15m", "372m")),
    Case("SparkStreamingQueryFailed", "it failed before we first saw it, and never had a good batch", f"""
        spark_streaming_failures_total{OF} 2x100
        spark_app_jobs_active{{@run}} 0x100
        """,
         [Fires("2m", labels=Q, says=
                "Query clicks of job etl/sales has failed 2 times in the last 6 hours, and no good batch followed: "
                "nothing of its input is processed until it is started again. No batch of it has ended well. The "
                "driver lives on, so no other alert tells. Do not delete the checkpoint. Which pod its driver is in "
                "is not known; the dashboard leads to its log.")], ("1m",)),
    Case("SparkStreamingQueryFailed", "started again and working; its driver ended, which is SparkJobFailed's; none failed", f"""
        spark_streaming_failures_total{OF} 0x10 1x100
        spark_streaming_last_batch_timestamp_seconds{OF} 0+60x110
        spark_app_jobs_active{{@run}} 0x110
        spark_streaming_failures_total{{namespace="etl",app="gone",app_id="g",query="q"}} 0x10 1x3 stale
        spark_streaming_last_batch_timestamp_seconds{{namespace="etl",app="gone",app_id="g",query="q"}} 0x13 stale
        spark_app_jobs_active{{namespace="etl",app="gone",app_id="g"}} 0x11 stale
        spark_streaming_failures_total{{namespace="etl",app="idle",app_id="i",query="q"}} 0x100
        spark_streaming_last_batch_timestamp_seconds{{namespace="etl",app="idle",app_id="i",query="q"}} 0x100
        spark_app_jobs_active{{namespace="etl",app="idle",app_id="i"}} 0x100
        """,
         silent=("11m", "13m", "15m", "30m", "90m")),
]
