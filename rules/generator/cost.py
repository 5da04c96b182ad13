"""Money. Currencies are never added up."""
from .promql import RUN, endless, server, span
from .rule import Group, Maker, fill
from .sentences import ask

# Once more by what tells series apart: money is summed, so none may count twice.
SPENT = """
    sum by (@RUN, currency) (
      max by (@RUN, currency, component, resource) (last_over_time(spark_job_cost_total[@ended_window.span]))
    )"""

BUDGET = "max by (@RUN, currency) (last_over_time(spark_job_cost_budget[@ended_window.span]))"

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

RUNAWAY = """
    @spent > on (@RUN, currency) @budget_runaway * @budget
    or
    @budget - on (@RUN, currency) @spent
      < on (@RUN, currency) @budget_gone * sum by (@RUN, currency) (
        max by (@RUN, currency, component, resource) (rate(spark_job_cost_total[@budget_window.span]))
      )
    and on (@RUN, currency)
      max by (@RUN, currency) (spark_job_cost_projected) > on (@RUN, currency) @budget_projected * @budget"""


def group(table):
    make = Maker(table).alert
    parts = {"spent": fill(SPENT, table), "budget": fill(BUDGET, table), "wasted": fill(WASTED, table),
             "booked": fill(BOOKED, table), "endless": endless(table), "server": server(table)}
    parts["runaway"] = fill(RUNAWAY, table, **parts)
    budget = ask("max by (currency) (last_over_time(spark_job_cost_budget{%s}[1h]))",
                 ' of its budget of {{ . | value | printf "%.2f" }} {{ label "currency" . }}')
    spent = ask("sum by (currency) (max by (currency, component, resource) (last_over_time(spark_job_cost_total{%s}[1h])))",
                '{{ . | value | printf "%.2f" }} {{ label "currency" . }}')
    projected = ask("max by (currency) (spark_job_cost_projected{%s})",
                    ' At its end it will have cost {{ . | value | printf "%.2f" }} {{ label "currency" . }}, by what is done '
                    "so far.")
    said = {"of_budget": budget, "spent": spent, "projected": projected}
    return Group("spark-cost", [
        # Only while it lives: what has ended burns nothing.
        make("SparkJobBudgetBurnFast", "critical", """
            (
              @runaway
            )
            and on (@RUN, currency) max by (@RUN, currency) (spark_job_cost_per_hour) > 0
            """,
             "A Spark job is burning its budget.", """
            @set_run @set_job @who has spent @spent@of_budget, and goes on.@per_hour@projected@runs_since@executors Nothing
            stops it by itself; ask its owner before you do.@log
            """, "budget-burn", "spark-cost", parts,
             {**said, "executors": ask("max(spark_executors{%s,state='active'})", " It holds {{ . | value }} executors.")}),

        make("SparkJobBudgetBurnSlow", "warning", """
            (
              max by (@RUN, currency) (spark_job_cost_projected) > on (@RUN, currency) @budget
              or
              @spent > on (@RUN, currency) @budget
            )
            unless on (@RUN, currency) (
              (
                @runaway
              )
              and on (@RUN, currency) max by (@RUN, currency) (spark_job_cost_per_hour) > 0
            )
            """,
             "A Spark job costs more than its budget.", """
            @set_run @set_job @who has spent @spent@of_budget.@projected@per_hour@usually_costs@ended@next_run@log
            """, "budget-burn", "spark-cost", parts,
             {**said, "ended": ask("max by (state) (spark_job_state{%s,state=~'succeeded|failed|cancelled'}) == 1",
                                   ' The run has {{ label "state" . }}.')}),

        make("SparkJobDearerThanUsual", "info", """
            (
              sum by (@RUN, currency) (max by (@RUN, currency, use) (spark_job_run_cost))
              and on (@RUN) time() - max by (@RUN) (spark_job_end_timestamp_seconds) < @ended_window
              or
              sum by (@RUN, currency) (max by (@RUN, currency, component, resource) (spark_job_cost_total))
            )
            > on (cluster, namespace, app) group_left () @dearer_ratio * @usual
            > on (cluster, namespace, app) group_left () @dearer_money + @usual
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
                          ' Most of it went into {{ label "use" . }}: {{ . | value | printf "%.2f" }}.')}),

        make("SparkJobWaste", "info", """
            @wasted / on (@RUN, currency) @booked > @waste_share
            and on (@RUN, currency) @wasted > @waste_money
            unless on (@RUN) @server
            """,
             "Most of what a Spark job costs buys nothing.", """
            @set_run @set_job Of the money that job @name@owner has cost so far, {{ $value | humanizePercentage }} bought no
            result.@most@cost_so_far@saving@next_run@log
            """, "waste", "spark-cost", parts,
             {"most": ask("topk(1, max by (use, currency) (last_over_time(spark_job_cost_use_total{%s,"
                          f"use!~'task_ok|starting|driver|unobserved'}}[{span(table.waste_window)}])))",
                          ' Most of that went into {{ label "use" . }}: {{ . | value | printf "%.2f" }} '
                          '{{ label "currency" . }}.'),
              "saving": ask("max(spark_job_recommended_saving_ratio{%s}) > 0",
                            " Sized as recommended its executors would cost {{ . | value | humanizePercentage }} less.")}),
    ])
