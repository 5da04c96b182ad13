"""Where the money goes, and which of it bought nothing."""
from common import (LIMITS, JOB, KEY, MONEY, OF_TEAM, WASTED, cost_per_run, job_columns, job_variables, live_money,
                    over_key,
                    run_cost,
                    runbook, runbooks_variable, runs_cost, wasted_share)
from helpers import (USE_COLORS, Board, bars, column, colored, graph, now, query, stat, steps, table)

SAVING = f"max by ({KEY}) (last_over_time(spark_job_recommended_saving_ratio{{{JOB}}}[$__range]))"
BUDGET = f"max by ({KEY}) (last_over_time(spark_job_cost_budget{{{MONEY}}}[$__range]))"
EXPECTED = (f"(max by ({KEY}) (spark_job_cost_projected{{{MONEY}}}) or "
            f"max by ({KEY}) (sum by ({KEY}, app_id) (spark_job_cost_total{{{MONEY}}})))")
RIGHT = {"custom__align": "right"}


def stats():
    yield stat("$currency spent", "By the runs that ended in the time range (spark_job_runs_cost_total).",
               now(f"sum({runs_cost(KEY)})"), "short", decimals=2, no_value="none yet")
    yield stat("$currency per hour", "What is held by running pods now costs this much (spark_job_cost_per_hour).",
               query(f"sum(spark_job_cost_per_hour{{{MONEY}}})"), "none", decimals=2, graph=True, no_value="0")
    yield stat("Wasted share", "Of the ended runs' money, what bought nothing: collections, failed, retried, killed "
               "and outrun tasks, idle slots, pods held after the work (spark_job_run_cost).",
               now(wasted_share("currency")), "percentunit", minimum=0, maximum=1, decimals=0, no_value="none yet",
               links=runbook("waste"))
    yield stat("Wasted, $currency", "What bought nothing, in $currency: see the share before it.",
               now(f"sum({run_cost(KEY, WASTED)})"), "short", decimals=2,
               no_value="none yet")
    yield stat("Failed runs", "What runs that failed in the end cost, in $currency (spark_job_runs_cost_total).",
               now(f'sum({runs_cost(KEY, "failed")})'), "short", decimals=2, no_value="none yet")
    yield stat("Over budget", "Jobs whose runs cost more, or are expected to, than their budget "
               "(spark_job_cost_projected, spark_job_cost_budget). Red at 1.",
               now(over_key(f"count({EXPECTED} > {BUDGET})")), "short",
               thresholds=steps((1, "red")), links=runbook("budget-burn"))
    yield stat("Could be saved", "What the jobs' last runs would save of their executors' money with the recommended "
               "size (spark_job_recommended_saving_ratio), mean over the jobs.", now(f"avg({SAVING} > 0)"),
               "percentunit",
               decimals=0, no_value="no advice")
    yield stat("Unusually dear", "Jobs whose last run cost more than its usual by the factor at which "
               "SparkJobDearerThanUsual fires (spark_job_baseline_cost).",
               now(over_key(f"count(max by ({KEY}) (sum by ({KEY}, app_id) (spark_job_run_cost{{{MONEY}}})) > "
                            f"{LIMITS.dearer_ratio} * max by ({KEY}) (spark_job_baseline_cost{{{JOB}}}))")), "short",
               thresholds=steps((1, "orange")), links=runbook("dearer-than-usual"))


def most_wasted():
    money = {**RIGHT, "unit": "none", "decimals": 2, "custom__width": 110}
    share = {**RIGHT, "unit": "percentunit", "decimals": 0, "custom__width": 100}
    judged = {"custom__cellOptions": {"type": "color-text"}}
    return table(
        "Jobs, most wasted money first",
        "One line for each job, of the runs that ended in the time range, in $currency. A job's name opens its newest "
        "run; there /report has the advice with its evidence.",
        [*job_columns(), ("Wasted", column(run_cost(KEY, WASTED)), money),
         ("Share", column(wasted_share(KEY)), {**share, **judged, "thresholds":
                                               steps((LIMITS.waste_share, "orange"), base="text")}),
         ("Spent", column(runs_cost(KEY)), money), ("Per run", column(cost_per_run(KEY)), money),
         ("Of usual", column(f"max by ({KEY}) (sum by ({KEY}, app_id) (spark_job_run_cost{{{MONEY}}})) / "
                             f"max by ({KEY}) (spark_job_baseline_cost{{{JOB}}})"),
          {**share, **judged, "thresholds": steps((LIMITS.dearer_ratio, "orange"), base="text")}),
         ("Failed runs", column(runs_cost(KEY, "failed")), money),
         ("Idle slots", column(run_cost(KEY, "idle")), money), ("Collections", column(run_cost(KEY, "gc")), money),
         ("Done again", column(run_cost(KEY, "task_failed|stage_retry|speculation|killed")), money),
         ("Of budget", column(f"{EXPECTED} / {BUDGET}"),
          {**share, **judged, "thresholds": steps((1, "red"), base="text")}),
         ("Could save", column(f"{SAVING} > 0"), share)],
        size=(24, 10), sort=[("Wasted", True)], links=runbook("waste"))


