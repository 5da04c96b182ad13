// What a SparkApplication's status says about a run.

#include <gtest/gtest.h>

#include "exporter/outcome/evidence.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::SparkApplication;
using Says = OperatorEvidence::Says;

SparkApplication application(const std::string& state, const std::string& restart = "Never") {
  SparkApplication made;
  made.state = state;
  made.restart_type = restart;
  made.execution_attempts = 1;
  made.submission_attempts = 1;
  made.submission_id = "first";
  made.app_id = "spark-1";
  return made;
}

TEST(OperatorEvidence, States) {
  const std::pair<const char*, Says> cases[] = {
      {"", Says::kPending},
      {"SUBMITTED", Says::kPending},
      {"RUNNING", Says::kRunning},
      {"SUCCEEDING", Says::kSucceeded},
      {"COMPLETED", Says::kSucceeded},
      {"FAILING", Says::kFailed},
      {"FAILED", Says::kFailed},
      {"SUBMISSION_FAILED", Says::kFailed},
      {"SUSPENDING", Says::kSuspended},
      {"SUSPENDED", Says::kSuspended},
      {"RESUMING", Says::kPending},
      {"INVALIDATING", Says::kNothing},
      {"UNKNOWN", Says::kNothing},
      {"OF_THE_FUTURE", Says::kNothing},
      {"PENDING_RERUN", Says::kNothing},
  };
  for (const auto& [state, says] : cases) {
    SCOPED_TRACE(state);
    EXPECT_EQ(read_operator(application(state), {}).says, says);
  }
  // After a failure only with this policy: for ever it also follows successes, without one a change of the spec.
  EXPECT_EQ(read_operator(application("PENDING_RERUN", "OnFailure"), {}).says, Says::kFailed);
  EXPECT_EQ(read_operator(application("PENDING_RERUN", "Always"), {}).says, Says::kNothing);
}

TEST(OperatorEvidence, RetriesOfDrivers) {
  struct {
    const char* state;
    const char* restart;
    std::int64_t attempts;
    std::int64_t retries;
    Retry expected;
  } const cases[] = {
      {"RUNNING", "Never", 1, 5, Retry::kNone},
      {"RUNNING", "OnFailure", 1, 1, Retry::kToCome},
      {"RUNNING", "OnFailure", 2, 1, Retry::kNone},
      {"FAILING", "OnFailure", 1, 1, Retry::kToCome},
      {"FAILING", "OnFailure", 2, 1, Retry::kNone},
      {"FAILED", "OnFailure", 1, 5, Retry::kNone},
      {"PENDING_RERUN", "OnFailure", 2, 1, Retry::kToCome},
      {"RUNNING", "Always", 7, 0, Retry::kForEver},
      {"", "OnFailure", 0, 1, Retry::kToCome},
      {"", "OnFailure", 0, 0, Retry::kNone},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.state) + " " + c.restart + " " + std::to_string(c.attempts));
    SparkApplication made = application(c.state, c.restart);
    made.execution_attempts = c.attempts;
    made.failure_retries = c.retries;
    EXPECT_EQ(read_operator(made, {}).retry, c.expected);
  }
}

TEST(OperatorEvidence, FailedSubmissions) {
  SparkApplication made = application("SUBMISSION_FAILED", "OnFailure");
  made.execution_attempts = 0;
  made.app_id.clear();
  made.submission_failure_retries = 1;
  EXPECT_TRUE(read_operator(made, {}).submission_failed);
  EXPECT_EQ(read_operator(made, {}).retry, Retry::kToCome);
  made.submission_attempts = 2;
  EXPECT_EQ(read_operator(made, {}).retry, Retry::kNone);
  made.state = "FAILED";
  EXPECT_TRUE(read_operator(made, {}).submission_failed);
  EXPECT_FALSE(read_operator(application("FAILED"), {}).submission_failed);
}

TEST(OperatorEvidence, AnotherAttempt) {
  SparkApplication made = application("RUNNING", "OnFailure");
  EXPECT_EQ(read_operator(made, {"first", "spark-1"}).says, Says::kRunning);
  EXPECT_EQ(read_operator(made, {"first", "spark-2"}).says, Says::kRunning);
  EXPECT_EQ(read_operator(made, {"", "spark-1"}).says, Says::kRunning);
  for (const RunKey& other : {RunKey{"second", "spark-1"}, RunKey{"", "spark-2"}}) {
    EXPECT_EQ(read_operator(made, other).says, Says::kNothing);
    EXPECT_EQ(read_operator(made, other).retry, Retry::kToCome);
  }
  made.restart_type = "Always";
  EXPECT_EQ(read_operator(made, {"second", ""}).retry, Retry::kForEver);
}

TEST(OperatorEvidence, Messages) {
  struct {
    const char* message;
    std::optional<std::int64_t> code;
    const char* reason;
    TextClue clue;
  } const cases[] = {
      {"driver container failed with ExitCode: 137, Reason: OOMKilled", 137, "OOMKilled", TextClue::kNone},
      {"driver container failed with ExitCode: 1, Reason: Error", 1, "Error", TextClue::kNone},
      {"driver container failed with ExitCode: x", {}, "", TextClue::kNone},
      {"driver container failed with ExitCode: 99999999999999999999, Reason: Error", {}, "", TextClue::kNone},
      {"driver container failed with ExitCode: 3", 3, "", TextClue::kNone},
      {"driver pod not found", {}, "", TextClue::kNone},
      {"pods \"a\" is forbidden: exceeded quota: compute", {}, "", TextClue::kQuotaExceeded},
      {"", {}, "", TextClue::kNone},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    SparkApplication made = application("FAILED");
    made.error_message = c.message;
    const OperatorEvidence evidence = read_operator(made, {});
    EXPECT_EQ(evidence.exit_code, c.code);
    EXPECT_EQ(evidence.exit_reason, c.reason);
    EXPECT_EQ(evidence.clue, c.clue);
  }
}

}  // namespace
}  // namespace spark_exporter::outcome
