"""Money. Currencies are never added up. A budget is one of a run (told by its sidecar), or of a day, a week or a month of the
job (told by the observer)."""
from .promql import endless, server, span
from .rule import Group, Maker, Recording, fill
from .sentences import ask

# Each once by what tells series apart: money is summed, so none may count twice.
SPENT = """
    sum by (@RUN, currency) (
      max by (@RUN, currency, component, resource) (last_over_time(spark_job_cost_total[@ended_window.span]))
    )"""

PAID = """
    sum by (@RUN, currency) (max by (@RUN, currency, component, resource) (spark_job_cost_total))"""

BUDGET = "max by (@RUN, currency) (spark_job_cost_budget)"

LAST_BUDGET = "max by (@RUN, currency) (last_over_time(spark_job_cost_budget[@ended_window.span]))"

WASTED = """
    sum by (@RUN, currency) (
      max by (@RUN, currency, use) (
        last_over_time(spark_job_cost_use_total{use!~"task_ok|starting|driver|unobserved"}[@waste_window.span])
      )
    )"""

BOOKED = """
    sum by (@RUN, currency) (
      max by (@RUN, currency, use) (last_over_time(spark_job_cost_use_total[@waste_window.span]))
    )"""

# What has ended burns nothing.
RUN_BURNS = """
    (
      @paid > on (@RUN, currency) @budget_runaway * @budget
      or
      @budget - on (@RUN, currency) @paid
        < on (@RUN, currency) @budget_gone * sum by (@RUN, currency) (
          max by (@RUN, currency, component, resource) (rate(spark_job_cost_total[@budget_window.span]))
        )
      and on (@RUN, currency)
        max by (@RUN, currency) (spark_job_cost_projected) > on (@RUN, currency) @budget_projected * @budget
    )
    and on (@RUN, currency) max by (@RUN, currency) (spark_job_cost_per_hour) > 0"""

# Of a day, a week or a month: what ended runs cost, and what the present one has cost so far.
PERIOD_SPENT = """
    max by (@JOB, period, currency) (spark_job_budget_spent)
    + on (@JOB, currency) group_left ()
      sum by (@JOB, currency) (max by (@RUN, currency, component, resource) (spark_job_cost_total))
    or max by (@JOB, period, currency) (spark_job_budget_spent)"""

# Seconds that are left of it; a week begins on Monday (the clock began on a Thursday), all in UTC. A day's budget is spent
# as the schedule wants it, so there is no trend in it.
PERIOD_LEFT = """
    label_replace(vector(604800 - (time() + 259200) % 604800), "period", "week", "", "")
    or label_replace(vector(scalar(days_in_month() - day_of_month() + 1) * 86400 - time() % 86400), "period", "month", "", "")
    or label_replace(vector(0), "period", "day", "", "")"""

PERIOD_FORECAST = """
    namespace_app:spark_job_budget_spent:sum
    + on (@JOB, currency, period) (
      namespace_app:spark_job_budget_spent:sum * 0
      + on (@JOB, currency) group_left ()
        (@trend or sum by (@JOB, currency) (0 * namespace_app:spark_job_budget_spent:sum))
    ) * on (period) group_left () (
      @period_left
    ) / @budget_trend"""

PERIOD_BURNS = """
    (
      namespace_app:spark_job_budget_spent:sum
      > on (@JOB, period, currency) @budget_runaway * max by (@JOB, period, currency) (spark_job_budget)
      or
      (
        max by (@JOB, period, currency) (spark_job_budget)
        - on (@JOB, period, currency) namespace_app:spark_job_budget_spent:sum
      ) < on (@JOB, currency) group_left () @burst
      and on (period) (
        @period_left
      ) > @budget_burst
    )
    and on (@JOB, currency) sum by (@JOB, currency) (spark_job_cost_per_hour) > 0"""

