#include "exporter/outcome/verdict.hpp"

#include <array>
#include <cstddef>

namespace spark_exporter::outcome {
namespace {

constexpr std::array<std::string_view, kStates> kStateNames{"pending", "running",   "retrying", "succeeded",
                                                            "failed",  "cancelled", "unknown"};
constexpr std::array<std::string_view, kReasons> kReasonNames{"",
                                                              "UserError",
                                                              "DriverOOMKilled",
                                                              "DriverJavaHeapOOM",
                                                              "ExecutorOOM",
                                                              "StageAborted",
                                                              "FetchFailed",
                                                              "Unschedulable",
                                                              "QuotaExceeded",
                                                              "ImagePull",
                                                              "ConfigError",
                                                              "Evicted",
                                                              "NodeLost",
                                                              "Preempted",
                                                              "DeadlineExceeded",
                                                              "Killed",
                                                              "SubmissionFailed",
                                                              "Unknown"};

template <class Value, std::size_t Size>
std::optional<Value> find(const std::array<std::string_view, Size>& names, std::string_view text) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (!text.empty() && names[i] == text) return static_cast<Value>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(State state) { return kStateNames[static_cast<std::size_t>(state)]; }
std::string_view to_string(Reason reason) { return kReasonNames[static_cast<std::size_t>(reason)]; }

std::string_view to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::kNone: return "none";
    case Confidence::kLikely: return "likely";
    case Confidence::kCertain: return "certain";
  }
  return "none";
}

std::optional<State> parse_state(std::string_view text) { return find<State>(kStateNames, text); }
std::optional<Reason> parse_reason(std::string_view text) { return find<Reason>(kReasonNames, text); }

}  // namespace spark_exporter::outcome
