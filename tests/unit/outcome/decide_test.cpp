// What the recordings have no example of.

#include "exporter/outcome/decide.hpp"

#include <gtest/gtest.h>

#include "exporter/outcome/diagnosis.hpp"
#include "tests/unit/outcome/made_pods.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::Phase;
using test::at;
using test::MadePod;

struct Outcome {
  State state;
  Reason reason = Reason::kNone;
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << to_string(outcome.state) << " " << to_string(outcome.reason);
}

Outcome decided(const Evidence& evidence) {
  const Verdict verdict = decide(evidence);
  return {verdict.state, verdict.reason};
}

Evidence with_pod(const MadePod& pod, Presence presence = Presence::kPresent) {
  Evidence evidence;
  evidence.presence = presence;
  evidence.pod = pod.seen();
  return evidence;
}

Outcome decided(const MadePod& pod, Presence presence = Presence::kPresent) { return decided(with_pod(pod, presence)); }

constexpr Outcome kCancelled{State::kCancelled};
constexpr Outcome failed(Reason reason) { return {State::kFailed, reason}; }

TEST(Decide, NothingKnownIsUnknown) {
  EXPECT_EQ(decided(Evidence{}), Outcome{State::kUnknown});
  EXPECT_EQ(decide(Evidence{}).confidence, Confidence::kNone);
}

TEST(Decide, ExitCodes) {
  struct {
    std::int64_t code;
    const char* reason;
    Reason expected;
  } const cases[] = {
      {1, "Error", Reason::kUserError},
      {3, "Error", Reason::kUserError},
      {52, "Error", Reason::kDriverJavaHeapOom},
      {137, "OOMKilled", Reason::kDriverOomKilled},
      {1, "OOMKilled", Reason::kDriverOomKilled},
      {137, "Error", Reason::kKilled},
      {143, "Error", Reason::kKilled},
      {137, "ContainerStatusUnknown", Reason::kNodeLost},
      {128, "StartError", Reason::kConfigError},
      {128, "ContainerCannotRun", Reason::kConfigError},
      {-1, "Error", Reason::kUserError},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.reason) + " " + std::to_string(c.code));
    EXPECT_EQ(decided(MadePod().ended(60, c.code, c.reason)), failed(c.expected));
  }
}

TEST(Decide, ExitCodeZeroIsASuccessWhateverBecameOfThePod) {
  EXPECT_EQ(decided(MadePod().ended(60, 0)), Outcome{State::kSucceeded});
  EXPECT_EQ(decided(MadePod().ended(60, 0).phase(Phase::kFailed)), Outcome{State::kSucceeded});
  EXPECT_EQ(decided(MadePod().ended(60, 0).deleted(50)), Outcome{State::kSucceeded});
  EXPECT_EQ(decided(MadePod().ended(60, 0).disrupted(50, "PreemptionByScheduler")), Outcome{State::kSucceeded});
  EXPECT_EQ(decided(MadePod().ended(60, 0), Presence::kVanished), Outcome{State::kSucceeded});
}

TEST(Decide, DeletionBeforeTheEndCancels) {
  EXPECT_EQ(decided(MadePod().ended(60, 143).deleted(58)), kCancelled);
  EXPECT_EQ(decided(MadePod().ended(90, 137).deleted(60)), kCancelled);
  EXPECT_EQ(decided(MadePod().ended(61, 1).deleted(60)), kCancelled);
  // Within a second the exit code tells which came first.
  EXPECT_EQ(decided(MadePod().ended(60, 143).deleted(60)), kCancelled);
  EXPECT_EQ(decided(MadePod().ended(60, 1).deleted(60)), failed(Reason::kUserError));
  // Cleaned up afterwards.
  EXPECT_EQ(decided(MadePod().ended(60, 143).deleted(62)), failed(Reason::kKilled));
  EXPECT_EQ(decided(MadePod().ended(60, 137, "OOMKilled").deleted(62)), failed(Reason::kDriverOomKilled));
}

