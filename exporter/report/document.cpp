#include "exporter/report/document.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "exporter/common/text.hpp"

namespace spark_exporter::report {

using Json = nlohmann::json;

const Json* Value::find(const char* key) const {
  if (json_ == nullptr || !json_->is_object()) return nullptr;
  const auto at = json_->find(key);
  return at == json_->end() ? nullptr : &*at;
}

std::optional<double> Value::number(const char* key) const {
  const Json* const found = find(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::string Value::text(const char* key) const {
  const Json* const found = find(key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

bool Value::flag(const char* key) const {
  const Json* const found = find(key);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

Value Value::child(const char* key) const {
  const Json* const found = find(key);
  return Value(found != nullptr && found->is_object() ? found : nullptr);
}

std::vector<Value> Value::list(const char* key, std::size_t most) const {
  std::vector<Value> values;
  const Json* const found = find(key);
  if (found == nullptr || !found->is_array()) return values;
  for (const Json& one : *found) {
    if (values.size() == most) break;
    if (one.is_object()) values.emplace_back(&one);
  }
  return values;
}

std::vector<std::string> Value::texts(const char* key, std::size_t most) const {
  std::vector<std::string> values;
  const Json* const found = find(key);
  if (found == nullptr || !found->is_array()) return values;
  for (const Json& one : *found) {
    if (values.size() == most) break;
    if (one.is_string()) values.push_back(one.get<std::string>());
  }
  return values;
}

std::vector<std::pair<std::string, double>> Value::numbers(const char* key) const {
  std::vector<std::pair<std::string, double>> values;
  const Json* const found = find(key);
  if (found == nullptr || !found->is_object()) return values;
  for (const auto& [name, value] : found->items()) {
    if (value.is_number() && std::isfinite(value.get<double>())) values.emplace_back(name, value.get<double>());
  }
  return values;
}

Result<Document> Document::parse(std::string_view text) {
  if (text.size() > kDocumentBytes) return Error{ErrorKind::kTooLarge, "more than 32 MiB"};
  Document document;
  try {
    document.json_ = std::make_shared<const Json>(Json::parse(text));
  } catch (const Json::exception& error) {
    return Error{ErrorKind::kMalformed, "no JSON: " + quoted(error.what(), 200)};
  }
  const Value root = document.root();
  const auto version = root.number("schema_version");
  if (!document.json_->is_object() || !version) return Error{ErrorKind::kWrongType, "no report: no schema_version"};
  if (*version != 1) return Error{ErrorKind::kWrongType, "a report of another schema than 1"};
  return document;
}

}  // namespace spark_exporter::report
