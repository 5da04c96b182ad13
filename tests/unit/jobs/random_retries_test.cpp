// Random lives of the operator's applications with retries, told by two watches that know nothing of each other: one may
// be behind the other, break, and list anew. Each application ends once, and each attempt beyond the first is a retry.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "tests/unit/jobs/scene.hpp"

namespace spark_exporter::jobs::test {
namespace {

struct Attempt {
  int submitted = 0;
  int accepted = 0;  ///< the operator's status tells of it
  int starts = 0;
  int ends = 0;
  int noticed = 0;  ///< by the operator
  int leaves = 0;   ///< its pod is deleted, before the next attempt
};

struct Life {
  std::string name;
  std::vector<Attempt> attempts;
  bool good = false;

  DriverPod pod(std::size_t number, int when) const {
    const auto& attempt = attempts[number];
    const auto n = name + "-" + std::to_string(number + 1);
    DriverPod pod{.name = name + "-driver", .uid = "uid-" + n, .app_id = "spark-" + n, .job = "", .created = attempt.submitted};
    pod.application = name;
    pod.submission = "s-" + n;
    if (when >= attempt.starts) pod.runs_since = attempt.starts;
    if (when >= attempt.ends) {
      pod.ended = attempt.ends;
      pod.exit_code = good && number + 1 == attempts.size() ? 0 : 1;
    }
    return pod;
  }

  kubernetes::SparkApplication status(int when) const {
    std::size_t told = 0;
    while (told < attempts.size() && when >= attempts[told].accepted) ++told;
    auto made = application(name, "", "", 0, "OnFailure", kRetries);
    if (told == 0) return made;
    const auto& newest = attempts[told - 1];
    const bool is_last = told == attempts.size();
    std::string state = when >= newest.starts ? "RUNNING" : "SUBMITTED";
    if (when >= newest.noticed) state = !is_last ? "PENDING_RERUN" : good ? "COMPLETED" : "FAILED";
    auto now = application(name, state, "s-" + name + "-" + std::to_string(told), static_cast<std::int64_t>(told),
                           "OnFailure", kRetries);
    now.last_submission_time = at(newest.submitted);
    return now;
  }

  static constexpr int kRetries = 2;
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed), fleet_(std::make_unique<Fleet>(FleetOptions{})) {
    for (int i = 0; i < kLives; ++i) lives_.push_back(make_life(i));
    list_pods();
    list_applications();
    fleet_->set_synced();
    fleet_->view(at(0));
  }

  void run() {
    for (now_ = 1; now_ < kLength; now_ += pick(1, 30)) {
      if (chance(10)) pods_until_ = -1;
      if (chance(10)) applications_until_ = -1;
      // One of them may be behind.
      if (chance(3)) tell_applications();
      if (chance(2)) tell_pods();
      if (chance(5)) list_applications();
      if (chance(5)) list_pods();
      if (chance(40)) restart();
      if (chance(3)) fleet_->view(at(now_));
    }
    list_pods();
    list_applications();
  }

  void check() {
    const auto view = fleet_->view(at(now_));
    for (const auto& life : lives_) {
      const auto job = job_of(view, life.name);
      EXPECT_EQ(job.runs, (life.good ? Counts{1, 0, 0, 0} : Counts{0, 1, 0, 0})) << life.name;
      EXPECT_EQ(job.retries, life.attempts.size() - 1) << life.name;
      Strings runs;
      for (const auto& run : view.runs) {
        if (run.app == life.name) runs.push_back(std::string(outcome::to_string(run.verdict.state)));
      }
      EXPECT_EQ(runs, Strings{life.good ? "succeeded" : "failed"}) << life.name;
    }
  }

 private:
  static constexpr int kLives = 15;
  static constexpr int kLength = 4000;

  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  bool chance(int of) { return pick(1, of) == 1; }

  Life make_life(int number) {
    Life life;
    life.name = "app-" + std::to_string(number) + "x";
    int when = pick(1, 1000);
    const int attempts = pick(1, 1 + Life::kRetries);
    life.good = attempts <= Life::kRetries || chance(2);
    for (int i = 0; i < attempts; ++i) {
      Attempt attempt;
      attempt.submitted = when;
      attempt.accepted = when + pick(1, 60);
      attempt.starts = when + pick(1, 90);
      attempt.ends = attempt.starts + pick(1, 300);
      attempt.noticed = std::max(attempt.ends, attempt.accepted) + pick(0, 30);
      attempt.leaves = i + 1 == attempts ? kLength * 2 : attempt.noticed + pick(1, 20);
      when = attempt.leaves + pick(1, 60);
      life.attempts.push_back(attempt);
    }
    return life;
  }

  void tell_pods() {
    if (pods_until_ < 0) return;
    for (int second = pods_until_ + 1; second <= now_; ++second) {
      for (const auto& life : lives_) {
        for (std::size_t i = 0; i < life.attempts.size(); ++i) {
          const auto& attempt = life.attempts[i];
          const bool is_event = second == attempt.submitted || second == attempt.starts || second == attempt.ends;
          if (is_event) fleet_->pods().put(life.pod(i, second).pod());
          if (second == attempt.leaves) fleet_->pods().remove(life.pod(i, second).pod());
        }
      }
    }
    pods_until_ = now_;
  }

  void tell_applications() {
    if (applications_until_ < 0) return;
    for (int second = applications_until_ + 1; second <= now_; ++second) {
      for (const auto& life : lives_) {
        if (second < life.attempts[0].submitted) continue;
        const auto before = life.status(second - 1);
        const auto now = life.status(second);
        const bool is_new = second == life.attempts[0].submitted;
        if (is_new || before.state != now.state || before.submission_id != now.submission_id) {
          fleet_->applications().put(kubernetes::SparkApplication(now));
        }
      }
    }
    applications_until_ = now_;
  }

  void list_pods() {
    std::vector<kubernetes::Pod> there;
    for (const auto& life : lives_) {
      for (std::size_t i = 0; i < life.attempts.size(); ++i) {
        const auto& attempt = life.attempts[i];
        if (now_ >= attempt.submitted && now_ < attempt.leaves) there.push_back(life.pod(i, now_).pod());
      }
    }
    std::shuffle(there.begin(), there.end(), random_);
    list(fleet_->pods(), std::move(there));
    pods_until_ = now_;
  }

  void list_applications() {
    std::vector<kubernetes::SparkApplication> there;
    for (const auto& life : lives_) {
      if (now_ >= life.attempts[0].submitted) there.push_back(life.status(now_));
    }
    std::shuffle(there.begin(), there.end(), random_);
    list(fleet_->applications(), std::move(there));
    applications_until_ = now_;
  }

  void restart() {
    const auto state = fleet_->save(at(now_));
    fleet_ = std::make_unique<Fleet>(FleetOptions{});
    ASSERT_TRUE(fleet_->restore(state, at(now_)));
    const bool pods_first = chance(2);
    if (pods_first) list_pods();
    list_applications();
    if (!pods_first) list_pods();
    fleet_->set_synced();
  }

  std::mt19937 random_;
  std::unique_ptr<Fleet> fleet_;
  std::vector<Life> lives_;
  int now_ = 0;
  int pods_until_ = 0;  ///< what was told of; -1: the watch is broken
  int applications_until_ = 0;
};

class RandomRetriesTest : public testing::TestWithParam<unsigned> {};

TEST_P(RandomRetriesTest, EachApplicationEndsOnce) {
  World world(GetParam());
  world.run();
  world.check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomRetriesTest, testing::Range(1U, 31U));

}  // namespace
}  // namespace spark_exporter::jobs::test