TEST(Decide, DeletionOfAPodWhoseEndNobodySaw) {
  EXPECT_EQ(decided(MadePod().running().deleted(60)), Outcome{State::kRunning});
  EXPECT_EQ(decided(MadePod().running().deleted(60), Presence::kDeleted), kCancelled);
  EXPECT_EQ(decided(MadePod().running().deleted(60), Presence::kVanished), kCancelled);
  EXPECT_EQ(decided(MadePod().running(), Presence::kDeleted), kCancelled);  // with no grace at all
  EXPECT_EQ(decided(MadePod().waiting("ImagePullBackOff"), Presence::kDeleted), kCancelled);
  EXPECT_EQ(decided(MadePod().running(), Presence::kVanished), Outcome{State::kUnknown});
  EXPECT_EQ(decided(MadePod().running().silent_node(), Presence::kDeleted), failed(Reason::kNodeLost));
  EXPECT_EQ(decided(MadePod().running().unready("ContainersNotReady"), Presence::kDeleted), kCancelled);
  EXPECT_EQ(decided(MadePod().running().phase(Phase::kFailed).deleted(60)), kCancelled);
}

TEST(Decide, Disruptions) {
  struct {
    const char* condition;
    Reason expected;
  } const cases[] = {{"PreemptionByScheduler", Reason::kPreempted},
                     {"EvictionByEvictionAPI", Reason::kEvicted},
                     {"TerminationByKubelet", Reason::kEvicted},
                     {"DeletionByTaintManager", Reason::kNodeLost},
                     {"DeletionByPodGC", Reason::kNodeLost}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition);
    EXPECT_EQ(decided(MadePod().running().disrupted(60, c.condition)), Outcome{State::kRunning});
    EXPECT_EQ(decided(MadePod().ended(62, 143).disrupted(60, c.condition).deleted(60)), failed(c.expected));
    EXPECT_EQ(decided(MadePod().running().disrupted(60, c.condition).deleted(60), Presence::kDeleted),
              failed(c.expected));
    EXPECT_EQ(decided(MadePod().running().disrupted(60, c.condition).phase(Phase::kFailed)), failed(c.expected));
    // It had ended by itself before.
    EXPECT_EQ(decided(MadePod().ended(30, 1).disrupted(60, c.condition)), failed(Reason::kUserError));
    // A user's deletion had been under way for a while.
    EXPECT_EQ(decided(MadePod().running().disrupted(60, c.condition).deleted(40), Presence::kDeleted), kCancelled);
  }
}

TEST(Decide, ReasonsOfThePodItself) {
  struct {
    const char* reason;
    Reason expected;
  } const cases[] = {{"Evicted", Reason::kEvicted},        {"Preempting", Reason::kPreempted},
                     {"NodeLost", Reason::kNodeLost},      {"Terminated", Reason::kNodeLost},
                     {"NodeShutdown", Reason::kNodeLost},  {"DeadlineExceeded", Reason::kDeadlineExceeded},
                     {"OutOfcpu", Reason::kUnschedulable}, {"NodeAffinity", Reason::kUnschedulable},
                     {"SomethingNew", Reason::kUnknown}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reason);
    MadePod pod;
    pod.phase(Phase::kFailed, c.reason).pod().container_statuses.clear();
    EXPECT_EQ(decided(pod), failed(c.expected));
  }
}

TEST(Decide, AKubeletsShutdownIsANodeLost) {
  EXPECT_EQ(decided(MadePod().ended(61, 137).disrupted(60, "TerminationByKubelet").phase(Phase::kFailed, "Terminated")),
            failed(Reason::kNodeLost));
}

TEST(Decide, ADeadlineThatPassedWhileItWaitedIsNotTheCause) {
  MadePod pod;
  pod.phase(Phase::kFailed, "DeadlineExceeded").waiting("ErrImagePull");
  EXPECT_EQ(decided(pod), failed(Reason::kImagePull));
  EXPECT_EQ(decided(MadePod().ended(60, 143).phase(Phase::kFailed, "DeadlineExceeded")),
            failed(Reason::kDeadlineExceeded));
}

TEST(Decide, AFailedInitContainer) {
  MadePod pod;
  pod.phase(Phase::kFailed).waiting("PodInitializing");
  pod.pod().init_containers.push_back(
      {.name = "fetch", .image = "", .restart_policy = "", .requests = {}, .limits = {}});
  pod.pod().init_container_statuses.resize(1);
  auto& init = pod.pod().init_container_statuses[0];
  init.name = "fetch";
  init.state = kubernetes::ContainerStatus::State::kTerminated;
  init.terminated.exit_code = 7;
  const Verdict verdict = decide(with_pod(pod));
  EXPECT_EQ(verdict.state, State::kFailed);
  EXPECT_EQ(verdict.reason, Reason::kConfigError);
  EXPECT_EQ(verdict.exit_code, 7);
  EXPECT_EQ(verdict.evidence, R"(init container "fetch": exit code 7)");
  // A native sidecar's exit code is nobody's.
  pod.pod().init_containers[0].restart_policy = "Always";
  EXPECT_EQ(decided(pod), failed(Reason::kUnknown));
}

