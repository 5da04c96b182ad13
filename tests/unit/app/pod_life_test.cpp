#include "exporter/app/pod_life.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "tests/support/fault_server.hpp"
#include "tests/unit/app/pod_api.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using spark_exporter::test::FaultServer;
using spark_exporter::test::ReceivedRequest;
namespace replies = spark_exporter::test::replies;

/// What a PodLife tells: that turn() has something new to say.
class Wakes {
 public:
  void note() {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    noted_.notify_all();
  }

  /// Asks again after each one; false: not within a minute.
  bool until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    for (std::unique_lock lock(mutex_);;) {
      const int seen = count_;
      lock.unlock();
      if (holds()) return true;
      lock.lock();
      if (!noted_.wait_until(lock, end, [&] { return count_ != seen; })) return false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable noted_;
  int count_ = 0;
};

/// Prometheus may come in the very moment in which the final values are out: the last words are on their way then.
TEST(PodLife, AScrapeAtOnceIsNoReasonToLeaveBeforeTheLastWordsAreDelivered) {
  FaultServer gateway;
  gateway.set_fallback([](const ReceivedRequest&) { return replies::status(503); });
  PodApi api(running_pod(true, 300));
  config::Options options;
  options.kubernetes_api_server = api.url();
  options.kubernetes_namespace = "etl";
  options.kubernetes_pod = "nightly-driver";
  options.gateway_url = *net::parse_url(gateway.url());
  auto clock = spark::Clock::system();
  clock.wall = [] { return spark::TimePoint{1'795'428'360s}; };  // the made-up pod's run ended a minute ago
  Wakes wakes;
  PodLife life(options, {}, clock, {[&wakes] { wakes.note(); }, [] {}});
  ASSERT_TRUE(life.start());

  const auto turn = [&] {
    const auto done = life.turn({true, false});
    life.say_last_words();
    life.published(done);
    life.scraped("10.0.0.9", done.beside.run_over);
    return done.beside.run_over;
  };
  ASSERT_TRUE(wakes.until([&] { return life.knows_pod(); }));
  ASSERT_FALSE(turn());
  api.set(with_driver_end(running_pod(true, 300), 0, "Completed"));
  ASSERT_TRUE(wakes.until(turn));
  EXPECT_FALSE(life.decide().leave) << life.decide().why;

  gateway.set_fallback([](const ReceivedRequest&) { return replies::status(200); });
  // The courier tells nobody when it is done.
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!life.decide().leave && std::chrono::steady_clock::now() < until) {
    EXPECT_TRUE(turn());
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(life.decide().why, "the final values were scraped");
}

}  // namespace
}  // namespace spark_exporter::app
