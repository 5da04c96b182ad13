"""Alerts about money. Time 0 is a Thursday and the first of a month: a week has four days left, a month thirty-one."""
from case import JOB, Case, Fires

INFO = """
    spark_job_info{@run,kind="batch",driver_pod="sales-driver",node="n1",team="finance",owner="ann"} 1x400
    spark_job_start_timestamp_seconds{@run} 0x400
"""
CPU, MEMORY = 'component="executor",resource="cpu",currency="EUR"', 'component="executor",resource="memory",currency="EUR"'
EUR, RUN, PERIOD = {"currency": "EUR"}, {"currency": "EUR", "budget": "run"}, {"budget": "period"}
WEEK = {**PERIOD, "currency": "EUR", "period": "week"}
MONTH = {**PERIOD, "currency": "EUR", "period": "month"}
DAY = {**PERIOD, "currency": "EUR", "period": "day"}


def paid(start, step, more=""):
    """Two resources that cost that much together."""
    return "".join(f"""
        spark_job_cost_total{{@run,{resource}{more}}} {start / 2}+{step / 2}x400""" for resource in (CPU, MEMORY))


CASES = [
    # --- a run's budget --------------------------------------------------------------------------------------------
    Case("SparkJobBudgetBurnFast", "one and a half times the budget, and on it goes; scraped twice", INFO
         + paid(15, 0.02) + paid(15, 0.02, more=',pod="b"') + """
        spark_job_cost_budget{@run,currency="EUR"} 10x400
        spark_job_cost_per_hour{@run,currency="EUR"} 1.2x400
        spark_executors{@run,state="active"} 40x400
        """,
         [Fires("6m", labels=RUN, says=
                "Job etl/sales of team finance (owner ann) has spent 15.12 EUR of its budget of 10.00 EUR, and goes "
                "on. It costs 1.20 EUR an hour. It has been running for 6m 0s. It holds 40 executors. Nothing stops "
                "it by itself; ask its owner before you do. Its log: kubectl -n etl logs sales-driver -c "
                "spark-kubernetes-driver.")], ("0m", "5m")),
    Case("SparkJobBudgetBurnFast", "gone within the hour, and by what is done it needs more than twice of it", INFO
         + paid(0.05, 0.1) + """
        spark_job_cost_budget{@run,currency="EUR"} 10x400
        spark_job_cost_per_hour{@run,currency="EUR"} 6x400
        spark_job_cost_projected{@run,currency="EUR"} 20.1x400
        """,
         [Fires("45m", labels=RUN, says=
                "Job etl/sales of team finance (owner ann) has spent 4.55 EUR of its budget of 10.00 EUR, and goes "
                "on. It costs 6.00 EUR an hour. By what is done so far it will have cost 20.10 EUR at its end. It "
                "has been running for 45m 0s. Nothing stops it by itself; ask its owner before you do. Its log: "
                "kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("40m", "44m")),
    Case("SparkJobBudgetBurnFast", "it ended; gone within the hour, but it ends by then; twice exactly; no budget; other money",
         """
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 15+0.02x3 stale
        spark_job_cost_budget{@run,currency="EUR"} 10x3 stale
        spark_job_cost_per_hour{@run,currency="EUR"} 1.2x3 stale
        spark_job_cost_total{namespace="etl",app="fits",app_id="f",component="driver",resource="cpu",currency="EUR"} 28+0.1x400
        spark_job_cost_budget{namespace="etl",app="fits",app_id="f",currency="EUR"} 40x400
        spark_job_cost_per_hour{namespace="etl",app="fits",app_id="f",currency="EUR"} 6x400
        spark_job_cost_projected{namespace="etl",app="fits",app_id="f",currency="EUR"} 80x400
        spark_job_cost_total{namespace="etl",app="free",app_id="r",component="driver",resource="cpu",currency="EUR"} 500+1x400
        spark_job_cost_per_hour{namespace="etl",app="free",app_id="r",currency="EUR"} 60x400
        spark_job_cost_total{namespace="etl",app="usd",app_id="u",component="driver",resource="cpu",currency="USD"} 50x400
        spark_job_cost_budget{namespace="etl",app="usd",app_id="u",currency="EUR"} 10x400
        spark_job_cost_per_hour{namespace="etl",app="usd",app_id="u",currency="USD"} 60x400
        """,
         silent=("6m", "60m", "120m")),
    Case("SparkJobBudgetBurnFast", "one and a half times exactly", """
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 15x100
        spark_job_cost_budget{@run,currency="EUR"} 10x100
        spark_job_cost_per_hour{@run,currency="EUR"} 1.2x100
        """,
         silent=("6m", "60m")),
    Case("SparkJobBudgetBurnFast", "a burst that was over ten minutes ago is over", """
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 0+1x9 9x100
        spark_job_cost_budget{@run,currency="EUR"} 12x110
        spark_job_cost_per_hour{@run,currency="EUR"} 0.1x110
        spark_job_cost_projected{@run,currency="EUR"} 30x110
        """,
         [Fires("18m", labels=RUN, says=
                "Job etl/sales has spent 9.00 EUR of its budget of 12.00 EUR, and goes on. It costs 0.10 EUR an "
                "hour. By what is done so far it will have cost 30.00 EUR at its end. Nothing stops it by itself; "
                "ask its owner before you do. Which pod its driver is in is not known; the dashboard leads to its "
                "log.")], ("20m", "30m")),
    Case("SparkJobBudgetBurnSlow", "by what is done it will cost more than its budget", INFO + paid(0, 0.02) + """
        spark_job_cost_budget{@run,currency="EUR"} 10x400
        spark_job_cost_per_hour{@run,currency="EUR"} 1.2x400
        spark_job_cost_projected{@run,currency="EUR"} 9x3 10.1x400
        spark_job_baseline_cost{@job} 8.5x400
        """,
         [Fires("19m", labels=RUN, says=
                "Job etl/sales of team finance (owner ann) has spent 0.38 EUR of its budget of 10.00 EUR. By what is"
                " done so far it will have cost 10.10 EUR at its end. It costs 1.20 EUR an hour. It usually costs "
                "8.50. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("18m",)),
    Case("SparkJobBudgetBurnSlow", "it ended dearer than it may; spoken of for an hour", """
        spark_job_info{@run,kind="batch",driver_pod="sales-driver"} 1x200
        spark_job_state{@run,state="succeeded"} _x3 1x200
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 10.1x3 stale
        spark_job_cost_budget{@run,currency="EUR"} 10x3 stale
        """,
         [Fires("15m", labels=RUN, says=
                "Job etl/sales has spent 10.10 EUR of its budget of 10.00 EUR. The run has succeeded. Its log: "
                "kubectl -n etl logs sales-driver -c spark-kubernetes-driver."), Fires("62m", labels=RUN, says=
                "Job etl/sales has spent 10.10 EUR of its budget of 10.00 EUR. The run has succeeded. Its log: "
                "kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("14m", "64m")),
    Case("SparkJobBudgetBurnSlow", "it burned fast, that was told, and it was ended: nothing is told twice within the hour", """
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 16x20 stale
        spark_job_cost_budget{@run,currency="EUR"} 10x20 stale
        spark_job_cost_per_hour{@run,currency="EUR"} 1x20 stale
        """,
         silent=("10m", "30m", "40m", "79m")),
    Case("SparkJobBudgetBurnSlow", "it burned fast for too short a time to be told", """
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 16x3 stale
        spark_job_cost_budget{@run,currency="EUR"} 10x3 stale
        spark_job_cost_per_hour{@run,currency="EUR"} 1x3 stale
        """,
         [Fires("20m", labels=RUN, says=
                "Job etl/sales has spent 16.00 EUR of its budget of 10.00 EUR. Which pod its driver is in is not "
                "known; the dashboard leads to its log.")], ("10m",)),
    Case("SparkJobBudgetBurnSlow", "as much as it may exactly; where it burns fast the other alert says so", """
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 10x100
        spark_job_cost_budget{@run,currency="EUR"} 10x100
        spark_job_cost_projected{@run,currency="EUR"} 10x100
        spark_job_cost_per_hour{@run,currency="EUR"} 1x100
        spark_job_cost_total{namespace="etl",app="fast",app_id="f",component="driver",resource="cpu",currency="EUR"} 90+1x100
        spark_job_cost_budget{namespace="etl",app="fast",app_id="f",currency="EUR"} 10x100
        spark_job_cost_per_hour{namespace="etl",app="fast",app_id="f",currency="EUR"} 60x100
        """,
         silent=("16m", "60m", "90m")),

    # --- a day's, a week's and a month's ---------------------------------------------------------------------------
    Case("SparkJobBudgetBurnFast", "this day's budget one and a half times over; ended runs and the present one together", """
        spark_job_info{@run,kind="batch",driver_pod="sales-driver",team="finance"} 1x100
        spark_job_start_timestamp_seconds{@run} 0x100
        spark_job_budget{@job,period="day",currency="EUR"} 10x100
        spark_job_budget_spent{@job,period="day",currency="EUR"} 12x100
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 2.9x10 3.1+0.01x90
        spark_job_cost_per_hour{@run,currency="EUR"} 0.6x100
        """,
         [Fires("16m", labels=DAY, says=
                "Job etl/sales of team finance has spent 15.15 EUR of its budget of 10.00 EUR for this day, and goes"
                " on. It costs 0.60 EUR an hour now. Nothing stops it by itself; ask its owner before you do. The "
                "log of its newest run: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("10m", "15m"), about=dict(JOB)),
    Case("SparkJobBudgetBurnFast", "a month's is gone within a day like the last one", """
        spark_job_budget{@job,period="month",currency="EUR"} 100x200
        spark_job_budget_spent{@job,period="month",currency="EUR"} 0+1x200
        spark_job_runs_cost_total{@job,outcome="succeeded",currency="EUR"} 0+1x200
        spark_job_runs_cost_total{@job,outcome="failed",currency="EUR"} 0x200
        spark_job_cost_per_hour{@run,currency="EUR"} 1x200
        """,
         [Fires("80h", labels=MONTH, says=
                "Job etl/sales has spent 80.00 EUR of its budget of 100.00 EUR for this month, and goes on. It costs"
                " 1.00 EUR an hour now. Its runs of the last day cost 24.00 EUR. Nothing stops it by itself; ask its"
                " owner before you do.")], ("75h",), step="1h", about=dict(JOB)),
    Case("SparkJobBudgetBurnFast", "the same of a week that ends within the day; nothing runs now; one and a half exactly", """
        spark_job_budget{@job,period="week",currency="EUR"} 100x200
        spark_job_budget_spent{@job,period="week",currency="EUR"} 0+1x200
        spark_job_runs_cost_total{@job,outcome="succeeded",currency="EUR"} 0+1x200
        spark_job_cost_per_hour{@run,currency="EUR"} 1x200
        spark_job_budget{namespace="etl",app="rests",period="month",currency="EUR"} 10x200
        spark_job_budget_spent{namespace="etl",app="rests",period="month",currency="EUR"} 50x200
        spark_job_budget{namespace="etl",app="just",period="day",currency="EUR"} 10x200
        spark_job_budget_spent{namespace="etl",app="just",period="day",currency="EUR"} 15x200
        spark_job_cost_per_hour{namespace="etl",app="just",app_id="j",currency="EUR"} 1x200
        """,
         silent=("10h", "60h", "78h", "80h", "95h"), step="1h"),
    Case("SparkJobBudgetBurnFast", "a week that has more than a day left", """
        spark_job_budget{@job,period="week",currency="EUR"} 50x200
        spark_job_budget_spent{@job,period="week",currency="EUR"} 0+1x200
        spark_job_runs_cost_total{@job,outcome="succeeded",currency="EUR"} 0+1x200
        spark_job_cost_per_hour{@run,currency="EUR"} 1x200
        """,
         [Fires("30h", labels=WEEK, says=
                "Job etl/sales has spent 30.00 EUR of its budget of 50.00 EUR for this week, and goes on. It costs "
                "1.00 EUR an hour now. Its runs of the last day cost 24.00 EUR. Nothing stops it by itself; ask its "
                "owner before you do."), Fires("71h", labels=WEEK, says=
                "Job etl/sales has spent 71.00 EUR of its budget of 50.00 EUR for this week, and goes on. It costs "
                "1.00 EUR an hour now. Its runs of the last day cost 24.00 EUR. Nothing stops it by itself; ask its "
                "owner before you do.")], ("25h", "73h"), step="1h",
         about=dict(JOB)),
    Case("SparkJobBudgetBurnSlow", "this week's is over before the week is, as the last seven days go", """
        spark_job_budget{@job,period="week",currency="EUR"} 80x400
        spark_job_budget_spent{@job,period="week",currency="EUR"} 0+1x400
        spark_job_runs_cost_total{@job,outcome="succeeded",currency="EUR"} 0+1x400
        spark_job_next_run_timestamp_seconds{@job} 300000x400
        """,
         [Fires("80h", labels=WEEK, says=
                "Job etl/sales will have spent 87.62 EUR of its budget of 80.00 EUR at the end of this week, if it "
                "goes on as in the last seven days. So far it has spent 80.00 EUR. Its runs of the last seven days "
                "cost 80.00 EUR. The next run is due in 3h 20m 0s.")], ("60h",), step="1h", about=dict(JOB)),
    Case("SparkJobBudgetBurnSlow", "this day's is spent; a currency of which no run ended", """
        spark_job_budget{@job,period="day",currency="EUR"} 10x100
        spark_job_budget_spent{@job,period="day",currency="EUR"} 10.1x100
        """,
         [Fires("15m", labels=DAY, says=
                "Job etl/sales will have spent 10.10 EUR of its budget of 10.00 EUR at the end of this day, if it "
                "goes on as in the last seven days. So far it has spent 10.10 EUR.")], ("14m",), about=dict(JOB)),
    Case("SparkJobBudgetBurnSlow", "in budget; exactly; a burst, which the other alert tells", """
        spark_job_budget{@job,period="month",currency="EUR"} 1000x400
        spark_job_budget_spent{@job,period="month",currency="EUR"} 0+1x400
        spark_job_runs_cost_total{@job,outcome="succeeded",currency="EUR"} 0+1x400
        spark_job_budget{namespace="etl",app="just",period="day",currency="EUR"} 10x400
        spark_job_budget_spent{namespace="etl",app="just",period="day",currency="EUR"} 10x400
        spark_job_budget{namespace="etl",app="fast",period="day",currency="EUR"} 10x400
        spark_job_budget_spent{namespace="etl",app="fast",period="day",currency="EUR"} 20x400
        spark_job_cost_per_hour{namespace="etl",app="fast",app_id="f",currency="EUR"} 1x400
        """,
         silent=("1h", "24h", "100h"), step="1h"),

    # --- dearer ----------------------------------------------------------------------------------------------------
    Case("SparkJobDearerThanUsual", "it has cost more than twice of what it usually does", INFO + paid(0, 0.1) + """
        spark_job_cost_use_total{@run,use="task_ok",currency="EUR"} 0+0.07x400
        spark_job_cost_use_total{@run,use="idle",currency="EUR"} 0+0.03x400
        spark_job_baseline_cost{@job} 4x400
        spark_job_baseline_duration_seconds{@job} 3600x400
        spark_job_baseline_runs{@job} 3x400
        """,
         [Fires("86m", labels=EUR, says=
                "A run of job etl/sales of team finance (owner ann) has cost 8.60 EUR. It usually costs 4.00. It "
                "usually takes 1h 0m 0s. Most of it went into task_ok: 6.02. Its log: kubectl -n etl logs "
                "sales-driver -c spark-kubernetes-driver.")], ("80m", "85m")),
    Case("SparkJobDearerThanUsual", "cheap jobs: one euro more than usual, not only twice as much", INFO + paid(0.005, 0.01) + """
        spark_job_baseline_cost{@job} 0.2x400
        spark_job_baseline_runs{@job} 20x400
        """,
         [Fires("125m", labels=EUR, says=
                "A run of job etl/sales of team finance (owner ann) has cost 1.26 EUR. It usually costs 0.20. Its "
                "log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver.")], ("100m", "124m")),
    Case("SparkJobDearerThanUsual", "it ended dear, and is spoken of for an hour", """
        spark_job_run_cost{@run,use="task_ok",currency="EUR"} 5.2x200
        spark_job_run_cost{@run,use="gc",currency="EUR"} 3x200
        spark_job_end_timestamp_seconds{@run} -60x200
        spark_job_baseline_cost{@job} 4x200
        spark_job_baseline_runs{@job} 3x200
        """,
         [Fires("5m", labels=EUR, says=
                "A run of job etl/sales has cost 8.20 EUR. It usually costs 4.00. Most of it went into task_ok: "
                "5.20. Which pod its driver is in is not known; the dashboard leads to its log."), Fires("58m", labels=EUR, says=
                "A run of job etl/sales has cost 8.20 EUR. It usually costs 4.00. Most of it went into task_ok: "
                "5.20. Which pod its driver is in is not known; the dashboard leads to its log.")], ("59m", "70m")),
    Case("SparkJobDearerThanUsual", "that it is a stream is remembered for an hour", """
        spark_job_info{@run,kind="streaming"} 1x10 stale
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 90x400
        spark_job_baseline_cost{@job} 4x400
        spark_job_baseline_runs{@job} 3x400
        """,
         [Fires("76m", labels=EUR, says=
                "A run of job etl/sales has cost 90.00 EUR. It usually costs 4.00. Which pod its driver is in is not"
                " known; the dashboard leads to its log.")], ("74m",)),
    Case("SparkJobDearerThanUsual", "twice exactly; a stream; two runs are no history", """
        spark_job_cost_total{@run,component="driver",resource="cpu",currency="EUR"} 8x400
        spark_job_baseline_cost{@job} 4x400
        spark_job_baseline_runs{@job} 3x400
        spark_job_cost_total{namespace="etl",app="stream",app_id="s",component="driver",resource="cpu",currency="EUR"} 90x400
        spark_streaming_batches_total{namespace="etl",app="stream",app_id="s",query="q"} 5x400
        spark_job_baseline_cost{namespace="etl",app="stream"} 4x400
        spark_job_baseline_runs{namespace="etl",app="stream"} 3x400
        spark_job_cost_total{namespace="etl",app="new",app_id="n",component="driver",resource="cpu",currency="EUR"} 90x400
        spark_job_baseline_cost{namespace="etl",app="new"} 4x400
        spark_job_baseline_runs{namespace="etl",app="new"} 2x400
        """,
         silent=("6m", "60m")),

    # --- waste -----------------------------------------------------------------------------------------------------
    Case("SparkJobWaste", "more than half bought nothing; it ended since", """
        spark_job_info{@run,kind="batch",driver_pod="sales-driver",team="finance"} 1x200
        spark_job_cost_total{@run,component="executor",resource="cpu",currency="EUR"} 10x20 stale
        spark_job_cost_use_total{@run,use="task_ok",currency="EUR"} 3x20 stale
        spark_job_cost_use_total{@run,use="starting",currency="EUR"} 0.5x20 stale
        spark_job_cost_use_total{@run,use="driver",currency="EUR"} 1x20 stale
        spark_job_cost_use_total{@run,use="unobserved",currency="EUR"} 0.4x20 stale
        spark_job_cost_use_total{@run,use="idle",currency="EUR"} 4x20 stale
        spark_job_cost_use_total{@run,use="gc",currency="EUR"} 1x20 stale
        spark_job_recommended_saving_ratio{@run} 0.4x20 stale
        """,
         [Fires("11m", labels=EUR, says=
                "Of the money that job etl/sales of team finance has cost so far, 50.51% bought no result. Most of "
                "that went into idle: 4.00 EUR. It has cost 10.00 EUR so far. Sized as recommended its executors "
                "would cost 40% less. Its log: kubectl -n etl logs sales-driver -c spark-kubernetes-driver."), Fires("49m", labels=EUR, says=
                "Of the money that job etl/sales of team finance has cost so far, 50.51% bought no result. Most of "
                "that went into idle: 4.00 EUR. It has cost 10.00 EUR so far. Its log: kubectl -n etl logs "
                "sales-driver -c spark-kubernetes-driver.")], ("9m", "51m")),
    Case("SparkJobWaste", "one euro and a cent", """
        spark_job_cost_use_total{@run,use="task_ok",currency="EUR"} 0.5x100
        spark_job_cost_use_total{@run,use="killed",currency="EUR"} 1.01x100
        """,
         [Fires("10m", labels=EUR, says=
                "Of the money that job etl/sales has cost so far, 66.89% bought no result. Most of that went into "
                "killed: 1.01 EUR. Which pod its driver is in is not known; the dashboard leads to its log.")]),
    Case("SparkJobWaste", "that it is a server is remembered for an hour", """
        spark_job_info{@run,kind="server"} 1x10 stale
        spark_job_cost_use_total{@run,use="idle",currency="EUR"} 50x100
        """,
         [Fires("81m", labels=EUR, says=
                "Of the money that job etl/sales has cost so far, 100% bought no result. Most of that went into "
                "idle: 50.00 EUR. Which pod its driver is in is not known; the dashboard leads to its log.")], ("79m",)),
    Case("SparkJobWaste", "half exactly; one euro exactly; starting is none; a server waits for people", """
        spark_job_cost_use_total{@run,use="task_ok",currency="EUR"} 5x100
        spark_job_cost_use_total{@run,use="idle",currency="EUR"} 5x100
        spark_job_cost_use_total{namespace="etl",app="small",app_id="s",use="task_ok",currency="EUR"} 0.1x100
        spark_job_cost_use_total{namespace="etl",app="small",app_id="s",use="idle",currency="EUR"} 1x100
        spark_job_cost_use_total{namespace="etl",app="begins",app_id="b",use="task_ok",currency="EUR"} 1x100
        spark_job_cost_use_total{namespace="etl",app="begins",app_id="b",use="starting",currency="EUR"} 50x100
        spark_job_info{namespace="etl",app="thrift",app_id="t",kind="server"} 1x100
        spark_job_cost_use_total{namespace="etl",app="thrift",app_id="t",use="idle",currency="EUR"} 50x100
        """,
         silent=("11m", "60m")),
]
