#include "exporter/json/fields.hpp"

#include <cmath>
#include <limits>

#include "exporter/common/redact.hpp"

namespace spark_exporter::json {
namespace {

/// Of a code point's second to fourth byte.
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::optional<std::int64_t> to_count(const Scalar& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (value.kind == Scalar::Kind::kNatural && value.natural <= kMost) return static_cast<std::int64_t>(value.natural);
  if (value.kind == Scalar::Kind::kReal && value.real >= 0 && value.real <= kExact &&
      std::trunc(value.real) == value.real) {
    return static_cast<std::int64_t>(value.real);
  }
  return std::nullopt;
}

std::optional<double> to_real(const Scalar& value) {
  switch (value.kind) {
    case Scalar::Kind::kReal: return value.real;
    case Scalar::Kind::kNatural: return static_cast<double>(value.natural);
    case Scalar::Kind::kInteger: return static_cast<double>(value.integer);
    default: return std::nullopt;
  }
}

bool is_not_finite(const Scalar& value) {
  return value.kind == Scalar::Kind::kText &&
         (value.text == "NaN" || value.text == "Infinity" || value.text == "-Infinity");
}

std::string to_kept_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit;
  while (end > 0 && continues(text[end])) --end;
  return std::string(text.substr(0, end));
}

std::string to_kept_free_text(std::string_view text, std::size_t limit) {
  // Some more than is kept, so that a secret on the border is seen whole.
  constexpr std::size_t kBeyond = 1024;
  return to_kept_text(without_secrets(text.substr(0, limit + kBeyond)), limit);
}

std::string to_kept_ends(std::string_view text, std::size_t limit) {
  constexpr std::string_view kBetween = " ... ";
  const std::size_t head = limit - limit / 4;
  if (text.size() <= limit || limit - head <= kBetween.size()) return to_kept_text(text, limit);
  std::size_t tail = text.size() - (limit - head - kBetween.size());
  while (tail < text.size() && continues(text[tail])) ++tail;
  return to_kept_text(text, head) + std::string(kBetween) + std::string(text.substr(tail));
}

}  // namespace spark_exporter::json
