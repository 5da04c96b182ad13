// The names are a contract: labels of metrics, sections of runbooks.

#include "exporter/outcome/verdict.hpp"

#include <gtest/gtest.h>

#include <set>

#include "exporter/outcome/diagnosis.hpp"

namespace spark_exporter::outcome {
namespace {

template <class Enum>
std::set<std::string_view> names(int count) {
  std::set<std::string_view> all;
  for (int i = 0; i < count; ++i) all.insert(to_string(static_cast<Enum>(i)));
  return all;
}

TEST(Verdict, Names) {
  EXPECT_EQ(names<State>(kStates), (std::set<std::string_view>{"pending", "running", "retrying", "succeeded", "failed",
                                                               "cancelled", "unknown"}));
  EXPECT_EQ(names<Reason>(kReasons),
            (std::set<std::string_view>{"", "UserError", "DriverOOMKilled", "DriverJavaHeapOOM", "ExecutorOOM",
                                        "StageAborted", "FetchFailed", "Unschedulable", "QuotaExceeded", "ImagePull",
                                        "ConfigError", "Evicted", "NodeLost", "Preempted", "DeadlineExceeded", "Killed",
                                        "SubmissionFailed", "Unknown"}));
  EXPECT_EQ(names<Waiting>(kWaitings),
            (std::set<std::string_view>{"Unschedulable", "ImagePull", "ConfigError", "CrashLoop", "Quota", "Other"}));
  EXPECT_EQ(names<Termination>(kTerminations).size(), static_cast<std::size_t>(kTerminations));
}

TEST(Verdict, NamesAreReadBack) {
  for (int i = 0; i < kStates; ++i) {
    EXPECT_EQ(parse_state(to_string(static_cast<State>(i))), static_cast<State>(i));
  }
  for (int i = 1; i < kReasons; ++i) {
    EXPECT_EQ(parse_reason(to_string(static_cast<Reason>(i))), static_cast<Reason>(i));
  }
  EXPECT_EQ(parse_reason(""), std::nullopt);
  EXPECT_EQ(parse_state("Failed"), std::nullopt);
}

}  // namespace
}  // namespace spark_exporter::outcome
