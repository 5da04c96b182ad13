#include "exporter/sizing/advice.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace spark_exporter::sizing {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = kMiB << 10;

double gib(double value) { return value * static_cast<double>(kGiB); }

/// Ten minutes of four executors with two cores each, well used: nothing to say.
Evidence good_run() {
  Evidence e;
  e.run_seconds = 600;
  e.executors_seen = 4;
  e.instances = 4;
  e.cores = 2;
  e.memory_bytes = 4 * kGiB;
  e.overhead_bytes = 512 * kMiB;
  e.peak_heap = gib(3.6);
  e.task_seconds = 4500;
  e.gc_seconds = 90;
  e.slot_seconds = 4800;
  e.longest_task_seconds = 30;
  e.tasks = 400;
  e.peak_tasks = 8;
  e.core_price = 0.04;
  e.gib_price = 0.005;
  return e;
}

const Recommendation* find(const Advice& advice, const std::string& setting) {
  for (const auto& r : advice.recommendations) {
    if (r.setting == setting) return &r;
  }
  return nullptr;
}

TEST(Advice, HasNothingToSayOfAWellSizedRun) {
  const auto advice = advise(good_run());
  EXPECT_TRUE(advice.recommendations.empty());
  EXPECT_EQ(advice.quiet_because, "");
  EXPECT_FALSE(advice.memory_bytes);
  EXPECT_FALSE(advice.saving_ratio);
  EXPECT_EQ(patch_yaml(advice), "");
  EXPECT_EQ(conf_lines(advice), "");
}

TEST(Advice, IsQuietWhereTheEvidenceIsThin) {
  struct Case {
    const char* what;
    void (*change)(Evidence&);
    const char* because;
  };
  const Case cases[] = {
      {"short", [](Evidence& e) { e.run_seconds = 59; }, "the run took only 59 s (60 s are needed)"},
      {"few tasks", [](Evidence& e) { e.tasks = 7; }, "only 7 tasks ended (8 are needed)"},
      {"no peaks", [](Evidence& e) { e.peak_heap.reset(); }, "no executor has told its memory peaks"},
      {"nothing known", [](Evidence& e) { e.memory_bytes = e.cores = e.instances = 0; },
       "what executors reserve is not known"},
      {"dynamic allocation, no peaks",
       [](Evidence& e) {
         e.peak_heap.reset();
         e.dynamic_allocation = true;
       },
       "no executor has told its memory peaks, and dynamic allocation decides how many there are"},
  };
  for (const auto& c : cases) {
    Evidence e = good_run();
    c.change(e);
    const auto advice = advise(e);
    EXPECT_TRUE(advice.recommendations.empty()) << c.what;
    EXPECT_EQ(advice.quiet_because, c.because) << c.what;
  }
}

TEST(Advice, TakesMemoryThatWasNeverUsed) {
  Evidence e = good_run();
  e.peak_heap = gib(1);
  const auto advice = advise(e);
  const auto* memory = find(advice, "executor.memory");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->from, 4 * kGiB);
  EXPECT_EQ(memory->to, 1280 * kMiB);
  EXPECT_EQ(memory->evidence,
            "At most 1 GiB of 4 GiB of heap were in use, with 2 % of the tasks' time in garbage collection and "
            "nothing spilled.");
  EXPECT_EQ(advice.recommendations.size(), 1U);
  EXPECT_EQ(advice.overhead_bytes, 512 * kMiB) << "the unchanged ones are given, too";
  EXPECT_EQ(advice.cores, 2);
  EXPECT_EQ(advice.instances, 4);
  // 2 * 0.04 + 4.5 * 0.005 = 0.1025; 2 * 0.04 + 1.75 * 0.005 = 0.08875
  ASSERT_TRUE(advice.saving_ratio);
  EXPECT_NEAR(*advice.saving_ratio, 1 - 0.08875 / 0.1025, 1e-12);
  EXPECT_EQ(patch_yaml(advice),
            "spec:\n  executor:\n    cores: 2\n    memory: 1280m\n    memoryOverhead: 512m\n    instances: 4\n");
  EXPECT_EQ(conf_lines(advice),
            "--conf spark.executor.cores=2\n--conf spark.executor.memory=1280m\n"
            "--conf spark.executor.memoryOverhead=512m\n--conf spark.executor.instances=4\n");
}

