// Why pods wait and how they end, beyond the recordings.

#include "exporter/outcome/diagnosis.hpp"

#include <gtest/gtest.h>

#include "tests/unit/outcome/made_pods.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::Phase;
using test::MadePod;

TEST(Diagnosis, WaitingReasonsOfTheKubelet) {
  const std::pair<const char*, Waiting> cases[] = {{"ErrImagePull", Waiting::kImagePull},
                                                   {"ImagePullBackOff", Waiting::kImagePull},
                                                   {"InvalidImageName", Waiting::kImagePull},
                                                   {"ErrImageNeverPull", Waiting::kImagePull},
                                                   {"CreateContainerConfigError", Waiting::kConfigError},
                                                   {"RunContainerError", Waiting::kConfigError},
                                                   {"CrashLoopBackOff", Waiting::kCrashLoop},
                                                   {"ContainerCreating", Waiting::kOther},
                                                   {"PodInitializing", Waiting::kOther},
                                                   {"", Waiting::kOther},
                                                   {"OfTheFuture", Waiting::kOther}};
  for (const auto& [reason, expected] : cases) {
    SCOPED_TRACE(reason);
    EXPECT_EQ(waiting_reason(MadePod().waiting(reason).seen()), expected);
    EXPECT_EQ(waiting_reason(MadePod().waiting(reason).phase(Phase::kFailed).seen()), std::nullopt);
  }
  EXPECT_EQ(waiting_reason(MadePod().running().seen()), std::nullopt);
  EXPECT_EQ(waiting_reason(MadePod().ended(5, 1).seen()), std::nullopt);
}

TEST(Diagnosis, AnInitContainersTroubleIsThePods) {
  MadePod pod;
  pod.waiting("PodInitializing").pod().init_container_statuses.resize(1);
  pod.pod().init_container_statuses[0].waiting_reason = "ImagePullBackOff";
  EXPECT_EQ(waiting_reason(pod.seen()), Waiting::kImagePull);
}

TEST(Diagnosis, Terminations) {
  const auto ended = [](const MadePod& pod, bool deleted = false) { return termination_reason(pod.seen(), deleted); };
  EXPECT_EQ(ended(MadePod().running()), std::nullopt);
  EXPECT_EQ(ended(MadePod().running().deleted(5)), std::nullopt);
  EXPECT_EQ(ended(MadePod().running().deleted(5), true), Termination::kDeleted);
  EXPECT_EQ(ended(MadePod().running(), true), Termination::kDeleted);
  EXPECT_EQ(ended(MadePod().running().silent_node(), true), Termination::kNodeLost);
  EXPECT_EQ(ended(MadePod().ended(9, 0)), Termination::kCompleted);
  EXPECT_EQ(ended(MadePod().ended(9, 0).deleted(20)), Termination::kCompleted);
  EXPECT_EQ(ended(MadePod().ended(9, 0).deleted(5)), Termination::kDecommissioned);
  EXPECT_EQ(ended(MadePod().ended(9, 143).deleted(5)), Termination::kDeleted);
  EXPECT_EQ(ended(MadePod().ended(9, 143)), Termination::kKilled);
  EXPECT_EQ(ended(MadePod().ended(9, 56)), Termination::kError);
  EXPECT_EQ(ended(MadePod().ended(9, 52)), Termination::kJavaHeapOom);
  EXPECT_EQ(ended(MadePod().ended(9, 128, "StartError")), Termination::kConfigError);
  EXPECT_EQ(ended(MadePod().ended(9, 137, "ContainerStatusUnknown")), Termination::kNodeLost);
  EXPECT_EQ(ended(MadePod().ended(9, 143).disrupted(8, "PreemptionByScheduler")), Termination::kPreempted);
  EXPECT_EQ(ended(MadePod().ended(9, 143).disrupted(8, "EvictionByEvictionAPI")), Termination::kEvicted);
  EXPECT_EQ(ended(MadePod().phase(Phase::kFailed, "OutOfmemory")), Termination::kRejected);
  EXPECT_EQ(ended(MadePod().phase(Phase::kFailed, "DeadlineExceeded")), Termination::kDeadlineExceeded);
  EXPECT_EQ(ended(MadePod().phase(Phase::kFailed)), Termination::kError);
  EXPECT_EQ(ended(MadePod().phase(Phase::kSucceeded)), Termination::kCompleted);
}

}  // namespace
}  // namespace spark_exporter::outcome
