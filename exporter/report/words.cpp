#include "exporter/report/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "exporter/sizing/words.hpp"

namespace spark_exporter::report {
namespace {

struct Meaning {
  const char* name;
  const char* words;
  bool wasted;
};

constexpr std::array kMeanings{
    Meaning{"task_ok", "useful work", false},
    Meaning{"gc", "garbage collection", true},
    Meaning{"task_failed", "tasks that failed", true},
    Meaning{"stage_retry", "work done before", true},
    Meaning{"speculation", "copies outrun", true},
    Meaning{"killed", "tasks killed", true},
    Meaning{"idle", "slots without a task", true},
    Meaning{"starting", "starting up", false},
    Meaning{"driver", "driver", false},
    Meaning{"lingering", "held after the work", true},
    Meaning{"unobserved", "not observed", false},
    Meaning{"unsettled", "running now", false},
};

std::string printed(double value, std::chars_format format, int precision) {
  std::array<char, 512> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value, format, precision);
  return {text.data(), written.ptr};
}

std::string fixed(double value, int decimals) { return printed(value, std::chars_format::fixed, decimals); }

/// Commas between thousands of the digits before a point.
std::string grouped(std::string number) {
  const std::size_t begin = number.starts_with('-') ? 1 : 0;
  std::size_t end = std::min(number.find('.'), number.size());
  while (end > begin + 3) {
    end -= 3;
    number.insert(end, 1, ',');
  }
  return number;
}

constexpr double kShown = 1e15;

std::string counted(double count, const char* one, const char* many) {
  return count_words(count) + ' ' + (count == 1 ? one : many);
}

}  // namespace

std::string time_words(double seconds) {
  constexpr double kYear10000 = 253402300800.0;
  if (!(seconds >= 0) || seconds >= kYear10000) return "?";
  const auto whole = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

std::string money_words(double money, const std::string& currency) {
  money = std::clamp(money, -kShown, kShown);
  const double size = std::abs(money);
  std::string number;
  if (size == 0 || size >= 0.995) {
    number = grouped(fixed(money, 2));
  } else {
    // Two digits that say something.
    const int zeros = static_cast<int>(std::ceil(-std::log10(size)));
    number = fixed(money, std::clamp(zeros + 1, 2, 12));
  }
  return currency.empty() ? number : number + ' ' + currency;
}

std::string count_words(double count) { return grouped(fixed(std::clamp(count, -kShown, kShown), 0)); }

std::string outcome_words(const Value& run) {
  std::string words = run.text("state");
  if (words.empty()) words = "unknown";
  const Value outcome = run.child("outcome");
  std::string before = ": ";
  const auto add = [&](const std::string& text) {
    if (text.empty()) return;
    words += before + text;
    before = ", ";
  };
  add(outcome.text("reason"));
  if (const auto code = outcome.number("exit_code")) add("exit code " + count_words(*code));
  add(outcome.text("exception"));
  return words;
}

std::string span_words(const Value& run) {
  const auto start = run.number("start_timestamp_seconds");
  if (!start) return {};
  const auto end = run.number("end_timestamp_seconds");
  const auto duration = end ? std::optional(*end - *start) : run.number("duration_seconds");
  std::string words;
  if (duration) words = (end ? "took " : "running for ") + sizing::seconds_words(std::max(0.0, *duration)) + ", ";
  words += "from " + time_words(*start);
  if (end) words += " to " + time_words(*end);
  return words;
}

std::vector<UseLine> uses(const Value& cost) {
  auto amounts = cost.numbers("by_use");
  amounts.emplace_back("unsettled", cost.number_or("unsettled", 0));
  double sum = 0;
  for (const auto& [name, money] : amounts) sum += std::max(money, 0.0);
  std::vector<UseLine> lines;
  for (const auto& amount : amounts) {
    const std::string& name = amount.first;
    const double money = amount.second;
    if (!(money > 0)) continue;
    const auto known = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const auto& m) { return name == m.name; });
    const bool found = known != kMeanings.end();
    lines.push_back({name, found ? known->words : name, found && known->wasted, money, money / sum});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.money > b.money; });
  return lines;
}

