#include "exporter/json/state_node.hpp"

#include <cmath>

namespace spark_exporter::json {

using Json = nlohmann::json;

void put_text(Json& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

void put_time(Json& json, const char* name, const std::optional<StateTime>& time) {
  if (time) json[name] = time->time_since_epoch().count();
}

std::string dump_state(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

StateNode StateNode::at(const char* name) const {
  if (!has(name)) wrong_at(name, "is missing");
  return {(*json_)[name], place_of(name)};
}

std::vector<StateNode> StateNode::list(std::size_t most) const {
  if (!json_->is_array()) wrong("is no list");
  if (json_->size() > most) wrong("has too many elements");
  std::vector<StateNode> nodes;
  nodes.reserve(json_->size());
  for (std::size_t i = 0; i < json_->size(); ++i) {
    nodes.emplace_back((*json_)[i], place_ + '[' + std::to_string(i) + ']');
  }
  return nodes;
}

std::vector<StateNode> StateNode::list(const char* name, std::size_t most) const {
  return has(name) ? at(name).list(most) : std::vector<StateNode>{};
}

std::string StateNode::text(std::size_t most) const {
  if (!json_->is_string()) wrong("is no text");
  const auto& text = json_->get_ref<const std::string&>();
  if (text.size() > most) wrong("is too long");
  return text;
}

std::int64_t StateNode::integer(std::int64_t least, std::int64_t most) const {
  if (!json_->is_number_integer()) wrong("is no integer");
  if (json_->is_number_unsigned() && json_->get<std::uint64_t>() > static_cast<std::uint64_t>(most))
    wrong("is too large");
  const auto number = json_->get<std::int64_t>();
  if (number < least || number > most) wrong("is out of range");
  return number;
}

double StateNode::amount(double most) const {
  if (!json_->is_number()) wrong("is no number");
  const auto number = json_->get<double>();
  if (!(number >= 0 && number <= most)) wrong("is out of range");
  return number;
}

std::optional<double> StateNode::amount(const char* name) const {
  return has(name) ? std::optional(at(name).amount()) : std::nullopt;
}

StateTime StateNode::time() const {
  constexpr std::int64_t kYear10000 = 253'402'300'800'000;
  return StateTime{std::chrono::milliseconds{integer(0, kYear10000)}};
}

std::optional<StateTime> StateNode::time(const char* name) const {
  return has(name) ? std::optional(at(name).time()) : std::nullopt;
}

bool StateNode::flag() const {
  if (!json_->is_boolean()) wrong("is neither true nor false");
  return json_->get<bool>();
}

void StateNode::wrong(const char* what) const {
  throw WrongField((place_.empty() ? "the document" : place_) + ' ' + what);
}

void StateNode::wrong_at(const char* name, const char* what) const { throw WrongField(place_of(name) + ' ' + what); }

}  // namespace spark_exporter::json