OVER = """
    sum by (@JOB, currency) (max by (@JOB, outcome, currency) (increase(spark_job_runs_cost_total[@window.span])))"""


def sentences(table):
    money = '{{ . | value | printf "%.2f" }} {{ label "currency" . }}'
    return {
        "of_budget": ask("max by (currency) (last_over_time(spark_job_cost_budget{%s}[1h]))", f" of its budget of {money}"),
        "spent": ask("sum by (currency) (max by (currency, component, resource) "
                     "(last_over_time(spark_job_cost_total{%s}[1h])))", f" {money}"),
        "projected": ask("max by (currency) (spark_job_cost_projected{%s})",
                         f" By what is done so far it will have cost {money} at its end."),
        "executors": ask("max(spark_executors{%s,state='active'})", " It holds {{ . | value }} executors."),
        "ended": ask("max by (state) (spark_job_state{%s,state=~'succeeded|failed|cancelled'}) == 1",
                     ' The run has {{ label "state" . }}.'),
        "set_period": '{{ $period := printf "%s,currency=%q,period=%q" $job $labels.currency $labels.period -}} ',
        "period_budget": ask("max by (currency) (spark_job_budget{%s})", f" of its budget of {money}", scope="$period"),
        "spent_now": ask("max by (currency) (namespace_app:spark_job_budget_spent:sum{%s})", f" {money}", scope="$period"),
        "so_far": ask("max by (currency) (namespace_app:spark_job_budget_spent:sum{%s})", f" So far it has spent {money}.",
                      scope="$period"),
        "job_per_hour": ask("sum by (currency) (max by (currency, app_id) (spark_job_cost_per_hour{%s}))",
                            f" It costs {money} an hour now.", scope="$job"),
        "last_day": ask("sum by (currency) (max by (currency, outcome) (increase(spark_job_runs_cost_total{%s}[1d])))",
                        f" Its runs of the last day cost {money}.", scope="$job"),
        "last_week": ask("sum by (currency) (max by (currency, outcome) (increase(spark_job_runs_cost_total{%s}[7d])))",
                         f" Its runs of the last seven days cost {money}.", scope="$job"),
    }


