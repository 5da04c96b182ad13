"""The raw figures as one table: ours, the peer's, the ratio, and the bar where there is one."""
from dataclasses import dataclass
from typing import Optional

MB = 1e6
MIB = 1 << 20


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


def polling_rows(polling, jobs):
    section = (f"Driver: a minute of polls, nothing running, {jobs:,} jobs of two stages done "
               "(Spark retains 1,000 of each)")
    ours, full = polling["per_minute"]["ours"], polling["per_minute"]["full"]

    def row(name, unit, value, **bar):
        return Row(section, name, unit, value(ours), value(full), "full lists", **bar)

    return [
        row("bodies from the driver", "B/min", lambda w: w["body_bytes"], most_ratio=0.03),
        row("the same with response heads", "B/min", lambda w: w["body_bytes"] + w["head_bytes"]),
        row("questions", "1/min", lambda w: w["questions"]),
        row("driver CPU, live, idle taken off", "ms/min", lambda w: w["cpu"] * 1e3, most_ratio=0.25),
        row("the same without the JVM's compiler threads", "ms/min", lambda w: (w["cpu"] - w["compiler_cpu"]) * 1e3),
        row("driver CPU, the same questions replayed", "ms/min", lambda w: w["replay_cpu"] * 1e3, most_ratio=0.25),
        Row(section, "joining: bodies once, at the first polls", "B", polling["joining"]["body_bytes"]),
    ]


def sidecar_rows(polling, starts, scrapes):
    section = "Sidecar with that driver, and with a made-up one of many executors"
    windows = polling["ours"]
    cpu = sum(w["exporter_cpu"] for w in windows) / sum(w["seconds"] for w in windows)
    rows = [
        Row(section, "resident memory", "MB", windows[-1]["exporter_resident"] / MB, most=15),
        Row(section, "resident memory, highest", "MB", windows[-1]["exporter_peak"] / MB, most=15),
        Row(section, "CPU of one core, 10 s interval", "%", cpu * 100, most=0.5),
        Row(section, f"exec to first answer, p50 of {starts['starts']}", "ms", starts["p50"] * 1e3),
        Row(section, "exec to first answer, p99", "ms", starts["p99"] * 1e3, most=50),
    ]
    for kind in ("plain", "gzip"):
        series = scrapes[kind]["series"]
        rows.append(Row(section, f"scrape of {series:,} series, {kind}, p50", "ms", scrapes[kind]["p50"] * 1e3))
        rows.append(Row(section, f"scrape of {series:,} series, {kind}, p99", "ms", scrapes[kind]["p99"] * 1e3, most=5))
    fresh = scrapes["fresh"]
    rows.append(Row(section, "the same right after a poll, gzip made anew, p50", "ms", fresh["p50"] * 1e3))
    rows.append(Row(section, f"the same, longest of {fresh['scrapes']}", "ms", fresh["max"] * 1e3, most=5))
    rows.append(Row(section, f"resident memory, highest, {scrapes['plain']['series']:,} series", "MB",
                    scrapes["peak"] / MB))
    return rows


def by_executors_rows(by_executors):
    section = "Sidecar, 10 s interval, beside made-up drivers all of whose executors told new figures each time"
    rows = []
    for row in by_executors:
        name = f"{row['executors']:,} executors, {row['series']:,} series"
        rows.append(Row(section, f"{name}: CPU of one core", "%", 100 * row["cpu"] / row["seconds"], most=0.5))
        rows.append(Row(section, f"{name}: resident", "MB", row["resident"] / MB, most=15))
    return rows


def _beside(section, peer_name, ours, peer):
    return [
        Row(section, "driver CPU for each poll or scrape", "ms", ours["cpu"] * 1e3, peer["cpu"] * 1e3, peer_name),
        Row(section, "heap added to the driver", "MB", ours["heap"] / MB, peer["heap"] / MB, peer_name),
        Row(section, "non-heap added (classes, code)", "MB", ours["non_heap"] / MB, peer["non_heap"] / MB, peer_name),
        Row(section, "scrape, p50", "ms", ours["p50"] * 1e3, peer["p50"] * 1e3, peer_name),
        Row(section, "scrape, p99", "ms", ours["p99"] * 1e3, peer["p99"] * 1e3, peer_name),
        Row(section, "answer, gzip where offered", "B", ours["bytes"], peer["bytes"], peer_name),
        Row(section, "series", "", ours["series"], peer["series"], peer_name),
    ]


