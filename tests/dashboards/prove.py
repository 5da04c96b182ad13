"""Asks Prometheus every variable, annotation and query of a board as Grafana would, and says what came back."""
import collections
import re

import boards
import grafana

MOST_SERIES = 40        # of one graph's query

# verdict: "data", "empty", "nan" (only NaN or infinities), "error"
Answer = collections.namedtuple("Answer", "board panel ref verdict detail")


def finite(text):
    return text not in ("NaN", "+Inf", "-Inf")


def ask_panels(model, variables, prometheus, start, end, scrape):
    """An Answer for each target that Prometheus is asked."""
    for panel in boards.panels_of(model):
        if panel["type"] == "logs":
            continue
        step = grafana.step_of(panel, start, end, scrape)
        more = grafana.builtins(start, end, step, scrape)
        for target in panel["targets"]:
            def answer(verdict, detail=""):
                return Answer(model["uid"], panel["title"], target["refId"], verdict, detail)
            expr = variables.fill(target["expr"], more)
            try:
                if target["instant"]:
                    series = prometheus.query(expr, end)
                    values = [one["value"][1] for one in series]
                else:
                    series = prometheus.query_range(expr, start, end, step)
                    values = [value for one in series for _, value in one["values"]]
            except ValueError as error:
                yield answer("error", f"{error}: {expr}")
                continue
            if not series:
                yield answer("empty", expr)
                continue
            legend = set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")))
            unknown = legend - {label for one in series for label in one["metric"]}
            if unknown:
                yield answer("error", f"the legend names {unknown}, which no series has: {expr}")
            elif not target["instant"] and len(series) > MOST_SERIES:
                yield answer("error", f"{len(series)} series: {expr}")
            else:
                yield answer("data" if any(map(finite, values)) else "nan", expr)


def ask_annotations(model, variables, prometheus, start, end, scrape):
    for one in model["annotations"]["list"]:
        expr = variables.fill(one["expr"], grafana.builtins(start, end, 60, scrape))
        try:
            found = prometheus.query_range(expr, start, end, 60)
            yield Answer(model["uid"], f"annotation {one['name']}", "", "data" if found else "empty", expr)
        except ValueError as error:
            yield Answer(model["uid"], f"annotation {one['name']}", "", "error", str(error))


def ask(model, prometheus, start, end, scrape, chosen):
    """(variables, [Answer]) of a board with the values chosen."""
    variables = grafana.Variables(model, prometheus, start, end, chosen)
    answers = [Answer(model["uid"], "variables", "", "error", error) for error in variables.errors]
    answers += ask_panels(model, variables, prometheus, start, end, scrape)
    answers += ask_annotations(model, variables, prometheus, start, end, scrape)
    return variables, answers


def panel_verdicts(answers):
    """{(board, panel): best verdict}; an error anywhere is an error."""
    order = ("empty", "nan", "data", "error")
    found = {}
    for one in answers:
        key = one.board, one.panel
        found[key] = max(found.get(key, "empty"), one.verdict, key=order.index)
    return found
