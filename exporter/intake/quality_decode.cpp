#include "exporter/intake/quality_decode.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <streambuf>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/intake/limits.hpp"
#include "exporter/intake/python_json.hpp"
#include "exporter/intake/quality_draft.hpp"
#include "exporter/json/fields.hpp"

namespace spark_exporter::intake {
namespace {

using json::Scalar;
using json::Verdict;
using Draft = QualityDraft;
using Set = Verdict (*)(Draft&, const Scalar&);

// --- readers -----------------------------------------------------------------------------------

bool is_text(const Scalar& value) { return value.kind == Scalar::Kind::kText; }

/// Of a foreign form: anything else is as good as absent.
template <auto Member>
Verdict check_text(Draft& draft, const Scalar& value) {
  if (is_text(value)) draft.check.*Member = to_detail(value.text);
  return {};
}
template <auto Member>
Verdict check_name(Draft& draft, const Scalar& value) {
  if (!is_text(value)) return Verdict::wrong("a string");
  draft.check.*Member = to_name(value.text);
  return {};
}
template <auto Member>
Verdict check_number(Draft& draft, const Scalar& value) {
  const auto number = json::to_real(value);
  if (!number) return Verdict::wrong("a number");
  if (std::isfinite(*number) && *number >= 0) draft.check.*Member = *number;
  return {};
}
Verdict check_success(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kBool) return Verdict::wrong("a boolean");
  draft.check.success = value.flag;
  return {};
}
Verdict success(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kBool) return Verdict::wrong("a boolean");
  draft.success = value.flag;
  return {};
}
template <auto Member>
Verdict draft_name(Draft& draft, const Scalar& value) {
  if (!is_text(value)) return Verdict::wrong("a string");
  draft.*Member = to_name(value.text);
  return {};
}
template <auto Member>
Verdict result_name(Draft& draft, const Scalar& value) {
  if (!is_text(value)) return Verdict::wrong("a string");
  draft.result.*Member = to_name(value.text);
  return {};
}

/// Seconds since 1970, or text.
std::optional<TimePoint> to_time(const Scalar& value) {
  if (is_text(value)) return parse_quality_time(value.text);
  constexpr double kYear10000 = 253402300800.0;
  const auto seconds = json::to_real(value);
  if (!seconds || !(*seconds >= 0) || *seconds >= kYear10000) return std::nullopt;
  return TimePoint{std::chrono::milliseconds{std::llround(*seconds * 1000)}};
}
template <auto Member>
Verdict result_time(Draft& draft, const Scalar& value) {
  const auto time = to_time(value);
  if (!time) return Verdict::wrong("a time");
  draft.result.*Member = time;
  return {};
}

// --- Great Expectations ------------------------------------------------------------------------

Verdict expectation_type(Draft& draft, const Scalar& value) {
  draft.expectations = true;
  return check_name<&CheckDraft::name>(draft, value);
}
Verdict observed_value(Draft& draft, const Scalar& value) {
  if (is_text(value)) draft.check.observed = to_detail(value.text);
  if (value.kind != Scalar::Kind::kText) draft.check.observed_number = json::to_real(value);
  return {};
}
/// {"raised_exception": ...}, or of several metrics {"METRIC": {"raised_exception": true, ...}}.
Verdict exception_info(Draft& draft, const Scalar& value) {
  if (value.kind == Scalar::Kind::kObject) draft.check.raised = true;
  if (value.key == "raised_exception" && value.kind == Scalar::Kind::kBool) draft.check.raised |= value.flag;
  if (value.key == "exception_message" && is_text(value)) draft.check.message = to_detail(value.text);
  return {};
}
template <auto Member>
Verdict statistic(Draft& draft, const Scalar& value) {
  draft.expectations = true;
  const auto number = json::to_count(value);
  if (!number) return Verdict::wrong("an integer");
  draft.*Member = static_cast<std::uint64_t>(*number);
  return {};
}
/// Also when it is not known as a form by anything else: a suite without an expectation.
Verdict version(Draft& draft, const Scalar& value) {
  draft.expectations = draft.expectations || is_text(value);
  return {};
}
Verdict validation_time(Draft& draft, const Scalar& value) { return result_time<&QualityResult::time>(draft, value); }
/// The run's time is the validation's where that has none of its own.
Verdict run_time(Draft& draft, const Scalar& value) {
  const auto time = to_time(value);
  if (!time) return Verdict::wrong("a time");
  if (!draft.result.time) draft.result.time = time;
  return {};
}

