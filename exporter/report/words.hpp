#pragma once
// What both forms of a report say alike.

#include <string>
#include <vector>

#include "exporter/report/document.hpp"

namespace spark_exporter::report {

/// "2026-11-24 10:00:05 UTC"
std::string time_words(double seconds);
/// "0.0042 EUR", "1,234.50 EUR": two decimals, or two digits where that would be nothing.
std::string money_words(double money, const std::string& currency);
/// "1,234,567"
std::string count_words(double count);

/// What became of the run, in a few words: "failed: StageAborted, exit code 1, org.apache.spark.SparkException".
std::string outcome_words(const Value& run);
/// "took 12.5 min, from ... to ..."
std::string span_words(const Value& run);

struct UseLine {
  std::string name;     ///< as in the label `use`
  std::string meaning;  ///< "useful work"
  bool wasted = false;
  double money = 0;
  double share = 0;  ///< of all uses and what is not settled
};
/// What money bought, most first, nothing that is 0; "unsettled" among them.
std::vector<UseLine> uses(const Value& cost);

/// A setting of the advice: "4 GiB", "2".
std::string setting_words(const std::string& setting, double value);

/// A dataset's last validation: "sales.orders (nightly): 2 of 8 checks did not pass".
std::string dataset_words(const Value& dataset);
/// What is known beside it: rows, age of the newest one, rows put aside.
std::string dataset_facts(const Value& dataset, double now);
/// "not_null customer_id: 2 of 6 unexpected"
std::string check_words(const Value& check);

/// Where work went wrong or slow, as lines: retries, failed tasks, spill, skew, collections, lost executors.
std::vector<std::string> troubles(const Value& run);

}  // namespace spark_exporter::report