TEST(Advice, ChangesTheHeapOnlyForAReason) {
  struct Case {
    const char* what;
    void (*change)(Evidence&);
    std::int64_t mebibytes;
  };
  const Case cases[] = {
      {"a full heap that is calm is no want: garbage waits", [](Evidence& e) { e.peak_heap = gib(3.99); }, 4096},
      {"collections with a full heap", [](Evidence& e) { e.gc_seconds = 900; }, 6144},
      {"more of them", [](Evidence& e) { e.gc_seconds = 3000; }, 8192},
      {"collections with an empty heap",
       [](Evidence& e) {
         e.gc_seconds = 900;
         e.peak_heap = gib(1);
       },
       4096},
      {"some collections keep what is unused",
       [](Evidence& e) {
         e.gc_seconds = 300;
         e.peak_heap = gib(1);
       },
       4096},
      {"a little spill keeps it, too",
       [](Evidence& e) {
         e.disk_spilled_bytes = 1;
         e.memory_spilled_bytes = 5;
         e.shuffle_bytes = gib(10);
         e.peak_heap = gib(1);
       },
       4096},
      {"much spill",
       [](Evidence& e) {
         e.disk_spilled_bytes = gib(1);
         e.shuffle_bytes = gib(10);
       },
       5120},
      {"much spill without a shuffle", [](Evidence& e) { e.disk_spilled_bytes = 64.0 * kMiB; }, 5120},
      {"OutOfMemoryError", [](Evidence& e) { e.heap_ooms = 1; }, 6144},
      {"OutOfMemoryError in a short run",
       [](Evidence& e) {
         e.heap_ooms = 2;
         e.run_seconds = 10;
         e.peak_heap.reset();
       },
       6144},
      {"Spark's own memory decides",
       [](Evidence& e) {
         e.peak_heap = gib(1);
         e.peak_storage = gib(1);
         e.peak_execution = gib(0.5);
       },
       2880},
      {"the least that Spark takes", [](Evidence& e) { e.peak_heap = 1; }, 512},
      {"not worth it", [](Evidence& e) { e.peak_heap = gib(2.96); }, 4096},
  };
  for (const auto& c : cases) {
    Evidence e = good_run();
    c.change(e);
    const auto advice = advise(e);
    EXPECT_EQ(advice.memory_bytes.value_or(e.memory_bytes), c.mebibytes * kMiB) << c.what;
    if (c.mebibytes > 4096) {
      ASSERT_TRUE(advice.saving_ratio) << c.what;
      EXPECT_LT(*advice.saving_ratio, 0) << c.what;
    }
  }
}

TEST(Advice, SaysWhyThereMustBeMore) {
  Evidence e = good_run();
  e.gc_seconds = 900;
  e.heap_ooms = 1;
  e.disk_spilled_bytes = gib(2);
  const auto advice = advise(e);
  ASSERT_EQ(advice.recommendations.size(), 1U);
  EXPECT_EQ(advice.recommendations[0].evidence,
            "More heap: 1 executor died of OutOfMemoryError; 20 % of the tasks' time went into garbage collection with "
            "90 % of the heap in use; 2 GiB were spilled to disk (more and smaller partitions help, too).");
}

TEST(Advice, FitsTheOverheadToTheProcess) {
  struct Case {
    const char* what;
    std::optional<double> process;
    std::int64_t kills, from, to;  // MiB
  };
  const Case cases[] = {
      {"not known", std::nullopt, 0, 2048, 2048},
      {"unused", gib(4.1), 0, 2048, 640},  // 0.5 GiB beside the heap
      {"used", gib(5.5), 0, 2048, 2048},
      {"never below Spark's least", gib(3.7), 0, 2048, 384},
      {"killed", std::nullopt, 3, 2048, 3072},
      {"killed with little", std::nullopt, 1, 384, 768},
      {"killed, whatever was seen", gib(3.7), 1, 2048, 3072},
  };
  for (const auto& c : cases) {
    Evidence e = good_run();
    e.overhead_bytes = c.from * kMiB;
    e.peak_process = c.process;
    e.oom_kills = c.kills;
    EXPECT_EQ(advise(e).overhead_bytes.value_or(e.overhead_bytes), c.to * kMiB) << c.what;
  }
}

