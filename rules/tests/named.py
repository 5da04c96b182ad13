"""What the rules name: metrics, and the labels that they select by; in expressions and in the queries of descriptions."""
import re

import promtool
from generator import rule

# Labels of targets, and of servers that hold more than one cluster; the run's own.
TARGET = {"cluster", "namespace", "app", "app_id", "pod", "instance", "job"}
NAME = r"\b((?:spark|jvm|data_quality|backup|namespace_app|namespace_team)_[a-zA-Z0-9_:]*|namespace_(?:app|team):[a-zA-Z0-9_:]+)"


def metrics(expr, description=""):
    """[(metric, what is in its braces)]"""
    asked = re.findall(r'printf "((?:[^"\\]|\\.)*)"', description)
    return [(metric, selector) for text in [expr, *asked]
            for metric, selector in re.findall(NAME + r"(\{[^}]*\})?(?!\w|\s*=)", text)]


def texts(one):
    return [one.expr] + ([one.description] if isinstance(one, rule.Alert) else [])


def rules():
    """[(file, rule)]"""
    return [(file, one) for file, (_, groups) in promtool.generate.files().items() for group in groups for one in group.rules]


def selectors():
    """[(metric, labels that must be there for a match)]"""
    return [(metric, set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)(?!\s*['\"]{2})", selector)))
            for _, one in rules() for metric, selector in metrics(*texts(one))]
