#include "exporter/outcome/view.hpp"

namespace spark_exporter::outcome {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kBatch: return "batch";
    case Kind::kStreaming: return "streaming";
    case Kind::kServer: return "server";
  }
  return "";
}

std::optional<Kind> parse_kind(std::string_view text) {
  for (const auto kind : {Kind::kBatch, Kind::kStreaming, Kind::kServer}) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

std::string_view to_string(Component component) { return component == Component::kDriver ? "driver" : "executor"; }

std::string_view to_string(kubernetes::Phase phase) {
  switch (phase) {
    case kubernetes::Phase::kUnknown: return "unknown";
    case kubernetes::Phase::kPending: return "pending";
    case kubernetes::Phase::kRunning: return "running";
    case kubernetes::Phase::kSucceeded: return "succeeded";
    case kubernetes::Phase::kFailed: return "failed";
  }
  return "";
}

}  // namespace spark_exporter::outcome
