#include "exporter/app/last_minutes.hpp"

#include <gtest/gtest.h>

#include <random>

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using outcome::State;

const Instant kEnd{1'000'000s};

enum Owner { kOwner, kNotOwner };

struct Case {
  const char* name;
  LastMinutesOptions options;
  Moment moment;
  bool leave;
};

LastMinutesOptions options(Owner owner, bool observer = false) { return {owner == kOwner, observer, {}, {}}; }

/// `after` the final values came out.
Moment moment(ContainerKind container, State state, Millis after, int scrapes, bool delivered = true) {
  Moment m;
  m.now = kEnd + after;
  m.container = container;
  m.pod_known = true;
  m.state = state;
  m.run_over = true;
  m.final_published = kEnd;
  m.final_scrapes = scrapes;
  m.delivered = delivered;
  return m;
}

Moment running(Millis after_sigterm, std::optional<Millis> grace) {
  Moment m;
  m.now = kEnd + after_sigterm;
  m.pod_known = true;
  m.state = State::kRunning;
  m.terminated_at = kEnd;
  m.grace_period = grace;
  return m;
}

template <class Change>
Moment with(Moment m, Change change) {
  change(m);
  return m;
}

constexpr auto kNative = ContainerKind::kNative;
constexpr auto kClassic = ContainerKind::kClassic;

