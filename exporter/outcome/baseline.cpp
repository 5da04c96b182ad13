#include "exporter/outcome/baseline.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "exporter/cost/money.hpp"

namespace spark_exporter::outcome {
namespace {

using Json = nlohmann::json;

void put(Json& json, const char* name, const std::optional<double>& number) {
  if (number && std::isfinite(*number)) json[name] = *number;
}

std::optional<double> amount(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number()) return std::nullopt;
  const auto number = found->get<double>();
  return std::isfinite(number) && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string encode(const Baseline& baseline) {
  Json json{{"runs", baseline.runs}};
  put(json, "duration_seconds", baseline.duration_seconds);
  put(json, "input_bytes", baseline.input_bytes);
  put(json, "cost", baseline.cost);
  if (baseline.cost) json["currency"] = baseline.currency;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Baseline> decode_baseline(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::kMalformed, "a baseline is a JSON object"};
  const auto runs = json.find("runs");
  if (runs == json.end() || !runs->is_number_unsigned()) {
    return Error{ErrorKind::kMalformed, "a baseline has a number of runs"};
  }
  Baseline read;
  read.runs = runs->get<std::uint64_t>();
  read.duration_seconds = amount(json, "duration_seconds");
  read.input_bytes = amount(json, "input_bytes");
  const auto currency = json.find("currency");
  if (currency != json.end() && currency->is_string() && cost::is_currency(currency->get_ref<const std::string&>())) {
    read.cost = amount(json, "cost");
    if (read.cost) read.currency = currency->get<std::string>();
  }
  return read;
}

}  // namespace spark_exporter::outcome
