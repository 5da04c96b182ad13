// The courier with channels that answer as told: no network, no clock that matters.

#include "exporter/delivery/courier.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/unit/delivery/sample.hpp"

namespace spark_exporter::delivery {
namespace {

using outcome::LastWordsMessage;
using outcome::State;
using std::chrono::milliseconds;
using test::failed_run;
using test::run_that_ended;

constexpr auto kPatience = std::chrono::seconds{20};

/// What the tests share with a channel that the courier owns.
class Script {
 public:
  /// The next tries end so; later ones are good.
  void answer(std::deque<ErrorKind> failures) {
    const std::lock_guard lock(mutex_);
    failures_ = std::move(failures);
  }
  void hang() {
    const std::lock_guard lock(mutex_);
    hanging_ = true;
  }
  /// Lets one try through; the next one hangs again.
  void go_on_once() {
    const std::lock_guard lock(mutex_);
    ++passes_;
    changed_.notify_all();
  }
  void go_on() {
    const std::lock_guard lock(mutex_);
    hanging_ = false;
    changed_.notify_all();
  }
  void throw_up() {
    const std::lock_guard lock(mutex_);
    throwing_ = true;
  }

  Result<void> deliver(const LastWordsMessage& message) {
    std::unique_lock lock(mutex_);
    tries_.push_back(message);
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hanging_ || passes_ > 0 || cancelled_; });
    passes_ -= passes_ > 0 ? 1 : 0;
    if (cancelled_) return Error{ErrorKind::kCancelled, "cancelled"};
    if (throwing_) throw std::runtime_error("a bug");
    if (failures_.empty()) return {};
    const ErrorKind kind = failures_.front();
    failures_.pop_front();
    return Error{kind, "as told"};
  }
  void cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }

  bool wait_for_tries(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return tries_.size() >= count; });
  }
  std::vector<LastWordsMessage> tries() {
    const std::lock_guard lock(mutex_);
    return tries_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ErrorKind> failures_;
  std::vector<LastWordsMessage> tries_;
  bool hanging_ = false;
  int passes_ = 0;
  bool cancelled_ = false;
  bool throwing_ = false;
};

class ScriptedChannel final : public Channel {
 public:
  ScriptedChannel(Name name, Script& script, milliseconds repeat) : name_(name), script_(script), repeat_(repeat) {}
  Name name() const override { return name_; }
  Result<void> deliver(const LastWordsMessage& message) override { return script_.deliver(message); }
  milliseconds repeat() const override { return repeat_; }
  void cancel() noexcept override { script_.cancel(); }

 private:
  const Name name_;
  Script& script_;
  const milliseconds repeat_;
};

class CourierTest : public testing::Test {
 protected:
  static constexpr CourierTuning kQuick{.first_pause = milliseconds{1}, .most_pause = milliseconds{4}};
  static constexpr CourierTuning kNoSecondTry{.first_pause = std::chrono::hours{1},
                                              .most_pause = std::chrono::hours{1}};

  void start(CourierTuning tuning = kQuick, milliseconds repeat = milliseconds{0}) {
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(std::make_unique<ScriptedChannel>(Name::kObserver, observer, repeat));
    channels.push_back(std::make_unique<ScriptedChannel>(Name::kEvent, event, milliseconds{0}));
    courier = std::make_unique<Courier>(std::move(channels), tuning);
  }

  /// done() has no event of its own: its readers ask with each of their ticks.
  template <class Question>
  static bool eventually(const Question& question) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!question()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool done() const {
    return eventually([this] { return courier->done(); });
  }

  Script observer;
  Script event;
  std::unique_ptr<Courier> courier;
};

TEST_F(CourierTest, HasNothingToDoBeforeTheFirstMessage) {
  start();
  EXPECT_TRUE(courier->done());
  const auto counts = courier->counts();
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts.at(Name::kObserver).delivered + counts.at(Name::kObserver).failed, 0U);
  EXPECT_TRUE(observer.tries().empty());
}

TEST_F(CourierTest, WithoutChannelsEverythingIsDone) {
  Courier none({});
  none.send(failed_run());
  EXPECT_TRUE(none.done());
  EXPECT_TRUE(none.counts().empty());
}

TEST_F(CourierTest, TakesAMessageToEachChannelOnce) {
  start();
  courier->send(failed_run());
  ASSERT_TRUE(done());
  EXPECT_EQ(observer.tries().size(), 1U);
  EXPECT_EQ(event.tries().size(), 1U);
  EXPECT_EQ(event.tries().at(0).app, "nightly");
  EXPECT_EQ(courier->counts().at(Name::kObserver).delivered, 1U);
}

TEST_F(CourierTest, TriesAgainWhatMayGetBetter) {
  using enum ErrorKind;
  for (const auto kind : {kResolve, kConnect, kTimeout, kReset, kTls, kProtocol, kStatus, kRedirect, kIo, kStarting}) {
    Script script;
    script.answer({kind, kind});
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(std::make_unique<ScriptedChannel>(Name::kObserver, script, milliseconds{0}));
    Courier one(std::move(channels), kQuick);
    one.send(failed_run());
    ASSERT_TRUE(eventually([&] { return one.done(); })) << to_string(kind);
    EXPECT_EQ(one.counts().at(Name::kObserver).delivered, 1U) << to_string(kind);
    EXPECT_EQ(one.counts().at(Name::kObserver).failed, 2U) << to_string(kind);
  }
}

