// Random lives of many runs, told in random ways: events twice and late, watches that break, lists in any order and
// twice begun, restarts with the state file, last words early and late. No run is lost, none counted twice, none flips;
// and the shards together show what one observer of all shows.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

#include "tests/unit/jobs/scene.hpp"

namespace spark_exporter::jobs::test {
namespace {

using outcome::State;

enum class End { kGood, kBad, kDeleted };

struct Life {
  DriverPod pod;
  End end = End::kGood;
  int submitted = 0;
  int starts = 0;
  int ends = 0;
  int leaves = 0;  ///< its pod is deleted
  int speaks = 0;  ///< its last words are pushed; never: 0
  bool was_seen = false;
  bool end_was_seen = false;
  bool deletion_was_seen = false;
  bool words_were_taken = false;

  bool ends_by_itself() const { return end != End::kDeleted; }
  State own_end() const { return end == End::kGood ? State::kSucceeded : State::kFailed; }

  kubernetes::Pod pod_at(int when) const {
    auto now = pod;
    if (when >= starts) now.runs_since = starts;
    if (when >= ends && ends_by_itself()) {
      now.ended = ends;
      now.exit_code = end == End::kGood ? 0 : 1;
    }
    if (when >= ends && !ends_by_itself()) now.deletion_asked = ends;
    return now.pod();
  }

  /// What can be known of it.
  State truth() const {
    if (end_was_seen || words_were_taken) return own_end();
    return deletion_was_seen ? State::kCancelled : State::kUnknown;
  }
};

class World {
 public:
  World(unsigned seed, std::uint32_t shards) : random_(seed), shards_(shards) {
    for (int i = 0; i < kRuns; ++i) lives_.push_back(make_life(i));
    for (std::uint32_t number = 0; number <= shards_; ++number) fleets_.push_back(make_fleet(number));
    for (auto& fleet : fleets_) {
      fleet->set_synced();
      fleet->view(at(0));
    }
  }

  void run() {
    for (now_ = 1; now_ < kLength; now_ += pick(1, 40)) {
      if (chance(15)) connected_ = false;
      tell();
      if (!connected_ && chance(4)) relist();
      if (chance(40)) restart();
      if (chance(3)) look();
      if (chance(5)) tell_old_news();
    }
    relist();
    for (int i = 0; i < 30; ++i, now_ += 60) look();
  }

  void check() {
    std::map<std::string, Counts> expected;
    std::map<std::string, std::map<int, bool>> ends;  // of each job: when, and whether well
    for (const auto& life : lives_) {
      auto& counts = expected[life.pod.job];
      if (!life.was_seen) continue;
      const auto truth = life.truth();
      for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += outcome::kEndStates[i] == truth ? 1U : 0U;
      if (truth == life.own_end()) ends[life.pod.job][life.ends] = truth == State::kSucceeded;
    }
    const auto view = fleets_[0]->view(at(now_));
    for (const auto& [job, counts] : expected) {
      EXPECT_EQ(job_of(view, job).runs, counts) << job;
      std::uint64_t failures = 0;
      for (const auto& [when, well] : ends[job]) failures = well ? 0 : failures + 1;
      EXPECT_EQ(job_of(view, job).consecutive_failures.value_or(0), failures) << job;
    }
  }

 private:
  static constexpr int kRuns = 40;
  static constexpr int kLength = 6000;

  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  bool chance(int of) { return pick(1, of) == 1; }

  Life make_life(int number) {
    Life life;
    life.end = static_cast<End>(pick(0, 2));
    life.submitted = pick(0, kLength - 1500);
    life.starts = life.submitted + pick(1, 60);
    // Ends in seconds of their own, so that their order is beyond doubt.
    life.ends = (life.starts / kRuns + pick(1, 20)) * kRuns + number;
    life.leaves = life.ends + (life.ends_by_itself() ? pick(0, 400) : 0);
    life.speaks = life.ends_by_itself() && chance(2) ? life.ends + pick(0, 100) : 0;
    const auto n = std::to_string(number);
    life.pod = {.name = "driver-" + n,
                .uid = "uid-" + n,
                .app_id = "spark-" + n,
                .job = "job-" + std::to_string(number % 7),
                .created = life.submitted};
    return life;
  }

  std::unique_ptr<Fleet> make_fleet(std::uint32_t number) const {
    FleetOptions options;
    if (number > 0) {
      options.shard = number - 1;
      options.total_shards = shards_;
    }
    return std::make_unique<Fleet>(options);
  }

  void put(Life& life, int when) {
    life.was_seen = true;
    if (when >= life.ends && life.ends_by_itself()) life.end_was_seen = true;
    if (when >= life.ends && !life.ends_by_itself()) life.deletion_was_seen = true;
    const int times = chance(5) ? 2 : 1;
    for (auto& fleet : fleets_) {
      for (int i = 0; i < times; ++i) fleet->pods().put(life.pod_at(when));
    }
  }

