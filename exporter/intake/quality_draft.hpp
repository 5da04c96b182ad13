#pragma once
// A validation while it is read: what the fields of the three forms say, until it is known which one it is.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/intake/quality_decode.hpp"
#include "exporter/intake/quality_result.hpp"

namespace spark_exporter::intake {

/// An element of results[], expectations[] or checks[].
struct CheckDraft {
  std::string name;  ///< expectation type, dbt's unique_id, our own
  std::string column;
  std::string batch;
  std::string severity;
  std::string status;   ///< dbt's
  std::string message;  ///< of an exception, dbt's, our own detail
  std::string observed;
  std::optional<bool> success;
  std::optional<CheckOutcome> outcome;  ///< our own
  bool raised = false;
  std::optional<double> observed_number;
  std::optional<double> elements;
  std::optional<double> unexpected;
  std::optional<double> unexpected_percent;
  std::optional<double> missing;
  std::optional<double> missing_percent;
  std::optional<double> failures;
};

struct QualityDraft {
  QualityResult result;
  std::optional<bool> success;
  CheckDraft check;
  bool expectations = false;  ///< it has what only Great Expectations writes
  bool dbt = false;
  bool own = false;
  std::optional<std::uint64_t> successful;
  std::optional<std::uint64_t> unsuccessful;
  std::string asset;
  std::string batch;       ///< the batch that the expectations name
  std::string id_parts;    ///< what tells this validation from all others
  std::optional<double> most_elements;
  std::map<std::string, double> nulls;
  std::map<std::string, std::uint64_t> own_counts;  ///< our own `counts`, by outcome
};

/// Books the check at hand of the draft. `kept`: bytes that may still be kept of this document.
void book_expectation(QualityDraft& draft, std::size_t& kept);
void book_dbt(QualityDraft& draft, std::size_t& kept);
void book_own(QualityDraft& draft, std::size_t& kept);

/// The finished result. Error kMalformed: it is none of the forms, or names no dataset.
Result<QualityResult> finish(QualityDraft&& draft, const QualityNames& names);

/// The largest limits::kQualityColumns of the ratios; the others as kOther.
void keep_columns(std::map<std::string, double>&& ratios, QualityResult& result);

}  // namespace spark_exporter::intake
