"""Streaming queries. Only of drivers that live: a driver that ended is SparkJobFailed's."""
from .promql import RUN, added, span
from .rule import Group, Maker
from .sentences import ask

QUERY = RUN + ", query"


def group(table):
    make = Maker(table).alert
    of_query = '{{ $query := printf "%s,query=%q" $run $labels.query -}} '
    parts = {"QUERY": QUERY, "failed": added(QUERY, "spark_streaming_failures_total", table.query_window),
             # What the watermark should have gained, but for the lag that is allowed.
             "gain": table.watermark_window - table.behind_watermark, "window": span(table.watermark_window)}
    last = ask("time() - max(spark_streaming_last_batch_timestamp_seconds{%s})",
               " Its last good batch ended {{ . | value | humanizeDuration }} ago.", " No batch of it has ended well.",
               "$query")
    return Group("spark-streaming", [
        make("SparkStreamingBehind", "warning", """
            max by (@QUERY) (spark_streaming_input_rows_per_second)
            > on (@QUERY) @behind_ratio * max by (@QUERY) (spark_streaming_processing_rows_per_second)
            or on (@QUERY)
            max by (@QUERY) (spark_streaming_batch_duration_seconds)
            > on (@QUERY) @behind_ratio * max by (@QUERY) (spark_streaming_trigger_interval_seconds)
            or on (@QUERY)
            max by (@QUERY) (spark_streaming_input_rows_per_second) > 0
            and on (@QUERY)
              time() - max by (@QUERY) (spark_streaming_last_batch_timestamp_seconds) > @behind_silence
            or on (@QUERY)
            max by (@QUERY) (spark_streaming_input_rows_per_second) > 0
            and on (@QUERY)
              max by (@QUERY) (
                spark_streaming_watermark_timestamp_seconds
                - spark_streaming_watermark_timestamp_seconds offset @window
              ) < @gain
            """,
             "A streaming query falls behind its input.", """
            @set_run @set_job @of_query Query {{ $labels.query }} of job @name@owner falls
            behind.@arrives@processes@batch@last@watermark@executors@per_hour@log
            """, "streaming-behind", "spark-job-run", parts, {
                "of_query": of_query, "last": last,
                "arrives": ask("max(spark_streaming_input_rows_per_second{%s})",
                               ' {{ . | value | printf "%.0f" }} rows arrive each second', scope="$query"),
                "processes": ask("max(spark_streaming_processing_rows_per_second{%s})",
                                 ', {{ . | value | printf "%.0f" }} are processed.', scope="$query"),
                "batch": ask("max(spark_streaming_batch_duration_seconds{%s})",
                             " Its last batch took {{ . | value | humanizeDuration }}.", scope="$query"),
                "watermark": ask("time() - max(spark_streaming_watermark_timestamp_seconds{%s})",
                                 " Its watermark is {{ . | value | humanizeDuration }} old.", scope="$query"),
                "executors": ask("max(spark_executors{%s,state='active'})", " The job holds {{ . | value }} executors.")},
             keys=("namespace", "app", "app_id", "query")),

        make("SparkStreamingQueryFailed", "critical", """
            @failed > 0
            and on (@RUN) max by (@RUN) (spark_app_jobs_active)
            unless on (@QUERY)
              time() - max by (@QUERY) (spark_streaming_last_batch_timestamp_seconds) < @query_silence
            """,
             "A streaming query failed and its driver lives on without it.", """
            @set_run @set_job @of_query Query {{ $labels.query }} of job @name@owner has failed {{ $value }}
            time{{ if gt $value 1.0 }}s{{ end }} in the last @query_window.words, and no good batch followed: nothing of its
            input is processed until it is started again.@last The driver lives on, so no other alert
            tells.@runs_since@per_hour Do not delete the checkpoint.@log
            """, "streaming-query-failed", "spark-job-run", parts, {"of_query": of_query, "last": last},
             keys=("namespace", "app", "app_id", "query")),
    ])
