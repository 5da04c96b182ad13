#pragma once
// JSON of validations to facts, by SAX: nothing but what is kept is in memory, however long the document. Read are, as
// they come out:
// - Great Expectations 0.18 and 1.x: a validation result, a checkpoint's result (run_results), and what describe() says
//   of either;
// - dbt's run_results.json (schema v4 and later): its tests are one validation;
// - our own form (docs/quality.schema.json), one object or a list of them.

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/intake/quality_result.hpp"
#include "exporter/json/report.hpp"

namespace spark_exporter::intake {

/// What the sender says beside the document: names where the document has none, or has another.
struct QualityNames {
  std::string dataset;
  std::string suite;
};

struct QualityDocument {
  std::vector<QualityResult> results;
  json::DecodeReport report;  ///< fields of a foreign form that were not as documented; the rest was used
};

/// `document` names it in errors. Errors: kMalformed (no JSON, broken off, or none of the forms), kWrongType (a field of
/// our own form is not what it should be), kTooLarge (more than limits::kQualityResults validations; depth; string), kIo
/// (the stream threw). Never throws.
Result<QualityDocument> decode_quality(std::istream& in, std::string_view document,
                                       const QualityNames& names = {}) noexcept;
Result<QualityDocument> decode_quality(std::string_view text, std::string_view document,
                                       const QualityNames& names = {}) noexcept;

/// How much of a result is written.
enum class QualityDetail {
  kAll,
  kBrief,  ///< without null ratios and columns, and of the checks that did not pass the first three
};

/// One result in our own form, compact.
std::string encode_quality(const QualityResult& result, QualityDetail detail = QualityDetail::kAll);

}  // namespace spark_exporter::intake
