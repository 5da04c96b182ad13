#include "exporter/json/sax_scalar.hpp"

#include <array>
#include <charconv>

#include "exporter/common/text.hpp"

namespace spark_exporter::json {
namespace {

constexpr std::size_t kShownText = 40;

std::string shown(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

}  // namespace

std::string describe(const Scalar& value) {
  switch (value.kind) {
    case Scalar::Kind::kNull: return "null";
    case Scalar::Kind::kBool: return "boolean";
    case Scalar::Kind::kInteger: return "number " + std::to_string(value.integer);
    case Scalar::Kind::kNatural: return "number " + std::to_string(value.natural);
    case Scalar::Kind::kReal: return "number " + shown(value.real);
    case Scalar::Kind::kText: return "string " + quoted(value.text, kShownText);
    case Scalar::Kind::kObject: return "object";
    case Scalar::Kind::kList: return "list";
  }
  return "value";
}

}  // namespace spark_exporter::json
