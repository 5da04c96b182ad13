#pragma once
// One JSON value that is no container, as the reader hands it to the field that asked for it.

#include <cstdint>
#include <string>
#include <string_view>

namespace spark_exporter::json {

struct Scalar {
  enum class Kind { kNull, kBool, kInteger, kNatural, kReal, kText, kObject, kList };

  Kind kind = Kind::kNull;  ///< kObject and kList only say what stood where a plain value was expected
  bool flag = false;
  std::int64_t integer = 0;   ///< kInteger: below zero
  std::uint64_t natural = 0;  ///< kNatural: zero or more
  double real = 0;            ///< kReal: has a fraction or an exponent, or no 64 bits hold it
  std::string_view text{};    ///< valid until the next value
  std::size_t index = 0;      ///< place in the innermost list, also of what is in an object there
  std::string_view key{};     ///< the key that the path's "*" stands for
};

/// "string", "boolean", ...; numbers that may be a matter of range are shown.
std::string describe(const Scalar& value);

/// What became of a value.
struct Verdict {
  const char* documented = nullptr;  ///< not null: it was not this, and is left out
  bool too_many = false;             ///< the document holds more of these than we take

  static Verdict wrong(const char* documented) { return {documented, false}; }
  static Verdict full() { return {nullptr, true}; }
};

}  // namespace spark_exporter::json