struct Path {
  std::string_view path;
  Set set;
};

constexpr Path kExpectation[] = {
    {"exception_info.*", exception_info},
    {"expectation_config.expectation_type", expectation_type},
    {"expectation_config.kwargs.batch_id", check_text<&CheckDraft::batch>},
    {"expectation_config.kwargs.column", check_text<&CheckDraft::column>},
    {"expectation_config.severity", check_text<&CheckDraft::severity>},
    {"expectation_config.type", expectation_type},
    {"success", check_success},
};
/// As describe() has it.
constexpr Path kDescribed[] = {
    {"expectation_type", expectation_type},
    {"kwargs.batch_id", check_text<&CheckDraft::batch>},
    {"kwargs.column", check_text<&CheckDraft::column>},
    {"success", check_success},
};
constexpr Path kMeasured[] = {
    {"result.element_count", check_number<&CheckDraft::elements>},
    {"result.missing_count", check_number<&CheckDraft::missing>},
    {"result.missing_percent", check_number<&CheckDraft::missing_percent>},
    {"result.observed_value", observed_value},
    {"result.unexpected_count", check_number<&CheckDraft::unexpected>},
    {"result.unexpected_percent", check_number<&CheckDraft::unexpected_percent>},
};
constexpr Path kValidation[] = {
    {"meta.active_batch_definition.data_asset_name", draft_name<&Draft::asset>},
    {"meta.expectation_suite_name", result_name<&QualityResult::suite>},
    {"meta.great_expectations_version", version},
    {"meta.run_id.run_time", run_time},
    {"meta.validation_time", validation_time},
    {"suite_name", result_name<&QualityResult::suite>},
};
constexpr Path kStatistics[] = {
    {"statistics.successful_expectations", statistic<&Draft::successful>},
    {"statistics.unsuccessful_expectations", statistic<&Draft::unsuccessful>},
    {"success", success},
};

// --- dbt ---------------------------------------------------------------------------------------

Verdict dbt_schema(Draft& draft, const Scalar& value) {
  draft.dbt = is_text(value) && value.text.find("/run-results/") != std::string_view::npos;
  return {};
}
Verdict invocation(Draft& draft, const Scalar& value) {
  if (is_text(value)) draft.id_parts += '|' + to_name(value.text);
  return {};
}
constexpr Path kDbt[] = {
    {"metadata.dbt_schema_version", dbt_schema},
    {"metadata.generated_at", validation_time},
    {"metadata.invocation_id", invocation},
    {"results[].failures", check_number<&CheckDraft::failures>},
    {"results[].message", check_text<&CheckDraft::message>},
    {"results[].status", check_name<&CheckDraft::status>},
    {"results[].unique_id",
     [](Draft& draft, const Scalar& value) -> Verdict {
       if (!is_text(value)) return Verdict::wrong("a string");
       draft.check.name = to_detail(value.text);
       return {};
     }},
};

// --- our own -----------------------------------------------------------------------------------

