#pragma once
// What one validation of a dataset said, whoever ran it.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spark_exporter::intake {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// The `outcome` label of data_quality_checks.
enum class CheckOutcome {
  kPassed,
  kFailed,
  kWarned,   ///< failed, and its severity is below the one that fails the validation
  kErrored,  ///< could not be evaluated
  kSkipped,  ///< was not evaluated
};
inline constexpr int kCheckOutcomes = 5;
std::string_view to_string(CheckOutcome outcome);
std::optional<CheckOutcome> parse_check_outcome(std::string_view text);

using CheckCounts = std::array<std::uint64_t, kCheckOutcomes>;
constexpr std::uint64_t count(const CheckCounts& counts, CheckOutcome outcome) {
  return counts[static_cast<std::size_t>(outcome)];
}
constexpr std::uint64_t& count(CheckCounts& counts, CheckOutcome outcome) {
  return counts[static_cast<std::size_t>(outcome)];
}

/// A check that did not pass.
struct QualityCheck {
  std::string name;
  std::string column;
  CheckOutcome outcome = CheckOutcome::kFailed;
  std::string detail;
  bool operator==(const QualityCheck&) const = default;
};

/// Names are one line of UTF-8 of at most limits::kLabelValueBytes, so that they can be label values as they are.
struct QualityResult {
  std::string id;  ///< the same for the same validation, however often it is told; "": told without one
  std::string tool;
  std::string dataset;
  std::string suite;
  std::optional<TimePoint> time;  ///< when it was validated
  bool success = false;
  CheckCounts checks{};
  std::vector<QualityCheck> not_passed;  ///< at most limits::kQualityChecksKept, in the order of the document
  std::optional<double> rows;
  std::optional<std::uint64_t> quarantined_rows;
  std::optional<TimePoint> latest_data;       ///< of the dataset's newest row
  std::map<std::string, double> null_ratios;  ///< by column, at most limits::kQualityColumns, the largest ones
  std::uint64_t columns_left_out = 0;         ///< those that are not in it by themselves but in kOther
  std::vector<std::string> missing_columns;   ///< that the schema should have
  bool operator==(const QualityResult&) const = default;

  std::uint64_t evaluated() const {
    std::uint64_t sum = 0;
    for (const auto one : checks) sum += one;
    return sum - count(checks, CheckOutcome::kSkipped);
  }
  /// Checks that were evaluated and did not pass.
  std::uint64_t violations() const { return evaluated() - count(checks, CheckOutcome::kPassed); }
};

/// Where what is beyond a bound goes: datasets, columns.
inline constexpr char kOther[] = "other";

/// `text` as a name: control characters are blanks, bytes that are no UTF-8 are U+FFFD, the end is cut.
std::string to_name(std::string_view text);
/// The same for what is shown and is no label, without secrets.
std::string to_detail(std::string_view text);

/// 32 hexadecimal digits that are unlike those of any other text: for ids, not for secrets.
std::string digest(std::string_view text);

/// RFC 3339 with or without zone (UTC then), "2026-11-26 06:30:00", "2026-11-26", "20261127T061005.625047Z"; years 1970
/// to 9999.
std::optional<TimePoint> parse_quality_time(std::string_view text);

}  // namespace spark_exporter::intake
