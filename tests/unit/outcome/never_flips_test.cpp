// Worlds by chance (fixed seeds): a run has a true outcome, and several sources tell of it, each in its own order and
// at its own pace; some never do. However they interleave, what is once known stays, and what is known at the end is
// true.

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "exporter/outcome/decide.hpp"
#include "tests/unit/outcome/made_pods.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::Phase;
using test::MadePod;
using Tell = std::function<void(Evidence&)>;
using Random = std::mt19937;

int pick(Random& random, int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); }
bool chance(Random& random) { return pick(random, 2) == 1; }

/// What happens, as each source tells it in its own order.
struct World {
  State truth = State::kUnknown;
  std::string story;
  std::vector<Tell> pod{};          ///< the watch of the driver pod
  std::vector<Tell> application{};  ///< of the SparkApplication
  std::vector<Tell> sidecar{};      ///< its last words
  std::vector<Tell> spark{};        ///< REST and log: clues
  bool pod_is_needed = false;       ///< the other sources cannot know better
};

Tell see(const MadePod& pod, Presence presence = Presence::kPresent) {
  return [seen = pod.seen(), presence](Evidence& evidence) {
    evidence.pod = seen;
    evidence.presence = presence;
  };
}

Tell vanish() {
  return [](Evidence& evidence) { evidence.presence = Presence::kVanished; };
}

Tell hear(OperatorEvidence::Says says, Retry retry, std::optional<std::int64_t> code = {}) {
  OperatorEvidence said;
  said.says = says;
  said.retry = retry;
  said.exit_code = code;
  return [said](Evidence& evidence) { evidence.operator_says = said; };
}

Tell words(State state, std::int64_t code) {
  return [=](Evidence& evidence) {
    evidence.last_words =
        LastWords{.state = state, .reason = Reason::kUserError, .exit_code = code, .exception = "", .text = ""};
  };
}

void start(World& world) {
  world.pod = {see(MadePod()), see(MadePod().waiting("ContainerCreating")), see(MadePod().running())};
  world.application = {hear(OperatorEvidence::Says::kPending, Retry::kNone),
                       hear(OperatorEvidence::Says::kRunning, Retry::kNone)};
  world.spark = {[](Evidence& evidence) { evidence.rest_answers = true; },
                 [](Evidence& evidence) { evidence.clues.last_job = TextClue::kStageAborted; },
                 [](Evidence& evidence) { evidence.rest_answers = false; },
                 [](Evidence& evidence) { evidence.clues.log = TextClue::kHeapOom; }};
}

/// After the end the pod may go in any way, and none of that changes anything.
void clean_up(World& world, const MadePod& ended, Random& random) {
  switch (pick(random, 5)) {
    case 0: break;
    case 1:
      world.pod.push_back(see(MadePod(ended).deleted(70)));
      world.pod.push_back(see(MadePod(ended).deleted(70), Presence::kDeleted));
      break;
    case 2: world.pod.push_back(vanish()); break;
    case 3:
      world.pod.push_back(see(MadePod(ended).disrupted(80, "DeletionByPodGC").phase(Phase::kFailed).deleted(80, 0),
                              Presence::kDeleted));
      break;
    default: world.pod.push_back(see(MadePod(ended).phase(Phase::kFailed))); break;
  }
}

World success(Random& random) {
  World world{.truth = State::kSucceeded, .story = "success"};
  start(world);
  const MadePod ended = MadePod().ended(60, 0);
  world.pod.push_back(see(ended));
  clean_up(world, ended, random);
  world.application.push_back(hear(OperatorEvidence::Says::kSucceeded, Retry::kNone));
  world.sidecar.push_back(words(State::kSucceeded, 0));
  return world;
}

