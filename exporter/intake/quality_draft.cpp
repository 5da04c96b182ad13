#include "exporter/intake/quality_draft.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "exporter/intake/limits.hpp"


namespace spark_exporter::intake {
namespace {

constexpr std::size_t kColumnOverhead = 96;  ///< of a map's entry beside its name
constexpr char kSuite[] = "default";

std::string number_words(double number) {
  std::array<char, 32> digits{};
  const bool whole = number == std::trunc(number) && std::fabs(number) < 1e15;
  const auto end = whole ? std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<long long>(number))
                         : std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                         std::chars_format::general, 6);
  return {digits.data(), end.ptr};
}

/// False: no more is kept of this document.
bool spend(std::size_t& kept, std::size_t bytes) {
  if (kept < bytes) return false;
  kept -= bytes;
  return true;
}

void keep_check(QualityDraft& draft, QualityCheck check, std::size_t& kept) {
  auto& list = draft.result.not_passed;
  if (list.size() >= limits::kQualityChecksKept) return;
  if (!spend(kept, check.name.size() + check.column.size() + check.detail.size() + kColumnOverhead)) return;
  list.push_back(std::move(check));
}

void book(QualityDraft& draft, CheckOutcome outcome, std::string detail, std::size_t& kept) {
  ++count(draft.result.checks, outcome);
  if (outcome == CheckOutcome::kPassed || outcome == CheckOutcome::kSkipped) return;
  keep_check(draft, {std::move(draft.check.name), std::move(draft.check.column), outcome, std::move(detail)}, kept);
}

/// Part of `whole`, 0 to 1.
std::optional<double> ratio(const std::optional<double>& percent, const std::optional<double>& part,
                            const std::optional<double>& whole) {
  if (whole && *whole <= 0) return std::nullopt;
  if (part && whole) return std::clamp(*part / *whole, 0.0, 1.0);
  if (percent) return std::clamp(*percent / 100, 0.0, 1.0);
  return std::nullopt;
}

std::optional<double> null_ratio(const CheckDraft& check) {
  if (check.name == "expect_column_values_to_not_be_null") {
    return ratio(check.unexpected_percent, check.unexpected, check.elements);
  }
  if (check.name == "expect_column_proportion_of_non_null_values_to_be_between" && check.observed_number) {
    return std::clamp(1 - *check.observed_number, 0.0, 1.0);
  }
  return ratio(check.missing_percent, check.missing, check.elements);
}

std::string expectation_detail(const CheckDraft& check) {
  if (check.raised) return check.message.empty() ? "could not be evaluated" : check.message;
  if (check.unexpected) {
    std::string words = number_words(*check.unexpected);
    if (check.elements) words += " of " + number_words(*check.elements);
    return words + " unexpected";
  }
  if (check.observed_number) return "observed " + number_words(*check.observed_number);
  return check.observed.empty() ? std::string() : to_detail("observed " + check.observed);
}

void measure(QualityDraft& draft, std::size_t& kept) {
  const auto& check = draft.check;
  if (draft.batch.empty()) draft.batch = check.batch;
  if (check.elements) draft.most_elements = std::max(draft.most_elements.value_or(0), *check.elements);
  if (check.name.starts_with("expect_table_row_count") && check.observed_number && *check.observed_number >= 0) {
    draft.result.rows = *check.observed_number;
  }
  if (check.name == "expect_column_max_to_be_between" && !check.observed.empty()) {
    const auto newest = parse_quality_time(check.observed);
    if (newest) draft.result.latest_data = std::max(draft.result.latest_data.value_or(*newest), *newest);
  }
  if (check.column.empty()) return;
  if (check.name == "expect_column_to_exist" && check.success == false && !check.raised &&
      draft.result.missing_columns.size() < limits::kQualityMissingColumns &&
      spend(kept, check.column.size() + kColumnOverhead)) {
    draft.result.missing_columns.push_back(check.column);
  }
  const auto nulls = null_ratio(check);
  if (!nulls) return;
  const auto known = draft.nulls.find(check.column);
  if (known != draft.nulls.end()) {
    known->second = std::max(known->second, *nulls);
  } else if (spend(kept, check.column.size() + kColumnOverhead)) {
    draft.nulls.emplace(check.column, *nulls);
  } else {
    ++draft.result.columns_left_out;
  }
}

/// What the list does not show the statistics do: a result may list only what failed.
void reconcile(QualityDraft& draft) {
  auto& checks = draft.result.checks;
  if (draft.successful) {
    count(checks, CheckOutcome::kPassed) = std::max(count(checks, CheckOutcome::kPassed), *draft.successful);
  }
  if (draft.unsuccessful && *draft.unsuccessful > draft.result.violations()) {
    count(checks, CheckOutcome::kFailed) += *draft.unsuccessful - draft.result.violations();
  }
}

bool nothing_failed(const QualityResult& result) {
  return count(result.checks, CheckOutcome::kFailed) == 0 && count(result.checks, CheckOutcome::kErrored) == 0;
}

/// unique_id: "test.PACKAGE.NAME.HASH", "model.PACKAGE.NAME".
struct DbtId {
  std::string kind;
  std::string package;
  std::string name;
};

