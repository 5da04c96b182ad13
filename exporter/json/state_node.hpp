#pragma once
// State files: JSON that we wrote ourselves, and read as if a stranger had. A reader takes fields one by one; the first
// that is not what it should be throws WrongField with its place, "runs[3].ended is out of range".

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "exporter/common/limits.hpp"

namespace spark_exporter::json {

using StateTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// A field that is not what it should be.
struct WrongField : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// --- writing: what is not known is left out; times are milliseconds of the epoch ----------------

void put_text(nlohmann::json& json, const char* name, const std::string& text);
void put_time(nlohmann::json& json, const char* name, const std::optional<StateTime>& time);
template <class Number>
void put_number(nlohmann::json& json, const char* name, const std::optional<Number>& number) {
  if (number) json[name] = *number;
}
/// Compact, and valid UTF-8 whatever the texts are.
std::string dump_state(const nlohmann::json& json);

// --- reading -----------------------------------------------------------------------------------

/// A value and its place in the document, which must outlive it. Every function throws WrongField.
class StateNode {
 public:
  StateNode(const nlohmann::json& json, std::string place) : json_(&json), place_(std::move(place)) {}

  StateNode at(const char* name) const;
  bool has(const char* name) const { return json_->is_object() && json_->contains(name); }

  std::vector<StateNode> list(std::size_t most) const;
  std::string text(std::size_t most = limits::kErrorMessageBytes) const;
  std::int64_t integer(std::int64_t least, std::int64_t most) const;
  std::uint64_t count() const { return static_cast<std::uint64_t>(integer(0, INT64_MAX / 2)); }
  /// A number from 0 to `most`.
  double amount(double most = std::numeric_limits<double>::max()) const;
  StateTime time() const;
  bool flag() const;

  // Of fields that may be absent: empty, nothing or false then.
  std::vector<StateNode> list(const char* name, std::size_t most) const;
  std::string text(const char* name) const { return has(name) ? at(name).text() : std::string(); }
  std::optional<double> amount(const char* name) const;
  std::optional<StateTime> time(const char* name) const;
  bool flag(const char* name) const { return has(name) && at(name).flag(); }

  [[noreturn]] void wrong(const char* what) const;
  [[noreturn]] void wrong_at(const char* name, const char* what) const;

 private:
  std::string place_of(const char* name) const { return place_ + (place_.empty() ? "" : ".") + name; }

  const nlohmann::json* json_;
  std::string place_;
};

}  // namespace spark_exporter::json