def where():
    yield bars("What the money bought", "Cost of the runs that ended in the time range by use, in $currency "
               "(spark_job_run_cost). Green is useful, blue is on the way to it.",
               now(f"sort_desc({run_cost('use')} > 0)", "{{use}}"), "none", size=(8, 9), decimals=2, minimum=0,
               overrides=colored(USE_COLORS), no_value="none yet")
    held = f"spark_job_cost_per_hour{{{MONEY}}}"
    yield graph("$currency per hour by job", "What is held at each time: the six jobs that cost most in the time range "
                "(spark_job_cost_per_hour).",
                query(f"sum by (app) ({held}) and on (app) topk(6, sum by (app) (sum_over_time({held}[$__range] @ "
                      f"end())))",
                      "{{app}}"), "none", size=(8, 9), minimum=0, decimals=2, stack=True, fill=60, step=True,
                calcs=["mean", "max"])
    yield graph("$currency per hour by use", "What the money of running jobs buys (spark_job_cost_use_total).",
                query(live_money("use") + " > 0", "{{use}}"), "none", size=(8, 9), minimum=0, decimals=2, stack=True,
                fill=60, overrides=colored(USE_COLORS), calcs=["mean", "max"])


def budgets():
    yield graph("Share of the budget", "Expected cost of the running runs, as a share of the budget: the ten largest. "
                "Above 100 % it will be overrun.",
                query(f"topk(10, {EXPECTED} / max by ({KEY}) (spark_job_cost_budget{{{MONEY}}}))",
                                                   "{{app}}"), "percentunit", size=(12, 8), minimum=0, soft_max=1.2,
                thresholds=steps((1, "red"), base="transparent"), links=runbook("budget-burn"))
    yield graph("Cost of ended runs", "By how they ended, in each interval (spark_job_runs_cost_total).",
                query(f"sum by (outcome) (increase(spark_job_runs_cost_total{{{MONEY}}}[$__interval]))", "{{outcome}}"),
                "none", size=(12, 8), bars=True, stack=True, minimum=0, decimals=2, interval="30m", calcs=["max"],
                overrides=colored({"succeeded": "green", "failed": "red", "cancelled": "purple", "unknown": "yellow"}))


def prices():
    yield bars("Paid for", "What running runs have paid so far, by component and resource, in $currency "
               "(spark_job_cost_total).",
               now(f"sort_desc(sum by (component, resource) (spark_job_cost_total{{{MONEY}}}) > 0)",
                   "{{component}} {{resource}}"), "none", size=(8, 9), decimals=2, minimum=0, no_value="nothing runs")
    yield table("Prices in use", "Price of a core, a GiB or a GPU for an hour, by kind of node (spark_price_per_hour).",
                [("Resource", "resource", {"custom__width": 95}),
                 ("Instance", "instance_type", {"custom__minWidth": 110}),
                 ("Capacity", "capacity", {"custom__width": 100}), ("Currency", "currency", {"custom__width": 85}),
                 ("Per hour", column("max by (resource, instance_type, capacity, currency) (spark_price_per_hour"
                                     '{cluster=~"$cluster"})'),
                  {**RIGHT, "unit": "none", "decimals": 4, "custom__width": 95})],
                size=(8, 9), no_value="no prices")
    yield table("Better sizes", "What the jobs' last runs should have asked for, by their own peaks "
                "(spark_job_recommended_executor_*): the largest saving first.",
                [("Job", "app", {"custom__minWidth": 150}), ("Saves", column(SAVING),
                                      {**RIGHT, "unit": "percentunit", "decimals": 0, "custom__width": 75}),
                 *[(name, column(f"max by ({KEY}) (last_over_time(spark_job_recommended_executor_{metric}{{{JOB}}}"
                                 "[$__range]))"), {**RIGHT, "unit": unit, "decimals": decimals, "custom__width": width})
                   for name, metric, unit, decimals, width in (
                       ("Memory", "memory_bytes", "bytes", 1, 90), ("Cores", "cores", "short", 0, 65),
                       ("Executors", "instances", "short", 0, 90))]],
                size=(8, 9), sort=[("Saves", True)], drop=["cluster", "namespace"])


def teams():
    money = {**RIGHT, "unit": "none", "decimals": 2}
    return table("By team", "Money by the label team of spark_job_info; it is there if job.labels lets it through.",
                 [("Team", "team", {}), ("Spent", column(f"sum by (team) ({runs_cost(KEY)} {OF_TEAM})"), money),
                  ("Failed runs", column(f'sum by (team) ({runs_cost(KEY, "failed")} {OF_TEAM})'), money),
                  ("Wasted", column(f"sum by (team) ({run_cost(KEY, WASTED)} {OF_TEAM})"), money),
                  ("Share", column(f"sum by (team) ({run_cost(KEY, WASTED)} {OF_TEAM}) / "
                                   f"(sum by (team) ({run_cost(KEY)} {OF_TEAM}) > 0)"),
                   {**RIGHT, "unit": "percentunit", "decimals": 0})],
                 size=(24, 7), sort=[("Spent", True)], no_value="no label team")


def build():
    board = Board("spark-cost", "Spark cost and waste", "What jobs cost, what of it was wasted and on what, budgets, "
                  "and better sizes.", [*job_variables(), runbooks_variable()])
    board.add(*stats())
    board.add(most_wasted())
    board.add(*where())
    board.row("Budgets and ended runs")
    board.add(*budgets())
    board.row("Prices and sizes")
    board.add(*prices())
    board.row("By team")
    board.add(teams())
    return board