def peer_rows(peers, memory, polling):
    """A scrape of ours costs the driver nothing; a poll does. The driver's REST API is loaded by the first question
    to it, ours or a scrape of /metrics/executors/prometheus: it is in both."""
    page = peers["exporter"]
    rest = memory["rest"]
    polls_per_minute = 60 / polling["interval_seconds"]
    ours = {"cpu": polling["per_minute"]["ours"]["replay_cpu"] / polls_per_minute,
            "heap": memory["exporter"]["heap"] + rest["heap"],
            "non_heap": memory["exporter"]["non_heap"] + rest["non_heap"],
            "p50": page["p50"], "p99": page["p99"], "bytes": page["wire_bytes"], "series": page["series"]}
    answers = list(peers["servlets"].values())

    def together(key):
        return sum(answer[key] for answer in answers)

    servlets = {"cpu": together("driver_cpu"), "p50": together("p50"), "p99": together("p99"),
                "bytes": together("wire_bytes"), "series": together("series")}
    for area in ("heap", "non_heap"):
        servlets[area] = memory["servlet"][area] + rest[area] + memory["executors_servlet"][area]
    rows = _beside("Beside Spark's own /metrics/prometheus/ and /metrics/executors/prometheus, together",
                   "Spark's own", ours, servlets)
    if jmx := peers.get("jmx"):
        peer = {"cpu": jmx["driver_cpu"], "p50": jmx["p50"], "p99": jmx["p99"], "bytes": jmx["wire_bytes"],
                "series": jmx["series"], **jmx["added"]}
        rows += _beside("Beside the JMX exporter's agent (driver only; executors would need their own)", "JMX agent",
                        ours, peer)
    return rows


def decode_rows(decode):
    section = "Decoding into the same structure: " + decode["title"]
    ours = decode["decoders"]["ours"]
    peers = {name: figures for name, figures in decode["decoders"].items() if name != "ours"}
    rows = [Row(section, "throughput (more is better)", "MB/s", ours["throughput"], peer["throughput"], name)
            for name, peer in peers.items()]
    rows += [Row(section, "processor time", "ms", ours["ms"], peer["ms"], name) for name, peer in peers.items()]
    rows += [Row(section, "memory added at the highest", "KiB", ours["extra_kib"], peer["extra_kib"], name, most=1000)
             for name, peer in peers.items()]
    return rows + [Row(section, "beside " + name, "", missing=reason) for name, reason in decode["missing"].items()]


def log_rows(logs):
    return [Row(f"Logs: a file of {row['bytes'] / MB:.0f} MB", f"{row['log']}, lines of one core", "/s", row["ours"],
                row["grep"], row["peer"]) for row in logs["rows"]]


def metering_rows(metering):
    section = "Metering cost: " + metering["title"]
    rows = [Row(section, row["name"], row["unit"], row["value"], most=1 if row["unit"] == "ms" else None)
            for row in metering["rows"]]
    memory = sum(row["value"] for row in metering["rows"] if row["unit"] == "MB")
    return rows + [Row(section, "memory, together", "MB", memory, most=2)]


def exposition_rows(exposition):
    rows = []
    for row in exposition.values():
        first = next(iter(row["ours"].values()))
        section = f"Exposition over HTTP: CPU of a scrape of {first['series']:,} series, the change included"
        is_large = first["series"] >= 100_000
        for name, ours in row["ours"].items():
            form = name.partition(",")[0]
            most = 0.1 if is_large and name.endswith(" 10 % changed") else None
            for who, peer_name in (("cpp", "prometheus-cpp"), ("go", "Go client")):
                rows.append(Row(section, name.replace("changed", "of the runs changed"), "ms", ours["cpu"] * 1e3,
                                row[who][form]["cpu"] * 1e3, peer_name, most_ratio=most))
        ours = row["ours"]["gzip, none changed"]
        for who, peer_name in (("cpp", "prometheus-cpp"), ("go", "Go client")):
            rows.append(Row(section, "resident memory, asked for gzip alone", "MB", ours["resident"] / MB,
                            row[who]["gzip"]["resident"] / MB, peer_name,
                            most_ratio=1 / 3 if is_large and who == "go" else None))
    return rows


def all_rows(results):
    rows = []
    if "polling" in results:
        rows += polling_rows(results["polling"], results["jobs"])
        rows += sidecar_rows(results["polling"], results["start_up"], results["scrapes"])
        rows += peer_rows(results["peers"], results["memory"], results["polling"])
    if "by_executors" in results:
        rows += by_executors_rows(results["by_executors"])
    if "decode" in results:
        rows += decode_rows(results["decode"])
    if "logs" in results:
        rows += log_rows(results["logs"])
    if "metering" in results:
        rows += metering_rows(results["metering"])
    if "exposition" in results:
        rows += exposition_rows(results["exposition"])
    return rows


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


def as_markdown(rows, about, notes, judge):
    lines = ["# What the exporter costs, measured", "",
             "Made by `make bench` (`python3 bench/run.py --write docs/proof/live-run.md`), all in one run; the raw "
             "figures are in [live-run.json](live-run.json), how each is measured in "
             "[bench/README.md](../../bench/README.md).", ""]
    lines += [f"- {key}: {value}" for key, value in about.items()]
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
