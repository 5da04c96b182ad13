#include "exporter/sizing/evidence.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::sizing {
namespace {

using spark::Millis;
using spark::TimePoint;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

TimePoint at(std::int64_t seconds) { return TimePoint{Millis{seconds * 1000}}; }

spark::Executor executor(const std::string& id, std::int64_t slots) {
  spark::Executor e;
  e.id = id;
  e.add_time = at(id == "driver" ? 0 : 10);
  e.total_cores = e.max_tasks = slots;
  return e;
}

spark::Executor busy(spark::Executor e, std::int64_t heap) {
  e.active_tasks = e.max_tasks;
  e.peak.emplace();
  e.peak->jvm_heap_memory = heap;
  return e;
}

/// A run of 110 s: two executors of two slots, up for 100 s.
model::Run run_with(std::map<std::string, std::string> properties) {
  spark::Application application;
  application.id = "app-1";
  application.start_time = at(0);
  model::Run run(application, at(1));
  spark::Environment environment;
  environment.properties = std::move(properties);
  run.set_environment(std::move(environment));
  spark::Stage stage;
  stage.id = 0;
  stage.status = spark::StageStatus::kComplete;
  stage.tasks = stage.completed_tasks = stage.completed_indices = 40;
  stage.executor_run_time = Millis{200'000};
  stage.jvm_gc_time = Millis{20'000};
  stage.memory_bytes_spilled = 30;
  stage.disk_bytes_spilled = 10;
  stage.shuffle_write_bytes = 1'000;
  run.apply_stages({stage});
  run.apply_executors({executor("driver", 0), busy(executor("1", 2), 700), busy(executor("2", 2), 900)}, at(110));
  return run;
}

TEST(Evidence, OfARunOnKubernetes) {
  const auto run = run_with({{"spark.master", "k8s://https://api"},
                             {"spark.executor.memory", "4g"},
                             {"spark.executor.cores", "2"},
                             {"spark.executor.instances", "2"},
                             {"spark.memory.fraction", "0.7"},
                             {"spark.memory.offHeap.enabled", "true"},
                             {"spark.memory.offHeap.size", "1g"},
                             {"spark.kubernetes.resource.type", "python"},
                             {"spark.executor.pyspark.memory", "512m"}});
  const auto e = evidence(run, nullptr);
  EXPECT_DOUBLE_EQ(e.run_seconds, 110);
  EXPECT_EQ(e.instances, 2);
  EXPECT_EQ(e.cores, 2);
  EXPECT_EQ(e.memory_bytes, 4096 * kMiB);
  EXPECT_EQ(e.overhead_bytes, 1638 * kMiB) << "0.4 of the heap for Python";
  EXPECT_EQ(e.off_heap_bytes, 1024 * kMiB);
  EXPECT_EQ(e.python_bytes, 512 * kMiB);
  EXPECT_DOUBLE_EQ(e.memory_fraction, 0.7);
  EXPECT_FALSE(e.dynamic_allocation);
  EXPECT_EQ(e.executors_seen, 2);
  EXPECT_EQ(e.peak_heap, 900.0);
  EXPECT_FALSE(e.peak_process);
  EXPECT_EQ(e.peak_tasks, 4);
  EXPECT_EQ(e.tasks, 40);
  EXPECT_DOUBLE_EQ(e.task_seconds, 200);
  EXPECT_DOUBLE_EQ(e.gc_seconds, 20);
  EXPECT_DOUBLE_EQ(e.slot_seconds, 400);
  EXPECT_DOUBLE_EQ(e.memory_spilled_bytes, 30);
  EXPECT_DOUBLE_EQ(e.disk_spilled_bytes, 10);
  EXPECT_DOUBLE_EQ(e.shuffle_bytes, 1'000);
  EXPECT_GT(e.core_price, e.gib_price);
  EXPECT_GT(e.gib_price, 0);
}

TEST(Evidence, TakesSparksDefaults) {
  struct Case {
    const char* what;
    std::map<std::string, std::string> properties;
    std::int64_t instances, cores, memory, overhead;  // MiB
    bool dynamic = false;
  };
  const Case cases[] = {
      {"Kubernetes", {{"spark.master", "k8s://x"}}, 2, 2, 1024, 384},
      {"standalone", {{"spark.master", "spark://x"}}, 2, 2, 1024, 384},
      {"local-cluster", {{"spark.master", "local-cluster[2,2,1024]"}}, 2, 2, 1024, 384},
      {"local", {{"spark.master", "local[4]"}, {"spark.executor.memory", "9g"}}, 0, 0, 0, 0},
      {"dynamic allocation",
       {{"spark.master", "k8s://x"}, {"spark.dynamicAllocation.enabled", "true"}},
       2,
       2,
       1024,
       384,
       true},
      {"sizes nobody can read",
       {{"spark.master", "k8s://x"}, {"spark.executor.memory", "much"}, {"spark.executor.cores", "-3"}},
       2,
       2,
       0,
       0},
  };
  for (const auto& c : cases) {
    const auto e = evidence(run_with(c.properties), nullptr);
    EXPECT_EQ(e.instances, c.instances) << c.what;
    EXPECT_EQ(e.cores, c.cores) << c.what;
    EXPECT_EQ(e.memory_bytes, c.memory * kMiB) << c.what;
    EXPECT_EQ(e.overhead_bytes, c.overhead * kMiB) << c.what;
    EXPECT_EQ(e.dynamic_allocation, c.dynamic) << c.what;
  }
}

TEST(Evidence, TakesTheMoneysSharesWhereThereArePrices) {
  cost::View view;
  cost::at(view.totals.used, cost::Use::kTaskOk) = 3;
  cost::at(view.totals.used, cost::Use::kGc) = 1;
  cost::at(view.totals.used, cost::Use::kIdle) = 12;
  cost::at(view.totals.used, cost::Use::kDriver) = 100;
  view.prices = {{"cpu", "", "", 0.04}, {"memory", "", "", 0.01}, {"gpu", "", "", 2}};
  const auto e = evidence(run_with({{"spark.master", "k8s://x"}}), &view);
  EXPECT_DOUBLE_EQ(e.task_seconds, 200);
  EXPECT_DOUBLE_EQ(e.slot_seconds, 800);
  EXPECT_DOUBLE_EQ(e.gc_seconds, 50);
  EXPECT_DOUBLE_EQ(e.core_price, 0.04);
  EXPECT_DOUBLE_EQ(e.gib_price, 0.01);

  const cost::View nothing_yet;
  EXPECT_DOUBLE_EQ(evidence(run_with({{"spark.master", "k8s://x"}}), &nothing_yet).slot_seconds, 400);
}

TEST(Evidence, DoesNotCountTheReplacedTwice) {
  auto run = run_with({{"spark.master", "spark://x"}});
  auto lost = busy(executor("1", 2), 700);
  lost.is_active = false;
  lost.remove_time = at(115);
  run.apply_all_executors({executor("driver", 0), lost, busy(executor("2", 2), 900), busy(executor("3", 2), 100)},
                          at(120));
  const auto e = evidence(run, nullptr);
  EXPECT_EQ(e.instances, 2);
  EXPECT_EQ(e.executors_seen, 3);
}

TEST(Evidence, CountsWhoDiedForMemory) {
  auto run = run_with({{"spark.master", "k8s://x"}});
  auto first = busy(executor("1", 2), 700), second = busy(executor("2", 2), 900);
  for (auto* e : {&first, &second}) {
    e->is_active = false;
    e->remove_time = at(115);
  }
  first.remove_reason = "Command exited with code 52";
  second.remove_reason = "The executor with id 2 exited with exit code 137(SIGKILL, possible container OOM).";
  run.apply_all_executors({executor("driver", 0), first, second}, at(120));
  const auto e = evidence(run, nullptr);
  EXPECT_EQ(e.oom_kills + e.heap_ooms,
            static_cast<std::int64_t>(run.executors().removals()[0] + run.executors().removals()[1]));
  EXPECT_EQ(e.heap_ooms, 1);
  EXPECT_EQ(e.peak_heap, 900.0) << "of the dead, too";
}

TEST(Evidence, OfARunOfWhichNothingIsKnownIsThin) {
  const model::Run run(spark::Application{}, at(0));
  const auto e = evidence(run, nullptr);
  EXPECT_EQ(e.memory_bytes, 0);
  EXPECT_FALSE(advise(e).quiet_because.empty());
}

}  // namespace
}  // namespace spark_exporter::sizing
