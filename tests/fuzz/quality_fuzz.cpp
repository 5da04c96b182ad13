// Any bytes as a validation; what is read is written, and read again as the same. A ledger takes all of it.

#include <cstdint>

#include "exporter/intake/limits.hpp"
#include "exporter/intake/quality_decode.hpp"
#include "exporter/quality/ledger.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

void check(const intake::QualityResult& result) {
  require(!result.dataset.empty() && !result.suite.empty());
  for (const auto* text : {&result.id, &result.tool, &result.dataset, &result.suite}) {
    require_text(*text);
    require_line(*text);
    require(text->size() <= limits::kLabelValueBytes);
  }
  require(result.not_passed.size() <= limits::kQualityChecksKept);
  require(result.null_ratios.size() <= limits::kQualityColumns);
  require(result.missing_columns.size() <= limits::kQualityMissingColumns);
  for (const auto& [column, ratio] : result.null_ratios) {
    require_line(column);
    require(ratio >= 0 && ratio <= 1);
  }
  require(!result.rows || *result.rows >= 0);
  const auto again = intake::decode_quality(intake::encode_quality(result), "again");
  require(again.has_value() && again->results.size() == 1);
  require(again->results.front() == result);
  const auto brief = intake::decode_quality(intake::encode_quality(result, intake::QualityDetail::kBrief), "brief");
  require(brief.has_value() && brief->results.front().checks == result.checks);
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = intake::decode_quality(text, "fuzz");
  if (!document) {
    fuzz::require_line(document.error().what);
    return 0;
  }
  const intake::TimePoint now{std::chrono::milliseconds{1'795'755'600'000}};
  quality::Ledger ledger;
  for (const auto& result : document->results) {
    fuzz::check(result);
    ledger.take(result, now);
  }
  const auto restored = quality::Ledger::restore(ledger.save());
  fuzz::require(restored.has_value() && restored->save() == ledger.save());
  static_cast<void>(quality::Ledger::restore(text));
  return 0;
}
