#include "exporter/kubernetes/decode_fields.hpp"

#include <map>

namespace spark_exporter::kubernetes {
namespace {

Verdict entry(std::map<std::string, std::string>& entries, std::size_t most, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  std::string key = json::to_kept_text(value.key);
  if (entries.size() < most || entries.contains(key)) {
    entries.insert_or_assign(std::move(key), json::to_kept_text(value.text));
  }
  return {};
}

}  // namespace

Verdict label(Object& object, const Scalar& value) { return entry(object.labels, limits::kLabels, value); }

Verdict annotation(Object& object, const Scalar& value) {
  return kept_annotation(value.key) ? entry(object.annotations, limits::kAnnotations, value) : Verdict{};
}

Verdict amount(Resources& resources, const Scalar& value) {
  const bool gpu = value.key.ends_with("/gpu");
  const bool storage = value.key == "ephemeral-storage";
  if (!gpu && !storage && value.key != "cpu" && value.key != "memory") return {};
  // Strings, but custom resources may hold bare numbers.
  const auto number = value.kind == Scalar::Kind::kText ? parse_quantity(value.text) : json::to_real(value);
  if (!number || *number < 0) return Verdict::wrong("a quantity");
  if (gpu) {
    resources.gpu = resources.gpu.value_or(0) + *number;
  } else if (storage) {
    resources.ephemeral_storage = *number;
  } else {
    (value.key == "cpu" ? resources.cpu : resources.memory) = *number;
  }
  return {};
}

}  // namespace spark_exporter::kubernetes
