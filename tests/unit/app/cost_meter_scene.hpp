#pragma once
// A run as its cost meter is told of it, for tests.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "exporter/app/cost_meter.hpp"

namespace spark_exporter::app::test {

using cost::at;
using cost::Use;
using outcome::Component;

constexpr double kGiB = 1024.0 * 1024 * 1024;

inline spark::TimePoint at_second(std::int64_t second) { return spark::TimePoint{spark::Millis{second * 1000}}; }
inline spark::Millis seconds(std::int64_t count) { return spark::Millis{count * 1000}; }

/// A core is 3600 an hour, a GiB 360: 1 and 0.1 a second.
inline CostSettings settings() {
  cost::PriceEntry entry;
  entry.core = 3600;
  entry.memory_gib = 360;
  CostSettings out;
  out.prices = cost::PriceBook("EUR", {}, {entry});
  return out;
}

inline spark::Executor executor(const std::string& id, std::int64_t added, std::int64_t slots) {
  spark::Executor out;
  out.id = id;
  out.add_time = at_second(added);
  out.total_cores = slots;
  out.max_tasks = slots;
  return out;
}

/// A run that began at 10 s, as it is told poll by poll.
class Scene {
 public:
  explicit Scene(const std::string& master) : run(application(), at_second(10)) {
    run.set_environment({"", {{"spark.master", master}}});
  }

  static spark::Application application() {
    spark::Application out;
    out.id = "app-1";
    out.start_time = at_second(10);
    return out;
  }

  void poll(std::int64_t second) {
    std::vector<spark::Executor> all;
    std::vector<spark::Executor> live;
    for (const auto& one : executors) {
      all.push_back(one);
      if (one.is_active) live.push_back(one);
    }
    run.apply_all_executors(all, at_second(second));
    run.apply_executors(live, at_second(second));
    run.finish_poll();
    now = second;
  }

  CostFacts facts() const {
    CostFacts out;
    out.run = &run;
    out.app = "etl";
    out.kubernetes_namespace = "spark";
    out.now = at_second(now);
    out.ui_over = over;
    out.run_over = over;
    return out;
  }
  const cost::View& feed(CostMeter& meter) const {
    meter.feed(facts(), settings());
    return *meter.view();
  }

  spark::Executor& executor_of(const std::string& id) {
    return *std::find_if(executors.begin(), executors.end(), [&](const auto& e) { return e.id == id; });
  }
  void end(const std::string& id, std::int64_t second) {
    executor_of(id).is_active = false;
    executor_of(id).remove_time = at_second(second);
  }

  /// A stage told that two tasks of 10 s failed on that executor, and their list was read.
  void tell_lost(const std::string& executor_id, std::int64_t stage_id = 0) {
    run.apply_stages({stage_with_lost(stage_id)});
    read_lost(executor_id, stage_id);
  }
  static spark::Stage stage_with_lost(std::int64_t id) {
    spark::Stage stage;
    stage.id = id;
    stage.status = spark::StageStatus::kActive;
    stage.tasks = 4;
    stage.failed_tasks = 2;
    return stage;
  }
  void read_lost(const std::string& executor_id, std::int64_t stage_id) {
    spark::Task task;
    task.executor_id = executor_id;
    task.status = spark::TaskStatus::kFailed;
    task.duration = seconds(10);
    std::vector<spark::Task> tasks{task, task};
    tasks[0].id = 1;
    tasks[1].id = 2;
    run.apply_lost_tasks({stage_id, 0}, tasks, 250);
  }

  model::Run run;
  std::vector<spark::Executor> executors;
  std::int64_t now = 0;
  bool over = false;
};

inline void expect_adds_up(const cost::Totals& totals) {
  const double paid = totals.paid_total();
  double groups = 0;
  for (const auto& [name, money] : totals.groups) groups += money;
  EXPECT_NEAR(cost::sum(totals.used) + totals.unsettled, paid, 1e-9 * paid);
  EXPECT_NEAR(groups, cost::sum(totals.used), 1e-9 * paid);
}

/// Two executors of 2 cores and 1 GiB, a driver of 1 core and 1 GiB.
inline Scene cluster() {
  Scene scene("spark://host:7077");
  scene.executors = {executor("driver", 10, 0), executor("1", 20, 2), executor("2", 30, 2)};
  return scene;
}

}  // namespace spark_exporter::app::test