TEST_F(CourierTest, GivesUpWhatStaysAsItIs) {
  using enum ErrorKind;
  for (const auto kind : {kUnauthorized, kForbidden, kNotFound, kTooLarge, kMalformed}) {
    Script script;
    script.answer({kind});
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(std::make_unique<ScriptedChannel>(Name::kObserver, script, milliseconds{0}));
    Courier one(std::move(channels), kQuick);
    one.send(failed_run());
    ASSERT_TRUE(eventually([&] { return one.done(); })) << to_string(kind);
    EXPECT_EQ(one.counts().at(Name::kObserver).delivered, 0U) << to_string(kind);
    EXPECT_EQ(one.counts().at(Name::kObserver).failed, 1U) << to_string(kind);
    EXPECT_EQ(script.tries().size(), 1U) << to_string(kind);
  }
}

TEST_F(CourierTest, AGivenUpChannelTakesTheNextMessage) {
  observer.answer({ErrorKind::kForbidden});
  start();
  courier->send(failed_run());
  ASSERT_TRUE(done());
  courier->send(run_that_ended(State::kSucceeded));
  ASSERT_TRUE(done());
  EXPECT_EQ(courier->counts().at(Name::kObserver).delivered, 1U);
  EXPECT_EQ(courier->counts().at(Name::kEvent).delivered, 2U);
}

TEST_F(CourierTest, OneChannelDoesNotWaitForAnother) {
  observer.hang();
  start();
  courier->send(failed_run());
  ASSERT_TRUE(eventually([&] { return courier->counts().at(Name::kEvent).delivered == 1; }));
  EXPECT_FALSE(courier->done());
  observer.go_on();
  EXPECT_TRUE(done());
}

TEST_F(CourierTest, ANewerMessageReplacesOneThatWaitsForItsNextTry) {
  observer.answer({ErrorKind::kConnect});
  start(kNoSecondTry);
  courier->send(failed_run());
  ASSERT_TRUE(eventually([&] { return courier->counts().at(Name::kObserver).failed == 1; }));
  EXPECT_FALSE(courier->done());
  courier->send(run_that_ended(State::kCancelled));
  ASSERT_TRUE(done());
  const auto tries = observer.tries();
  ASSERT_EQ(tries.size(), 2U);
  EXPECT_EQ(tries.at(1).verdict.state, State::kCancelled);
}

TEST_F(CourierTest, ANewerMessageFollowsATryUnderWayAndSkipsThoseBetween) {
  observer.hang();
  start();
  courier->send(failed_run());
  ASSERT_TRUE(observer.wait_for_tries(1));
  courier->send(run_that_ended(State::kUnknown));
  courier->send(run_that_ended(State::kSucceeded));
  EXPECT_FALSE(courier->done());
  observer.go_on_once();
  ASSERT_TRUE(observer.wait_for_tries(2));
  EXPECT_EQ(courier->counts().at(Name::kObserver).delivered, 1U);
  EXPECT_FALSE(courier->done());  // what was delivered is not the newest
  observer.go_on();
  ASSERT_TRUE(done());
  const auto tries = observer.tries();
  ASSERT_EQ(tries.size(), 2U);
  EXPECT_EQ(tries.at(1).verdict.state, State::kSucceeded);
}

TEST_F(CourierTest, RepeatsWhereTheChannelAsksForIt) {
  start(kQuick, milliseconds{1});
  courier->send(failed_run());
  EXPECT_TRUE(observer.wait_for_tries(4));
  EXPECT_TRUE(done());
  EXPECT_EQ(event.tries().size(), 1U);
}

TEST_F(CourierTest, ARepeatThatFailsIsTriedAgainAndLeavesTheDeliveryDone) {
  start(kQuick, milliseconds{1});
  courier->send(failed_run());
  ASSERT_TRUE(done());
  observer.answer({ErrorKind::kConnect, ErrorKind::kConnect});
  ASSERT_TRUE(eventually([&] { return courier->counts().at(Name::kObserver).failed == 2; }));
  EXPECT_TRUE(courier->done());
  EXPECT_TRUE(observer.wait_for_tries(observer.tries().size() + 2));
}

TEST_F(CourierTest, EndsWhileAChannelHangs) {
  observer.hang();
  start();
  courier->send(failed_run());
  ASSERT_TRUE(observer.wait_for_tries(1));
  courier.reset();  // hangs for ever if it does not cancel
  EXPECT_EQ(observer.tries().size(), 1U);
}

TEST_F(CourierTest, EndsDuringAPause) {
  observer.answer({ErrorKind::kConnect});
  start(kNoSecondTry);
  courier->send(failed_run());
  ASSERT_TRUE(eventually([&] { return courier->counts().at(Name::kObserver).failed == 1; }));
  courier.reset();
  EXPECT_EQ(observer.tries().size(), 1U);
}

TEST_F(CourierTest, AChannelThatThrowsIsGivenUp) {
  observer.throw_up();
  start();
  courier->send(failed_run());
  ASSERT_TRUE(done());
  EXPECT_EQ(courier->counts().at(Name::kObserver).failed, 1U);
  EXPECT_EQ(courier->counts().at(Name::kEvent).delivered, 1U);
}

TEST_F(CourierTest, TakesMessagesFromManyThreads) {
  start();
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        courier->send(failed_run());
        static_cast<void>(courier->done());
        static_cast<void>(courier->counts());
      }
    });
  }
  for (auto& sender : senders) sender.join();
  courier->send(run_that_ended(State::kSucceeded));
  ASSERT_TRUE(done());
  EXPECT_EQ(observer.tries().back().verdict.state, State::kSucceeded);
  EXPECT_EQ(event.tries().back().verdict.state, State::kSucceeded);
}

}  // namespace
}  // namespace spark_exporter::delivery