World failure(Random& random) {
  World world{.truth = State::kFailed, .story = "failure"};
  start(world);
  constexpr std::int64_t kCodes[] = {1, 3, 52, 137, 143};
  const std::int64_t code = kCodes[pick(random, 5)];
  const MadePod ended = MadePod().ended(60, code, code == 137 && chance(random) ? "OOMKilled" : "Error");
  world.pod.push_back(see(ended));
  clean_up(world, ended, random);
  world.application.push_back(hear(OperatorEvidence::Says::kFailed, Retry::kNone, code));
  world.sidecar.push_back(words(State::kFailed, code));
  return world;
}

World disruption(Random& random) {
  World world{.truth = State::kFailed, .story = "disruption"};
  start(world);
  constexpr const char* kReasons[] = {"PreemptionByScheduler", "EvictionByEvictionAPI", "TerminationByKubelet",
                                      "DeletionByTaintManager", "DeletionByPodGC"};
  const char* reason = kReasons[pick(random, 5)];
  MadePod marked = MadePod().running().disrupted(60, reason);
  if (chance(random)) marked.silent_node();
  world.pod.push_back(see(marked));
  world.pod.push_back(see(marked.deleted(60)));
  if (chance(random)) {
    const MadePod ended = MadePod().ended(62, chance(random) ? 143 : 137).disrupted(60, reason).deleted(60);
    world.pod.push_back(see(ended));
    world.pod.push_back(see(ended, Presence::kDeleted));
  } else {
    world.pod.push_back(see(marked, chance(random) ? Presence::kDeleted : Presence::kVanished));
  }
  world.application.push_back(hear(OperatorEvidence::Says::kFailed, Retry::kNone));
  return world;
}

World cancellation(Random& random) {
  World world{.truth = State::kCancelled, .story = "cancellation", .pod_is_needed = true};
  start(world);
  const MadePod asked = MadePod().running().deleted(60);
  world.pod.push_back(see(asked));
  if (chance(random)) world.pod.push_back(see(MadePod().ended(61, chance(random) ? 143 : 1).deleted(60)));
  world.pod.push_back(chance(random) ? vanish() : [](Evidence& evidence) { evidence.presence = Presence::kDeleted; });
  world.application.push_back(hear(OperatorEvidence::Says::kFailed, Retry::kNone, 143));
  world.sidecar.push_back(words(State::kCancelled, 143));
  return world;
}

World cancelled_before_it_ran(Random&) {
  World world{.truth = State::kCancelled, .story = "cancelled before it ran"};
  world.pod = {see(MadePod()), see(MadePod().waiting("ImagePullBackOff")),
               see(MadePod().waiting("ImagePullBackOff").deleted(60)),
               see(MadePod().waiting("ImagePullBackOff").deleted(60), Presence::kDeleted)};
  world.application = {hear(OperatorEvidence::Says::kPending, Retry::kNone),
                       [](Evidence& evidence) { evidence.application_deleted = true; }};
  return world;
}

World retried_attempt(Random& random) {
  World world{.truth = State::kRetrying, .story = "retried attempt"};
  start(world);
  const MadePod ended = MadePod().ended(60, 1);
  world.pod.push_back(see(ended));
  clean_up(world, ended, random);
  // The policy is known before there is a pod; at last the operator speaks of the next attempt only.
  world.application = {hear(OperatorEvidence::Says::kRunning, Retry::kToCome),
                       hear(OperatorEvidence::Says::kFailed, Retry::kToCome, 1),
                       hear(OperatorEvidence::Says::kNothing, Retry::kToCome)};
  return world;
}

World any_world(Random& random) {
  switch (pick(random, 6)) {
    case 0: return success(random);
    case 1: return failure(random);
    case 2: return disruption(random);
    case 3: return cancellation(random);
    case 4: return cancelled_before_it_ran(random);
    default: return retried_attempt(random);
  }
}

