"""The raw figures as rows of the table: which of them stands beside which peer, and what its bar is."""
from floors import explain
from growth import slope
from table import Row, number, percent

MB = 1e6
LINEAR = 1.05  # and the noise of two or three points: 1.01 has been seen where nothing but chance was beyond linear
FLAT = 0.1


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
        row(f"driver CPU, live, idle taken off, median of {len(polling['ratios'])} "
            f"(each round: {', '.join(percent(ratio) for ratio in polling['ratios'])})", "ms/min",
            lambda w: w["cpu"] * 1e3, most_ratio=0.25),
        row("the same without the JVM's compiler threads", "ms/min", lambda w: w["cpu_without_compiler"] * 1e3),
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
        retained = f", {row['jobs']:,} jobs and stages" if row["jobs"] else ""
        name = f"{row['executors']:,} executors{retained}, {row['series']:,} series"
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
            most = 0.1 if is_large and name.endswith(("10 % changed", "100 % changed")) else None
            for who, peer_name in (("cpp", "prometheus-cpp"), ("go", "Go client")):
                rows.append(Row(section, name.replace("changed", "of the series changed"), "ms", ours["cpu"] * 1e3,
                                row[who][form]["cpu"] * 1e3, peer_name, most_ratio=most))
        ours = row["ours"]["gzip, none changed"]
        for who, peer_name in (("cpp", "prometheus-cpp"), ("go", "Go client")):
            rows.append(Row(section, "resident memory, asked for gzip alone", "MB", ours["resident"] / MB,
                            row[who]["gzip"]["resident"] / MB, peer_name,
                            most_ratio=1 / 3 if is_large and who == "go" else None))
    return rows


def growth_rows(growth, observer):
    """Each row: the slope between the logarithms of sizes and values, and the values in its name."""
    section = "Growth: slope of log(value) over log(size); 1 is linear, 0 is flat"

    def row(what, rows, key, scale, unit, most):
        values = " / ".join(number(line[key] * scale) for line in rows)
        sizes = [line.get("size", line.get("runs")) for line in rows]
        return Row(section, f"{what}: {values} {unit}", "slope", round(slope(sizes, [line[key] for line in rows]), 2),
                   most=most)

    rows = []
    if growth:
        busy, over = growth["executors"], growth["stages"]
        changed, done = "10 / 100 / 1,000 executors that changed", "100 / 1,000 / 10,000 stages that are over"
        rows = [row(f"{changed}, CPU of a poll", busy, "cpu", 1e3, "ms", LINEAR),
                row(f"{changed}, memory", busy, "peak", 1 / MB, "MB", LINEAR),
                row(f"{done}, CPU of a poll", over, "cpu", 1e3, "ms", FLAT),
                row(f"{done}, memory", over, "peak", 1 / MB, "MB", FLAT),
                row(f"{done}, CPU until the first poll's figures, once", over, "joining_cpu", 1e3, "ms", LINEAR)]
    if observer:
        runs = "20 / 200 / 2,000 runs in an observer"
        rows += [row(f"{runs}, CPU to start", observer, "start_cpu", 1e3, "ms", LINEAR),
                 row(f"{runs}, time to start", observer, "ready", 1e3, "ms", LINEAR),
                 row(f"{runs}, memory", observer, "peak", 1 / MB, "MB", LINEAR),
                 row(f"{runs}, CPU of one of 200 pods' changes", observer, "event_cpu", 1e6, "us", FLAT)]
        last = observer[-1]
        events = [{"size": 200, "cpu": 200 * last["event_cpu"]},
                  {"size": last["all_at_once"]["events"],
                   "cpu": last["all_at_once"]["events"] * last["all_at_once"]["cpu"]}]
        rows.append(row("200 / 2,000 pods change at once, CPU with 2,000 runs", events, "cpu", 1e3, "ms", LINEAR))
    return rows


def observer_rows(observer):
    last = observer[-1]
    section = (f"Observer beside a made-up API server: {last['runs']:,} runs, {last['pods'] - last['runs']:,} "
               f"executors' pods, {last['series']:,} series (no peer measured in this run; see the notes)")
    changing, quiet = last["changing"], last["quiet"]
    return [
        Row(section, "exec to the first answer with all runs", "ms", last["ready"] * 1e3),
        Row(section, "CPU until then", "ms", last["start_cpu"] * 1e3),
        Row(section, "resident memory then", "MB", last["resident_at_start"] / MB),
        Row(section, "resident memory, highest of all that follows", "MB", last["peak"] / MB),
        Row(section, "CPU of a pod's change, 200 at once, scrape included", "us", last["event_cpu"] * 1e6),
        Row(section, f"CPU of a pod's change, {last['all_at_once']['events']:,} at once, scrape included", "us",
            last["all_at_once"]["cpu"] * 1e6),
        Row(section, f"CPU of one core, {changing['changed'] / changing['seconds']:.0f} pods change a second, scraped",
            "%", 100 * changing["cpu"] / changing["seconds"]),
        Row(section, "CPU of one core, nothing changes, not scraped", "%", 100 * quiet["cpu"] / quiet["seconds"]),
    ]


def size_rows(size):
    section = "Size"
    rows = [Row(section, "program, stripped", "MB", size["stripped"] / MB, size["peer"] / MB, "pushgateway, stripped")
            if "peer" in size else Row(section, "program, stripped", "MB", size["stripped"] / MB),
            Row(section, "program, as built", "MB", size["program"] / MB)]
    if image := size.get("image"):
        return rows + [
            Row(section, "image's root file system, program included", "MB", (image["bytes"] + size["stripped"]) / MB),
            Row(section, "its packages by gzip -6, as a registry sends them", "MB", image["packed"] / MB)]
    return rows + [Row(section, "image's root file system", "MB", missing=size["image_missing"])]


def floor_rows(floors):
    section = "What could not be less: the limits of this machine and of the program's libraries"
    return [
        Row(section, "a sidecar that reaches no driver, resident", "MB", floors["resident_alone"] / MB),
        Row(section, "of it its own, neither code nor files", "MB", floors["anonymous_alone"] / MB),
        Row(section, f"a copy of {floors['copied'] / MB:.0f} MB, a plain text of 100,000 series", "ms",
            floors["copy"] * 1e3),
    ]


def all_rows(results):
    rows = []
    if "polling" in results:
        rows += polling_rows(results["polling"], results["jobs"])
    if {"polling", "start_up", "scrapes"} <= results.keys():
        rows += sidecar_rows(results["polling"], results["start_up"], results["scrapes"])
    if {"polling", "peers", "memory"} <= results.keys():
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
    if "observer" in results:
        rows += observer_rows(results["observer"])
    if "observer" in results or "growth" in results:
        rows += growth_rows(results.get("growth"), results.get("observer"))
    if "size" in results:
        rows += size_rows(results["size"])
    if "floors" in results:
        rows += floor_rows(results["floors"])
    return rows


def missed(rows, floors):
    """A line for each bar that was missed: how far, and how far the limit is."""
    return [f"{row.section.partition(':')[0]}: {row.name}: {explain(row, floors)}" for row in rows if row.met is False]