std::string setting_words(const std::string& setting, double value) {
  const bool is_memory = setting.find("emory") != std::string::npos;
  return is_memory ? sizing::size_words(value) : count_words(value);
}

std::string dataset_words(const Value& dataset) {
  double evaluated = 0;
  double passed = 0;
  for (const auto& [outcome, number] : dataset.numbers("checks")) {
    if (outcome != "skipped") evaluated += number;
    if (outcome == "passed") passed = number;
  }
  std::string words = dataset.text("dataset") + " (" + dataset.text("suite") + "): ";
  if (evaluated == 0) return words + (dataset.flag("success") ? "good, without checks" : "failed, without checks");
  if (passed == evaluated) return words + "all " + counted(evaluated, "check", "checks") + " passed";
  return words + count_words(evaluated - passed) + " of " + counted(evaluated, "check", "checks") + " did not pass";
}

std::string dataset_facts(const Value& dataset, double now) {
  std::string words = time_words(dataset.number_or("time_seconds", 0));
  if (const auto rows = dataset.number("rows")) words += ", " + counted(*rows, "row", "rows");
  if (const auto latest = dataset.number("latest_data_seconds")) {
    words += ", newest data " + sizing::seconds_words(std::max(now - *latest, 0.0)) + " old";
  }
  if (const auto aside = dataset.number("quarantined_rows"); aside && *aside > 0) {
    words += ", " + counted(*aside, "row", "rows") + " put aside so far";
  }
  return words;
}

std::string check_words(const Value& check) {
  std::string words = check.text("name");
  if (const auto column = check.text("column"); !column.empty()) words += ' ' + column;
  if (const auto outcome = check.text("outcome"); outcome != "failed") words += " (" + outcome + ')';
  if (const auto detail = check.text("detail"); !detail.empty()) words += ": " + detail;
  return words;
}

std::vector<std::string> troubles(const Value& run) {
  std::vector<std::string> lines;
  const Value tasks = run.child("tasks");
  const Value stages = run.child("stages");
  const Value volumes = run.child("volumes");
  if (const double jobs = run.child("jobs").number_or("failed", 0); jobs > 0) {
    lines.push_back(counted(jobs, "Spark job", "Spark jobs") + " failed");
  }
  if (const double failed = tasks.number_or("failed", 0); failed > 0) {
    lines.push_back(counted(failed, "task", "tasks") + " failed");
  }
  if (const double retries = stages.number_or("retries", 0); retries > 0) {
    lines.push_back(counted(retries, "stage was", "stages were") + " done again");
  }
  if (const double spilled = volumes.number_or("disk_spilled_bytes", 0); spilled > 0) {
    lines.push_back(sizing::size_words(spilled) + " spilled to disk");
  }
  if (const Value skew = stages.child("skew"); skew.number_or("ratio", 0) >= 3) {
    lines.push_back("stage " + count_words(skew.number_or("stage", 0)) + " is skewed: its slowest task took " +
                    sizing::number_words(skew.number_or("ratio", 0), 1) + " times the median");
  }
  if (const auto ratio = run.child("gc").number("ratio"); ratio && *ratio >= 0.1) {
    lines.push_back("the JVMs stood still for garbage collection " + sizing::percent_words(*ratio) + " of their time");
  }
  for (const auto& [reason, count] : run.child("executors").numbers("removals")) {
    if (reason == "idle" || reason == "stopped" || !(count > 0)) continue;
    std::string why = reason;
    std::replace(why.begin(), why.end(), '_', ' ');
    lines.push_back(counted(count, "executor", "executors") + " lost: " + why);
  }
  return lines;
}

}  // namespace spark_exporter::report