TEST(Advice, TakesExecutorsThatIdle) {
  struct Case {
    const char* what;
    std::int64_t instances, cores;
    double busy;
    std::optional<std::int64_t> peak;
    std::int64_t to_instances, to_cores;
    double saving;
  };
  const Case cases[] = {
      {"half the slots never had a task", 4, 2, 0.45, 4, 2, 2, 0.5},
      {"all of them had, at times: a tenth slower at most", 4, 2, 0.2, 8, 3, 2, 1 - 0.75 * (0.8 + 0.2 / 0.75)},
      {"nothing is known of that", 10, 1, 0.1, std::nullopt, 5, 1, 1 - 0.5 * (0.9 + 0.2)},
      {"idle, but needed", 4, 2, 0.75, 8, 4, 2, 0},
      {"hardly idle", 4, 2, 0.81, 1, 4, 2, 0},
      {"polls that missed tasks are not believed", 4, 2, 0.7, 1, 4, 2, 0},
      {"the only executor has cores too many", 1, 8, 0.2, 2, 1, 2, 0.75},
      {"one core is the last", 1, 1, 0.01, 1, 1, 1, 0},
  };
  for (const auto& c : cases) {
    Evidence e = good_run();
    e.instances = c.instances;
    e.cores = c.cores;
    e.slot_seconds = 600.0 * static_cast<double>(c.instances * c.cores);
    e.task_seconds = c.busy * e.slot_seconds;
    e.gc_seconds = 0;
    e.peak_tasks = c.peak;
    e.gib_price = 0;
    const auto advice = advise(e);
    EXPECT_EQ(advice.instances.value_or(e.instances), c.to_instances) << c.what;
    EXPECT_EQ(advice.cores.value_or(e.cores), c.to_cores) << c.what;
    EXPECT_NEAR(advice.saving_ratio.value_or(0), c.saving, 1e-9) << c.what;
    if (c.what == cases[0].what) {
      ASSERT_TRUE(find(advice, "executor.instances"));
      EXPECT_EQ(find(advice, "executor.instances")->evidence,
                "Tasks used 45 % of the slots' time, and at most 4 ran at a time; the longest task took 30 s of the "
                "run's 10 min, which more slots cannot shorten.");
    }
    e.dynamic_allocation = true;
    EXPECT_FALSE(find(advise(e), "executor.instances")) << c.what;
    EXPECT_FALSE(advise(e).instances) << c.what;
  }
}

TEST(Advice, LeavesRoomForCachedDataWhenExecutorsGo) {
  Evidence e = good_run();
  e.task_seconds = 0.2 * e.slot_seconds;
  e.gc_seconds = 0;
  e.peak_tasks = 2;
  ASSERT_EQ(advise(e).instances, 1);
  e.peak_heap = gib(1.5);
  e.peak_storage = gib(1);
  const auto advice = advise(e);
  // In two executors each holds 2 GiB of cached data: 2 / 0.6 + 0.3 GiB of heap. In one it would be 4.
  EXPECT_EQ(advice.instances, 2);
  EXPECT_GE(advice.memory_bytes.value_or(0), static_cast<std::int64_t>(gib(2 / 0.6)));
}

class RandomEvidence : public testing::Test {
 protected:
  double pick(double low, double high) { return std::uniform_real_distribution<>(low, high)(random_); }
  bool chance(double share) { return pick(0, 1) < share; }