TEST(Decide, TheContainerGoesByItsNameAlone) {
  MadePod pod;
  pod.ended(60, 1);
  std::swap(pod.pod().container_statuses[0], pod.pod().container_statuses[1]);
  EXPECT_EQ(decided(pod), failed(Reason::kUserError));

  MadePod other;
  other.ended(60, 3);
  other.pod().containers[1].name = other.pod().container_statuses[1].name = "main";
  other.pod().container_statuses[0].state = kubernetes::ContainerStatus::State::kTerminated;
  other.pod().container_statuses[0].terminated.exit_code = 9;
  EXPECT_EQ(decided(other), Outcome{State::kRunning});  // which of the two is the driver, nobody knows
  EXPECT_EQ(observe(other.pod(), "main").end->exit_code, 3);
  other.pod().containers.erase(other.pod().containers.begin());
  EXPECT_EQ(decided(other), failed(Reason::kUserError));  // the only one there is
}

TEST(Decide, ContainersThatTheKubeletRestarts) {
  MadePod pod;
  pod.pod().restart_policy = "Always";
  pod.waiting("CrashLoopBackOff").phase(Phase::kRunning);
  pod.driver().last_terminated = kubernetes::Terminated{
      .exit_code = 1, .signal = 0, .reason = "Error", .message = "", .started_at = at(0), .finished_at = at(5)};
  EXPECT_EQ(decided(pod), (Outcome{State::kRetrying, Reason::kUserError}));
  EXPECT_EQ(waiting_reason(pod.seen()), Waiting::kCrashLoop);
  EXPECT_EQ(termination_reason(pod.seen(), false), std::nullopt);
  EXPECT_EQ(decided(pod, Presence::kDeleted), kCancelled);
  pod.running(10);
  EXPECT_EQ(decided(pod), Outcome{State::kRunning});
  MadePod between;
  between.pod().restart_policy = "OnFailure";
  EXPECT_EQ(decided(between.ended(60, 1)), (Outcome{State::kRetrying, Reason::kUserError}));
  EXPECT_EQ(decided(between.ended(60, 0)), Outcome{State::kSucceeded});
}

TEST(Decide, TextsMakeAReasonPrecise) {
  const std::string aborted =
      "org.apache.spark.SparkException: Job aborted due to stage failure: Task 3 failed 4 times";
  struct {
    const char* name;
    std::int64_t code;
    std::string message;
    TextClue job;
    TextClue log;
    Reason expected;
  } const cases[] = {
      {"nothing", 1, "", TextClue::kNone, TextClue::kNone, Reason::kUserError},
      {"own message", 1, aborted, TextClue::kNone, TextClue::kNone, Reason::kStageAborted},
      {"last job", 1, "", TextClue::kFetchFailed, TextClue::kNone, Reason::kFetchFailed},
      {"log", 3, "", TextClue::kNone, TextClue::kHeapOom, Reason::kDriverJavaHeapOom},
      {"own before log", 1, aborted, TextClue::kNone, TextClue::kHeapOom, Reason::kStageAborted},
      {"a cause beats none", 1, aborted, TextClue::kExecutorOom, TextClue::kNone, Reason::kExecutorOom},
      {"killed by its own JVM", 137, "", TextClue::kNone, TextClue::kHeapOom, Reason::kDriverJavaHeapOom},
      {"a kill is no failed stage", 143, "", TextClue::kStageAborted, TextClue::kNone, Reason::kKilled},
      {"quota", 1, "pods is forbidden: exceeded quota: q", TextClue::kNone, TextClue::kNone, Reason::kQuotaExceeded},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Evidence evidence = with_pod(MadePod().ended(60, c.code, "Error", c.message));
    evidence.clues.last_job = c.job;
    evidence.clues.log = c.log;
    EXPECT_EQ(decided(evidence), failed(c.expected));
    // And never an outcome.
    evidence.pod = MadePod().ended(60, 0).seen();
    EXPECT_EQ(decided(evidence), Outcome{State::kSucceeded});
    evidence.pod = MadePod().running().seen();
    EXPECT_EQ(decided(evidence), Outcome{State::kRunning});
    evidence.pod.reset();
    EXPECT_EQ(decided(evidence), Outcome{State::kUnknown});
  }
}

