"""Alerts about what becomes of jobs and runs."""
from case import JOB, Case, Fires

INFO = """
    spark_job_info{@run,kind="batch",driver_pod="sales-driver",node="n1",team="finance",owner="ann"} 1x400
"""
STREAM = """
    spark_job_info{@run,kind="streaming",driver_pod="sales-driver"} 1x400
"""
SERVER = """
    spark_job_info{@run,kind="server",driver_pod="sales-driver"} 1x400
"""
STARTED = """
    spark_job_start_timestamp_seconds{@run} 0x400
    spark_job_state{@run,state="running"} 1x400
"""
DRIVER, EXECUTOR = {"component": "driver"}, {"component": "executor"}

CASES = [
    # --- pending -------------------------------------------------------------------------------------------------
    Case("SparkJobPending", "the driver waits for fifteen minutes", INFO + """
        spark_job_state{@run,state="pending"} 1x60
        spark_job_state{@run,state="running"} 0x60
        spark_job_pods_waiting{@run,component="driver",reason="Unschedulable"} 1x60
        spark_job_pods_waiting{@run,component="driver",reason="ImagePull"} 0x60
        spark_job_submission_timestamp_seconds{@run} -60x60
        spark_job_deadline_timestamp_seconds{@job} 7200x60
        """,
         [Fires("15m", labels=DRIVER, says=
                "Job etl/sales of team finance (owner ann) does no work: its driver does not run. Waiting now: 1 "
                "driver (Unschedulable). It was submitted 16m 0s ago. Its deadline is in 1h 45m 0s. Its log: kubectl "
                "-n etl logs sales-driver -c spark-kubernetes-driver.")], ("14m",)),
    Case("SparkJobPending", "no executor runs although two are wanted; what never heals is said", INFO + """
        spark_job_state{@run,state="pending"} 0x60
        spark_job_state{@run,state="running"} 1x60
        spark_job_pods_waiting{@run,component="executor",reason="ImagePull"} 2x60
        spark_job_pods_waiting{@run,component="driver",reason="ImagePull"} 0x60
        spark_job_pods{@run,component="executor",phase="pending"} 2x60
        spark_job_pods{@run,component="executor",phase="running"} 0x60
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="USD"} 0+0.01x60
        """,
         [Fires("15m", labels=EXECUTOR, says=
                "Job etl/sales of team finance (owner ann) does no work: no executor of it runs. Waiting now: 2 "
                "executors (ImagePull). ImagePull does not heal by itself. It has cost 0.15 USD so far. Its log: "
                "kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("14m",)),
    Case("SparkJobPending", "submitted, and its driver was never created; told by two at once, whatever the reason is", """
        spark_job_state{namespace="etl",app="sales",state="pending"} 1x60
        spark_job_state{namespace="etl",app="sales",state="pending",pod="observer-2"} 1x60
        """,
         [Fires("20m", labels=DRIVER, says=
                "Job etl/sales does no work: its driver does not run. Kubernetes gives no reason; perhaps its pod was"
                " never created. Which pod its driver is in is not known; the dashboard leads to its log.")], about=dict(JOB)),
    Case("SparkJobPending", "executors wait while others run; and a wait that ends in time", """
        spark_job_state{@run,state="pending"} 1x14 0x60
        spark_job_state{@run,state="running"} 0x14 1x60
        spark_job_pods_waiting{@run,component="executor",reason="Quota"} 3x80
        spark_job_pods{@run,component="executor",phase="running"} 0x10 1x60
        """,
         silent=("14m", "15m", "20m", "40m")),

    # --- progress ------------------------------------------------------------------------------------------------
    Case("SparkJobNoProgress", "nothing has ended for thirty minutes, and five more", INFO + STARTED + """
        spark_job_last_progress_timestamp_seconds{@run} 600x400
        spark_app_jobs_active{@run} 1x400
        spark_app_tasks_active{@run} 2x400
        spark_app_tasks_pending{@run} 14x400
        spark_job_cost_per_hour{@run,currency="USD"} 1.5x400
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="USD"} 0+0.025x400
        """,
         [Fires("46m", says=
                "Job etl/sales of team finance (owner ann) has work open, and no task, stage or job of it has ended "
                "for 36m 0s. Tasks running now: 2, waiting: 14. It has been running for 46m 0s. It has cost 1.15 USD "
                "so far. It costs 1.50 USD an hour. Its log: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("40m", "45m")),
    Case("SparkJobNoProgress", "not even the first task has ended; a batch of a stream counts too", STREAM + STARTED + """
        spark_app_jobs_active{@run} 1x400
        """,
         [Fires("36m", says=
                "Job etl/sales has work open, and no task, stage or job of it has ended for 36m 0s. It has been "
                "running for 36m 0s. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("35m",)),
    Case("SparkJobNoProgress", "a server waits for people", SERVER + STARTED + """
        spark_job_last_progress_timestamp_seconds{@run} 0x400
        spark_app_jobs_active{@run} 1x400
        """,
         silent=("60m", "90m")),
    Case("SparkJobNoProgress", "that it is a server is remembered for an hour", STARTED + """
        spark_job_info{@run,kind="server"} 1x10 stale
        spark_app_jobs_active{@run} 1x400
        """,
         [Fires("76m", says=
                "Job etl/sales has work open, and no task, stage or job of it has ended for 1h 16m 0s. It has been "
                "running for 1h 16m 0s. Which pod its driver is in is not known; the dashboard leads to its log.")], ("74m",)),
    Case("SparkJobNoProgress", "no job is open; tasks end; all executors wait, which SparkJobPending says", """
        spark_job_last_progress_timestamp_seconds{namespace="etl",app="idle",app_id="a"} 0x400
        spark_app_jobs_active{namespace="etl",app="idle",app_id="a"} 0x400
        spark_job_last_progress_timestamp_seconds{namespace="etl",app="busy",app_id="b"} 0+60x400
        spark_app_jobs_active{namespace="etl",app="busy",app_id="b"} 1x400
        spark_job_last_progress_timestamp_seconds{@run} 0x400
        spark_app_jobs_active{@run} 1x400
        spark_job_pods_waiting{@run,component="executor",reason="Unschedulable"} 1x400
        spark_job_pods{@run,component="executor",phase="running"} 0x400
        """,
         silent=("36m", "60m", "90m")),
    Case("SparkZombieDriver", "all jobs ended thirty minutes ago, and five more; scraped twice", INFO + STARTED + """
        spark_job_last_progress_timestamp_seconds{@run,pod="a"} 600x400
        spark_job_last_progress_timestamp_seconds{@run,pod="b"} 600x400
        spark_app_jobs_active{@run,pod="a"} 0x400
        spark_app_jobs_active{@run,pod="b"} 0x400
        spark_job_cost_per_hour{@run,currency="USD",pod="a"} 1.5x400
        spark_job_cost_per_hour{@run,currency="USD",pod="b"} 1.5x400
        spark_job_next_run_timestamp_seconds{@job} 7200x400
        """,
         [Fires("46m", says=
                "Job etl/sales of team finance (owner ann) ended its last Spark job 36m 0s ago, and its driver does "
                "not end. It has been running for 46m 0s. It costs 1.50 USD an hour. The next run is due in 1h 14m "
                "0s. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("40m", "45m")),
    Case("SparkZombieDriver", "a stream without input and a server are no zombies", STREAM + """
        spark_job_last_progress_timestamp_seconds{@run} 0x400
        spark_app_jobs_active{@run} 0x400
        spark_job_info{namespace="etl",app="thrift",app_id="t",kind="server"} 1x400
        spark_job_last_progress_timestamp_seconds{namespace="etl",app="thrift",app_id="t"} 0x400
        spark_app_jobs_active{namespace="etl",app="thrift",app_id="t"} 0x400
        """,
         silent=("36m", "60m", "90m")),
    Case("SparkZombieDriver", "a stream of which no observer tells the kind; work goes on; one that was told an hour ago", """
        spark_streaming_batches_total{@run,query="q"} 5x400
        spark_job_last_progress_timestamp_seconds{@run} 0x400
        spark_app_jobs_active{@run} 0x400
        spark_job_last_progress_timestamp_seconds{namespace="etl",app="busy",app_id="b"} 0x400
        spark_app_jobs_active{namespace="etl",app="busy",app_id="b"} 1x400
        spark_job_info{namespace="etl",app="thrift",app_id="t",kind="server"} 1x10 stale
        spark_job_last_progress_timestamp_seconds{namespace="etl",app="thrift",app_id="t"} 0x400
        spark_app_jobs_active{namespace="etl",app="thrift",app_id="t"} 0x400
        """,
         silent=("36m", "60m", "69m")),
    Case("SparkZombieDriver", "what was once told of the kind is forgotten after an hour", """
        spark_job_info{@run,kind="server"} 1x10 stale
        spark_job_last_progress_timestamp_seconds{@run} 0x400
        spark_app_jobs_active{@run} 0x400
        """,
         [Fires("76m", says=
                "Job etl/sales ended its last Spark job 1h 16m 0s ago, and its driver does not end. Which pod its "
                "driver is in is not known; the dashboard leads to its log.")], ("74m",)),

    # --- unknown -------------------------------------------------------------------------------------------------
    Case("SparkJobOutcomeUnknown", "over, and nobody can tell for ten minutes", INFO + """
        spark_job_state{@run,state="unknown"} 0x5 1x60
        spark_job_state{@run,state="running"} 1x5 0x60
        spark_app_jobs_active{@run} 1x5 stale
        spark_job_last_success_timestamp_seconds{@job} -3600x60
        """,
         [Fires("16m", says=
                "Job etl/sales of team finance (owner ann) has a run that is over, and neither Kubernetes nor its "
                "exporter can tell how it ended. SparkJobFailed cannot fire for it: take it for failed until you have"
                " seen its output. The last good run ended 1h 16m 0s ago. When it runs next is not known. Its log: "
                "kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("15m",)),
    Case("SparkJobOutcomeUnknown", "the driver answers still; client mode has no driver pod", """
        spark_job_state{@run,state="unknown"} 1x60
        spark_job_info{@run,kind="batch",driver_pod="sales-driver"} 1x60
        spark_app_jobs_active{@run} 0x60
        spark_job_state{namespace="etl",app="client",app_id="c",state="unknown"} 1x60
        spark_job_info{namespace="etl",app="client",app_id="c",kind="batch"} 1x60
        """,
         silent=("11m", "30m", "60m")),

    # --- schedule ------------------------------------------------------------------------------------------------
    Case("SparkJobRunMissed", "due, and nothing has begun for half an hour", INFO + """
        spark_job_last_due_timestamp_seconds{@job} -82800x59 3600x200
        spark_job_next_run_timestamp_seconds{@job} 3600x59 90000x200
        spark_job_last_success_timestamp_seconds{@job} -80000x300
        spark_job_deadline_timestamp_seconds{@job} -72000x59 14400x200
        spark_job_state{@run,state="succeeded"} 1x300
        spark_job_start_timestamp_seconds{@run} -82000x300
        """,
         [Fires("96m", says=
                "Job etl/sales of team finance (owner ann) was due 36m 0s ago; no run of it has succeeded or failed "
                "since, nor is one under way. The last good run ended 23h 49m 20s ago. The next run is due in 23h "
                "24m 0s. Its deadline is in 2h 24m 0s. What did not begin has no log: look at its schedule first.")], ("55m", "90m", "95m"), about=dict(JOB)),
    Case("SparkJobRunMissed", "the run before still lives and keeps this one away", INFO + """
        spark_job_last_due_timestamp_seconds{@job} 3600x200
        spark_job_last_success_timestamp_seconds{@job} -80000x200
        spark_job_state{@run,state="running"} 1x200
        spark_job_start_timestamp_seconds{@run} 0x200
        """,
         [Fires("96m", says=
                "Job etl/sales of team finance (owner ann) was due 36m 0s ago; no run of it has succeeded or failed "
                "since, nor is one under way. An earlier run is still running and may keep it away. The last good "
                "run ended 23h 49m 20s ago. When it runs next is not known. What did not begin has no log: look at "
                "its schedule first.")], ("95m",), about=dict(JOB)),
    Case("SparkJobRunMissed", "it began a minute too early, succeeded, failed, or waits for its driver", """
        spark_job_last_due_timestamp_seconds{@job} 3600x200
        spark_job_state{@run,state="running"} 1x200
        spark_job_start_timestamp_seconds{@run} 3542x200
        spark_job_last_due_timestamp_seconds{namespace="etl",app="good"} 3600x200
        spark_job_last_success_timestamp_seconds{namespace="etl",app="good"} 3542x200
        spark_job_last_due_timestamp_seconds{namespace="etl",app="bad"} 3600x200
        spark_job_last_failure_timestamp_seconds{namespace="etl",app="bad"} 3542x200
        spark_job_last_due_timestamp_seconds{namespace="etl",app="waits"} 3600x200
        spark_job_state{namespace="etl",app="waits",state="pending"} 1x200
        spark_job_submission_timestamp_seconds{namespace="etl",app="waits"} 3605x200
        """,
         silent=("96m", "120m")),
    Case("SparkJobRunMissed", "more than a minute too early was another run; a run that was cancelled is no success", """
        spark_job_last_due_timestamp_seconds{@job} 3600x200
        spark_job_state{@run,state="running"} 1x200
        spark_job_start_timestamp_seconds{@run} 3539x200
        spark_job_last_due_timestamp_seconds{namespace="etl",app="gone"} 3600x200
        spark_job_state{namespace="etl",app="gone",app_id="g",state="cancelled"} 1x200
        spark_job_start_timestamp_seconds{namespace="etl",app="gone",app_id="g"} 3605x200
        """,
         [Fires("96m", says=
                "Job etl/sales was due 36m 0s ago; no run of it has succeeded or failed since, nor is one under way."
                " An earlier run is still running and may keep it away. No good run of it is known. When it runs "
                "next is not known. What did not begin has no log: look at its schedule first."), Fires("96m", labels={"app": "gone"}, says=
                "Job etl/gone was due 36m 0s ago; no run of it has succeeded or failed since, nor is one under way. "
                "No good run of it is known. When it runs next is not known. What did not begin has no log: look at "
                "its schedule first.")], about=dict(JOB)),

    # --- deadline ------------------------------------------------------------------------------------------------
    Case("SparkJobDeadlineAtRisk", "it began so late that by its history it cannot be done in time", INFO + STARTED + """
        spark_job_last_due_timestamp_seconds{@job} 0x400
        spark_job_deadline_timestamp_seconds{@job} 7200x400
        spark_job_baseline_duration_seconds{@job} 7260x400
        spark_job_baseline_runs{@job} 3x400
        spark_job_last_success_timestamp_seconds{@job} -80000x400
        """,
         [Fires("5m", says=
                "Job etl/sales of team finance (owner ann) must be done in 1h 55m 0s, and by what it usually takes it"
                " will not be. It usually takes 2h 1m 0s. The present run began 5m 0s ago. The last good run ended "
                "22h 18m 20s ago. The log of its newest run: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("4m", "125m"), about=dict(JOB)),
    Case("SparkJobDeadlineAtRisk", "nothing has begun, and there is no more time for it", """
        spark_job_last_due_timestamp_seconds{@job} 0x400
        spark_job_deadline_timestamp_seconds{@job} 7200x400
        spark_job_baseline_duration_seconds{@job} 3600x400
        spark_job_baseline_runs{@job} 5x400
        """,
         [Fires("66m", says=
                "Job etl/sales must be done in 54m 0s, and by what it usually takes it will not be. It usually takes "
                "1h 0m 0s. No run of it has begun. No good run of it is known.")], ("60m", "65m"), about=dict(JOB)),
    Case("SparkJobDeadlineAtRisk", "it has taken longer than it should, and a tenth of the usual time is left", STARTED + """
        spark_job_last_due_timestamp_seconds{@job} 0x400
        spark_job_deadline_timestamp_seconds{@job} 7195x400
        spark_job_last_due_timestamp_seconds{namespace="etl",app="later"} 0x400
        spark_job_state{namespace="etl",app="later",app_id="l",state="running"} 1x400
        spark_job_start_timestamp_seconds{namespace="etl",app="later",app_id="l"} 0x400
        spark_job_deadline_timestamp_seconds{namespace="etl",app="later"} 7205x400
        spark_job_baseline_duration_seconds{namespace="etl",app="later"} 6000x400
        spark_job_baseline_runs{namespace="etl",app="later"} 5x400
        spark_job_baseline_duration_seconds{@job} 6000x400
        spark_job_baseline_runs{@job} 5x400
        """,
         [Fires("115m", says=
                "Job etl/sales must be done in 4m 55s, and by what it usually takes it will not be. It usually takes"
                " 1h 40m 0s. The present run began 1h 55m 0s ago. No good run of it is known.")], ("60m", "110m", "114m"), about=dict(JOB)),
    Case("SparkJobDeadlineAtRisk", "in time; already done; too few runs to know; no deadline; over", STARTED + """
        spark_job_last_due_timestamp_seconds{@job} 0x400
        spark_job_deadline_timestamp_seconds{@job} 3600x400
        spark_job_baseline_duration_seconds{@job} 7200x400
        spark_job_baseline_runs{@job} 2x400
        spark_job_last_due_timestamp_seconds{namespace="etl",app="done"} 0x400
        spark_job_last_success_timestamp_seconds{namespace="etl",app="done"} 0x400
        spark_job_deadline_timestamp_seconds{namespace="etl",app="done"} 3600x400
        spark_job_baseline_duration_seconds{namespace="etl",app="done"} 7200x400
        spark_job_baseline_runs{namespace="etl",app="done"} 5x400
        spark_job_last_due_timestamp_seconds{namespace="etl",app="fast"} 0x400
        spark_job_state{namespace="etl",app="fast",app_id="f",state="running"} 1x400
        spark_job_start_timestamp_seconds{namespace="etl",app="fast",app_id="f"} 0x400
        spark_job_deadline_timestamp_seconds{namespace="etl",app="fast"} 3600x400
        spark_job_baseline_duration_seconds{namespace="etl",app="fast"} 3600x400
        spark_job_baseline_runs{namespace="etl",app="fast"} 5x400
        spark_job_last_due_timestamp_seconds{namespace="etl",app="free"} 0x400
        spark_job_baseline_duration_seconds{namespace="etl",app="free"} 7200x400
        spark_job_baseline_runs{namespace="etl",app="free"} 5x400
        """,
         silent=("5m", "20m", "53m", "70m")),
    Case("SparkJobDeadlineMissed", "the deadline is over and nothing has ended well since it was due", INFO + """
        spark_job_last_due_timestamp_seconds{@job} 0x400
        spark_job_deadline_timestamp_seconds{@job} 3600x400
        spark_job_last_success_timestamp_seconds{@job} -80000x400
        spark_job_consecutive_failures{@job} 2x400
        spark_job_state{@run,state="retrying"} 1x400
        spark_job_start_timestamp_seconds{@run} 1200x400
        """,
         [Fires("62m", says=
                "Job etl/sales of team finance (owner ann) should have been done 2m 0s ago, and no run of it has "
                "ended well since it was due. A run of it is retrying. It has failed 2 times in a row. The last good "
                "run ended 23h 15m 20s ago. When it runs next is not known. The log of its newest run: kubectl -n etl"
                " logs sales-driver -c spark-kubernetes-driver.")], ("60m", "61m"), about=dict(JOB)),
    Case("SparkJobDeadlineMissed", "it never ran, and never ended well", """
        spark_job_last_due_timestamp_seconds{@job} 0x400
        spark_job_deadline_timestamp_seconds{@job} 3600x400
        """,
         [Fires("62m", says=
                "Job etl/sales should have been done 2m 0s ago, and no run of it has ended well since it was due. No "
                "run of it lives. No good run of it is known. When it runs next is not known.")], about=dict(JOB)),
    Case("SparkJobDeadlineMissed", "done in time; done at last", """
        spark_job_last_due_timestamp_seconds{@job} 0x400
        spark_job_deadline_timestamp_seconds{@job} 3600x400
        spark_job_last_success_timestamp_seconds{@job} 0x400
        spark_job_last_due_timestamp_seconds{namespace="etl",app="late"} 0x400
        spark_job_deadline_timestamp_seconds{namespace="etl",app="late"} 3600x400
        spark_job_last_success_timestamp_seconds{namespace="etl",app="late"} -80000x90 5300x300
        """,
         silent=("59m", "91m", "120m")),

    # --- slower --------------------------------------------------------------------------------------------------
    Case("SparkJobSlowerThanUsual", "it runs for more than twice the usual time", INFO + STARTED + """
        spark_job_baseline_duration_seconds{@job} 3600x400
        spark_job_baseline_runs{@job} 3x400
        spark_job_baseline_input_bytes{@job} 10737418240x400
        spark_app_input_bytes_total{@run} 53687091200x400
        spark_job_deadline_timestamp_seconds{@job} 14400x400
        """,
         [Fires("126m", says=
                "Job etl/sales of team finance (owner ann) has taken 2h 6m 0s. It usually takes 1h 0m 0s. It has read"
                " 50GiB. It usually reads 10GiB. Its deadline is in 1h 54m 0s. Its log: kubectl -n etl logs "
                "sales-driver -c spark-kubernetes-driver.")], ("120m", "125m")),
    Case("SparkJobSlowerThanUsual", "short jobs: ten minutes longer than usual, not only twice as long", INFO + STARTED + """
        spark_job_baseline_duration_seconds{@job} 300x400
        spark_job_baseline_runs{@job} 20x400
        """,
         [Fires("21m", says=
                "Job etl/sales of team finance (owner ann) has taken 21m 0s. It usually takes 5m 0s. Its log: kubectl"
                " -n etl logs sales-driver -c spark-kubernetes-driver.")], ("15m", "20m")),
    Case("SparkJobSlowerThanUsual", "it took too long, and is spoken of for an hour", INFO + """
        spark_job_baseline_duration_seconds{@job} 3600x400
        spark_job_baseline_runs{@job} 3x400
        spark_job_state{@run,state="succeeded"} 1x400
        spark_job_duration_seconds{@run} 7300x400
        spark_job_end_timestamp_seconds{@run} -60x400
        spark_job_run_cost{@run,use="task_ok",currency="EUR"} 4x400
        """,
         [Fires("6m", says=
                "Job etl/sales of team finance (owner ann) has taken 2h 1m 40s. It usually takes 1h 0m 0s. It has "
                "cost 4.00 EUR so far. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver."), Fires("58m", says=
                "Job etl/sales of team finance (owner ann) has taken 2h 1m 40s. It usually takes 1h 0m 0s. It has "
                "cost 4.00 EUR so far. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("59m", "60m", "120m")),
    Case("SparkJobSlowerThanUsual", "that it is a stream is remembered for an hour", """
        spark_job_info{@run,kind="streaming"} 1x10 stale
        spark_job_state{@run,state="running"} 1x400
        spark_job_start_timestamp_seconds{@run} -90000x400
        spark_job_baseline_duration_seconds{@job} 3600x400
        spark_job_baseline_runs{@job} 3x400
        """,
         [Fires("76m", says=
                "Job etl/sales has taken 1d 2h 16m 0s. It usually takes 1h 0m 0s. Which pod its driver is in is not "
                "known; the dashboard leads to its log.")], ("74m",)),
    Case("SparkJobSlowerThanUsual", "twice as long exactly; two runs are no history; a stream; nothing usual is known", """
        spark_job_duration_seconds{@run} 7200x400
        spark_job_end_timestamp_seconds{@run} 0x400
        spark_job_baseline_duration_seconds{@job} 3600x400
        spark_job_baseline_runs{@job} 3x400
        spark_job_duration_seconds{namespace="etl",app="new",app_id="n"} 9000x400
        spark_job_end_timestamp_seconds{namespace="etl",app="new",app_id="n"} 0x400
        spark_job_baseline_duration_seconds{namespace="etl",app="new"} 3600x400
        spark_job_baseline_runs{namespace="etl",app="new"} 2x400
        spark_job_info{namespace="etl",app="stream",app_id="s",kind="streaming"} 1x400
        spark_job_state{namespace="etl",app="stream",app_id="s",state="running"} 1x400
        spark_job_start_timestamp_seconds{namespace="etl",app="stream",app_id="s"} -90000x400
        spark_job_baseline_duration_seconds{namespace="etl",app="stream"} 3600x400
        spark_job_baseline_runs{namespace="etl",app="stream"} 3x400
        spark_job_start_timestamp_seconds{namespace="etl",app="first",app_id="f"} -90000x400
        spark_job_state{namespace="etl",app="first",app_id="f",state="running"} 1x400
        """,
         silent=("6m", "30m", "55m", "90m")),
]