  Evidence next() {
    Evidence e;
    e.run_seconds = pick(0, 1) < 0.1 ? pick(0, 60) : pick(60, 1e5);
    e.instances = static_cast<std::int64_t>(pick(0, 200));
    e.executors_seen = e.instances;
    e.dynamic_allocation = chance(0.2);
    e.cores = static_cast<std::int64_t>(pick(0, 33));
    e.memory_bytes = chance(0.1) ? 0 : static_cast<std::int64_t>(pick(0.5, 128) * gib(1));
    e.overhead_bytes = chance(0.1) ? 0 : static_cast<std::int64_t>(pick(0.3, 20) * gib(1));
    if (chance(0.2)) e.off_heap_bytes = static_cast<std::int64_t>(pick(0, 8) * gib(1));
    if (chance(0.2)) e.python_bytes = static_cast<std::int64_t>(pick(0, 8) * gib(1));
    const auto memory = static_cast<double>(e.memory_bytes);
    if (chance(0.9)) e.peak_heap = pick(0, 1) * memory;
    if (chance(0.5)) e.peak_process = pick(0.2, 1.3) * memory;
    if (chance(0.3)) e.peak_storage = pick(0, 0.6) * memory;
    if (chance(0.3)) e.peak_execution = pick(0, 0.6) * memory;
    e.slot_seconds = e.run_seconds * static_cast<double>(e.instances * e.cores);
    e.task_seconds = e.slot_seconds * pick(0, 1);
    e.gc_seconds = e.task_seconds * pick(0, 0.5) * (chance(0.5) ? 0.1 : 1);
    e.tasks = static_cast<std::int64_t>(pick(0, 10'000));
    if (chance(0.5)) e.peak_tasks = static_cast<std::int64_t>(pick(0, 1) * static_cast<double>(e.instances * e.cores));
    if (chance(0.2)) e.disk_spilled_bytes = pick(0, 1e12);
    if (chance(0.5)) e.shuffle_bytes = pick(0, 1e12);
    if (chance(0.1)) e.oom_kills = 1;
    if (chance(0.1)) e.heap_ooms = 1;
    e.core_price = chance(0.1) ? 0 : pick(0, 1);
    e.gib_price = chance(0.1) ? 0 : pick(0, 1);
    return e;
  }

  std::mt19937_64 random_{5};
};

TEST_F(RandomEvidence, IsNeverAnsweredWithLessThanWasUsed) {
  int spoke = 0, saved = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Evidence e = next();
    const Advice a = advise(e);
    ASSERT_TRUE(a.quiet_because.empty() || a.recommendations.empty());
    if (a.recommendations.empty()) {
      ASSERT_FALSE(a.memory_bytes || a.overhead_bytes || a.cores || a.instances || a.saving_ratio);
      continue;
    }
    ++spoke;
    for (const auto& r : a.recommendations) {
      ASSERT_NE(r.from, r.to);
      ASSERT_GT(r.to, 0);
      ASSERT_FALSE(r.evidence.empty());
      ASSERT_EQ(r.evidence.find("nan"), std::string::npos);
    }
    if (a.memory_bytes && e.peak_heap) {
      ASSERT_GE(static_cast<double>(*a.memory_bytes), *e.peak_heap);
    }
    if (a.memory_bytes && *a.memory_bytes < e.memory_bytes) {
      ASSERT_GE((static_cast<double>(*a.memory_bytes) - gib(0.3)) * e.memory_fraction,
                e.peak_storage.value_or(0) + e.peak_execution.value_or(0) - static_cast<double>(e.off_heap_bytes) -
                    gib(0.01));
      ASSERT_TRUE(e.oom_kills == 0 && e.heap_ooms == 0 && e.disk_spilled_bytes == 0);
    }
    if (a.overhead_bytes && *a.overhead_bytes < e.overhead_bytes) {
      const auto beside = static_cast<double>(*a.overhead_bytes + e.off_heap_bytes + e.python_bytes);
      ASSERT_GE(beside + *e.peak_heap, *e.peak_process);
    }
    if (a.instances && a.cores) {
      ASSERT_GE(static_cast<double>(*a.instances * *a.cores) * e.run_seconds, e.task_seconds * (1 - 1e-9));
      ASSERT_LE(*a.instances, e.instances);
      ASSERT_LE(*a.cores, e.cores);
    }
    if (a.saving_ratio) {
      ASSERT_TRUE(std::isfinite(*a.saving_ratio));
      ASSERT_LE(*a.saving_ratio, 1);
      if (*a.saving_ratio > 0) ++saved;
    }
  }
  EXPECT_GT(spoke, 5'000);
  EXPECT_GT(saved, 3'000);
}

TEST_F(RandomEvidence, OfMoreNeedNeverGivesLess) {
  for (int i = 0; i < 20'000; ++i) {
    Evidence e = next();
    e.dynamic_allocation = true;  // else fewer executors hold more each
    const auto before = advise(e);
    Evidence more = e;
    const double factor = pick(1, 1.5);
    if (more.peak_heap) *more.peak_heap = std::min(*more.peak_heap * factor, static_cast<double>(e.memory_bytes));
    if (more.peak_storage) *more.peak_storage *= factor;
    if (more.peak_execution) *more.peak_execution *= factor;
    more.gc_seconds = std::min(more.gc_seconds * factor, more.task_seconds);
    more.disk_spilled_bytes *= factor;
    if (chance(0.2)) ++more.heap_ooms;
    const auto after = advise(more);
    ASSERT_GE(after.memory_bytes.value_or(e.memory_bytes), before.memory_bytes.value_or(e.memory_bytes)) << i;
  }
  for (int i = 0; i < 20'000; ++i) {
    Evidence e = next();
    e.peak_storage.reset();
    // What polls saw is believed only where it is not less than the average.
    if (e.peak_tasks) {
      e.peak_tasks = std::max<std::int64_t>(
          *e.peak_tasks, static_cast<std::int64_t>(std::ceil(e.task_seconds / (e.run_seconds + 1e-9))));
    }
    Evidence more = e;
    more.task_seconds = std::min(e.slot_seconds, e.task_seconds * pick(1, 2));
    if (more.peak_tasks) {
      const auto average = static_cast<std::int64_t>(std::ceil(more.task_seconds / (e.run_seconds + 1e-9)));
      more.peak_tasks = std::max(*more.peak_tasks + 1, average);
    }
    const auto slots = [&](const Advice& a) { return a.instances.value_or(e.instances) * a.cores.value_or(e.cores); };
    ASSERT_GE(slots(advise(more)), slots(advise(e))) << i;
  }
}

TEST(Advice, BearsAnyNumber) {
  constexpr double kBad[] = {std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             -1,
                             0,
                             1e300};
  constexpr std::int64_t kOdd[] = {std::numeric_limits<std::int64_t>::min(), -1, 0, 1,
                                   std::numeric_limits<std::int64_t>::max()};
  std::mt19937_64 random{7};
  const auto bad = [&] { return kBad[random() % std::size(kBad)]; };
  const auto odd = [&] { return kOdd[random() % std::size(kOdd)]; };
  for (int i = 0; i < 50'000; ++i) {
    Evidence e = good_run();
    for (auto* value : {&e.run_seconds, &e.task_seconds, &e.gc_seconds, &e.slot_seconds, &e.longest_task_seconds,
                        &e.memory_spilled_bytes, &e.disk_spilled_bytes, &e.shuffle_bytes, &e.core_price, &e.gib_price,
                        &e.memory_fraction}) {
      if (random() % 3 == 0) *value = bad();
    }
    for (auto* peak : {&e.peak_heap, &e.peak_off_heap, &e.peak_process, &e.peak_storage, &e.peak_execution}) {
      if (random() % 3 == 0) *peak = bad();
    }
    for (auto* count : {&e.instances, &e.cores, &e.memory_bytes, &e.overhead_bytes, &e.python_bytes, &e.off_heap_bytes,
                        &e.oom_kills, &e.heap_ooms, &e.tasks}) {
      if (random() % 3 == 0) *count = odd();
    }
    if (random() % 3 == 0) e.peak_tasks = odd();
    const auto a = advise(e);
    if (a.saving_ratio) {
      ASSERT_TRUE(std::isfinite(*a.saving_ratio));
    }
    for (const auto& r : a.recommendations) ASSERT_GT(r.to, 0);
  }
}

}  // namespace
}  // namespace spark_exporter::sizing
