#include "exporter/report/text.hpp"

#include <algorithm>
#include <cmath>

#include "exporter/common/text.hpp"
#include "exporter/report/words.hpp"
#include "exporter/sizing/words.hpp"

namespace spark_exporter::report {
namespace {

constexpr std::size_t kBar = 30;
constexpr std::size_t kGroups = 8;

std::size_t width_of(std::string_view text) {
  // Code points: bytes that do not continue one.
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// One line, whatever was in it.
std::string plain(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    const std::size_t length = utf8_sequence(raw);
    const bool readable = length > 1 || (length == 1 && static_cast<unsigned char>(raw[0]) >= 0x20 && raw[0] != 0x7F);
    const bool c1 = length == 2 && raw[0] == '\xC2' && static_cast<unsigned char>(raw[1]) < 0xA0;
    out += readable && !c1 ? std::string(raw.substr(0, length)) : std::string(" ");
    raw.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

/// The same of each of its lines.
std::string plain_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += plain(text.substr(0, end)) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// At most `columns` code points.
std::string cut(const std::string& text, std::size_t columns) {
  if (width_of(text) <= columns) return text;
  std::string out;
  for (std::size_t at = 0, used = 0; at < text.size() && used + 3 < columns; ++used) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(std::string_view(text).substr(at)), 1);
    out += text.substr(at, length);
    at += length;
  }
  return out + "...";
}

std::string padded(const std::string& text, std::size_t columns) {
  const std::string shown = cut(text, columns);
  return shown + std::string(columns - std::min(columns, width_of(shown)), ' ');
}

std::string right(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, width_of(text)), ' ') + text;
}