/// The sources, some left out, interleaved.
std::vector<Tell> told(World& world, Random& random, bool& pod_told) {
  const bool retries = world.truth == State::kRetrying;
  pod_told = world.pod_is_needed || chance(random) || chance(random);
  std::vector<std::vector<Tell>> sources;
  if (pod_told) sources.push_back(world.pod);
  if (chance(random) || retries) sources.push_back(world.application);
  if (chance(random)) sources.push_back(world.sidecar);
  if (chance(random)) sources.push_back(world.spark);
  std::vector<Tell> all;
  // Whoever watches has its lists in first: pods that are there, and what the application's policy is.
  if (retries) all.push_back(world.application.front());
  if (pod_told) {
    all.push_back(world.pod.front());
    sources.front().erase(sources.front().begin());
  }
  for (;;) {
    std::erase_if(sources, [](const auto& source) { return source.empty(); });
    if (sources.empty()) return all;
    auto& source = sources[static_cast<std::size_t>(pick(random, static_cast<int>(sources.size())))];
    all.push_back(source.front());
    source.erase(source.begin());
  }
}

TEST(NeverFlips, MoreEvidenceInWorldsThatMakeSense) {
  int finals = 0;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    Random random(seed);
    World world = any_world(random);
    bool pod_told = false;
    const auto events = told(world, random, pod_told);
    Evidence evidence;
    State known = State::kUnknown;
    for (std::size_t i = 0; i < events.size(); ++i) {
      events[i](evidence);
      const Verdict verdict = decide(evidence);
      if (is_final(known)) {
        ASSERT_EQ(verdict.state, known) << world.story << ", seed " << seed << ", after " << i << ": "
                                        << to_string(verdict.state) << " " << verdict.evidence;
      }
      known = verdict.state;
    }
    const bool lasting = is_final(known) || known == State::kRetrying;
    finals += lasting ? 1 : 0;
    ASSERT_TRUE(known == world.truth || !lasting)
        << world.story << ", seed " << seed << ": " << to_string(known) << " instead of " << to_string(world.truth);
    // Who saw the pod's whole life knows.
    if (pod_told) {
      ASSERT_EQ(known, world.truth) << world.story << ", seed " << seed;
    }
  }
  EXPECT_GT(finals, 15'000);
}

/// Anything, in any order, sense or not.
Evidence any_evidence(Random& random) {
  Evidence evidence;
  evidence.presence = static_cast<Presence>(pick(random, 4));
  if (pick(random, 4) != 0) {
    MadePod pod;
    if (chance(random)) pod.running();
    if (chance(random)) pod.ended(pick(random, 100), pick(random, 3) * 71, chance(random) ? "OOMKilled" : "Error");
    if (chance(random)) pod.deleted(pick(random, 100), pick(random, 60));
    if (chance(random)) pod.disrupted(pick(random, 100), "PreemptionByScheduler");
    if (chance(random)) pod.silent_node();
    if (chance(random)) pod.phase(static_cast<Phase>(pick(random, 5)));
    evidence.pod = pod.seen();
  }
  if (chance(random)) {
    hear(static_cast<OperatorEvidence::Says>(pick(random, 6)), static_cast<Retry>(pick(random, 3)))(evidence);
  }
  if (chance(random)) words(static_cast<State>(pick(random, kStates)), 1)(evidence);
  evidence.application_deleted = chance(random);
  evidence.replaced = chance(random);
  evidence.rest_answers = chance(random);
  evidence.clues.log = static_cast<TextClue>(pick(random, 6));
  return evidence;
}

TEST(NeverFlips, WhatIsSettledWhateverContradictsIt) {
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    Random random(seed);
    Verdict settled;
    for (int i = 0; i < 20; ++i) {
      const Verdict next = settle(settled, decide(any_evidence(random)));
      if (is_final(settled.state)) {
        ASSERT_EQ(next.state, settled.state) << "seed " << seed;
      }
      if (next.state == State::kFailed) {
        ASSERT_NE(next.reason, Reason::kNone) << "seed " << seed;
      }
      if (next.state == State::kSucceeded || next.state == State::kCancelled) {
        ASSERT_EQ(next.reason, Reason::kNone) << "seed " << seed;
      }
      ASSERT_EQ(next.state == State::kUnknown, next.confidence == Confidence::kNone) << "seed " << seed;
      settled = next;
    }
  }
}

}  // namespace
}  // namespace spark_exporter::outcome
