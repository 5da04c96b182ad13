"""A table of what was measured: ours, the peer's, the ratio, and the bar if there is one; as text and as Markdown."""
from dataclasses import dataclass
from typing import Optional


@dataclass
class Row:
    section: str
    name: str
    unit: str
    ours: Optional[float] = None
    peer: Optional[float] = None
    peer_name: str = ""
    most: Optional[float] = None        # bar: ours at most this
    most_ratio: Optional[float] = None  # bar: ours / peer at most this
    missing: str = ""                   # why there is no figure

    @property
    def ratio(self):
        return self.ours / self.peer if self.peer and self.ours is not None else None

    @property
    def bar(self):
        if self.most_ratio is not None:
            return f"<= {self.most_ratio:.0%}"
        return f"<= {self.most:g}" if self.most is not None else ""

    @property
    def met(self):
        """None where there is no bar, or no figure."""
        if self.missing:
            return None
        if self.most_ratio is not None:
            return self.ratio is not None and self.ratio <= self.most_ratio
        return self.ours <= self.most if self.most is not None and self.ours is not None else None


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def percent(value):
    return "-" if value is None else f"{value:.1%}"


def _verdict(row, judge, missed):
    if row.missing:
        return f"not measured: {row.missing}"
    if row.met is None or not judge:
        return ""
    return "met" if row.met else missed


def as_text(rows, judge):
    lines, section = [], None
    for row in rows:
        if row.section != section:
            section = row.section
            lines += ["", section, f"  {'':<48}{'ours':>10}{'peer':>10}{'ratio':>9}  {'bar':<8}"]
        name = row.name + (f", {row.unit}" if row.unit else "")
        lines.append(f"  {name:<48}{number(row.ours):>10}{number(row.peer):>10}{percent(row.ratio):>9}"
                     f"  {row.bar:<8}{_verdict(row, judge, 'MISSED'):<7}{row.peer_name}".rstrip())
    return "\n".join(lines).lstrip("\n")


def as_markdown(rows, about, missed, notes, judge):
    lines = ["# What the exporter costs, measured", "",
             "Made by `make bench` (`python3 bench/run.py --write docs/proof/bench.md`), all in one run; the raw "
             "figures are in [latest.json](../../bench/results/latest.json), how each is measured in "
             "[bench/README.md](../../bench/README.md).", ""]
    lines += [f"- {key}: {value}" for key, value in about.items()]
    if judge:
        bars = sum(row.met is not None for row in rows)
        lines += ["", f"## Missed: {len(missed)} of {bars} bars", ""] + [f"- {text}" for text in missed]
    section = None
    for row in rows:
        if row.section != section:
            section = row.section
            lines += ["", f"## {section}", "", "| | ours | peer | ours / peer | bar | |", "|---|--:|--:|--:|---|---|"]
        verdict = _verdict(row, judge, "**missed**")
        name = row.name + (f", {row.unit}" if row.unit else "")
        peer = number(row.peer) + (f" ({row.peer_name})" if row.peer_name else "")
        lines.append(f"| {name} | {number(row.ours)} | {peer} | {percent(row.ratio)} | {row.bar} | {verdict} |")
    lines += ["", "## Notes", ""] + [f"- {text}" for text in notes]
    return "\n".join(lines) + "\n"