TEST(Decide, AnOomKillNeedsNoText) {
  Evidence evidence = with_pod(MadePod().ended(60, 137, "OOMKilled"));
  evidence.clues.last_job = TextClue::kFetchFailed;
  EXPECT_EQ(decided(evidence), failed(Reason::kDriverOomKilled));
}

TEST(Decide, RetriesToComeAreNoFailureYet) {
  for (const auto& [retry, expected] :
       {std::pair{Retry::kToCome, State::kRetrying}, std::pair{Retry::kForEver, State::kFailed},
        std::pair{Retry::kNone, State::kFailed}}) {
    Evidence evidence = with_pod(MadePod().ended(60, 1));
    evidence.operator_says.emplace();
    evidence.operator_says->retry = retry;
    EXPECT_EQ(decided(evidence), (Outcome{expected, Reason::kUserError}));
    evidence.pod = MadePod().ended(60, 0).seen();
    EXPECT_EQ(decided(evidence), Outcome{State::kSucceeded});
    evidence.pod = MadePod().ended(60, 143).deleted(59).seen();
    EXPECT_EQ(decided(evidence), kCancelled);
  }
}

TEST(Decide, WhoIsHeardWhenThePodTellsNothing) {
  Evidence evidence = with_pod(MadePod().running(), Presence::kVanished);
  evidence.operator_says.emplace();
  evidence.operator_says->says = OperatorEvidence::Says::kRunning;
  EXPECT_EQ(decided(evidence), Outcome{State::kUnknown});  // it has not noticed
  evidence.operator_says->says = OperatorEvidence::Says::kFailed;
  EXPECT_EQ(decided(evidence), failed(Reason::kUnknown));
  evidence.operator_says->exit_code = 137;
  evidence.operator_says->exit_reason = "OOMKilled";
  EXPECT_EQ(decided(evidence), failed(Reason::kDriverOomKilled));
  evidence.last_words =
      LastWords{.state = State::kCancelled, .reason = {}, .exit_code = 143, .exception = "", .text = ""};
  EXPECT_EQ(decided(evidence), kCancelled);
  evidence.last_words->state = State::kUnknown;  // a sidecar without rights
  EXPECT_EQ(decided(evidence), failed(Reason::kDriverOomKilled));
  evidence.last_words->state = State::kSucceeded;
  EXPECT_EQ(decided(evidence), Outcome{State::kSucceeded});
}

TEST(Decide, TheOperatorMaySeeASuccessFirst) {
  Evidence evidence = with_pod(MadePod().running());
  evidence.operator_says.emplace();
  evidence.operator_says->says = OperatorEvidence::Says::kSucceeded;
  EXPECT_EQ(decided(evidence), Outcome{State::kSucceeded});
  // What it calls a failure may be a deletion: the pod will tell.
  evidence.operator_says->says = OperatorEvidence::Says::kFailed;
  EXPECT_EQ(decided(evidence), Outcome{State::kRunning});
}

TEST(Decide, LastWordsBeforeTheKubeletsOwn) {
  Evidence evidence = with_pod(MadePod().running());
  evidence.last_words = LastWords{
      .state = State::kFailed, .reason = Reason::kExecutorOom, .exit_code = 1, .exception = "a.B", .text = "x"};
  EXPECT_EQ(decided(evidence), failed(Reason::kExecutorOom));
  // Then the container's end comes: the outcome is its own, the reason the one that only the sidecar could see.
  evidence.pod = MadePod().ended(60, 1).seen();
  const Verdict verdict = decide(evidence);
  EXPECT_EQ(verdict.reason, Reason::kExecutorOom);
  EXPECT_EQ(verdict.exception, "a.B");
  evidence.pod = MadePod().ended(60, 137, "OOMKilled").seen();
  EXPECT_EQ(decided(evidence), failed(Reason::kDriverOomKilled));
}

