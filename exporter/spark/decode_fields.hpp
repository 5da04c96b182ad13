#pragma once
// The words of the decoders' tables: those of every JSON document, and how Spark writes a time.

#include "exporter/json/fields.hpp"
#include "exporter/spark/decode.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::spark {

using json::count;
using json::decode_elements;
using json::decode_object;
using json::each_count;
using json::each_real;
using json::Field;
using json::flag;
using json::free_text;
using json::is_not_finite;
using json::is_sorted;
using json::nothing_missing;
using json::real;
using json::Scalar;
using json::text;
using json::to_count;
using json::to_kept_text;
using json::to_real;
using json::Verdict;

/// "2026-11-23T13:37:07.395GMT"; 1969 is how Spark writes that there is none.
template <auto Member, class Draft>
Verdict time(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a time");
  const auto time = parse_time(value.text);
  if (!time && !value.text.starts_with("1969-")) return Verdict::wrong("a time");
  if (time) draft.*Member = *time;
  return {};
}

}  // namespace spark_exporter::spark
