#pragma once
// What was counted in a log.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "exporter/logs/level.hpp"
#include "exporter/logs/signatures.hpp"

namespace spark_exporter::logs {

struct Tally {
  std::array<std::uint64_t, kLevels> messages{};
  std::array<std::uint64_t, kSignatures> signatures{};  ///< messages that have each
  std::uint64_t skipped_bytes = 0;                      ///< passed over unread

  Tally& operator+=(const Tally& other) {
    for (std::size_t i = 0; i < messages.size(); ++i) messages[i] += other.messages[i];
    for (std::size_t i = 0; i < signatures.size(); ++i) signatures[i] += other.signatures[i];
    skipped_bytes += other.skipped_bytes;
    return *this;
  }
  bool operator==(const Tally&) const = default;
};

/// Whose log it is: the label `component`.
enum class Component : std::uint8_t { kDriver, kExecutor };
inline constexpr std::string_view to_string(Component component) {
  return component == Component::kDriver ? "driver" : "executor";
}

/// What the logs of a run said so far; of a component that is not read there is nothing.
struct View {
  std::string kubernetes_namespace;
  std::string app;
  std::string app_id;
  std::map<Component, Tally> components;
};

}  // namespace spark_exporter::logs