const Case kCases[] = {
    {"success_unscraped", options(kOwner), moment(kNative, State::kSucceeded, 29'999ms, 0), false},
    {"success_scraped", options(kOwner), moment(kNative, State::kSucceeded, 1s, 1), true},
    {"success_scraped_not_delivered", options(kOwner), moment(kNative, State::kSucceeded, 1s, 1, false), false},
    {"success_waited", options(kOwner), moment(kNative, State::kSucceeded, 30s, 0, false), true},
    {"success_slow_scraper", options(kOwner),
     with(moment(kNative, State::kSucceeded, 64'999ms, 0), [](Moment& m) { m.scrape_interval = 60s; }), false},
    {"success_slow_scraper_waited", options(kOwner),
     with(moment(kNative, State::kSucceeded, 65s, 0), [](Moment& m) { m.scrape_interval = 60s; }), true},
    {"cancelled_scraped", options(kOwner), moment(kClassic, State::kCancelled, 1s, 1), true},
    {"unknown_scraped", options(kOwner), moment(kClassic, State::kUnknown, 1s, 1), true},
    {"failure_scraped_often", options(kOwner), moment(kClassic, State::kFailed, 199'999ms, 40), false},
    {"failure_shown", options(kOwner), moment(kClassic, State::kFailed, 200s, 40), true},
    {"failure_slow_scraper", options(kOwner),
     with(moment(kNative, State::kFailed, 314'999ms, 9), [](Moment& m) { m.scrape_interval = 120s; }), false},
    {"failure_slow_scraper_shown", options(kOwner),
     with(moment(kNative, State::kFailed, 315s, 9), [](Moment& m) { m.scrape_interval = 120s; }), true},
    {"failure_of_the_observers", options(kNotOwner, true), moment(kNative, State::kFailed, 1s, 1), true},
    {"native_unscraped_with_observer", options(kNotOwner, true), moment(kNative, State::kFailed, 1s, 0), false},
    {"classic_unscraped_with_observer", options(kNotOwner, true), moment(kClassic, State::kFailed, 0s, 0), true},
    {"classic_undelivered", options(kNotOwner, true), moment(kClassic, State::kFailed, 1s, 1, false), false},
    {"classic_undelivered_waited", options(kNotOwner, true), moment(kClassic, State::kFailed, 30s, 0, false), true},
    {"classic_without_observer", options(kNotOwner), moment(kClassic, State::kSucceeded, 1s, 0), false},
    {"classic_without_observer_scraped", options(kNotOwner), moment(kClassic, State::kSucceeded, 1s, 1), true},
    {"owner_has_an_observer_too", options(kOwner, true), moment(kClassic, State::kSucceeded, 1s, 0), false},
    {"not_published", options(kNotOwner, true),
     with(moment(kClassic, State::kFailed, 1h, 0), [](Moment& m) { m.final_published.reset(); }), false},
    {"not_over", options(kOwner), with(moment(kNative, State::kRunning, 1h, 5), [](Moment& m) { m.run_over = false; }),
     false},
    {"flag_for_success", {true, false, 3s, {}}, moment(kNative, State::kSucceeded, 3s, 0), true},
    {"flag_for_failure", {true, false, {}, 3s}, moment(kNative, State::kFailed, 3s, 0), true},
    {"sigterm_while_running", options(kOwner), running(27'999ms, 30s), false},
    {"sigterm_grace_ends", options(kOwner), running(28s, 30s), true},
    {"sigterm_unknown_grace", options(kOwner), running(27'999ms, {}), false},
    {"sigterm_unknown_grace_ends", options(kOwner), running(28s, {}), true},
    {"sigterm_shortest_grace", options(kOwner), running(999ms, 2s), false},
    {"sigterm_shortest_grace_ends", options(kOwner), running(1s, 2s), true},
    {"sigterm_no_grace", options(kOwner), running(0s, 0s), true},
    {"sigterm_failure_within_grace", options(kOwner),
     with(moment(kNative, State::kFailed, 100s, 9),
          [](Moment& m) {
            m.terminated_at = kEnd;
            m.grace_period = 210s;
          }),
     false},
    {"sigterm_failure_grace_too_short", options(kOwner),
     with(moment(kNative, State::kFailed, 28s, 9),
          [](Moment& m) {
            m.terminated_at = kEnd;
            m.grace_period = 30s;
          }),
     true},
    {"no_pod_sigterm", options(kOwner), with(running(0s, {}), [](Moment& m) { m.pod_known = false; }), true},
    {"no_pod_no_signal", options(kOwner),
     with(moment(kNative, State::kUnknown, 1h, 9), [](Moment& m) { m.pod_known = false; }), false},
};

class Leaving : public testing::TestWithParam<Case> {};

TEST_P(Leaving, IsDecided) {
  const auto decision = decide_leaving(GetParam().options, GetParam().moment);
  EXPECT_EQ(decision.leave, GetParam().leave) << decision.why;
  EXPECT_FALSE(decision.why.empty());
}

INSTANTIATE_TEST_SUITE_P(Table, Leaving, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(engine_); }
  bool coin() { return below(2) == 1; }
  std::optional<Millis> span(int most_seconds) {
    if (coin()) return std::nullopt;
    return std::chrono::seconds(below(most_seconds));
  }

 private:
  std::minstd_rand engine_;
};

struct Life {
  LastMinutesOptions options;
  Moment moment;
};

Life any_life(Random& random) {
  Life life;
  life.options = {random.coin(), random.coin(), random.span(100), random.span(400)};
  auto& m = life.moment;
  m.now = kEnd;
  m.container = static_cast<ContainerKind>(random.below(3));
  m.pod_known = true;
  m.run_over = random.below(4) != 0;
  m.state = m.run_over ? static_cast<State>(3 + random.below(4)) : State::kRunning;
  if (m.run_over && random.below(8) != 0) m.final_published = kEnd;
  m.final_scrapes = random.below(3);
  m.scrape_interval = random.span(300);
  m.delivered = random.coin();
  m.grace_period = random.span(400);
  if (random.coin()) m.terminated_at = kEnd - std::chrono::seconds(random.below(100));
  return life;
}

/// Time alone: whoever is asked again at `ask_again` each time leaves exactly once, and stays gone.
TEST(LeavingProperty, TimeOnlyEverLeadsToLeavingAndAskAgainMissesNothing) {
  Random random(20'261'123);
  for (int i = 0; i < 20'000; ++i) {
    auto [options, moment] = any_life(random);
    const auto first = decide_leaving(options, moment);
    if (first.leave) {
      moment.now += std::chrono::seconds(random.below(1000));
      EXPECT_TRUE(decide_leaving(options, moment).leave) << i;
      continue;
    }
    const bool alone_for_ever = !moment.terminated_at && !(moment.run_over && moment.final_published);
    EXPECT_EQ(first.ask_again == Instant::max(), alone_for_ever) << i;
    if (alone_for_ever) continue;
    EXPECT_GT(first.ask_again, moment.now) << i;
    moment.now = first.ask_again - 1ns;
    EXPECT_FALSE(decide_leaving(options, moment).leave) << i;
    moment.now = first.ask_again;
    EXPECT_TRUE(decide_leaving(options, moment).leave) << i;
  }
}

TEST(LeavingProperty, IsGoneTwoSecondsBeforeTheGracePeriodEnds) {
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    auto [options, moment] = any_life(random);
    if (!moment.terminated_at) continue;
    const auto grace = moment.grace_period.value_or(30s);
    if (grace < 4s) continue;
    moment.now = *moment.terminated_at + grace - 2s;
    EXPECT_TRUE(decide_leaving(options, moment).leave) << i;
  }
}

TEST(LeavingProperty, NeverLeavesARunThatGoesOnUntilToldTo) {
  Random random(11);
  for (int i = 0; i < 20'000; ++i) {
    auto [options, moment] = any_life(random);
    if (moment.run_over || moment.terminated_at) continue;
    moment.now += std::chrono::hours(random.below(100'000));
    EXPECT_FALSE(decide_leaving(options, moment).leave) << i;
  }
}

TEST(GracePeriod, IsJudgedOnlyWhereItCountsAndNamesWhatToSet) {
  Moment m;
  m.container = kNative;
  m.grace_period = 30s;
  const auto text = judge_grace_period(options(kOwner), m);
  EXPECT_EQ(
      text,
      "terminationGracePeriodSeconds is 30 s: with no observer SparkJobFailed may never fire, because the kubelet "
      "ends this container that long after the driver; set it to 210 s or more, or let an observer own the outcome "
      "(--outcome.owner=observer)");
  EXPECT_EQ(judge_grace_period(options(kNotOwner), m), "");
  m.container = kClassic;
  EXPECT_EQ(judge_grace_period(options(kOwner), m), "");
  m.container = kNative;
  m.grace_period.reset();
  EXPECT_EQ(judge_grace_period(options(kOwner), m), "");
  m.grace_period = 209s;
  EXPECT_NE(judge_grace_period(options(kOwner), m).find("may never fire"), std::string::npos);
  m.grace_period = 210s;
  EXPECT_EQ(judge_grace_period(options(kOwner), m), "");
  m.scrape_interval = 120s;  // 2 * 120 + 75 + 10
  EXPECT_NE(judge_grace_period(options(kOwner), m).find("set it to 325 s"), std::string::npos);
}

}  // namespace
}  // namespace spark_exporter::app