  /// What has happened since the last time, to those who still listen.
  void tell() {
    for (int second = told_ + 1; second <= now_; ++second) {
      for (auto& life : lives_) {
        if (life.speaks == second) speak(life);
        if (!connected_) continue;
        const bool is_event = second == life.submitted || second == life.starts || second == life.ends;
        if (is_event && second < life.leaves) put(life, second);
        if (second != life.leaves) continue;
        put(life, second);
        for (auto& fleet : fleets_) fleet->pods().remove(life.pod_at(second));
      }
    }
    told_ = now_;
  }

  void speak(Life& life) {
    auto message = words(life.pod, life.own_end());
    message.verdict.ended = at(life.ends);
    for (auto& fleet : fleets_) {
      if (fleet->take(message, at(now_))) life.words_were_taken = true;
    }
  }

  /// A watch's cache may be behind.
  void tell_old_news() {
    auto& life = lives_[static_cast<std::size_t>(pick(0, kRuns - 1))];
    if (!life.was_seen) return;
    const int when = life.submitted + pick(0, 60);
    if (when < life.ends) put(life, when);
  }

  void relist() {
    std::vector<Life*> there;
    for (auto& life : lives_) {
      if (now_ >= life.submitted && now_ < life.leaves) there.push_back(&life);
    }
    for (auto& fleet : fleets_) fleet->pods().begin_list();
    if (chance(3)) {  // it breaks off, and begins anew
      std::shuffle(there.begin(), there.end(), random_);
      for (std::size_t i = 0; i < there.size() / 2; ++i) put(*there[i], now_);
      for (auto& fleet : fleets_) fleet->pods().begin_list();
    }
    std::shuffle(there.begin(), there.end(), random_);
    for (auto* life : there) put(*life, now_);
    for (auto& fleet : fleets_) fleet->pods().end_list();
    connected_ = true;
    told_ = now_;
    for (auto& life : lives_) {
      if (life.speaks == now_) speak(life);
    }
  }

  void restart() {
    for (std::uint32_t number = 0; number <= shards_; ++number) {
      const auto state = fleets_[number]->save(at(now_));
      fleets_[number] = make_fleet(number);
      ASSERT_TRUE(fleets_[number]->restore(state, at(now_)));
    }
    relist();
    for (auto& fleet : fleets_) fleet->set_synced();
  }

  void look() {
    const auto all = fleets_[0]->view(at(now_));
    for (const auto& run : all.runs) {
      if (!outcome::is_final(run.verdict.state)) continue;
      const auto [known, fresh] = final_.emplace(run.app_id, run.verdict.state);
      EXPECT_EQ(known->second, run.verdict.state) << run.app_id << " flips at " << now_;
    }
    for (const auto& job : all.jobs) {
      auto& before = counts_[job.app];
      for (std::size_t i = 0; i < before.size(); ++i) EXPECT_GE(job.runs[i], before[i]) << job.app << " at " << now_;
      before = job.runs;
    }
    compare_shards(all);
  }

  void compare_shards(const outcome::View& all) {
    Strings runs;
    std::map<std::string, Counts> jobs;
    for (std::uint32_t number = 1; number <= shards_; ++number) {
      const auto view = fleets_[number]->view(at(now_));
      for (auto& line : shown(view)) runs.push_back(std::move(line));
      for (const auto& job : view.jobs) EXPECT_TRUE(jobs.emplace(job.app, job.runs).second) << "two write " << job.app;
    }
    auto expected = shown(all);
    std::sort(expected.begin(), expected.end());
    std::sort(runs.begin(), runs.end());
    EXPECT_EQ(runs, expected) << "at " << now_;
    for (const auto& job : all.jobs) EXPECT_EQ(jobs[job.app], job.runs) << job.app;
    EXPECT_EQ(jobs.size(), all.jobs.size());
  }

  std::mt19937 random_;
  const std::uint32_t shards_;
  std::vector<Life> lives_;
  std::vector<std::unique_ptr<Fleet>> fleets_;  ///< of all, then of each shard
  std::map<std::string, State> final_;          ///< by application id
  std::map<std::string, Counts> counts_;
  int now_ = 0;
  int told_ = 0;
  bool connected_ = true;
};

class RandomTest : public testing::TestWithParam<unsigned> {};

TEST_P(RandomTest, NoneIsLostNoneCountedTwiceNoneFlips) {
  World world(GetParam(), 3);
  world.run();
  world.check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomTest, testing::Range(1U, 31U));

}  // namespace
}  // namespace spark_exporter::jobs::test