template <Set Read>
Verdict own(Draft& draft, const Scalar& value) {
  draft.own = true;
  return Read(draft, value);
}
Verdict rows(Draft& draft, const Scalar& value) {
  const auto number = json::to_real(value);
  if (!number || !(*number >= 0) || !std::isfinite(*number)) return Verdict::wrong("a number of rows");
  draft.result.rows = number;
  return {};
}
template <auto Member>
Verdict result_count(Draft& draft, const Scalar& value) {
  const auto number = json::to_count(value);
  if (!number) return Verdict::wrong("an integer");
  draft.result.*Member = static_cast<std::uint64_t>(*number);
  return {};
}
Verdict null_ratio(Draft& draft, const Scalar& value) {
  const auto number = json::to_real(value);
  if (!number || !(*number >= 0) || *number > 1) return Verdict::wrong("a ratio from 0 to 1");
  if (draft.nulls.size() >= limits::kListItems) return Verdict::full();
  auto& ratio = draft.nulls[to_name(value.key)];
  ratio = std::max(ratio, *number);
  return {};
}
Verdict own_outcome(Draft& draft, const Scalar& value) {
  draft.check.outcome = is_text(value) ? parse_check_outcome(value.text) : std::nullopt;
  return draft.check.outcome ? Verdict{} : Verdict::wrong("passed, failed, warned, errored or skipped");
}
Verdict own_count(Draft& draft, const Scalar& value) {
  const auto number = json::to_count(value);
  if (!number) return Verdict::wrong("an integer");
  if (!parse_check_outcome(value.key)) return Verdict::wrong("nothing: it is no outcome of a check");
  draft.own_counts[std::string(value.key)] = static_cast<std::uint64_t>(*number);
  return {};
}
Verdict own_detail(Draft& draft, const Scalar& value) {
  if (!is_text(value)) return Verdict::wrong("a string");
  draft.check.message = to_detail(value.text);
  return {};
}
Verdict missing_column(Draft& draft, const Scalar& value) {
  if (!is_text(value)) return Verdict::wrong("a string");
  auto& list = draft.result.missing_columns;
  if (list.size() < limits::kQualityMissingColumns) list.push_back(to_name(value.text));
  return {};
}
Verdict own_id(Draft& draft, const Scalar& value) {
  if (!is_text(value)) return Verdict::wrong("a string");
  draft.result.id = to_name(value.text).substr(0, limits::kQualityIdBytes);
  return {};
}
constexpr Path kOwn[] = {
    {"checks[].column", own<check_name<&CheckDraft::column>>},
    {"checks[].detail", own<own_detail>},
    {"checks[].name", own<check_name<&CheckDraft::name>>},
    {"checks[].outcome", own<own_outcome>},
    {"checks[].success", own<check_success>},
    {"columns_left_out", own<result_count<&QualityResult::columns_left_out>>},
    {"counts.*", own<own_count>},
    {"dataset", own<result_name<&QualityResult::dataset>>},
    {"id", own_id},
    {"latest_data_time", own<result_time<&QualityResult::latest_data>>},
    {"null_ratios.*", own<null_ratio>},
    {"quarantined_rows", own<result_count<&QualityResult::quarantined_rows>>},
    {"rows", own<rows>},
    {"schema.missing[]", own<missing_column>},
    {"suite", own<result_name<&QualityResult::suite>>},
    {"time", own<result_time<&QualityResult::time>>},
    {"tool", own<result_name<&QualityResult::tool>>},
};

// --- the table of all forms --------------------------------------------------------------------

/// Where validations are inside of a checkpoint's result: 1.x, 0.18, describe().
constexpr std::string_view kCheckpoint = "run_results.*";
constexpr std::string_view kDescribedCheckpoint = "validation_results[]";
/// And of our own form inside of a run's last words.
constexpr std::string_view kLastWords = "quality[]";

class Table {
 public:
  Table() {
    for (const char* place : {"", "run_results.*.", "run_results.*.validation_result."}) {
      add(place, kValidation);
      add(place, kStatistics);
      add(std::string(place) + "results[].", kExpectation);
      add(std::string(place) + "results[].", kMeasured);
      lists_.insert(std::string(place) + "results[]");
    }
    add("validation_results[].", kStatistics);
    for (const char* place : {"", "validation_results[]."}) {
      add(std::string(place) + "expectations[].", kDescribed);
      add(std::string(place) + "expectations[].", kMeasured);
      lists_.insert(std::string(place) + "expectations[]");
    }
    add("", kDbt);
    for (const char* place : {"", "quality[]."}) {
      add(place, kOwn);
      lists_.insert(std::string(place) + "checks[]");
    }
    entries_.emplace_back("quality[].success", success);
    std::sort(entries_.begin(), entries_.end(),
              [](const auto& a, const auto& b) { return json::path_less(a.first, b.first); });
    for (const auto& [path, set] : entries_) paths_.push_back(path);
  }

  std::span<const std::string_view> paths() const { return paths_; }
  Set at(std::size_t path) const { return entries_[path].second; }
  /// Whether its elements are checks.
  bool is_list_of_checks(std::string_view list) const { return lists_.contains(list); }

