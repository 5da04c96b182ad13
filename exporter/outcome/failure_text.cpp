#include "exporter/outcome/failure_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "exporter/common/limits.hpp"
#include "exporter/common/redact.hpp"

namespace spark_exporter::outcome {
namespace {

/// Enough for a container's message or a stage's reason, and a bound for what a hostile text costs.
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kLineBytes = 200;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

template <std::size_t Size>
bool contains_any(std::string_view text, const std::array<std::string_view, Size>& parts) {
  return std::any_of(parts.begin(), parts.end(), [text](std::string_view part) { return contains(text, part); });
}

// DAGScheduler.abortStage and handleTaskSetFailed, 3.5 and 4.x.
constexpr std::array<std::string_view, 3> kStageSigns{"aborted due to stage failure", "Job aborted.",
                                                      "has failed the maximum allowable number of times"};
// Executors' OutOfMemoryError; ExecutorPodsLifecycleManager ("exit code 137(SIGKILL, possible container OOM)",
// "termination reason: OOMKilled"); ExecutorExitCode 52; YARN's texts, which Kubernetes forks reuse.
constexpr std::array<std::string_view, 6> kExecutorOomSigns{
    "java.lang.OutOfMemoryError", "OOMKilled", "possible container OOM", "exit code 52", "code(s) 52",
    "exceeding memory limits"};
constexpr std::array<std::string_view, 2> kFetchSigns{"FetchFailed",
                                                      "has failed the maximum allowable number of times"};
// spark-submit and the operator pass the API server's 403 on: "exceeded quota: compute, requested: ...".
constexpr std::string_view kQuotaSign = "exceeded quota";

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '.';
}

std::string_view last_segment(std::string_view name) {
  const auto dot = name.find_last_of(".$");
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool names_exception(std::string_view token) {
  static constexpr std::array<std::string_view, 3> kEndings{"Exception", "Error", "Exit"};
  const auto name = last_segment(token);
  if (name.empty() || name.front() < 'A' || name.front() > 'Z' || token.front() == '.') return false;
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [name](std::string_view ending) { return name.size() > ending.size() && name.ends_with(ending); });
}

/// Exceptions that say only that there was another one.
bool is_wrapper(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kWrappers{"Py4JJavaError", "PythonException", "SparkException",
                                                             "RuntimeException", "InvocationTargetException"};
  const auto last = last_segment(name);
  return std::find(kWrappers.begin(), kWrappers.end(), last) != kWrappers.end();
}

}  // namespace

TextClue read_clue(std::string_view text) {
  text = text.substr(0, kReadBytes);
  if (contains_any(text, kStageSigns)) {
    if (contains_any(text, kExecutorOomSigns)) return TextClue::kExecutorOom;
    return contains_any(text, kFetchSigns) ? TextClue::kFetchFailed : TextClue::kStageAborted;
  }
  if (contains(text, kQuotaSign)) return TextClue::kQuotaExceeded;
  return contains(text, "java.lang.OutOfMemoryError") ? TextClue::kHeapOom : TextClue::kNone;
}

std::string exception_class(std::string_view text) {
  text = text.substr(0, kReadBytes);
  std::string_view wrapper;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_name_char(text[at])) {
      ++at;
      continue;
    }
    const auto end = static_cast<std::size_t>(
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_name_char) - text.begin());
    auto token = text.substr(at, end - at);
    at = end;
    while (token.ends_with('.')) token.remove_suffix(1);
    if (token.empty() || token.size() > limits::kLabelValueBytes || !names_exception(token)) continue;
    if (!is_wrapper(token)) return std::string(token);
    if (wrapper.empty()) wrapper = token;
  }
  return std::string(wrapper);
}

std::string first_line(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  text = text.substr(0, text.find_first_of("\r\n"));
  text = text.substr(0, text.find_last_not_of(kBlank) + 1);
  // Some more than is kept, so that a secret on the border is seen whole.
  return without_secrets(text.substr(0, 2 * kLineBytes)).substr(0, kLineBytes);
}

}  // namespace spark_exporter::outcome
