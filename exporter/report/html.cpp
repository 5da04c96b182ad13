#include "exporter/report/html.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "exporter/report/style.hpp"
#include "exporter/report/words.hpp"
#include "exporter/sizing/words.hpp"

namespace spark_exporter::report {
namespace {

/// "12.34%" for a share of 0 to 1.
std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f%%", std::clamp(share, 0.0, 1.0) * 100);
  return text.data();
}

std::string tag(const char* name, const std::string& content, const std::string& classes = "") {
  return std::string("<") + name + (classes.empty() ? "" : " class=\"" + classes + '"') + '>' + content + "</" + name +
         '>';
}

std::string figure(const std::string& value, const std::string& meaning, const std::string& classes = "") {
  return "<div class=\"figure " + classes + "\"><b>" + escaped(value) + "</b><span>" + escaped(meaning) +
         "</span></div>";
}

std::string section(const std::string& title, const std::string& content) {
  return "<section><h2>" + escaped(title) + "</h2>" + content + "</section>\n";
}

std::string state_class(const std::string& state) {
  for (const char* known : {"succeeded", "failed", "running", "cancelled"}) {
    if (state == known) return known;
  }
  return "unknown";
}

std::string identity(const Value& run) {
  const std::string state = run.text("state");
  std::string html = "<header><h1>" + escaped(run.text("app")) + " <span class=\"badge " + state_class(state) + "\">" +
                     escaped(state.empty() ? "unknown" : state) + "</span></h1>";
  std::string who = run.text("namespace");
  for (const char* key : {"app_id", "driver_pod"}) {
    if (const auto text = run.text(key); !text.empty()) who += (who.empty() ? "" : " · ") + text;
  }
  if (const auto version = run.text("spark_version"); !version.empty()) who += " · Spark " + version;
  html += tag("p", escaped(who), "muted");
  if (const auto span = span_words(run); !span.empty()) html += tag("p", escaped(span), "muted");
  const Value outcome = run.child("outcome");
  if (state == "failed" && outcome) {
    html += "<div class=\"why\">" + tag("b", escaped(outcome_words(run)));
    if (const auto evidence = outcome.text("evidence"); !evidence.empty()) html += tag("p", escaped(evidence));
    html += "</div>";
  }
  return html + "</header>\n";
}

std::string figures(const Value& run) {
  std::string html;
  if (const Value cost = run.child("cost")) {
    const std::string currency = cost.text("currency");
    html += figure(money_words(cost.number_or("total", 0), currency), cost.flag("final") ? "cost" : "cost so far");
    if (const auto wasted = cost.number("wasted_ratio")) {
      html += figure(sizing::percent_words(*wasted), "wasted, " + money_words(cost.number_or("wasted", 0), currency),
                     *wasted >= 0.3 ? "bad" : "");
    }
    if (!cost.flag("final")) html += figure(money_words(cost.number_or("per_hour", 0), currency), "an hour now");
    if (const auto projected = cost.number("projected"); projected && !cost.flag("final")) {
      html += figure(money_words(*projected, currency), "at the end, projected");
    }
    if (const auto budget = cost.number("budget")) {
      html += figure(money_words(*budget, currency), "budget", cost.number_or("total", 0) > *budget ? "bad" : "");
    }
  }
  const Value tasks = run.child("tasks");
  if (tasks) {
    html += figure(count_words(tasks.number_or("completed", 0)), "tasks");
    if (const double failed = tasks.number_or("failed", 0); failed > 0)
      html += figure(count_words(failed), "tasks failed", "bad");
  }
  if (const auto ratio = run.child("gc").number("ratio")) {
    html += figure(sizing::percent_words(*ratio), "collecting garbage", *ratio >= 0.2 ? "bad" : "");
  }
  if (const Value volumes = run.child("volumes")) {
    html += figure(sizing::size_words(volumes.number_or("input_bytes", 0)), "read");
    html += figure(sizing::size_words(volumes.number_or("shuffle_write_bytes", 0)), "shuffled");
    if (const double spilled = volumes.number_or("disk_spilled_bytes", 0); spilled > 0) {
      html += figure(sizing::size_words(spilled), "spilled to disk", "bad");
    }
  }
  return "<div class=\"figures\">" + html + "</div>\n";
}

std::string trouble_list(const Value& run) {
  std::string items;
  for (const auto& trouble : troubles(run)) items += tag("li", escaped(trouble));
  return items.empty() ? "" : section("What went wrong or slow", tag("ul", items, "troubles"));
}

std::string quality(const Value& quality, double now) {
  std::string rows;
  for (const auto& dataset : quality.list("datasets", 12)) {
    const bool good = dataset.flag("success");
    rows += "<tr><td class=\"wide\">" + escaped(dataset_words(dataset)) +
            tag("span", escaped(dataset_facts(dataset, now)), "muted small");
    std::string checks;
    for (const auto& check : dataset.list("not_passed", 5)) checks += tag("li", escaped(check_words(check)));
    if (!checks.empty()) rows += tag("ul", checks, "troubles");
    rows += "</td><td class=\"number\">" + tag("span", good ? "good" : "failed", good ? "badge succeeded" : "badge failed") +
            "</td></tr>";
  }
  if (rows.empty()) return {};
  std::string html = tag("table", rows);
  if (const double more = quality.number_or("left_out", 0); more > 0) {
    html += tag("p", escaped("and " + count_words(more) + " more"), "muted");
  }
  return section("Data quality", html);
}

std::string money(const Value& cost) {
  const std::string currency = cost.text("currency");
  std::string bar;
  std::string rows;
  for (const auto& use : uses(cost)) {
    const std::string classes = "use-" + escaped(use.name) + (use.wasted ? " wasted" : "");
    bar += "<i class=\"" + classes + "\" style=\"width:" + percent(use.share) + "\" title=\"" + escaped(use.meaning) +
           "\"></i>";
    rows += "<tr><td><i class=\"key " + classes + "\"></i>" + escaped(use.meaning) +
            (use.wasted ? " <span class=\"tag\">wasted</span>" : "") + "</td><td class=\"number\">" +
            escaped(money_words(use.money, currency)) + "</td><td class=\"number\">" +
            escaped(sizing::percent_words(use.share)) + "</td></tr>";
  }
  if (rows.empty()) return {};
  std::string html = tag("div", bar, "bar") + tag("table", rows);
  if (const auto unused = cost.number("memory_unused"); unused && *unused > 0) {
    html += tag("p", "Of it " + escaped(money_words(*unused, currency)) + " for memory that was held and never used.",
                "muted");
  }
  return section("Where the money went", html);
}

std::string share_rows(const std::vector<Value>& list, const char* name, const char* extra,
                       const std::string& currency) {
  double most = 0;
  for (const auto& one : list) most = std::max(most, one.number_or("cost", 0));
  std::string rows;
  for (const auto& one : list) {
    const double cost = one.number_or("cost", 0);
    rows += "<tr><td class=\"wide\">" + escaped(one.text(name));
    if (extra != nullptr) {
      if (const auto time = one.number(extra))
        rows += tag("span", escaped(sizing::seconds_words(*time) + " of tasks"), "muted small");
    }
    rows += "<div class=\"meter\"><i style=\"width:" + percent(most > 0 ? cost / most : 0) + "\"></i></div></td>" +
            "<td class=\"number\">" + escaped(money_words(cost, currency)) + "</td></tr>";
  }
  return tag("table", rows);
}

std::string dearest(const Value& cost) {
  const std::string currency = cost.text("currency");
  std::string html;
  if (const auto queries = cost.list("queries", 3); !queries.empty()) {
    html += section("Dearest queries", share_rows(queries, "description", "run_time_seconds", currency));
  }
  if (const auto groups = cost.list("by_group", 8); groups.size() > 1) {
    html += section("By group, query or description", share_rows(groups, "group", nullptr, currency));
  }
  return html;
}

/// Each pod's life: held, then at work, then lingering.
std::string time_line(const Value& run, double now) {
  const Value cost = run.child("cost");
  const auto pods = cost.list("pods", 30);
  if (pods.empty()) return {};
  double begin = std::numeric_limits<double>::max();
  double end = 0;
  for (const auto& pod : pods) {
    begin = std::min(begin, pod.number_or("held_from_timestamp_seconds", begin));
    end = std::max(end, pod.number_or("ended_timestamp_seconds", now));
  }
  if (const auto over = run.number("end_timestamp_seconds")) end = std::max(std::min(end, *over), begin);
  if (!(end > begin)) return {};
  std::string rows;
  for (const auto& pod : pods) {
    const double held = pod.number_or("held_from_timestamp_seconds", begin);
    const double ended = std::min(pod.number_or("ended_timestamp_seconds", now), end);
    const double work = std::clamp(pod.number_or("work_from_timestamp_seconds", ended), held, std::max(held, ended));
    const auto span = [&](const char* classes, double from, double to, const char* title) {
      if (!(to > from)) return std::string();
      return std::string("<i class=\"") + classes + "\" style=\"left:" + percent((from - begin) / (end - begin)) +
             ";width:" + percent((to - from) / (end - begin)) + "\" title=\"" + title + "\"></i>";
    };
    const std::string id = pod.text("id");
    rows += "<div class=\"row\"><span>" + escaped(pod.text("component") == "driver" ? id : "executor " + id) +
            "</span><div class=\"track\">" + span("starting", held, work, "starting") +
            span("work", work, ended, "up") + "</div><span class=\"number\">" +
            escaped(money_words(pod.number_or("cost", 0), cost.text("currency"))) + "</span></div>";
  }
  std::string html = tag("div", rows, "lanes") + "<div class=\"axis\"><span>" + escaped(time_words(begin)) +
                     "</span><span>" + escaped(sizing::seconds_words(end - begin)) + "</span></div>";
  if (const double more = cost.number_or("pods_left_out", 0); more > 0) {
    html += tag("p", escaped(count_words(more)) + " more are not shown.", "muted");
  }
  return section("Time line", html);
}

std::string advice(const Value& advice) {
  const auto all = advice.list("recommendations");
  if (all.empty()) {
    const auto why = advice.text("quiet_because");
    return why.empty() ? "" : section("Advice", tag("p", "None: " + escaped(why), "muted"));
  }
  std::string rows;
  for (const auto& one : all) {
    const std::string setting = one.text("setting");
    rows += "<tr><td class=\"wide\">" + tag("code", escaped(setting)) + "<div class=\"small muted\">" +
            escaped(one.text("evidence")) + "</div></td><td class=\"number\">" +
            escaped(setting_words(setting, one.number_or("from", 0))) + " → <b>" +
            escaped(setting_words(setting, one.number_or("to", 0))) + "</b></td></tr>";
  }
  std::string html = tag("table", rows);
  std::string conf;
  for (const auto& line : advice.texts("conf")) conf += escaped(line) + '\n';
  if (!conf.empty()) html += tag("pre", conf);
  if (const auto patch = advice.text("patch"); !patch.empty()) {
    html += "<details><summary>Patch for a SparkApplication</summary>" + tag("pre", escaped(patch)) + "</details>";
  }
  const auto saving = advice.number("saving_ratio");
  return section(saving && *saving > 0 ? "Advice: saves " + sizing::percent_words(*saving) + " of the executors' money"
                                       : std::string("Advice"),
                 html);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string to_html(const Document& document) {
  const Value root = document.root();
  const auto runs = root.list("runs", 20);
  const std::string title = runs.empty() ? "No run yet" : runs.front().text("app") + ": " + outcome_words(runs.front());
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>" +
      escaped(title) + "</title><style>" + std::string(kStyle) + "</style></head><body><main>\n";
  for (const auto& warning : root.texts("warnings")) html += tag("p", escaped(warning), "why");
  if (runs.empty()) {
    html += tag("h1", "No run yet") + quality(root.child("quality"), root.number_or("time_seconds", 0));
  }
  for (const auto& run : runs) {
    html += identity(run) + figures(run);
    const Value cost = run.child("cost");
    if (cost) html += money(cost);
    html += trouble_list(run);
    if (&run == &runs.front()) html += quality(root.child("quality"), root.number_or("time_seconds", 0));
    html += time_line(run, root.number_or("time_seconds", 0));
    if (cost) html += dearest(cost);
    if (const Value of_run = run.child("advice")) html += advice(of_run);
  }
  html += "<footer class=\"muted small\">" + escaped(time_words(root.number_or("time_seconds", 0))) +
          " · spark_exporter " + escaped(root.child("exporter").text("version")) +
          " · <a href=\"?format=json\">JSON</a> · <a href=\"?format=text\">text</a></footer>";
  return html + "</main></body></html>\n";
}

}  // namespace spark_exporter::report