DbtId parse_dbt_id(std::string_view text) {
  DbtId id;
  for (auto* part : {&id.kind, &id.package, &id.name}) {
    const auto end = std::min(text.find('.'), text.size());
    part->assign(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return id;
}

Error none_of_the_forms() {
  return {ErrorKind::kMalformed,
          "neither a validation result of Great Expectations, nor dbt's run_results.json, nor of our own form "
          "(docs/quality.schema.json)"};
}

}  // namespace

void book_expectation(QualityDraft& draft, std::size_t& kept) {
  measure(draft, kept);
  auto& check = draft.check;
  if (check.raised) return book(draft, CheckOutcome::kErrored, expectation_detail(check), kept);
  if (check.success == true) return book(draft, CheckOutcome::kPassed, "", kept);
  const bool warns = check.severity == "warning" || check.severity == "info";
  book(draft, warns ? CheckOutcome::kWarned : CheckOutcome::kFailed, expectation_detail(check), kept);
}

void book_dbt(QualityDraft& draft, std::size_t& kept) {
  auto& check = draft.check;
  const auto id = parse_dbt_id(check.name);
  const bool is_test = id.kind == "test" || id.kind == "unit_test";
  if (is_test || draft.asset.empty()) draft.asset = id.package;
  if (is_test && !id.name.empty()) check.name = id.name;
  const std::string_view status = check.status;
  std::string detail = check.failures && *check.failures > 0 ? number_words(*check.failures) + " rows failed" : "";
  if (detail.empty()) detail = check.message;
  // What builds the tables is no check, but its failure takes its tests with it.
  if (!is_test) {
    if (status == "error" || status == "fail") book(draft, CheckOutcome::kErrored, std::move(detail), kept);
    return;
  }
  if (status == "pass" || status == "success") return book(draft, CheckOutcome::kPassed, "", kept);
  if (status == "fail") return book(draft, CheckOutcome::kFailed, std::move(detail), kept);
  if (status == "warn") return book(draft, CheckOutcome::kWarned, std::move(detail), kept);
  const bool skipped = status == "skipped" || status == "no-op";
  book(draft, skipped ? CheckOutcome::kSkipped : CheckOutcome::kErrored, std::move(detail), kept);
}

void book_own(QualityDraft& draft, std::size_t& kept) {
  auto& check = draft.check;
  const auto by_success = check.success.value_or(false) ? CheckOutcome::kPassed : CheckOutcome::kFailed;
  book(draft, check.outcome.value_or(by_success), std::move(check.message), kept);
}

void keep_columns(std::map<std::string, double>&& ratios, QualityResult& result) {
  if (ratios.size() <= limits::kQualityColumns) {
    result.null_ratios = std::move(ratios);
    return;
  }
  std::vector<std::pair<double, const std::string*>> order;
  order.reserve(ratios.size());
  for (const auto& [column, value] : ratios) order.emplace_back(-value, &column);
  constexpr auto kShown = limits::kQualityColumns - 1;
  std::nth_element(order.begin(), order.begin() + kShown, order.end(),
                   [](const auto& a, const auto& b) { return std::tie(a.first, *a.second) < std::tie(b.first, *b.second); });
  double other = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i < kShown) {
      result.null_ratios.emplace(*order[i].second, -order[i].first);
    } else {
      other = std::max(other, -order[i].first);
    }
  }
  auto& rest = result.null_ratios[kOther];
  rest = std::max(rest, other);
  result.columns_left_out += order.size() - kShown;
}

Result<QualityResult> finish(QualityDraft&& draft, const QualityNames& names) {
  auto& result = draft.result;
  if (draft.expectations) {
    result.tool = "great_expectations";
    reconcile(draft);
    if (!result.rows) result.rows = draft.most_elements;
    if (result.dataset.empty()) result.dataset = draft.asset.empty() ? draft.batch : draft.asset;
    draft.id_parts += '|' + draft.batch;
  } else if (draft.dbt) {
    result.tool = "dbt";
    if (result.dataset.empty()) result.dataset = draft.asset;
    if (result.suite.empty()) result.suite = result.tool;
  } else if (draft.own) {
    if (result.tool.empty()) result.tool = "spark_exporter";
    for (const auto& [outcome, number] : draft.own_counts) count(result.checks, *parse_check_outcome(outcome)) = number;
  } else {
    return none_of_the_forms();
  }
  // A validation that says neither when it was nor which one cannot be told from the next one.
  if (result.time && (result.id.empty() || !draft.own)) {
    const auto time = std::to_string(result.time->time_since_epoch().count());
    result.id = digest(result.tool + '|' + result.dataset + '|' + result.suite + '|' + time + draft.id_parts);
  }
  if (!names.dataset.empty()) result.dataset = to_name(names.dataset);
  if (!names.suite.empty()) result.suite = to_name(names.suite);
  if (result.suite.empty()) result.suite = kSuite;
  if (result.dataset.empty()) return Error{ErrorKind::kMalformed, "no dataset: name it in the document or by ?dataset="};
  result.success = draft.success.value_or(nothing_failed(result));
  keep_columns(std::move(draft.nulls), result);
  return std::move(result);
}

}  // namespace spark_exporter::intake