class Page {
 public:
  /// Whatever is in it: names of the report's fields are foreign text, too.
  void line(const std::string& text = "") { out_ += cut(plain(text), kColumns) + '\n'; }
  void heading(const std::string& text) {
    line();
    line(text);
  }
  /// Words, broken between blanks; lines after the first are indented as deep.
  void wrapped(const std::string& text, std::size_t indent) {
    std::string rest = plain(text);
    const std::size_t room = kColumns - indent;
    while (!rest.empty()) {
      std::size_t end = rest.size();
      if (width_of(rest) > room) {
        const std::string head = cut(rest, room + 3);
        end = head.size() - 3;
        if (const std::size_t blank = rest.rfind(' ', end); blank != std::string::npos && blank > 0) end = blank;
      }
      line(std::string(indent, ' ') + rest.substr(0, end));
      rest.erase(0, end);
      rest.erase(0, rest.find_first_not_of(' ') == std::string::npos ? rest.size() : rest.find_first_not_of(' '));
    }
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void show_identity(Page& page, const Value& run) {
  page.line(run.text("app") + "  " + outcome_words(run));
  const auto space = run.text("namespace");
  std::string who = space.empty() ? "run " : "namespace " + space + ", run ";
  who += run.text("app_id").empty() ? "not known yet" : run.text("app_id");
  if (const auto version = run.text("spark_version"); !version.empty()) who += ", Spark " + version;
  if (const auto pod = run.text("driver_pod"); !pod.empty()) who += ", pod " + pod;
  page.wrapped(who, 2);
  if (const auto span = span_words(run); !span.empty()) page.wrapped(span, 2);
  if (const auto evidence = run.child("outcome").text("evidence"); !evidence.empty()) page.wrapped(evidence, 2);
}

void show_work(Page& page, const Value& run) {
  const Value jobs = run.child("jobs");
  const Value tasks = run.child("tasks");
  if (!jobs || !tasks) return;
  page.heading("Work");
  page.line("  jobs   " + count_words(jobs.number_or("succeeded", 0)) + " good, " +
            count_words(jobs.number_or("failed", 0)) + " failed, " + count_words(jobs.number_or("active", 0)) +
            " running");
  page.line("  tasks  " + count_words(tasks.number_or("completed", 0)) + " good, " +
            count_words(tasks.number_or("failed", 0)) + " failed, " + count_words(tasks.number_or("killed", 0)) +
            " killed");
  const Value volumes = run.child("volumes");
  page.line("  data   " + sizing::size_words(volumes.number_or("input_bytes", 0)) + " read, " +
            sizing::size_words(volumes.number_or("output_bytes", 0)) + " written, " +
            sizing::size_words(volumes.number_or("shuffle_write_bytes", 0)) + " shuffled");
  for (const auto& trouble : troubles(run)) page.wrapped("! " + trouble, 2);
}

void show_cost(Page& page, const Value& cost) {
  const std::string currency = cost.text("currency");
  std::string head = "Cost  " + money_words(cost.number_or("total", 0), currency);
  if (const auto wasted = cost.number("wasted_ratio"); wasted && *wasted > 0) {
    head += ", of it wasted " + money_words(cost.number_or("wasted", 0), currency) + " (" +
            sizing::percent_words(*wasted) + ')';
  }
  page.heading(head);
  if (!cost.flag("final")) {
    std::string now = "  " + money_words(cost.number_or("per_hour", 0), currency) + " an hour now";
    if (const auto projected = cost.number("projected"))
      now += ", " + money_words(*projected, currency) + " at the end";
    page.line(now);
  }
  if (const auto budget = cost.number("budget")) page.line("  budget " + money_words(*budget, currency));
  for (const auto& use : uses(cost)) {
    const auto length = static_cast<std::size_t>(std::lround(use.share * kBar));
    page.line("  " + padded(use.meaning, 22) + right(money_words(use.money, ""), 14) +
              right(sizing::percent_words(use.share), 8) + "  " +
              padded(std::string(std::max<std::size_t>(length, 1), use.wasted ? '!' : '#'), kBar) +
              (use.wasted ? "  wasted" : ""));
  }
  if (const auto unused = cost.number("memory_unused"); unused && *unused > 0) {
    page.line("  memory held and never used: " + money_words(*unused, currency) + " (a part of the above)");
  }
  const auto groups = cost.list("by_group", kGroups);
  if (groups.size() > 1) page.line("  by group, query or description:");
  for (const auto& group : groups.size() > 1 ? groups : std::vector<Value>{}) {
    page.line("    " + padded(group.text("group"), 60) + right(money_words(group.number_or("cost", 0), ""), 14));
  }
  const auto queries = cost.list("queries", 3);
  if (!queries.empty()) page.line("  dearest queries:");
  for (const auto& query : queries) {
    page.line("    " + padded(count_words(query.number_or("id", 0)) + "  " + query.text("description"), 60) +
              right(money_words(query.number_or("cost", 0), ""), 14));
  }
}

void show_advice(Page& page, const Value& advice) {
  const auto all = advice.list("recommendations");
  if (all.empty()) {
    if (const auto why = advice.text("quiet_because"); !why.empty()) {
      page.heading("Advice");
      page.wrapped("none: " + why, 2);
    }
    return;
  }
  const auto saving = advice.number("saving_ratio");
  page.heading(saving && *saving > 0 ? "Advice  saves " + sizing::percent_words(*saving) + " of the executors' money"
                                     : "Advice");
  for (const auto& one : all) {
    const std::string setting = one.text("setting");
    page.line("  " + setting + "  " + setting_words(setting, one.number_or("from", 0)) + " -> " +
              setting_words(setting, one.number_or("to", 0)));
    page.wrapped(one.text("evidence"), 4);
  }
  for (const auto& line : advice.texts("conf")) page.line("  " + line);
}

void show_quality(Page& page, const Value& quality, double now) {
  const auto datasets = quality.list("datasets", 12);
  if (datasets.empty()) return;
  page.heading("Data quality");
  for (const auto& dataset : datasets) {
    page.wrapped((dataset.flag("success") ? "" : "! ") + dataset_words(dataset), 2);
    page.wrapped(dataset_facts(dataset, now), 4);
    for (const auto& check : dataset.list("not_passed", 5)) page.wrapped(check_words(check), 4);
  }
  if (const double more = quality.number_or("left_out", 0); more > 0) page.line("  and " + count_words(more) + " more");
}

void show_run(Page& page, const Value& run) {
  show_identity(page, run);
  show_work(page, run);
  if (const Value cost = run.child("cost")) show_cost(page, cost);
  if (const Value advice = run.child("advice")) show_advice(page, advice);
}

}  // namespace

std::string to_text(const Document& document) {
  Page page;
  const Value root = document.root();
  for (const auto& warning : root.texts("warnings")) page.wrapped("warning: " + warning, 0);
  bool first = true;
  for (const auto& run : root.list("runs", 10'000)) {
    if (!first) page.line(std::string(kColumns, '-'));
    first = false;
    show_run(page, run);
  }
  if (first) page.line("no run yet");
  show_quality(page, root.child("quality"), root.number_or("time_seconds", 0));
  return page.take();
}

std::string to_patch(const Document& document) {
  const auto runs = document.root().list("runs", 1);
  if (runs.empty()) return {};
  const Value advice = runs.front().child("advice");
  std::string out = plain_lines(advice.text("patch"));
  for (const auto& line : advice.texts("conf")) out += plain(line) + '\n';
  return out;
}

}  // namespace spark_exporter::report
