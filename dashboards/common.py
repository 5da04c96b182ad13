"""Selectors, variables, expressions and links that more than one board has."""
from helpers import CELL, constant, datasource_variable, link, value_map, variable
from thresholds import Table  # rules/thresholds.py: the numbers at which the alerts fire

LIMITS = Table()

# A job, in one cluster. A server without the label `cluster` has that variable at All, which matches its absence too.
KEY = "cluster, namespace, app"
RUN_KEY = KEY + ", app_id"
JOB = 'cluster=~"$cluster", namespace=~"$namespace", app=~"$app"'
MONEY = JOB + ', currency="$currency"'
WASTED = "gc|task_failed|stage_retry|speculation|killed|idle|lingering"  # as in /report; docs/report.md says why
RUNBOOKS = "https://runbooks.example.com"

# Worst first.
TROUBLE = {7: "failed", 6: "cannot start", 5: "run missed", 4: "retrying", 3: "unknown", 2: "pending", 1: "running",
           0: "succeeded", -1: "cancelled"}
TROUBLE_COLORS = {7: "red", 6: "red", 5: "orange", 4: "orange", 3: "yellow", 2: "#8e8e8e", 1: "blue", 0: "green",
                  -1: "purple"}
TROUBLE_CELL = {"mappings": value_map(TROUBLE, TROUBLE_COLORS), "custom__cellOptions": CELL, "custom__width": 110,
                "custom__align": "left"}


# Behind a value of each job: brings the label `team` to it, which is there if job.labels lets it through.
OF_TEAM = (f"* on ({KEY}) group_left (team) "
           f'topk by ({KEY}) (1, max by ({KEY}, team) (spark_job_info{{{JOB}, team!=""}}))')


def state_is(state):
    return f'max by ({KEY}) (spark_job_state{{{JOB}, state="{state}"}} == 1) * 0'


def trouble():
    """A number from TROUBLE for each job: the worst that is true of its newest run and of the last that ended."""
    due = f"max by ({KEY}) (spark_job_last_due_timestamp_seconds{{{JOB}}}"
    missed = (f"{due} < time() - {LIMITS.late_start}) > "
              f"(max by ({KEY}) (spark_job_start_timestamp_seconds{{{JOB}}}) + {LIMITS.early_start} or {due}) * 0)")
    cases = [(7, f"max by ({KEY}) (spark_job_status{{{JOB}}} == 2) * 0"),
             (6, f"max by ({KEY}) (spark_job_pods_waiting{{{JOB}, component=\"driver\"}} > 0) * 0"),
             (5, f"({missed}) * 0"), (4, state_is("retrying")), (3, state_is("unknown")), (2, state_is("pending")),
             (1, state_is("running")), (0, state_is("succeeded")), (-1, state_is("cancelled"))]
    return "\nor ".join(f"{case} + ({number})" for number, case in cases)


def runs(key, outcomes):
    """Runs that ended in the time range."""
    return f'sum by ({key}) (increase(spark_job_runs_total{{{JOB}, outcome=~"{outcomes}"}}[$__range]))'


def success_rate(key):
    return f'{runs(key, "succeeded")} / ({runs(key, "succeeded|failed")} > 0)'


def runs_cost(key, outcomes=".*"):
    """What the runs that ended in the time range cost."""
    return f'sum by ({key}) (increase(spark_job_runs_cost_total{{{MONEY}, outcome=~"{outcomes}"}}[$__range]))'


def cost_per_run(key):
    return f'{runs_cost(key)} / ({runs(key, "succeeded|failed|cancelled")} > 0)'


def run_cost(key, uses=".*"):
    """Of the runs shown in the time range, what they cost in the end, by use."""
    return f'sum by ({key}) (last_over_time(spark_job_run_cost{{{MONEY}, use=~"{uses}"}}[$__range]))'


def wasted_share(key):
    return f"{run_cost(key, WASTED)} / ({run_cost(key)} > 0)"


def live_money(key, uses=".*"):
    """Money spent between two points of a graph, by what it bought, per hour."""
    return f'sum by ({key}) (rate(spark_job_cost_use_total{{{MONEY}, use=~"{uses}"}}[$__rate_interval])) * 3600'


def over_key(expr):
    """A sum over all that is 0 where there is none."""
    return f"({expr}) or vector(0)"


def job_variables(multi=True, money=True):
    made = [datasource_variable(),
            variable("cluster", "Cluster", "label_values(spark_job_state, cluster)"),
            variable("namespace", "Namespace", 'label_values(spark_job_state{cluster=~"$cluster"}, namespace)',
                     multi=multi),
            variable("app", "Job", 'label_values(spark_job_state{cluster=~"$cluster", namespace=~"$namespace"}, app)',
                     multi=multi)]
    if money:
        made.append(currency_variable())
    return made


def currency_variable():
    """Sums over two currencies mean nothing, so one is chosen."""
    return variable("currency", "Currency",
                    'label_values({__name__=~"spark_price_per_hour|spark_job_runs_cost_total"}, '
                    "currency)", every=False)


def runbooks_variable():
    return constant("runbooks", RUNBOOKS, "Runbooks at")


def runbook(name, title="Runbook"):
    """A panel's link to the page that says what to do."""
    return [link(title, f"${{runbooks}}/{name}.md", blank=True)]


RUN_URL = ("/d/spark-job-run?${datasource:queryparam}&${cluster:queryparam}"
           '&var-namespace=${__data.fields["Namespace"]}&var-app=${__data.fields["Job"]}')


def to_run(with_run=False):
    """A cell's link to the run board: to the row's run and its time, or to the job's newest run."""
    if not with_run:
        return [link("Open the newest run", RUN_URL + "&${__url_time_range}")]
    return [link("Open the run", RUN_URL + '&var-app_id=${__data.fields["Run"]}'
                 '&from=${__data.fields["Started"].numeric}&to=${__data.fields["Ended"].numeric}')]


def job_columns(with_run=False):
    """The columns that say which job, or which run of it, a row is about."""
    made = [("Job", "app", {"links": to_run(with_run), "custom__minWidth": 150}),
            ("Namespace", "namespace", {"custom__width": 100}), ("Cluster", "cluster", {"custom__width": 80})]
    if with_run:
        made.append(("Run", "app_id", {"links": to_run(True), "custom__width": 100}))
    return made
