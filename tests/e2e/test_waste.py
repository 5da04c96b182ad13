"""A run with planted waste: /report names each piece of it with its money, keeps to its schema, fits its widths. And the
advice: followed for real, it saves what it said.
    test_waste.py VERSION [--pictures FOLDER] [--table FILE]"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import browser
import compare
import lab

FORMS = (("light", False), ("dark", True))
WIDTHS = ((1280, 1500), (390, 2300))


def get(exporter, form):
    return exporter.get(f"/report?format={form}")[2]


def named(check, version, report, text, html):
    cost = report["runs"][0]["cost"]
    for use, share in (("idle", 0.15), ("task_failed", 0.02), ("gc", 0.003)):
        check.at_least(f"{use}, share of {cost['total']:.4f} {cost['currency']}", share, cost["by_use"][use] / cost["total"])
        TABLE.append((f"`{use}`, planted", cost["by_use"][use], cost["by_use"][use] / cost["total"]))
    groups = {one["group"]: one["cost"] for one in cost["by_group"]}
    for group in ("half idle", "broken", "garbage", "cached join"):
        check.true(f"group {group} has its money", groups.get(group, 0) > 0, round(groups.get(group, 0), 5))
    for words in ("slots without a task", "tasks that failed", "garbage collection"):
        check.true(f"the text says: {words}", words in text)
        check.true(f"the page says: {words}", words in html)
    check.true("the page tells of waste", "wasted" in html)
    longest = max(map(len, text.splitlines()))
    check.at_most("columns of the text", 100, longest)
    print(text)


def keeps_to_the_schema(check, report):
    try:
        import jsonschema
    except ImportError:
        print("not here: jsonschema (Debian: python3-jsonschema)")
        return
    with open(os.path.join(lab.ROOT, "docs", "report.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema)(schema)
    wrong = [f"{list(error.absolute_path)}: {error.message[:100]}" for error in validator.iter_errors(report)]
    check.equal("against the published schema", [], wrong)
    broken = json.loads(json.dumps(report))
    broken["runs"][0]["cost"]["total"] = -1
    check.true("the schema would see a negative sum", not validator.is_valid(broken))


def fits(check, html, folder):
    browser.need_chromium()
    for width, height in WIDTHS:
        check.equal(f"clipped at {width} px", [], browser.clipped(html, width))
        for name, dark in FORMS:
            if folder:
                browser.picture(html, os.path.join(folder, f"report-{name}-{width}.png"), width, height, dark)


def command(exporter, *flags):
    url = "http://%s:%d" % exporter.address
    done = subprocess.run([lab.binary(), "report", url, *flags], stdout=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, done.stdout


def report_of_waste(version, folder):
    check = compare.Check(f"the report of a wasteful run, Spark {version}")
    with lab.Spark(version, "waste") as spark, lab.Exporter(spark.url, f"--cost.prices={lab.PRICES}") as exporter:
        spark.reach("started", 480)
        spark.go()
        spark.reach("finished", 480)
        exporter.at_rest()
        exporter.until("collections and failures booked", lambda s: min(
            s.total("spark_job_cost_use_total", use=use) or 0 for use in ("gc", "task_failed")) > 0)
        report, text, html = json.loads(get(exporter, "json")), get(exporter, "text"), get(exporter, "html")
        code, printed = command(exporter)
        check.equal("spark_exporter report", 0, code)
        check.true("prints the same sections", printed.count("\n") > 20 and "Cost" in printed)
        named(check, version, report, text, html)
        keeps_to_the_schema(check, report)
        fits(check, html, folder)
        spark.finish()
    check.done()


def executors_money(version, master, conf=None):
    """(money, advice) of the narrow workload."""
    with tempfile.TemporaryDirectory() as folder, lab.Spark(version, "narrow", master, conf=conf) as spark, \
            lab.Exporter(spark.url, f"--cost.prices={lab.PRICES}", f"--state.file={folder}/state") as exporter:
        spark.reach("started", 480)
        spark.go()
        spark.reach("finished", 400)
        exporter.at_rest()
        scrape = exporter.scrape()
        report = json.loads(get(exporter, "json"))
        code, patch = command(exporter, "--patch")
        spark.finish()
        return scrape.total("spark_job_cost_total", component="executor"), report["runs"][0]["advice"], code, patch


def advice_keeps_its_word(version):
    check = compare.Check(f"the advice followed, Spark {version}")
    before, advice, code, patch = executors_money(version, "local-cluster[4,1,1024]")
    print(json.dumps(advice, indent=2))
    check.equal("spark_exporter report --patch", 0, code)
    check.true("it prints a patch and --conf lines", "executor:" in patch and "--conf spark.executor." in patch)
    conf = dict(line.removeprefix("--conf ").split("=", 1) for line in advice.get("conf", []))
    instances = conf.get("spark.executor.instances")
    check.equal("executors advised", "2", instances)
    cores, memory = conf.get("spark.executor.cores", "1"), conf.get("spark.executor.memory", "1024m").rstrip("m")
    after, _, _, _ = executors_money(version, f"local-cluster[{instances},{cores},{memory}]",
                                     {"spark.executor.memory": memory + "m"})
    saved = 1 - after / before
    TABLE.extend([("executors before the advice, two of four idle", before, 1),
                  ("executors after it, said", before * (1 - advice["saving_ratio"]), 1 - advice["saving_ratio"]),
                  ("executors after it, measured", after, after / before)])
    print(f"said {advice['saving_ratio']:.1%}, saved {saved:.1%}: {before:.6f} -> {after:.6f}")
    check.true("what was saved is what was said, give or take a fifth",
               abs(saved - advice["saving_ratio"]) <= 0.2 * advice["saving_ratio"], round(saved, 4))
    check.done()


TABLE = []


def write_table(version, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"### Spark {version}\n\n| | money | share |\n|---|--:|--:|\n")
        out.writelines(f"| {what} | {money:.6f} | {100 * share:.1f} % |\n" for what, money, share in TABLE)


def test(version):
    parser = argparse.ArgumentParser()
    parser.add_argument("version")
    parser.add_argument("--pictures")
    parser.add_argument("--table")
    options = parser.parse_args()
    report_of_waste(version, options.pictures)
    advice_keeps_its_word(version)
    if options.table:
        write_table(version, options.table)


lab.main(test)
