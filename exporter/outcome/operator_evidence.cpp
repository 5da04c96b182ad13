#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "exporter/common/text.hpp"
#include "exporter/outcome/evidence.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::SparkApplication;
using Says = OperatorEvidence::Says;

enum class AppState {
  kOther,
  kPending,
  kRunning,
  kSucceeded,
  kFailing,
  kFailed,
  kRerun,
  kSubmissionFailed,
  kSuspended
};

/// status.applicationState.state of spark-operator 2.x; "" while spark-submit runs for the first time.
AppState app_state(std::string_view state) {
  static constexpr std::array<std::pair<std::string_view, AppState>, 14> kStates{{
      {"", AppState::kPending},
      {"SUBMITTED", AppState::kPending},
      {"RUNNING", AppState::kRunning},
      {"SUCCEEDING", AppState::kSucceeded},
      {"COMPLETED", AppState::kSucceeded},
      {"FAILING", AppState::kFailing},
      {"FAILED", AppState::kFailed},
      {"PENDING_RERUN", AppState::kRerun},
      {"SUBMISSION_FAILED", AppState::kSubmissionFailed},
      {"SUSPENDING", AppState::kSuspended},
      {"SUSPENDED", AppState::kSuspended},
      {"RESUMING", AppState::kPending},
      {"INVALIDATING", AppState::kOther},
      {"UNKNOWN", AppState::kOther},
  }};
  for (const auto& [name, value] : kStates) {
    if (name == state) return value;
  }
  return AppState::kOther;
}

/// The operator starts a new attempt while attempts <= retries.
Retry retry_after_failure(const SparkApplication& application, bool submission) {
  if (application.restart_type == "Always") return Retry::kForEver;
  if (application.restart_type != "OnFailure") return Retry::kNone;
  // A driver may fail before the operator has counted its attempt.
  const bool left = submission
                        ? application.submission_attempts <= application.submission_failure_retries
                        : std::max<std::int64_t>(application.execution_attempts, 1) <= application.failure_retries;
  return left ? Retry::kToCome : Retry::kNone;
}

/// "driver container failed with ExitCode: 137, Reason: OOMKilled"
void read_exit(std::string_view message, OperatorEvidence& evidence) {
  constexpr std::string_view kCode = "ExitCode: ";
  constexpr std::string_view kReason = ", Reason: ";
  const auto at = message.find(kCode);
  if (at == std::string_view::npos) return;
  message.remove_prefix(at + kCode.size());
  std::int64_t code = 0;
  const auto [end, error] = std::from_chars(message.data(), message.data() + message.size(), code);
  if (error != std::errc{}) return;
  evidence.exit_code = code;
  message.remove_prefix(static_cast<std::size_t>(end - message.data()));
  if (!message.starts_with(kReason)) return;
  message.remove_prefix(kReason.size());
  evidence.exit_reason = message.substr(0, message.find_first_of(" ,\n"));
}

void read_message(const SparkApplication& application, OperatorEvidence& evidence) {
  read_exit(application.error_message, evidence);
  evidence.clue = read_clue(application.error_message);
  evidence.exception = exception_class(application.error_message);
  const auto line = first_line(application.error_message);
  if (!line.empty()) evidence.text = quoted(line);
}

bool is_another(const SparkApplication& application, const RunKey& run) {
  if (!run.submission_id.empty() && !application.submission_id.empty()) {
    return run.submission_id != application.submission_id;
  }
  return !run.app_id.empty() && !application.app_id.empty() && run.app_id != application.app_id;
}

}  // namespace

OperatorEvidence read_operator(const SparkApplication& application, const RunKey& run) {
  OperatorEvidence evidence;
  if (is_another(application, run)) {
    evidence.retry = application.restart_type == "Always" ? Retry::kForEver : Retry::kToCome;
    return evidence;
  }
  const AppState state = app_state(application.state);
  const bool failed = state == AppState::kFailing || state == AppState::kFailed;
  evidence.submission_failed = state == AppState::kSubmissionFailed ||
                               (failed && application.app_id.empty() && application.execution_attempts == 0);
  evidence.retry = retry_after_failure(application, evidence.submission_failed);
  switch (state) {
    case AppState::kOther: break;
    case AppState::kPending: evidence.says = Says::kPending; break;
    case AppState::kRunning: evidence.says = Says::kRunning; break;
    case AppState::kSucceeded: evidence.says = Says::kSucceeded; break;
    case AppState::kSuspended: evidence.says = Says::kSuspended; break;
    case AppState::kFailing:
    case AppState::kSubmissionFailed: evidence.says = Says::kFailed; break;
    case AppState::kFailed:
      evidence.says = Says::kFailed;
      evidence.retry = Retry::kNone;
      break;
    case AppState::kRerun:
      // Also after a success that is repeated for ever, and after a change of the specification.
      if (application.restart_type != "OnFailure") break;
      evidence.says = Says::kFailed;
      evidence.retry = Retry::kToCome;
      break;
  }
  if (evidence.says == Says::kFailed) read_message(application, evidence);
  return evidence;
}

}  // namespace spark_exporter::outcome
