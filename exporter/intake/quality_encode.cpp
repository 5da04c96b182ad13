// Our own form, written by hand so that its numbers are what was read.

#include <algorithm>
#include <array>
#include <charconv>

#include "exporter/common/text.hpp"
#include "exporter/intake/quality_decode.hpp"

namespace spark_exporter::intake {
namespace {

constexpr std::size_t kBriefChecks = 3;

std::string number(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

/// Seconds since 1970, to the millisecond.
std::string seconds(TimePoint time) {
  const auto millis = time.time_since_epoch().count();
  return std::to_string(millis / 1000) + '.' + std::to_string(1000 + millis % 1000).substr(1);
}

class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) raw(name, quoted(value));
  }
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    return out_ += quoted(name) + ':';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void write_checks(const QualityResult& result, std::size_t most, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < result.not_passed.size() && i < most; ++i) {
    const auto& check = result.not_passed[i];
    if (i > 0) out += ',';
    Object json(out);
    json.text("name", check.name);
    json.text("column", check.column);
    json.text("outcome", to_string(check.outcome));
    json.text("detail", check.detail);
  }
  out += ']';
}

void write_columns(const QualityResult& result, Object& json) {
  if (!result.null_ratios.empty()) {
    Object ratios(json.key("null_ratios"));
    for (const auto& [column, ratio] : result.null_ratios) ratios.raw(column, number(ratio));
  }
  if (result.columns_left_out > 0) json.raw("columns_left_out", std::to_string(result.columns_left_out));
  if (!result.missing_columns.empty()) {
    Object schema(json.key("schema"));
    std::string list = "[";
    for (const auto& column : result.missing_columns) list += (list.size() > 1 ? "," : "") + quoted(column);
    schema.raw("missing", list + ']');
  }
}

}  // namespace

std::string encode_quality(const QualityResult& result, QualityDetail detail) {
  std::string out;
  {
    Object json(out);
    json.text("id", result.id);
    json.text("tool", result.tool);
    json.text("dataset", result.dataset);
    json.text("suite", result.suite);
    if (result.time) json.raw("time", seconds(*result.time));
    json.raw("success", result.success ? "true" : "false");
    {
      Object counts(json.key("counts"));
      for (int i = 0; i < kCheckOutcomes; ++i) {
        const auto outcome = static_cast<CheckOutcome>(i);
        // None is told where the list below says otherwise.
        const bool is_listed = std::any_of(result.not_passed.begin(), result.not_passed.end(),
                                           [outcome](const auto& check) { return check.outcome == outcome; });
        if (const auto checks = count(result.checks, outcome); checks > 0 || is_listed) {
          counts.raw(to_string(outcome), std::to_string(checks));
        }
      }
    }
    if (!result.not_passed.empty()) {
      write_checks(result, detail == QualityDetail::kAll ? result.not_passed.size() : kBriefChecks, json.key("checks"));
    }
    if (result.rows) json.raw("rows", number(*result.rows));
    if (result.quarantined_rows) json.raw("quarantined_rows", std::to_string(*result.quarantined_rows));
    if (result.latest_data) json.raw("latest_data_time", seconds(*result.latest_data));
    if (detail == QualityDetail::kAll) write_columns(result, json);
  }
  return out;
}

}  // namespace spark_exporter::intake