 private:
  template <std::size_t Size>
  void add(const std::string& place, const Path (&paths)[Size]) {
    for (const auto& [path, set] : paths) entries_.emplace_back(place + std::string(path), set);
  }

  std::vector<std::pair<std::string, Set>> entries_;
  std::vector<std::string_view> paths_;
  std::set<std::string, std::less<>> lists_;
};

const Table& table() {
  static const Table all;
  return all;
}

class Reader final : public json::ItemSink {
 public:
  Reader(const QualityNames& names, std::vector<QualityResult>& results) : names_(names), results_(results) {}

  void begin() override {
    item_ = {};
    has_inner_ = false;
  }
  const char* end() override {
    if (!has_inner_) deliver(std::move(item_));
    return nullptr;
  }
  Verdict set(std::size_t path, const Scalar& value) override { return table().at(path)(draft(), value); }

  bool begin_element(std::string_view list) override {
    if (is_validation(list)) {
      inner_ = {};
      in_inner_ = true;
      has_inner_ = true;
      return results_.size() < limits::kQualityResults;
    }
    draft().check = {};
    return true;
  }
  const char* end_element(std::string_view list) override {
    if (is_validation(list)) {
      in_inner_ = false;
      deliver(std::move(inner_));
    } else if (table().is_list_of_checks(list)) {
      auto& at = draft();
      if (list.ends_with("checks[]")) {
        book_own(at, kept_);
      } else if (!at.check.status.empty()) {
        book_dbt(at, kept_);
      } else {
        book_expectation(at, kept_);
      }
    }
    return nullptr;
  }

  bool has_own() const { return has_own_; }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  static bool is_validation(std::string_view list) {
    return list == kCheckpoint || list == kDescribedCheckpoint || list == kLastWords;
  }
  Draft& draft() { return in_inner_ ? inner_ : item_; }

  void deliver(Draft&& draft) {
    has_own_ = has_own_ || draft.own;
    auto finished = finish(std::move(draft), names_);
    if (!finished) {
      if (!failure_) failure_ = finished.error();
    } else if (results_.size() >= limits::kQualityResults) {
      failure_ = Error{ErrorKind::kTooLarge, "more validations than are taken"};
    } else {
      results_.push_back(std::move(*finished));
    }
  }

  const QualityNames& names_;
  std::vector<QualityResult>& results_;
  Draft item_;
  Draft inner_;
  bool in_inner_ = false;
  bool has_inner_ = false;
  bool has_own_ = false;
  std::size_t kept_ = limits::kQualityKeptBytes;
  std::optional<Error> failure_;
};

Result<QualityDocument> read(std::istream& in, std::string_view document, const QualityNames& names) {
  PythonJson numbers(in.rdbuf());
  std::istream clean(&numbers);
  QualityDocument out;
  Reader reader(names, out.results);
  auto report = json::read_items(clean, document, json::Root::kListOrObject, table().paths(), reader);
  if (report.has_error()) return report.error();
  const std::string place(document);
  if (reader.has_own() && report->wrong_types > 0) return Error{ErrorKind::kWrongType, report->first};
  if (reader.failure()) return Error{reader.failure()->kind, place + ": " + reader.failure()->what};
  if (report->wrong_types > 0 && out.results.empty()) return Error{ErrorKind::kWrongType, report->first};
  if (out.results.empty()) return Error{ErrorKind::kMalformed, place + ": no validation in it"};
  out.report = std::move(*report);
  return out;
}

/// A stream over a text that somebody else holds.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // a get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

Result<QualityDocument> decode_quality(std::istream& in, std::string_view document,
                                       const QualityNames& names) noexcept {
  try {
    return read(in, document, names);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kIo, std::string(document) + ": " + quoted(error.what(), limits::kQualityDetailBytes)};
  }
}

Result<QualityDocument> decode_quality(std::string_view text, std::string_view document,
                                       const QualityNames& names) noexcept {
  ViewBuffer buffer(text);
  std::istream in(&buffer);
  return decode_quality(in, document, names);
}

}  // namespace spark_exporter::intake
