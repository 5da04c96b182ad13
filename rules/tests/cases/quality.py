"""Alerts about data."""
from case import DATA, Case, Fires

INFO = """
    spark_job_info{@run,kind="batch",driver_pod="sales-driver",team="finance",owner="ann"} 1x400
    spark_job_start_timestamp_seconds{@run} 0x400
    spark_job_state{@run,state="running"} 1x400
"""

CASES = [
    Case("DataQualityFailed", "two of forty checks failed", INFO + """
        data_quality_last_validation_success{@data} 1x5 0x100
        data_quality_checks{@data,outcome="passed"} 40x5 38x100
        data_quality_checks{@data,outcome="failed"} 0x5 2x100
        data_quality_score{@data} 1x5 0.95x100
        data_quality_rows{@data} 1200000x105
        data_quality_last_validation_timestamp_seconds{@data} 0x5 300x100
        data_quality_latest_data_timestamp_seconds{@data} -3600x105
        spark_job_next_run_timestamp_seconds{@job} 86400x105
        """,
         [Fires("7m", says=
                "Dataset orders, written by job etl/sales of team finance (owner ann), did not pass its checks "
                "(suite nightly): 2 of them failed. Its score is 95%. It was last checked 2m 0s ago. It has 1.2M "
                "rows. Its newest row is 1h 7m 0s old. A run of it is running. The next run is due in 23h 53m 0s. "
                "Whatever reads it reads bad data. The log of its newest run: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("5m", "6m"), about=dict(DATA)),
    Case("DataQualityFailed", "nothing else is known", """
        data_quality_last_validation_success{@data} 0x10
        """,
         [Fires("1m", says=
                "Dataset orders, written by job etl/sales, did not pass its checks (suite nightly). It was never "
                "checked. No run of it lives. When it runs next is not known. Whatever reads it reads bad data.")], about=dict(DATA)),
    Case("DataQualityFailed", "it passed; it failed and was mended; two scrapes of one", """
        data_quality_last_validation_success{@data} 1x20
        data_quality_last_validation_success{namespace="etl",app="sales",dataset="mended",suite="nightly"} 0 1x20
        data_quality_score{@data} 0.5x20
        """,
         silent=("1m", "6m", "10m"), about=dict(DATA)),

    Case("DataQualityStale", "its newest row is older than a day and two hours", INFO + """
        data_quality_latest_data_timestamp_seconds{@data} -93540x400
        data_quality_last_validation_timestamp_seconds{@data} 0x400
        spark_job_last_success_timestamp_seconds{@job} 0x400
        """,
         [Fires("7m", says=
                "Dataset orders, written by job etl/sales of team finance (owner ann), is stale (suite nightly). Its"
                " newest row is 1d 2h 6m 0s old. It was last checked 7m 0s ago. The last good run ended 7m 0s ago. A"
                " run of it is running. When it runs next is not known. The log of its newest run: kubectl -n etl "
                "logs sales-driver -c spark-kubernetes-driver.")], ("1m", "6m"), about=dict(DATA)),
    Case("DataQualityStale", "the job wrote, and nobody has looked at it for an hour", """
        data_quality_latest_data_timestamp_seconds{@data} 0x400
        data_quality_last_validation_timestamp_seconds{@data} -3630x400
        spark_job_last_success_timestamp_seconds{@job} 0x400
        """,
         [Fires("5m", says=
                "Dataset orders, written by job etl/sales, is stale (suite nightly). Its newest row is 5m 0s old. It"
                " was last checked 1h 5m 30s ago. The last good run ended 5m 0s ago. No run of it lives. When it "
                "runs next is not known.")], ("4m",), about=dict(DATA)),
    Case("DataQualityStale", "fresh; checked within the hour; the job has not written since", """
        data_quality_latest_data_timestamp_seconds{@data} -91800x29
        data_quality_last_validation_timestamp_seconds{@data} -3600x400
        spark_job_last_success_timestamp_seconds{@job} 0x400
        data_quality_last_validation_timestamp_seconds{namespace="etl",app="rests",dataset="d",suite="s"} -90000x400
        spark_job_last_success_timestamp_seconds{namespace="etl",app="rests"} -90060x400
        data_quality_last_validation_timestamp_seconds{namespace="etl",app="sales",dataset="d",suite="spark_writes"} -90000x400
        """,
         silent=("6m", "30m", "34m", "120m"), about=dict(DATA)),

    Case("DataQualityQuarantineGrowing", "more than three times as many as a day of the last week", INFO + """
        data_quality_quarantined_rows_total{@data} 0+10x192 1920+31x200
        data_quality_rows{@data} 50000x392
        data_quality_last_validation_timestamp_seconds{@data} 0+3600x392
        spark_job_last_success_timestamp_seconds{@job} 0+3600x392
        """,
         [Fires("218h", says=
                "744 rows of dataset orders, written by job etl/sales of team finance (owner ann), were put aside in"
                " the last day (suite nightly), against 240 a day before that. It has 50k rows. What is published is"
                " right and not complete. It was last checked 0s ago. The last good run ended 0s ago. When it runs "
                "next is not known. The log of its newest run: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("192h", "217h", "300h"), step="1h", about=dict(DATA)),
    Case("DataQualityQuarantineGrowing", "usual is the mean of seven days: neither of half of them, nor of fourteen", """
        data_quality_quarantined_rows_total{namespace="etl",app="half",dataset="d",suite="s"} 0+20x264 5280+2x72 5424+20x50
        data_quality_quarantined_rows_total{@data} 0+100x168 16800+10x168 18480+42x50
        """,
         [Fires("364h", says=
                "1.008k rows of dataset orders, written by job etl/sales, were put aside in the last day (suite "
                "nightly), against 238.6 a day before that. What is published is right and not complete. It was "
                "never checked. No good run of it is known. When it runs next is not known.")], ("335h",), step="1h", about=dict(DATA)),
    Case("DataQualityQuarantineGrowing", "the first ones ever", """
        data_quality_quarantined_rows_total{@data} 0x5 101x20
        """,
         [Fires("11m", says=
                "101 rows of dataset orders, written by job etl/sales, were put aside in the last day (suite "
                "nightly). What is published is right and not complete. It was never checked. No good run of it is "
                "known. When it runs next is not known.")], ("5m", "10m"), about=dict(DATA)),
    Case("DataQualityQuarantineGrowing", "as ever; a hundred; three times exactly", """
        data_quality_quarantined_rows_total{@data} 0+1000x400
        data_quality_quarantined_rows_total{namespace="etl",app="few",dataset="d",suite="s"} 0x200 100x200
        data_quality_quarantined_rows_total{namespace="etl",app="just",dataset="d",suite="s"} 0+10x192 1920+30x200
        """,
         silent=("200h", "217h", "300h", "390h"), step="1h", about=dict(DATA)),
]
