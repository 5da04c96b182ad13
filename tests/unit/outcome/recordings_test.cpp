// Every recorded state of a pod and of a SparkApplication: what is made of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "exporter/outcome/decide.hpp"
#include "exporter/outcome/diagnosis.hpp"
#include "tests/unit/outcome/recorded.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::EventType;
using test::recorded_application;
using test::recorded_applications;
using test::recorded_pod;
using test::recorded_pods;

constexpr const char* kFixtures = FIXTURES_DIR "/kubernetes/";

struct Expected {
  State state;
  Reason reason = Reason::kNone;
  std::optional<std::int64_t> exit_code;
  std::optional<Waiting> waiting;
  std::optional<Termination> termination;
};

// The file names say which state each is.
const std::map<std::string, Expected> kPods{
    {"pods/container-creating.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
    {"pods/create-container-config-error.json", {State::kPending, Reason::kConfigError, {}, Waiting::kConfigError, {}}},
    {"pods/create-container-error.json", {State::kPending, Reason::kConfigError, {}, Waiting::kConfigError, {}}},
    {"pods/driver-done-classic-sidecar-running.json",
     {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
    {"pods/driver-failed-classic-sidecar-running.json",
     {State::kFailed, Reason::kUserError, 1, {}, Termination::kError}},
    {"pods/err-image-pull.json", {State::kPending, Reason::kImagePull, {}, Waiting::kImagePull, {}}},
    {"pods/evicted.json", {State::kFailed, Reason::kEvicted, 137, {}, Termination::kEvicted}},
    {"pods/failed-exit-1-termination-message.json",
     {State::kFailed, Reason::kStageAborted, 1, {}, Termination::kError}},
    {"pods/failed-exit-1.json", {State::kFailed, Reason::kUserError, 1, {}, Termination::kError}},
    {"pods/image-pull-backoff.json", {State::kPending, Reason::kImagePull, {}, Waiting::kImagePull, {}}},
    {"pods/native-sidecar-crashloop-driver-waiting.json",
     {State::kPending, Reason::kNone, {}, Waiting::kCrashLoop, {}}},
    {"pods/native-sidecar-driver-done-pod-succeeded.json",
     {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
    {"pods/native-sidecar-running.json", {State::kRunning, Reason::kNone, {}, {}, {}}},
    {"pods/native-sidecar-terminated-143-pod-succeeded.json",
     {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
    {"pods/node-lost-driver-done-sidecar-running.json",
     {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
    {"pods/node-lost-running.json", {State::kRunning, Reason::kNone, {}, {}, {}}},
    {"pods/node-lost-terminating.json", {State::kFailed, Reason::kNodeLost, {}, {}, {}}},
    {"pods/oom-killed-137.json", {State::kFailed, Reason::kDriverOomKilled, 137, {}, Termination::kOomKilled}},
    {"pods/pending-scheduled-no-kubelet.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
    {"pods/pending-scheduling-gated.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
    {"pods/pending-unschedulable-cpu.json", {State::kPending, Reason::kUnschedulable, {}, Waiting::kUnschedulable, {}}},
    {"pods/pending-unschedulable-selector.json",
     {State::kPending, Reason::kUnschedulable, {}, Waiting::kUnschedulable, {}}},
    {"pods/pending-unscheduled-yet.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
    {"pods/running-with-sidecar.json", {State::kRunning, Reason::kNone, {}, {}, {}}},
    {"pods/running.json", {State::kRunning, Reason::kNone, {}, {}, {}}},
    {"pods/sigkill-137-not-oom.json", {State::kFailed, Reason::kKilled, 137, {}, Termination::kKilled}},
    {"pods/sigterm-143.json", {State::kFailed, Reason::kKilled, 143, {}, Termination::kKilled}},
    {"pods/start-error-128.json", {State::kFailed, Reason::kConfigError, 128, {}, Termination::kConfigError}},
    {"pods/succeeded.json", {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
    {"spark/driver-classic-sidecar-driver-completed-sidecar-running.json",
     {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
    {"spark/driver-classic-sidecar-running.json", {State::kRunning, Reason::kNone, {}, {}, {}}},
    {"spark/driver-classic-sidecar-template-pending.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
    {"spark/driver-cluster-oom-killed.json",
     {State::kFailed, Reason::kDriverOomKilled, 137, {}, Termination::kOomKilled}},
    {"spark/driver-cluster-pending.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
    {"spark/driver-cluster-running.json", {State::kRunning, Reason::kNone, {}, {}, {}}},
    {"spark/driver-dynamic-allocation-pending.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
    {"spark/driver-native-sidecar-running.json", {State::kRunning, Reason::kNone, {}, {}, {}}},
    {"spark/driver-native-sidecar-succeeded.json", {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
    {"spark/driver-native-sidecar-template-pending.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
    {"sparkoperator-2.5.2/op-ok-driver-pod-succeeded.json",
     {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
    {"sparkoperator-2.5.2/op-sidecar-driver-pod-driver-done-sidecar-running.json",
     {State::kSucceeded, Reason::kNone, 0, {}, Termination::kCompleted}},
};

const std::map<std::string, Expected> kExecutors{
    {"pods/executor-exit-52-jvm-oom.json", {State::kFailed, Reason::kNone, 52, {}, Termination::kJavaHeapOom}},
    {"pods/executor-oom-killed.json", {State::kFailed, Reason::kNone, 137, {}, Termination::kOomKilled}},
    {"spark/executor-client-mode-pending-1.json", {State::kPending, Reason::kNone, {}, Waiting::kOther, {}}},
};

const std::map<std::string, Expected> kApplications{
    {"sparkoperator-2.5.2/op-badsa.json", {State::kFailed, Reason::kSubmissionFailed, {}, {}, {}}},
    {"sparkoperator-2.5.2/op-ok.json", {State::kSucceeded, Reason::kNone, {}, {}, {}}},
    {"sparkoperator-2.5.2/op-retry-failed-oom.json", {State::kFailed, Reason::kDriverOomKilled, 137, {}, {}}},
    {"sparkoperator-2.5.2/op-retry.json", {State::kPending, Reason::kNone, {}, {}, {}}},
    {"sparkoperator-2.5.2/op-sidecar-after-executor-event.json", {State::kSucceeded, Reason::kNone, {}, {}, {}}},
    {"sparkoperator-2.5.2/op-sidecar.json", {State::kRunning, Reason::kNone, {}, {}, {}}},
};

Verdict decide_pod(const kubernetes::Pod& pod, Presence presence = Presence::kPresent) {
  Evidence evidence;
  evidence.presence = presence;
  evidence.pod = observe(pod, kDriverContainer);
  return decide(evidence);
}

Verdict decide_application(const kubernetes::SparkApplication& application, const RunKey& run = {}) {
  Evidence evidence;
  evidence.operator_says = read_operator(application, run);
  return decide(evidence);
}

std::string show(const Verdict& verdict) {
  return std::string(to_string(verdict.state)) + " " + std::string(to_string(verdict.reason)) + " (" +
         verdict.evidence + ")";
}

TEST(Recordings, EveryPodAndApplicationIsInATable) {
  std::set<std::string> known;
  for (const auto* table : {&kPods, &kExecutors, &kApplications}) {
    for (const auto& [path, expected] : *table) known.insert(path);
  }
  for (const char* folder : {"pods", "spark", "sparkoperator-2.5.2"}) {
    for (const auto& entry : std::filesystem::directory_iterator(std::string(kFixtures) + folder)) {
      if (entry.path().extension() != ".json") continue;
      EXPECT_TRUE(known.contains(std::string(folder) + "/" + entry.path().filename().string())) << entry.path();
    }
  }
}

TEST(Recordings, DriverPods) {
  for (const auto& [path, expected] : kPods) {
    SCOPED_TRACE(path);
    const auto pod = recorded_pod(path);
    const Verdict verdict = decide_pod(pod);
    EXPECT_EQ(verdict.state, expected.state) << show(verdict);
    EXPECT_EQ(verdict.reason, expected.reason) << show(verdict);
    EXPECT_EQ(verdict.exit_code, expected.exit_code) << show(verdict);
    EXPECT_EQ(verdict.ended.has_value(), expected.exit_code.has_value());
    const PodEvidence seen = observe(pod, kDriverContainer);
    EXPECT_EQ(waiting_reason(seen), expected.waiting);
    EXPECT_EQ(termination_reason(seen, false), expected.termination);
  }
}

TEST(Recordings, Executors) {
  for (const auto& [path, expected] : kExecutors) {
    SCOPED_TRACE(path);
    const PodEvidence seen = observe(recorded_pod(path), kExecutorContainer);
    EXPECT_EQ(waiting_reason(seen), expected.waiting);
    EXPECT_EQ(termination_reason(seen, false), expected.termination);
    EXPECT_EQ(seen.end ? std::optional(seen.end->exit_code) : std::nullopt, expected.exit_code);
  }
}

TEST(Recordings, Applications) {
  for (const auto& [path, expected] : kApplications) {
    SCOPED_TRACE(path);
    const Verdict verdict = decide_application(recorded_application(path));
    EXPECT_EQ(verdict.state, expected.state) << show(verdict);
    EXPECT_EQ(verdict.reason, expected.reason) << show(verdict);
    EXPECT_EQ(verdict.exit_code, expected.exit_code) << show(verdict);
  }
}

TEST(Recordings, EvidenceIsForPeople) {
  EXPECT_EQ(decide_pod(recorded_pod("pods/oom-killed-137.json")).evidence, R"(exit code 137, "OOMKilled")");
  EXPECT_EQ(
      decide_pod(recorded_pod("pods/failed-exit-1-termination-message.json")).evidence,
      R"(exit code 1, "Error": "Exception in thread \"main\" org.apache.spark.SparkException: Job aborted due to )"
      R"(stage failure: Task 3 in stage 7.0 failed 4 times")");
  EXPECT_EQ(decide_pod(recorded_pod("pods/create-container-config-error.json")).evidence,
            R"("secret \"warehouse\" not found")");
  EXPECT_TRUE(decide_pod(recorded_pod("pods/pending-unschedulable-cpu.json"))
                  .evidence.starts_with("\"0/2 nodes are available: 1 Insufficient cpu"));
  EXPECT_EQ(decide_pod(recorded_pod("pods/failed-exit-1-termination-message.json")).exception,
            "org.apache.spark.SparkException");
  EXPECT_EQ(decide_application(recorded_application("sparkoperator-2.5.2/op-badsa.json")).exception,
            "io.fabric8.kubernetes.client.KubernetesClientException");
}

TEST(Recordings, DurationIsTheContainersOwn) {
  const Verdict verdict = decide_pod(recorded_pod("pods/native-sidecar-driver-done-pod-succeeded.json"));
  ASSERT_TRUE(verdict.started && verdict.ended);
  EXPECT_EQ(*verdict.ended - *verdict.started, std::chrono::seconds{2});
}

// The whole life of pods, as their watch told it: what each is at its last event.
TEST(Recordings, PodsOfADeletedNode) {
  const std::map<std::string, std::pair<State, Reason>> expected{
      {"container-creating", {State::kFailed, Reason::kNodeLost}},
      {"running-with-sidecar", {State::kFailed, Reason::kNodeLost}},
      {"native-sidecar-running", {State::kFailed, Reason::kNodeLost}},
      {"driver-done-sidecar-running", {State::kSucceeded, Reason::kNone}},
      {"create-container-config-error", {State::kFailed, Reason::kNodeLost}},
      {"running", {State::kFailed, Reason::kNodeLost}},
      {"native-sidecar-crashloop", {State::kFailed, Reason::kNodeLost}},
      // It had failed by itself, minutes before.
      {"driver-failed-sidecar-running", {State::kFailed, Reason::kUserError}},
  };
  for (const auto& [name, outcome] : expected) {
    SCOPED_TRACE(name);
    const auto events = recorded_pods("watch/watch-node-deleted-pod-gc.ndjson", name);
    ASSERT_GE(events.size(), 3U);
    for (const auto& event : events) {
      const bool deleted = event.type == EventType::kDeleted;
      const Verdict verdict = decide_pod(event.object, deleted ? Presence::kDeleted : Presence::kPresent);
      EXPECT_EQ(verdict.state, outcome.first) << show(verdict);
      EXPECT_EQ(verdict.reason, outcome.second) << show(verdict);
    }
  }
}

TEST(Recordings, AFailedPodThatIsDeletedStaysFailed) {
  std::vector<State> states;
  for (const auto& event : recorded_pods("watch/watch-lifecycle.ndjson", "life")) {
    const bool deleted = event.type == EventType::kDeleted;
    states.push_back(decide_pod(event.object, deleted ? Presence::kDeleted : Presence::kPresent).state);
  }
  EXPECT_EQ(states, (std::vector{State::kPending, State::kPending, State::kRunning, State::kFailed, State::kFailed,
                                 State::kFailed}));
}

TEST(Recordings, AReplacedExecutorWasKilledForMemory) {
  std::vector<std::optional<Termination>> ends;
  for (const auto& event :
       recorded_pods("watch/watch-executors-oom-replaced.ndjson", "pythonpi-da7219a208b0a1fa-exec-1")) {
    ends.push_back(termination_reason(observe(event.object, kExecutorContainer), event.type == EventType::kDeleted));
  }
  const std::optional<Termination> oom = Termination::kOomKilled;
  EXPECT_EQ(ends, (std::vector<std::optional<Termination>>{{}, {}, {}, oom, oom, oom}));
}

std::vector<State> states_of(const std::string& application, const RunKey& run) {
  std::vector<State> states;
  for (const auto& event : recorded_applications("sparkoperator-2.5.2/watch-sparkapplications.ndjson", application)) {
    const State state = decide_application(event.object, run).state;
    if (states.empty() || states.back() != state) states.push_back(state);
  }
  return states;
}

TEST(Recordings, ApplicationsThroughTheirLives) {
  EXPECT_EQ(states_of("op-ok", {}), (std::vector{State::kPending, State::kRunning, State::kSucceeded}));
  EXPECT_EQ(states_of("op-badsa", {}), (std::vector{State::kPending, State::kFailed}));
  // By submission id: the operator once took another application id from an executor.
  EXPECT_EQ(states_of("op-sidecar", {"43850927-ba2b-4277-8419-cd612cd6652d", "spark-0d10128484944cdfbb4e13bd2eb2c8f6"}),
            (std::vector{State::kPending, State::kRunning, State::kSucceeded}));
}

TEST(Recordings, AnAttemptThatIsRetriedIsNoFailure) {
  EXPECT_EQ(states_of("op-retry", {"dd5f4584-dcd6-46db-b7dd-14c06d84dc2a", "spark-ef93e45ad8814c6d932e8ec53d8626c3"}),
            (std::vector{State::kPending, State::kRunning, State::kRetrying}));
  const auto second =
      states_of("op-retry", {"fdff8708-be9b-45b1-aeb3-2ec4938546a4", "spark-05ca6fdc2c834b52bf80386443795f09"});
  EXPECT_EQ(second.back(), State::kFailed);
  EXPECT_EQ(std::count(second.begin(), second.end(), State::kFailed), 1);
}

}  // namespace
}  // namespace spark_exporter::outcome