def group(table):
    make = Maker(table).alert
    parts = {"endless": endless(table), "server": server(table)}
    for name, text in (("spent", SPENT), ("paid", PAID), ("budget", BUDGET), ("last_budget", LAST_BUDGET),
                       ("wasted", WASTED), ("booked", BOOKED), ("run_burns", RUN_BURNS), ("period_left", PERIOD_LEFT)):
        parts[name] = fill(text, table, **parts)
    parts["burst"] = fill(OVER, table, window=table.budget_burst)
    parts["trend"] = fill(OVER, table, window=table.budget_trend)
    parts["period_burns"] = fill(PERIOD_BURNS, table, **parts)
    said = sentences(table)
    of_run, of_period = {"labels": {"budget": "run"}}, {"labels": {"budget": "period"}, "keys": ("namespace", "app")}
    return Group("spark-cost", [
        Recording("namespace_app:spark_job_budget_spent:sum", fill(PERIOD_SPENT, table)),
        Recording("namespace_app:spark_job_budget_spent:forecast", fill(PERIOD_FORECAST, table, **parts)),

        make("SparkJobBudgetBurnFast", "critical", "@run_burns",
             "A Spark job is burning its budget.", """
            @set_run @set_job @who has spent@spent@of_budget, and goes on.@per_hour@projected@runs_since@executors Nothing
            stops it by itself; ask its owner before you do.@log
            """, "budget-burn", "spark-cost", parts, said, **of_run),

        make("SparkJobBudgetBurnFast", "critical", "@period_burns",
             "A Spark job is burning its budget.", """
            @set_job @set_period @job has spent@spent_now@period_budget for this {{ $labels.period }}, and goes
            on.@job_per_hour@last_day Nothing stops it by itself; ask its owner before you
            do.@next_if_known@newest_log
            """, "budget-burn", "spark-cost", parts, said, **of_period),

        make("SparkJobBudgetBurnSlow", "warning", """
            (
              max by (@RUN, currency) (spark_job_cost_projected) > on (@RUN, currency) @budget
              or
              @spent > on (@RUN, currency) @last_budget
            )
            unless on (@RUN, currency) (
              ALERTS{alertname="SparkJobBudgetBurnFast",budget="run"}
              or last_over_time(ALERTS{alertname="SparkJobBudgetBurnFast",alertstate="firing",budget="run"}[@ended_window.span])
            )
            """,
             "A Spark job costs more than its budget.", """
            @set_run @set_job @who has spent@spent@of_budget.@projected@per_hour@usually_costs@ended@next_if_known@log
            """, "budget-burn", "spark-cost", parts, said, **of_run),

        make("SparkJobBudgetBurnSlow", "warning", """
            namespace_app:spark_job_budget_spent:forecast
            > on (@JOB, period, currency) max by (@JOB, period, currency) (spark_job_budget)
            unless on (@JOB, period, currency) ALERTS{alertname="SparkJobBudgetBurnFast",budget="period"}
            """,
             "A Spark job costs more than its budget.", """
            @set_job @set_period @job will have spent {{ $value | printf "%.2f" }} {{ $labels.currency }}@period_budget at the
            end of this {{ $labels.period }}, if it goes on as in the last seven
            days.@so_far@last_week@job_per_hour@next_if_known
            """, "budget-burn", "spark-cost", parts, said, **of_period),

        make("SparkJobDearerThanUsual", "info", """
            (
              sum by (@RUN, currency) (max by (@RUN, currency, use) (spark_job_run_cost))
              and on (@RUN) time() - max by (@RUN) (spark_job_end_timestamp_seconds) < @ended_window
              or
              sum by (@RUN, currency) (max by (@RUN, currency, component, resource) (spark_job_cost_total))
            )
            > on (@JOB) group_left () @dearer_ratio * @usual
            > on (@JOB) group_left () @dearer_money + @usual
            unless on (@RUN) @endless
            """,
             "A Spark job costs much more than it usually does.", """
            @set_run @set_job A run of job @name@owner has cost {{ $value | printf "%.2f" }}
            {{ $labels.currency }}.@usually_costs@usually_takes@most@per_hour@log
            """, "dearer-than-usual", "spark-cost",
             {**parts, "usual": fill("""
                (
                  max by (@JOB) (spark_job_baseline_cost)
                  and on (@JOB) max by (@JOB) (spark_job_baseline_runs) >= @baseline_runs
                )""", table)},
             {"most": ask("topk(1, max by (use) (spark_job_cost_use_total{%s} or spark_job_run_cost{%s}))",
                          ' Most of it went into {{ label "use" . }}: {{ . | value | printf "%.2f" }}.')}, ),

        make("SparkJobWaste", "info", """
            @wasted / on (@RUN, currency) @booked > @waste_share
            and on (@RUN, currency) @wasted > @waste_money
            unless on (@RUN) @server
            """,
             "Most of what a Spark job costs buys nothing.", """
            @set_run @set_job Of the money that job @name@owner has cost so far, {{ $value | humanizePercentage }} bought no
            result.@most@cost_so_far@saving@next_if_known@log
            """, "waste", "spark-cost", parts,
             {"most": ask("topk(1, max by (use, currency) (last_over_time(spark_job_cost_use_total{%s,"
                          f"use!~'task_ok|starting|driver|unobserved'}}[{span(table.waste_window)}])))",
                          ' Most of that went into {{ label "use" . }}: {{ . | value | printf "%.2f" }} '
                          '{{ label "currency" . }}.'),
              "saving": ask("max(spark_job_recommended_saving_ratio{%s}) > 0",
                            " Sized as recommended its executors would cost {{ . | value | humanizePercentage }} less.")}),
    ])
