#pragma once
// A report as /report tells it (docs/report.schema.json), read for people. Whatever comes in: absent members and those
// of another type are alike.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/common/result.hpp"

namespace spark_exporter::report {

/// A member of a document, or nothing.
class Value {
 public:
  explicit Value(const nlohmann::json* json = nullptr) : json_(json) {}

  explicit operator bool() const { return json_ != nullptr; }
  /// Finite ones only.
  std::optional<double> number(const char* key) const;
  double number_or(const char* key, double fallback) const { return number(key).value_or(fallback); }
  std::string text(const char* key) const;
  bool flag(const char* key) const;
  Value child(const char* key) const;
  /// At most `most` elements that are objects.
  std::vector<Value> list(const char* key, std::size_t most = 200) const;
  std::vector<std::string> texts(const char* key, std::size_t most = 50) const;
  /// An object's members that are numbers, by name.
  std::vector<std::pair<std::string, double>> numbers(const char* key) const;

 private:
  const nlohmann::json* find(const char* key) const;

  const nlohmann::json* json_;
};

class Document {
 public:
  /// Errors: kMalformed (no JSON, with the place), kWrongType (no report, or of a later schema), kTooLarge.
  static Result<Document> parse(std::string_view text);

  Value root() const { return Value(json_.get()); }

 private:
  std::shared_ptr<const nlohmann::json> json_;
};

inline constexpr std::size_t kDocumentBytes = 32 << 20;

}  // namespace spark_exporter::report
