"""What the page draws of a board: the model with its variables filled in, and Prometheus' answer to each query."""
import copy

import boards
import grafana


def _filled(node, variables):
    """The texts that are seen, with variables in place. Links keep theirs."""
    if isinstance(node, str):
        return variables.fill(node, {})
    if isinstance(node, dict):
        return {key: value if key in ("url", "targets") else _filled(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, variables) for value in node]
    return node


def _answer(target, panel, variables, prometheus, start, end, scrape):
    step = grafana.step_of(panel, start, end, scrape)
    expr = variables.fill(target["expr"], grafana.builtins(start, end, step, scrape))
    answer = {"refId": target["refId"], "instant": target["instant"], "table": target.get("format") == "table",
              "legend": target.get("legendFormat", ""), "step": step, "series": []}
    try:
        answer["series"] = (prometheus.query(expr, end) if target["instant"]
                            else prometheus.query_range(expr, start, end, step))
    except ValueError as error:
        answer["error"] = str(error)
    return answer


def make(model, prometheus, start, end, scrape, chosen, folded=()):
    """folded: titles of the rows that stay so; what is in them is not drawn, and what is below moves up."""
    variables = grafana.Variables(model, prometheus, start, end, chosen)
    panels, rows, up = [], [], 0
    for one in copy.deepcopy(model["panels"]):
        one["gridPos"]["y"] -= up
        inside = one.get("panels", [])
        if one["type"] == "row":
            shut = one["title"] in folded
            rows.append({"title": one["title"], "gridPos": one["gridPos"], "folded": shut})
            if shut:
                up += max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in inside) - (
                    one["gridPos"]["y"] + up + 1)
                inside = []
            for panel in inside:
                panel["gridPos"]["y"] -= up
        for panel in inside if one["type"] == "row" else [one]:
            panels.append(_drawn(panel, variables, prometheus, start, end, scrape))
    shown = [{"label": one["label"], "text": _text(variables, one["name"])} for one in model["templating"]["list"]
             if one["hide"] != 2]
    return {"board": {"title": model["title"], "uid": model["uid"]}, "range": {"from": start, "to": end},
            "variables": shown, "panels": panels, "rows": rows}


def _drawn(panel, variables, prometheus, start, end, scrape):
    answers = [] if panel["type"] == "logs" else [
        _answer(target, panel, variables, prometheus, start, end, scrape) for target in panel["targets"]]
    return {"panel": _filled(panel, variables), "answers": answers}



def _text(variables, name):
    value = variables.values[name]
    return "All" if value == grafana.ALL else value or "none"