TEST(Decide, DeletedAndReplacedApplications) {
  Evidence evidence;
  evidence.application_deleted = true;
  EXPECT_EQ(decided(evidence), kCancelled);
  evidence = with_pod(MadePod().ended(60, 143));
  EXPECT_EQ(decided(evidence), failed(Reason::kKilled));
  evidence.application_deleted = true;
  EXPECT_EQ(decided(evidence), kCancelled);
  evidence.application_deleted = false;
  evidence.replaced = true;
  EXPECT_EQ(decided(evidence), kCancelled);
  evidence.pod = MadePod().ended(60, 1).seen();  // it crashed; that the next one runs makes it no better
  EXPECT_EQ(decided(evidence), failed(Reason::kUserError));
  evidence.pod = MadePod().ended(60, 137, "OOMKilled").seen();
  evidence.replaced = false;
  EXPECT_EQ(decided(evidence), failed(Reason::kDriverOomKilled));
}

TEST(Decide, LastWordsOfAKilledDriverThatWasReplaced) {
  Evidence evidence = with_pod(MadePod().running());
  evidence.last_words =
      LastWords{.state = State::kFailed, .reason = Reason::kKilled, .exit_code = 143, .exception = "", .text = ""};
  EXPECT_EQ(decided(evidence), failed(Reason::kKilled));
  evidence.replaced = true;
  EXPECT_EQ(decided(evidence), kCancelled);
  evidence.replaced = false;
  evidence.application_deleted = true;
  EXPECT_EQ(decided(evidence), kCancelled);
  evidence.last_words->reason = Reason::kUserError;
  EXPECT_EQ(decided(evidence), failed(Reason::kUserError));
}

TEST(Decide, SparksApiSaysThatItRunsAndNoMore) {
  Evidence evidence;
  evidence.rest_answers = true;
  EXPECT_EQ(decided(evidence), Outcome{State::kRunning});
  evidence.pod = MadePod().ended(60, 1).seen();
  EXPECT_EQ(decided(evidence), failed(Reason::kUserError));
}

TEST(Decide, APodThatSucceededWithoutAContainerOfThatName) {
  MadePod pod;
  pod.phase(Phase::kSucceeded).pod().container_statuses.clear();
  EXPECT_EQ(decided(pod), Outcome{State::kSucceeded});
  EXPECT_EQ(decide(with_pod(pod)).confidence, Confidence::kLikely);
}

// --- settle ------------------------------------------------------------------------------------

Verdict verdict(State state, Reason reason = Reason::kNone, Confidence confidence = Confidence::kCertain) {
  Verdict made;
  made.state = state;
  made.reason = reason;
  made.confidence = confidence;
  return made;
}

TEST(Settle, WhatIsNotFinalGivesWay) {
  for (const State state : {State::kPending, State::kRunning, State::kRetrying, State::kUnknown}) {
    EXPECT_EQ(settle(verdict(state), verdict(State::kFailed)).state, State::kFailed);
    EXPECT_EQ(settle(verdict(state), verdict(State::kRunning)).state, State::kRunning);
  }
}

TEST(Settle, WhatIsFinalStays) {
  for (const State before : {State::kSucceeded, State::kFailed, State::kCancelled}) {
    for (int now = 0; now < kStates; ++now) {
      EXPECT_EQ(settle(verdict(before, {}, Confidence::kLikely), verdict(static_cast<State>(now))).state, before);
    }
  }
}

TEST(Settle, AReasonMayBecomeMorePrecise) {
  const auto settled = [](Reason before, Reason now) {
    return settle(verdict(State::kFailed, before), verdict(State::kFailed, now)).reason;
  };
  EXPECT_EQ(settled(Reason::kUserError, Reason::kStageAborted), Reason::kStageAborted);
  EXPECT_EQ(settled(Reason::kUnknown, Reason::kEvicted), Reason::kEvicted);
  EXPECT_EQ(settled(Reason::kEvicted, Reason::kUserError), Reason::kEvicted);
  EXPECT_EQ(settle(verdict(State::kFailed, Reason::kNodeLost, Confidence::kLikely),
                   verdict(State::kFailed, Reason::kDriverOomKilled))
                .reason,
            Reason::kDriverOomKilled);
  EXPECT_EQ(settle(verdict(State::kFailed, Reason::kDriverOomKilled),
                   verdict(State::kFailed, Reason::kNodeLost, Confidence::kLikely))
                .reason,
            Reason::kDriverOomKilled);
}

}  // namespace
}  // namespace spark_exporter::outcome
