#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

struct EnvironmentDraft : Environment {
  std::string key;  ///< of the pair being read; empty: of no interest
};

/// An element of a pair: sparkProperties is a list of [key, value].
Verdict property(EnvironmentDraft& draft, const Scalar& value) {
  if (value.index == 0) draft.key.clear();
  if (value.kind != Scalar::Kind::kText || value.index > 1) return Verdict::wrong("a pair of strings");
  if (value.index == 0) {
    if (value.text.starts_with("spark.")) draft.key = to_kept_text(value.text);
  } else if (!draft.key.empty() &&
             (draft.properties.size() < limits::kSparkProperties || draft.properties.contains(draft.key))) {
    draft.properties.insert_or_assign(std::move(draft.key), to_kept_text(value.text));
  }
  return {};
}

// GET /applications/ID/environment
constexpr Field<EnvironmentDraft> kFields[] = {
    {"runtime.javaVersion", text<&Environment::java_version>},
    {"sparkProperties[][]", property},
};
static_assert(is_sorted(kFields));

}  // namespace

Result<DecodeReport> decode_environment(std::istream& in, Environment& out) {
  return decode_object(in, "environment", kFields, nothing_missing<EnvironmentDraft>, out);
}

}  // namespace spark_exporter::spark
